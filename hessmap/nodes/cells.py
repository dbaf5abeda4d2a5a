"""Cells: a tree of half-spaces, grown on a sample, whose leaves average the rows that fall in them.

Every split is across the direction of largest variance, at the threshold of two means, and always
of the cell with the most members. So cells hold about as many rows each, noise that is shorter
than a cell does not shape it, and the first M - 1 splits are the tree of M cells: every
resolution comes from one pass over the rows. See docs/decisions/0012-nodes.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heappop, heappush

import numpy as np

from .._threads import in_ranges
from .._validation import n_threads
from ..projection import Projection
from ..rows import Table
from ..stages import StageClock

# Members that decide on one split; more do not change it.
SPLIT_MEMBERS = 2000
# A row so many times farther from the centre of its cell than expected (root mean square) is in
# none.
REACH = 3.0
REACH_MEMBERS = 4


@dataclass(frozen=True)
class Tree:
    """Splits in the order in which they were made; split s has the children 2s + 1 and 2s + 2.

    Attributes
    ----------
    split_of : ndarray of shape (2s + 1,), int
        Split of each node of the tree, -1 for a leaf.
    parent : ndarray of shape (2s + 1,), int
        Parent of each node, -1 for the root.
    directions, thresholds : ndarray of shape (s, q) and (s,), float64
        Points whose projection is at most the threshold go to the first child.
    centres, reach : ndarray of shape (2s + 1, q) and (2s + 1,), float64
        Centre of each leaf and the squared distance from it within which points belong to it.
    """

    split_of: np.ndarray
    parent: np.ndarray
    directions: np.ndarray
    thresholds: np.ndarray
    centres: np.ndarray
    reach: np.ndarray

    @property
    def n_leaves(self) -> int:
        """Number of cells at the finest resolution."""
        return len(self.thresholds) + 1

    @property
    def leaves(self) -> np.ndarray:
        """The nodes that are leaves, in their order."""
        return np.flatnonzero(self.split_of < 0)

    def cell(self, points: np.ndarray, n_jobs: int | None = None) -> np.ndarray:
        """Leaf (n,) of points (n, q), as a node of the tree; -1 where none is in reach."""
        from . import _kernels

        cell = np.empty(len(points), dtype=np.int64)
        in_ranges(
            _kernels.route, len(points), n_threads(n_jobs), points, self.split_of, self.directions,
            self.thresholds, self.centres, self.reach, cell,
        )  # fmt: skip
        return cell

    def coarse(self, n_cells: int) -> np.ndarray:
        """Ancestor (2s + 1,) of each node among the leaves of the tree's first ``n_cells`` cells.

        Nodes above these leaves are their own ancestors.
        """
        node = np.arange(len(self.parent))
        ancestor = np.where(node < 2 * n_cells - 1, node, self.parent)
        while not np.array_equal(further := ancestor[ancestor], ancestor):
            ancestor = further
        return ancestor


def grow(points: np.ndarray, n_leaves: int) -> Tree:
    """Tree of at most ``n_leaves`` cells of points (n, q); fewer where points coincide."""
    from . import _kernels

    n, q = (int(size) for size in points.shape)
    members, scratch = np.arange(n), np.empty(n, dtype=np.int64)
    directions = np.empty((n_leaves - 1, q))
    thresholds = np.empty(n_leaves - 1)
    parent, split_of = np.full(2 * n_leaves - 1, -1), np.full(2 * n_leaves - 1, -1)
    ranges = np.zeros((2 * n_leaves - 1, 2), dtype=np.int64)
    ranges[0] = 0, n
    open_cells: list[tuple[int, int]] = [(-n, 0)]
    n_splits = 0
    while open_cells and n_splits < n_leaves - 1:
        size, node = heappop(open_cells)
        start, stop = ranges[node]
        if size == -1:
            break
        middle, thresholds[n_splits] = _kernels.split(
            points, members, start, stop, SPLIT_MEMBERS, directions[n_splits], scratch
        )
        if middle < 0:
            continue  # all at one place
        split_of[node] = n_splits
        for number, first, last in (
            (2 * n_splits + 1, int(start), int(middle)),
            (2 * n_splits + 2, int(middle), int(stop)),
        ):
            parent[number], ranges[number] = node, (first, last)
            heappush(open_cells, (first - last, number))
        n_splits += 1
    used = 2 * n_splits + 1
    split_of, parent = split_of[:used], parent[:used]
    centres, squares = np.zeros((used, q)), np.zeros(used)
    _kernels.spread(points, members, ranges, parent, split_of, REACH_MEMBERS, centres, squares)
    usual = float(np.median(squares[split_of < 0]))
    return Tree(
        split_of=split_of,
        parent=parent,
        directions=directions[:n_splits],
        thresholds=thresholds[:n_splits],
        centres=centres,
        reach=REACH**2 * np.maximum(squares, usual),
    )


@dataclass(frozen=True)
class Cells:
    """Sums over all rows in every cell of a tree.

    Attributes
    ----------
    tree : Tree
    sums : ndarray of shape (L, D), float64
        Sums of the rows in each leaf, centred and in units of ``projection.unit``.
    counts : ndarray of shape (L,), int
        Number of these rows.
    point_sums : ndarray of shape (L, q), float64
        Sums of their points.
    """

    tree: Tree
    sums: np.ndarray
    counts: np.ndarray
    point_sums: np.ndarray

    def nodes(self, n_cells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Nodes of the coarser tree of ``n_cells`` cells.

        Returns
        -------
        points : ndarray of shape (M, q), float64
            Means of the points of each cell.
        counts : ndarray of shape (M,), int
            Their numbers.
        node_of_cell : ndarray of shape (2s + 1,), int
            Node of each leaf of the finest tree, -1 for nodes of the tree above.
        """
        ancestor = self.tree.coarse(min(n_cells, self.tree.n_leaves))
        leaves = self.tree.leaves
        counts = np.bincount(ancestor[leaves], self.counts, len(ancestor)).astype(np.int64)
        kept = np.flatnonzero(counts)
        rank = np.full(len(ancestor), -1)
        rank[kept] = np.arange(len(kept))
        full = leaves[self.counts > 0]
        node_of_cell = np.full(len(ancestor), -1)
        node_of_cell[full] = rank[ancestor[full]]
        points = self._summed(self.point_sums, node_of_cell) / counts[kept, None]
        return points, counts[kept], node_of_cell

    def rows(self, node_of_cell: np.ndarray) -> np.ndarray:
        """(M, D) means of the rows of each node, centred and in units of ``projection.unit``."""
        own = node_of_cell[self.tree.leaves]
        counts = np.bincount(own[own >= 0], self.counts[own >= 0])
        rows = self._summed(self.sums, node_of_cell)
        rows /= counts[:, None]
        return rows

    def _summed(self, sums: np.ndarray, node_of_cell: np.ndarray) -> np.ndarray:
        from scipy.sparse import csr_matrix

        own = node_of_cell[self.tree.leaves]
        full = np.flatnonzero(own >= 0)
        shape = int(own.max()) + 1, len(own)
        return csr_matrix((np.ones(len(full)), (own[full], full)), shape=shape) @ sums


