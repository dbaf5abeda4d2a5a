"""The null-space stage: the smallest eigenpairs of the operator, with a certificate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import choice, n_threads, number, seeded, whole
from ..operator import Operator
from .certificate import Certificate, certify
from .direct import RELATIVE_SHIFT, dense, shift_invert
from .geometry import Geometry
from .multigrid import multigrid

__all__ = ["SOLVERS", "Certificate", "Eigenpairs", "Geometry", "certify", "smallest_eigenpairs"]

SOLVERS = ("auto", "dense", "shift-invert", "multigrid")
# Beyond it multigrid is faster even where the sparse factors stay sparse.
DIRECT_MAX_NODES = 4000
# Fewer nodes for each null vector leave nothing to coarsen.
MIN_MULTIGRID_NODES = 20
# 0.1 s dense against 0.03 s by shift-invert at 500 nodes; below, neither can be noticed.
DENSE_MAX_NODES = 300
# Largest residual of a pair after the gap, as a share of its value: 1e-11 is usual, 4e-6 was seen
# on flat rows, and up to 1e-3 where many rows share one face of theirs.
LOOSE_RESIDUAL = 1e-5
SHIFT_TO_GAP = 1e-3


@dataclass(frozen=True)
class Eigenpairs:
    """Smallest eigenpairs of an operator.

    Attributes
    ----------
    values : ndarray of shape (m,), float64
        Ascending; the first one belongs to the constant.
    vectors : ndarray of shape (n, m), float64
        Orthonormal columns.
    certificate : Certificate
        Of the null space, the first ``n_null`` pairs.
    solver : str
        The solver that was used.
    n_iter : int
        Number of solves with the factorised operator, or of LOBPCG iterations; 1 for the dense
        solver.
    """

    values: np.ndarray
    vectors: np.ndarray
    certificate: Certificate
    solver: str
    n_iter: int


def smallest_eigenpairs(
    operator: Operator,
    n_pairs: int,
    *,
    n_null: int | None = None,
    solver: str = "auto",
    geometry: Geometry | None = None,
    tol: float = 1e-4,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Eigenpairs:
    """Smallest eigenpairs of a positive-semidefinite operator with a known constant null vector.

    Parameters
    ----------
    operator : Operator
        From `hessmap.operator.build_operator`.
    n_pairs : int
        Number m of pairs, the constant's included; 2 <= m <= n.
    n_null : int or None
        How many of them are certified: d + 1 for d coordinates and the constant. At most and by
        default m - 1, because the next pair tells the gap.
    solver : {"auto", "dense", "shift-invert", "multigrid"}
        "multigrid" is LOBPCG with a tangent-aligned hierarchy as its preconditioner. "auto" takes
        "dense" up to 300 nodes, and "multigrid" from 4,000 nodes on if there is a geometry.
    geometry : Geometry or None
        Where the nodes lie, for "multigrid", which then returns at most n_null + 2 pairs.
    tol : float
        Where "multigrid" stops: the bound of the sine of the angle to the exact null space. The
        other solvers are exact to rounding.
    n_jobs : int or None
        Number of threads of "multigrid"; the result does not depend on it.
    random_state : int, RandomState or None
        Seed of the start vector.

    Returns
    -------
    Eigenpairs

    Raises
    ------
    TypeError, ValueError
        If ``n_pairs``, ``n_null`` or ``solver`` is out of its range, or the operator is singular
        beyond the constant so that it cannot be factorised.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.eigen import smallest_eigenpairs
    >>> from hessmap.operator import LocalForms, build_operator
    >>> chain = np.array([[i, i + 1] for i in range(4)] + [[4, 3]])
    >>> difference = LocalForms("gram", np.tile([[[1.0, -1.0]]], (5, 1, 1)))
    >>> pairs = smallest_eigenpairs(build_operator(difference, chain), 3, random_state=0)
    >>> bool(np.isclose(pairs.values[0], 0))
    True
    """
    if not isinstance(operator, Operator):
        raise TypeError(
            f"`operator` must be an Operator of `build_operator`; got a {type(operator).__name__}."
        )
    n = operator.shape[0]
    if not 2 <= whole("n_pairs", n_pairs, at_least=2) <= n:
        raise ValueError(f"`n_pairs` must be between 2 and the {n} nodes; got {n_pairs}.")
    n_null = n_pairs - 1 if n_null is None else whole("n_null", n_null, at_least=1)
    if n_null >= n_pairs:
        raise ValueError(f"`n_null` must be between 1 and {n_pairs - 1}; got {n_null}.")
    if not isinstance(geometry, Geometry | None):
        raise TypeError(f"`geometry` must be a Geometry or None; got {geometry!r}.")
    choice("eigen_solver", solver, SOLVERS)
    number("tol", tol, above=0)
    random_state = seeded(random_state)
    if solver == "auto":
        large = n > DIRECT_MAX_NODES and geometry is not None
        solver = "dense" if n <= DENSE_MAX_NODES else "multigrid" if large else "shift-invert"
    if solver == "multigrid":
        if geometry is None:
            raise ValueError("`eigen_solver='multigrid'` needs the `geometry` of the nodes.")
        if n <= MIN_MULTIGRID_NODES * n_null:
            raise ValueError(
                f"`eigen_solver='multigrid'` needs more than {MIN_MULTIGRID_NODES * n_null} nodes "
                f"for n_null={n_null}; got {n}. Use 'dense' or 'auto'."
            )
        found = multigrid(
            operator,
            geometry,
            n_wanted=n_null - 1,
            tol=tol,
            threads=n_threads(n_jobs),
            random_state=random_state,
        )
        values, vectors = _rayleigh_ritz(operator, found.vectors)
        values, vectors = values[:n_pairs], vectors[:, :n_pairs]
        certificate = certify(operator, values, vectors, n_null, known_bound=found.sin_bound)
        return Eigenpairs(values, vectors, certificate, solver, found.n_iter)
    if solver == "shift-invert" and n < n_pairs + 3:
        raise ValueError(
            f"`eigen_solver='shift-invert'` needs at least {n_pairs + 3} nodes for {n_pairs} "
            f"pairs; got {n}. Use 'dense' or 'auto'."
        )
    if solver == "dense":
        values, vectors = _rayleigh_ritz(operator, dense(operator, n_pairs - 1))
        n_iter = 1
    else:
        values, vectors, n_iter = _by_shift_invert(operator, n_pairs, n_null, random_state)
    return Eigenpairs(values, vectors, certify(operator, values, vectors, n_null), solver, n_iter)


def _by_shift_invert(
    operator: Operator, n_pairs: int, n_null: int, random_state: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray, int]:
    """Pairs by shift-invert, a second time with a larger shift where the first one was too small.

    The inverse magnifies a null space that is exact to rounding by 1 / shift, and its rounding
    errors then drown the pairs after the gap, without which there is no certificate. Their first
    Rayleigh quotient is still good enough to say which shift suits all.
    """
    shift = RELATIVE_SHIFT * operator.norm()
    n_iter = 0
    while True:
        found, n_solves = shift_invert(operator, n_pairs - 1, shift, random_state)
        n_iter += n_solves
        values, vectors = _rayleigh_ritz(operator, found)
        beyond, following = values[n_null:], vectors[:, n_null:]
        residuals = np.linalg.norm(operator.matmat(following) - beyond * following, axis=0)
        better = SHIFT_TO_GAP * beyond[0]
        if (residuals <= LOOSE_RESIDUAL * beyond).all() or shift >= better:
            return values, vectors, n_iter
        shift = better


def _rayleigh_ritz(operator: Operator, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Best pairs within span(found), the constant put back in front.

    Eigenvalues read off the inverse carry the shift's rounding errors; Rayleigh quotients do
    not.
    """
    constant = operator.constant[:, None]
    basis, _ = np.linalg.qr(np.hstack([constant, found]))
    basis = basis[:, 1:]
    small = basis.T @ operator.matmat(basis)
    values, rotation = np.linalg.eigh((small + small.T) / 2)
    values = np.concatenate([[float(constant[:, 0] @ operator.matmat(constant[:, 0]))], values])
    return values, np.hstack([constant, basis @ rotation])
