"""Direct eigensolvers: dense for small operators, sparse shift-invert for larger ones.

Both leave the constant out exactly, because it is known: what remains has its wanted
eigenvalues at the bottom of the spectrum, separated from the rest by the spectral gap.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, eigsh, splu

from ..operator import Operator

# Relative to |H|. Far below the gap (6e-8 / 14 at 100,000 nodes in two dimensions) and far
# above the rounding errors of H, so that the factorisation stays positive definite.
RELATIVE_SHIFT = 1e-13
# More vectors than ARPACK's default (20) pay for themselves: solves dominate, restarts vanish.
ARPACK_SPARE_VECTORS = 20


def dense(operator: Operator, n_pairs: int) -> np.ndarray:
    """(n, n_pairs) eigenvectors of the smallest eigenvalues in the complement of the constant."""
    constant = operator.constant
    matrix = operator.tocsr().toarray()
    matrix += 2 * operator.norm() * np.outer(constant, constant)  # moves it to the far end
    return linalg.eigh(matrix, subset_by_index=[0, n_pairs - 1])[1]


def shift_invert(
    operator: Operator, n_pairs: int, random_state: np.random.RandomState
) -> tuple[np.ndarray, int]:
    """The same as ``dense`` by ARPACK on (H + shift)^-1, and the number of solves it took."""
    n = operator.shape[0]
    constant = operator.constant
    shift = RELATIVE_SHIFT * operator.norm()
    factor = splu(
        sparse.csc_array(operator.tocsr() + shift * sparse.eye_array(n)),
        # COLAMD, the default, is meant for unsymmetric matrices and many times slower here
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    n_solves = 0

    def solve(vector: np.ndarray) -> np.ndarray:
        nonlocal n_solves
        n_solves += 1
        vector = vector.ravel()
        solved = factor.solve(vector - constant * (constant @ vector))
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