@dataclass(frozen=True)
class Gather:
    """Pass over rows that sums them by the cells of a tree.

    Rows whose number is in ``set_aside``, sorted, are left out, like those out of reach.
    """

    tree: Tree
    projection: Projection
    set_aside: np.ndarray
    n_jobs: int | None = None

    def begin(self) -> Cells:
        """Empty cells; their ``point_sums`` are made by ``finished``."""
        sums = np.zeros((self.tree.n_leaves, len(self.projection.mean)))
        return Cells(self.tree, sums, np.zeros(len(sums), dtype=np.int64), sums)

    def add(self, state: Cells, numbers: np.ndarray, rows: np.ndarray) -> None:
        """Put some rows (m, D) with their numbers (m,) into their cells."""
        from . import _kernels

        place = np.full(len(self.tree.parent) + 1, -1)  # the last one is for -1
        place[self.tree.leaves] = np.arange(self.tree.n_leaves)
        cell = self.tree.cell(self.projection.apply(rows), self.n_jobs)
        cell = place[without(cell, numbers, self.set_aside)]
        mean, unit = self.projection.mean, self.projection.unit
        _kernels.accumulate(rows, cell, mean, unit, state.sums, state.counts)

    def merge(self, states: list[Cells]) -> Cells:
        """Sums of sums."""
        total = self.begin()
        for state in states:
            np.add(total.sums, state.sums, out=total.sums)
            np.add(total.counts, state.counts, out=total.counts)
        return total

    def finished(self, state: Cells) -> Cells:
        """The cells of all rows."""
        directions = self.projection.components
        sums = state.sums if directions is None else state.sums @ directions.T
        return replace(state, point_sums=sums)


def sums_of(table: Table, gather: Gather, clock: StageClock) -> Cells:
    """Cells of all rows of a table, in one pass."""
    with clock("nodes"):
        return gather.finished(table.passed(gather))


def without(cell: np.ndarray, numbers: np.ndarray, set_aside: np.ndarray) -> np.ndarray:
    """Cells (m,) of rows with some numbers (m,), increasing, -1 for rows that were set aside."""
    if len(cell):
        known = set_aside[slice(*np.searchsorted(set_aside, (numbers[0], numbers[-1] + 1)))]
        place = np.searchsorted(numbers, known)
        cell[place[numbers[place] == known]] = -1
    return cell
