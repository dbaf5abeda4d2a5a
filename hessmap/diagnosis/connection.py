"""Whether the support holds together by more than a thread."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh
from scipy.spatial import KDTree

MAX_POINTS = 1000
# On a curve the count is some k^2 / 4, and chance must not bring it near zero.
MIN_NEIGHBORS = 32
# Parts smaller than this share of the points are outliers or corners.
SMALLEST_PART = 0.1
# A hundred products, where ARPACK's default (20) restarts more often; the basis costs as little.
LANCZOS_VECTORS = 40


def bottleneck(points: np.ndarray, n_neighbors: int) -> float:
    """Width of the narrowest place of the support, relative to its usual width.

    Points are lined up along the Fiedler vector of their neighbourhood graph, and the edges that
    cross from the first i points to the rest are counted for every i. On a box or a ball this
    count hardly changes on the way; between two pieces there are few edges, or none.

    Parameters
    ----------
    points : ndarray of shape (n, q), float64
        Points in a spatial order, of which at most 1,000 evenly spaced ones are used.
    n_neighbors : int
        Neighbours of each, itself included; at least 32 are used.

    Returns
    -------
    float
        The smallest count over the median count, where both parts hold a tenth of the points
        (rounded down); 0 is disconnected, and 1 is given for fewer than 30 points.
    """
    if len(points) > MAX_POINTS:
        points = points[np.linspace(0, len(points) - 1, MAX_POINTS).astype(int)]
    n = len(points)
    if n < 30:
        return 1.0
    k = min(max(n_neighbors, MIN_NEIGHBORS), n - 1)
    nearest = KDTree(points).query(points, k)[1][:, 1:]
    linked = sparse.csr_array(
        (np.ones(n * (k - 1)), (np.repeat(np.arange(n), k - 1), nearest.ravel())), shape=(n, n)
    )
    linked = linked.maximum(linked.T)
    place = np.argsort(np.argsort(_fiedler(linked), kind="stable"))
    i, j = sparse.triu(linked).coords
    first, last = np.minimum(place[i], place[j]), np.maximum(place[i], place[j])
    crossing = np.cumsum(np.bincount(first, minlength=n) - np.bincount(last, minlength=n))
    skipped = int(SMALLEST_PART * n)
    middle = crossing[skipped - 1 : n - skipped]  # the same ones from either end
    return float(middle.min() / max(np.median(middle), 1))


def _fiedler(linked: sparse.csr_array) -> np.ndarray:
    """(n,) eigenvector of the random walk on a graph for the second largest eigenvalue.

    The first one, of the constant, is known and moved to the other end of the spectrum: Lanczos
    would not see it twice where the graph is in pieces.
    """
    n = linked.shape[0]
    degree = linked.sum(axis=1)
    root = np.sqrt(degree)
    constant = root / np.linalg.norm(root)

    def step(vector: np.ndarray) -> np.ndarray:
        vector = vector.ravel()
        return (linked @ (vector / root)) / root - 2 * constant * (constant @ vector)

    start = np.random.RandomState(0).uniform(-1, 1, size=n)
    _, vectors = eigsh(
        LinearOperator((n, n), matvec=step, dtype=np.float64),
        k=1,
        which="LA",
        v0=start - constant * (constant @ start),
        ncv=min(n, LANCZOS_VECTORS),
    )
    return vectors[:, 0] / root
