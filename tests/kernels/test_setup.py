"""The kernels that set a hierarchy up: blocks, aggregates and their bases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from hessmap.eigen import _setup_kernels as kernels
from hessmap.eigen.aggregation import Moments, aggregate, grouped, local_bases
from hessmap.eigen.smoother import Smoother

CLASSES, THRESHOLD = 4, 0.2


def coupled(A):
    """Pairs in their classes, as the smoother asks for them."""
    matrix = sparse.csr_array(A)
    given = (matrix.indptr, matrix.indices, matrix.data, 1 / np.sqrt(matrix.diagonal()))
    counts = np.zeros(CLASSES, dtype=np.int64)
    none = np.empty(0, dtype=np.int32)
    kernels.coupled_pairs(*given, THRESHOLD, CLASSES, counts, none, none)
    ends = np.cumsum(counts)
    one, two = np.empty((2, ends[-1]), dtype=np.int32)
    kernels.coupled_pairs(*given, THRESHOLD, CLASSES, ends - counts, one, two)
    return counts, list(zip(one.tolist(), two.tolist(), strict=True))


def test_pairs_come_by_classes_of_strength():
    rng = np.random.default_rng(0)
    factor = rng.standard_normal((12, 12))
    A = factor @ factor.T
    counts, pairs = coupled(A)
    root = np.sqrt(np.diag(A))
    strength = A / np.outer(root, root)
    expected = [(i, j) for i in range(12) for j in range(i + 1, 12) if strength[i, j] > THRESHOLD]
    assert sorted(pairs) == expected
    limits = 1 - (1 - THRESHOLD) * np.arange(CLASSES + 1) / CLASSES
    at = 0
    for count, high, low in zip(counts, limits, limits[1:], strict=False):
        for i, j in pairs[at : at + count]:
            assert low <= strength[i, j] <= high
        at += count


def merged(n, pairs, largest):
    one, two = np.array(pairs, dtype=np.int32).reshape(-1, 2).T.copy()
    labels = np.empty(n, dtype=np.int64)
    kernels.merge_pairs(one, two, largest, labels)
    return labels.tolist()


def test_pairs_join_in_their_order_up_to_a_size():
    assert merged(3, [], 5) == [0, 1, 2]
    assert merged(5, [(3, 4), (0, 3), (0, 4)], 5) == [0, 1, 2, 0, 0]
    assert merged(5, [(1, 2), (3, 4), (2, 4)], 3) == [0, 1, 1, 3, 3]  # four would be too many
    assert merged(6, [(4, 5), (2, 3), (3, 5), (1, 3), (0, 1)], 6) == [0] * 6
    # rows whose block was joined twice before they are looked up, first and second of a pair
    assert merged(8, [(6, 7), (4, 6), (2, 4), (7, 5), (0, 2), (1, 7)], 8) == [0, 0, 0, 3] + [0] * 4
    assert merged(8, [(6, 7), (4, 6), (2, 4), (0, 2), (7, 1)], 8) == [0, 0, 0, 3, 0, 5, 0, 0]


@pytest.mark.parametrize("largest", [1, 3])
def test_inverses_of_blocks(largest):
    rng = np.random.default_rng(1)
    factor = rng.standard_normal((10, 10))
    A = factor @ factor.T + np.eye(10)
    matrix = sparse.csr_array(A)
    labels = np.arange(10) // largest
    first, members = grouped(labels, labels[-1] + 1)
    sizes = np.diff(first)
    offset = np.concatenate([[0], np.cumsum(sizes**2)])
    inverses = np.empty(offset[-1])
    given = (matrix.indptr, matrix.indices, matrix.data)
    kernels.invert_blocks(0, len(sizes), first, members, offset, *given, inverses)
    for block, size in enumerate(sizes):
        rows = members[first[block] : first[block + 1]]
        found = inverses[offset[block] : offset[block + 1]].reshape(size, size)
        np.testing.assert_allclose(found, np.linalg.inv(A[np.ix_(rows, rows)]), atol=1e-10)


def test_blocks_without_an_inverse_stay_positive():
    """Two nodes at one place: what they differ by has no energy, and its inverse is large."""
    inverse = np.empty((3, 3))
    kernels._invert(np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 4]]), 3, inverse)
    np.testing.assert_allclose(inverse, inverse.T)
    values = np.linalg.eigvalsh(inverse)
    assert values[0] > 0.2
    assert values[-1] > 1e9


def test_groups():
    labels = np.array([2, 0, 2, 4, 0, 2])
    first, members = grouped(labels, 5)
    np.testing.assert_array_equal(first, [0, 2, 2, 5, 5, 6])
    np.testing.assert_array_equal(members, [1, 4, 0, 2, 5, 3])


def graph_of(edges, n):
    """Symmetric, with every node beside itself."""
    A = np.eye(n)
    for i, j, weight in edges:
        A[i, j] = A[j, i] = weight
    return sparse.csr_array(A)


def test_undivided_neighbourhoods_first_and_the_rest_joins_the_strongest():
    """On a path, 0 takes 1, 3 takes 2 and 4; what is left, 5, knows nobody else."""
    labels, count = aggregate(graph_of([(i, i + 1, 1) for i in range(5)], 6))
    assert count == 2
    assert labels.tolist() == [0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(("weights", "expected"), [((1, 1, 3), 1), ((2, 2, 3), 0)])
def test_a_node_joins_where_its_weights_are_largest(weights, expected):
    seeded = np.array([0, 0, 1, 1, -1])
    graph = graph_of([(4, j, weight) for j, weight in enumerate(weights)], 5)
    labels = np.empty(5, dtype=np.int64)
    assert kernels.join(graph.indptr, graph.indices, graph.data, seeded, 2, labels) == 2
    assert labels.tolist() == [0, 0, 1, 1, expected]


def test_nodes_without_an_aggregate_make_their_own():
    """With their neighbours, unless another one was there before."""
    seeded = np.array([0, -1, -1, -1, -1])
    graph = graph_of([(1, 2, 1), (2, 3, 1)], 5)
    labels = np.empty(5, dtype=np.int64)
    assert kernels.join(graph.indptr, graph.indices, graph.data, seeded, 1, labels) == 4
    assert labels.tolist() == [0, 1, 1, 2, 3]


@pytest.mark.parametrize("n_tangent", [0, 1, 2])
def test_bases_hold_the_affine_functions(n_tangent):
    rng = np.random.default_rng(2)
    X = rng.standard_normal((20, 3)) * [3.0, 1.0, 0.1]
    weights = rng.uniform(0.5, 2, size=20)
    labels = np.repeat([0, 1], [8, 12])
    given = Moments(X * weights[:, None], weights)
    bases, moments = local_bases(given, labels, 2, n_tangent, 1)
    for a in range(2):
        rows = labels == a
        mean = np.average(X[rows], axis=0, weights=weights[rows] ** 2)
        left, lengths, axes = np.linalg.svd((X[rows] - mean) * weights[rows, None])
        mass = np.linalg.norm(weights[rows])
        np.testing.assert_allclose(bases[rows, 0], weights[rows] / mass)
        gram = bases[rows].T @ bases[rows]
        np.testing.assert_allclose(gram, np.eye(1 + n_tangent), atol=1e-8)
        overlap = np.abs(np.diag(left[:, :n_tangent].T @ bases[rows, 1:]))
        np.testing.assert_allclose(overlap, 1, atol=1e-8)
        own = slice(a * (1 + n_tangent), (a + 1) * (1 + n_tangent))
        np.testing.assert_allclose(moments.weights[own], [mass, *[0] * n_tangent])
        np.testing.assert_allclose(moments.vectors[own][0], mass * mean)
        turned = np.sum(moments.vectors[own][1:] * axes[:n_tangent], axis=1)
        np.testing.assert_allclose(np.abs(turned), lengths[:n_tangent], rtol=1e-6)


def test_an_aggregate_on_a_line_has_one_axis():
    X = np.column_stack([np.arange(5.0), np.zeros(5)])
    bases, _ = local_bases(Moments(X, np.ones(5)), np.zeros(5, dtype=np.int64), 1, 2, 1)
    np.testing.assert_array_equal(bases[:, 2], 0)
    np.testing.assert_allclose(np.abs(bases[:, 1]), np.abs(np.arange(5) - 2) / np.sqrt(10))


def test_rows_that_are_not_coupled_are_smoothed_one_by_one():
    diagonal = np.arange(1.0, 7)
    smoother = Smoother(
        sparse.csr_array(np.diag(diagonal)), largest_block=4, degree=2, range_ratio=8.0, threads=1
    )
    first, members, _, inverses = smoother._blocks
    np.testing.assert_array_equal(first, np.arange(7))
    np.testing.assert_array_equal(members, np.arange(6))
    np.testing.assert_allclose(inverses, 1 / diagonal)
