"""Rows that share one factor, and the two scores that are made of them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hessmap.metrics import (
    beta_vae,
    factor_vae,
)
from hessmap.metrics.batches import SharedFactor

# every combination of three factors of four values
GRID = np.array(list(product(range(4), repeat=3)))


def test_pairs_share_a_bin_and_are_two_rows_where_there_are_two():
    bins = np.array([[0, 0], [0, 1], [1, 1], [1, 2], [1, 0]])
    factor, first, second = SharedFactor(bins).pairs(300, 4, np.random.RandomState(0))
    assert (factor.shape, first.shape, second.shape) == ((300,), (300, 4), (300, 4))
    kind = factor[:, None]
    assert (bins[first, kind] == bins[second, kind]).all()
    alone = (kind == 1) & (first == 3)
    np.testing.assert_array_equal(first == second, alone)
    seen = {(k, i, j) for k, i, j in zip(np.repeat(factor, 4), first.ravel(), second.ravel())}  # noqa: B905
    by_hand = {
        (k, i, j)
        for k in range(2)
        for i in range(5)
        for j in range(5)
        if bins[i, k] == bins[j, k] and (i != j or (k, i) == (1, 3))
    }
    assert seen == by_hand


def test_batches_are_all_rows_of_a_bin():
    bins = np.array([[0, 0], [0, 1], [1, 1], [1, 2], [1, 0]])
    factor, rows = SharedFactor(bins).batches(300, 8, np.random.RandomState(0))
    assert rows.shape == (300, 8)
    assert (np.ptp(bins[rows, factor[:, None]], axis=1) == 0).all()
    seen = {(k, i) for k, batch in zip(factor, rows, strict=True) for i in batch}
    assert seen == {(k, i) for k in range(2) for i in range(5)}
    # the bin is that of a random row, so that larger ones are drawn more often
    of_first = bins[rows[factor == 0, 0], 0]
    assert of_first.mean() == pytest.approx(3 / 5, abs=0.1)


SAMPLED = {"batch_size": 8, "n_train": 100, "n_test": 50, "random_state": 0}


@pytest.mark.parametrize("metric", [beta_vae, factor_vae])
def test_scores_of_batches(metric):
    a, b, _ = GRID.T
    assert metric(np.column_stack([b, a]), np.column_stack([a, b]), **SAMPLED) == 1
    assert metric(1e-9 * np.column_stack([b, a]), np.column_stack([a, b]), **SAMPLED) == 1
    assert metric(a, a, **SAMPLED) == 1
    one_of_two = metric(a, np.column_stack([a, b]), **SAMPLED | {"n_test": 2000})
    assert (one_of_two == pytest.approx(1 / 2, abs=0.05)) == (metric is factor_vae)


def test_factors_are_cut_into_bins():
    """A code of what is left within a bin stands still in no batch."""
    a, b = np.random.default_rng(0).uniform(size=(2, 200))
    factors = np.column_stack([a, b])
    for metric in (beta_vae, factor_vae):
        assert metric(factors, factors, n_bins=10, **SAMPLED) == 1
        halves = np.column_stack([np.argsort(np.argsort(one)) // 100 for one in (a, b)])
        assert metric(halves, factors, n_bins=2, **SAMPLED) == 1


def test_constant_codes_do_not_vote():
    a, b, _ = GRID.T
    dead = np.column_stack([np.ones(64), b, a])
    assert factor_vae(dead, np.column_stack([a, b]), **SAMPLED) == 1
    assert factor_vae(np.ones((64, 2)), np.column_stack([a, b]), **SAMPLED) == 0
