"""Local functionals against their slow twins, and the null spaces that define them."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.datasets import arcs, swiss_roll
from hessmap.functionals import FUNCTIONALS, local_frames
from hessmap.neighbors import KnnGraph, knn_graph
from hessmap.operator import build_operator

from .helpers import (
    naive_coordinates,
    naive_form,
    naive_hessian,
    naive_normal_coordinates,
    naive_tangent,
    subspace_sine,
)

CASES = [(1, 12), (2, 7), (2, 16), (3, 21), (5, 35)]


def setup(d: int, k: int, noise: float = 0.0, n: int = 300):
    X, factors = arcs(n, d, n_features=2 * d + 3, noise=noise, random_state=d)
    return X, factors, knn_graph(X, k)


@pytest.mark.parametrize(("d", "k"), CASES)
def test_principal_coordinates_span_the_naive_ones(d, k):
    X, _, graph = setup(d, k)
    frames = local_frames(X, graph, d)
    for i in range(0, 300, 50):
        expected = naive_coordinates(X[graph.indices[i]], d)
        assert subspace_sine(frames.coordinates[i], expected) < 1e-8


@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize(("d", "k"), [(1, 12), (2, 16), (3, 21)])
def test_normal_coordinates_match_the_naive_ones(d, k, noise):
    X, _, graph = setup(d, k, noise)
    frames = local_frames(X, graph, d, curvature=True)
    for i in range(0, 300, 50):
        expected = naive_normal_coordinates(X[graph.indices[i]], d)
        assert subspace_sine(frames.coordinates[i], expected) < 1e-8


@pytest.mark.parametrize("curvature", [False, True])
@pytest.mark.parametrize(("d", "k"), CASES)
def test_frames_are_orthonormal_and_reproduce_their_own_coordinates(d, k, curvature):
    X, _, graph = setup(d, k)
    frames = local_frames(X, graph, d, curvature=curvature)
    eye = np.broadcast_to(np.eye(d), (300, d, d))
    inner = np.einsum("nkd,nke->nde", frames.coordinates, frames.coordinates)
    np.testing.assert_allclose(inner, eye, atol=1e-10)
    np.testing.assert_allclose(frames.basis @ frames.basis.transpose(0, 2, 1), eye, atol=1e-10)
    np.testing.assert_allclose(frames.coordinates.sum(axis=1), 0, atol=1e-10)
    patch = X[graph.indices] - X[graph.indices].mean(axis=1, keepdims=True)
    along = np.einsum("nkD,ndD->nkd", patch, frames.basis)
    # exact for principal components; to the cubic term for normal coordinates
    tolerance = 0.2 if curvature else 1e-10
    error = np.abs(along / frames.spread[:, None] - frames.coordinates).max()
    assert error < tolerance


def test_normal_coordinates_are_arc_lengths():
    """On a circle the error against arc length falls from third to fifth order."""
    t = np.linspace(-0.3, 0.3, 13)
    X = np.column_stack([np.cos(t), np.sin(t)])
    graph = KnnGraph(np.arange(13)[None], np.abs(t)[None])
    exact = t / np.linalg.norm(t)
    errors = {}
    for curvature in (False, True):
        found = local_frames(X, graph, 1, curvature=curvature).coordinates[0, :, 0]
        errors[curvature] = np.abs(found * np.sign(found @ exact) - exact).max()
    assert errors[True] < errors[False] / 20


def test_normal_coordinates_of_flat_data_are_principal_components():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(200, 2)) @ rng.standard_normal((2, 5))
    graph = knn_graph(X, 16)
    flat = local_frames(X, graph, 2).coordinates
    curved = local_frames(X, graph, 2, curvature=True).coordinates
    for i in range(200):
        assert subspace_sine(flat[i], curved[i]) < 1e-8


def test_normal_coordinates_do_not_fit_noise():
    """Of a flat neighbourhood under noise, most of the correction is shrunk away."""
    rng = np.random.default_rng(1)
    flat = rng.uniform(size=(2000, 2))
    X = np.column_stack([flat, np.zeros((2000, 8))]) + 0.02 * rng.standard_normal((2000, 10))
    indices = knn_graph(flat, 16).indices
    graph = KnnGraph(indices, np.zeros(indices.shape))
    exact = local_frames(flat, graph, 2).coordinates
    sines = {
        curvature: np.mean(
            [
                subspace_sine(a, b)
                for a, b in zip(
                    local_frames(X, graph, 2, curvature=curvature).coordinates, exact, strict=True
                )
            ]
        )
        for curvature in (False, True)
    }
    assert sines[True] < 1.15 * sines[False]


@pytest.mark.parametrize(("d", "k"), [(2, 6), (2, 16), (3, 21), (5, 35)])
def test_hessian_spans_the_naive_donoho_grimes(d, k):
    X, _, graph = setup(d, k)
    frames = local_frames(X, graph, d)
    found = FUNCTIONALS["hessian"].forms(frames, graph).rows
    assert found.shape == (300, d * (d + 1) // 2, k)
    for i in range(0, 300, 50):
        expected = naive_hessian(naive_coordinates(X[graph.indices[i]], d))
        # the span does not depend on signs and order of the principal components
        assert subspace_sine(found[i].T, expected.T) < 1e-7


@pytest.mark.parametrize(("d", "k"), CASES)
def test_tangent_matches_the_naive_projection(d, k):
    X, _, graph = setup(d, k)
    forms = FUNCTIONALS["tangent"].forms(local_frames(X, graph, d), graph)
    for i in range(0, 300, 50):
        expected = naive_tangent(naive_coordinates(X[graph.indices[i]], d))
        np.testing.assert_allclose(naive_form(forms.kind, forms.rows[i]), expected, atol=1e-9)


@pytest.mark.parametrize("name", ["hessian", "tangent"])
@pytest.mark.parametrize(("d", "k"), CASES)
def test_null_space_is_affine_in_the_coordinates(name, d, k):
    X, _, graph = setup(d, k)
    functional = FUNCTIONALS[name]
    frames = local_frames(X, graph, d, curvature=functional.curvature)
    forms = functional.forms(frames, graph)
    affine = np.concatenate([np.ones((300, k, 1)), frames.coordinates], axis=2)
    for i in range(300):
        assert np.abs(naive_form(forms.kind, forms.rows[i]) @ affine[i]).max() < 1e-10


def test_hessian_of_a_line_keeps_more_than_one_row():
    """One row for each of at most n - k + 1 different windows would leave k - 1 null vectors."""
    X, _, graph = setup(1, 12)
    forms = FUNCTIONALS["hessian"].forms(local_frames(X, graph, 1), graph)
    assert np.linalg.matrix_rank(naive_form(forms.kind, forms.rows[0]), tol=1e-8) == 10


def test_hessian_leaves_out_columns_that_a_neighbourhood_cannot_tell():
    """Four nodes on a circle around a fifth one: x^2 + y^2 says the same as the constant."""
    ring = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1], [0.6, 0.8], [-0.6, -0.8]])
    graph = KnnGraph(np.arange(6)[None], np.ones((1, 6)))
    factors = FUNCTIONALS["hessian"].forms(local_frames(ring, graph, 2), graph).rows
    assert np.isfinite(factors).all()
    norms = np.linalg.norm(factors[0], axis=1)
    assert sorted(norms.round(6)) == [0, 1, 1]
    affine = np.column_stack([np.ones(6), ring])
    assert np.abs(factors[0] @ affine).max() < 1e-12


def test_directions_without_extent_are_zero_columns():
    X = np.column_stack([np.linspace(0, 1, 50), np.zeros(50), np.zeros(50)])
    frames = local_frames(X, knn_graph(X, 10), 2, curvature=True)
    assert np.isfinite(frames.coordinates).all()
    np.testing.assert_array_equal(frames.coordinates[:, :, 1], 0)
    np.testing.assert_array_equal(frames.spread[:, 1], 0)


def test_laplacian_is_the_graph_laplacian_of_heat_weights():
    X, _ = swiss_roll(60, random_state=0)
    graph = knn_graph(X, 8)
    forms = FUNCTIONALS["laplacian"].forms(local_frames(X, graph, 2), graph)
    t = np.median(graph.distances[:, -1]) ** 2
    weights = np.zeros((60, 60))
    for i in range(60):
        for j in graph.indices[i, 1:]:
            weights[i, j] = np.exp(-((X[i] - X[j]) ** 2).sum() / t)
    weights = (weights + weights.T) / 2
    expected = np.diag(weights.sum(axis=1)) - weights
    found = build_operator(forms, graph.indices).tocsr().toarray()
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(("d", "k"), [(2, 16), (5, 35)])
def test_kernels_do_not_depend_on_the_number_of_threads(d, k):
    X, _, graph = setup(d, k, noise=0.01)
    found = []
    for n_jobs in (1, 2, 3):
        frames = local_frames(X, graph, d, curvature=True, n_jobs=n_jobs)
        found.append([*frames, FUNCTIONALS["hessian"].forms(frames, graph, n_jobs).rows])
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
