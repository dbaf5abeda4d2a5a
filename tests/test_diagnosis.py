"""The report of a fit: numbers that are true, warnings and errors that are right."""

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
    sphere_patch,
    swiss_roll,
    triangle,
)
from hessmap.metrics import local_isometry
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


def test_numbers_of_the_sources():
    X, _ = triangle(2000, random_state=0)
    model = HessianICA(random_state=0).fit(X)
    report = model.report_
    from hessmap.metrics import pairwise_dependence

    np.testing.assert_allclose(
        report.dependence_matrix, pairwise_dependence(model.sources_, 0.05), atol=1e-9
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
