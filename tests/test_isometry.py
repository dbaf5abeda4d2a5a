"""The linear map that restores the units of the rows."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap import HessianEigenmaps
from hessmap.datasets import arcs, swiss_roll
from hessmap.isometry import EXACT, FITTING, ROBUST_ROUNDS, _robust_fit, isometric_scale
from hessmap.neighbors import knn_graph


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_undoes_any_linear_map(d):
    rng = np.random.default_rng(d)
    X = rng.uniform(size=(400, d)) * np.arange(1, d + 1)
    graph = knn_graph(X, 20)
    mixed = X @ rng.standard_normal((d, d)) * 1e-5 + 3
    restored = mixed @ isometric_scale(mixed, graph.indices, graph.distances)
    i, j = rng.integers(0, 400, size=(2, 200))
    expected = np.linalg.norm(X[i] - X[j], axis=1)
    np.testing.assert_allclose(np.linalg.norm(restored[i] - restored[j], axis=1), expected)


def test_columns_are_principal_axes_with_a_positive_largest_entry():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(400, 3)) * [1, 5, 2]
    graph = knn_graph(X, 20)
    found = (X - X.mean(axis=0)) @ isometric_scale(X, graph.indices, graph.distances)
    covariance = np.cov(found.T)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-10)
    assert (np.diff(np.diag(covariance)) < 0).all()
    assert (found[np.abs(found).argmax(axis=0), np.arange(3)] > 0).all()


def test_nearly_equal_rows_do_not_outweigh_the_rest():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(400, 2))
    X[1] = X[0] + 1e-9
    graph = knn_graph(X, 16)
    disturbed = X + 1e-4 * rng.standard_normal(X.shape)
    restored = disturbed @ isometric_scale(disturbed, graph.indices, graph.distances)
    i, j = rng.integers(0, 400, size=(2, 200))
    expected = np.linalg.norm(X[i] - X[j], axis=1)
    found = np.linalg.norm(restored[i] - restored[j], axis=1)
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("operator", ["hessian", "tangent"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: swiss_roll(2000, random_state=0),
        lambda: arcs(2000, 3, n_features=12, random_state=0),
    ],
)
def test_embedding_has_the_units_of_the_rows(make, operator):
    X, factors = make()
    found = HessianEigenmaps(factors.shape[1], operator=operator, random_state=0).fit_transform(X)
    rng = np.random.default_rng(0)
    i, j = rng.integers(0, len(X), size=(2, 500))
    expected = np.linalg.norm(factors[i] - factors[j], axis=1)
    ratio = np.linalg.norm(found[i] - found[j], axis=1).sum() / expected.sum()
    assert ratio == pytest.approx(1, abs=0.01)


def test_singular_metric_gives_finite_coordinates():
    """Data that no flat metric fits: both columns of the code follow one direction of the rows."""
    t = np.linspace(0, 1, 100)
    graph = knn_graph(t[:, None], 8)
    code = np.column_stack([t, t**3])
    assert np.isfinite(isometric_scale(code, graph.indices, graph.distances)).all()


def naive_robust_fit(design, squares):
    """Each round by least squares of its own, neighbourhood by neighbourhood weighted."""
    extent = np.abs(design).sum(axis=2).mean(axis=1)
    weights = 1 / (1 + (extent / np.median(extent)) ** 2)
    for _ in range(ROBUST_ROUNDS):
        rows = np.vstack([np.sqrt(w) * part for w, part in zip(weights, design, strict=True)])
        values = np.hstack([np.sqrt(w) * part for w, part in zip(weights, squares, strict=True)])
        entries = np.linalg.lstsq(rows, values, rcond=None)[0]
        errors = ((design @ entries - squares) ** 2).mean(axis=1)
        weights = 1 / (1 + errors / (FITTING * np.median(errors) + EXACT))
    return entries


@pytest.mark.parametrize("thin", [1.0, 1e-3])
def test_refined_normal_equations_are_least_squares(thin):
    """Of columns, too, whose lengths differ by a thousand, so that a million is squared."""
    rng = np.random.default_rng(0)
    design = rng.standard_normal((300, 10, 3)) * [1, thin, thin]
    squares = design @ [1.0, 2.0, -3.0] + 0.1 * thin * rng.standard_normal((300, 10))
    squares[::20] += 5
    np.testing.assert_allclose(
        _robust_fit(design, squares), naive_robust_fit(design, squares), rtol=1e-8
    )
