"""Data that break one assumption are found, and conforming ones left in peace."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap import (
    HessianICA,
)
from hessmap.datasets import (
    arcs,
    blobs,
    brightness_position,
    correlated_factors,
    cylinder,
    disc,
    gaussian_factors,
    on_arcs,
    pure_noise,
    rectangle_rotation,
    shapes_xc,
    sphere_patch,
    swiss_roll,
    torus,
    triangle,
    two_pieces,
)
from hessmap.metrics import mcc
from hessmap.pictures import Blur

pytestmark = pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")


# data, number of components, what must be found, and a word that its first line must hold
CONTROLS = [
    pytest.param(gaussian_factors, 2, "gaussian-sources", "bell curves", id="gaussian"),
    pytest.param(disc, 2, "dependent-sources", "not independent", id="disc"),
    pytest.param(triangle, 2, "dependent-sources", "not independent", id="triangle"),
    pytest.param(correlated_factors, 2, "dependent-sources", "not independent", id="correlated"),
    pytest.param(brightness_position, 2, "dependent-sources", "not independent", id="cone"),
    pytest.param(cylinder, 2, "no-spectral-gap", "like a full turn", id="cylinder"),
    pytest.param(torus, 2, "no-spectral-gap", "like a full turn", id="torus"),
    pytest.param(sphere_patch, 2, "not-isometric", "curved", id="sphere"),
    pytest.param(rectangle_rotation, 2, "not-isometric", "curved", id="bar"),
    pytest.param(
        lambda n, **kw: two_pieces(n, thread=True, **kw),
        2,
        "disconnected",
        "not in one",
        id="thread",
    ),
    pytest.param(
        lambda n, **kw: two_pieces(n, noise=0.02, **kw),
        2,
        "disconnected",
        "not in one",
        id="pieces",
    ),
    pytest.param(lambda n, **kw: arcs(n, 2, **kw), 1, "not-isometric", "n_components", id="1 of 2"),
    pytest.param(lambda n, **kw: arcs(n, 3, **kw), 2, "not-isometric", "n_components", id="2 of 3"),
    pytest.param(
        lambda n, **kw: arcs(n, 1, n_features=10, **kw),
        2,
        "dependent-sources",
        "not indep",
        id="2 of 1",
    ),
    pytest.param(
        lambda n, **kw: arcs(n, 2, n_features=10, **kw),
        3,
        "dependent-sources",
        "fewer factors",
        id="3 of 2",
    ),
    pytest.param(pure_noise, 2, "not-isometric", "noisy", id="noise"),
]


@pytest.mark.filterwarnings("ignore::hessmap.HessmapWarning")
@pytest.mark.parametrize(("make", "d", "code", "word"), CONTROLS)
def test_a_bad_fit_cannot_look_good(make, d, code, word):
    X, _ = make(3000, random_state=0)
    report = HessianICA(d, random_state=0).fit(X).report_
    assert not report.ok
    assert code in {finding.code for finding in report.findings}
    first = " ".join(str(report).splitlines()[1 : 1 + len(report.findings)])
    assert word in first


CONFORMING = [
    pytest.param(lambda: blobs(2000, noise=0.05, random_state=1), id="spot"),
    pytest.param(lambda: arcs(1000, 1, n_features=10, noise=0.01, random_state=1), id="curve"),
    pytest.param(lambda: arcs(2000, 4, noise=0.01, random_state=1), id="d=4"),
    pytest.param(lambda: swiss_roll(3000, noise=0.1, random_state=1), id="roll"),
]


@pytest.mark.parametrize("make", CONFORMING)
def test_a_good_fit_is_left_in_peace_and_the_score_knows_it(make):
    X, factors = make()
    model = HessianICA(factors.shape[1], random_state=0).fit(X)
    report = model.report_
    assert report.ok, str(report)
    assert report.score == pytest.approx(mcc(model.sources_, factors), abs=0.004)


def codes(model):
    return {finding.code for finding in model.report_.findings}


@pytest.mark.parametrize(("at_rest", "seed"), [(0.2, 0), (0.3, 1), (0.5, 0)])
def test_a_factor_that_rests_at_a_value_is_not_dependent(at_rest, seed):
    rng = np.random.default_rng(seed)
    factors = rng.uniform(size=(3000, 2))
    factors[:, 0] = np.maximum(factors[:, 0] - at_rest, 0) / (1 - at_rest)
    model = HessianICA(2, random_state=0).fit(on_arcs(factors))
    assert mcc(model.sources_, factors) > 0.999
    assert model.report_.ok
    assert model.report_.score > 0.95


@pytest.mark.filterwarnings("ignore::hessmap.ConvergenceWarning")
@pytest.mark.parametrize("seed", range(4))
def test_gaussian_factors_are_named(seed):
    rng = np.random.default_rng(seed)
    z = 0.3 * rng.standard_normal((3000, 2))
    X = np.column_stack([np.cos(z), np.sin(z)])
    found = codes(HessianICA(random_state=0).fit(X))
    assert "gaussian-sources" in found


def test_skewed_factors_with_little_kurtosis_are_not_gaussian():
    rng = np.random.default_rng(0)
    z = np.column_stack([rng.beta(2, 5, 3000), rng.triangular(0, 0.3, 1, 3000)])
    X = np.column_stack([np.cos(z), np.sin(z)])
    assert HessianICA(random_state=0).fit(X).report_.ok


def test_few_rows_of_known_direction_are_not_called_gaussian():
    X = on_arcs(np.random.default_rng(0).uniform(size=(150, 2)), n_features=10, random_state=0)
    report = HessianICA(random_state=0).fit(X).report_
    assert report.ica_stability > 0.99
    assert "gaussian-sources" not in {finding.code for finding in report.findings}


def test_sharp_pictures_are_not_isometric_and_smooth_ones_are():
    X, _ = shapes_xc(2000, random_state=0)
    assert "not-isometric" in codes(HessianICA(random_state=0).fit(X))
    smooth = Blur((48, 48, 2), 3).fit_transform(X)
    assert HessianICA(random_state=0).fit(smooth).report_.ok


def test_an_embedding_that_overlaps_itself_is_said():
    """A peak whose place and height vary: a cone that unrolls past a full turn."""
    rng = np.random.default_rng(0)
    z = rng.uniform(size=(1500, 2))
    X = (0.2 + 2 * z[:, 1:]) * np.exp(
        -((np.linspace(0, 1, 60) - (0.2 + 0.6 * z[:, :1])) ** 2) / 0.005
    )
    report = HessianICA(random_state=0).fit(X).report_
    assert "one factor scales the effect of another" in str(report).splitlines()[1]
    assert report.score < 0.7


def test_a_ring_of_sources_is_named():
    X, _ = cylinder(2000, random_state=0)
    report = HessianICA(3, random_state=0).fit(X).report_
    assert report.ring < 0.1
    assert "one factor that closes on itself" in str(report)


def test_the_laplacian_is_blamed_itself():
    X, _ = arcs(1500, 2, random_state=0)
    report = HessianICA(operator="laplacian", random_state=0).fit(X).report_
    assert any("graph Laplacian does not keep lengths" in one.message for one in report.findings)


def test_a_ring_whose_numbers_are_all_within_their_limits():
    """Just so, since its rows are few: together they still tell that it is no curve."""
    turn = np.random.default_rng(5).uniform(0, 2 * np.pi, 100)
    report = (
        HessianICA(1, random_state=0).fit(np.column_stack([np.cos(turn), np.sin(turn)])).report_
    )
    assert "not-isometric" in [finding.code for finding in report.findings]
