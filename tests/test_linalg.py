"""The small dense kernels against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap._linalg import leading_eigenvectors, orthonormalise, principal_axes


def eigenvectors(matrix: np.ndarray, n_vectors: int) -> np.ndarray:
    m = len(matrix)
    vectors = np.empty((n_vectors, m))
    square, line = (np.empty((m, m)) for _ in range(2)), (np.empty(m) for _ in range(2))
    leading_eigenvectors(matrix.copy(), n_vectors, vectors, *square, *line)
    return vectors


@pytest.mark.parametrize("m", [1, 2, 3, 16, 40])
@pytest.mark.parametrize("decay", [1.0, 1e-3])
def test_eigenvectors_of_the_largest_eigenvalues(m, decay):
    rng = np.random.default_rng(m)
    axes = np.linalg.qr(rng.standard_normal((m, m)))[0]
    values = decay ** np.arange(m) * np.linspace(2, 1, m)
    matrix = (axes * values) @ axes.T
    n_vectors = min(3, m)
    found = eigenvectors(matrix, n_vectors)
    np.testing.assert_allclose(found @ found.T, np.eye(n_vectors), atol=1e-12)
    np.testing.assert_allclose(found @ matrix, values[:n_vectors, None] * found, atol=1e-14 * m)


@pytest.mark.parametrize("matrix", [np.zeros((4, 4)), np.eye(4), np.ones((4, 4))])
def test_repeated_eigenvalues(matrix):
    found = eigenvectors(matrix, 4)
    np.testing.assert_allclose(found @ found.T, np.eye(4), atol=1e-14)
    np.testing.assert_allclose(
        np.sort(np.diag(found @ matrix @ found.T)), np.linalg.eigvalsh(matrix), atol=1e-14
    )


@pytest.mark.parametrize("power", [-60, -100, -159, -206])
def test_columns_of_very_different_scale(power):
    """Products of the small columns underflow; what they had left of them became NaN."""
    columns = np.random.default_rng(0).standard_normal((20, 4)) * 10.0 ** np.array(
        [power, power, -1, 0]
    )
    gram = columns.T @ columns
    found = eigenvectors(gram, 2)
    np.testing.assert_allclose(found @ found.T, np.eye(2), atol=1e-14)
    np.testing.assert_allclose(
        np.diag(found @ gram @ found.T), np.linalg.eigvalsh(gram)[:1:-1], rtol=1e-12
    )


def test_gram_schmidt_is_a_qr_decomposition():
    rows = np.random.default_rng(0).standard_normal((5, 12))
    rows[1] = rows[0] + 1e-7 * rows[1]
    q, triangle = rows.copy(), np.zeros((5, 5))
    assert orthonormalise(q, 5, triangle, 0.0) == 0
    np.testing.assert_allclose(q @ q.T, np.eye(5), atol=1e-14)
    np.testing.assert_allclose(np.triu(triangle).T @ q, rows, atol=1e-14)


def test_gram_schmidt_leaves_out_what_depends_on_the_rows_before():
    rows = np.array([[1.0, 0, 0], [2.0, 0, 0], [1.0, 1, 0]])
    assert orthonormalise(rows, 3, np.zeros((3, 3)), 1e-8) == 1
    np.testing.assert_array_equal(rows, [[1, 0, 0], [0, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize("shortest", [1.0, 1e-6])
def test_principal_axes_are_a_singular_value_decomposition(shortest):
    rng = np.random.default_rng(0)
    coordinates = rng.standard_normal((3, 20)) * [[1.0], [shortest], [0.3]]
    directions = np.linalg.qr(rng.standard_normal((7, 3)))[0].T
    q, turned, lengths = coordinates.copy(), directions.copy(), np.empty(3)
    principal_axes(q, turned, lengths, 1e-12)
    np.testing.assert_allclose(lengths, np.linalg.svd(coordinates)[1], rtol=1e-12)
    np.testing.assert_allclose(q @ q.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(
        (q * lengths[:, None]).T @ turned, coordinates.T @ directions, atol=1e-13
    )


def test_axes_without_extent_are_zero():
    coordinates = np.vstack([np.linspace(-1, 1, 9), np.zeros(9)])
    lengths = np.empty(2)
    principal_axes(coordinates, np.eye(2), lengths, 1e-8)
    assert lengths[1] == 0
    np.testing.assert_array_equal(coordinates[1], 0)
