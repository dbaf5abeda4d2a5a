"""Whether short distances in the rows and in the codes agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._validation import seeded, whole
from ..metrics.isometry import MAX_ROWS, correlation, pair_distances
from .density import draw_counts
from .inputs import columns, finite, known_rows
from .style import BLUE, ORANGE, axes, open_frame, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Pairs crowd along one line: marks hide each other sooner than in a scatter of rows.
MAX_PAIRS = 5000
LARGEST = 1e300  # the axes reach a little farther


def isometry(
    X: np.ndarray,
    codes: np.ndarray,
    *,
    max_rows: int = MAX_ROWS,
    random_state: int | np.random.RandomState | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Short distances in the rows against those in the codes.

    The pairs, and the scale of each column of the codes, are those of
    `hessmap.metrics.local_isometry`, whose value is in the title. On the line are the pairs whose
    distance the codes keep, as in figure 1 of Horan et al. (2021).

    Parameters
    ----------
    X : array-like of shape (n, D)
        Rows.
    codes : array-like of shape (n, d) or (n,)
        Codes of the same rows, in any scale; rows with NaN are left out.
    max_rows : int
        Number of rows in the sample whose pairs are drawn.
    random_state : int, RandomState or None
        Seed of the sample.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If the shapes do not agree, or fewer than 3 rows have codes.
    """
    X, codes = columns("X", X), columns("codes", codes)
    max_rows = whole("max_rows", max_rows, at_least=3)
    if len(X) != len(codes):
        raise ValueError(
            f"`X` and `codes` must have as many rows; got {X.shape} and {codes.shape}."
        )
    rows = known_rows("codes", codes)
    if len(rows) < 3:
        raise ValueError(f"`codes` must have at least 3 rows without NaN; got {len(rows)}.")
    # drawn here, so that of very many rows only the sample is ever copied
    if len(rows) > max_rows:
        rows = np.sort(seeded(random_state).choice(rows, max_rows, replace=False))
    return isometry_of(pair_distances(X[rows], codes[rows], max_rows=max_rows), ax=ax)


def isometry_of(pairs: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Distances of pairs in the rows against their distances in the codes.

    Parameters
    ----------
    pairs : array-like of shape (m, 2)
        Distance in the rows and in the rescaled codes of each pair; pairs with NaN are left out.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the shape is another, or a distance is negative or beyond 1e300.
    """
    pairs = columns("pairs", pairs)
    if pairs.shape[1] != 2:
        raise ValueError(f"`pairs` must have the shape (m, 2); got {pairs.shape}.")
    pairs = finite("pairs", *pairs.T)
    if not 0 <= pairs.min() <= pairs.max() <= LARGEST:
        raise ValueError(
            f"`pairs` must be distances, at least 0 and at most {LARGEST:g}; got {pairs.min():g} "
            f"to {pairs.max():g}."
        )
    ax = axes(ax)
    end = float(pairs.max()) or 1.0
    if len(pairs) > MAX_PAIRS:
        draw_counts(ax, pairs, "pairs", aspect=1.0)
    else:
        size = float(np.clip(1e4 / len(pairs), 3, 16))
        ax.scatter(
            pairs[:, 0], pairs[:, 1], s=size, color=BLUE, alpha=0.5, linewidths=0, rasterized=True
        )
    ax.plot([0, end], [0, end], color=ORANGE, lw=1, ls="--", label="equal")
    ax.locator_params(nbins=6)
    ax.set_xlim(0, 1.03 * end)
    ax.set_ylim(0, 1.03 * end)
    ax.set_aspect("equal", adjustable="box")
    ax.set_xlabel("distance in the rows")
    ax.set_ylabel("distance in the rescaled codes")
    ax.legend(frameon=False, loc="upper left")
    title(ax, f"{len(pairs):,} close pairs: correlation {correlation(pairs):.4f}")
    open_frame(ax)
    return ax
