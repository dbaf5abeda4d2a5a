"""Flat cones: polar coordinates where linear ones cannot be independent."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from hessmap import AssumptionWarning, HessianICA
from hessmap.datasets import brightness_position, rectangle_rotation
from hessmap.diagnosis.findings import CONE
from hessmap.ica import fit_polar
from hessmap.metrics import mcc, pairwise_dependence

APEX = np.array([5.0, -7.0])


def cone(n, lowest=1.0, half=0.5, turn=0.0):
    rng = np.random.default_rng(0)
    factors = np.column_stack([rng.uniform(lowest, lowest + 1, n), rng.uniform(-half, half, n)])
    radius, angle = factors.T
    offset = np.column_stack([np.cos(angle + turn), np.sin(angle + turn)])
    return radius[:, None] * offset + APEX, factors


def regular(turn=0.0, n=512):
    """Rows that fill a cone evenly: logarithm of half the distance, and angle, are independent."""
    spread = qmc.Sobol(2, scramble=False).random(n) * [0.8, 1.2]
    factors = spread - spread.mean(axis=0)
    direction = np.column_stack([np.cos(factors[:, 1] + turn), np.sin(factors[:, 1] + turn)])
    return APEX + 2 * np.exp(factors[:, :1]) * direction, factors


@pytest.mark.parametrize("turn", [0.0, 3.0, 4.5])
def test_polar_coordinates_of_an_even_cone(turn):
    embedding, factors = regular(turn)
    found = fit_polar(embedding)
    np.testing.assert_allclose(found.apex, APEX, atol=0.1)
    np.testing.assert_allclose(found.codes, factors, atol=0.05)
    assert found.radius == pytest.approx(2, abs=0.1)
    assert (found.axis - turn + np.pi) % (2 * np.pi) - np.pi == pytest.approx(0, abs=0.01)
    assert 0 <= found.axis < 2 * np.pi
    assert found.dependence == pairwise_dependence(found.codes)[0, 1] == 0
    assert found.codes[:, 0].mean() == pytest.approx(0, abs=1e-12)
    assert found.codes[:, 1].max() == pytest.approx(-found.codes[:, 1].min(), abs=1e-12)
    direction = found.axis + 0.1 + np.pi  # behind the apex
    behind = found.apex + 0.5 * found.radius * np.array([np.cos(direction), np.sin(direction)])
    np.testing.assert_allclose(found.transform(behind[None]), [[np.log(0.5), 0.1 - np.pi]])
    np.testing.assert_allclose(found.transform(embedding), found.codes, atol=1e-12)


def test_units_of_an_even_cone_and_rows_without_a_result():
    embedding, _ = regular(n=64)
    found = fit_polar(embedding)
    other = fit_polar(2.0**-600 * embedding)
    np.testing.assert_allclose(other.codes, found.codes, atol=1e-6)
    np.testing.assert_allclose(other.apex * 2.0**600, found.apex, atol=1e-6)
    assert other.radius * 2.0**600 == pytest.approx(found.radius)
    assert other.axis == pytest.approx(found.axis)
    holed = fit_polar(np.insert(embedding, [0, 40], [[np.nan, 1.0], [1.0, np.inf]], axis=0))
    known = np.delete(np.arange(66), [0, 41])
    np.testing.assert_array_equal(holed.codes[known], found.codes)
    assert np.isnan(holed.codes[[0, 41]]).all()
    assert holed.apex.tolist() == found.apex.tolist()


def test_many_rows_are_searched_on_some_of_them(monkeypatch):
    monkeypatch.setattr("hessmap.ica.polar.SEARCH_ROWS", 128)
    embedding, factors = regular()
    np.testing.assert_allclose(fit_polar(embedding).codes, factors, atol=0.1)


def test_as_few_rows_as_ten():
    embedding, _ = regular(n=16)
    assert np.isfinite(fit_polar(embedding[:10]).codes).all()
    with pytest.raises(ValueError, match="at least 10 finite rows; got 9"):
        fit_polar(embedding[:9])
    line = np.column_stack([np.arange(20.0), 1e-12 * np.arange(20.0) ** 2])
    with pytest.raises(ValueError, match="lie on a line"):
        fit_polar(line)


@pytest.mark.parametrize("turn", [0.0, 1.0, 3.1, -2.0])
@pytest.mark.parametrize(("lowest", "half"), [(1.0, 0.5), (0.3, 1.2), (3.0, 0.3), (0.5, 1.5)])
def test_finds_the_apex(turn, lowest, half):
    embedding, factors = cone(2000, lowest, half, turn)
    found = fit_polar(embedding)
    # chance alone makes the factors of 2,000 rows a little dependent
    np.testing.assert_allclose(found.apex, APEX, atol=0.3 * lowest)
    assert mcc(found.codes, np.column_stack([np.log(factors[:, 0]), factors[:, 1]])) > 0.995
    assert found.dependence < 0.1
    np.testing.assert_allclose(found.codes.mean(axis=0), 0, atol=0.1)


def test_codes_are_polar_coordinates_of_any_row():
    embedding, _ = cone(1000, turn=0.7)
    found = fit_polar(embedding)
    np.testing.assert_allclose(found.transform(embedding), found.codes, atol=1e-12)
    radius, angle = np.exp(found.codes[:, 0]) * found.radius, found.codes[:, 1] + found.axis
    back = found.apex + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(back, embedding, atol=1e-12)
    dependence = pairwise_dependence(found.codes)[0, 1]
    assert found.dependence == pytest.approx(dependence)


def test_units_places_and_nan_make_no_difference():
    embedding, _ = cone(1000)
    found = fit_polar(embedding)
    other = fit_polar(1e-6 * embedding + 3)
    np.testing.assert_allclose(other.codes, found.codes, atol=1e-4)
    for scale in (1e160, 1e-170):
        np.testing.assert_allclose(fit_polar(scale * embedding).codes, found.codes, atol=1e-6)
    holed = np.insert(embedding, [10, 500], np.nan, axis=0)
    np.testing.assert_allclose(fit_polar(holed).codes[[0, -1]], found.codes[[0, -1]])
    assert np.isnan(fit_polar(holed).codes[10]).all()


def test_a_rectangle_is_no_cone():
    """The apex goes far away, where polar coordinates are straight ones."""
    embedding = np.random.default_rng(0).uniform(-1, 1, size=(2000, 2)) * [2, 1]
    found = fit_polar(embedding)
    assert np.linalg.norm(found.apex) > 4


@pytest.mark.parametrize("inner", [0.0, 0.7])
def test_what_is_round_is_no_cone(inner):
    """Polar coordinates about its middle would be independent, and nothing that anyone wants."""
    rng = np.random.default_rng(0)
    turn, radius = rng.uniform(0, 2 * np.pi, 2000), np.sqrt(rng.uniform(inner**2, 1, 2000))
    disc = radius[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    found = fit_polar(disc)
    assert np.linalg.norm(found.apex) > 0.99
    assert found.dependence > CONE * pairwise_dependence(disc)[0, 1]


@pytest.mark.parametrize(
    ("embedding", "message"),
    [
        (np.zeros((20, 3)), r"`embedding` must have the shape \(n, 2\); got \(20, 3\)"),
        ([[1j, 2]] * 20, "^`embedding` must be an array of numbers; .*its numbers are complex"),
        ([["a", "b"]] * 20, "^`embedding` must be an array of numbers; got a list that is none"),
        (np.zeros(20), r"must have the shape \(n, 2\)"),
        (np.full((20, 2), np.nan), "at least 10 finite rows; got 0"),
        (np.ones((20, 2)), "lie on a line"),
        (np.outer(np.arange(20), [1, 2]), "must vary in both directions"),
    ],
)
def test_bad_embeddings(embedding, message):
    with pytest.raises(ValueError, match=message):
        fit_polar(embedding)


@pytest.mark.parametrize("make", [brightness_position, rectangle_rotation])
def test_the_report_says_so_and_the_factors_are_found(make):
    """Negative controls of the theorem: brightness scales position, a bar's turn its steps."""
    X, factors = make(3000, random_state=0)
    with pytest.warns(AssumptionWarning, match="dependent-sources"):
        model = HessianICA(2, random_state=0).fit(X)
    finding = next(one for one in model.report_.findings if one.code == "dependent-sources")
    assert "flat cone" in finding.message
    polar = fit_polar(model.embedding_)
    assert mcc(model.sources_, factors) < 0.95
    assert mcc(polar.codes, factors) > 0.99
    assert model.report_.cone < model.report_.source_dependence * CONE
