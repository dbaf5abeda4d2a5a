"""Walks along one source at a time: real pictures, and those the model makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._validation import whole
from .inputs import columns, known_rows, picture_shape
from .models import decoded, known_codes, last_step
from .tiles import limits, mosaic, show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The ends of a walk; beyond them are the outermost rows, which are seldom typical.
ENDS = (0.02, 0.98)
# More rows find no picture that is visibly nearer to the walk.
MAX_ROWS = 100_000
LIMIT_ROWS = 500


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
    X : array-like of shape (n, D)
        Flattened pictures.
    sources : array-like of shape (n, d) or (n,)
        Their sources; rows with NaN are left out.
    shape : sequence of int
        Shape of one picture: (height, width) or (height, width, channels). Two channels are
        shown as orange and blue, of more than three the first three as red, green and blue.
    n_steps : int
        Pictures along each source.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If the shapes do not agree, or ``n_steps`` is less than 2.
    """
    X, sources = columns("X", X), columns("sources", sources)
    shape = picture_shape(shape)
    n_steps = whole("n_steps", n_steps, at_least=2)
    if len(X) != len(sources) or int(np.prod(shape)) != X.shape[1]:
        raise ValueError(
            "`X` must hold one picture of `shape` for each row of `sources`; got "
            f"{X.shape}, {shape} and {sources.shape}."
        )
    rows = known_rows("sources", sources)
    rows = rows[:: -(-len(rows) // MAX_ROWS)]
    picked = rows[_along_each(sources[rows], n_steps)]
    black_white = limits(X[:: -(-len(X) // LIMIT_ROWS)])
    return _walks(X[picked], shape, black_white, "source", ax)


def traversals(
    model: Any, shape: Sequence[int], *, n_steps: int = 9, ax: Axes | None = None
) -> Axes:
    """Pictures that the model makes along each source, the others at their medians.

    Parameters
    ----------
    model : HessianICA, HessianEigenmaps, HessianAutoencoder, Autoencoder or Pipeline
        Fitted; a pipeline must end with one of them. Its earlier steps are inverted from the last
        on, up to one that cannot be: after ``Blur`` the pictures are blurred.
    shape : sequence of int
        Shape of one picture, as in `pictures_along`.
    n_steps : int
        Pictures along each source, at even distances between its 2 % and its 98 % quantile.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If the model is none of these or not fitted, or its rows do not have the shape.
    """
    shape = picture_shape(shape)
    n_steps = whole("n_steps", n_steps, at_least=2)
    word, codes = known_codes(last_step(model))
    low, middle, high = np.quantile(codes, [ENDS[0], 0.5, ENDS[1]], axis=0)
    d = codes.shape[1]
    places = np.tile(middle, (d, n_steps, 1))
    for axis in range(d):
        places[axis, :, axis] = np.linspace(low[axis], high[axis], n_steps)
    pictures = decoded(model, places.reshape(-1, d), shape).reshape(d, n_steps, -1)
    return _walks(pictures, shape, limits(pictures), word, ax)


def _walks(
    pictures: np.ndarray,
    shape: tuple[int, ...],
    black_white: tuple[float, float],
    word: str,
    ax: Axes | None,
) -> Axes:
    """Pictures (d, n_steps, D), one walk a row."""
    names = [f"{word} {number + 1}" for number in range(len(pictures))]
    ax = show(mosaic(pictures, shape, black_white), ax, rows=names)
    ax.set_xlabel("low  →  high")
    return ax


def _along_each(sources: np.ndarray, n_steps: int) -> np.ndarray:
    """(d, n_steps) rows nearest, in ranks, to even steps along the lines through the middle."""
    ranks = np.argsort(np.argsort(sources, axis=0), axis=0) / max(len(sources) - 1, 1)
    from_middle = (ranks - 0.5) ** 2
    to_line = from_middle.sum(axis=1, keepdims=True) - from_middle
    steps = np.linspace(*ENDS, n_steps)
    return np.array(
        [
            [int(np.argmin(to_line[:, axis] + (ranks[:, axis] - step) ** 2)) for step in steps]
            for axis in range(sources.shape[1])
        ]
    )
