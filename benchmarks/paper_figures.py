"""The figures of docs/paper.md."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from manifolds import CONFORMING, TWO_FACTORS, Manifold
from scipy.interpolate import griddata
from store import Store

from hessmap.plotting.style import BLUE, GREY, ORANGE

CORNERS = 4  # pictures along each edge of a contact sheet
CONE = "duck yaw-zoom"
EMBEDDED = "astronaut pan"
SHOWN = (
    "HessianICA",
    "HLLE without ICA",
    "HessianICA, laplacian",
    "scikit-learn LLE + ICA",
    "UMAP + ICA",
    "diffusion maps, local cov. + ICA",
    "PCA + ICA",
    "sparse coding",
)
SHORT = {
    "diffusion maps, local cov. + ICA": "diffusion maps + ICA",
    "HessianICA, laplacian": "LEM + ICA",
}
DPI = 130
NEAREST = 1e-5  # of 1 - MCC; what is nearer to perfect is drawn there


def draw_manifolds(path: Path) -> None:
    """Pictures at the corners of each manifold and between them."""
    shown = [manifold for manifold in TWO_FACTORS if manifold.at is not None]
    columns = 5
    lines = -(-len(shown) // columns)
    figure, axes = plt.subplots(
        lines, columns, figsize=(2.1 * columns, 2.3 * lines), layout="constrained"
    )
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, manifold in zip(axes.flat, shown, strict=False):
        ax.imshow(sheet(manifold))
        ax.set_title(manifold.name, fontsize="small")
    save(figure, path)


def sheet(manifold: Manifold) -> np.ndarray:
    """One picture of CORNERS x CORNERS pictures; the first factor goes down."""
    assert manifold.at is not None
    assert manifold.ranges is not None
    first, second = (np.linspace(*manifold.ranges[i], CORNERS) for i in range(2))
    grid = np.stack(np.meshgrid(first, second, indexing="ij"), axis=2).reshape(-1, 2)
    height, width, channels = manifold.shape
    tiles = manifold.at(grid).reshape(CORNERS, CORNERS, height, width, channels)
    tiles = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1), (0, 0)), constant_values=1)
    height, width = height + 2, width + 2
    joined = tiles.transpose(0, 2, 1, 3, 4).reshape(CORNERS * height, CORNERS * width, channels)
    return np.clip(joined, 0, 1)


def draw_box(scores: dict[str, list[float]], path: Path) -> None:
    """1 - MCC over the conforming manifolds: the box is the quartiles, whiskers the range."""
    order = sorted(scores, key=lambda method: float(np.median(scores[method])))
    figure, ax = plt.subplots(figsize=(8, 0.26 * len(order) + 1), layout="constrained")
    boxes = ax.boxplot(
        [1 - np.minimum(scores[method], 1 - NEAREST) for method in order],
        orientation="horizontal",
        patch_artist=True,
        widths=0.6,
        whis=(0, 100),
        medianprops={"color": "black"},
    )
    for box, method in zip(boxes["boxes"], order, strict=True):
        box.set_facecolor(ORANGE if method == "HessianICA" else BLUE)
        box.set_alpha(0.7)
    ax.set_yticks(range(1, len(order) + 1), order, fontsize="small")
    ax.set_xscale("log")
    ax.set_xlim(1.2, NEAREST)
    ax.set_xlabel("1 - MCC on the manifolds that theory calls conforming (1: the method failed)")
    ax.grid(axis="x", alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    save(figure, path)


def draw_embeddings(store: Store, path: Path) -> None:
    """Each code over the true factors; contours of a good one are parallel to an axis."""
    factors = store.kept(f"{EMBEDDED}, factors")
    if factors is None:
        raise SystemExit(f"no results of {EMBEDDED!r}: run it before the page is written")
    every = {method: store.kept(f"{EMBEDDED}, {method}") for method in SHOWN}
    found = {method: codes for method, codes in every.items() if codes is not None}
    figure, axes = plt.subplots(
        2, len(found), figsize=(1.75 * len(found), 4), layout="constrained", squeeze=False
    )
    for column, (method, code) in enumerate(found.items()):
        for line, one in enumerate(matched(code, factors).T):
            contours(axes[line, column], factors, one)
        axes[0, column].set_title(SHORT.get(method, method), fontsize="x-small")
    axes[0, 0].set_ylabel("first code", fontsize="small")
    axes[1, 0].set_ylabel("second code", fontsize="small")
    figure.supxlabel(f"x (across) and y (up) of {EMBEDDED!r}", fontsize="small")
    save(figure, path)


def draw_cone(store: Store, path: Path) -> None:
    """Codes of a flat cone over the factors: linear ones, and polar ones."""
    factors = store.kept(f"{CONE}, factors")
    sources, polar = store.kept(f"{CONE}, HessianICA"), store.kept(f"{CONE}, polar")
    if factors is None or sources is None or polar is None:
        raise SystemExit(f"no results of {CONE!r}: run it before the page is written")
    figure, axes = plt.subplots(1, 4, figsize=(8.4, 2.6), layout="constrained")
    titles = ("first source", "second source", "logarithm of the distance", "angle")
    pairs = (*matched(sources, factors).T, *polar.T)
    for ax, code, title in zip(axes, pairs, titles, strict=True):
        contours(ax, factors, code)
        ax.set_title(title, fontsize="small")
    axes[0].set_ylabel("HessianICA", fontsize="small")
    axes[2].set_ylabel("fit_polar", fontsize="small")
    figure.supxlabel(f"yaw (across) and zoom (up) of {CONE!r}", fontsize="small")
    save(figure, path)


def matched(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Codes in the order of the factors that they follow best."""
    kept = np.isfinite(codes).all(axis=1)
    both = np.corrcoef(codes[kept].T, factors[kept].T)[:2, 2:]
    straight = abs(both[0, 0]) + abs(both[1, 1]) >= abs(both[0, 1]) + abs(both[1, 0])
    return codes if straight else codes[:, ::-1]


