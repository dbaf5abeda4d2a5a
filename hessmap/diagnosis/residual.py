"""What the embedding leaves of the rows: noise, or a direction that it has missed."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

N_PLACES = 200
N_NEIGHBORS = 40
# Noise is about as strong in its second direction as in its first one (in squares, 1.4 times at
# most). A straight factor that is missed is far stronger there, a bent one 2.3 times and more.
ONE_DIRECTION = 10.0
BENT_DIRECTION = 2.0
# Correlation of what is left of rows that are alike: 0.58 at most for noise, 0.69 at least for
# factors that were missed.
ALIKE = 0.63


def leftover_direction(points: np.ndarray, back: np.ndarray, codes: np.ndarray) -> float:
    """Length of the direction that the embedding misses, as a share of the rows' extent.

    What is left of rows between themselves and the way back from their embedding should be noise,
    which has no direction, and is another one in each row. A factor that is missing, or an
    embedding that lies on top of itself, leaves one direction at each place, which is much stronger
    than the second; or, where it bends within a place, somewhat stronger, and much the same in rows
    that are alike in all columns.

    Parameters
    ----------
    points, back : ndarray of shape (n, q), float64
        Rows, and what the inverse map makes of their embedding.
    codes : ndarray of shape (n, d), float64
        Their embedding.

    Returns
    -------
    float
        Root mean square length of the remainder along its strongest local direction, over that
        of the rows from their mean; median over 200 places. 0 where it is no more than ten times
        (in squares) as strong as the second one, or twice and rows that are alike have little
        in common in what is left; and where the rows have too few columns to tell.
    """
    n, q = points.shape
    if q - codes.shape[1] < 2 or n < 2 * N_NEIGHBORS:
        return 0.0
    extent = float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))
    spread = codes.std(axis=0)
    if extent == 0 or not (spread > 0).all():
        return 0.0
    places = np.linspace(0, n - 1, min(n, N_PLACES)).astype(int)
    nearest = KDTree(codes / spread).query(codes[places] / spread, N_NEIGHBORS)[1]
    left = (points - back) / extent
    # place by place: pictures have thousands of columns
    products = np.stack([_smaller_gram(left[rows]) for rows in nearest]) / N_NEIGHBORS
    strengths = np.linalg.eigvalsh(products)[:, ::-1]
    first, second = np.median(strengths[:, :2], axis=0)
    second = max(second, 0)
    bent = first > BENT_DIRECTION * second and _likeness(points, left, places) > ALIKE
    return float(np.sqrt(first)) if bent or first > ONE_DIRECTION * second else 0.0


def _smaller_gram(rows: np.ndarray) -> np.ndarray:
    """Products of the rows or of the columns, whichever are fewer: both have the same spectrum."""
    return rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows


def _likeness(points: np.ndarray, left: np.ndarray, places: np.ndarray) -> float:
    """Correlation of what is left (n, q) of some rows and of the rows nearest to them."""
    distances = cdist(points[places], points)
    distances[np.arange(len(places)), places] = np.inf
    one, other = left[places], left[distances.argmin(axis=1)]
    size = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / size) if size > 0 else 0.0
