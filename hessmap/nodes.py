"""The nodes stage: which points the eigenproblem is solved on, and which row belongs to which.

Here exact duplicates are merged: two nodes at one place give the operator a second null vector
for every such pair, and the embedding is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Nodes:
    """Nodes and the map from rows to them.

    Attributes
    ----------
    first : ndarray of shape (M,), int
        A row that each node stands for, ascending.
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
    whole = np.ascontiguousarray(X + X.dtype.type(0))  # turns -0.0 into 0.0
    as_bytes = whole.view(np.dtype((np.void, whole.dtype.itemsize * whole.shape[1]))).ravel()
    _, first, label, counts = np.unique(
        as_bytes, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Nodes(first=first[order], node_of=rank[label.ravel()], counts=counts[order])
