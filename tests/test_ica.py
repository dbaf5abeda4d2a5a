"""ICA: recovery, saddles, certificates and conventions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ortho_group

from hessmap import ConvergenceWarning
from hessmap.cumulants import cumulants_of, group_moments
from hessmap.ica import (
    _best_angle,
    _fixed_point,
    _orthonormalised,
    _repair_pairs,
    _rotation,
    _whitening,
    fit_ica,
)
from hessmap.metrics import mcc


def uniform(rng, n, d):
    return rng.uniform(-1, 1, size=(n, d))


def laplace(rng, n, d):
    return rng.laplace(size=(n, d))


def bimodal(rng, n, d):
    return rng.choice([-1.0, 1.0], size=(n, d)) + 0.3 * rng.standard_normal((n, d))


def mixed(rng, n, d):
    return np.column_stack([(uniform, laplace, bimodal)[j % 3](rng, n, 1) for j in range(d)])


@pytest.mark.parametrize("d", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("make", [uniform, laplace, bimodal, mixed])
def test_recovers_sources_from_any_mix(make, d):
    rng = np.random.default_rng(d)
    factors = make(rng, 4000, d)
    sizes = 10.0 ** rng.uniform(-3, 3, size=d)
    mixing = sizes[:, None] * (ortho_group.rvs(d, random_state=d) if d > 1 else np.ones((1, 1)))
    result = fit_ica(factors @ mixing.T + 5, random_state=0)
    assert result.converged
    assert mcc(result.sources, factors) > 0.98
    assert result.stability > 0.99
    assert result.dependence < 0.15


def test_parts_of_the_result_agree():
    rng = np.random.default_rng(0)
    embedding = mixed(rng, 2000, 3) @ rng.standard_normal((3, 3)).T + [1, 2, 3]
    result = fit_ica(embedding, random_state=0)
    np.testing.assert_allclose(result.sources @ result.mixing.T + result.mean, embedding)
    np.testing.assert_allclose((embedding - result.mean) @ result.unmixing.T, result.sources)
    np.testing.assert_allclose(result.sources.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.cov(result.sources.T, ddof=0), np.eye(3), atol=1e-10)
    kurtosis = (result.sources**4).mean(axis=0) - 3
    np.testing.assert_allclose(result.kurtosis, kurtosis, atol=1e-10)
    assert (np.diff(np.abs(result.kurtosis)) <= 0).all()
    largest = np.abs(result.mixing).argmax(axis=0)
    assert (result.mixing[largest, np.arange(3)] > 0).all()
    squares = np.abs(np.corrcoef(result.sources.T**2))
    assert result.dependence == pytest.approx(squares[~np.eye(3, dtype=bool)].max())


def test_cumulants_match_their_definition():
    white = np.random.default_rng(0).standard_normal((500, 3))
    white = (white - white.mean(axis=0)) @ _whitening(white - white.mean(axis=0)).T
    cumulants = cumulants_of(*group_moments(white, np.random.RandomState(0)))
    for index in np.ndindex(3, 3, 3, 3):
        a, b, c, d = index
        moment = (white[:, a] * white[:, b] * white[:, c] * white[:, d]).mean()
        gaussian = (a == b) * (c == d) + (a == c) * (b == d) + (a == d) * (b == c)
        assert cumulants.fourth[index] == pytest.approx(moment - gaussian, abs=1e-10)
    for index in np.ndindex(3, 3, 3):
        moment = np.prod([white[:, a] for a in index], axis=0).mean()
        assert cumulants.third[index] == pytest.approx(moment, abs=1e-10)


def test_fixed_point_matches_a_pass_over_the_rows():
    """One step on the cumulants is the textbook's E[z (w'z)^3] - 3w."""
    rng = np.random.default_rng(0)
    white = uniform(rng, 1000, 3) * np.sqrt(3)
    white = (white - white.mean(axis=0)) @ _whitening(white - white.mean(axis=0)).T
    start = ortho_group.rvs(3, random_state=1)
    cumulants = cumulants_of(*group_moments(white, np.random.RandomState(0)))
    expected = (white.T @ (white @ start.T) ** 3 / 1000).T - 3 * start
    found = np.einsum("abcd,ib,ic,id->ia", cumulants.fourth, start, start, start)
    np.testing.assert_allclose(_orthonormalised(found), _orthonormalised(expected), atol=1e-10)


def test_the_45_degree_saddle_is_stationary_and_is_repaired():
    """Sources half and half: the plain iteration stays there, the pair test leaves."""
    side = np.linspace(-1, 1, 101)
    grid = np.stack(np.meshgrid(side, side), axis=2).reshape(-1, 2)
    white = grid / grid.std(axis=0)
    cumulants = cumulants_of(*group_moments(white, np.random.RandomState(0)))
    half = np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2)
    stuck, _, converged = _fixed_point(cumulants, half)
    assert converged
    np.testing.assert_allclose(np.abs(stuck @ half.T), np.eye(2), atol=1e-6)
    _, repaired = _repair_pairs(cumulants, stuck)
    assert repaired
    rotation, _, converged = _rotation(cumulants, half)
    assert converged
    np.testing.assert_allclose(np.abs(rotation).max(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("d", [2, 3, 5])
def test_no_rotation_ends_on_a_saddle(d):
    rng = np.random.default_rng(d)
    factors = uniform(rng, 1000, d)
    scores = [
        mcc(
            fit_ica(factors @ ortho_group.rvs(d, random_state=seed), random_state=seed).sources,
            factors,
        )
        for seed in range(60)
    ]
    assert max(scores) - min(scores) < 1e-3


def test_the_seed_changes_nothing_but_rounding():
    rng = np.random.default_rng(0)
    embedding = mixed(rng, 2000, 3) @ rng.standard_normal((3, 3))
    first = fit_ica(embedding, random_state=0).sources
    for seed in range(1, 6):
        np.testing.assert_allclose(fit_ica(embedding, random_state=seed).sources, first, atol=1e-5)


def test_same_seed_same_bits_and_blocks_do_not_matter(monkeypatch):
    rng = np.random.default_rng(0)
    embedding = mixed(rng, 3000, 2)
    one = fit_ica(embedding, random_state=0)
    np.testing.assert_array_equal(one.sources, fit_ica(embedding, random_state=0).sources)
    monkeypatch.setattr("hessmap.cumulants.BLOCK_ROWS", 100)
    np.testing.assert_allclose(fit_ica(embedding, random_state=0).sources, one.sources, atol=1e-9)


@pytest.mark.filterwarnings("ignore::hessmap.ConvergenceWarning")
def test_gaussian_sources_are_unstable():
    rng = np.random.default_rng(0)
    gaussian = fit_ica(rng.standard_normal((3000, 3)), random_state=0)
    conforming = fit_ica(rng.uniform(size=(3000, 3)), random_state=0)
    assert gaussian.stability < 0.9 < conforming.stability
    assert np.abs(gaussian.kurtosis).max() < 0.5


@pytest.mark.parametrize("scale", [1e-250, 1e250])
def test_any_scale(scale):
    embedding = np.random.default_rng(0).uniform(size=(500, 2))
    expected = fit_ica(embedding, random_state=0)
    found = fit_ica(embedding * scale, random_state=0)
    np.testing.assert_allclose(found.sources, expected.sources, atol=1e-9)
    np.testing.assert_allclose(found.mixing / scale, expected.mixing, atol=1e-9)


def test_two_valued_sources_depend_on_nothing():
    corners = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)] * 10)
    assert fit_ica(corners, random_state=0).dependence == 0


def test_not_reaching_the_fixed_point_is_said(monkeypatch):
    monkeypatch.setattr("hessmap.ica.MAX_ITER", 1)
    with pytest.warns(ConvergenceWarning, match=r"did not reach an optimum within \d+ iterations"):
        result = fit_ica(
            np.random.default_rng(0).uniform(size=(500, 3)), contrast="cube", random_state=0
        )
    assert not result.converged


@pytest.mark.parametrize(
    ("embedding", "arguments", "message"),
    [
        (np.zeros((5, 0)), {}, r"shape \(n, d\) with more rows|minimum of 1"),
        (np.full((9, 2), np.nan), {}, "contains NaN"),
        (np.random.default_rng(0).uniform(size=(9, 2)) + 1j, {}, "Complex data not supported"),
        (np.zeros(5), {}, r"shape \(n, d\) with more rows"),
        (np.zeros((2, 2)), {}, r"shape \(n, d\) with more rows"),
        (np.column_stack([np.arange(9.0), np.ones(9)]), {}, "must vary in every column"),
        (np.column_stack([np.arange(9.0), 2 * np.arange(9.0)]), {}, "span as many dimensions"),
        (np.random.default_rng(0).uniform(size=(9, 2)), {"contrast": "tanh"}, "`contrast` must be"),
    ],
)
def test_bad_input(embedding, arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_ica(embedding, **arguments)


def test_best_angle_is_that_of_a_fine_grid():
    rng = np.random.default_rng(0)
    for _ in range(8):
        white = rng.exponential(size=(300, 3)) * rng.choice([-1, 1], 3)
        white = (white - white.mean(axis=0)) @ _whitening(white - white.mean(axis=0)).T
        cumulants = cumulants_of(*group_moments(white, np.random.RandomState(0)))
        plane = ortho_group.rvs(3, random_state=rng.integers(1000))[:2]
        angles = np.linspace(-np.pi / 4, np.pi / 4, 20_001)
        one = np.outer(np.cos(angles), plane[0]) + np.outer(np.sin(angles), plane[1])
        other = np.outer(np.cos(angles), plane[1]) - np.outer(np.sin(angles), plane[0])
        contrast = 0.0
        for u in (one, other):
            projected = white @ u.T
            contrast += 4 * (projected**3).mean(axis=0) ** 2
            contrast += ((projected**4).mean(axis=0) - 3) ** 2
        found = _best_angle(cumulants, plane)
        at = np.interp(found, angles, contrast)
        assert at == pytest.approx(contrast.max(), rel=1e-6)


@pytest.mark.parametrize("d", [2, 3, 5])
def test_skewed_factors_with_no_kurtosis_are_found(d):
    """Beta(2, 5) has an excess kurtosis of -0.12 and a skewness of 0.6."""
    rng = np.random.default_rng(d)
    factors = rng.beta(2, 5, size=(5000, d))
    mixed = factors @ rng.standard_normal((d, d))
    result = fit_ica(mixed, random_state=0)
    assert mcc(result.sources, factors) > 0.995
    np.testing.assert_allclose((result.sources**3).mean(axis=0), result.skewness, atol=1e-8)
