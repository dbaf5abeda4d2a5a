"""The page of docs/autoencoders.md: every table and figure, from the results of `autoencoders`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from autoencoders import (
    EPOCHS,
    HAE,
    LONGER,
    MANIFOLDS,
    METHODS,
    OWN,
    SEEDS,
    SETTINGS,
    TEACHER,
    WIDTHS,
    jobs,
    known,
    parts,
)
from autoencoders_figures import draw_codes, draw_grids, draw_rows
from store import Store

Rows = dict[tuple, dict[str, Any]]
FOUND = 0.97  # of the teacher's MCC
LONGER_HEAD = 4  # lines before the first result


def write(store: Store, page: Path) -> None:
    """The page and its images."""
    images = page.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    draw_rows(store, "decoded", images / "autoencoders-decoded.png")
    draw_rows(store, "walk", images / "autoencoders-walk.png")
    draw_grids(store, images / "autoencoders-grid.png")
    draw_codes(store, images / "autoencoders-codes.png")
    text = Path(__file__).with_name("autoencoders_page.md").read_text(encoding="utf-8")
    rows = store.rows
    n_steps = EPOCHS * -(-len(parts()[0]) // SETTINGS["batch_size"])
    columns = int(np.prod(known(MANIFOLDS[1]).shape))
    filled = {
        "steps": f"{EPOCHS} epochs, {n_steps} steps",
        "beta": f"{0.1 * columns / 4:.0f}",
        "shown": f"*{MANIFOLDS[-1]}*",
        "summary": summary(rows),
        "factors": factor_table(rows),
        "findings": findings(rows),
        "pictures": picture_table(rows),
        "pictures_text": pictures_text(rows),
        "longer": longer(rows),
        "state": state(rows),
    }
    for name, part in filled.items():
        text = text.replace("{{" + name + "}}", part)
    page.write_text(text, encoding="utf-8")


def state(rows: Rows) -> str:
    """What is missing of the three seeds; nothing where all are there."""
    wanted = list(jobs(SEEDS))
    done = sum(job.key in rows for job in wanted)
    if done == len(wanted):
        return ""
    return (
        f"*Printed after {done} of {len(wanted)} trainings: cells without a spread have one seed, "
        "empty ones none yet.*\n"
    )


def of(
    rows: Rows, manifold: str, method: str, width: int = 2, *, value: str = "mcc", epochs: int = -1
) -> list[float]:
    """A value of every seed."""
    wanted = EPOCHS if epochs < 0 else epochs
    found = [
        row.get(value)
        for (name, what, wide, trained, _), row in rows.items()
        if (name, what, wide, trained) == (manifold, method, width, wanted)
    ]
    return [one for one in found if one is not None]


def untrained(rows: Rows, manifold: str, method: str, value: str) -> float:
    return of(rows, manifold, method, value=value, epochs=0)[0]


def spread(values: list[float]) -> str:
    """Median, lowest and highest."""
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{np.median(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def ratio_to_teacher(rows: Rows, manifold: str) -> float:
    """Lowest MCC of the HAE, as a share of its teacher's."""
    return min(of(rows, manifold, HAE)) / untrained(rows, manifold, TEACHER, "mcc")


def error_to_plain(rows: Rows, manifold: str) -> float:
    """Median error of the HAE's pictures, as a share of the narrow plain autoencoder's."""
    ours, plain = (
        np.median(of(rows, manifold, method, value="reconstruction")) for method in (HAE, "AE")
    )
    return float(ours / plain)


def summary(rows: Rows) -> str:
    share = min(ratio_to_teacher(rows, name) for name in MANIFOLDS)
    errors = [error_to_plain(rows, name) for name in MANIFOLDS]
    worst = {
        (method, width): min(np.median(of(rows, name, method, width)) for name in MANIFOLDS)
        for width in WIDTHS
        for method in METHODS
        if all(of(rows, name, method, width) for name in MANIFOLDS)
    }
    method, width = max(worst, key=lambda one: worst[one])
    own = max(
        untrained(rows, name, OWN, "reconstruction")
        / np.median(of(rows, name, HAE, value="reconstruction"))
        for name in MANIFOLDS
    )
    return (
        f"The HAE keeps at least {share:.3f} of its teacher's MCC on pictures that neither has "
        f"seen, and its pictures miss {min(errors):.2f} to {max(errors):.2f} times what those of "
        "the plain autoencoder of the same width of the code and the same steps miss. The best of "
        f"the others on its worst manifold, {method} with {width} codes, has a median MCC of "
        f"{worst[method, width]:.2f} there. HessianICA's own map back to pictures, which is not "
        f"trained at all, misses at most {own:.2f} of what the HAE misses."
    )


