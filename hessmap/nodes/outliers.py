"""Outliers: points that do not belong to the manifold, told from the neighbourhood graph alone.

Two rules. (1) Two points are linked if neither finds the other more than a fifth farther than
its own neighbourhood reaches; what the links do not connect to the bulk, single points and
clusters alike, is set aside, as long as it is small. (2) A point whose neighbourhood is unusually
wide is set aside if it lies off the plane through its neighbours by much more than they do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from ..neighbors import KnnGraph

LINK = 1.2
# Gaps of at most so many widths are ordinary between points whose widths differ by at most so
# much; on a curve, whose ends have neighbours on one side only, widths differ more.
GAP = 3.0
ALIKE = 2.0
ALIKE_ON_CURVES = 4.0
# A piece of fewer rows than this share of the largest one is outliers, a larger one is data.
SMALL_PIECE = 0.1
SUSPECT_WIDTH = 1.25
OFF_PLANE = 5.0
OFF_PLANE_RADII = 0.5
BLOCK_ENTRIES = 1 << 22


class Strangers(NamedTuple):
    """Which points (n,) do not belong to the rest, and into how many large pieces that falls."""

    aside: np.ndarray
    n_pieces: int


def strangers(points: np.ndarray, graph: KnnGraph, n_components: int) -> Strangers:
    """Find the points (n, q) that do not belong to the rest.

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
    small, n_pieces = _small_pieces(points, graph, ALIKE if n_components > 1 else ALIKE_ON_CURVES)
    beside = np.median(width[graph.indices[:, 1:]], axis=1)
    suspects = np.flatnonzero((width > SUSPECT_WIDTH * beside) & ~small)
    # the plane needs more neighbours than it has directions, or all of them lie in it
    if graph.indices.shape[1] > n_components + 3:
        off, usual = _off_plane(points, graph, suspects, n_components)
        far = (off > OFF_PLANE * usual) & (off > OFF_PLANE_RADII * beside[suspects])
        small[suspects[far]] = True
    return Strangers(small, n_pieces)


def _small_pieces(points: np.ndarray, graph: KnnGraph, most_alike: float) -> tuple[np.ndarray, int]:
    """Members (n,) of small pieces, and the number of large ones.

    A piece beside a gap is no stranger if the points at both ends of the gap are about as dense
    and it is not much wider than they are: on a curve, ordinary gaps part the links.
    """
    n, k = graph.indices.shape
    width = graph.distances[:, -1]
    one = np.repeat(np.arange(n), k - 1)
    other, length = graph.indices[:, 1:].ravel(), graph.distances[:, 1:].ravel()
    linked = length <= LINK * np.minimum(width[one], width[other])
    links = sparse.csr_array((linked[linked], (one[linked], other[linked])), shape=(n, n))
    n_pieces, piece = connected_components(links, directed=False)
    sizes = np.bincount(piece)
    bulk = np.zeros(n_pieces, dtype=bool)
    bulk[sizes.argmax()] = True
    while not bulk.all():
        inside = np.flatnonzero(bulk[piece])
        outside = np.flatnonzero(~bulk[piece])
        gap, nearest = KDTree(points[inside]).query(points[outside])
        here, there = width[outside], width[inside[nearest]]
        alike = np.maximum(here, there) <= most_alike * np.minimum(here, there)
        joined = np.unique(piece[outside[alike & (gap <= GAP * np.minimum(here, there))]])
        if not len(joined):
            break
        bulk[joined] = True
    large = ~bulk & (sizes >= SMALL_PIECE * sizes[bulk].sum())
    return (~bulk & ~large)[piece], 1 + int(np.count_nonzero(large))


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
