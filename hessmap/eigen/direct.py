"""Direct eigensolvers: dense for small operators, sparse shift-invert for larger ones.

Both leave the constant out exactly, because it is known: what remains has its wanted
eigenvalues at the bottom of the spectrum, separated from the rest by the spectral gap.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, eigsh, splu

from ..operator import Operator

# Relative to |H|. Far below the gap (6e-8 / 14 at 100,000 nodes in two dimensions) and far
# above the rounding errors of H, so that the factorisation stays positive definite.
RELATIVE_SHIFT = 1e-13
# More vectors than ARPACK's default (20) pay for themselves: solves dominate, restarts vanish.
ARPACK_SPARE_VECTORS = 20
# From this share of non-zeros on, a sparse factor fills in completely, and LAPACK's dense one is
# faster; up to this many nodes, for memory (n^2 numbers).
MIN_FILLED_SHARE = 0.02
MAX_FILLED_NODES = 25_000


def dense(operator: Operator, n_pairs: int) -> np.ndarray:
    """(n, n_pairs) eigenvectors of the smallest eigenvalues in the complement of the constant."""
    matrix = _constant_at_the_far_end(operator)
    return linalg.eigh(matrix, subset_by_index=[0, n_pairs - 1], overwrite_a=True)[1]


def shift_invert(
    operator: Operator, n_pairs: int, shift: float, random_state: np.random.RandomState
) -> tuple[np.ndarray, int]:
    """The same as ``dense`` by ARPACK on (H + shift)^-1, and the number of solves it took."""
    n = operator.shape[0]
    constant = operator.constant
    inverse = factorised(operator.tocsr(), shift)
    n_solves = 0

    def solve(vector: np.ndarray) -> np.ndarray:
        nonlocal n_solves
        n_solves += 1
        vector = vector.ravel()
        solved = inverse(vector - constant * (constant @ vector))
        return solved - constant * (constant @ solved)

    start = random_state.uniform(-1, 1, size=n)
    start -= constant * (constant @ start)
    _, vectors = eigsh(
        LinearOperator((n, n), matvec=solve, dtype=np.float64),
        k=n_pairs,
        which="LA",
        v0=start,
        ncv=min(n - 1, 2 * n_pairs + ARPACK_SPARE_VECTORS),
    )
    return vectors, n_solves


def factorised(matrix: sparse.csr_array, shift: float) -> Callable[[np.ndarray], np.ndarray]:
    """Solver of (A + shift) x = b for a symmetric positive-semidefinite matrix."""
    n = matrix.shape[0]
    if matrix.nnz > MIN_FILLED_SHARE * n**2 and n <= MAX_FILLED_NODES:
        filled = matrix.toarray()
        filled[np.diag_indices(n)] += shift
        lu, pivots, info = linalg.lapack.dgetrf(filled, overwrite_a=True)
        if info > 0:
            raise ValueError(singular(f"pivot {info} vanishes"))
        return lambda b: linalg.lu_solve((lu, pivots), b, check_finite=False)
    try:
        factor = splu(
            sparse.csc_array(matrix + shift * sparse.eye_array(n)),
            # COLAMD, the default, is meant for unsymmetric matrices and many times slower here
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError as problem:
        raise ValueError(singular(str(problem))) from None
    return factor.solve


def singular(problem: str) -> str:
    """What is wrong with the data where an operator cannot be inverted."""
    return (
        f"the operator cannot be factorised ({problem}): the neighbourhoods of some nodes "
        "have no extent beside the rest of the data. Remove rows that lie extremely far from "
        "all others, or pass more `n_neighbors`."
    )


def _constant_at_the_far_end(operator: Operator) -> np.ndarray:
    """(n, n) H with the constant's eigenvalue moved beyond all others."""
    matrix = operator.tocsr().toarray()
    matrix += 2 * operator.norm() * np.outer(operator.constant, operator.constant)
    return matrix