def contours(ax: plt.Axes, factors: np.ndarray, code: np.ndarray) -> None:
    kept = np.isfinite(code)
    low, high = factors.min(axis=0), factors.max(axis=0)
    grid = np.meshgrid(*(np.linspace(low[i], high[i], 60) for i in range(2)))
    surface = griddata(factors[kept], code[kept], tuple(grid))
    ax.contourf(*grid, surface, levels=12, cmap="viridis")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_box_aspect(1)


def draw_theory(points: list[tuple[str, float, float, float | None]], path: Path) -> None:
    """1 - MCC against the distortion that no map avoids; arrows go to polar coordinates."""
    figure, ax = plt.subplots(figsize=(9.5, 5.6), layout="constrained")
    for i, (name, theory, value, polar) in enumerate(sorted(points, key=lambda one: one[1])):
        error = 1 - min(value, 1 - NEAREST)
        ax.plot(theory, error, "o", color=BLUE, markersize=5)
        place = (5, 4 if i % 2 else -9)  # above and below in turn, as some are close
        beside = {"textcoords": "offset points", "fontsize": "x-small", "color": GREY}
        ax.annotate(name, (theory, error), place, **beside)
        if polar is not None:
            to = {"arrowstyle": "->", "color": ORANGE}
            ax.annotate("", (theory, 1 - polar), (theory, error), arrowprops=to)
    ax.axvline(CONFORMING, color=GREY, linestyle=":")
    ax.set_yscale("log")
    ax.set_xlim(left=-0.015, right=max(theory for _, theory, _, _ in points) + 0.06)
    ax.set_xlabel("distortion of lengths that no map of the theorem's kind avoids")
    ax.set_ylabel("1 - MCC")
    ax.spines[["top", "right"]].set_visible(False)
    save(figure, path)


def draw_oblong(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """MCC against the share of the second factor's range."""
    figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
    for (method, points), colour in zip(curves.items(), (ORANGE, BLUE, GREY), strict=False):
        shares, values = np.array(sorted(points)).T
        ax.plot(shares, values, "o-", color=colour, label=method)
    ax.set_xlabel("range of the second factor, as a share of what it is elsewhere")
    ax.set_ylabel("MCC")
    ax.set_ylim(0, 1.03)
    ax.invert_xaxis()
    ax.legend(frameon=False, loc="lower left")
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    save(figure, path)


def save(figure: plt.Figure, path: Path) -> None:
    figure.savefig(path, dpi=DPI)
    plt.close(figure)
