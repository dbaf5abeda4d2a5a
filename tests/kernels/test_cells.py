"""Splits of cells, and what falls into them."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.nodes._kernels import accumulate, split
from hessmap.nodes.cells import grow


def parted(points, most=2000):
    members = np.arange(len(points))
    direction, scratch = np.empty(points.shape[1]), np.empty(len(points), dtype=np.int64)
    middle, threshold = split(points, members, 0, len(points), most, direction, scratch)
    return middle, threshold, direction, members


@pytest.mark.parametrize("most", [2000, 12])
def test_two_heaps_are_parted_in_their_gap(most):
    rng = np.random.default_rng(0)
    heap = rng.uniform(-1, 1, size=(40, 3))
    heap[25:] += [9.0, 3.0, 0.0]
    points = heap[rng.permutation(40)]
    middle, threshold, direction, members = parted(points, most)
    along = points @ direction
    np.testing.assert_allclose(np.linalg.norm(direction), 1)
    assert abs(direction @ [9.0, 3.0, 0.0]) > 0.99 * np.hypot(9, 3)
    assert sorted((middle, 40 - middle)) == [15, 25]
    assert sorted(members) == list(range(40))
    assert (along[members[:middle]] <= threshold).all()
    assert (along[members[middle:]] > threshold).all()
    for part in (members[:middle], members[middle:]):
        assert (np.diff(part) > 0).all()  # each in its order


@pytest.mark.parametrize(
    "places",
    [
        pytest.param(np.random.default_rng(1).exponential(size=30), id="soon at rest"),
        pytest.param(1.1 ** np.arange(150.0), id="still moving"),
    ],
)
def test_the_threshold_is_that_of_two_means(places):
    """Lloyd's iteration from the mean, in one dimension, with all sums written out."""
    middle, threshold, direction, _ = parted(places[:, None])
    along = places * direction[0]
    expected = along.mean()
    for _ in range(20):
        expected = (along[along <= expected].mean() + along[along > expected].mean()) / 2
    assert threshold == pytest.approx(expected)
    assert middle == (along <= expected).sum()


def test_members_at_one_place_are_not_parted():
    middle, threshold, _, members = parted(np.full((9, 2), 3.0))
    assert (middle, threshold) == (-1, 0)
    np.testing.assert_array_equal(members, np.arange(9))


def test_distances_whose_fourth_power_vanishes_are_parted():
    points = 1e-100 * np.array([[0.0, 0], [1, 0], [2, 0], [7, 0]])
    middle, _, direction, _ = parted(points)
    assert abs(direction[0]) == pytest.approx(1)
    assert middle in (1, 3)


@pytest.mark.parametrize("seed", range(20))
def test_what_rounding_cannot_part_stays_together(seed):
    """Members that differ by the last bit of their distance from the origin."""
    rng = np.random.default_rng(seed)
    points = 1e8 + 3e-8 * rng.integers(0, 2, size=(rng.integers(2, 5), rng.integers(1, 4)))
    middle, _, _, members = parted(points)
    if middle == -1:
        np.testing.assert_array_equal(members, np.arange(len(points)))
    else:
        assert 0 < middle < len(points)
        assert sorted(members) == list(range(len(points)))


def naive_cell(tree, point):
    node = 0
    while tree.split_of[node] >= 0:
        s = tree.split_of[node]
        node = 2 * s + (1 if point @ tree.directions[s] <= tree.thresholds[s] else 2)
    return node if ((point - tree.centres[node]) ** 2).sum() <= tree.reach[node] else -1


def test_cells_of_points_near_and_far():
    rng = np.random.default_rng(2)
    points = rng.uniform(size=(60, 2))
    tree = grow(points, 8)
    queries = np.concatenate([points, 5 * rng.standard_normal((20, 2))])
    expected = [naive_cell(tree, point) for point in queries]
    np.testing.assert_array_equal(tree.cell(queries), expected)
    assert {-1, *tree.leaves} == set(expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_of_cells(dtype):
    rows = np.random.default_rng(3).standard_normal((30, 4)).astype(dtype)
    cell = np.random.default_rng(4).integers(-1, 5, size=30)
    sums, counts = np.zeros((5, 4)), np.zeros(5, dtype=np.int64)
    mean, unit = np.array([0.5, 0, -1, 2]), 4.0
    accumulate(rows, cell, mean, unit, sums, counts)
    np.testing.assert_array_equal(counts, [(cell == c).sum() for c in range(5)])
    for c in range(5):
        np.testing.assert_allclose(sums[c], ((rows[cell == c] - mean) / unit).sum(axis=0))
