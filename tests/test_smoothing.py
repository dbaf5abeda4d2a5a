"""The standard deviation that Blur chooses, against each of them tried by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import hessmap.smoothing
from hessmap import HessianEigenmaps, HessianICA
from hessmap.datasets import shapes_xc
from hessmap.metrics import local_isometry, mcc
from hessmap.pictures import Blur

SHAPE = (32, 32, 2)


@pytest.fixture(scope="module")
def pictures():
    return shapes_xc(1500, size=32, side=9, random_state=0)


@pytest.fixture(scope="module")
def blur(pictures):
    return Blur(SHAPE, "auto", random_state=0).fit(pictures[0])


def test_finds_what_sharp_pictures_hide(pictures, blur):
    """A square that moves along the diagonal and changes its colour: nothing without smoothing."""
    X, factors = pictures
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sharp = HessianICA(random_state=0).fit_transform(X)
    smooth = HessianICA(random_state=0).fit_transform(blur.transform(X))
    assert mcc(sharp, factors) < 0.7
    assert mcc(smooth, factors) > 0.99


def test_trials_are_what_each_standard_deviation_gives(pictures, blur):
    X, _ = pictures
    assert blur.sigma_ == blur.trials_[0].sigma > 0
    losses = [trial.loss for trial in blur.trials_]
    assert losses == sorted(losses)
    for trial in blur.trials_[:2]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = HessianEigenmaps(2, random_state=0).fit(
                Blur(SHAPE, trial.sigma).fit_transform(X)
            )
        # beside thinned pixels, and another thousand rows
        assert model.report_.spectral_gap == pytest.approx(trial.gap, abs=0.05)
        isometry = local_isometry(X, model.embedding_, random_state=0)
        assert isometry == pytest.approx(trial.isometry, abs=0.05)


def test_the_same_again_and_with_a_large_sample(pictures, blur, monkeypatch):
    X, _ = pictures
    again = Blur(SHAPE, "auto", random_state=0).fit(X)
    assert again.trials_ == blur.trials_
    monkeypatch.setattr(hessmap.smoothing, "SAMPLE_ROWS", 1000)
    sampled = Blur(SHAPE, "auto", random_state=0).fit(X)
    assert sampled.trials_ != blur.trials_
    assert sampled.sigma_ > 0


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_thinned_pixels_keep_distances(pictures, sigma):
    X = pictures[0][:200]
    smooth = Blur(SHAPE, sigma).fit_transform(X)
    thin = hessmap.smoothing._thinned(smooth, SHAPE, sigma)
    assert thin.shape[1] == smooth.shape[1] / int(sigma) ** 2
    whole, kept = (np.linalg.norm(rows[1:] - rows[:1], axis=1) for rows in (smooth, thin))
    assert np.corrcoef(kept, whole)[0, 1] > 0.998
    np.testing.assert_allclose(kept * int(sigma), whole, rtol=0.2)


def test_a_given_standard_deviation_tries_nothing(pictures):
    assert Blur(SHAPE, 2.0).fit(pictures[0]).trials_ == ()


def test_hopeless_pictures_say_why():
    X = np.repeat(np.eye(2), 20, axis=0) @ np.random.default_rng(0).uniform(size=(2, 256))
    with pytest.raises(ValueError, match="distinct rows"):
        Blur((16, 16), "auto").fit(X)
