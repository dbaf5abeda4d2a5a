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
        Largest of the residual norms |H u - lambda u| of the null space, divided by |H|.
    gap_ratio : float
        lambda_{d+1} / lambda_{d+2}, the constant counted as lambda_1: near 0 is good.
    sin_bound : float
        Upper bound of the sine of the largest angle between the computed and the exact null
        space, |R| / (lambda_{d+2} - lambda_{d+1}) after Davis & Kahan (1970); at most 1.
    """

    residual: float
    gap_ratio: float
    sin_bound: float


def certify(
    operator: Operator, values: np.ndarray, vectors: np.ndarray, n_null: int
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

    Returns
    -------
    Certificate
    """
    norm = operator.norm() or 1.0  # of the zero operator every vector is exact
    values, vectors = values[: n_null + 1], vectors[:, : n_null + 1]
    residuals = np.linalg.norm(operator.matmat(vectors) - vectors * values, axis=0)
    # products with H are themselves only good to this, so no smaller residual can be trusted
    residuals += np.finfo(np.float64).eps * norm
    separation = values[-1] - residuals[-1] - values[-2]
    bound = np.linalg.norm(residuals[:-1]) / separation if separation > 0 else 1.0
    ratio = values[-2] / values[-1] if values[-1] > 0 else 1.0
    return Certificate(
        residual=float(residuals[:-1].max() / norm),
        gap_ratio=float(np.clip(ratio, 0, 1)),
        sin_bound=float(min(bound, 1.0)),
    )
