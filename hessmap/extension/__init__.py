"""The extension stage: maps between rows and embedding, for points that were not in the fit.

Around every node the points are a quadratic function of the embedding, fitted to its
neighbourhood. A code is mapped by the fits of its nearest nodes; a point is mapped to where these
fits come nearest to it. Both blend over the nodes with weights that sum to one, vanish at the
farthest of these nodes and grow without bound at a node itself (the modified Shepard weights of
Franke & Nielson 1980, Int. J. Numer. Methods Eng. 15). So the maps are continuous, treat each
row by itself, and return the fitted value at every node.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.spatial import KDTree

from .._threads import in_ranges
from .._validation import n_threads
from ..neighbors.backends import tree_query

# Numbers of the fits that one block of rows may need at most.
BLOCK_ENTRIES = 1 << 23
# Numbers of the fits of all nodes that are kept; beyond, every block makes those that it needs.
KEPT_ENTRIES = 1 << 25
# Distances below this fraction of the support radius count as this: the weight of a node that
# is hit exactly then exceeds all others by more than float64 can add up.
MIN_RELATIVE_DISTANCE = 1e-9
# Points farther from their nearest node than so many radii of its neighbourhood are far off.
REACH = 2.0


@dataclass(frozen=True)
class Extension:
    """Maps from points to embedding and back.

    Attributes
    ----------
    points : ndarray of shape (M, q), float64
        Nodes.
    embedding : ndarray of shape (M, d), float64
        Their embedding.
    neighborhoods : ndarray of shape (M, k), int
        Neighbourhood of each node.
    usual_distance : float
        Distance that points of the fit have from their nearest node, or less.
    """

    points: np.ndarray
    embedding: np.ndarray
    neighborhoods: np.ndarray
    usual_distance: float = 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        """Without what is made when it is first asked."""
        return Extension, (self.points, self.embedding, self.neighborhoods, self.usual_distance)

    @cached_property
    def point_tree(self) -> KDTree:
        """Of the points, built when it is first asked."""
        return KDTree(self.points)

    @cached_property
    def embedding_tree(self) -> KDTree:
        """Of the embedding, built when it is first asked."""
        return KDTree(self.embedding)

    @cached_property
    def reach(self) -> np.ndarray:
        """Distance (M,) from each node beyond which a point is far from what was fitted."""
        reach = np.empty(len(self.points))
        step = max(1, BLOCK_ENTRIES // (self.points.shape[1] * self.neighborhoods.shape[1]))
        for start in range(0, len(reach), step):
            block = slice(start, start + step)
            offset = self.points[self.neighborhoods[block]] - self.points[block, None]
            reach[block] = np.sqrt((offset**2).sum(axis=2).max(axis=1))
        return REACH * np.maximum(reach, self.usual_distance)

    def transform(
        self, points: np.ndarray, n_jobs: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Points (m, q) -> embedding (m, d), each row by itself, and which (m,) are far off."""
        from . import _kernels

        threads = n_threads(n_jobs)
        result = np.empty((len(points), self.embedding.shape[1]))
        far = np.empty(len(points), dtype=bool)
        for block in self._blocks(len(points)):
            queries = _contiguous(points[block])
            distances, nearest, blend = self._nearest("X", self.point_tree, queries, threads)
            far[block] = distances > self.reach[nearest[:, 0]]
            fit_of, scale, _, slopes = self._fits(nearest, threads)
            in_ranges(
                _kernels.to_embedding, len(queries), threads, queries, nearest, fit_of, blend,
                self.points, self.embedding, scale, slopes, result[block], smallest=64,
            )  # fmt: skip
        return result, far

    def inverse_transform(
        self,
        embedding: np.ndarray,
        rows: np.ndarray,
        n_jobs: int | None = None,
        *,
        without_nearest: bool = False,
    ) -> np.ndarray:
        """Embedding (m, d) -> rows (m, D) as combinations of the ``rows`` (M, D) of the nodes.

        Where the codes are those of nodes, ``without_nearest`` reconstructs them from others.
        """
        from . import _kernels

        threads = n_threads(n_jobs)
        result = np.empty((len(embedding), rows.shape[1]), dtype=rows.dtype)
        for block in self._blocks(len(embedding)):
            codes = _contiguous(embedding[block])
            _, nearest, blend = self._nearest(
                "Y", self.embedding_tree, codes, threads, skipped=int(without_nearest)
            )
            fit_of, scale, weights, _ = self._fits(nearest, threads)
            in_ranges(
                _kernels.to_rows, len(codes), threads, codes, nearest, fit_of, blend,
                self.embedding, self.neighborhoods, scale, weights, rows, result[block],
                smallest=64,
            )  # fmt: skip
        return result

    @property
    def _n_terms(self) -> int:
        d = self.embedding.shape[1]
        return d + d * (d + 1) // 2

    @property
    def _n_blended(self) -> int:
        """Nodes that a map is blended over; the last one has no weight."""
        return min(5 + 2 * self.embedding.shape[1], len(self.points))

    def _blocks(self, n: int) -> list[slice]:
        wide = max(self.points.shape[1], self.neighborhoods.shape[1])
        step = max(1, BLOCK_ENTRIES // (self._n_blended * self._n_terms * wide))
        return [slice(start, start + step) for start in range(0, n, step)]

    def _fits(
        self, nearest: np.ndarray, threads: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Fits of the nodes that occur: where each is (m, r), scale, weights and slopes."""
        m, k = self.neighborhoods.shape
        if m * self._n_terms * (k + self.points.shape[1]) <= KEPT_ENTRIES:
            return nearest, *self._all_fits
        occurs = np.zeros(m, dtype=bool)
        occurs[nearest] = True
        place = np.cumsum(occurs) - 1
        return place[nearest], *self._fits_of(np.flatnonzero(occurs), threads)

    @cached_property
    def _all_fits(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self._fits_of(np.arange(len(self.points)), n_threads(None))

    def _fits_of(
        self, nodes: np.ndarray, threads: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scale, weights and slopes of the fits around some nodes (u,)."""
        from . import _kernels

        u = len(nodes)
        scale = np.empty(u)
        weights = np.empty((u, self._n_terms, self.neighborhoods.shape[1]))
        slopes = np.empty((u, self._n_terms, self.points.shape[1]))
        in_ranges(
            _kernels.local_fits, u, threads, nodes, self.points, self.embedding,
            self.neighborhoods, scale, weights, slopes, smallest=64,
        )  # fmt: skip
        return scale, weights, slopes

    def _nearest(
        self, name: str, tree: KDTree, queries: np.ndarray, threads: int, skipped: int = 0
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Distance to the nearest node (m,), nearest nodes (m, r) and their weights (m, r).

        The weights sum to one in each row.
        """
        r = min(self._n_blended, len(self.points) - skipped)
        _check_near(name, queries, queries)
        distances, nearest = tree_query(tree, queries, r + skipped, threads)
        distances, nearest = distances[:, skipped:], np.ascontiguousarray(nearest[:, skipped:])
        _check_near(name, queries, distances)
        support = np.maximum(distances[:, -1:], np.finfo(np.float64).tiny)
        relative = np.maximum(distances / support, MIN_RELATIVE_DISTANCE)
        weights = ((1 - np.minimum(relative, 1)) / relative) ** 2
        total = weights.sum(axis=1, keepdims=True)
        # all r nodes at one distance: none is nearer than another
        weights = np.where(total > 0, weights / np.where(total > 0, total, 1), 1 / r)
        return distances[:, 0], nearest, weights


def _contiguous(queries: np.ndarray) -> np.ndarray:
    """As the kernels take them: they would be compiled once more for every other kind of array."""
    return np.ascontiguousarray(queries, dtype=np.float64)


def _check_near(name: str, queries: np.ndarray, numbers: np.ndarray) -> None:
    """Raise ValueError for queries so far off that numbers made of them overflow."""
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"`{name}` must be near enough to the training data for a distance to be computed; "
            f"got up to {np.abs(queries).max():.2g} times their extent. Remove these rows"
            + (", or let `transform` mark them with far='nan'." if name == "X" else ".")
        )
