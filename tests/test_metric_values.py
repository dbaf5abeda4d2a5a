"""Correlations, dependence and what can be learnt, on cases so small that the value is known."""

from __future__ import annotations

from importlib import import_module
from itertools import product

import numpy as np
import pytest

from hessmap.metrics import (
    dci,
    mcc,
    pairwise_dependence,
    predictability,
    sap,
)
from hessmap.metrics.dependence import ranked_waves, shared
from hessmap.metrics.prediction import labels, r_squared, split

# every combination of three factors of four values
GRID = np.array(list(product(range(4), repeat=3)))


def test_mcc_of_fewer_codes_or_more():
    a, b, _ = GRID.T
    assert mcc(a, GRID[:, :2]) == pytest.approx(1 / 2)
    assert mcc(GRID, b) == pytest.approx(1)
    assert mcc(a // 2, a) == pytest.approx(2 / np.sqrt(5))
    assert mcc(a**3, a, method="spearman") == pytest.approx(1)
    assert mcc(np.column_stack([a + b, a - b]), GRID[:, :2]) == pytest.approx(np.sqrt(0.5))


def test_halves_of_the_rows_assign_and_score():
    random = np.random.default_rng(3)
    codes, factors = random.standard_normal((2, 11, 3))
    order = np.random.RandomState(5).permutation(11)
    first, second = order[:5], order[5:]

    def correlations(rows):
        return np.abs(np.corrcoef(codes[rows].T, factors[rows].T)[:3, 3:])

    here, there = correlations(first), correlations(second)
    ways = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    best = max(ways, key=lambda way: sum(here[i, j] for i, j in enumerate(way)))
    expected = sum(there[i, j] for i, j in enumerate(best)) / 3
    assert mcc(codes, factors, held_out=True, random_state=5) == pytest.approx(expected)
    assert expected < mcc(codes[second], factors[second])


def table(counts):
    """Rows of two columns of two values, by the counts of their four combinations."""
    return np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], counts, axis=0)


def test_dependence_of_a_table_of_four():
    """phi = (ad - bc) / root of the product of the margins, less 1 / n by chance."""
    assert pairwise_dependence(table([40, 10, 10, 40]))[0, 1] == pytest.approx(
        np.sqrt(0.6**2 - 1 / 100)
    )
    phi = (30 * 30 - 30 * 10) / np.sqrt(60 * 40 * 40 * 60)
    found = pairwise_dependence(table([30, 30, 10, 30]))
    assert found[1, 0] == pytest.approx(np.sqrt(phi**2 - 1 / 100))
    assert pairwise_dependence(table([25, 25, 25, 25]))[0, 1] == 0
    assert pairwise_dependence([[0, 1], [1, 0]]).tolist() == [
        [1.0, pytest.approx(np.sqrt(0.5))],
        [pytest.approx(np.sqrt(0.5)), 1.0],
    ]


def test_dependence_of_each_pair():
    a, b, _ = GRID.T
    found = pairwise_dependence(np.column_stack([a, b, a]))
    np.testing.assert_allclose(found, [[1, 0, 1], [0, 1, 0], [1, 0, 1]], atol=1e-12)


