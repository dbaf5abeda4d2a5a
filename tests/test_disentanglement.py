"""Metrics of disentanglement against their naive twins, and on codes whose score is known."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from hessmap.metrics import (
    beta_vae,
    dci,
    factor_vae,
    local_isometry,
    mcc,
    mi_invariance,
    mig,
    modularity,
    sap,
    total_correlation,
)
from hessmap.metrics.batches import SharedFactor
from hessmap.metrics.information import entropy, equal_width_bins, quantile_bins

from . import naive_metrics as naive

CASES = range(50)
SMALL = {"batch_size": 16, "n_train": 80, "n_test": 60}
FEWER = {"n_train": 1000, "n_test": 1000, "random_state": 0}
rng = np.random.default_rng(0)
uniform = rng.uniform(size=(2000, 2))
steps = rng.integers(0, 5, size=(2000, 2)) / 4
three = rng.uniform(size=(2000, 3))
turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """The problems are so small that threads only wait for each other."""
    with threadpool_limits(1):
        yield


def disentanglement(codes, factors):
    return dci(codes, factors, n_trees=20, random_state=0).disentanglement


def completeness(codes, factors):
    return dci(codes, factors, n_trees=20, random_state=0).completeness


# (codes, factors) -> a score that is 1, or nearly, for a perfect code; and the least of those
SCORES = [
    pytest.param(mcc, 0.999, id="mcc"),
    pytest.param(lambda y, v: mcc(y, v, method="spearman"), 0.999, id="spearman"),
    pytest.param(lambda y, v: local_isometry(v, y, max_rows=400, random_state=0), 0.999, id="li"),
    pytest.param(lambda y, v: beta_vae(y, v, **FEWER), 0.99, id="beta_vae"),
    pytest.param(lambda y, v: factor_vae(y, v, **FEWER), 0.99, id="factor_vae"),
    pytest.param(mig, 0.9, id="mig"),
    pytest.param(modularity, 0.99, id="modularity"),
    pytest.param(disentanglement, 0.98, id="disentanglement"),
    pytest.param(completeness, 0.98, id="completeness"),
    pytest.param(lambda y, v: sap(y, v, random_state=0), 0.95, id="sap"),
]


def case(seed):
    """Random codes and factors: of few values or continuous, some constant, in any units."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(40, 90))
    d, n_factors = rng.integers(1, 5, size=2)
    factors = rng.uniform(size=(n, n_factors))
    for k in range(n_factors):
        if rng.random() < 0.4:
            factors[:, k] = rng.integers(0, rng.integers(2, 7), size=n)
    codes = factors @ rng.standard_normal((n_factors, d)) + rng.exponential() * rng.normal(
        size=(n, d)
    )
    codes = np.where(rng.random(d) < 0.2, codes.round(), codes)
    codes *= 10.0 ** rng.uniform(-4, 4, size=d)
    if seed % 3 == 0:
        codes[:, rng.integers(d)] = rng.normal()
    if seed % 7 == 0:
        factors[:, rng.integers(n_factors)] = rng.normal()
    return codes, factors


@pytest.mark.parametrize("seed", CASES)
@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_mcc(seed, method):
    codes, factors = case(seed)
    assert mcc(codes, factors, method=method) == pytest.approx(naive.mcc(codes, factors, method))


@pytest.mark.parametrize("seed", CASES)
def test_local_isometry(seed):
    codes, factors = case(seed)
    X = np.random.default_rng(seed).standard_normal((len(codes), 4))
    X[:, : factors.shape[1]] += 3 * factors
    expected = naive.local_isometry(X, codes)
    assert local_isometry(X, codes) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("seed", CASES)
def test_beta_vae(seed):
    codes, factors = case(seed)
    expected = naive.beta_vae(codes, factors, seed, **SMALL)
    # one batch may lie on the boundary, which both find to a tolerance
    found = beta_vae(codes, factors, **SMALL, random_state=seed)
    assert found == pytest.approx(expected, abs=1.1 / SMALL["n_test"])


@pytest.mark.parametrize("seed", CASES)
def test_factor_vae(seed):
    codes, factors = case(seed)
    expected = naive.factor_vae(codes, factors, seed, **SMALL)
    assert factor_vae(codes, factors, **SMALL, random_state=seed) == pytest.approx(expected)


@pytest.mark.parametrize("seed", CASES)
def test_mig_and_modularity(seed):
    codes, factors = case(seed)
    assert mig(codes, factors) == pytest.approx(naive.mig(codes, factors), abs=1e-12)
    assert modularity(codes, factors) == pytest.approx(naive.modularity(codes, factors), abs=1e-9)


