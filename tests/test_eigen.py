"""Eigensolvers against NumPy's, and the certificate against the true angle."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

import hessmap.eigen.direct
from hessmap.datasets import arcs, swiss_roll
from hessmap.eigen import certify, smallest_eigenpairs
from hessmap.functionals import FUNCTIONALS, local_frames
from hessmap.neighbors import knn_graph
from hessmap.operator import Operator, build_operator

from .helpers import subspace_sine

SOLVERS = ["dense", "shift-invert"]


def operator_of(name, n=400, d=2, k=16, noise=0.0):
    X, _ = arcs(n, d, n_features=2 * d + 1, noise=noise, random_state=0)
    graph = knn_graph(X, k)
    functional = FUNCTIONALS[name]
    frames = local_frames(X, graph, d, curvature=functional.curvature)
    return build_operator(
        functional.forms(frames, graph), graph.indices, normalized=functional.normalized
    )


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize("name", FUNCTIONALS)
def test_matches_numpy(name, noise, solver, filled, monkeypatch):
    monkeypatch.setattr(hessmap.eigen.direct, "MIN_FILLED_SHARE", 0.0 if filled else 1.0)
    operator = operator_of(name, noise=noise)
    pairs = smallest_eigenpairs(operator, 4, solver=solver, random_state=0)
    # the constant is exact; the reference must find the rest beside it
    dense = operator.tocsr().toarray()
    values, vectors = np.linalg.eigh(dense + 50 * np.outer(operator.constant, operator.constant))
    assert pairs.solver == solver
    np.testing.assert_allclose(pairs.values[1:], values[:3], atol=1e-13)
    np.testing.assert_allclose(pairs.values[0], 0, atol=1e-14)
    assert subspace_sine(pairs.vectors[:, 1:3], vectors[:, :2]) < 1e-8
    np.testing.assert_allclose(pairs.vectors.T @ pairs.vectors, np.eye(4), atol=1e-12)
    assert pairs.certificate.residual < 1e-13


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("size", [1e-10, 1e-6, 1e-3])
def test_certificate_bounds_the_true_angle(noise, size):
    """Whatever is wrong with the vectors, the bound is never below the true angle."""
    operator = operator_of("hessian", noise=noise)
    exact = smallest_eigenpairs(operator, 4, solver="dense")
    rng = np.random.default_rng(0)
    disturbed, _ = np.linalg.qr(exact.vectors + size * rng.standard_normal(exact.vectors.shape))
    small = disturbed.T @ operator.matmat(disturbed)
    values, rotation = np.linalg.eigh((small + small.T) / 2)
    disturbed = disturbed @ rotation
    certificate = certify(operator, values, disturbed, 3)
    true = subspace_sine(disturbed[:, :3], exact.vectors[:, :3])
    assert certificate.sin_bound >= min(true, 1) * 0.999
    assert certificate.sin_bound > size * 1e-3


def test_certificate_without_a_gap_promises_nothing():
    operator = Operator(csr_array(np.diag([0.0, 1, 1, 1, 2])))
    values, vectors = np.array([0.0, 1, 1, 1]), np.eye(5)[:, :4]
    certificate = certify(operator, values, vectors, 3)
    assert certificate.sin_bound == 1
    assert certificate.gap_ratio == 1


def test_gap_is_counted_after_the_wanted_pairs():
    operator = operator_of("hessian", noise=0.02)
    four = smallest_eigenpairs(operator, 4, random_state=0)
    eight = smallest_eigenpairs(operator, 8, n_null=3, random_state=0)
    assert eight.certificate.gap_ratio == pytest.approx(four.values[2] / four.values[3], rel=1e-6)
    assert len(eight.values) == 8
    assert (np.diff(eight.values) >= -1e-14).all()


def test_small_gap_of_many_nodes_is_resolved():
    """The gap of 5,000 nodes is 1e-5 of the largest eigenvalue, the coordinates' value 1e-8."""
    X, _ = swiss_roll(5000, random_state=0)
    graph = knn_graph(X, 16)
    frames = local_frames(X, graph, 2, curvature=True)
    operator = build_operator(FUNCTIONALS["hessian"].forms(frames, graph), graph.indices)
    pairs = smallest_eigenpairs(operator, 4, random_state=0)
    assert pairs.solver == "shift-invert"  # without a geometry
    assert pairs.certificate.sin_bound < 1e-6
    again = smallest_eigenpairs(operator, 4, random_state=1)
    assert subspace_sine(pairs.vectors[:, 1:3], again.vectors[:, 1:3]) < 1e-8


def test_null_space_exact_to_rounding_does_not_drown_the_next_pair():
    """Flat rows, one face of which holds many: the inverse magnifies the null space most here."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.uniform(size=(2500, 2)), np.minimum(rng.exponential(0.3, 2500), 1)])
    graph = knn_graph(X, 21)
    frames = local_frames(X, graph, 3)
    operator = build_operator(FUNCTIONALS["hessian"].forms(frames, graph), graph.indices)
    pairs = smallest_eigenpairs(operator, 9, n_null=4, random_state=0)
    exact = np.column_stack([np.ones(2500), X])
    assert subspace_sine(pairs.vectors[:, :4], exact) < 1e-9
    assert pairs.certificate.sin_bound < 1e-9
    reference = smallest_eigenpairs(operator, 9, n_null=4, solver="dense")
    np.testing.assert_allclose(pairs.values, reference.values, rtol=1e-9, atol=1e-12)


def test_zero_operator():
    operator = Operator(csr_array((20, 20)))
    assert smallest_eigenpairs(operator, 4, solver="dense").certificate.sin_bound == 1
    with pytest.raises(ValueError, match="the operator cannot be factorised"):
        smallest_eigenpairs(operator, 4, solver="shift-invert")


def test_same_seed_same_bits():
    operator = operator_of("hessian")
    one = smallest_eigenpairs(operator, 4, solver="shift-invert", random_state=3)
    two = smallest_eigenpairs(operator, 4, solver="shift-invert", random_state=3)
    np.testing.assert_array_equal(one.vectors, two.vectors)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_pairs": 1}, "`n_pairs` must be at least 2; got 1"),
        ({"n_pairs": 4.0}, "`n_pairs` must be a whole number; got 4.0"),
        ({"n_pairs": 401}, "`n_pairs` must be between 2 and the 400 nodes; got 401"),
        ({"n_pairs": 4, "n_null": 4}, "`n_null` must be between 1 and 3; got 4"),
        ({"n_pairs": 4, "n_null": {}}, "`n_null` must be a whole number; got {}"),
        ({"n_pairs": 4, "geometry": np.inf}, "`geometry` must be a Geometry or None; got inf"),
        ({"n_pairs": 4, "solver": "arpack"}, "`eigen_solver` must be one of"),
        ({"n_pairs": 399, "solver": "shift-invert"}, "needs at least 402 nodes"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        smallest_eigenpairs(operator_of("hessian"), **arguments)
