"""Tangent-aligned multigrid: a preconditioner for operators whose local null space is known.

Smoothed aggregation (Vanek, Mandel & Brezina 1996) whose tentative prolongator holds, on every
aggregate of nodes, the affine functions of the aggregate's own tangent coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .._threads import in_ranges
from . import aggregation
from .aggregation import BlockRows, Moments, Support
from .direct import RELATIVE_SHIFT, factorised
from .smoother import Smoother, largest_eigenvalue

# Up to this many unknowns a level is solved directly.
MAX_DIRECT = 1_200
# A level that is not this much smaller than the one above it is not worth having.
MIN_COARSENING = 0.7
DAMPING_STEPS = 5
# Aggregates that a row of A T may meet on average, for each column of T, before T stays as it is.
MAX_BLOCKS = 3
LARGEST_BLOCK = 16
FINE_DEGREE, FINE_RANGE = 2, 8.0
# Coarse levels cost little and are further from each other: they smooth more, and twice.
COARSE_DEGREE, COARSE_RANGE, COARSE_CYCLES = 4, 15.0, 2


@dataclass(frozen=True)
class Level:
    """A level, with its way to the next one."""

    smoother: Smoother
    constant: np.ndarray
    prolongator: BlockRows
    support: Support

    @property
    def matrix(self) -> sparse.csr_array:
        """Its matrix."""
        return self.smoother.matrix


class Hierarchy:
    """Approximate inverse of a symmetric positive-semidefinite matrix, by V-cycles.

    Parameters
    ----------
    matrix : csr_array of shape (n, n)
        The operator.
    graph : csr_array of shape (n, n)
        Neighbourhoods of the nodes, with weights.
    moments : Moments
        Of its rows.
    n_tangent : int
        Number of tangent coordinates in the local null space, 0 for the constant alone.
    threads : int
        Number of threads.

    Attributes
    ----------
    sizes : list of int
        Unknowns of each level.
    """

    def __init__(
        self,
        matrix: sparse.csr_array,
        graph: sparse.csr_array,
        moments: Moments,
        n_tangent: int,
        threads: int,
    ) -> None:
        self.threads = threads
        self.levels: list[Level] = []
        while True:
            n = matrix.shape[0]
            if self.levels and n <= MAX_DIRECT:
                break
            labels, count = aggregation.aggregate(graph)
            if self.levels and count * (1 + n_tangent) > MIN_COARSENING * n:
                break
            graph = aggregation.coarsened_graph(graph, labels, count, threads)
            if self.levels:  # whole blocks
                labels = np.repeat(labels, 1 + n_tangent)
            constant = moments.weights / np.linalg.norm(moments.weights)
            bases, moments = aggregation.local_bases(moments, labels, count, n_tangent, threads)
            level, matrix = _coarsened(
                matrix, constant, (labels, bases, count), threads, coarse=bool(self.levels)
            )
            self.levels.append(level)
        self.coarsest = matrix
        self.constant = moments.weights / np.linalg.norm(moments.weights)
        self._inverse = factorised(matrix, RELATIVE_SHIFT * matrix.diagonal().mean())
        self.sizes = [level.matrix.shape[0] for level in self.levels] + [matrix.shape[0]]

    def cycle(self, depth: int, b: np.ndarray) -> np.ndarray:
        """Approximate solution (n, m) of A x = b on a level; symmetric and positive in b."""
        if depth == len(self.levels):
            return self.solve(b)
        level = self.levels[depth]
        x, r = np.zeros_like(b), b.copy()
        n_cycles = COARSE_CYCLES if depth else 1
        for number in range(n_cycles):
            level.smoother.smooth(r, x, keep_residual=True)
            change = np.zeros_like(b)
            self.prolong(depth, self.cycle(depth + 1, self.restrict(depth, r)), change)
            x += change
            level.smoother.subtract_product(change, r, r)
            level.smoother.smooth(r, x, keep_residual=number < n_cycles - 1)
        return x

    def solve(self, b: np.ndarray) -> np.ndarray:
        """Solution (n, m) on the coarsest level, orthogonal to the constant.

        The shift makes 1e13 of a constant that is there by rounding alone.
        """
        constant = self.constant[:, None]
        solution = self._inverse(b - constant * (constant.T @ b))
        return solution - constant * (constant.T @ solution)

    def restrict(self, depth: int, r: np.ndarray) -> np.ndarray:
        """P'r on the level below ``depth``."""
        from . import _kernels

        level = self.levels[depth]
        P = level.prolongator
        coarse = np.empty((P.n_aggregates * P.values.shape[1], r.shape[1]))
        in_ranges(
            _kernels.restrict, P.n_aggregates, self.threads, *level.support, P.values, r, coarse
        )
        return coarse

    def prolong(self, depth: int, coarse: np.ndarray, x: np.ndarray) -> None:
        """x = x + P coarse."""
        from . import _kernels

        P = self.levels[depth].prolongator
        in_ranges(_kernels.prolong, len(x), self.threads, P.begin, P.columns, P.values, coarse, x)


def _coarsened(
    matrix: sparse.csr_array,
    constant: np.ndarray,
    aggregates: tuple[np.ndarray, np.ndarray, int],
    threads: int,
    *,
    coarse: bool,
) -> tuple[Level, sparse.csr_array]:
    """A level and the matrix of the next one, from the labels, bases and number of aggregates."""
    labels, bases, n_aggregates = aggregates
    n = matrix.shape[0]
    smoother = Smoother(
        matrix,
        largest_block=LARGEST_BLOCK,
        degree=COARSE_DEGREE if coarse else FINE_DEGREE,
        range_ratio=COARSE_RANGE if coarse else FINE_RANGE,
        threads=threads,
    )
    tentative = BlockRows(np.arange(n + 1), labels.astype(np.int32), bases, n_aggregates)
    prolongator, product = tentative, aggregation.multiply(matrix, tentative, threads)
    # Where noise fills the neighbourhoods, a row meets dozens of aggregates: no function is smooth
    # there, and smoothing would only fill the coarse matrix, and the time.
    if len(product.columns) <= MAX_BLOCKS * bases.shape[1] * n:
        prolongator = _smoothed(matrix, tentative, product)
        product = aggregation.multiply(matrix, prolongator, threads)
    where = aggregation.support(prolongator)
    coarse_matrix = aggregation.galerkin(prolongator, product, where, threads)
    return Level(smoother, constant, prolongator, where), _with_full_diagonal(coarse_matrix)


def _smoothed(matrix: sparse.csr_array, tentative: BlockRows, product: BlockRows) -> BlockRows:
    """P = (1 - 4 / (3 rho) D^-1 A) T, from T and A T, whose numbers it overwrites."""
    diagonal = matrix.diagonal()
    radius = largest_eigenvalue(
        matrix.__matmul__, lambda r: r / diagonal[:, None], len(diagonal), DAMPING_STEPS
    )
    row = np.repeat(np.arange(len(diagonal)), np.diff(product.begin))
    values = product.values
    values *= (-4 / (3 * radius) / diagonal)[row, None]
    own = product.columns == tentative.columns[row]
    values[own] += tentative.values
    return product


def _with_full_diagonal(matrix: sparse.csr_array) -> sparse.csr_array:
    """The matrix with a one in place of every vanishing diagonal entry.

    Aggregates of lower rank leave rows and columns of zeros, which must not be singular.
    """
    diagonal = matrix.diagonal()
    vanishing = diagonal <= 1e-14 * diagonal.max()
    if not vanishing.any():
        return matrix
    fill = sparse.diags_array(vanishing * diagonal.max())
    return sparse.csr_array(matrix + fill)
