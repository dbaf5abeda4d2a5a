"""Outliers: points that do not belong to the manifold, told from the neighbourhood graph alone.

Two rules. (1) Two points are linked if neither finds the other more than a fifth farther than
its own neighbourhood reaches; what the links do not connect to the bulk, single points and
clusters alike, is set aside, as long as it is small. (2) A point whose neighbourhood is unusually
wide is set aside if it lies off the plane through its neighbours by much more than they do.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ..neighbors import KnnGraph

LINK = 1.2
# A piece of fewer rows than this share of the largest one is outliers, a larger one is data.
SMALL_PIECE = 0.1
SUSPECT_WIDTH = 1.25
OFF_PLANE = 5.0
OFF_PLANE_RADII = 0.5
BLOCK_ENTRIES = 1 << 22


def outliers(points: np.ndarray, graph: KnnGraph, n_components: int) -> np.ndarray:
    """Which points (n, q) do not belong to the rest: a mask (n,).

    Parameters
    ----------
    points : ndarray of shape (n, q), float64
        Distinct points.
    graph : KnnGraph
        Their neighbourhoods.
    n_components : int
        Dimension d of the manifold.
    """
    width = graph.distances[:, -1]
    set_aside = _small_pieces(graph, width)
    beside = np.median(width[graph.indices[:, 1:]], axis=1)
    suspects = np.flatnonzero((width > SUSPECT_WIDTH * beside) & ~set_aside)
    # the plane needs more neighbours than it has directions, or all of them lie in it
    if graph.indices.shape[1] > n_components + 3:
        off, usual = _off_plane(points, graph, suspects, n_components)
        far = (off > OFF_PLANE * usual) & (off > OFF_PLANE_RADII * beside[suspects])
        set_aside[suspects[far]] = True
    return set_aside


def _small_pieces(graph: KnnGraph, width: np.ndarray) -> np.ndarray:
    n, k = graph.indices.shape
    one = np.repeat(np.arange(n), k - 1)
    other, length = graph.indices[:, 1:].ravel(), graph.distances[:, 1:].ravel()
    linked = length <= LINK * np.minimum(width[one], width[other])
    links = sparse.csr_array((linked[linked], (one[linked], other[linked])), shape=(n, n))
    _, piece = connected_components(links, directed=False)
    sizes = np.bincount(piece)
    return (sizes < SMALL_PIECE * sizes.max())[piece]


def _off_plane(
    points: np.ndarray, graph: KnnGraph, rows: np.ndarray, d: int
) -> tuple[np.ndarray, np.ndarray]:
    """Distance (m,) of points from the d-plane of their neighbours, and the median of theirs."""
    others = graph.indices[rows, 1:]
    k, q = others.shape[1], points.shape[1]
    off, usual = np.empty(len(rows)), np.empty(len(rows))
    step = max(1, BLOCK_ENTRIES // (k * q))
    for start in range(0, len(rows), step):
        block = slice(start, start + step)
        patch = points[others[block]]
        mean = patch.mean(axis=1, keepdims=True)
        axes = np.linalg.svd(patch - mean, full_matrices=False)[2][:, :d]
        offset = np.concatenate([points[rows[block], None], patch], axis=1) - mean
        along = np.einsum("mdq,mkq->mkd", axes, offset)
        square = (offset**2).sum(axis=2) - (along**2).sum(axis=2)
        distance = np.sqrt(np.maximum(square, 0))
        off[block], usual[block] = distance[:, 0], np.median(distance[:, 1:], axis=1)
    return off, usual
