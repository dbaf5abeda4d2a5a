"""Assembly against the written-out sum, and the properties that the solvers rely on."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.datasets import swiss_roll
from hessmap.functionals import FUNCTIONALS, local_frames
from hessmap.neighbors import knn_graph
from hessmap.operator import LocalForms, build_operator

from .helpers import naive_operator


@pytest.fixture(params=FUNCTIONALS)
def problem(request):
    X, _ = swiss_roll(70, random_state=0)
    graph = knn_graph(X, 9)
    functional = FUNCTIONALS[request.param]
    forms = functional.forms(local_frames(X, graph, 2), graph)
    return forms, graph.indices, functional.normalized


def test_matches_the_naive_sum(problem):
    forms, indices, _ = problem
    found = build_operator(forms, indices).tocsr().toarray()
    np.testing.assert_allclose(found, naive_operator(forms, indices), atol=1e-12)


def test_symmetric_positive_semidefinite_with_a_known_null_vector(problem):
    forms, indices, normalized = problem
    operator = build_operator(forms, indices, normalized=normalized)
    matrix = operator.tocsr().toarray()
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix)[0] > -1e-12
    assert np.linalg.norm(operator.constant) == pytest.approx(1)
    assert np.linalg.norm(operator.matmat(operator.constant)) < 1e-12
    np.testing.assert_allclose(
        operator.scaling * operator.constant, operator.constant[0] * operator.scaling[0]
    )
    assert operator.norm() >= np.linalg.eigvalsh(matrix)[-1]


def test_normalized_operator_stands_for_the_generalised_problem(problem):
    forms, indices, _ = problem
    plain = build_operator(forms, indices).tocsr().toarray()
    operator = build_operator(forms, indices, normalized=True)
    values, vectors = np.linalg.eigh(operator.tocsr().toarray())
    y = operator.scaling[:, None] * vectors[:, :5]
    mass = np.diag(plain)[:, None]
    np.testing.assert_allclose(plain @ y, mass * y * values[:5], atol=1e-10)
    np.testing.assert_allclose(operator.diagonal(), 1)


def test_products(problem):
    forms, indices, _ = problem
    operator = build_operator(forms, indices)
    block = np.random.default_rng(0).standard_normal((70, 3))
    matrix = operator.tocsr().toarray()
    np.testing.assert_allclose(operator.matmat(block), matrix @ block)
    np.testing.assert_allclose(operator.matmat(block[:, 0]), matrix @ block[:, 0])
    np.testing.assert_allclose(operator.diagonal(), np.diag(matrix))
    assert operator.shape == (70, 70)


def test_rows_are_sorted_and_do_not_depend_on_the_number_of_threads():
    X, _ = swiss_roll(3000, random_state=0)
    graph = knn_graph(X, 12)
    forms = FUNCTIONALS["hessian"].forms(local_frames(X, graph, 2), graph)
    one = build_operator(forms, graph.indices, n_jobs=1).tocsr()
    three = build_operator(forms, graph.indices, n_jobs=3).tocsr()
    for name in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(one, name), getattr(three, name))
    assert one.indices.dtype == np.int32
    for i in range(0, 3000, 300):
        assert (np.diff(one.indices[one.indptr[i] : one.indptr[i + 1]]) > 0).all()


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"`forms.rows` .* and `indices` .* must agree; got"):
        build_operator(LocalForms("gram", np.ones((4, 2, 3))), np.zeros((4, 2), dtype=int))
    with pytest.raises(ValueError, match=r"`forms.kind` must be one of"):
        build_operator(LocalForms("dense", np.ones((4, 2, 2))), np.zeros((4, 2), dtype=int))


@pytest.mark.parametrize("number", [-1, 4, 10**6, 2**62])
def test_numbers_must_be_those_of_nodes(number):
    """They went to the kernels as they were, which crashed the process."""
    indices = np.tile(np.arange(2), (4, 1))
    indices[2, 1] = number
    with pytest.raises(ValueError, match=r"`indices` must be numbers of the 4 nodes, 0 to 3; got"):
        build_operator(LocalForms("gram", np.ones((4, 1, 2))), indices)


def test_what_is_no_form_or_number():
    with pytest.raises(TypeError, match="`forms` must be LocalForms; got a int"):
        build_operator(9, np.zeros((4, 2), dtype=int))
    with pytest.raises(TypeError, match="`indices` must be whole numbers; got float64"):
        build_operator(LocalForms("gram", np.ones((4, 1, 2))), np.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"`forms.rows` must be an array of numbers"):
        build_operator(LocalForms("gram", "abc"), np.zeros((4, 2), dtype=int))


def test_nodes_without_weight_cannot_be_normalized():
    rows = np.zeros((3, 1, 2))
    rows[0, 0] = [1, -1]
    forms = LocalForms("gram", rows)
    with pytest.raises(ValueError, match=r"`forms` must give each node .*; 1 have none"):
        build_operator(forms, np.array([[0, 1], [1, 0], [2, 0]]), normalized=True)
