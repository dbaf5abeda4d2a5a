"""Pictures between given pictures, by way of the sources."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._validation import flag, whole
from .inputs import picture_shape
from .models import decoded, flat, last_step
from .tiles import limits, mosaic, show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BY_MODEL, BY_PIXELS = "through the sources", "pixel by pixel"


def interpolation(
    model: Any,
    start: np.ndarray,
    stop: np.ndarray,
    shape: Sequence[int],
    *,
    n_steps: int = 9,
    pixels: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Pictures on the straight line between the sources of two pictures.

    As in figure 8 of Horan et al. (2021): both are mapped to their sources, and places between
    these are mapped back.

    Parameters
    ----------
    model : HessianICA, HessianEigenmaps, HessianAutoencoder, Autoencoder or Pipeline
        Fitted, as in `traversals`.
    start, stop : array-like of D numbers
        Two pictures as the model takes them, flattened or not.
    shape : sequence of int
        Shape of one picture, as in `pictures_along`.
    n_steps : int
        Pictures in a row, both ends included.
    pixels : bool
        Whether to add a row of mixtures of the two given pictures, pixel by pixel.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If the model is none of these or not fitted, or the pictures do not have the shape.
    """
    shape, pixels = picture_shape(shape), flag("pixels", pixels)
    ends = [flat("start", [start], 1, shape), flat("stop", [stop], 1, shape)]
    share = np.linspace(0, 1, whole("n_steps", n_steps, at_least=2))
    weights = np.column_stack([1 - share, share])[None]
    ways = _ways(model, np.concatenate(ends), weights, shape, pixels)
    pictures = np.concatenate(list(ways.values()))
    canvas = mosaic(pictures, shape, limits(pictures))
    return show(canvas, ax, rows=list(ways) if pixels else ())


def interpolation_grid(
    model: Any,
    corners: np.ndarray,
    shape: Sequence[int],
    *,
    n_steps: int = 6,
    pixels: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Grid of pictures between four pictures, bilinear in their sources.

    With corners that differ in one factor along the rows of the grid and in another along its
    columns, this is the picture of figure 7 of Horan et al. (2021).

    Parameters
    ----------
    model : HessianICA, HessianEigenmaps, HessianAutoencoder, Autoencoder or Pipeline
        Fitted, as in `traversals`.
    corners : array-like of shape (4, D) or (4, height, width[, channels])
        Pictures for the corners top left, top right, bottom left and bottom right.
    shape : sequence of int
        Shape of one picture, as in `pictures_along`.
    n_steps : int
        Pictures along each edge, the corners included.
    pixels : bool
        Whether to put beside it the same grid of mixtures of the given pictures, pixel by pixel.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If the model is none of these or not fitted, or the pictures do not have the shape.
    """
    shape, pixels = picture_shape(shape), flag("pixels", pixels)
    across = np.linspace(0, 1, whole("n_steps", n_steps, at_least=2))
    down = across[:, None]
    weights = np.stack(
        [(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across],
        axis=-1,
    )
    ways = _ways(model, flat("corners", corners, 4, shape), weights, shape, pixels)
    black_white = limits(np.concatenate(list(ways.values())))
    grids = [mosaic(pictures, shape, black_white) for pictures in ways.values()]
    between = np.ones((len(grids[0]), max(2, shape[1] // 2), 3))
    canvas = np.concatenate([grids[0], between, grids[1]], axis=1) if pixels else grids[0]
    return show(canvas, ax, columns=list(ways) if pixels else ())


def _ways(
    model: Any, ends: np.ndarray, weights: np.ndarray, shape: tuple[int, ...], pixels: bool
) -> dict[str, np.ndarray]:
    """Pictures (rows, columns, D) for weights (rows, columns, ends), by name of the way."""
    last_step(model)  # or an error that says what a model is
    with warnings.catch_warnings():  # pictures have no names, and columns of a fit may have some
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        codes = weights @ model.transform(ends)
    rows = decoded(model, codes.reshape(-1, codes.shape[2]), shape)
    ways = {BY_MODEL: rows.reshape(*codes.shape[:2], -1)}
    if pixels:
        ways[BY_PIXELS] = weights @ ends
    return ways
