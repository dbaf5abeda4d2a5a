"""Very many points as counts or means of hexagonal cells.

matplotlib's own ``hexbin`` takes a mean by lists in Python, a second and much memory for a million
points; sums over numbered cells take a twentieth of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .style import COLOURS, colour_bar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Beyond this many points marks only hide each other: cells are drawn instead.
MAX_POINTS = 20_000
# Cells in a full picture: ten points in each of them, as far as an eye can tell them apart.
POINTS_A_CELL = 10
N_CELLS = (2000, 14_000)
# Cells are drawn a little larger than they are, or pixels between them could stay empty.
OVERLAP = 1.05
BLOCK = 1 << 18


class Cells(NamedTuple):
    """Hexagonal cells that hold at least one point.

    Attributes
    ----------
    centres : ndarray of shape (m, 2)
    counts : ndarray of shape (m,)
        Points in each cell.
    means : ndarray of shape (m, columns)
        Means of all columns of the points in each cell.
    width : tuple of float
        Distance of neighbouring centres in a row, and of every other row.
    """

    centres: np.ndarray
    counts: np.ndarray
    means: np.ndarray
    width: tuple[float, float]


def cells(table: np.ndarray, aspect: float = 0.75, between: tuple[int, int] = N_CELLS) -> Cells:
    """Cells of points (n, columns), whose places are the first two columns.

    ``aspect`` is height over width of the picture, in which the cells are to be regular, and
    ``between`` are the fewest and most cells that could fill it. They are the Voronoi cells of two
    rectangular lattices, one in the middles of the other.
    """
    wanted = np.clip(len(table) / POINTS_A_CELL, *between)
    across = np.sqrt(wanted * np.sqrt(3) / (2 * aspect))
    shape = np.maximum(1, np.rint([across, across * aspect / np.sqrt(3)]))
    low, high = table[:, :2].min(axis=0), table[:, :2].max(axis=0)
    # a constant column still needs cells of some size
    extent = np.where(high > low, high - low, np.maximum(np.abs(low), 1.0) * 1e-3)
    width = extent / shape
    rows = int(shape[1]) + 1
    n_cells = 2 * (int(shape[0]) + 1) * rows
    counts = np.zeros(n_cells)
    sums = np.zeros((table.shape[1], n_cells))
    for start in range(0, len(table), BLOCK):
        block = table[start : start + BLOCK]
        inside = _cell((block[:, :2] - low) / width, rows)
        counts += np.bincount(inside, minlength=n_cells)
        for number, values in enumerate(block.T):
            sums[number] += np.bincount(inside, values, n_cells)
    used = np.flatnonzero(counts)
    column, row = np.divmod(used // 2, rows)
    place = np.column_stack([column, row]) + 0.5 * (used % 2)[:, None]
    means = (sums[:, used] / counts[used]).T
    return Cells(low + place * width, counts[used], means, (float(width[0]), float(width[1])))


def _cell(place: np.ndarray, rows: int) -> np.ndarray:
    """(n,) numbers of the cells of places (n, 2) in units of the lattice; odd ones are middles."""
    corner, middle = np.rint(place), np.floor(place)
    # a row of the lattice is the root of three times as far from the next as a column
    to_corner = (place - corner) ** 2 @ [1.0, 3.0]
    to_middle = (place - middle - 0.5) ** 2 @ [1.0, 3.0]
    is_middle = to_middle < to_corner
    nearest = np.where(is_middle[:, None], middle, corner).astype(np.int64)
    return 2 * (nearest[:, 0] * rows + nearest[:, 1]) + is_middle


def draw_cells(ax: Axes, found: Cells, values: np.ndarray, **style: Any) -> Any:
    """Draw hexagons of the colours of ``values`` (m,) and return their collection."""
    from matplotlib.collections import PolyCollection
    from matplotlib.transforms import AffineDeltaTransform

    across, along = found.width
    corners = [(0.5, -0.5), (0.5, 0.5), (0, 1), (-0.5, 0.5), (-0.5, -0.5), (0, -1)]
    hexagon = OVERLAP * np.array(corners) * [across, along / 3]
    data: Any = ax.transData  # an affine one, which its type does not say
    drawn = PolyCollection(
        [hexagon],
        offsets=found.centres,
        offset_transform=AffineDeltaTransform(data),
        array=values,
        cmap=COLOURS,
        linewidths=0,
        antialiased=False,  # background would shine through softened edges
        rasterized=True,
        **style,
    )
    ax.add_collection(drawn, autolim=False)
    ax.update_datalim([found.centres.min(axis=0), found.centres.max(axis=0)])
    ax.autoscale_view()
    return drawn


def draw_counts(ax: Axes, table: np.ndarray, label: str, aspect: float = 0.75) -> Any:
    """Draw how many points (n, 2) fall into each cell, with a colour bar, on a log scale."""
    from matplotlib.colors import LogNorm

    found = cells(table, aspect)
    norm = LogNorm(1, max(float(found.counts.max()), 10.0))
    drawn = draw_cells(ax, found, found.counts, norm=norm)
    colour_bar(ax, drawn, label)
    return drawn
