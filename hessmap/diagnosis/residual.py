"""What the embedding leaves of the rows: noise, or a direction that it has missed."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

N_PLACES = 200
N_NEIGHBORS = 40
# Noise is about as strong in its second direction as in its first one.
ONE_DIRECTION = 10.0


def leftover_direction(points: np.ndarray, back: np.ndarray, codes: np.ndarray) -> float:
    """Length of the direction that the embedding misses, as a share of the rows' extent.

    What is left of rows between themselves and the way back from their embedding should be noise,
    which has no direction. A factor that is missing, or an embedding that lies on top of itself,
    leaves one direction at each place, which is much stronger than the second.

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
        (in squares) as strong as the second one, and where the rows have too few columns to tell.
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
    products = np.stack([left[rows] @ left[rows].T for rows in nearest]) / N_NEIGHBORS
    strengths = np.linalg.eigvalsh(products)[:, ::-1]
    first, second = np.median(strengths[:, :2], axis=0)
    return float(np.sqrt(first)) if first > ONE_DIRECTION * max(second, 0) else 0.0
