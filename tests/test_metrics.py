"""Metrics on cases that can be computed by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from hessmap.metrics import local_isometry, mcc, pairwise_dependence, predictability
from hessmap.metrics.isometry import closest_pairs

factors = np.random.default_rng(0).uniform(size=(500, 3))


@pytest.fixture
def rng():
    """The same numbers for a test, whichever ran before."""
    return np.random.default_rng(0)


def naive_mcc(codes, truth, method="pearson"):
    """Best mean over all assignments, tried one by one."""
    d, n_factors = codes.shape[1], truth.shape[1]
    matrix = np.zeros((d, n_factors))
    for i in range(d):
        for j in range(n_factors):
            x, y = codes[:, i], truth[:, j]
            if x.std() > 0 and y.std() > 0:
                both = spearmanr(x, y)[0] if method == "spearman" else np.corrcoef(x, y)[0, 1]
                matrix[i, j] = abs(both)
    if d >= n_factors:
        choices = permutations(range(d), n_factors)
        return (
            max(sum(matrix[c, j] for j, c in enumerate(chosen)) for chosen in choices) / n_factors
        )
    choices = permutations(range(n_factors), d)
    return max(sum(matrix[i, c] for i, c in enumerate(chosen)) for chosen in choices) / n_factors


@pytest.mark.parametrize("method", ["pearson", "spearman"])
@pytest.mark.parametrize("seed", range(25))
def test_mcc_matches_the_naive_one(seed, method):
    random = np.random.default_rng(seed)
    d, n_factors = random.integers(1, 5, size=2)
    codes = random.standard_normal((60, d)).round(1)
    truth = codes @ random.standard_normal((d, n_factors)) + random.standard_normal((60, n_factors))
    if seed % 5 == 0:
        codes[:, 0] = 3.0
    assert mcc(codes, truth, method=method) == pytest.approx(naive_mcc(codes, truth, method))


def test_mcc_of_known_codes():
    assert mcc(factors, factors) == pytest.approx(1)
    assert mcc(-2 * factors[:, [2, 0, 1]] + 7, factors) == pytest.approx(1)
    assert mcc(1e-200 * factors, 1e200 * factors) == pytest.approx(1)
    assert mcc(factors[:, :2], factors) == pytest.approx(2 / 3)
    assert mcc(np.zeros((500, 3)), factors) == 0
    dead = factors.copy()
    dead[:, 1] = 5.0
    assert mcc(dead, factors) == pytest.approx(2 / 3, abs=0.05)
    assert mcc(factors[:, 0], factors[:, 0]) == pytest.approx(1)


def test_mcc_of_a_turned_square():
    """Turned by 45 degrees, each code correlates by 1 / sqrt(2) with each factor."""
    side = np.linspace(-1, 1, 41)
    grid = np.stack(np.meshgrid(side, side), axis=2).reshape(-1, 2)
    turned = grid @ np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    assert mcc(turned, grid) == pytest.approx(1 / np.sqrt(2))


def test_spearman_allows_a_monotone_rescaling():
    codes = np.exp(5 * factors)
    assert mcc(codes, factors, method="spearman") == pytest.approx(1)
    assert mcc(codes, factors) < 0.95


def test_held_out_assignment_does_not_flatter():
    few = np.random.default_rng(0)
    codes, truth = few.standard_normal((30, 6)), few.standard_normal((30, 6))
    assert mcc(codes, truth, held_out=True, random_state=0) < mcc(codes, truth)
    assert mcc(factors[:, ::-1], factors, held_out=True, random_state=0) == pytest.approx(1)


@pytest.mark.parametrize(
    ("codes", "truth", "arguments", "message"),
    [
        (factors, factors[:-1], {}, "as many rows; got 500 and 499"),
        (factors * np.nan, factors, {}, "`codes` must be finite"),
        (factors, factors * np.inf, {}, "`factors` must be finite"),
        (factors, factors, {"method": "kendall"}, "`method` must be one of"),
        (factors[:1], factors[:1], {}, "at least 2 rows; got 1"),
        (factors[:3], factors[:3], {"held_out": True}, "at least 4 rows; got 3"),
        (factors[None], factors, {}, r"`codes` must have the shape"),
        (factors[:, :0], factors, {}, r"`codes` must have the shape"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_mcc_bad_input(codes, truth, arguments, message):
    with pytest.raises(ValueError, match=message):
        mcc(codes, truth, **arguments)


def test_closest_pairs_match_all_pairs(rng):
    X = rng.standard_normal((60, 5))
    distance, i, j = closest_pairs(X)
    expected = np.sort(pdist(X))[: len(distance)]
    np.testing.assert_allclose(np.sort(distance), expected, atol=1e-10)
    np.testing.assert_allclose(distance, np.linalg.norm(X[i] - X[j], axis=1), atol=1e-10)
    assert len(distance) == 100
    assert len(closest_pairs(rng.standard_normal((80, 5)))[0]) == int(0.05 * 80 * 79 / 2)


@pytest.mark.parametrize("d", [1, 2, 4])
def test_isometric_codes_in_any_scale(d, rng):
    X = rng.uniform(size=(300, d))
    assert local_isometry(X, X) == pytest.approx(1)
    # only as closely as the scales of the columns are found
    scales = 10.0 ** rng.uniform(-6, 6, size=d)
    assert local_isometry(X, X * scales) == pytest.approx(1, abs=1e-4)


def test_scale_is_the_least_squares_one(rng):
    """Against a plain search over the scales of two columns."""
    X = rng.uniform(size=(150, 2))
    codes = np.column_stack([3 * X[:, 0] + 0.3 * np.sin(9 * X[:, 1]), 0.2 * X[:, 1]])
    distance, i, j = closest_pairs(X)
    squares = (codes[i] - codes[j]) ** 2
    best = min(
        (((np.sqrt(squares @ [a, b]) - distance) ** 2).sum(), a, b)
        for a in np.linspace(0.01, 0.2, 60)
        for b in np.linspace(1, 40, 120)
    )
    scaled = np.sqrt(squares @ best[1:])
    expected = np.corrcoef(distance, scaled)[0, 1]
    assert local_isometry(X, codes) == pytest.approx(expected, abs=2e-3)


def test_entangled_codes_score_low(rng):
    X = rng.uniform(size=(500, 2))
    assert local_isometry(X, rng.uniform(size=(500, 2))) < 0.2
    assert local_isometry(X, np.ones((500, 2))) == 0
    assert local_isometry(np.ones((500, 2)), X) == 0


def test_sample_is_enough(rng):
    X = rng.uniform(size=(3000, 2))
    codes = X + 0.01 * rng.standard_normal(X.shape)
    few = local_isometry(X, codes, max_rows=500, random_state=0)
    many = local_isometry(X, codes, max_rows=2000, random_state=0)
    assert few == pytest.approx(many, abs=0.02)
    assert few == local_isometry(X, codes, max_rows=500, random_state=0)


@pytest.mark.parametrize(
    ("X", "codes", "arguments", "message"),
    [
        (factors, factors[:-1], {}, "must have as many rows, at least 3"),
        (factors[:2], factors[:2], {}, "must have as many rows, at least 3"),
        (factors, factors[:, :0], {}, r"`codes` must have the shape"),
        (factors[None], factors, {}, r"`X` must have the shape"),
        (factors + 1j, factors, {}, "`X` must be real"),
        (factors, np.full((500, 1), np.nan), {}, "`codes` must be finite"),
        (factors, factors, {"max_rows": 2}, "`max_rows` must be at least 3; got 2"),
    ],
)
def test_local_isometry_bad_input(X, codes, arguments, message):
    with pytest.raises(ValueError, match=message):
        local_isometry(X, codes, **arguments)


def naive_dependence(x, y, tolerance=0.0):
    """Pearson's phi^2 of two columns from the cosines of their ranks, by Gram-Schmidt."""
    n, bases = len(x), []
    for column in (x, y):
        w = tolerance * np.std(column)
        u = [(np.sum(column < v - w) + np.sum(column <= v + w)) / (2 * n) for v in column]
        basis = [np.ones(n) / np.sqrt(n)]
        for k in range(1, 5):
            wave = np.cos(np.pi * k * np.array(u))
            for _ in range(2):
                for other in basis:
                    wave = wave - other * (other @ wave)
            basis.append(wave / np.linalg.norm(wave))
        bases.append(basis[1:])
    total = sum((a @ b) ** 2 for a in bases[0] for b in bases[1])
    return np.sqrt(min(max(total - 16 / n, 0), 1))


