"""The page of docs/paper.md: every table and figure, from the results of `paper`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from manifolds import CONFORMING, FURTHER, TWO_FACTORS
from paper import CHOICE_SETS, COMPONENTS, OBLONG, OBLONG_RIVALS, OURS, SIGMAS, N, with_k
from paper_figures import (
    draw_box,
    draw_cone,
    draw_embeddings,
    draw_manifolds,
    draw_oblong,
    draw_theory,
)
from rival_methods import RIVALS
from rivals import k_choices
from store import Store

from hessmap.diagnosis.findings import CONE

# Differences of correlations that are no difference.
TIE = 0.003
NO_ICA = "HLLE without ICA"
VARIANTS = {NO_ICA, "HessianICA, k, all rows", "HessianICA, tangent"}  # of ours, not rivals
Rows = dict[tuple, dict[str, Any]]


def write(store: Store, page: Path) -> None:
    """The page and its images."""
    images = page.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    rows = store.rows
    draw_manifolds(images / "paper-manifolds.png")
    draw_box(by_method(rows), images / "paper-methods.png")
    draw_embeddings(store, images / "paper-embeddings.png")
    draw_theory(against_theory(rows), images / "paper-theory.png")
    draw_cone(store, images / "paper-cone.png")
    draw_oblong(oblong(rows), images / "paper-oblong.png")
    template = Path(__file__).with_name("paper_page.md").read_text(encoding="utf-8")
    parts = {
        "summary": summary(rows),
        "manifolds": manifold_table(rows),
        "methods": method_table(rows),
        "grid": grid_table(rows),
        "ahead": ahead(rows),
        "oblong": oblong_table(rows),
        "cones": cone_table(rows),
        "choices": choice_table(rows),
        "scores": score_table(rows),
    }
    for name, text in parts.items():
        template = template.replace("{{" + name + "}}", text)
    page.write_text(template, encoding="utf-8")


def ours(rows: Rows, manifold: str) -> list[dict[str, Any]]:
    """HessianICA's rows of all seeds."""
    return [row for (name, rival, _), row in rows.items() if (name, rival) == (manifold, OURS)]


def names(rows: Rows) -> list[str]:
    """Two-factor manifolds that there are results of, in their order."""
    return [one.name for one in (*TWO_FACTORS, *FURTHER) if ours(rows, one.name)]


def conforming(rows: Rows) -> list[str]:
    return [name for name in names(rows) if ours(rows, name)[0]["theory"] <= CONFORMING]


def compared(rows: Rows, among: list[str]) -> list[str]:
    """Those that the other methods were run on."""
    return [name for name in among if (name, NO_ICA, 0) in rows]


def rivals(rows: Rows) -> list[str]:
    """Methods beside HessianICA, in their order."""
    tried = {f"blur {sigma:g}" for sigma in SIGMAS} | {f"{q} components" for q in COMPONENTS}
    found = dict.fromkeys(rival for _, rival, _ in rows)
    others = tried | {OURS} | {with_k(r.name, k) for r in RIVALS for k in k_choices(N, 2)}
    return [rival for rival in found if rival not in others]


def best(rows: Rows, manifold: str, rival: str) -> dict[str, Any] | None:
    """The result of a rival at the k that serves it best, by the true factors."""
    keys = [rival, *(with_k(rival, k) for k in k_choices(N, 2))]
    found = [rows[manifold, key, 0] for key in keys if (manifold, key, 0) in rows]
    return max(found, key=scored) if found else None


def median(values: list[float]) -> float:
    return float(np.median(values)) if values else float("nan")


def by_method(rows: Rows) -> dict[str, list[float]]:
    """MCC on each conforming manifold, of every method; a failure counts as no correlation."""
    found: dict[str, list[float]] = defaultdict(list)
    for name in compared(rows, conforming(rows)):
        found[OURS].append(median([row["mcc"] for row in ours(rows, name)]))
        for rival in rivals(rows):
            row = best(rows, name, rival)
            if row is not None:
                found[rival].append(scored(row))
    return dict(found)


