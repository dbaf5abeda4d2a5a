"""The quality page: tables, figures, and sentences that are made from the numbers they speak of."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from pathlib import Path
from statistics import median

import quality_figures as figures
from quality_figures import FAILED, Rows, at, grouped, middle, works

PAIR = ("tangent", "hessian")
NOTHING = 1e-6  # smaller errors are not compared
CLEARLY = 0.02  # the share by which one operator must beat another on every seed
COMMAND = {True: "make bench-quality QUICK=1", False: "make bench-quality"}

HEAD = """# How good are the answers?

Everything on this page, its sentences included, is made by `{command}` from {fits:,} fits{more}.
MCC is the mean correlation of each factor with the source that is assigned to it; the assignment is
found on one half of the rows and scored on the other. Noise is in units of the largest standard
deviation of a column. Where there are several seeds, a number is their median. A fit *works* where
the MCC is {works:g} or more. Seconds are those of 2 cores.
"""


def write(rows: Rows, path: Path, quick: bool, n_more: int = 0) -> str:
    """Write the page and its figures; returns the page.

    The last ``n_more`` rows are those of the other grid.
    """
    images = path.parent / "images"
    more = f", {n_more} of them those of `{COMMAND[not quick]}`" if n_more else ""
    parts = [HEAD.format(command=COMMAND[quick], fits=len(rows), more=more, works=1 - FAILED)]
    for section, part in SECTIONS.items():
        some = [row for row in rows if row["section"] == section]
        if some:
            parts.append(part(some, images))
    text = "\n".join(parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return text


def table(names: tuple[str, ...], lines: list[tuple]) -> str:
    bars = [" | ".join(names), "|".join(["---"] * len(names))]
    bars += [" | ".join(map(str, one)) for one in lines]
    return "\n".join(f"| {bar} |" for bar in bars) + "\n"


def image(name: str, words: str) -> str:
    return f"![{words}](images/{name})\n"


def small(value: float) -> str:
    """A number that is small where all is well."""
    return "" if isnan(value) else f"{value:.1e}" if abs(value) < 0.01 else f"{value:.3f}"


def listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def median_of(rows: Rows, name: str, shown: Callable[[float], str] = small) -> str:
    """Median of a column, or how many fits failed."""
    failed = sum(bool(row["error"]) for row in rows)
    value = middle(rows, name)
    if failed == len(rows):
        return "error"
    return shown(value) + (f" ({failed} of {len(rows)} failed)" if failed else "")


def whole(value: float) -> str:
    return "" if isnan(value) else f"{value:,.0f}"


def codes(rows: Rows) -> str:
    """Findings of some fits, with their numbers where not all have them."""
    found = [code for row in rows for code in row["findings"] or ()]
    lines = []
    for code in sorted(set(found)):
        times = found.count(code)
        lines.append(code if times == len(rows) else f"{code} ({times} of {len(rows)})")
    return ", ".join(lines)


def against_n(rows: Rows, images: Path) -> str:
    figures.rows_figure(rows, images / "quality-rows.png")
    lines = []
    for (d, noise, n), some in grouped(rows, "d", "noise", "n").items():
        floor = middle(some, "floor")
        ratio = f"{middle(some, 'affine') / floor:.2f}" if floor else ""
        lines.append(
            (d, f"{noise:g}", f"{n:,}", median_of(some, "miss"), median_of(some, "affine"), ratio,
             median_of(some, "score", "{:.4f}".format), whole(middle(some, "nodes")),
             whole(middle(some, "neighbors")), median_of(some, "seconds", "{:.1f}".format),
             codes(some))
        )  # fmt: skip
    names = ("factors", "noise", "n", "1 - MCC", "1 - R²", "over its floor", "score", "nodes", "k",
             "seconds", "findings")  # fmt: skip
    sentences = [steps(rows), left_to_ica(rows), limits(rows), below(rows)]
    return "\n".join(
        ["## Against the number of rows\n",
         "Products of arcs in 30 columns, default settings. 1 - R² is that of the worse factor "
         "after the best affine fit, which ICA has no part in; its floor is what the noise of "
         "single rows leaves of it, and dotted in the figure as far as it shows in the MCC.\n",
         image("quality-rows.png", "1 - MCC against the number of rows"),
         " ".join(filter(None, sentences)) + "\n",
         table(names, sorted(lines, key=lambda one: one[0]))]
    )  # fmt: skip


def steps(rows: Rows) -> str:
    """How far more rows helped."""
    words = []
    for (d, noise), some in grouped(rows, "d", "noise").items():
        sizes = sorted(grouped(some, "n").items())
        first, last = middle(sizes[0][1], "miss"), middle(sizes[-1][1], "miss")
        if noise == 0 and last > 0 and len(sizes) > 1:
            words.append(f"{first / last:,.0f} at d = {d} (to n = {sizes[-1][0][0]:,})")
    return f"Without noise 1 - MCC falls from n = 1,000 on by a factor of {listed(words)}." * bool(
        words
    )


def left_to_ica(rows: Rows) -> str:
    """Whether what is missing without noise is all ICA's."""
    clean = [row for row in rows if not row["noise"] and not row["error"]]
    share = max((row["affine"] / row["miss"] for row in clean), default=1.0)
    if share > 0.1:
        return ""
    return (
        f"There 1 - R² is {small(max(row['affine'] for row in clean))} at most: what is missing is "
        "ICA's own error."
    )


