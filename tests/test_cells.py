"""Leaves and coarser trees, beside slow twins."""

import numpy as np
import pytest

from hessmap.datasets import arcs
from hessmap.nodes.cells import REACH, REACH_MEMBERS, grow


def _members(tree, points):
    """Points below each node of the tree, one at a time down its splits."""
    below = [[] for _ in tree.parent]
    for point in points:
        node = 0
        below[0].append(point)
        while (s := tree.split_of[node]) >= 0:
            node = 2 * s + 1 + int(point @ tree.directions[s] > tree.thresholds[s])
            below[node].append(point)
    return [np.array(some) for some in below]


@pytest.mark.parametrize("n_leaves", [1, 40, 600])
def test_centres_and_reach(n_leaves):
    X, _ = arcs(1000, 2, n_features=6, noise=0.01, random_state=0)
    tree = grow(X, n_leaves)
    members = _members(tree, X)
    squares = {}
    for leaf in tree.leaves:
        np.testing.assert_allclose(tree.centres[leaf], members[leaf].mean(axis=0), atol=1e-12)
        around = leaf
        while len(members[around]) < REACH_MEMBERS and around > 0:
            around = tree.parent[around]
        squares[leaf] = ((members[around] - tree.centres[leaf]) ** 2).sum(axis=1).mean()
    usual = np.median(list(squares.values()))
    for leaf, square in squares.items():
        assert tree.reach[leaf] == pytest.approx(REACH**2 * max(square, usual))


@pytest.mark.parametrize("n_cells", [1, 2, 17, 64])
def test_ancestors_in_a_coarser_tree(n_cells):
    X, _ = arcs(1000, 2, n_features=6, random_state=0)
    tree = grow(X, 64)
    for node, found in enumerate(tree.coarse(n_cells)):
        ancestor = node
        while ancestor >= 2 * n_cells - 1:
            ancestor = tree.parent[ancestor]
        assert found == ancestor
    # a tree of so few cells has the same splits
    coarse = tree.coarse(n_cells)[tree.cell(X)]
    np.testing.assert_array_equal(coarse, grow(X, n_cells).cell(X))
