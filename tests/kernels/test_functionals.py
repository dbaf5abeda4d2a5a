"""Frames and second derivatives of single neighbourhoods."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.functionals import FUNCTIONALS, local_frames
from hessmap.neighbors import KnnGraph

from ..helpers import naive_coordinates, naive_hessian, naive_normal_coordinates, subspace_sine

RNG = np.random.default_rng(0)


def bowl(k, d, n_features, noise=0.0, seed=0):
    """k rows around the lowest point of a curved manifold, turned into all columns."""
    rng = np.random.default_rng(seed)
    t = rng.uniform(-0.5, 0.5, size=(k, d))
    flat = np.column_stack([t, 0.8 * (t**2) @ np.arange(1.0, d + 1), np.zeros((k, n_features))])
    turn = np.linalg.qr(rng.standard_normal((n_features, n_features)))[0]
    return flat[:, :n_features] @ turn + noise * rng.standard_normal((k, n_features))


def frames_of(patch, d, *, curvature=False):
    graph = KnnGraph(np.arange(len(patch))[None], np.zeros((1, len(patch))))
    return local_frames(patch, graph, d, curvature=curvature)


# fewer rows than columns, and more: either Gram matrix
@pytest.mark.parametrize(("d", "k", "n_features"), [(1, 7, 3), (2, 9, 12), (2, 12, 4), (3, 14, 20)])
def test_principal_components(d, k, n_features):
    patch = bowl(k, d, n_features)
    found = frames_of(patch, d)
    coordinates, spread, basis = found.coordinates[0], found.spread[0], found.basis[0]
    centred = patch - patch.mean(axis=0)
    lengths = np.linalg.svd(centred, compute_uv=False)
    assert subspace_sine(coordinates, naive_coordinates(patch, d)) < 1e-8
    np.testing.assert_allclose(spread, lengths[:d], rtol=1e-10)
    np.testing.assert_allclose(found.misfit[0], (lengths[d:] ** 2).sum(), rtol=1e-8)
    np.testing.assert_allclose(centred @ basis.T, coordinates * spread, atol=1e-12)


@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize(("d", "k", "n_features"), [(1, 8, 3), (2, 12, 4), (2, 12, 15), (3, 16, 5)])
def test_normal_coordinates(d, k, n_features, noise):
    patch = bowl(k, d, n_features, noise)
    found = frames_of(patch, d, curvature=True)
    assert subspace_sine(found.coordinates[0], naive_normal_coordinates(patch, d)) < 1e-8
    np.testing.assert_allclose(found.coordinates[0].sum(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(RNG.uniform(size=(12, 2)) @ RNG.standard_normal((2, 4)), id="flat"),
        pytest.param(
            np.tile([[4.0, 0, 0], [-4, 0, 0], [0, 2, 0], [0, -2, 0], [0, 0, 0]], (3, 1))
            + np.repeat([[0.0, 0, 0], [1, 1, 0], [-1, -1, 0]], 5, axis=0),
            id="exactly flat",
        ),
        # x^2 and y^2 are constant on the corners of a square: there is nothing to fit with
        pytest.param(np.tile([[1.0, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0]], (3, 1)), id="few"),
    ],
)
def test_without_a_second_order_the_principal_components_stay(patch):
    flat, curved = frames_of(patch, 2), frames_of(patch, 2, curvature=True)
    assert subspace_sine(flat.coordinates[0], curved.coordinates[0]) < 1e-8


@pytest.mark.parametrize("unit", [2.0**-400, 2.0**400])
def test_units_change_no_bit(unit):
    patch = bowl(12, 2, 4)
    one, other = frames_of(patch, 2, curvature=True), frames_of(patch * unit, 2, curvature=True)
    np.testing.assert_array_equal(one.coordinates, other.coordinates)
    np.testing.assert_array_equal(one.spread * unit, other.spread)


@pytest.mark.parametrize("curvature", [False, True])
def test_rows_at_one_place_have_no_extent(curvature):
    found = frames_of(np.ones((12, 3)), 2, curvature=curvature)
    np.testing.assert_array_equal(found.coordinates, 0)
    np.testing.assert_array_equal(found.spread, 0)
    np.testing.assert_array_equal(found.misfit, 0)


def test_an_axis_without_extent_is_not_bent():
    t = np.linspace(-0.5, 0.5, 12)
    found = frames_of(np.column_stack([t, 0 * t, 0 * t]), 2, curvature=True)
    np.testing.assert_array_equal(found.coordinates[0, :, 1], 0)
    assert abs(abs(found.coordinates[0, :, 0] @ t) - np.linalg.norm(t)) < 1e-12


@pytest.mark.parametrize(("d", "k"), [(2, 7), (2, 12), (3, 14)])
def test_second_derivatives(d, k):
    frames = frames_of(bowl(k, d, d + 2), d)
    graph = KnnGraph(np.arange(k)[None], np.zeros((1, k)))
    found = FUNCTIONALS["hessian"].forms(frames, graph).rows[0]
    np.testing.assert_allclose(found @ found.T, np.eye(len(found)), atol=1e-10)
    np.testing.assert_allclose(found, naive_hessian(frames.coordinates[0]), atol=1e-9)
