"""The figures of docs/autoencoders.md."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from autoencoders import EPOCHS, GRID, HAE, MANIFOLDS, N_SHOWN, OWN, Job, N, known, parts
from paper_figures import contours, matched, save
from store import Store

from hessmap.plotting.tiles import limits, mosaic

WAYS = (OWN, HAE, "AE", "AE, 128", "weight-decayed AE", "beta-TCVAE", "DIP-VAE-I")
GRIDS = (OWN, HAE, "AE")
LABELS = {OWN: "own map"}


def arrays_of(store: Store, manifold: str, way: str, what: str) -> np.ndarray | None:
    """What was kept of the first seed; None where it was not run."""
    if way == OWN:
        return store.kept(f"{manifold}, {OWN}, {what}")
    method, _, width = way.partition(", ")
    job = Job(manifold, method, int(width or 2), EPOCHS, 0)
    return store.kept(f"{job.name}, {what}")


def draw_rows(store: Store, what: str, path: Path) -> None:
    """A line of pictures for every way, one panel a manifold: "decoded" ones or a "walk"."""
    figure, axes = plt.subplots(2, 2, figsize=(11, 9.2), layout="constrained")
    for ax, name in zip(axes.flat, MANIFOLDS, strict=True):
        manifold = known(name)
        found = {way: arrays_of(store, name, way, what) for way in WAYS}
        lines = {LABELS.get(way, way): rows for way, rows in found.items() if rows is not None}
        real = shown_pictures(name)
        if what == "decoded":
            lines = {"held out": real} | lines
        strip(ax, lines, manifold.shape, limits(real))
        ax.set_title(name, fontsize="medium")
    save(figure, path)


def draw_grids(store: Store, path: Path) -> None:
    """Pictures decoded from a grid of sources, one line a manifold, one panel a way."""
    figure, axes = plt.subplots(
        len(MANIFOLDS), len(GRIDS), figsize=(9, 12), layout="constrained", squeeze=False
    )
    for line, name in enumerate(MANIFOLDS):
        shape = known(name).shape
        black_white = limits(shown_pictures(name))
        for ax, way in zip(axes[line], GRIDS, strict=True):
            ax.set_axis_off()
            pictures = arrays_of(store, name, way, "grid")
            if pictures is None:
                continue
            ax.imshow(mosaic(pictures.reshape(GRID, GRID, -1), shape, black_white))
            ax.set_title(f"{name}: {LABELS.get(way, way)}", fontsize="small")
    save(figure, path)


def draw_codes(store: Store, path: Path) -> None:
    """Sources over the true factors of one manifold; contours of good ones follow an axis."""
    name = MANIFOLDS[-1]
    _, factors = known(name).draw(N, 0)
    found = {way: arrays_of(store, name, way, "sources") for way in WAYS}
    found = {way: codes for way, codes in found.items() if codes is not None}
    figure, axes = plt.subplots(
        2, len(found), figsize=(1.75 * len(found), 4), layout="constrained", squeeze=False
    )
    for column, (way, codes) in enumerate(found.items()):
        for line, code in enumerate(matched(codes, factors).T):
            contours(axes[line, column], factors, code)
        axes[0, column].set_title("teacher" if way == OWN else way, fontsize="x-small")
    axes[0, 0].set_ylabel("first source", fontsize="small")
    axes[1, 0].set_ylabel("second source", fontsize="small")
    figure.supxlabel(f"the two factors of {name!r}", fontsize="small")
    save(figure, path)


def shown_pictures(name: str) -> np.ndarray:
    """The held-out pictures of the figures."""
    X, _ = known(name).draw(N, 0)
    _, held_out = parts()
    return X[held_out[:: len(held_out) // N_SHOWN][:N_SHOWN]]


def strip(
    ax: plt.Axes,
    lines: dict[str, np.ndarray],
    shape: tuple[int, ...],
    black_white: tuple[float, float],
) -> None:
    canvas = mosaic(np.stack(list(lines.values())), shape, black_white)
    ax.imshow(canvas)
    step = canvas.shape[0] / len(lines)
    ax.set_yticks((np.arange(len(lines)) + 0.5) * step, list(lines), fontsize="x-small")
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