@pytest.mark.parametrize("seed", CASES)
def test_sap(seed):
    codes, factors = case(seed)
    expected = naive.sap(codes, factors, seed)
    assert sap(codes, factors, random_state=seed) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", CASES)
def test_dci(seed):
    codes, factors = case(seed)
    found = dci(codes, factors, n_trees=5, random_state=seed)
    values = (found.disentanglement, found.completeness, found.informativeness)
    assert values == pytest.approx(naive.dci(codes, factors, n_trees=5, seed=seed), abs=1e-9)
    assert found.importances.shape == (codes.shape[1], factors.shape[1])


@pytest.mark.parametrize("seed", CASES)
def test_total_correlation_and_mi_invariance(seed):
    codes, _ = case(seed)
    assert total_correlation(codes) == pytest.approx(naive.total_correlation(codes), abs=1e-9)
    assert mi_invariance(codes) == pytest.approx(naive.mi_invariance(codes), abs=1e-9)


@pytest.mark.parametrize(("score", "least"), SCORES)
@pytest.mark.parametrize("factors", [uniform, three], ids=["2", "3"])
def test_perfect_codes(score, least, factors):
    perfect = score(factors, factors)
    assert least <= perfect <= 1
    permuted = score(factors[:, ::-1], factors)
    assert permuted == pytest.approx(perfect, abs=1 - least)
    # neither units nor signs nor offsets count; std 1 / sqrt(n) is that of eigenvectors
    small = factors / factors.std(axis=0) / np.sqrt(len(factors))
    assert score(small, factors) == pytest.approx(perfect, abs=1e-3)
    assert score(7 - 1e6 * factors, factors) == pytest.approx(perfect, abs=1 - least)


@pytest.mark.parametrize(("score", "least"), [one for one in SCORES if one.id != "modularity"])
def test_shuffled_codes_score_low(score, least):
    """A guess between two factors is right half of the time; modularity only compares factors."""
    shuffled = np.random.default_rng(1).permuted(uniform, axis=0)
    assert score(shuffled, uniform) < 0.56


@pytest.mark.parametrize(("score", "least"), SCORES)
@pytest.mark.parametrize("dead", [0, 2])
def test_a_dead_code_among_perfect_ones(score, least, dead):
    """A constant code takes nothing from the codes before and after it."""
    constant = three[:, 0] + 0.3 - three[:, 0]  # up to rounding
    assert np.ptp(constant) > 0
    codes = np.insert(three, dead, constant, axis=1)
    perfect = score(three, three)
    expected = 0.75 * perfect if score is modularity else perfect  # a mean over all codes
    assert score(codes, three) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("score", "least"), SCORES)
def test_constant_codes_and_factors(score, least):
    constant = np.full((2000, 2), 0.1)
    assert 0 <= score(constant, uniform) <= 0.56
    assert 0 <= score(uniform, constant) <= 0.56
    assert 0 <= score(constant, constant) <= 0.56
    one = score(uniform, np.column_stack([uniform[:, 0], constant[:, 0]]))
    assert 0 <= one <= 1


@pytest.mark.parametrize(("score", "least"), SCORES)
def test_one_code_of_one_factor(score, least):
    assert least <= score(uniform[:, 0], uniform[:, 0]) <= 1
    assert 0 <= score(np.ones(2000), uniform[:, 0]) <= 1
    # the closest of five values are the same value, and they are not on two sides of a point
    harder = {"li": 0, "sap": 0.3}
    name = next(one.id for one in SCORES if one.values[0] is score)
    assert harder.get(name, least) <= score(steps[:, 0], steps[:, 0]) <= 1
    assert 0 <= score(np.ones(2000), steps[:, 0]) <= 1


def test_turned_codes():
    turned = uniform @ turn
    assert mcc(turned, uniform) == pytest.approx(1 / np.sqrt(2), abs=0.02)
    assert mig(turned, uniform) < 0.05
    assert modularity(turned, uniform) < 0.1
    assert sap(turned, uniform) < 0.05
    assert disentanglement(turned, uniform) < 0.1
    assert completeness(turned, uniform) < 0.1
    assert local_isometry(uniform, turned, max_rows=400) == pytest.approx(1)
    assert mi_invariance(uniform) < 0.05
    assert mi_invariance(turned) > 0.2
    assert total_correlation(turned) < 0.01  # which does not see a turn


def test_mcc_of_turned_squares():
    """At d = 2 a random turn scores 0.90 on average, and never less than 1 / sqrt(2)."""
    side = np.linspace(-1, 1, 21)
    grid = np.stack(np.meshgrid(side, side), axis=2).reshape(-1, 2)
    angles = np.linspace(0, np.pi, 400, endpoint=False)
    turns = [np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) for a in angles]
    scores = [mcc(grid @ matrix, grid) for matrix in turns]
    assert np.mean(scores) == pytest.approx(0.900, abs=1e-3)
    assert min(scores) == pytest.approx(1 / np.sqrt(2), abs=1e-3)


