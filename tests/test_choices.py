"""What the package chooses by itself: n_components, n_neighbors and the operator."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap import HessianEigenmaps, HessianICA
from hessmap.datasets import (
    arcs,
    blobs,
    cylinder,
    on_arcs,
    pure_noise,
    sphere_patch,
    swiss_roll,
)
from hessmap.dimension import Attempt
from hessmap.metrics import mcc
from hessmap.neighborhood import CLEARLY, GROWTH

pytestmark = pytest.mark.filterwarnings("ignore::hessmap.HessmapWarning")


def noisy(X, share):
    return X + share * X.std(axis=0).max() * np.random.default_rng(9).standard_normal(X.shape)


DATA = [
    pytest.param(lambda: arcs(1000, 1, n_features=10, random_state=0)[0], 1, id="d=1"),
    pytest.param(lambda: swiss_roll(2000, random_state=0)[0], 2, id="roll"),
    pytest.param(lambda: noisy(swiss_roll(3000, random_state=0)[0], 0.05), 2, id="noisy roll"),
    pytest.param(lambda: blobs(2000, noise=0.05, random_state=0)[0], 2, id="spot"),
    pytest.param(lambda: arcs(1500, 3, n_features=12, random_state=0)[0], 3, id="d=3"),
    pytest.param(lambda: noisy(arcs(2000, 4, random_state=0)[0], 0.05), 4, id="d=4"),
    pytest.param(lambda: np.random.default_rng(0).uniform(size=(1000, 2)), 2, id="plane"),
]


@pytest.mark.parametrize(("make", "d"), DATA)
def test_n_components(make, d):
    model = HessianICA(n_components="auto", random_state=0).fit(make())
    assert model.sources_.shape[1] == model.report_.n_components == d
    reason = model.report_.choices["n_components"]
    assert "no fewer than all columns" in reason if d == make().shape[1] else "fewest" in reason
    if 1 < d < make().shape[1]:
        assert f"with {d - 1}, distances in the embedding hardly follow" in reason


def test_n_components_agrees_with_estimators_of_dimension():
    """Those of scikit-dimension, where they agree with each other: on clean, flat rows."""
    skdim = pytest.importorskip("skdim")
    for d in (1, 2, 3, 4):
        X, _ = arcs(1500, d, n_features=10, random_state=0)
        estimates = [skdim.id.TwoNN().fit(X).dimension_, skdim.id.MLE().fit(X).dimension_]
        ours = HessianEigenmaps("auto", random_state=0).fit(X).report_.n_components
        assert ours == d
        np.testing.assert_allclose(estimates, ours, atol=0.35)


def test_n_components_where_none_serves():
    X, _ = pure_noise(400, n_features=20, random_state=0)
    report = HessianEigenmaps("auto", random_state=0).fit(X).report_
    assert not report.ok
    assert (
        "keeps local lengths; with this one short distances agree best"
        in report.choices["n_components"]
    )
    # a cylinder has no two coordinates, but lies in three columns
    X, _ = cylinder(2000, random_state=0)
    assert HessianEigenmaps("auto", random_state=0).fit(X).report_.n_components == 3


def test_n_components_of_very_few_rows():
    X = np.random.default_rng(0).uniform(size=(8, 3))
    report = HessianEigenmaps("auto", random_state=0).fit(X).report_
    assert report.n_components == 1
    assert "too few" in report.choices["n_components"]


def test_n_components_of_wide_rows_and_of_a_curved_patch():
    X, _ = sphere_patch(2000, opening=120, random_state=0)
    wide = X @ np.linalg.qr(np.random.default_rng(0).standard_normal((200, 3)))[0].T
    model = HessianEigenmaps("auto", random_state=0).fit(wide)
    assert model.embedding_.shape[1] == 2
    assert model.report_.projected_columns < 200


def test_a_thin_factor_is_not_left_out():
    """Averages of rows lose it, but not without a trace."""
    factors = np.random.default_rng(0).uniform(size=(3000, 2)) * [5, 0.3]
    X = on_arcs(factors / 4, n_features=12, random_state=0)
    X += 0.0005 * np.random.default_rng(1).standard_normal(X.shape)
    model = HessianICA("auto", random_state=0).fit(X)
    assert model.n_components_ == 2
    assert mcc(model.sources_, factors) > 0.999
    one = HessianICA(1, random_state=0).fit(X).report_
    assert "misses a direction of the data" in str(one).splitlines()[1]
    assert one.score == pytest.approx(0.5, abs=0.01)


def test_what_was_asked_for_limits_n_components():
    X, _ = arcs(400, 2, n_features=10, random_state=0)
    for settings in ({"n_neighbors": 5}, {"n_nodes": 5}):
        model = HessianEigenmaps("auto", random_state=0, **settings).fit(X)
        assert model.n_components_ == 1


def test_a_given_graph_is_said():
    from hessmap.neighbors import knn_graph

    X, _ = arcs(400, 2, random_state=0)
    given = tuple(knn_graph(X, 16))
    report = HessianEigenmaps(operator="auto", precomputed_knn=given, random_state=0).fit(X).report_
    assert set(report.choices) == {"n_nodes", "n_neighbors", "operator"}
    assert all("given" in reason for reason in report.choices.values())


def test_an_attempt_serves_only_with_lengths_and_a_gap():
    assert Attempt(2, 100, 0.1, 0.1, 1.0).serves
    assert not Attempt(2, 100, 0.1, 0.1, 1.0, leftover=0.2).serves
    assert not Attempt(2, 100, np.nan, 0.1, 1.0).serves
    assert not Attempt(2, 100, 0.1, 0.9, 1.0).serves
    assert not Attempt(2, 100, 0.1, 0.1, 0.3).serves


def test_clean_rows_keep_the_usual_neighbourhood():
    X, _ = swiss_roll(1500, random_state=0)
    report = HessianICA(random_state=0).fit(X).report_
    assert report.n_neighbors == 16
    assert "nothing could be clearly better" in report.choices["n_neighbors"]
    assert set(report.choices) == {"n_nodes", "n_neighbors"}
    assert "n_neighbors = 16: 'hessian' with 16 neighbours was tried on a patch" in str(report)


def test_noise_in_every_row_asks_for_more_neighbours():
    X, factors = arcs(2000, 2, n_features=10, random_state=0)
    X = noisy(X, 0.05)
    usual = HessianICA(n_nodes=None, n_neighbors=16, random_state=0).fit(X)
    model = HessianICA(n_nodes=None, random_state=0).fit(X)
    assert model.n_neighbors_ in [round(growth * 16) for growth in GROWTH[1:]]
    assert (
        "Others were not clearly better ('hessian' with 16:" in model.report_.choices["n_neighbors"]
    )
    lost = 1 - mcc(model.sources_, factors)
    assert lost < 0.5 * (1 - mcc(usual.sources_, factors))


@pytest.mark.parametrize("n_nodes", ["auto", None, 200])
def test_operator(n_nodes):
    X, factors = swiss_roll(1500, random_state=0)
    model = HessianICA(operator="auto", n_nodes=n_nodes, random_state=0).fit(X)
    assert model.report_.operator in ("hessian", "tangent")
    assert {"operator", "n_neighbors", "n_nodes"} <= set(model.report_.choices)
    if n_nodes != 200:
        assert mcc(model.sources_, factors) > 0.999
        assert model.report_.operator == "hessian"


def test_a_better_operator_is_taken(monkeypatch):
    """If the Hessian's gap were poor, tangent alignment would be taken, with its neighbours."""
    from hessmap import neighborhood

    def judged(patch, graph, settings, seeds):
        loss = 0.5 if settings.operator == "hessian" else 0.5 - CLEARLY - 0.01
        k = settings.choose_n_neighbors(len(patch.points))
        return neighborhood.Candidate(settings.operator, k, 1 - loss, 0.0)

    monkeypatch.setattr(neighborhood, "_tried", judged)
    X, _ = arcs(600, 2, random_state=0)
    model = HessianEigenmaps(operator="auto", n_neighbors=16, random_state=0).fit(X)
    assert model.report_.operator == "tangent"
    expected = HessianEigenmaps(operator="tangent", n_neighbors=16, random_state=0).fit(X)
    np.testing.assert_allclose(model.eigenvalues_[1:], expected.eigenvalues_[1:], rtol=1e-6)


def test_nothing_is_chosen_that_was_given():
    X, _ = arcs(500, 2, random_state=0)
    report = HessianICA(n_neighbors=20, n_nodes=None, random_state=0).fit(X).report_
    assert set(report.choices) == {"n_nodes"}
    assert report.n_neighbors == 20


def test_choices_do_not_depend_on_threads():
    X, _ = arcs(800, 2, n_features=10, noise=0.02, random_state=0)
    settings = {"n_components": "auto", "operator": "auto", "random_state": 0}
    one, two = (HessianICA(n_jobs=n, **settings).fit(X) for n in (1, 2))
    np.testing.assert_array_equal(one.sources_, two.sources_)
    assert one.report_.choices == two.report_.choices


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_components": "all"}, "`n_components` must be 'auto' or a whole number; got 'all'"),
        ({"operator": "best"}, "`operator` must be one of .*'auto'; got 'best'"),
    ],
)
def test_words_that_are_not_known(settings, message):
    with pytest.raises(ValueError, match=message):
        HessianEigenmaps(**settings).fit(np.zeros((50, 3)))
