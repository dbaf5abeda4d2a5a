"""How much each pair of sources depends on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .inputs import columns
from .style import axes, colour_bar, figure, title, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALLEST_TEXT, LARGEST_TEXT = 5.0, 10.0  # points
# "0.00" is 2.3 times as wide as it is high; the rest is air
TEXT_SHARE = 0.36
DARK = 0.55
EMPTY = "#EEEEEE"  # so that the diagonal is no dependence of 0
MOST_NAMES = 12


def independence(matrix: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Dependence of each pair of sources, from 0 (none) to 1, as numbers and as colours.

    Parameters
    ----------
    matrix : array-like of shape (d, d)
        Pairwise dependence; the diagonal is not shown. NaN leaves its cell empty. The numbers are
        left out where the axes are too small for them.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the matrix is not square.
    """
    matrix = columns("matrix", matrix).astype(np.float64)
    d = len(matrix)
    if matrix.shape != (d, d):
        raise ValueError(
            f"`matrix` must have the shape (d, d); got {matrix.shape}. Of sources, take "
            "hessmap.metrics.pairwise_dependence(sources), or `report_.dependence_matrix`."
        )
    side = float(np.clip(0.42 * d + 1.2, 3.2, 9.0))
    ax = axes(ax, (side + 1.2, side))
    if d == 1:
        return words(ax, "one source:\nthere is no pair to compare")
    np.fill_diagonal(matrix, np.nan)
    ax.set_facecolor(EMPTY)
    drawn = ax.imshow(np.ma.masked_invalid(matrix), vmin=0, vmax=1, cmap="Blues")
    colour_bar(ax, drawn, "dependence")
    _numbers(ax, matrix)
    shown = np.arange(0, d, -(-d // MOST_NAMES))
    ax.set_xticks(shown, [str(number + 1) for number in shown])
    ax.set_yticks(shown, [str(number + 1) for number in shown])
    ax.tick_params(length=0)
    ax.set_xlabel("source")
    ax.set_ylabel("source")
    ax.spines[:].set_visible(False)
    if np.isfinite(matrix).any():
        title(ax, f"largest dependence {np.nanmax(matrix):.2f} (near 0 is good)")
    return ax


def _numbers(ax: Axes, matrix: np.ndarray) -> None:
    """Write the values into their cells, as large as these allow."""
    box = ax.get_window_extent()
    cell = min(box.width, box.height) * 72 / figure(ax).dpi / len(matrix)
    size = min(TEXT_SHARE * cell, LARGEST_TEXT)
    if size < SMALLEST_TEXT:
        return
    for row, column in np.argwhere(np.isfinite(matrix)):
        value = matrix[row, column]
        ax.text(
            column,
            row,
            f"{round(value, 2) + 0.0:.2f}",  # no minus before 0.00
            ha="center",
            va="center",
            fontsize=size,
            color="white" if value > DARK else "black",
        )
