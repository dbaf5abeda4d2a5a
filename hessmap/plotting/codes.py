"""Codes coloured by a factor, and contours of a code over two factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._validation import flag, word
from .density import MAX_POINTS, cells, draw_cells, draw_counts
from .inputs import columns, finite, matched, two_words
from .style import BLUE, COLOURS, axes, colour_bar, open_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.tri import Triangulation

N_LEVELS = 12
# Beyond this many rows a finer mesh shows the noise of single rows instead of the code.
MESH_ROWS = 4000
MESH_CELLS = (400, 1500)
# Nothing is drawn across holes: triangles with an edge longer than so many mean spacings.
HOLE = 8.0


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

    Beyond ``MAX_POINTS`` rows hexagonal cells are drawn in the colour of the mean of ``values`` of
    all rows in them; with one column, of their number of rows.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Embedding or sources; the first two columns are drawn, or for d = 1 the only one against
        ``values``. Rows with NaN are left out.
    values : array-like of shape (n,)
        What the colour shows.
    names : tuple of str
        Labels of the two axes.
    label : str
        Label of the colour bar, or for d = 1 of the vertical axis.
    equal : bool
        Whether both axes have the same scale, as an embedding in the units of the rows deserves.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If the shapes do not agree, something is no real number, every row has a NaN, or an option
        is of another type.
    """
    codes = columns("codes", codes)
    values = matched("values", values, codes)
    names, label, equal = two_words("names", names), word("label", label), flag("equal", equal)
    if codes.shape[1] == 1:
        return _against(finite("codes", codes[:, 0], values), names[0], label, ax)
    table = finite("codes", codes[:, 0], codes[:, 1], values)
    aspect = 0.75
    if equal:
        extent = np.ptp(table[:, :2], axis=0)
        aspect = float(np.clip(extent[1] / (extent[0] or 1.0), 0.05, 20.0))
    ax = axes(ax, _size(aspect))
    if len(table) > MAX_POINTS:
        found = cells(table, aspect)
        marks = draw_cells(ax, found, found.means[:, 2])
        label = f"mean of {label}"
    else:
        x, y, colour = table.T
        marks = ax.scatter(
            x, y, c=colour, s=_mark_size(len(x)), cmap=COLOURS, linewidths=0, rasterized=True
        )
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    if equal:
        ax.set_aspect("equal", adjustable="datalim")
    open_frame(ax)
    colour_bar(ax, marks, label)
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

    Contours parallel to an axis mean that the code depends on one factor alone. Beyond
    4,000 rows they are those of means of all rows over small cells.

    Parameters
    ----------
    factors : array-like of shape (n, 2)
        Two true factors.
    code : array-like of shape (n,)
        One column of the embedding or of the sources; rows with NaN are left out.
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
    TypeError, ValueError
        If the shapes do not agree, the code is constant, the factors lie on a line, or an option is
        of another type.
    """
    factors = columns("factors", factors)
    if factors.shape[1] < 2:
        raise ValueError(f"`factors` must have two columns; got {factors.shape[1]}.")
    code = matched("code", code, factors)
    names, label = two_words("names", names), word("label", label)
    table = finite("code", factors[:, 0], factors[:, 1], code)
    if len(table) > MESH_ROWS:
        # means of the places too: then a code that is linear in the factors stays so
        table = cells(table, between=MESH_CELLS).means
    levels = _levels(table[:, 2])
    mesh = _triangles(table)
    ax = axes(ax)
    filled = ax.tricontourf(mesh, table[:, 2], levels=levels, cmap=COLOURS, extend="both")
    ax.tricontour(
        mesh, table[:, 2], levels=levels, colors="white", linewidths=0.6, linestyles="solid"
    )
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    open_frame(ax)
    colour_bar(ax, filled, label)
    return ax


def _levels(code: np.ndarray) -> np.ndarray:
    """Round numbers between the outermost hundredths of a code (n,)."""
    from matplotlib.ticker import MaxNLocator

    low, high = np.percentile(code, [1, 99])
    if not high - low > 1e-12 * max(abs(low), abs(high)):
        raise ValueError(f"`code` must vary over the rows; it is {low} nearly everywhere.")
    levels = MaxNLocator(N_LEVELS).tick_values(low, high)
    return levels[(levels >= low) & (levels <= high)]


def _triangles(table: np.ndarray) -> Triangulation:
    """Triangulation of places, the first two columns of (n, 3), but not across holes."""
    from matplotlib.tri import Triangulation

    spans_plane = np.linalg.matrix_rank(table[:, :2] - table[0, :2]) == 2
    if not spans_plane:
        raise ValueError("`factors` must not lie on a line: contours need three rows that do not.")
    # what is near is told, and joined, in units of each factor's range
    places = (table[:, :2] - table[:, :2].min(axis=0)) / np.ptp(table[:, :2], axis=0)
    triangles = Triangulation(*places.T).triangles
    mesh = Triangulation(table[:, 0], table[:, 1], triangles)
    corners = places[triangles]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    across_hole = longest > HOLE / np.sqrt(len(table))
    if np.count_nonzero(across_hole) < 0.5 * len(longest):
        mesh.set_mask(across_hole)
    return mesh


def _against(table: np.ndarray, name: str, label: str, ax: Axes | None) -> Axes:
    """The only code against a factor."""
    ax = axes(ax)
    if len(table) > MAX_POINTS:
        draw_counts(ax, table, "rows")
    else:
        size = _mark_size(len(table))
        ax.scatter(table[:, 0], table[:, 1], s=size, color=BLUE, linewidths=0, rasterized=True)
    ax.set_xlabel(name)
    ax.set_ylabel(label)
    open_frame(ax)
    return ax


def _mark_size(n: int) -> float:
    return float(np.clip(3e4 / n, 2, 24))


def _size(aspect: float) -> tuple[float, float]:
    """Inches of a new figure for a picture of some height over width, beside a colour bar."""
    height = float(np.clip(4.6 * aspect, 2.0, 5.5))
    width = float(np.clip(height / aspect, 2.6, 4.6))
    return width + 1.4, height + 0.8