@pytest.mark.parametrize("seed", range(5))
def test_dependence_matches_the_naive_one(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(200).round(1)  # with ties
    y = x**2 + seed * rng.standard_normal(200)
    matrix = pairwise_dependence(np.column_stack([x, y]))
    assert matrix[0, 1] == pytest.approx(naive_dependence(x, y))
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_array_equal(np.diag(matrix), 1)
    near = pairwise_dependence(np.column_stack([x, y]), tolerance=0.1)[0, 1]
    assert near == pytest.approx(naive_dependence(x, y, 0.1))
    if seed > 0:  # else y is a function of x, whatever the tolerance
        assert near != matrix[0, 1]


def test_dependence_of_independent_columns_is_chance(rng):
    excess = []
    for _ in range(200):
        codes = np.column_stack([rng.uniform(size=500), rng.exponential(size=500)])
        excess.append(pairwise_dependence(codes)[0, 1])
    assert np.median(excess) < 0.08
    assert np.quantile(excess, 0.99) < (5 * 32**0.5 / 500) ** 0.5


def test_dependence_of_errors_is_none_within_the_tolerance(rng):
    factors = np.column_stack([np.minimum(rng.uniform(size=1000), 0.5), rng.uniform(size=1000)])
    turned = factors @ np.array([[1, -0.001], [0.001, 1]])
    assert pairwise_dependence(factors)[0, 1] < 0.1
    assert pairwise_dependence(turned)[0, 1] > 0.4
    assert pairwise_dependence(turned, tolerance=0.01)[0, 1] < 0.1
    for wrong in (-1, np.nan):
        with pytest.raises(ValueError, match="`tolerance` must be a finite number of at least 0"):
            pairwise_dependence(turned, tolerance=wrong)


def test_dependence_sees_what_a_correlation_cannot(rng):
    z = rng.uniform(-1, 1, size=(20_000, 2))
    disc = z[(z**2).sum(axis=1) < 1]
    assert abs(np.corrcoef(disc.T)[0, 1]) < 0.02
    assert pairwise_dependence(disc)[0, 1] == pytest.approx(0.30, abs=0.02)
    # the same for any rescaling of a column
    np.testing.assert_allclose(
        pairwise_dependence(disc), pairwise_dependence(np.exp(3 * disc)), atol=1e-12
    )
    assert pairwise_dependence(z[:, 0]).tolist() == [[1.0]]


def test_predictability(rng):
    x, y = rng.uniform(-1, 1, size=(2, 4000))
    found = predictability(np.column_stack([x, y, x**2 - y**2]))
    assert found[2] > 0.95
    assert np.abs(predictability(np.column_stack([x, y]))).max() < 0.1
    assert predictability(x).tolist() == [0]
    assert predictability(np.column_stack([x, np.ones(4000)]))[1] == 0
    assert predictability(np.ones((1, 2))).tolist() == [0, 0]


@pytest.mark.parametrize("metric", [pairwise_dependence, predictability])
def test_dependence_of_bad_codes(metric):
    with pytest.raises(ValueError, match="`codes` must be finite"):
        metric(np.full((9, 2), np.nan))


def test_dependence_of_columns_of_few_values(rng):
    coins = rng.integers(0, 2, (3000, 2))
    assert pairwise_dependence(coins)[0, 1] < 0.06
    same = np.column_stack([coins[:, 0], coins[:, 0]])
    assert pairwise_dependence(same)[0, 1] == pytest.approx(1, abs=1e-3)
    zeros = (rng.random((3000, 2)) < 0.1) * rng.random((3000, 2))
    assert pairwise_dependence(zeros)[0, 1] < 0.06
    assert pairwise_dependence(np.ones((50, 2)))[0, 1] == 0


def test_dependence_of_one_row():
    with pytest.raises(ValueError, match="`codes` must have at least 2 rows; got 1"):
        pairwise_dependence(np.zeros((1, 2)))


def test_numbers_too_large_for_differences():
    places = np.random.default_rng(0).uniform(size=(20, 2))
    huge = np.sign(places - 0.5) * np.finfo(float).max
    for X, codes in ((places, huge), (huge, places)):
        with pytest.raises(ValueError, match=r"must not exceed 1e\+300, .* Divide them"):
            local_isometry(X, codes)
    assert np.isfinite(local_isometry(1e300 * np.sign(places - 0.5), places))


@pytest.mark.parametrize("n_neighbors", [0, -7, 2.5, float("nan"), "a", np.array([2.0, 3.0])])
def test_neighbours_of_predictability(n_neighbors):
    with pytest.raises((TypeError, ValueError), match="`n_neighbors` must be"):
        predictability(np.eye(5), n_neighbors)
    with pytest.raises(ValueError, match=r"`codes` must have the shape"):
        predictability(np.zeros((0, 3)))
