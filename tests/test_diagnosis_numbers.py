"""Every number of the report of a fit beside the part of the fit that it is about."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap import HessianEigenmaps, HessianICA
from hessmap.datasets import arcs
from hessmap.diagnosis import LITTLE_NOISE, diagnose
from hessmap.diagnosis.connection import bottleneck
from hessmap.diagnosis.findings import n_gaussian
from hessmap.diagnosis.metric import distortion_beneath_noise, metric_distortion
from hessmap.diagnosis.residual import leftover_direction
from hessmap.diagnosis.score import score
from hessmap.ica import fit_polar
from hessmap.metrics import pairwise_dependence, predictability
from hessmap.metrics.isometry import correlation, pair_distances
from hessmap.nodes.resolution import noise_shares

pytestmark = pytest.mark.filterwarnings("ignore::hessmap.HessmapWarning")


def seen(monkeypatch):
    """The arguments of `diagnose` in fits to come."""
    calls = []

    def spied(laid, counts, **others):
        calls.append((laid, counts, others))
        return diagnose(laid, counts, **others)

    monkeypatch.setattr("hessmap.conclude.diagnose", spied)
    return calls


def check_the_way_back(report, laid):
    """Of every other row of the sample, found without itself where it is a node."""
    codes = laid.extension.transform(laid.sample)[0][::2]
    back = laid.extension.inverse_transform(
        codes, laid.solution.nodes.rows, without_nearest=laid.assignment.exact
    )
    wanted = laid.sample[::2]
    error = np.linalg.norm(back - wanted) / np.linalg.norm(wanted - wanted.mean(axis=0))
    assert report.reconstruction_error == pytest.approx(error)
    assert 0 < error < 0.5
    shares = np.minimum(noise_shares(wanted - back, codes), 1)
    assert report.noise_share == pytest.approx(shares.mean())
    assert report.leftover_direction == leftover_direction(wanted, back, codes)


def test_numbers_are_those_of_the_parts(monkeypatch):
    X, _ = arcs(300, 2, n_features=6, noise=0.01, random_state=0)
    X = np.concatenate([X, X[:5], [[50.0] * 6]])
    calls = seen(monkeypatch)
    model = HessianICA(2, n_nodes=None, random_state=0).fit(X)
    report, ((laid, counts, others),) = model.report_, calls
    solution, ica, projection = laid.solution, others["ica"], others["projection"]
    k = model.n_neighbors_
    assert (report.n_rows, report.n_columns) == (306, 6)
    assert (report.n_outliers, report.n_far, report.n_duplicates) == (1, 1, 5)
    assert report.n_not_finite == 0
    assert counts.n_finite == 306
    assert (report.n_nodes, report.n_neighbors) == (len(solution.nodes.points), k)
    assert (report.n_components, report.operator) == (2, "hessian")
    assert (report.projected_columns, report.projection_agreement) == (6, 1)
    assert report.eigenvalues is solution.pairs.values
    certificate = solution.pairs.certificate
    assert report.spectral_gap == certificate.gap_ratio
    assert report.eigen_residual == certificate.residual
    assert report.eigen_sin_bound == certificate.sin_bound
    assert report.neighbor_recall == solution.found.recall
    assert report.n_components_connected == laid.n_pieces
    assert report.bottleneck == bottleneck(laid.sample, k)
    assert report.resolutions is laid.resolutions
    assert report.choices is laid.choices
    np.testing.assert_equal(report.disagreement, laid.disagreement)
    # the embedding
    pairs = pair_distances(solution.nodes.rows, solution.embedding)
    np.testing.assert_array_equal(report.pair_distances, pairs)
    assert report.local_isometry == correlation(pairs)
    among_nodes = metric_distortion(solution.nodes.points, solution.embedding).value
    np.testing.assert_equal(report.metric_distortion, among_nodes)
    check_the_way_back(report, laid)
    # the sources
    assert report.source_kurtosis is ica.kurtosis
    assert report.source_skewness is ica.skewness
    assert report.ica_stability == ica.stability
    np.testing.assert_array_equal(report.mixing_error, ica.mixing_error * projection.unit)
    dependence = pairwise_dependence(ica.sources, 0.05)
    np.testing.assert_array_equal(report.dependence_matrix, dependence)
    assert report.source_dependence == dependence[0, 1]
    assert report.source_predictability == predictability(ica.sources).max()
    radius = np.hypot(*ica.sources.T)
    assert report.ring == pytest.approx(radius.std() / radius.mean())
    assert report.cone is None
    expected = score(
        n_rows=305,
        local_isometry=report.local_isometry,
        metric_distortion=report.metric_distortion,
        noise_share=report.noise_share,
        leftover=report.leftover_direction,
        n_components=2,
        disagreement=report.disagreement,
        spectral_gap=report.spectral_gap,
        rotation_error=ica.rotation_error,
        dependence=report.source_dependence,
        n_gaussian=n_gaussian(305, ica.kurtosis, ica.skewness, ica.stability),
    )
    assert report.score == expected
    assert "far-from-manifold" in {finding.code for finding in report.findings}
    assert report.peak_bytes > 1e6


def test_without_ica_there_are_no_numbers_of_sources():
    X, _ = arcs(200, 2, random_state=0)
    report = HessianEigenmaps(2, n_nodes=None, random_state=0).fit(X).report_
    for name in (
        "source_kurtosis",
        "source_skewness",
        "source_dependence",
        "dependence_matrix",
        "source_predictability",
        "ring",
        "cone",
        "ica_stability",
        "mixing_error",
    ):
        assert getattr(report, name) is None, name
    assert 0.9 < report.score <= 1


def test_a_single_source_depends_on_nothing(monkeypatch):
    X, _ = arcs(200, 1, n_features=6, random_state=0)
    report = HessianICA(1, n_nodes=None, random_state=0).fit(X).report_
    assert report.source_dependence == 0
    assert report.dependence_matrix.tolist() == [[1]]
    assert report.source_predictability == 0
    assert report.ring is None
    assert report.cone is None


def test_polar_coordinates_are_looked_for_where_two_sources_are_dependent(monkeypatch):
    monkeypatch.setattr("hessmap.diagnosis.MAX_DEPENDENCE", 0.0)
    monkeypatch.setattr("hessmap.diagnosis.FARTHEST_APEX", np.inf)
    monkeypatch.setattr("hessmap.diagnosis.KEPT_PAIRS", 50)
    X, _ = arcs(150, 2, n_features=6, random_state=0)
    correlated = X[X[:, 0] + 0.3 * X[:, 1] < 1.2]
    calls = seen(monkeypatch)
    report = HessianICA(2, n_nodes=None, random_state=0).fit(correlated).report_
    ((laid, _, _),) = calls
    assert report.source_dependence > 0
    assert 0 <= report.cone < 1
    solution = laid.solution
    pairs = pair_distances(solution.nodes.rows, solution.embedding)
    spaced = np.linspace(0, len(pairs) - 1, 50).astype(int)
    np.testing.assert_array_equal(report.pair_distances, pairs[spaced])
    polar = fit_polar(laid.extension.transform(laid.sample)[0])
    assert report.cone == pytest.approx(polar.dependence)
    # neither of too few rows, nor about a centre that is too far
    for name, value in [("FARTHEST_APEX", 0.0), ("MIN_CONE_ROWS", 1000)]:
        monkeypatch.setattr(f"hessmap.diagnosis.{name}", value)
        assert HessianICA(2, n_nodes=None, random_state=0).fit(correlated).report_.cone is None
        monkeypatch.setattr("hessmap.diagnosis.FARTHEST_APEX", np.inf)


def test_distances_are_measured_on_a_sample(monkeypatch):
    monkeypatch.setattr("hessmap.diagnosis.SAMPLE_ROWS", 60)
    X, _ = arcs(200, 2, n_features=6, random_state=0)
    calls = seen(monkeypatch)
    report = HessianICA(2, n_nodes=None, random_state=0).fit(X).report_
    ((laid, _, others),) = calls
    solution, seed = laid.solution, others["random_state"]
    pairs = pair_distances(solution.nodes.rows, solution.embedding, max_rows=60, random_state=seed)
    np.testing.assert_array_equal(report.pair_distances, pairs)
    assert len(pairs) == 100


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_distortion_among_the_rows_of_nodes_where_noise_is_small(noise, monkeypatch):
    X, _ = arcs(600, 2, n_features=6, noise=noise, random_state=0)
    calls = seen(monkeypatch)
    report = HessianEigenmaps(2, n_nodes=150, n_neighbors=14, random_state=0).fit(X).report_
    ((laid, _, _),) = calls
    codes, _ = laid.extension.transform(laid.sample)
    nodes = laid.solution.nodes
    among_nodes = metric_distortion(nodes.points, laid.solution.embedding).value
    among_rows = distortion_beneath_noise(laid.sample, codes, LITTLE_NOISE)
    assert not laid.assignment.exact
    if noise:
        assert not among_rows.by_noise <= LITTLE_NOISE
        assert report.metric_distortion == among_nodes
    else:
        assert among_rows.by_noise < LITTLE_NOISE
        assert report.metric_distortion == min(among_nodes, among_rows.value)
        assert among_rows.value != among_nodes
    check_the_way_back(report, laid)