def limits(rows: Rows) -> str:
    """The largest n, and what it took."""
    words = []
    for (d,), some in grouped(rows, "d").items():
        n = max(row["n"] for row in some)
        seconds = max(row.get("seconds") or 0 for row in some if row["n"] == n)
        words.append(f"{n:,} rows at d = {d} ({seconds:,.0f} s)")
    return f"The grid ends at {listed(words)}; the time is that of the longest fit there."


def below(rows: Rows) -> str:
    """Where a fit does not work, and whether the report says so."""
    bad = [row for row in rows if not works(row)]
    if not bad:
        return f"Every fit has an MCC of {1 - FAILED:g} or more."
    told = sum(bool(row["findings"] or row["error"]) for row in bad)
    where = sorted({f"d = {row['d']}, noise {row['noise']:g}, n = {row['n']:,}" for row in bad})
    return (
        f"{len(bad)} of {len(rows)} fits have less than {1 - FAILED:g} ({'; '.join(where)}); "
        f"{told} of these have a finding."
    )


def operators(rows: Rows, images: Path) -> str:
    figures.operators_figure(rows, images / "quality-operators.png")
    lines = []
    for (data, d, n, noise), some in grouped(rows, "data", "d", "n", "noise").items():
        by = {name: group for (name,), group in grouped(some, "operator").items()}
        cells = [median_of(by[name], key) for key in ("miss", "affine") for name in by]
        lines.append((data, d, f"{n:,}", f"{noise:g}", *cells, better_of(some)))
    names = ("rows", "d", "n", "noise", *(f"{key}, {name}" for key in ("1 - MCC", "1 - R²")
             for name in ("hessian", "tangent", "laplacian")), "better (1 - MCC)")  # fmt: skip
    return "\n".join(
        ["## Operators\n",
         "The same rows under each operator, all else automatic. A sphere is curved: no method can "
         "keep all its lengths. Sprites are smoothed as `hessian` likes it best.\n",
         image("quality-operators.png", "1 - MCC of the operators"),
         f"*Better* of `hessian` and `tangent` means: by {CLEARLY:.0%} or more on every seed; "
         f"errors below {NOTHING:g} count as {NOTHING:g}. Of {len(lines)} sets {won(rows, *PAIR)}; "
         f"{won(rows, *PAIR[::-1])}. {bent(rows)}\n",
         table(names, lines)]
    )  # fmt: skip


def ratios(rows: Rows, one: str, other: str, column: str) -> list[float]:
    """Error of the other operator over that of the one, for each seed that both have."""
    value = {(row["operator"], row["seed"]): row.get(column) for row in rows}
    pairs = [
        (value.get((one, seed)), value.get((other, seed))) for seed in {row["seed"] for row in rows}
    ]
    return [max(b, NOTHING) / max(a, NOTHING) for a, b in pairs if a is not None and b is not None]