def scored(row: dict[str, Any]) -> float:
    value = row["mcc"]
    return 0.0 if value is None or np.isnan(value) else float(value)


def table(head: list[str], lines: list[list[str]]) -> str:
    text = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(text + ["| " + " | ".join(line) + " |" for line in lines])


def summary(rows: Rows) -> str:
    every = [median([r["mcc"] for r in ours(rows, name)]) for name in names(rows)]
    good = [row["mcc"] for name in conforming(rows) for row in ours(rows, name)]
    plain = [
        scored(rows[name, NO_ICA, 0]) for name in conforming(rows) if (name, NO_ICA, 0) in rows
    ]
    seeds = max(len(ours(rows, name)) for name in names(rows))
    return (
        f"{len(names(rows))} manifolds, {seeds} seed{'s' * (seeds > 1)}: the median MCC of\n"
        f"HessianICA is **{median(every):.4f}**; on the {len(conforming(rows))} that theory calls "
        f"conforming it is\n**{median(good):.4f}**, and {min(good):.4f} at worst (without ICA "
        f"{median(plain):.3f} and {min(plain):.3f})."
    )


def manifold_table(rows: Rows) -> str:
    lines = []
    for name in names(rows):
        mine = ours(rows, name)
        found = [code for row in mine for code in row["findings"]]
        codes = [f"{code} ({found.count(code)}/{len(mine)})" for code in dict.fromkeys(found)]
        sigmas = sorted({row["sigma"] for row in mine})
        lines.append(
            [
                name,
                f"{mine[0]['theory']:.3f}",
                ", ".join(f"{sigma:g}" for sigma in sigmas),
                f"{median([row['mcc'] for row in mine]):.4f}",
                f"{min(row['mcc'] for row in mine):.4f}",
                f"{median([row['spearman'] for row in mine]):.4f}",
                f"{scored(rows[plain]):.3f}" if (plain := (name, NO_ICA, 0)) in rows else "",
                f"{median([row['local_isometry'] for row in mine]):.3f}",
                f"{median([row['score'] for row in mine]):.3f}",
                ", ".join(codes) or "none",
            ]
        )
    head = ["manifold", "theory", "blur", "MCC", "worst", "Spearman", "no ICA", "LI", "score"]
    return table([*head, "findings"], lines)


def method_table(rows: Rows) -> str:
    good = compared(rows, conforming(rows))
    lines = []
    for method, values in sorted(by_method(rows).items(), key=lambda item: -median(item[1])):
        mine = [rows[name, method, 0] for name in good if (name, method, 0) in rows]
        timed = [row["seconds"] for row in mine if row["seconds"] is not None]
        grown = [row["megabytes"] for row in mine if row.get("megabytes") is not None]
        failed = sum(bool(row["error"]) for row in mine)
        lines.append(
            [
                f"**{method}**" if method == OURS else method,
                f"{median(values):.4f}",
                f"{min(values):.4f}",
                f"{sum(value >= 0.95 for value in values)} of {len(values)}",
                f"{median(timed):.1f}",
                f"{median(grown):.0f}" if grown else "",
                str(failed),
            ]
        )
    head = ["method", "median MCC", "worst", "at least 0.95", "seconds", "MB", "failures"]
    return table(head, lines)


def grid_table(rows: Rows) -> str:
    methods = [OURS, *rivals(rows)]
    lines = []
    for method in methods:
        cells = []
        for name in compared(rows, names(rows)):
            row = best(rows, name, method)
            cells.append(
                "" if row is None else f"{scored(row):.3f}" if not row["error"] else "fails"
            )
        lines.append([method, *cells])
    return table(["MCC", *compared(rows, names(rows))], lines)


def ahead(rows: Rows) -> str:
    """Where a rival is better than HessianICA by more than a tie."""
    lines = []
    for name in compared(rows, conforming(rows)):
        mine = median([row["mcc"] for row in ours(rows, name)])
        for rival in rivals(rows):
            row = best(rows, name, rival)
            if row is not None and rival not in VARIANTS and scored(row) > mine + TIE:
                lines.append(f"- {name}: {row['rival']} {scored(row):.4f}, HessianICA {mine:.4f}")
    return "\n".join(lines) or f"None by more than {TIE}."


