"""The report: numbers that are true, findings that are right."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import hessmap
from hessmap import (
    AssumptionWarning,
    DisconnectedGraphError,
    DisconnectedWarning,
    HessianEigenmaps,
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
from hessmap.diagnosis.connection import bottleneck
from hessmap.diagnosis.metric import metric_distortion
from hessmap.diagnosis.residual import leftover_direction
from hessmap.diagnosis.score import score
from hessmap.metrics import local_isometry, mcc
from hessmap.pictures import Blur
from hessmap.stages import STAGES

pytestmark = pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")


def codes(model):
    return {finding.code for finding in model.report_.findings}


def test_good_data_have_no_findings_and_true_numbers():
    X, _ = swiss_roll(2000, random_state=0)
    X = np.concatenate([X, X[:30]])
    model = HessianICA(random_state=0).fit(X)
    report = model.report_
    assert report.ok
    assert report.findings == ()
    assert (report.n_rows, report.n_columns, report.n_nodes) == (2030, 3, 2000)
    assert report.n_duplicates == 30
    assert report.n_neighbors == model.n_neighbors_ == 16
    assert report.n_components == 2
    assert report.n_components_connected == 1
    assert report.n_outliers == 0
    assert tuple(report.stage_seconds) == STAGES
    assert all(seconds >= 0 for seconds in report.stage_seconds.values())
    assert 1e7 < report.peak_bytes < 1e12
    assert report.local_isometry == pytest.approx(
        local_isometry(X[:2000], model.embedding_[:2000]), abs=0.005
    )
    values = model.eigenvalues_
    assert report.spectral_gap == pytest.approx(values[2] / values[3])
    assert report.eigen_sin_bound < 1e-6
    assert report.eigen_residual < 1e-12
    assert report.n_far == 0
    assert report.reconstruction_error < 0.01
    assert report.resolutions[-1].n_nodes == 2000
    assert "clearest gap" in report.choices["n_nodes"]
    kurtosis = (model.sources_[:2000] ** 4).mean(axis=0) - 3
    np.testing.assert_allclose(report.source_kurtosis, kurtosis, atol=1e-8)
    assert report.ica_stability > 0.99
    assert report.source_dependence < 0.1
    with pytest.raises(FrozenInstanceError):
        report.n_rows = 3


def test_text_and_html():
    X, _ = swiss_roll(1500, random_state=0)
    report = HessianICA(random_state=0).fit(X).report_
    text, html = str(report), report._repr_html_()
    assert text.startswith("hessmap report: nothing was found against the assumptions (expected")
    assert f"(expected MCC {report.score:.4f})." in text
    assert "local_isometry" in text
    assert "<table>" in html
    bad, _ = swiss_roll(400, random_state=0)
    report = HessianEigenmaps(random_state=0).fit(bad).report_
    text = str(report).splitlines()
    assert text[0] == "hessmap report: do not trust this result before reading on."
    for line, finding in zip(text[1:], report.findings, strict=False):
        assert line == f"  ! {finding.code}: {finding.message}"
        assert f"<li><b>{finding.code}</b>" in report._repr_html_()
    assert report.source_kurtosis is None
    assert report.source_dependence is None


def test_sharp_pictures_are_not_isometric_and_smooth_ones_are():
    X, _ = shapes_xc(2000, random_state=0)
    assert "not-isometric" in codes(HessianICA(random_state=0).fit(X))
    smooth = Blur((48, 48, 2), 3).fit_transform(X)
    assert HessianICA(random_state=0).fit(smooth).report_.ok


@pytest.mark.filterwarnings("ignore::hessmap.ConvergenceWarning")
@pytest.mark.parametrize("seed", range(4))
def test_gaussian_factors_are_named(seed):
    rng = np.random.default_rng(seed)
    z = 0.3 * rng.standard_normal((3000, 2))
    X = np.column_stack([np.cos(z), np.sin(z)])
    found = codes(HessianICA(random_state=0).fit(X))
    assert "gaussian-sources" in found


def test_no_neighbourhood_smaller_than_the_data_has_no_gap():
    X = np.random.default_rng(0).standard_normal((12, 3))
    with pytest.warns(hessmap.ConvergenceWarning, match="only known to within an angle"):
        model = HessianEigenmaps(n_neighbors=12).fit(X)
    assert {"eigen-not-converged", "no-spectral-gap"} <= codes(model)
    assert not model.report_.ok


@pytest.mark.filterwarnings("ignore::hessmap.ConvergenceWarning")
def test_pieces_that_wide_neighbourhoods_connect():
    first, _ = arcs(50, 2, random_state=0)
    second, _ = arcs(200, 2, random_state=1)
    X = np.concatenate([first, second + 30])
    with pytest.warns(DisconnectedWarning, match=r"n_neighbors=16 .* 2 components; 64 neighbours"):
        model = HessianEigenmaps(random_state=0).fit(X)
    assert model.n_neighbors_ == 64
    assert "disconnected" in codes(model)
    assert model.report_.n_components_connected == 2


def test_pieces_that_nothing_connects():
    first, _ = arcs(300, 2, random_state=0)
    second, _ = arcs(200, 2, random_state=1)
    X = np.concatenate([first, second + 30])
    with pytest.raises(DisconnectedGraphError, match=r"2 components of 300, 200 nodes"):
        HessianEigenmaps(random_state=0).fit(X)
    with pytest.raises(DisconnectedGraphError, match=r"n_neighbors=20 it falls into 2 components"):
        HessianEigenmaps(random_state=0, n_neighbors=20).fit(X)


@pytest.mark.parametrize("distance", [1e4, 1e6])
def test_a_row_far_from_all_others_changes_nothing(distance):
    X, _ = swiss_roll(1500, random_state=0)
    clean = HessianICA(random_state=0, n_nodes=None).fit(X)
    model = HessianICA(random_state=0, n_nodes=None).fit(np.concatenate([X, [[distance] * 3]]))
    assert codes(model) == {"far-from-manifold"}
    assert (model.report_.n_outliers, model.report_.n_far) == (1, 1)
    assert model.node_of_[-1] == -1
    assert np.isnan(model.sources_[-1]).all()
    np.testing.assert_allclose(model.sources_[:-1], clean.sources_, atol=1e-6)


def test_warnings_point_at_the_line_that_called(recwarn):
    X = np.random.default_rng(0).standard_normal((12, 3))
    HessianICA(n_neighbors=12).fit_transform(X)
    assert len(recwarn) > 0
    assert {warning.filename for warning in recwarn} == {__file__}


def test_skewed_factors_with_little_kurtosis_are_not_gaussian():
    rng = np.random.default_rng(0)
    z = np.column_stack([rng.beta(2, 5, 3000), rng.triangular(0, 0.3, 1, 3000)])
    X = np.column_stack([np.cos(z), np.sin(z)])
    assert HessianICA(random_state=0).fit(X).report_.ok


def test_findings_are_a_warning_too():
    X, _ = sphere_patch(1000, opening=120, random_state=0)
    with pytest.warns(AssumptionWarning, match="not-isometric: print `report_`"):
        HessianEigenmaps(random_state=0).fit(X)


def test_progress_bar(capsys):
    X, _ = arcs(200, 2, random_state=0)
    HessianICA(random_state=0, verbose=True).fit(X)
    assert "9/9" in capsys.readouterr().err
    HessianICA(random_state=0).fit(X)
    assert capsys.readouterr().err == ""


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


def test_distortion_of_known_maps():
    rng = np.random.default_rng(0)
    z = rng.uniform(-1, 1, size=(4000, 2))
    rows = np.column_stack([z, np.zeros((4000, 3))])
    assert metric_distortion(rows, z).value < 1e-6
    mixed = z @ rng.standard_normal((2, 2))  # a common linear map is no distortion
    assert metric_distortion(rows, mixed).value < 1e-6
    # dx = exp(h) dy with h uniform on +-0.5 in one of the two directions, and none in the other
    bent = np.column_stack([np.exp(z[:, 0] / 2), z[:, 1]])
    for both in (bent, bent @ rng.standard_normal((2, 2))):
        assert 0.1 < metric_distortion(rows, both).value < 0.3
    curve = np.column_stack([z[:, :1], np.zeros((4000, 3))])
    found = metric_distortion(curve, np.exp(z[:, :1] / 2)).value
    h = -z[:, 0] / 2  # the logarithm of dx/dy, up to a constant
    assert found == pytest.approx(np.median(np.abs(h - np.median(h))), rel=0.1)
    noise = 0.005 * rng.standard_normal(rows.shape)
    assert metric_distortion(rows + noise, z).value < 0.05
    assert metric_distortion(rows + noise, both).value > 0.1


def test_distortion_that_cannot_be_told():
    rng = np.random.default_rng(0)
    z = rng.uniform(-1, 1, size=(500, 2))
    assert np.isnan(metric_distortion(rng.standard_normal((500, 5)), z).value)
    assert np.isnan(metric_distortion(z, np.column_stack([z[:, 0], np.zeros(500)])).value)
    assert np.isnan(metric_distortion(z[:6], z[:6]).value)


def test_bottleneck():
    rng = np.random.default_rng(0)
    box = rng.uniform(size=(2000, 2)) * [5, 1]
    assert bottleneck(box, 16) > 0.5
    assert bottleneck(rng.uniform(size=(900, 5)), 35) > 0.5
    assert bottleneck(np.sort(rng.uniform(size=(900, 1)), axis=0), 12) > 0.4
    apart = box + [3, 0] * (box[:, :1] > 2.5)
    assert bottleneck(apart, 16) == 0
    waist = box[(np.abs(box[:, 0] - 2.5) > 0.5) | (np.abs(box[:, 1] - 0.5) < 0.05)]
    assert 0 < bottleneck(waist, 16) < 0.2
    assert bottleneck(box[:20], 16) == 1


def test_the_score_falls_with_every_error():
    good = {
        "n_rows": 10_000,
        "local_isometry": 1.0,
        "metric_distortion": 0.0,
        "noise_share": 0.0,
        "leftover": 0.0,
        "n_components": 2,
        "disagreement": 0.0,
        "spectral_gap": 0.3,
        "rotation_error": np.zeros(2),
        "dependence": 0.0,
        "n_gaussian": 0,
    }
    best = score(**good)
    assert best == pytest.approx(1 - 2.5e-5)
    worse = {
        "n_rows": 100,
        "metric_distortion": 0.3,
        "noise_share": 0.1,
        "disagreement": 0.1,
        "rotation_error": np.full(2, 0.3),
        "dependence": 0.5,
        "leftover": 0.2,
        "n_gaussian": 2,
    }
    for name, value in worse.items():
        assert score(**good | {name: value}) < best, name
    clear = good | {"disagreement": 0.5, "spectral_gap": 0.0}
    assert score(**clear) == pytest.approx(best)
    hidden = good | {"metric_distortion": np.nan, "disagreement": np.nan}
    assert score(**hidden) == pytest.approx(best)
    assert score(**hidden | {"local_isometry": 0.4}) == pytest.approx(0.4 * best)
    without_ica = score(**good | {"rotation_error": None, "dependence": None})
    assert without_ica == pytest.approx(best)


def test_numbers_of_the_sources():
    X, _ = triangle(2000, random_state=0)
    model = HessianICA(random_state=0).fit(X)
    report = model.report_
    from hessmap.metrics import pairwise_dependence

    np.testing.assert_allclose(
        report.dependence_matrix, pairwise_dependence(model.sources_), atol=1e-9
    )
    assert report.source_dependence == report.dependence_matrix[0, 1]
    assert report.mixing_error.shape == (2, 2)
    assert (report.mixing_error > 0).all()
    assert (
        report.eigenvalues is model.eigenvalues_ or (report.eigenvalues == model.eigenvalues_).all()
    )
    assert report.pair_distances.shape[1] == 2
    assert report.n_components == model.n_components_ == 2


def test_plot_of_a_report():
    from matplotlib import pyplot as plt

    X, _ = swiss_roll(2000, random_state=0)
    axes = HessianICA(random_state=0).fit(X).report_.plot()
    assert axes.shape == (2, 2)
    figure = axes[0, 0].get_figure()
    figure.canvas.draw()
    assert "nothing was found" in figure._suptitle.get_text()
    plt.close(figure)


def test_leftover_direction():
    """A missing factor leaves one direction at each place, noise leaves none."""
    rng = np.random.default_rng(0)
    z = rng.uniform(-1, 1, size=(1500, 2)) * [1, 0.2]
    flat = np.column_stack([z, np.zeros((1500, 4))])
    turned = flat @ np.linalg.qr(rng.standard_normal((6, 6)))[0]
    noise = 0.005 * rng.standard_normal(turned.shape)
    missing = turned * 1.0
    missing -= np.outer(z[:, 1], turned.T @ z[:, 1] / (z[:, 1] @ z[:, 1]))
    extent = np.sqrt((turned**2).sum(axis=1).mean())
    found = leftover_direction(turned + noise, missing, z[:, :1])
    assert found == pytest.approx(z[:, 1].std() / extent, rel=0.1)
    assert leftover_direction(turned + noise, turned, z) == 0
    assert leftover_direction(turned[:, :2], turned[:, :2], z[:, :1]) == 0
    assert leftover_direction(turned[:50], missing[:50], z[:50, :1]) == 0


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


def test_few_rows_of_known_direction_are_not_called_gaussian():
    X = on_arcs(np.random.default_rng(0).uniform(size=(150, 2)), n_features=10, random_state=0)
    report = HessianICA(random_state=0).fit(X).report_
    assert report.ica_stability > 0.99
    assert "gaussian-sources" not in {finding.code for finding in report.findings}


def test_the_laplacian_is_blamed_itself():
    X, _ = arcs(1500, 2, random_state=0)
    report = HessianICA(operator="laplacian", random_state=0).fit(X).report_
    assert any("graph Laplacian does not keep lengths" in one.message for one in report.findings)
