"""The kernels of a multigrid cycle against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from hessmap.eigen import _kernels
from hessmap.eigen.aggregation import BlockRows, galerkin, multiply, support

N, AGGREGATES = 18, 5
WIDTHS = range(1, 8)  # columns go by fours and by twos, and one by one


def matrix_of(seed=0):
    """A sparse symmetric positive matrix, and the same with every entry."""
    factor = sparse.random_array((N, N), density=0.15, rng=np.random.default_rng(seed))
    matrix = sparse.csr_array(factor @ factor.T + sparse.eye_array(N))
    matrix.sort_indices()
    return matrix, matrix.toarray()


def blocks_of(c, seed=0):
    """A prolongator of one to three blocks of c columns in each row, and the same when dense."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 4, size=N)
    begin = np.concatenate([[0], np.cumsum(counts)])
    columns = np.concatenate([rng.permutation(AGGREGATES)[:count] for count in counts])
    values = rng.standard_normal((len(columns), c))
    dense = np.zeros((N, AGGREGATES, c))
    dense[np.repeat(np.arange(N), counts), columns] = values
    P = BlockRows(begin, columns.astype(np.int32), values, AGGREGATES)
    return P, dense.reshape(N, -1)


@pytest.mark.parametrize("m", WIDTHS)
def test_residual(m):
    matrix, dense = matrix_of()
    x, b = np.random.default_rng(m).standard_normal((2, N, m))
    y = np.full((N, m), 7.0)
    given = (matrix.indptr, matrix.indices, matrix.data)
    _kernels.subtract_product(2, N, *given, x, b, y)
    np.testing.assert_allclose(y[2:], (b - dense @ x)[2:], atol=1e-12)
    np.testing.assert_array_equal(y[:2], 7)  # not its rows
    expected = b - dense @ x
    _kernels.subtract_product(0, N, *given, x, b, b)
    np.testing.assert_allclose(b, expected, atol=1e-12)


@pytest.mark.parametrize("m", WIDTHS)
def test_smoothing_step(m):
    rng = np.random.default_rng(m)
    order = rng.permutation(N)
    first = np.array([0, 1, 4, 9, N])
    sizes = np.diff(first)
    offset = np.concatenate([[0], np.cumsum(sizes**2)])
    inverses = rng.standard_normal(offset[-1])
    B = np.zeros((N, N))
    for block, size in enumerate(sizes):
        rows = order[first[block] : first[block + 1]]
        B[np.ix_(rows, rows)] = inverses[offset[block] : offset[block + 1]].reshape(size, size)
    r, step, x = rng.standard_normal((3, N, m))
    expected = 0.3 * step + 1.7 * B @ r
    moved = x + expected
    _kernels.smooth(0, len(sizes), first, order, offset, inverses, r, 0.3, 1.7, step, x)
    np.testing.assert_allclose(step, expected, atol=1e-12)
    np.testing.assert_allclose(x, moved, atol=1e-12)


@pytest.mark.parametrize("m", WIDTHS)
@pytest.mark.parametrize("c", [1, 3])
def test_between_levels(c, m):
    P, dense = blocks_of(c)
    rng = np.random.default_rng(m)
    coarse, x = rng.standard_normal((AGGREGATES * c, m)), rng.standard_normal((N, m))
    expected = x + dense @ coarse
    _kernels.prolong(0, N, P.begin, P.columns, P.values, coarse, x)
    np.testing.assert_allclose(x, expected, atol=1e-12)
    found = np.empty_like(coarse)
    _kernels.restrict(0, AGGREGATES, *support(P), P.values, x, found)
    np.testing.assert_allclose(found, dense.T @ x, atol=1e-12)


@pytest.mark.parametrize("c", range(1, 6))
def test_coarse_matrix(c):
    matrix, A = matrix_of()
    P, dense = blocks_of(c)
    product = multiply(matrix, P, 1)
    found = np.zeros((N, AGGREGATES, c))
    for i in range(N):
        columns = product.columns[product.begin[i] : product.begin[i + 1]]
        assert len(set(columns)) == len(columns)
        found[i, columns] = product.values[product.begin[i] : product.begin[i + 1]]
    np.testing.assert_allclose(found.reshape(N, -1), A @ dense, atol=1e-12)
    coarse = galerkin(P, product, support(P), 1)
    np.testing.assert_allclose(coarse.toarray(), dense.T @ A @ dense, atol=1e-12)