def beats(rows: Rows, one: str, other: str, column: str) -> bool:
    found = ratios(rows, one, other, column)
    return bool(found) and min(found) > 1 + CLEARLY


def better_of(rows: Rows) -> str:
    """The better operator of a set, and how many times as large the error of the other one is."""
    for one, other in (PAIR, PAIR[::-1]):
        if beats(rows, one, other, "miss"):
            return f"{one} (x {median(ratios(rows, one, other, 'miss')):.3g})"
    return ""


def won(rows: Rows, one: str, other: str) -> str:
    """On which sets an operator is better than another."""
    where: dict[str, list[float]] = {}
    n_affine = 0
    for (data, d, _, noise), some in grouped(rows, "data", "d", "n", "noise").items():
        n_affine += beats(some, one, other, "affine")
        if beats(some, one, other, "miss"):
            times = median(ratios(some, one, other, "miss"))
            name = f"{data}, d = {d}, {f'noise {noise:g}' if noise else 'no noise'}"
            where.setdefault(name, []).append(times)
    sets = [f"{name} (up to x {max(times):.3g})" for name, times in where.items()]
    n_won = sum(map(len, where.values()))
    list_of = f" ({'; '.join(sets)})" if sets else ""
    return f"`{one}` is better by 1 - MCC on {n_won}{list_of} and by 1 - R² on {n_affine}"


def bent(rows: Rows) -> str:
    """What the Laplacian is good for."""
    some = [row for row in rows if row["operator"] == "laplacian" and not row["error"]]
    return (
        f"`laplacian` works in {sum(map(works, some))} of {len(some)} fits; its median MCC is "
        f"{1 - middle(some, 'miss'):.3f}, its median rank correlation "
        f"{middle(some, 'spearman'):.3f}."
    )


def settings(rows: Rows, images: Path) -> str:
    figures.settings_figure(rows, images / "quality-settings.png")
    lines, words = [], []
    for (data, d), some in grouped(rows, "data", "d").items():
        chosen = [row for row in some if not row["k"] and not row["n_nodes"]]
        lines.append(setting("both chosen", chosen))
        swept = []
        for asked, name in (("k", "n_neighbors"), ("n_nodes", "n_nodes")):
            groups = grouped(sorted((r for r in some if r[asked]), key=at), asked).values()
            lines += [setting(name, group) for group in groups]
            swept += [middle(group, "miss") for group in groups]
        words.append(
            f"On {data}, d = {d}, 1 - MCC is {small(middle(chosen, 'miss'))} where both are chosen "
            f"automatically, and from {small(min(swept))} to {small(max(swept))} otherwise."
        )
    return "\n".join(
        ["## Sensitivity to n_neighbors and n_nodes\n",
         f"n = {rows[0]['n']:,}, noise {rows[0]['noise']:g}; from the smallest number of "
         "neighbours that is possible to four times the rule's, and from 128 nodes to every row. "
         "What is not set is chosen automatically. " + " ".join(words) + "\n",
         image("quality-settings.png", "1 - MCC against n_neighbors and n_nodes"),
         table(("rows", "d", "set", "n_neighbors", "n_nodes", "1 - MCC", "findings"), lines)]
    )  # fmt: skip


def setting(asked: str, rows: Rows) -> tuple:
    sizes = (whole(middle(rows, name)) for name in ("neighbors", "nodes"))
    return (rows[0]["data"], rows[0]["d"], asked, *sizes, median_of(rows, "miss"), codes(rows))


