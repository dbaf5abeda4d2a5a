"""The extension stage: maps between rows and embedding for points that were not in the fit.

Every node carries an affine map, fitted on its neighbourhood. A new point is mapped by the
affine maps of its nearest nodes, blended by weights that sum to one, vanish at the farthest of
these nodes and grow without bound at a node itself (the modified Shepard weights of Franke &
Nielson 1980, Int. J. Numer. Methods Eng. 15). So the map is continuous, treats each row by
itself, and returns the fitted value at every node.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from ._validation import n_threads
from .functionals import LocalFrames
from .neighbors.backends import tree_query

BLOCK_ENTRIES = 1 << 22
# Distances below this fraction of the support radius count as this: the weight of a node that
# is hit exactly then exceeds all others by more than float64 can add up.
MIN_RELATIVE_DISTANCE = 1e-9


@dataclass(frozen=True)
class Extension:
    """Local affine maps from points to embedding and back.

    Attributes
    ----------
    points : ndarray of shape (M, q)
        Nodes.
    embedding : ndarray of shape (M, d)
        Their embedding.
    neighborhoods : ndarray of shape (M, k), int
        Neighbourhood of each node, itself first.
    basis : ndarray of shape (M, d, q)
        Tangent directions.
    slopes : ndarray of shape (M, d, d)
        Change of the embedding along each tangent direction.
    """

    points: np.ndarray
    embedding: np.ndarray
    neighborhoods: np.ndarray
    basis: np.ndarray
    slopes: np.ndarray

    @cached_property
    def point_tree(self) -> KDTree:
        """Of the points, built when it is first asked."""
        return KDTree(self.points)

    @cached_property
    def embedding_tree(self) -> KDTree:
        """Of the embedding, built when it is first asked."""
        return KDTree(self.embedding)

    def transform(self, points: np.ndarray, n_jobs: int | None = None) -> np.ndarray:
        """Points (m, q) -> embedding (m, d), each row by itself."""
        result = np.empty((len(points), self.embedding.shape[1]))
        for block in self._blocks(len(points), self.points.shape[1]):
            nearest, weights = self._nearest(self.point_tree, points[block], n_jobs)
            offset = points[block][:, None] - self.points[nearest]
            along = np.einsum("bmq,bmdq->bmd", offset, self.basis[nearest])
            local = self.embedding[nearest] + np.einsum(
                "bmd,bmde->bme", along, self.slopes[nearest]
            )
            result[block] = np.einsum("bm,bme->be", weights, local)
        return result

    def inverse_transform(
        self, embedding: np.ndarray, rows: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Embedding (m, d) -> rows (m, D) as combinations of the ``rows`` (M, D) of the nodes."""
        result = np.empty((len(embedding), rows.shape[1]), dtype=rows.dtype)
        k = self.neighborhoods.shape[1]
        for block in self._blocks(len(embedding), k * self.embedding.shape[1]):
            nearest, weights = self._nearest(self.embedding_tree, embedding[block], n_jobs)
            offset = embedding[block][:, None] - self.embedding[nearest]
            used, position = np.unique(nearest, return_inverse=True)
            fit = self._row_fit(used)[position.reshape(nearest.shape)]
            along = weights[:, :, None] * np.einsum("bmd,bmdk->bmk", offset, fit)
            combination = _combination(nearest, weights, len(rows))
            combination += _combination(self.neighborhoods[nearest], along, len(rows))
            result[block] = combination @ rows
        return result

    def _row_fit(self, nodes: np.ndarray) -> np.ndarray:
        """(m, d, k): the least-squares slopes of any function as weights of its k values."""
        patch = self.embedding[self.neighborhoods[nodes]]
        return np.linalg.pinv(patch - patch.mean(axis=1, keepdims=True))

    def _blocks(self, n: int, width: int) -> list[slice]:
        step = max(1, BLOCK_ENTRIES // (self.neighborhoods.shape[1] * width))
        return [slice(start, start + step) for start in range(0, n, step)]

    def _nearest(
        self, tree: KDTree, queries: np.ndarray, n_jobs: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Nearest nodes (m, k) and their weights (m, k), which sum to one in each row."""
        k = self.neighborhoods.shape[1]
        distances, nearest = tree_query(tree, queries, k, n_threads(n_jobs))
        if not np.isfinite(distances).all():
            raise ValueError(
                "values must be near enough to the training data for a distance to be computed; "
                f"got up to {np.abs(queries).max():.2g} times their extent. Remove these rows."
            )
        support = np.maximum(distances[:, -1:], np.finfo(np.float64).tiny)
        relative = np.maximum(distances / support, MIN_RELATIVE_DISTANCE)
        weights = ((1 - np.minimum(relative, 1)) / relative) ** 2
        total = weights.sum(axis=1, keepdims=True)
        # all k nodes at one distance: none is nearer than another
        weights = np.where(total > 0, weights / np.where(total > 0, total, 1), 1 / k)
        return nearest, weights


def fit_extension(
    points: np.ndarray, embedding: np.ndarray, neighborhoods: np.ndarray, frames: LocalFrames
) -> Extension:
    """Fit the affine maps of all nodes.

    Parameters
    ----------
    points : ndarray of shape (M, q), float64
        Nodes.
    embedding : ndarray of shape (M, d), float64
        Their embedding.
    neighborhoods : ndarray of shape (M, k), int
        Neighbourhood of each node.
    frames : LocalFrames
        Their tangent coordinates.

    Returns
    -------
    Extension
    """
    inverse_spread = np.divide(
        1, frames.spread, out=np.zeros_like(frames.spread), where=frames.spread > 0
    )
    n, k, d = frames.coordinates.shape
    slopes = np.empty((n, d, d))
    step = max(1, BLOCK_ENTRIES // (k * d))
    for start in range(0, n, step):
        block = slice(start, start + step)
        values = embedding[neighborhoods[block]]
        slopes[block] = frames.coordinates[block].transpose(0, 2, 1) @ values
    slopes *= inverse_spread[:, :, None]
    return Extension(
        points=points,
        embedding=embedding,
        neighborhoods=neighborhoods,
        basis=frames.basis,
        slopes=slopes,
    )


def _combination(columns: np.ndarray, weights: np.ndarray, width: int) -> sparse.csr_array:
    """(m, width) sparse matrix with ``weights`` (m, ...) at ``columns`` (m, ...), summed."""
    m = len(columns)
    per_row = columns[0].size
    indptr = np.arange(0, m * per_row + 1, per_row)
    return sparse.csr_array((weights.ravel(), columns.ravel(), indptr), shape=(m, width))
