"""ICA: the standard errors of a jackknife, and what is too little to have any."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ortho_group

from hessmap.ica import CONTRASTS, fit_ica
from hessmap.ica.certificate import jackknife_of_rows
from hessmap.ica.cumulants import random_groups
from hessmap.ica.logcosh import LogCosh
from hessmap.ica.search import settle
from hessmap.ica.whitening import whitening_of

from .ica_cases import mixed, whitened


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_standard_errors_are_the_real_spread(contrast):
    mix = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.3, -0.5, 1.5]])
    truth = mix * np.sqrt([1 / 3, 2, 1.09])
    found, errors = [], []
    for seed in range(100):
        factors = mixed(np.random.default_rng(seed), 1500, 3)
        result = fit_ica(factors @ mix.T, contrast=contrast, random_state=seed)
        cosines = np.linalg.solve(truth, result.mixing)
        order = np.abs(cosines).argmax(axis=1)
        sign = np.sign(cosines[np.arange(3), order])
        found.append(result.mixing[:, order] * sign)
        errors.append(result.mixing_error[:, order])
    np.testing.assert_allclose(np.mean(errors, axis=0), np.std(found, axis=0), rtol=0.3)


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_errors_of_the_directions_are_the_real_ones(contrast):
    """Of a rotation of white factors, to which the directions found are compared."""
    truth = ortho_group.rvs(3, random_state=0)
    turns, errors = [], []
    for seed in range(100):
        factors = mixed(np.random.default_rng(seed), 1500, 3) / np.sqrt([1 / 3, 2, 1.09])
        embedding = factors @ truth
        result = fit_ica(embedding, contrast=contrast, random_state=seed)
        whitening = whitening_of(embedding - embedding.mean(axis=0))
        cosines = np.abs(truth @ np.linalg.solve(whitening.T, result.unmixing.T))
        turns.append(np.arccos(np.minimum(cosines.max(axis=1), 1)))
        errors.append(result.rotation_error[cosines.argmax(axis=1)])
    spread = np.sqrt(np.mean(np.square(turns), axis=0))
    np.testing.assert_allclose(np.mean(errors, axis=0), spread, rtol=0.3)


def test_one_step_of_logcosh_is_its_refit():
    """A refit without each group, from scratch, beside the one Newton step of all equations."""
    rng = np.random.default_rng(0)
    white = whitened(np.column_stack([mixed(rng, 4000, 2), rng.exponential(size=4000)]))
    groups = random_groups(4000, 10, np.random.RandomState(0))
    rotation = settle(LogCosh(white), np.eye(3)).rotation
    refits = jackknife_of_rows(LogCosh(white), rotation, groups)
    for group, mixing in zip(groups, refits.mixing, strict=True):
        rest = np.delete(white, group, axis=0)
        rest = rest - rest.mean(axis=0)
        whiten = whitening_of(rest)
        refit = settle(LogCosh(rest @ whiten.T), rotation).rotation
        exact = np.linalg.solve(whiten, refit.T)
        moved = np.abs(exact - rotation.T).max()
        np.testing.assert_allclose(mixing, exact, atol=0.1 * moved)


@pytest.mark.filterwarnings("ignore::hessmap.ConvergenceWarning")
@pytest.mark.parametrize("contrast", CONTRASTS)
def test_gaussian_sources_are_unstable(contrast):
    rng = np.random.default_rng(0)
    gaussian = fit_ica(rng.standard_normal((3000, 5)), contrast=contrast, random_state=0)
    conforming = fit_ica(rng.uniform(size=(3000, 5)), contrast=contrast, random_state=0)
    assert gaussian.stability < 0.95
    assert conforming.stability > 0.99
    assert np.abs(gaussian.kurtosis).max() < 0.5


def test_too_few_rows_to_leave_any_out():
    result = fit_ica(np.random.default_rng(0).uniform(size=(12, 11)), random_state=0)
    assert np.isinf(result.mixing_error).all()
    assert result.stability == pytest.approx(0)


@pytest.mark.parametrize("contrast", ["auto", "cube", "logcosh"])
@pytest.mark.filterwarnings("ignore::hessmap.ConvergenceWarning")
def test_so_few_rows_that_none_can_be_left_out(contrast):
    rows = np.random.default_rng(0).standard_normal((4, 3))
    result = fit_ica(rows, contrast=contrast, random_state=0)
    assert result.stability == pytest.approx(0, abs=1e-9)
    assert np.isinf(result.mixing_error).all()