def few(rows: Rows, images: Path) -> str:
    figures.few_figure(rows, images / "quality-few.png")
    sizes = sorted({row["n"] for row in rows})
    lines, words = [], []
    for (data, d), some in grouped(rows, "data", "d").items():
        groups = grouped(some, "n")
        share = {n: sum(map(works, groups[n,])) for n in sizes}
        lines.append((data, d, *(f"{share[n]} of {len(groups[n,])}" for n in sizes)))
        least = next(
            (n for i, n in enumerate(sizes)
             if all(share[m] == len(groups[m,]) for m in sizes[i:])), None
        )  # fmt: skip
        found = f"from n = {least:,} on" if least else "at no n of the grid"
        words.append(f"{data} with {d} factors {found}")
    bad = [row for row in rows if not works(row)]
    told = sum(bool(row["findings"] or row["error"]) for row in bad)
    good = [row for row in rows if works(row)]
    alarmed = sum(bool(row["findings"]) for row in good)
    return "\n".join(
        ["## How few rows still work\n",
         "Arcs with noise 0.05, and sprites of 32 x 32 pixels smoothed by `Blur(sigma=\"auto\")`. "
         f"All seeds work for {listed(words)}. Of the {len(bad)} fits that do not, {told} raise an "
         f"error or have a finding; of the {len(good)} that do, {alarmed} have one.\n",
         image("quality-few.png", "Share of seeds that work against the number of rows"),
         table(("rows", "factors", *(f"n = {n:,}" for n in sizes)), lines)]
    )  # fmt: skip


def pictures(rows: Rows, images: Path) -> str:
    figures.scenes_figure(rows, images / "quality-scenes.png")
    lines = []
    for (data, d, noise, n), some in grouped(rows, "data", "d", "noise", "n").items():
        lines.append(
            (data, d, f"{noise:g}", f"{n:,}", median_of(some, "mcc", "{:.4f}".format),
             *(median_of(some, key, "{:.4f}".format) for key in ("spearman", "score")),
             *(median_of(some, key) for key in ("affine", "distortion", "gap", "dependence")),
             whole(middle(some, "sigma")), whole(middle(some, "neighbors")),
             whole(middle(some, "nodes")), median_of(some, "seconds", whole), codes(some))
        )  # fmt: skip
    names = ("rows", "factors", "noise", "n", "MCC", "Spearman", "score", "1 - R²", "distortion",
             "gap", "dependence", "sigma", "k", "nodes", "seconds", "findings")  # fmt: skip
    return "\n".join(
        ["## Pictures with three and more factors\n",
         "The package chooses everything: `Blur(shape, sigma=\"auto\", n_components=d)`, then "
         "`HessianICA(d)`. Rendered scenes of 48 x 48 x 3 pixels, with the ranges of "
         "`hessmap.datasets.SCENES` and with twice these (*wide*); sprites of 48 x 48 pixels; arcs "
         "beside them, which need no smoothing.\n",
         image("quality-scenes.png", "Pictures of the scenes"),
         wide_and_moderate(rows) + "\n",
         table(names, lines)]
    )  # fmt: skip


def wide_and_moderate(rows: Rows) -> str:
    """What ranges do to the scenes, and whether the report says so."""
    words = []
    for wide in (False, True):
        some = [r for r in rows if r["d"] == 3 and r["data"].endswith(", wide") == wide]
        warned = sum("not-isometric" in (r["findings"] or ()) for r in some)
        words.append(
            f"With {'wide' if wide else 'moderate'} ranges {sum(map(works, some))} of {len(some)} "
            f"fits work and {warned} have the finding `not-isometric`."
        )
    more = [
        f"{data} with {d} factors, n = {n:,}: {1 - middle(some, 'miss'):.4f}"
        for (data, d, n), some in grouped((r for r in rows if r["d"] > 3), "data", "d", "n").items()
    ]
    if more:
        words.append(f"The MCC of more factors: {'; '.join(more)}.")
    bad = [row for row in rows if not works(row)]
    silent = [row for row in bad if not row["findings"] and not row["error"]]
    words.append(
        f"Of the {len(bad)} fits of this section that do not work, {len(bad) - len(silent)} say so."
    )
    return " ".join(words)


SECTIONS = {
    "rows": against_n,
    "operators": operators,
    "settings": settings,
    "few": few,
    "pictures": pictures,
}
