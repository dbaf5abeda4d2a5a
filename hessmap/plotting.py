"""Pictures of a fit; needs matplotlib (``pip install hessmap[plot]``).

Every function draws on the Axes it is given, or on new ones, and returns them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Beyond this many points marks only hide each other; a random sample shows the same picture.
MAX_POINTS = 20_000


def scatter(
    codes: np.ndarray,
    values: np.ndarray,
    *,
    names: tuple[str, str] = ("first", "second"),
    label: str = "value",
    equal: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Two columns of an embedding or of sources, coloured by a factor.

    Parameters
    ----------
    codes : ndarray of shape (n, d)
        Embedding or sources; the first two columns are drawn, or for d = 1 the only one against
        ``values``.
    values : ndarray of shape (n,)
        What the colour shows.
    names : tuple of str
        Labels of the two axes.
    label : str
        Label of the colour bar.
    equal : bool
        Whether both axes have the same scale, as an embedding in the units of the rows deserves.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
    """
    codes, values = _columns("codes", codes), _matched("values", values, codes)
    ax = _axes(ax)
    keep = _sample(len(codes))
    vertical = codes[keep, 1] if codes.shape[1] > 1 else values[keep]
    marks = ax.scatter(
        codes[keep, 0],
        vertical,
        c=values[keep],
        s=float(np.clip(2e4 / len(keep), 1, 12)),
        cmap="viridis",
        linewidths=0,
        rasterized=True,
    )
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1] if codes.shape[1] > 1 else label)
    if equal and codes.shape[1] > 1:
        ax.set_aspect("equal", adjustable="datalim")
    _figure(ax).colorbar(marks, ax=ax, label=label)
    return ax


def contours(
    factors: np.ndarray,
    code: np.ndarray,
    *,
    names: tuple[str, str] = ("factor 1", "factor 2"),
    label: str = "code",
    ax: Axes | None = None,
) -> Axes:
    """Contours of one code over two true factors, as in figure 1 of Horan et al. (2021).

    Contours parallel to an axis mean that the code depends on one factor alone.

    Parameters
    ----------
    factors : ndarray of shape (n, 2)
        Two true factors.
    code : ndarray of shape (n,)
        One column of the embedding or of the sources.
    names : tuple of str
        Names of the two factors.
    label : str
        Label of the colour bar.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the code is constant.
    """
    factors = _columns("factors", factors)
    if factors.shape[1] < 2:
        raise ValueError(f"`factors` must have two columns; got {factors.shape[1]}.")
    code = _matched("code", code, factors)
    ax = _axes(ax)
    keep = _sample(len(code))
    x, y, z = factors[keep, 0], factors[keep, 1], code[keep]
    low, high = np.percentile(z, [1, 99])
    if not high > low:
        raise ValueError(f"`code` must vary over the rows; it is {low} nearly everywhere.")
    levels = np.linspace(low, high, 13)
    filled = ax.tricontourf(x, y, z, levels=levels, cmap="viridis", extend="both")
    ax.tricontour(x, y, z, levels=levels, colors="white", linewidths=0.6)
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    _figure(ax).colorbar(filled, ax=ax, label=label)
    return ax


def spectrum(eigenvalues: np.ndarray, n_components: int, *, ax: Axes | None = None) -> Axes:
    """Smallest eigenvalues on a logarithmic scale, with the gap after the null space.

    Parameters
    ----------
    eigenvalues : ndarray of shape (m,)
        Ascending, the constant's first, as in ``eigenvalues_``.
    n_components : int
        Number of factors d; the gap is expected after d + 1 eigenvalues.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
    """
    eigenvalues = np.asarray(eigenvalues, dtype=np.float64)
    if eigenvalues.ndim != 1 or len(eigenvalues) < n_components + 2:
        raise ValueError(
            f"`eigenvalues` must hold at least n_components + 2 = {n_components + 2} values; "
            f"got the shape {eigenvalues.shape}."
        )
    ax = _axes(ax)
    # the constant's eigenvalue is zero up to rounding: nothing that a logarithm could show
    floor = np.finfo(np.float64).eps * eigenvalues[-1]
    values = np.maximum(eigenvalues[1:], floor)
    index = np.arange(2, len(eigenvalues) + 1)
    within = index <= n_components + 1
    ax.semilogy(index[within], values[within], "o", color="C0", ms=8, label="null space")
    ax.semilogy(index[~within], values[~within], "s", color="C3", ms=8, label="rest")
    ax.axvline(n_components + 1.5, color="0.6", lw=1, ls="--")
    last, following = values[n_components - 1], values[n_components]
    ax.set_title(f"gap ratio {last / following:.2g} (near 0 is good)", fontsize="medium")
    ax.set_xticks(index)
    ax.set_xlim(index[0] - 0.5, index[-1] + 0.5)
    ax.set_xlabel("number (the first, of the constant, is zero)")
    ax.set_ylabel("eigenvalue")
    ax.legend(frameon=False)
    return ax