def test_a_monotone_rescaling():
    z = np.linspace(-1, 1, 2001)
    assert mcc(np.exp(2 * z), z) == pytest.approx(0.898, abs=1e-3)
    assert mcc(np.exp(2 * z), z, method="spearman") == pytest.approx(1)


def test_mig_of_a_code_of_many_values():
    """In 20 bins, 12 hold two of 32 values and 8 hold one: 0.85 of the entropy at most."""
    grid = np.stack(np.meshgrid(*[np.arange(32.0)] * 2), axis=2).reshape(-1, 2)
    known = (12 * 2 * np.log(16) + 8 * np.log(32)) / 32
    assert mig(grid, grid, n_bins=32) == pytest.approx(known / np.log(32))
    assert mig(grid, grid, n_code_bins=32, n_bins=32) == pytest.approx(1)
    assert mig(grid, grid) > 0.75
    # values of their own for every row: nothing is known that another code does not know
    assert mig(uniform, uniform, n_bins=2000) < 0.05
    assert mig(uniform, uniform) > 0.9


def test_information_of_known_tables():
    """Two coins, their sum, and a copy, over all outcomes."""
    coins = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    codes = np.column_stack([coins[:, 0], coins.sum(axis=1)])
    # the sum knows half a bit of either coin
    assert mig(codes, coins) == pytest.approx((0.5 + 0.5) / 2)
    assert modularity(codes, coins) == pytest.approx((1 + 0) / 2)
    assert mig(coins, coins) == pytest.approx(1)
    assert mig(coins[:, [0, 0, 1]], coins) == pytest.approx(0.5)
    assert modularity(coins[:, [0, 0, 1]], coins) == pytest.approx(1)
    assert modularity(coins[:, 0], coins[:, 0]) == 1
    # where the sum is 1 the first coin is still open, elsewhere it is known
    first_by_sum = np.log(2) * np.sqrt(0.5 * 0.5)
    # the sum is a coin for either value of the first one
    assert mi_invariance(codes) == pytest.approx((first_by_sum + 0) / 2)


def test_bins():
    column = np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])[:, None]
    expected = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4]
    assert equal_width_bins(column, 5)[:, 0].tolist() == expected
    assert equal_width_bins(0.1 * column + 0.7, 5)[:, 0].tolist() == expected
    assert equal_width_bins(np.ones((4, 1)), 5)[:, 0].tolist() == [0] * 4
    assert quantile_bins(np.arange(12.0)[:, None] ** 3, 4)[:, 0].tolist() == sorted(
        [0, 1, 2, 3] * 3
    )
    assert quantile_bins(np.array([[5.0], [5], [7], [-1]]), 3)[:, 0].tolist() == [1, 1, 2, 0]
    rare = np.append(np.zeros(8), [1, 2])[:, None]
    assert quantile_bins(rare, 3)[:, 0].tolist() == [0] * 8 + [1, 2]
    # most rows share a value: the others are still told from it
    mostly = np.append(np.zeros(90), np.arange(1, 11))[:, None]
    binned = quantile_bins(mostly, 4)[:, 0]
    assert len(set(binned[:90])) == 1
    assert binned[-1] > binned[0]
    assert entropy(np.array([3, 3, 4, 4])) == pytest.approx(np.log(2))
    assert str(entropy(np.zeros(5))) == "0.0"


def test_draws_share_a_bin():
    bins = np.array([[0, 0], [0, 1], [0, 0], [1, 2], [1, 0], [2, 0]])
    random = np.random.RandomState(0)
    factor, first, second = SharedFactor(bins).pairs(400, 50, random)
    assert (bins[first, factor[:, None]] == bins[second, factor[:, None]]).all()
    seen = np.zeros((2, 6, 6))
    np.add.at(seen, (np.repeat(factor, 50), first.ravel(), second.ravel()), 1)
    for k in range(2):
        for i in range(6):
            partners = [j for j in range(6) if bins[i, k] == bins[j, k] and j != i] or [i]
            expected = np.zeros(6)
            expected[partners] = 1 / len(partners)
            np.testing.assert_allclose(seen[k, i] / seen[k, i].sum(), expected, atol=0.05)
    np.testing.assert_allclose(seen.sum(axis=(0, 2)) / 20_000, 1 / 6, atol=0.01)

    factor, rows = SharedFactor(bins).batches(4000, 5, random)
    labels = bins[rows, factor[:, None]]
    assert (labels == labels[:, :1]).all()
    for k in range(2):
        # the bin of any row, and any row of the bin: each row alike
        share = np.bincount(rows[factor == k].ravel(), minlength=6) / rows[factor == k].size
        np.testing.assert_allclose(share, 1 / 6, atol=0.03)