def oblong(rows: Rows) -> dict[str, list[tuple[float, float]]]:
    """(share, MCC) of each method on a manifold whose second factor's range shrinks."""
    name, shares = OBLONG
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for share in shares:
        label = name if share == 1 else f"{name}, pitch x {share:g}"
        for (manifold, rival, seed), row in rows.items():
            if (manifold, seed) == (label, 0) and (rival == OURS or rival in OBLONG_RIVALS):
                found[rival].append((share, scored(row)))
    return dict(found)


def oblong_table(rows: Rows) -> str:
    found = oblong(rows)
    shares = [f"x {share:g}" for share in OBLONG[1]]
    lines = [[m, *(f"{value:.4f}" for _, value in found[m])] for m in found]
    return table(["range of the second factor", *shares], lines)


def suggested(row: dict[str, Any]) -> bool:
    """Whether the report suggests polar coordinates."""
    return row["cone"] is not None and row["cone"] < CONE * row["dependence"]


def against_theory(rows: Rows) -> list[tuple[str, float, float, float | None]]:
    """Name, unavoidable distortion, MCC and that of polar coordinates where they are suggested."""
    found = []
    for name in names(rows):
        row = rows[name, OURS, 0]
        found.append((name, row["theory"], row["mcc"], row["polar"] if suggested(row) else None))
    return found


def cone_table(rows: Rows) -> str:
    """Where the report suggests polar coordinates, and what they give."""
    lines = []
    for name in names(rows):
        for row in ours(rows, name):
            if not suggested(row):
                continue
            numbers = (row["mcc"], row["polar"], row["dependence"], row["cone"])
            lines.append([name, str(row["seed"]), *(f"{number:.4f}" for number in numbers)])
    head = ["manifold", "seed", "MCC of ICA", "MCC of polar coordinates"]
    return table([*head, "dependence of the sources", "of polar coordinates"], lines)


def choice_table(rows: Rows) -> str:
    """What each criterion would have chosen, and what that gives."""
    lines = []
    criteria = {
        "gap alone": lambda row: row["gap"],
        "LI alone": lambda row: -row["local_isometry"],
        "both": lambda row: 1 - row["local_isometry"] + row["gap"],
        "best": lambda row: -row["mcc"],
    }
    for name in CHOICE_SETS:
        for what, settings in (
            ("blur", [f"blur {sigma:g}" for sigma in SIGMAS]),
            ("components", [f"{number} components" for number in COMPONENTS]),
        ):
            tried = [rows[name, s, 0] for s in settings if (name, s, 0) in rows]
            tried = [row for row in tried if not row["error"]]
            if not tried:
                continue
            picks = [min(tried, key=loss) for loss in criteria.values()]
            mine = rows[name, OURS, 0]
            own = f"{mine['sigma']:g}" if what == "blur" else f"{mine['columns']:.0f}"
            cells = [f"{scored(pick):.4f} ({setting(pick, what)})" for pick in picks]
            lines.append([name, what, *cells, f"{scored(mine):.4f} ({own})"])
    return table(["manifold", "of", *criteria, "the package"], lines)


def setting(row: dict[str, Any], what: str) -> str:
    return f"{row['sigma']:g}" if what == "blur" else row["rival"].split()[0]


def score_table(rows: Rows) -> str:
    """The other metrics of HessianICA's codes, seed 0."""
    head = ("beta_vae", "factor_vae", "mig", "modularity", "sap", "total_correlation")
    lines = []
    for name in names(rows):
        row = rows[name, OURS, 0]
        dci = [row.get(f"metric_{part}") for part in ("disentanglement", "completeness")]
        cells = [row.get(f"metric_{key}") for key in head] + dci
        lines.append([name, *("" if cell is None else f"{cell:.3f}" for cell in cells)])
    titles = ["manifold", "BetaVAE", "FactorVAE", "MIG", "Modularity", "SAP", "TC"]
    return table([*titles, "D of DCI", "C of DCI"], lines)
