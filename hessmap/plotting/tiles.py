"""Pictures beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .style import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Two channels are shown in colours that nearly everybody can tell apart and that sum to white.
TWO_CHANNELS = np.array([[1.0, 0.6, 0.0], [0.0, 0.4, 1.0]])
LARGEST = 8.0  # inches of a new figure


def limits(pictures: np.ndarray) -> tuple[float, float]:
    """Values that are to be black and white."""
    return float(np.nanmin(pictures)), float(np.nanmax(pictures))


def mosaic(
    pictures: np.ndarray, shape: tuple[int, ...], black_white: tuple[float, float]
) -> np.ndarray:
    """Canvas (height, width, 3) in [0, 1] of flattened pictures (rows, columns, D) with seams."""
    rows, columns = pictures.shape[:2]
    height, width = shape[:2]
    low, high = black_white
    seam = max(1, min(height, width) // 24)
    canvas = np.ones((rows * (height + seam) - seam, columns * (width + seam) - seam, 3))
    for row in range(rows):
        for column in range(columns):
            picture = pictures[row, column].reshape(shape).astype(np.float64)
            top, left = row * (height + seam), column * (width + seam)
            place = canvas[top : top + height, left : left + width]
            place[:] = _rgb((picture - low) / max(high - low, 1e-300))
    return canvas.clip(0, 1)


def show(
    canvas: np.ndarray, ax: Axes | None, *, rows: Sequence[str] = (), columns: Sequence[str] = ()
) -> Axes:
    """Draw a canvas with names beside its evenly spaced rows and below its columns."""
    height, width = canvas.shape[:2]
    scale = min(LARGEST / width, LARGEST / height)
    ax = axes(ax, (scale * width + 0.9, scale * height + 0.5))
    ax.imshow(canvas, interpolation="antialiased")
    ax.set_yticks(_middles(height, len(rows)), rows)
    ax.set_xticks(_middles(width, len(columns)), columns)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def _middles(length: int, n: int) -> np.ndarray:
    """Middles of n parts of an axis of so many pixels, the first of which is at 0."""
    return (np.arange(n) + 0.5) * length / max(n, 1) - 0.5


def _rgb(picture: np.ndarray) -> np.ndarray:
    if picture.ndim == 2:
        picture = picture[:, :, None]
    channels = picture.shape[2]
    if channels == 1:
        return np.repeat(picture, 3, axis=2)
    if channels == 2:
        return picture.clip(0, 1) @ TWO_CHANNELS
    return picture[:, :, :3]
