"""How far the computed null space can be from the exact one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..operator import Operator


@dataclass(frozen=True)
class Certificate:
    """Residuals, gap and the bound that follows from them.

    Attributes
    ----------
    residual : float
        Largest of the residual norms ``|H u - lambda u|`` of the null space, divided by
        ``|H|``.
    gap_ratio : float
        lambda_{d+1} / lambda_{d+2}, the constant counted as lambda_1: near 0 is good; 1 where both
        are rounding errors.
    sin_bound : float
        Upper bound of the sine of the largest angle between the computed and the exact null
        space, ``|R| / (lambda_{d+2} - lambda_{d+1})`` after Davis & Kahan (1970), or the energy
        of the error over the gap (see ``AngleBound``), whichever is smaller; at most 1.
    relative_gap : float
        ``lambda_{d+2} / |H|``.
    """

    residual: float
    gap_ratio: float
    sin_bound: float
    relative_gap: float = 1.0

    @property
    def floor(self) -> float:
        """The bound that rounding leaves, however long a solver works; at most 1."""
        eps = float(np.finfo(np.float64).eps)
        return eps / self.relative_gap if self.relative_gap > eps else 1.0

    def advice(self, tol: float) -> str:
        """What to do where the bound misses ``tol``."""
        if self.floor > MAX_FLOOR:
            return (
                f"The gap itself, {self.relative_gap:.1g} of the operator's norm, is below what "
                "double precision resolves, as it falls with the fourth power of the size of a "
                "neighbourhood. Use more `n_neighbors`, or fewer nodes: n_nodes='auto' finds how "
                "many."
            )
        if tol < 10 * self.floor:
            return f"Rounding alone leaves about {self.floor:.1g}: raise `tol`."
        return "Use more rows, more `n_neighbors` or fewer components."


def certify(
    operator: Operator,
    values: np.ndarray,
    vectors: np.ndarray,
    n_null: int,
    known_bound: float = 1.0,
) -> Certificate:
    """Certify the first ``n_null`` pairs; the next one stands for the rest of the spectrum.

    Parameters
    ----------
    operator : Operator
        The operator, |H| its norm.
    values : ndarray of shape (m,)
        Ascending Rayleigh quotients, m > n_null.
    vectors : ndarray of shape (n, m)
        Orthonormal Ritz vectors.
    n_null : int
        Dimension of the null space, the constant included: d + 1.
    known_bound : float
        A bound from elsewhere, of ``AngleBound``; the smaller one is kept.

    Returns
    -------
    Certificate
    """
    norm = operator.norm() or 1.0  # of the zero operator every vector is exact
    values, vectors = values[: n_null + 1], vectors[:, : n_null + 1]
    residuals = np.linalg.norm(operator.matmat(vectors) - vectors * values, axis=0)
    # products with H are themselves only good to this, so no smaller residual can be trusted, and
    # values below it are as good as equal
    rounding = np.finfo(np.float64).eps * norm
    residuals += rounding
    separation = values[-1] - residuals[-1] - values[-2]
    bound = np.linalg.norm(residuals[:-1]) / separation if separation > 0 else 1.0
    ratio = values[-2] / values[-1] if values[-1] > rounding else 1.0
    return Certificate(
        residual=float(residuals[:-1].max() / norm),
        gap_ratio=float(np.clip(ratio, 0, 1)),
        sin_bound=float(min(bound, known_bound, 1.0)),
        relative_gap=float(max(values[-1], 0) / norm),
    )


# Beyond it the null space is lost in rounding.
MAX_FLOOR = 1e-3

# How much larger the energy of an error can be than the preconditioner says. It is measured on
# the way; this is the least that is assumed. A factor of 10 stands for a V-cycle that removes
# only a tenth of the worst error.
MIN_ENERGY_FACTOR = 10.0
# Margin over what was measured on errors that are known by now.
ENERGY_MARGIN = 2.0
# Less, in units where the rows are of size one, is rounding.
LEAST_ENERGY = 1e-40


class AngleBound:
    """Bound of the sine of the angle between Ritz vectors and the exact null space.

    The classical bound |r| / gap takes every residual r for the worst one, a combination of the
    smoothest vectors after the gap. Residuals of an iteration are mostly rough. With S the
    components of a Ritz vector along the eigenvectors after the gap, values L >= g,

        |S|^2 = |(L - theta)^-1 r|^2 <= (g / (g - theta))^2 / g  r' H^+ r,

    and r' H^+ r, the energy of the error, is at most a factor times r' M r for a preconditioner
    M. Errors of earlier iterations are known by now (their Ritz values have fallen), and say
    what this factor has been. See docs/decisions/0009-angle-bound.md.

    Parameters
    ----------
    n_wanted : int
        Number of Ritz vectors in the null space, the constant left out; the next one closes the
        gap.
    rounding : float
        Norm of the rounding errors of a product with H.
    """

    def __init__(self, n_wanted: int, rounding: float) -> None:
        self.n_wanted = n_wanted
        self.rounding = rounding
        self._history: list[tuple[np.ndarray, np.ndarray]] = []

    def update(self, values: np.ndarray, R: np.ndarray, W: np.ndarray) -> float:
        """Bound from Ritz values (m,), residuals (n, m) and W = M R; at most 1."""
        m = self.n_wanted + 1
        values = values[:m].copy()
        energy = np.einsum("nm,nm->m", R[:, :m], W[:, :m])
        norms = np.linalg.norm(R[:, :m], axis=0)
        if not (energy > 0).all():  # rounding has made M indefinite: it says nothing
            energy = np.full(m, np.inf)
        factor = MIN_ENERGY_FACTOR
        for earlier, said in self._history:
            if not np.isfinite(said).all():
                continue
            fallen = (earlier - values) / np.maximum(said, LEAST_ENERGY)
            factor = max(factor, ENERGY_MARGIN * float(np.max(fallen)))
        self._history.append((values, energy))
        gap = values[-1] - float(np.minimum(norms[-1], factor * energy[-1])) - self.rounding
        theta = values[:-1]
        if gap <= max(theta[-1], 0):
            return 1.0
        rough = np.sqrt(factor * gap) * np.sqrt(energy[:-1]) + self.rounding
        sines = np.minimum(rough, norms[:-1] + self.rounding) / (gap - theta)
        return min(float(np.linalg.norm(sines)), 1.0)
