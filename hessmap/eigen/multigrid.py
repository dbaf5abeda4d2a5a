"""Eigenpairs of large operators: coarse eigenproblem first, then LOBPCG on every finer level."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from ..operator import Operator
from .aggregation import Moments
from .direct import singular
from .geometry import Geometry
from .hierarchy import Hierarchy
from .lobpcg import LobpcgResult, lobpcg

MAX_ITER = 60
# A guess from a coarser level is improved until it is good enough for the next finer one.
COARSE_TOL = 1e-2
COARSE_MAX_ITER = 15
SPARE_VECTORS = 20
# A diagonal entry this small beside the largest is rounding: the node is in no equation.
EMPTY_ROW = 1e-14


def multigrid(
    operator: Operator,
    geometry: Geometry,
    *,
    n_wanted: int,
    tol: float,
    threads: int,
    random_state: np.random.RandomState,
) -> LobpcgResult:
    """The ``n_wanted`` + 2 smallest eigenpairs in the complement of the constant.

    Parameters
    ----------
    operator : Operator
        H.
    geometry : Geometry
        Where its nodes lie.
    n_wanted : int
        How many vectors must meet ``tol``.
    tol : float
        Of the sine of the largest angle to the exact ones.
    threads : int
        Number of threads.
    random_state : RandomState
        Seed of the coarse eigenproblem's start.
    """
    diagonal = operator.diagonal()
    empty = int((diagonal <= EMPTY_ROW * diagonal.max()).sum())
    if empty:
        raise ValueError(singular(f"{empty} nodes have no energy at all"))
    weights = 1 / operator.scaling
    moments = Moments(geometry.points * weights[:, None], weights)
    n, k = geometry.neighborhoods.shape
    graph = sparse.csr_array(
        (np.ones(n * k), geometry.neighborhoods.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n)
    )
    hierarchy = Hierarchy(operator.tocsr(), graph, moments, geometry.n_tangent, threads)
    del graph, moments
    guess = _coarse_vectors(hierarchy, n_wanted + 2, random_state)
    for depth in range(len(hierarchy.levels) - 1, -1, -1):
        level = hierarchy.levels[depth]
        start = np.zeros((level.matrix.shape[0], guess.shape[1]))
        hierarchy.prolong(depth, guess, start)
        result = lobpcg(
            level.smoother.product,
            partial(hierarchy.cycle, depth),
            start,
            level.constant,
            m=n_wanted + 2,
            n_wanted=n_wanted,
            rounding=np.finfo(np.float64).eps * operator.norm(),
            tol=COARSE_TOL if depth else tol,
            max_iter=COARSE_MAX_ITER if depth else MAX_ITER,
            threads=threads,
        )
        guess = result.vectors
    return result


def _coarse_vectors(
    hierarchy: Hierarchy, m: int, random_state: np.random.RandomState
) -> np.ndarray:
    """Smallest eigenvectors (n, m) of the coarsest level in the complement of the constant.

    Fewer than m where the level is that small.
    """
    n = hierarchy.coarsest.shape[0]
    constant = hierarchy.constant
    if n < 2 * m + SPARE_VECTORS:
        matrix = hierarchy.coarsest.toarray()
        matrix += 2 * np.abs(matrix).sum(axis=1).max() * np.outer(constant, constant)
        return np.linalg.eigh(matrix)[1][:, : min(m, n - 1)]

    def solve(vector: np.ndarray) -> np.ndarray:
        return hierarchy.solve(vector.reshape(n, 1)).ravel()

    start = random_state.uniform(-1, 1, size=n)
    return eigsh(
        LinearOperator((n, n), matvec=solve, dtype=np.float64),
        k=m,
        which="LA",
        v0=start - constant * (constant @ start),
        ncv=min(n - 1, 2 * m + SPARE_VECTORS),
        tol=COARSE_TOL,
    )[1]
