"""Local isometry of a few places, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.metrics import (
    local_isometry,
)
from hessmap.metrics.isometry import closest_pairs, correlation, pair_distances, rescaled


def test_closest_pairs_of_places_on_a_line():
    place = np.array([[0.0], [1.0], [3.0], [7.0]])
    distance, i, j = closest_pairs(place)
    assert list(zip(i, j, strict=True)) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    np.testing.assert_allclose(distance, [1, 3, 7, 2, 6, 4])
    for size in (1e-200, 1e200):
        np.testing.assert_allclose(closest_pairs(size * place)[0], size * distance)


def test_five_in_a_hundred_pairs_are_kept_but_no_fewer_than_a_hundred():
    line = np.arange(70.0)[:, None] ** 1.5
    assert len(closest_pairs(line[:15])[0]) == 100
    assert len(closest_pairs(line[:10])[0]) == 45
    assert len(closest_pairs(line)[0]) == int(0.05 * 70 * 69 / 2)


def test_the_pairs_that_are_kept_are_the_closest():
    for seed in range(20):
        X = np.random.default_rng(seed).standard_normal((20, 2))
        every = np.linalg.norm(X[:, None] - X, axis=2)[np.triu_indices(20, 1)]
        np.testing.assert_allclose(np.sort(closest_pairs(X)[0]), np.sort(every)[:100], atol=1e-12)


def test_rescaled_distances_of_one_code():
    """The best scale of one column is the regression of the distances through 0."""
    X, code = np.array([[0.0], [1.0], [3.0]]), np.array([0.0, 2.0, 3.0])
    found = pair_distances(X, code)
    steps, gaps = np.array([1.0, 3.0, 2.0]), np.array([2.0, 3.0, 1.0])
    np.testing.assert_allclose(found, np.column_stack([steps, gaps * (gaps @ steps) / 14]))
    expected = np.corrcoef(steps, gaps)[0, 1]
    assert local_isometry(X, code) == pytest.approx(expected)
    assert correlation(found) == pytest.approx(expected)
    for unit in (1e-200, 1e200):
        np.testing.assert_allclose(pair_distances(X, unit * code), found)
        np.testing.assert_allclose(pair_distances(unit * X, code), unit * found)


def test_scales_of_two_codes_are_a_minimum():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(12, 2))
    codes = X * [3.0, 0.1] + 0.02 * rng.standard_normal((12, 2))
    distance, i, j = pairs = closest_pairs(X)
    found = rescaled(pairs, codes)
    np.testing.assert_array_equal(found[:, 0], distance)
    squares = (codes[i] - codes[j]) ** 2
    weights = np.linalg.lstsq(squares, found[:, 1] ** 2, rcond=None)[0]
    np.testing.assert_allclose(squares @ weights, found[:, 1] ** 2, rtol=1e-8)

    def loss(weights):
        return ((np.sqrt(squares @ weights) - distance) ** 2).sum()

    for k in range(2):
        for factor in (0.98, 1.02):
            other = weights.copy()
            other[k] *= factor
            assert loss(other) > loss(weights)


def test_codes_that_tell_nothing_of_distances():
    X = np.random.default_rng(0).uniform(size=(9, 2))
    assert local_isometry(X, np.ones((9, 1))) == 0
    assert local_isometry(X, np.ones((9, 2))) == 0
    assert local_isometry(np.ones((9, 2)), X) == 0
    np.testing.assert_array_equal(pair_distances(X, np.ones((9, 2)))[:, 1], 0)
    assert local_isometry(X, np.column_stack([X, np.ones(9)])) == pytest.approx(1)


def test_a_sample_of_the_rows_is_drawn_from_all():
    X = np.random.default_rng(0).uniform(size=(40, 2))
    found = pair_distances(X, X, max_rows=12, random_state=3)
    kept = np.sort(np.random.RandomState(3).choice(40, 12, replace=False))
    np.testing.assert_allclose(found, pair_distances(X[kept], X[kept]))
    whole = pair_distances(X, X, max_rows=40, random_state=3)
    np.testing.assert_array_equal(whole, pair_distances(X, X))
    assert local_isometry(X, X[:, :1], max_rows=12, random_state=3) == correlation(
        pair_distances(X, X[:, :1], max_rows=12, random_state=3)
    )


def test_no_scale_is_negative():
    """A code that is longest where rows are close is given no weight at all."""
    rng = np.random.default_rng(0)
    X = np.sort(rng.uniform(size=12))[:, None]
    hindering = np.tile([0.0, 1.0], 6)
    with_it = pair_distances(X, np.column_stack([X, hindering]))
    np.testing.assert_allclose(with_it, pair_distances(X, X), atol=1e-4)
    assert local_isometry(X, np.column_stack([X, hindering])) == pytest.approx(1, abs=1e-4)


def test_single_precision_far_from_zero():
    """Differences of float32 rows are exact, and their mean is taken in double precision."""
    place = np.float32([[0.0], [1.0], [3.0]]) + np.float32(2.0**20)
    np.testing.assert_allclose(closest_pairs(place)[0], [1, 3, 2], rtol=1e-5)
