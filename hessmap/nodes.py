"""The nodes stage: which points the eigenproblem is solved on, and which row belongs to which.

Here exact duplicates are merged: two nodes at one place give the operator a second null vector
for every such pair, and the embedding is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# 2^64 over the golden ratio, and odd: Fibonacci hashing (Knuth, TAOCP 3, 6.4).
HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Nodes:
    """Nodes and the map from rows to them.

    Attributes
    ----------
    first : ndarray of shape (M,), int
        The first of the rows that each node stands for.
    node_of : ndarray of shape (n,), int
        Node of each row.
    counts : ndarray of shape (M,), int
        Number of rows merged into each node.
    """

    first: np.ndarray
    node_of: np.ndarray
    counts: np.ndarray

    @property
    def n_duplicates(self) -> int:
        """Number of rows beyond the first of each node."""
        return len(self.node_of) - len(self.first)

    def in_order(self, order: np.ndarray) -> Nodes:
        """The same nodes, numbered in the order of a permutation (M,)."""
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return Nodes(self.first[order], rank[self.node_of], self.counts[order])


def merge_duplicates(X: np.ndarray) -> Nodes:
    """One node for each distinct row, in the order of first appearance.

    Parameters
    ----------
    X : ndarray of shape (n, D), float32 or float64
        Finite rows; 0.0 and -0.0 are equal.

    Returns
    -------
    Nodes
    """
    n = len(X)
    mixed = _hashes(X)
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
    return Nodes(first=np.flatnonzero(is_first), node_of=node_of, counts=np.bincount(node_of))


def _hashes(X: np.ndarray) -> np.ndarray:
    """(n,) uint64, equal for equal rows; column by column, so that no copy of X is made."""
    bits = np.uint32 if X.dtype == np.float32 else np.uint64
    mixed = np.zeros(len(X), dtype=np.uint64)
    for column in X.T:
        whole = (column + X.dtype.type(0)).view(bits)  # turns -0.0 into 0.0
        mixed = (mixed ^ whole) * HASH_FACTOR
        mixed ^= mixed >> np.uint64(29)
    return mixed
