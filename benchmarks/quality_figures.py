"""Figures of the quality page: rows of results in, files out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from quality_data import MODERATE, RENDERED, SIZE, WIDE

from hessmap.datasets import rendered
from hessmap.plotting.style import BLUE, GREY, ORANGE, open_frame, pyplot, title

Rows = list[dict[str, Any]]
COLOURS = (BLUE, ORANGE, GREY)
MARKS = ("o", "s", "^")
DPI = 130
FAILED = 0.05  # the MCC of 0.95 that "works" means on the page
LEAST = 1e-7  # nearer to a perfect match no figure looks


def save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI)
    pyplot().close(figure)


def grouped(rows: Iterable[dict], *names: str) -> dict[tuple, Rows]:
    """Rows that agree in some columns, in the order of their first ones."""
    groups: dict[tuple, Rows] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return groups


def middle(rows: Iterable[dict], name: str) -> float:
    """Median of a column; NaN where no fit has it."""
    values = [row[name] for row in rows if row.get(name) is not None]
    return float(np.median(values)) if values else float("nan")


def line(ax: Any, groups: dict[tuple, Rows], at: Callable, colour: int, label: str) -> None:
    """Medians of 1 - MCC, and every fit as a small dot where there are several."""
    x = [at(group) for group in groups.values()]
    y = [max(middle(group, "miss"), LEAST) for group in groups.values()]
    ax.loglog(x, y, MARKS[colour] + "-", color=COLOURS[colour], ms=5, lw=1.4, label=label)
    for place, group in zip(x, groups.values(), strict=True):
        if len(group) > 1:
            seen = [max(row["miss"], LEAST) for row in group if row.get("miss") is not None]
            ax.plot([place] * len(seen), seen, ".", color=COLOURS[colour], ms=3, alpha=0.5)


def legend_below(figure: Any, ax: Any, columns: int) -> None:
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False)


def rows_figure(rows: Rows, path: Path) -> None:
    """1 - MCC against n, a panel for each number of factors."""
    sizes = grouped(rows, "d")
    down = -(-len(sizes) // 2)
    figure, axes = pyplot().subplots(
        down, 2, figsize=(7, 2.6 * down + 0.4), sharex=True, sharey=True, layout="constrained",
        squeeze=False,
    )  # fmt: skip
    for ax, ((d,), of_size) in zip(axes.flat, sizes.items(), strict=False):
        for colour, ((noise,), some) in enumerate(grouped(of_size, "noise").items()):
            line(ax, grouped(some, "n"), lambda g: g[0]["n"], colour, f"noise {noise:g}")
            floor = middle(some, "floor") / 2  # of 1 - MCC, where 1 - R^2 is small
            if floor > 0:
                ax.axhline(floor, color=COLOURS[colour], lw=1, ls=":")
        ax.axhline(FAILED, color="0.8", lw=1, zorder=0)
        title(ax, f"{d} factors")
        open_frame(ax)
    for ax in axes[-1]:
        ax.set_xlabel("rows")
    for ax in axes[:, 0]:
        ax.set_ylabel("1 - MCC")
    legend_below(figure, axes[0, 0], 3)
    save(figure, path)


def operators_figure(rows: Rows, path: Path) -> None:
    """1 - MCC of every operator on every set."""
    sets = grouped(rows, "data", "d", "n", "noise")
    figure, ax = pyplot().subplots(figsize=(7.2, 1.2 + 0.24 * len(sets)), layout="constrained")
    for place, some in enumerate(sets.values()):
        for colour, ((name,), group) in enumerate(grouped(some, "operator").items()):
            seen = [max(row["miss"], LEAST) for row in group if row.get("miss") is not None]
            y = place + 0.22 * (colour - 1)
            one = {"color": COLOURS[colour], "label": name if place == 0 else None}
            ax.plot(seen, [y] * len(seen), MARKS[colour], ms=4.5, alpha=0.75, mew=0, **one)
        if place % 2:
            ax.axhspan(place - 0.5, place + 0.5, color="0.95", zorder=0)
    labels = [f"{data}, d = {d}, n = {n:,}, noise {noise:g}" for data, d, n, noise in sets]
    ax.set_yticks(range(len(sets)), labels, fontsize="small")
    ax.set_ylim(len(sets) - 0.5, -0.5)
    ax.set_xscale("log")
    ax.set_xlabel("1 - MCC, one mark for each seed")
    ax.axvline(FAILED, color="0.8", lw=1, zorder=0)
    open_frame(ax)
    legend_below(figure, ax, 3)
    save(figure, path)


def settings_figure(rows: Rows, path: Path) -> None:
    """1 - MCC against n_neighbors, and against n_nodes."""
    figure, axes = pyplot().subplots(
        1, 2, figsize=(8, 3.8), sharey=True, layout="constrained"
    )  # fmt: skip
    for ax, asked, taken in zip(axes, ("k", "n_nodes"), ("neighbors", "nodes"), strict=True):
        for colour, ((data, d), some) in enumerate(grouped(rows, "data", "d").items()):
            swept = grouped(sorted((r for r in some if r[asked]), key=at), asked)
            line(ax, swept, lambda g: at(g[0]), colour, f"{data}, d = {d}")
            chosen = [r for r in some if not r["k"] and not r["n_nodes"]]
            ax.plot(
                [row[taken] for row in chosen], [row["miss"] for row in chosen], "*", ms=15,
                mfc="white", mec=COLOURS[colour], mew=1.5, zorder=3,
                label="chosen automatically" if colour == 2 else None,
            )  # fmt: skip
        ax.axhline(FAILED, color="0.8", lw=1, zorder=0)
        ticks = sorted({at(r) for r in rows if r[asked]})
        if asked == "k":
            ticks = [10, 20, 40, 80]
        ax.set_xticks(ticks[::2] if asked != "k" else ticks)
        ax.set_xticks([], minor=True)
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        open_frame(ax)
    axes[0].set_xlabel("n_neighbors (n_nodes chosen automatically)")
    axes[1].set_xlabel("n_nodes (n_neighbors chosen automatically)")
    axes[0].set_ylabel("1 - MCC")
    legend_below(figure, axes[0], 4)
    save(figure, path)


def at(row: dict) -> int:
    """Where on the axis of its sweep a fit lies: what was asked for, all rows being n."""
    return row["k"] or (row["n"] if row["n_nodes"] < 0 else row["n_nodes"])


def few_figure(rows: Rows, path: Path) -> None:
    """Share of seeds that work, against n."""
    sets = grouped(rows, "data")
    figure, axes = pyplot().subplots(
        1, len(sets), figsize=(4 * len(sets), 3.6), sharey=True, layout="constrained", squeeze=False
    )
    for ax, ((data,), some) in zip(axes[0], sets.items(), strict=True):
        for colour, ((d,), of_size) in enumerate(grouped(some, "d").items()):
            sizes = grouped(of_size, "n")
            share = [np.mean([works(row) for row in group]) for group in sizes.values()]
            ax.semilogx(
                [n for (n,) in sizes], share, MARKS[colour] + "-", color=COLOURS[colour],
                ms=9 - 2 * colour, label=f"{d} factors",
            )  # fmt: skip
        largest = max(row["n"] for row in rows)
        ticks = [n for n in (30, 100, 300, 1000, 3000) if n <= largest]
        ax.set_xticks(ticks, [f"{n:,}" for n in ticks])
        ax.set_xticks([], minor=True)
        ax.set_xlabel("rows")
        title(ax, data)
        open_frame(ax)
    axes[0, 0].set_ylabel("share of seeds that work")
    legend_below(figure, axes[0, 0], 3)
    save(figure, path)


def works(row: dict) -> bool:
    """Whether every factor was found."""
    return row.get("miss") is not None and row["miss"] <= FAILED


def scenes_figure(rows: Rows, path: Path) -> None:
    """Some pictures of each rendered scene, moderate and wide."""
    names = [name for name in RENDERED if any(row["data"] == name for row in rows)]
    figure, axes = pyplot().subplots(
        len(names), 8, figsize=(8, 0.95 * len(names) + 0.2), layout="constrained", squeeze=False
    )
    for line_of, name in zip(axes, names, strict=True):
        drawn = [
            picture
            for extent in (MODERATE, WIDE)
            for picture in rendered(name, 4, size=SIZE, extent=extent, random_state=0)[0]
        ]
        for ax, picture in zip(line_of, drawn, strict=True):
            ax.imshow(np.clip(picture.reshape(SIZE, SIZE, 3), 0, 1))
            ax.set_xticks([])
            ax.set_yticks([])
            ax.spines[:].set_visible(False)
        line_of[0].set_ylabel(name.replace(" ", "\n", 1), fontsize="x-small")
    for first, text in ((0, "moderate ranges"), (4, "wide ranges")):
        axes[0, first].set_title(text, fontsize="medium", loc="left")
    save(figure, path)