def pictures_along(
    X: np.ndarray,
    sources: np.ndarray,
    shape: Sequence[int],
    *,
    n_steps: int = 9,
    ax: Axes | None = None,
) -> Axes:
    """Real input pictures laid out along each source, the other sources near their middle.

    Parameters
    ----------
    X : ndarray of shape (n, D)
        Flattened pictures.
    sources : ndarray of shape (n, d)
        Their sources.
    shape : sequence of int
        Shape of one picture: (height, width) or (height, width, channels). Two channels are
        shown as red and green.
    n_steps : int
        Pictures along each source.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
    """
    X, sources = _columns("X", X), _columns("sources", sources)
    if len(X) != len(sources) or int(np.prod(shape)) != X.shape[1]:
        raise ValueError(
            "`X` must hold one picture of `shape` for each row of `sources`; got "
            f"{X.shape}, {tuple(shape)} and {sources.shape}."
        )
    ax = _axes(ax)
    height, width = shape[:2]
    shown = X[:: max(1, len(X) // 500)]
    low, high = float(shown.min()), float(shown.max())
    gap = 2
    d = sources.shape[1]
    canvas = np.ones((d * (height + gap) - gap, n_steps * (width + gap) - gap, 3))
    for row, picked in enumerate(_along_each(sources, n_steps)):
        for column, index in enumerate(picked):
            picture = (X[index].reshape(shape).astype(float) - low) / max(high - low, 1e-300)
            top, left = row * (height + gap), column * (width + gap)
            canvas[top : top + height, left : left + width] = _as_rgb(picture)
    ax.imshow(canvas.clip(0, 1), interpolation="nearest")
    ax.set_yticks([row * (height + gap) + height / 2 for row in range(d)])
    ax.set_yticklabels([f"source {row + 1}" for row in range(d)])
    ax.set_xticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_xlabel("low  →  high")
    return ax


def _along_each(sources: np.ndarray, n_steps: int) -> list[np.ndarray]:
    """For each source the rows nearest to evenly spaced places on the line through the middle."""
    ranks = np.argsort(np.argsort(sources, axis=0), axis=0) / max(len(sources) - 1, 1)
    rows = []
    for axis in range(sources.shape[1]):
        target = np.full(sources.shape[1], 0.5)
        picked = []
        for step in np.linspace(0.02, 0.98, n_steps):
            target[axis] = step
            picked.append(int(((ranks - target) ** 2).sum(axis=1).argmin()))
        rows.append(np.array(picked))
    return rows


def _as_rgb(picture: np.ndarray) -> np.ndarray:
    if picture.ndim == 2:
        picture = picture[:, :, None]
    channels = picture.shape[2]
    if channels == 1:
        return np.repeat(picture, 3, axis=2)
    if channels == 2:
        return np.concatenate([picture, np.zeros_like(picture[:, :, :1])], axis=2)
    return picture[:, :, :3]


def _columns(name: str, values: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"`{name}` must have the shape (n, columns); got {values.shape}.")
    return values


def _matched(name: str, values: np.ndarray, to: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    if values.shape != (len(to),):
        raise ValueError(f"`{name}` must have the shape ({len(to)},); got {values.shape}.")
    return values


def _sample(n: int) -> np.ndarray:
    if n <= MAX_POINTS:
        return np.arange(n)
    return np.random.default_rng(0).choice(n, MAX_POINTS, replace=False)


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot as plt
    except ImportError as problem:
        raise ImportError(
            "plots need matplotlib: pip install 'hessmap[plot]', or pip install matplotlib"
        ) from problem
    return plt.subplots(constrained_layout=True)[1]


def _figure(ax: Axes) -> Any:
    return ax.get_figure()