def test_waves_are_orthonormal_centred_and_blind_to_rescaling():
    column = np.random.default_rng(0).standard_normal(50)
    waves = ranked_waves(column)
    assert waves.shape == (50, 4)
    np.testing.assert_allclose(waves.T @ waves, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(waves.sum(axis=0), 0, atol=1e-12)
    ranks = (np.argsort(np.argsort(column)) + 0.5) / 50
    cosines = np.cos(np.pi * np.outer(ranks, [1, 2, 3, 4]))
    np.testing.assert_allclose(waves @ (waves.T @ cosines), cosines, atol=1e-12)
    assert shared(waves, ranked_waves(np.exp(column))) == pytest.approx(4)
    assert shared(waves, ranked_waves(-column)) == pytest.approx(4)
    assert ranked_waves(np.arange(30) % 3).shape == (30, 2)
    assert ranked_waves(np.ones(9)).shape == (9, 0)


def test_many_rows_are_taken_evenly_spaced(monkeypatch):
    monkeypatch.setattr("hessmap.metrics.dependence.MAX_ROWS", 5)
    monkeypatch.setattr("hessmap.metrics.dependence.MAX_PREDICTED", 5)
    rows = np.random.default_rng(0).standard_normal((13, 2))
    every_third = rows[[0, 3, 6, 9, 12]]
    np.testing.assert_array_equal(pairwise_dependence(rows), pairwise_dependence(every_third))
    np.testing.assert_array_equal(predictability(rows, 2), predictability(every_third, 2))
    np.testing.assert_array_equal(predictability(rows[:5], 2), predictability(rows[:5], 2))


def test_predictability_does_not_depend_on_the_order_in_memory():
    """Of rows with many ties, which any rounding breaks."""
    rng = np.random.default_rng(1)
    rows = np.column_stack([rng.integers(35, 41, 60), rng.integers(-19, 20, 60)]).astype(float)
    np.testing.assert_array_equal(predictability(np.asfortranarray(rows)), predictability(rows))


def test_predictability_of_a_line():
    """The nearest other place of a row on a line is one step away."""
    line = np.arange(20.0)
    variance = (20**2 - 1) / 12
    found = predictability(np.column_stack([line, -1e-8 * line]), n_neighbors=1)
    np.testing.assert_allclose(found, 1 - (1 / 2) / variance)
    # of two neighbours, the ends have those at 1 and 2 steps, all others one on either side
    both = predictability(np.column_stack([line, line]), n_neighbors=2)
    np.testing.assert_allclose(both, 1 - (2 * 1.5**2 / 20) * (2 / 3) / variance)
    assert predictability(np.column_stack([line, np.ones(20)]), 1).tolist()[1] == 0
    huge = predictability(np.column_stack([1e298 * line, 1e-299 * line]), n_neighbors=1)
    np.testing.assert_allclose(huge, found)


def test_no_more_neighbours_than_there_are_other_rows():
    rows = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    np.testing.assert_array_equal(predictability(rows, 10), predictability(rows, 2))
    # each is predicted by the mean of the other two: errors 3/2, 0, 3/2, of which 2/3 count
    np.testing.assert_allclose(predictability(rows, 2), 1 - (2 * 1.5**2 / 3) * (2 / 3) / (2 / 3))
    assert predictability([[1.0, 2.0]]).tolist() == [0, 0]
    assert predictability(rows * [1, 0], 2)[1] == 0


def test_rows_to_learn_from_and_rows_to_judge_by():
    train, test = split(11, 100, np.random.RandomState(0))
    assert (len(train), len(test)) == (8, 3)
    assert sorted([*train, *test]) == list(range(11))
    train, test = split(11, 6, np.random.RandomState(0))
    assert (len(train), len(test)) == (4, 2)
    assert len({*train, *test}) == 6


def test_factors_of_few_values_are_discrete():
    assert labels(np.array([2.5, -1.0, 2.5]), 2).tolist() == [1, 0, 1]
    assert labels(np.array([2.5, -1.0, 0.0]), 2) is None


def test_share_of_the_variance():
    truth = np.array([0.0, 1.0, 2.0, 3.0])
    assert r_squared(truth, truth) == 1
    assert r_squared(truth, truth + np.eye(4)[0]) == pytest.approx(1 - 1 / 5)
    assert r_squared(truth, np.full(4, 1.5)) == 0
    assert r_squared(truth, truth[::-1]) == 0
    assert r_squared(np.ones(3), truth[:3]) == 0


def test_separation_of_lines():
    a, b, _ = np.repeat(GRID, 3, axis=0).T
    few = {"max_values": 3}  # then four values are a continuous factor
    assert sap(np.column_stack([a, b]), np.column_stack([b, a]), **few) == pytest.approx(1)
    assert sap(np.column_stack([a, a + b]), a, **few) == pytest.approx(1 / 2)
    assert sap(np.column_stack([a, a + b, 0 * a]), a, **few) == pytest.approx(1 / 2)
    assert sap(a, a, **few) == pytest.approx(1)
    assert sap(a + b, a, **few) == pytest.approx(1 / 2)
    assert sap(np.column_stack([a, b]), np.column_stack([a, 0 * a]), **few) == pytest.approx(1 / 2)


def test_separation_of_two_classes():
    """A code that is the class is right always, a constant one by chance."""
    classes = np.tile([0, 1], 30)
    assert sap(classes, classes, random_state=0) == pytest.approx(1 / 2)
    assert sap(np.column_stack([classes, np.ones(60)]), classes, random_state=0) == pytest.approx(
        1 / 2
    )
    assert sap(np.column_stack([classes, classes]), classes, random_state=0) == 0
    three = np.tile([0, 1, 2], 30)
    assert sap(np.ones((90, 2)), three, random_state=0) == 0
    assert sap(5.0 * (three == 2), three == 2, random_state=0) == pytest.approx(1 / 2)


def test_importances_of_one_factor_and_of_one_code():
    a, b, _ = np.repeat(GRID, 2, axis=0).T
    few = {"n_trees": 5, "random_state": 0}
    found = dci(np.column_stack([b, a]), np.column_stack([a, b]), **few)
    np.testing.assert_allclose(found.importances, [[0, 1], [1, 0]], atol=0.05)
    one = dci(a, np.column_stack([a, b]), **few)
    assert one.completeness == pytest.approx(1)
    assert one.importances.shape == (1, 2)
    assert dci(np.column_stack([a, b]), a, **few).disentanglement == pytest.approx(1)
    constant = dci(np.ones((64, 2)), a[:64], **few)
    assert (constant.disentanglement, constant.completeness) == (0, 0)


@pytest.mark.parametrize("max_values", [3, 4])
def test_informativeness_is_the_score_of_rows_that_were_not_learnt_from(max_values):
    a, b, _ = np.repeat(GRID, 4, axis=0).T
    found = dci(
        np.column_stack([a, b]),
        np.column_stack([a, np.ones(len(a))]),
        max_values=max_values,
        n_trees=60,
        random_state=0,
    )
    assert found.informativeness == pytest.approx(1 / 2, abs=1e-3)
    # where all is used for one factor, entropies are 0
    assert found.disentanglement == pytest.approx(1)
    assert found.completeness == pytest.approx(1, abs=1e-3)


def test_a_constant_factor_does_not_end_the_others():
    a, _, _ = np.repeat(GRID, 2, axis=0).T
    found = dci(a, np.column_stack([0 * a, a]), n_trees=60, random_state=0)
    assert found.importances.tolist() == [[0, 1]]
    assert found.informativeness == pytest.approx(1 / 2)


def test_discrete_factors_are_scored_by_accuracy():
    """Every other row is right by chance, of which no variance is explained."""
    random = np.random.default_rng(0)
    coins = random.integers(0, 2, size=300)
    found = dci(random.uniform(size=300), coins, n_trees=3, random_state=0)
    assert found.informativeness == pytest.approx(1 / 2, abs=0.15)


def test_entropy_of_importances():
    found = dci(
        np.random.default_rng(0).uniform(size=(60, 3)),
        np.random.default_rng(1).uniform(size=(60, 2)),
        n_trees=5,
        random_state=0,
    )
    table = found.importances
    np.testing.assert_allclose(table.sum(axis=0), 1)

    def concentration(rows):
        total = 0.0
        for row in rows:
            shares = row / row.sum()
            entropy = -sum(p * np.log(p) for p in shares if p > 0) / np.log(len(row))
            total += row.sum() * (1 - entropy)
        return total / rows.sum()

    assert found.disentanglement == pytest.approx(concentration(table))
    assert found.completeness == pytest.approx(concentration(table.T))


def test_of_many_rows_some_are_learnt_from(monkeypatch):
    """Where the rows are cut, they are those of `split`."""
    rng = np.random.default_rng(0)
    codes, factors = rng.uniform(size=(2, 90, 2))
    kept = np.concatenate(split(90, 60, np.random.RandomState(0)))
    train, _ = split(90, 60, np.random.RandomState(0))
    factors[train] = 0.5  # nothing to learn there, and something in all others
    cut = dci(codes, factors, max_rows=60, n_trees=2, random_state=0)
    assert len(kept) == 60
    assert not cut.importances.any()
    assert dci(codes, factors, max_rows=90, n_trees=2, random_state=0).importances.any()
    classes = np.zeros(90)
    classes[np.setdiff1d(np.arange(90), train)] = 1
    monkeypatch.setattr(import_module("hessmap.metrics.sap"), "MAX_ROWS", 60)
    assert sap(classes, classes, random_state=0) == 0
    monkeypatch.undo()
    assert sap(classes, classes, random_state=0) == pytest.approx(1 / 2)