def factor_table(rows: Rows) -> str:
    lines = [
        f"| method | codes | {' | '.join(MANIFOLDS)} | seconds |",
        "|---|---|" + "---|" * (len(MANIFOLDS) + 1),
    ]
    cells = [f"{untrained(rows, name, TEACHER, 'mcc'):.3f}" for name in MANIFOLDS]
    seconds = [untrained(rows, name, TEACHER, "cpu_seconds") for name in MANIFOLDS]
    lines.append(f"| **teacher** | 2 | {' | '.join(cells)} | {np.median(seconds):.0f} |")
    lines.append(factor_line(rows, f"**{HAE}**", HAE, 2, "mcc"))
    for width in WIDTHS:
        for method in METHODS:
            if any(of(rows, name, method, width) for name in MANIFOLDS):
                lines.append(factor_line(rows, method, method, width, "mcc"))
            if any(of(rows, name, method, width, value="mcc_drawn") for name in MANIFOLDS):
                lines.append(factor_line(rows, f"{method}, drawn", method, width, "mcc_drawn"))
    return "\n".join(lines)


def factor_line(rows: Rows, label: str, method: str, width: int, value: str) -> str:
    cells = [spread(of(rows, name, method, width, value=value)) for name in MANIFOLDS]
    seconds = [
        one for name in MANIFOLDS for one in of(rows, name, method, width, value="cpu_seconds")
    ]
    return f"| {label} | {width} | {' | '.join(cells)} | {np.median(seconds):.0f} |"


def findings(rows: Rows) -> str:
    """Where a rival finds what the teacher does, and how often it does not."""
    total, good = 0, []
    for width in WIDTHS:
        for method in METHODS:
            for name in MANIFOLDS:
                values = of(rows, name, method, width)
                if not values:
                    continue
                total += 1
                if np.median(values) >= FOUND * untrained(rows, name, TEACHER, "mcc"):
                    good.append(f"{method} ({width}) on *{name}*")
    where = "; ".join(good) if good else "nowhere"
    return (
        f"Of {total} pairs of a rival and a manifold, the median MCC reaches {FOUND} of the "
        f"teacher's in {len(good)}: {where}."
    )


def picture_table(rows: Rows) -> str:
    lines = [
        f"| decoder | codes | {' | '.join(MANIFOLDS)} |",
        "|---|---|" + "---|" * len(MANIFOLDS),
    ]
    cells = [f"{untrained(rows, name, OWN, 'reconstruction'):.4f}" for name in MANIFOLDS]
    lines.append(f"| HessianICA's own map | 2 | {' | '.join(cells)} |")
    for method, width in [(HAE, 2), *((method, w) for w in WIDTHS for method in METHODS)]:
        values = [of(rows, name, method, width, value="reconstruction") for name in MANIFOLDS]
        if any(values):
            cells = [f"{np.median(one):.3f}" if one else "" for one in values]
            lines.append(f"| {method} | {width} | {' | '.join(cells)} |")
    return "\n".join(lines)


def pictures_text(rows: Rows) -> str:
    shares = ", ".join(f"{error_to_plain(rows, name):.2f} on *{name}*" for name in MANIFOLDS)
    return f"What the HAE misses over what the plain autoencoder (2) misses: {shares}."


def longer(rows: Rows) -> str:
    manifold, epochs, methods = LONGER
    lines = [
        f"*{manifold}*, first seed, {epochs} epochs in place of {EPOCHS}:",
        "",
        "| method | MCC | after fewer | error of pictures | after fewer | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for method in (HAE, *methods):
        if not of(rows, manifold, method, epochs=epochs):
            continue
        cells = []
        for value in ("mcc", "reconstruction"):
            for trained in (epochs, EPOCHS):
                found = of(rows, manifold, method, value=value, epochs=trained)
                cells.append(f"{found[0]:.3f}" if found else "")
        seconds = of(rows, manifold, method, value="cpu_seconds", epochs=epochs)
        cells.append(f"{seconds[0]:.0f}" if seconds else "")
        lines.append(f"| {method} | {' | '.join(cells)} |")
    if len(lines) == LONGER_HEAD:
        return "Not run yet."
    own = untrained(rows, manifold, OWN, "reconstruction")
    lines += ["", f"HessianICA's own map misses {own:.3f} there."]
    return "\n".join(lines)
