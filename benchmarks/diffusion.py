"""Diffusion maps with local covariances, from the formulas of Singer & Coifman (2008).

"Non-linear independent component analysis with diffusion maps", Applied and Computational Harmonic
Analysis 25, 226-239: squared distances between unknown factors z are, to second order,

    |z_i - z_j|^2 ~ (x_i - x_j)' (C_i^-1 + C_j^-1) (x_i - x_j) / 2,

where C_i, the covariance of the rows around x_i, stands for J J' of the map from factors to rows.
The paper sees C_i in bursts of a random process that is isotropic in the factors. Of rows alone
only the nearest are known, and their covariance says how far apart rows are: where these are evenly
dense, distances are those in the rows, up to a scale.

The eigenvectors tend to those of a diffusion in a box, for uniform factors to products of
cos(m pi z / length). Hence two limits: a code is at best a monotone function of a factor, which
Spearman's correlation forgives and Pearson's does not; and where one factor is more than twice as
long as another, its second harmonic comes before the other factor, which is then in no code.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

NEIGHBORS = 3  # times k: covariances of fewer rows are mostly chance, and the kernel wants a tail
BLOCK = 1 << 15
TOLERANCE = 1e-6


def diffusion_maps(points: np.ndarray, d: int, k: int) -> np.ndarray:
    """Eigenvectors 2 to d + 1 of the diffusion on n points (n, q), of shape (n, d).

    Raises ValueError where the graph of the points is not in one piece.
    """
    n = len(points)
    width = min(NEIGHBORS * k, n - 1)
    search = NearestNeighbors(n_neighbors=width).fit(points)
    nearest = search.kneighbors(return_distance=False)
    with threadpool_limits(1):  # the decompositions are many and small
        axes = local_axes(points, nearest, d)
    i, j = np.repeat(np.arange(n), width), nearest.ravel()
    squared = squared_distances(points, axes, i, j)
    affinity = np.exp(-squared / np.median(squared))
    one_way = sparse.csr_array((affinity, (i, j)), shape=(n, n))
    return slowest(one_way.maximum(one_way.T), d)


def local_axes(points: np.ndarray, nearest: np.ndarray, d: int) -> np.ndarray:
    """(n, d, q) matrices A with A'A the pseudo-inverse, of rank d, of the local covariance."""
    axes = np.empty((len(points), d, points.shape[1]))
    step = max(1, BLOCK // nearest.shape[1])
    for start in range(0, len(points), step):
        patch = points[nearest[start : start + step]]
        patch = patch - patch.mean(axis=1, keepdims=True)
        _, size, directions = np.linalg.svd(patch / np.sqrt(patch.shape[1]), full_matrices=False)
        axes[start : start + step] = directions[:, :d] / size[:, :d, None]
    return axes


def squared_distances(
    points: np.ndarray, axes: np.ndarray, i: np.ndarray, j: np.ndarray
) -> np.ndarray:
    """Squared distances between the factors of the points i and j, by the formula above."""
    squared = np.empty(len(i))
    for start in range(0, len(i), BLOCK):
        a, b = i[start : start + BLOCK], j[start : start + BLOCK]
        apart = (points[a] - points[b])[:, :, None]
        squared[start : start + BLOCK] = sum(
            ((axes[end] @ apart) ** 2).sum(axis=(1, 2)) / 2 for end in (a, b)
        )
    return squared


def slowest(affinity: sparse.csr_array, d: int) -> np.ndarray:
    """(n, d) eigenvectors of the random walk on a graph whose eigenvalues follow the first, 1."""
    pieces, _ = connected_components(affinity, directed=False)
    if pieces > 1:
        raise ValueError(f"the neighbourhood graph falls into {pieces} pieces")
    root = np.sqrt(affinity.sum(axis=1))
    scaled = sparse.dia_array((1 / root[None], 0), shape=affinity.shape)
    start = np.random.default_rng(0).uniform(size=len(root))
    values, vectors = eigsh(
        scaled @ affinity @ scaled, k=d + 1, which="LA", tol=TOLERANCE, v0=start
    )
    return vectors[:, np.argsort(-values)[1:]] / root[:, None]
