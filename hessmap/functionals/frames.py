"""Local principal components: the tangent coordinates of every neighbourhood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..neighbors import KnnGraph

BLOCK_ENTRIES = 1 << 22
# A direction this much shorter than the first one is rounding error, not a tangent direction.
RANK_TOLERANCE = 1e-10


class LocalFrames(NamedTuple):
    """Local principal components of every neighbourhood.

    Attributes
    ----------
    coordinates : ndarray of shape (n, k, d), float64
        Orthonormal columns: centred tangent coordinates of the k neighbours, each divided by its
        ``spread``. A direction in which the neighbourhood has no extent is a zero column.
    spread : ndarray of shape (n, d), float64
        Singular values, in the units of the nodes; zero where there is no extent.
    basis : ndarray of shape (n, d, D), float64
        Orthonormal tangent directions.
    """

    coordinates: np.ndarray
    spread: np.ndarray
    basis: np.ndarray


def local_frames(points: np.ndarray, graph: KnnGraph, n_components: int) -> LocalFrames:
    """Principal components of each centred neighbourhood, by singular value decomposition.

    Parameters
    ----------
    points : ndarray of shape (n, D), float64
        Nodes, D >= d.
    graph : KnnGraph
        Neighbourhoods of k >= d nodes.
    n_components : int
        Number of tangent directions d.

    Returns
    -------
    LocalFrames
    """
    n, k = graph.indices.shape
    d, n_features = n_components, points.shape[1]
    frames = LocalFrames(np.empty((n, k, d)), np.empty((n, d)), np.empty((n, d, n_features)))
    step = max(1, BLOCK_ENTRIES // (k * n_features))
    for start in range(0, n, step):
        block = slice(start, start + step)
        patch = points[graph.indices[block]]
        patch -= patch.mean(axis=1, keepdims=True)
        left, spread, right = np.linalg.svd(patch, full_matrices=False)
        present = spread[:, :d] > RANK_TOLERANCE * spread[:, :1]
        frames.coordinates[block] = left[:, :, :d] * present[:, None, :]
        frames.spread[block] = spread[:, :d] * present
        frames.basis[block] = right[:, :d]
    return frames
