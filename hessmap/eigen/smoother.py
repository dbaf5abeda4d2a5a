"""Chebyshev smoothing with small diagonal blocks of strongly coupled rows.

Two nodes at nearly one place have nearly equal rows in H, and a function that is +1 at one and -1
at the other has nearly no energy. Such functions are far from smooth, so that no coarse level
holds them, and Jacobi's or Gauss-Seidel's method hardly touches them: their convergence factor was
0.8 to 0.99, whatever the aggregates. Solving exactly in small blocks of the most strongly coupled
rows removes them. See docs/decisions/0010-multigrid.md.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from .._threads import MIN_RANGE_OF_PRODUCTS, in_ranges
from .aggregation import grouped
from .direct import singular

# Couplings a_ij / sqrt(a_ii a_jj) that count, and classes of their strength.
MIN_COUPLING = 0.1
COUPLING_CLASSES = 64
BLOCKS = MIN_RANGE_OF_PRODUCTS // 8  # of about so many rows
LANCZOS_STEPS = 8
EIGENVALUE_MARGIN = 1.1


class Smoother:
    """Chebyshev iteration for A x = b, preconditioned by the inverses of diagonal blocks.

    Parameters
    ----------
    matrix : csr_array of shape (n, n)
        A, symmetric and positive-semidefinite.
    largest_block : int
        Rows in a block, at most.
    degree : int
        Steps of an application.
    range_ratio : float
        Largest over smallest eigenvalue that the iteration damps.
    threads : int
        Number of threads.

    Attributes
    ----------
    interval : (float, float)
        Eigenvalues of B A that it damps, where B is the inverse of the blocks.
    """

    def __init__(
        self,
        matrix: sparse.csr_array,
        *,
        largest_block: int,
        degree: int,
        range_ratio: float,
        threads: int,
    ) -> None:
        self.matrix = matrix
        self.threads = threads
        self._blocks = _block_inverses(matrix, largest_block, threads)
        top = largest_eigenvalue(self.product, self._inverse_blocks, matrix.shape[0])
        self.interval = (top / range_ratio, top)
        self._steps = _chebyshev(*self.interval, degree)

    def smooth(self, r: np.ndarray, x: np.ndarray, *, keep_residual: bool) -> None:
        """Improve x (n, m) in place, from its residual r, which is kept up to date on request."""
        from . import _kernels

        step = np.zeros_like(x)
        n_blocks = len(self._blocks[0]) - 1
        for number, (alpha, beta) in enumerate(self._steps):
            in_ranges(
                _kernels.smooth,
                n_blocks,
                self.threads,
                *self._blocks,
                r,
                alpha,
                beta,
                step,
                x,
                smallest=BLOCKS,
            )
            if keep_residual or number < len(self._steps) - 1:
                self.subtract_product(step, r, r)

    def subtract_product(self, x: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
        """y = b - A x."""
        from . import _kernels

        A = self.matrix
        in_ranges(
            _kernels.subtract_product,
            len(y),
            self.threads,
            A.indptr,
            A.indices,
            A.data,
            x,
            b,
            y,
            smallest=MIN_RANGE_OF_PRODUCTS,
        )

    def product(self, x: np.ndarray) -> np.ndarray:
        """A x."""
        y = np.zeros_like(x)
        self.subtract_product(x, y, y)
        return np.negative(y, out=y)

    def _inverse_blocks(self, r: np.ndarray) -> np.ndarray:
        """B r, where B is the inverse of the diagonal blocks."""
        from . import _kernels

        x, step = np.zeros_like(r), np.zeros_like(r)
        n_blocks = len(self._blocks[0]) - 1
        in_ranges(
            _kernels.smooth,
            n_blocks,
            self.threads,
            *self._blocks,
            r,
            0.0,
            1.0,
            step,
            x,
            smallest=BLOCKS,
        )
        return x


def largest_eigenvalue(
    product: Callable[[np.ndarray], np.ndarray],
    preconditioner: Callable[[np.ndarray], np.ndarray],
    n: int,
    steps: int = LANCZOS_STEPS,
) -> float:
    """Upper estimate of the largest eigenvalue of B A, by the Lanczos process inside CG.

    The power method is too low by a tenth after as many steps. A smoother whose range ends too
    low leaves the roughest errors alone, and the energy of an error is then not seen.
    """
    # no special direction, and no seed
    r = np.cos(np.arange(n, dtype=np.float64) ** 2)[:, None]
    diagonal, beside = [], []
    p, last, rz = np.zeros_like(r), 1.0, 0.0
    for step in range(steps):
        z = preconditioner(r)
        rz, before = float(r[:, 0] @ z[:, 0]), rz
        ratio = rz / before if step else 0.0
        p = z + ratio * p
        Ap = product(p)
        curvature = float(p[:, 0] @ Ap[:, 0])
        length = rz / curvature if curvature > 0 else 0.0
        if not length > 0:  # rounding, or nothing left
            break
        diagonal.append(1 / length + ratio / last)
        beside.append(np.sqrt(ratio) / last)
        r -= length * Ap
        last = length
    if not np.isfinite(diagonal + beside).all():
        raise ValueError(singular("its entries differ by more than double precision spans"))
    if not diagonal:
        return 1.0
    matrix = np.diag(diagonal) + np.diag(beside[1:], 1) + np.diag(beside[1:], -1)
    return EIGENVALUE_MARGIN * float(np.linalg.eigvalsh(matrix)[-1])


def _block_inverses(
    matrix: sparse.csr_array, largest: int, threads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Blocks of strongly coupled rows: first, members, offset, inverses; see the kernels."""
    from . import _setup_kernels

    inverse_root = 1 / np.sqrt(matrix.diagonal())
    counts = np.zeros(COUPLING_CLASSES, dtype=np.int64)
    given = (matrix.indptr, matrix.indices, matrix.data, inverse_root)
    classes = (MIN_COUPLING, COUPLING_CLASSES)
    none = np.empty(0, dtype=np.int32)
    _setup_kernels.coupled_pairs(*given, *classes, counts, none, none)
    ends = np.cumsum(counts)
    one, two = np.empty(ends[-1], dtype=np.int32), np.empty(ends[-1], dtype=np.int32)
    if len(one):
        _setup_kernels.coupled_pairs(*given, *classes, ends - counts, one, two)
    labels = np.empty(matrix.shape[0], dtype=np.int64)
    _setup_kernels.merge_pairs(one, two, largest, labels)
    roots = labels == np.arange(len(labels))
    labels = (np.cumsum(roots) - 1)[labels]
    n_blocks = int(roots.sum())
    first, members = grouped(labels, n_blocks)
    offset = np.zeros(n_blocks + 1, dtype=np.int64)
    np.cumsum(np.diff(first) ** 2, out=offset[1:])
    inverses = np.empty(offset[-1])
    in_ranges(
        _setup_kernels.invert_blocks, n_blocks, threads, first, members, offset,
        matrix.indptr, matrix.indices, matrix.data, inverses,
    )  # fmt: skip
    return first, members, offset, inverses


def _chebyshev(low: float, high: float, degree: int) -> list[tuple[float, float]]:
    """Coefficients (alpha, beta) of step = alpha step + beta B r (Saad 2003, section 12.1)."""
    middle, half = (high + low) / 2, (high - low) / 2
    sigma = middle / half
    rho = 1 / sigma
    steps = [(0.0, 1 / middle)]
    for _ in range(degree - 1):
        following = 1 / (2 * sigma - rho)
        steps.append((following * rho, 2 * following / half))
        rho = following
    return steps
