"""ICA: no start ends on a saddle, and an optimum that is none is said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ortho_group

from hessmap import ConvergenceWarning
from hessmap.ica import CONTRASTS, fit_ica
from hessmap.ica.cube import Kurtosis, fixed_point
from hessmap.ica.cumulants import packed
from hessmap.ica.planes import Negentropy, sweep
from hessmap.ica.search import best_start, curvature, settle
from hessmap.ica.tangent import orthonormalised
from hessmap.metrics import mcc

from .ica_cases import contrast_of, uniform, whitened


@pytest.mark.parametrize("name", ["cube", "logcosh"])
def test_the_45_degree_saddle_is_stationary_and_is_repaired(name):
    """Sources half and half: the plain iteration stays there, the pair test leaves."""
    side = np.linspace(-1, 1, 101)
    grid = np.stack(np.meshgrid(side, side), axis=2).reshape(-1, 2)
    contrast = contrast_of(name, grid / grid.std(axis=0))
    half = np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2)
    stuck, taken = fixed_point(half[None], contrast.step)
    assert taken < 50
    np.testing.assert_allclose(np.abs(stuck[0] @ half.T), np.eye(2), atol=1e-6)
    assert curvature(contrast.expansion(half)) > 0
    _, turned = sweep(stuck, contrast.best_angle)
    np.testing.assert_allclose(turned, np.pi / 4, atol=0.02)
    for start in (contrast.approach(half[None])[0][0], settle(contrast, half).rotation):
        np.testing.assert_allclose(np.abs(start).max(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("make", [Kurtosis, Negentropy])
def test_a_saddle_of_three_directions_is_seen_and_left(make):
    """Every plane is at its optimum: only turns in several planes at once go up.

    K_iiii = 1 and K_iijk = c couple the planes (i, j) and (i, k) and enter in no single plane.
    """
    fourth = np.zeros((3,) * 4)
    for index in np.ndindex(3, 3, 3, 3):
        counts = sorted(index.count(i) for i in range(3))
        fourth[index] = {(0, 0, 4): 1.0, (1, 1, 2): 0.8}.get(tuple(counts), 0.0)
    contrast = make(packed(np.zeros((3,) * 3), fourth))
    saddle = np.eye(3)
    here = contrast.expansion(saddle)
    np.testing.assert_allclose(here.gradient, 0, atol=1e-12)
    assert (np.diag(here.hessian) < 0).all()
    assert curvature(here) > 0.5
    _, turned = sweep(saddle[None], contrast.best_angle)
    np.testing.assert_allclose(turned, 0, atol=1e-12)
    optimum = settle(contrast, saddle)
    assert optimum.maximum
    assert optimum.value > 1.1 * float(here.value)
    again = contrast.expansion(optimum.rotation)
    np.testing.assert_allclose(again.gradient, 0, atol=1e-8)
    assert optimum.curvature == pytest.approx(np.linalg.eigvalsh(again.hessian)[-1] / again.value)


@pytest.mark.parametrize("contrast", CONTRASTS)
@pytest.mark.parametrize("d", [2, 5])
def test_no_rotation_ends_on_a_saddle(d, contrast):
    rng = np.random.default_rng(d)
    factors = uniform(rng, 500, d)
    scores = [
        mcc(
            fit_ica(
                factors @ ortho_group.rvs(d, random_state=seed),
                contrast=contrast,
                random_state=seed,
            ).sources,
            factors,
        )
        for seed in range(20)
    ]
    assert max(scores) - min(scores) < 1e-6


def test_restarts_find_the_best_of_several_optima():
    """500 rows of eight Beta(2, 5) factors: the starts disagree, the results do not."""
    rng = np.random.default_rng([3, 500, 8])
    white = whitened(rng.beta(2, 5, size=(500, 8)))
    contrast = contrast_of("auto", white)
    ends, _ = contrast.approach(orthonormalised(rng.standard_normal((100, 8, 8))))
    heights = contrast.of_each(ends).sum(axis=1)
    found = [fit_ica(white, random_state=seed) for seed in range(4)]
    for result in found:
        assert result.contrast_value > heights.max() * (1 - 1e-9)
        assert result.restarts in (10, 40)
        np.testing.assert_allclose(result.sources, found[0].sources, atol=1e-6)


def test_starts_that_disagree_are_followed_by_more():
    """Two optima: K_1111 and K_2222, or the same a little lower at 45 degrees."""
    white = whitened(np.random.default_rng(2).standard_normal((200, 6)))
    contrast = contrast_of("auto", white)
    _, _, starts = best_start(contrast, 6, np.random.RandomState(0))
    assert starts == 40
    white = whitened(uniform(np.random.default_rng(0), 2000, 3))
    assert best_start(contrast_of("auto", white), 3, np.random.RandomState(0))[2] == 10
    assert fit_ica(uniform(np.random.default_rng(0), 50, 1), random_state=0).restarts == 1


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_a_circle_has_no_maximum_and_that_is_said(contrast):
    angles = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    with pytest.warns(ConvergenceWarning, match="largest curvature of the contrast"):
        result = fit_ica(circle, contrast=contrast, random_state=0)
    assert not result.converged
    assert abs(result.curvature) < 1e-6


def test_not_reaching_the_optimum_is_said(monkeypatch):
    monkeypatch.setattr("hessmap.ica.search.MAX_STEPS", 0)
    with pytest.warns(ConvergenceWarning, match=r"did not reach an optimum: \d+ iterations"):
        result = fit_ica(np.random.default_rng(0).uniform(size=(500, 3)), random_state=0)
    assert not result.converged
