"""Rows that are equal, counted as one.

Two nodes at one place give the operator a second null vector for every such pair, and the
embedding is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .hashes import hashed


@dataclass(frozen=True)
class Distinct:
    """Distinct rows, and which of them each row is.

    Attributes
    ----------
    first : ndarray of shape (M,), int
        The first of the rows that are equal.
    node_of : ndarray of shape (n,), int
        Which of the M distinct rows each row is; -1 for rows set aside.
    counts : ndarray of shape (M,), int
        Number of equal rows.
    """

    first: np.ndarray
    node_of: np.ndarray
    counts: np.ndarray

    @property
    def n_outliers(self) -> int:
        """Number of rows set aside."""
        return int(np.count_nonzero(self.node_of < 0))

    @property
    def n_duplicates(self) -> int:
        """Number of rows beyond the first of each distinct one."""
        return len(self.node_of) - self.n_outliers - len(self.first)

    def in_order(self, order: np.ndarray) -> Distinct:
        """The same rows, numbered in the order of a permutation (M,)."""
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return self._renumbered(self.first[order], rank)

    def merged(self, same_as: np.ndarray) -> Distinct:
        """With every distinct row i merged into ``same_as[i]`` <= i, or set aside where that is -1.

        The others keep their order.
        """
        kept = same_as == np.arange(len(same_as))
        rank = np.where(same_as >= 0, (np.cumsum(kept) - 1)[same_as], -1)
        first = self.first[kept]
        np.minimum.at(first, rank[same_as >= 0], self.first[same_as >= 0])
        return self._renumbered(first, rank)

    def _renumbered(self, first: np.ndarray, rank: np.ndarray) -> Distinct:
        node_of = np.where(self.node_of >= 0, rank[self.node_of], -1)
        return Distinct(first, node_of, np.bincount(node_of[node_of >= 0], minlength=len(first)))


def merge_duplicates(X: np.ndarray) -> Distinct:
    """One for each distinct row, in the order of first appearance.

    Parameters
    ----------
    X : ndarray of shape (n, D), float32 or float64
        Finite rows; 0.0 and -0.0 are equal.

    Returns
    -------
    Distinct
    """
    n = len(X)
    mixed = hashed(X)
    order = np.argsort(mixed, kind="stable")
    same = np.flatnonzero(mixed[order[1:]] == mixed[order[:-1]])
    shared = np.zeros(n, dtype=bool)
    shared[order[same]] = shared[order[same + 1]] = True
    rows = np.flatnonzero(shared)
    first_of = np.arange(n)  # the first row that each row is equal to
    if len(rows):
        whole = np.ascontiguousarray(X[rows] + X.dtype.type(0))
        as_bytes = whole.view(np.dtype((np.void, whole.dtype.itemsize * whole.shape[1]))).ravel()
        _, first, label = np.unique(as_bytes, return_index=True, return_inverse=True)
        first_of[rows] = rows[first[label.ravel()]]
    is_first = first_of == np.arange(n)
    node_of = (np.cumsum(is_first) - 1)[first_of]
    return Distinct(first=np.flatnonzero(is_first), node_of=node_of, counts=np.bincount(node_of))
