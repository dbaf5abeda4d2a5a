"""Which node each row belongs to: a list where rows are nodes, a tree where nodes are averages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..projection import Projection
from .cells import Tree, without


class Assignment(Protocol):
    """Number of the node (m,) of rows with some numbers (m,), -1 for rows that were set aside.

    ``exact`` tells whether a row is its node, and has its embedding. ``public`` turns the numbers
    into those that users see.
    """

    @property
    def exact(self) -> bool: ...

    def __call__(self, numbers: np.ndarray, rows: np.ndarray, n_jobs: int | None) -> np.ndarray: ...

    def public(self, node: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Listed:
    """Rows are nodes.

    Attributes
    ----------
    node_of : ndarray of shape (n,), int
        Node of each row.
    rank : ndarray of shape (M,), int
        Place of each node in the order of the rows.
    """

    node_of: np.ndarray
    rank: np.ndarray
    exact: bool = True

    def __call__(self, numbers: np.ndarray, rows: np.ndarray, n_jobs: int | None) -> np.ndarray:
        return self.node_of[numbers]

    def public(self, node: np.ndarray) -> np.ndarray:
        return np.where(node >= 0, self.rank[node], -1)


@dataclass(frozen=True)
class Routed:
    """Rows go to the cell in which they fall.

    Attributes
    ----------
    tree : Tree
    projection : Projection
    set_aside : ndarray of int
        Numbers of rows that are outliers, sorted.
    node_of_cell : ndarray of int
        Node of each leaf of the tree.
    """

    tree: Tree
    projection: Projection
    set_aside: np.ndarray
    node_of_cell: np.ndarray
    exact: bool = False

    def __call__(self, numbers: np.ndarray, rows: np.ndarray, n_jobs: int | None) -> np.ndarray:
        cell = self.tree.cell(self.projection.apply(rows), n_jobs)
        cell = without(cell, numbers, self.set_aside)
        return np.where(cell >= 0, self.node_of_cell[cell], -1)

    def public(self, node: np.ndarray) -> np.ndarray:
        return node