def test_sampled_scores_of_known_codes():
    # a code of both factors never stands still for one alone: the vote is a guess
    both = uniform.sum(axis=1)
    assert factor_vae(both, uniform, **FEWER) == pytest.approx(0.5, abs=0.05)
    # two codes of one factor, none of the other: only one of them is named right
    assert factor_vae(uniform[:, [0, 0]], uniform, **FEWER) == pytest.approx(0.5, abs=0.05)
    # the differences of a turned code do not tell which factor was shared
    assert beta_vae(both, uniform, **FEWER) < 0.6
    assert beta_vae(uniform[:, :1], uniform, **FEWER) > 0.99
    assert beta_vae(uniform, uniform[:, 0], **FEWER) == 1
    assert factor_vae(np.ones((2000, 2)), uniform, **FEWER) == 0


def test_sap_leaves_the_global_random_state_alone():
    values = np.round(4 * np.random.default_rng(0).uniform(size=(40, 2)))
    before = np.random.get_state()[1:3]  # noqa: NPY002 - the one that must not be drawn from
    sap(values, values, random_state=0)
    after = np.random.get_state()[1:3]  # noqa: NPY002
    assert before[1] == after[1]
    np.testing.assert_array_equal(before[0], after[0])


def test_sap_of_known_codes():
    side = np.linspace(-1, 1, 21)
    grid = np.stack(np.meshgrid(side, side), axis=2).reshape(-1, 2)
    mixed = grid @ np.array([[1.0, 1.0], [0.0, 1.0]])
    # the second code has half of the variance of either factor
    assert sap(mixed, grid) == pytest.approx((1 / 2 + 1 / 2) / 2)
    coins = np.random.default_rng(0).integers(0, 2, size=(600, 2))
    assert sap(coins, coins, random_state=0) == pytest.approx(0.5, abs=0.1)
    assert sap(coins[:, 0], coins[:, 0], random_state=0) == pytest.approx(0.5)
    for factors in (uniform, steps):
        codes = factors / np.sqrt(2000)
        expected = sap(factors, factors, random_state=0)
        assert sap(codes, factors, random_state=0) == pytest.approx(expected)
        assert expected > 0.3


def test_dci_of_known_codes():
    found = dci(steps, steps, n_trees=20, random_state=0)
    assert found.informativeness == 1
    np.testing.assert_allclose(found.importances, np.eye(2), atol=1e-6)
    twice = dci(uniform[:, [0, 0, 1]] + 1e-3 * three, uniform, n_trees=20, random_state=0)
    assert twice.disentanglement > 0.99
    assert twice.completeness < 0.99
    single = dci(uniform[:, 0], uniform, n_trees=20, random_state=0)
    assert single.completeness == 1
    assert single.disentanglement < 0.9
    shuffled = dci(uniform[::-1], uniform, n_trees=20, random_state=0)
    assert shuffled.informativeness < 0.1
    nothing = dci(np.ones((50, 3)), uniform[:50], n_trees=2, random_state=0)
    assert (nothing.disentanglement, nothing.completeness, nothing.informativeness) == (0, 0, 0)
    few = dci(uniform, uniform, max_rows=300, n_trees=20, random_state=0)
    assert few.disentanglement > 0.9


def test_total_correlation_of_known_codes():
    correlated = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]]) @ [[1, 0.6], [0, 0.8]]
    assert total_correlation(correlated) == pytest.approx(-np.log(1 - 0.36) / 2)
    assert total_correlation(1e-3 * correlated + 5) == pytest.approx(-np.log(0.64) / 2)
    assert total_correlation(uniform[:, [0, 1, 0]]) == np.inf
    assert total_correlation(np.column_stack([uniform, 3 * uniform.sum(axis=1) + 1])) == np.inf
    rounded = uniform[:, 0].astype(np.float32)
    assert total_correlation(np.column_stack([uniform[:, 0], rounded])) == np.inf
    assert total_correlation(three[:3]) == np.inf
    assert total_correlation(uniform[:, 0]) == 0
    assert total_correlation(np.ones((9, 3))) == 0
    with_constant = np.column_stack([np.ones(4), correlated])
    assert total_correlation(with_constant) == pytest.approx(-np.log(0.64) / 2)


def test_invariance_of_small_cases():
    assert mi_invariance(uniform[:, 0]) == 0
    assert mi_invariance(np.ones((9, 2))) == 0
    assert mi_invariance(np.column_stack([uniform[:, 0], np.ones(2000)])) == 0
