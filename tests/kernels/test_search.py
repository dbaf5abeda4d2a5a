"""Ranking of candidates, and hashes of rows, in plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.neighbors._kernels import expand, rank
from hessmap.rows.hashes import hashed

from ..helpers import naive_neighbors

WORD = 2**64


def ranked(points, candidates, k):
    n = len(points)
    indices, squared = np.empty((n, k), dtype=np.int64), np.empty((n, k))
    farthest = np.empty(n)
    rank(0, n, points, candidates, indices, squared, farthest)
    return indices, squared, farthest


@pytest.mark.parametrize("k", [1, 4, 20])
def test_the_best_of_all_candidates(k):
    points = np.random.default_rng(0).standard_normal((20, 3))
    # in no order, some of them twice, and gaps between
    order = np.random.default_rng(1).permutation(20)
    candidates = np.tile(np.concatenate([order, [-1], order[:5]]), (20, 1))
    indices, squared, farthest = ranked(points, candidates, k)
    expected, distances = naive_neighbors(points, 20)
    np.testing.assert_array_equal(indices, expected[:, :k])
    np.testing.assert_allclose(np.sqrt(squared), distances[:, :k], atol=1e-14)
    np.testing.assert_allclose(np.sqrt(farthest), distances[:, -1])


@pytest.mark.parametrize("turn", [1, -1])
def test_ties_go_by_the_number(turn):
    points = np.repeat(np.arange(3.0), 3)[:, None]
    candidates = np.tile(np.arange(9)[::turn], (9, 1))
    indices, _, _ = ranked(points, candidates, 5)
    np.testing.assert_array_equal(indices, naive_neighbors(points, 5)[0])


def test_too_few_candidates_leave_gaps():
    points = np.arange(4.0)[:, None]
    indices, squared, farthest = ranked(points, np.full((4, 2), -1), 3)
    np.testing.assert_array_equal(indices, [[i, -1, -1] for i in range(4)])
    np.testing.assert_array_equal(squared, [[0, np.inf, np.inf]] * 4)
    np.testing.assert_array_equal(farthest, 0)


@pytest.mark.parametrize("k", [1, 3])
def test_neighbours_of_neighbours(k):
    """On a line where everyone knows the next ones, and some know less."""
    points = np.arange(12.0)[:, None] ** 1.1
    known = (np.arange(12)[:, None] + np.arange(k)) % 12
    known[5, 1:] = -1
    indices, squared = np.empty((12, k), dtype=np.int64), np.empty((12, k))
    expand(0, 12, points, known, indices, squared)
    for i in range(12):
        reached = {j for middle in known[i] if middle >= 0 for j in known[middle] if j >= 0} - {i}
        by_distance = sorted((abs(points[i, 0] - points[j, 0]), j) for j in reached)
        expected = [i, *(j for _, j in by_distance)][:k]
        assert list(indices[i]) == expected + [-1] * (k - len(expected))


def mixed(bits):
    """The finaliser of MurmurHash3 by the numbers of its publication."""
    bits ^= bits >> 33
    bits = bits * 0xFF51AFD7ED558CCD % WORD
    bits ^= bits >> 33
    bits = bits * 0xC4CEB9FE1A85EC53 % WORD
    return bits ^ (bits >> 33)


# as Python, NumPy says that a product of words runs over, as it must
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("salt", [0, 7])
def test_hashes(dtype, salt):
    rows = np.array([[1.5, -2.0, 0.0], [1.5, -2.0, -0.0], [0.0, 0.0, 0.0]], dtype=dtype)
    start = 0x9E3779B97F4A7C15
    expected = []
    for row in rows + 0.0:  # which makes 0.0 of -0.0
        state = mixed(start ^ salt)
        for word in row.view(f"u{rows.itemsize}").tolist():
            state = (mixed(state ^ word) + start) % WORD
        expected.append(state)
    assert hashed(rows, salt).tolist() == expected
    assert expected[0] == expected[1] != expected[2]
