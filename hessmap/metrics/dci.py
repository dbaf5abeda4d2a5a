"""Which codes do trees use to predict each factor?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._validation import seeded, whole
from .columns import codes_and_factors, standardised
from .prediction import MAX_VALUES, labels, r_squared, split

MAX_ROWS = 5000
N_TREES = 100


@dataclass(frozen=True, eq=False)
class DCIScores:
    """What `dci` returns.

    Attributes
    ----------
    disentanglement : float
        In [0, 1]; 1 where each code serves one factor.
    completeness : float
        In [0, 1]; 1 where each factor is served by one code.
    informativeness : float
        In [0, 1]; mean held-out score of the factors: R^2, or accuracy for discrete ones.
    importances : ndarray of shape (d, K)
        Importance of each code for each factor; columns sum to 1, or are 0 where no code helps.
    """

    disentanglement: float
    completeness: float
    informativeness: float
    importances: np.ndarray


def dci(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    max_values: int = MAX_VALUES,
    max_rows: int = MAX_ROWS,
    n_trees: int = N_TREES,
    random_state: int | np.random.RandomState | None = None,
) -> DCIScores:
    """Disentanglement, completeness and informativeness of the codes.

    Gradient-boosted trees predict each factor from all codes, and say how important each code was:
    R (d, K). With rho_i and w_j the shares of row i and column j in the sum of R, disentanglement
    is sum_i rho_i (1 - H_K(R_i)) and completeness sum_j w_j (1 - H_d(R_j)), where H_m is the
    entropy, to base m, of a row or column that is scaled to sum 1 (Eastwood & Williams 2018).

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes, in any scale.
    factors : array-like of shape (n, K) or (n,)
        True factors.
    max_values : int
        A factor of at most so many values is discrete and classified, any other is regressed.
    max_rows : int
        Of more rows, so many random ones are used: two thirds to fit the trees, one third to
        score them. More rows take longer and change little.
    n_trees : int
        Trees for a factor, or for each value of a discrete one.
    random_state : int, RandomState or None
        Seed of the rows and of the trees.

    Returns
    -------
    DCIScores
        A single factor makes any code disentangled, a single code any factor complete. Constant
        codes have no importance; where no code has any, disentanglement and completeness are 0.
        A factor that is constant in the rows of the fit counts 0 in the informativeness.

    Raises
    ------
    ValueError
        If the shapes do not agree, a value is not finite or there are fewer than 4 rows.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import dci
    >>> factors = np.random.default_rng(0).uniform(size=(1000, 2))
    >>> found = dci(factors[:, ::-1], factors, random_state=0)
    >>> found.disentanglement > 0.99, found.completeness > 0.99, found.informativeness > 0.99
    (True, True, True)
    >>> found.importances.round(1)
    array([[0., 1.],
           [1., 0.]])
    """
    max_values = whole("max_values", max_values, at_least=2)
    max_rows = whole("max_rows", max_rows, at_least=4)
    n_trees = whole("n_trees", n_trees, at_least=1)
    random = seeded(random_state)
    codes, factors = codes_and_factors(codes, factors, at_least=4)
    codes, factors = standardised(codes), standardised(factors)
    train, test = split(len(codes), max_rows, random)
    importances = np.zeros((codes.shape[1], factors.shape[1]))
    scores = np.zeros(factors.shape[1])
    for k, factor in enumerate(factors.T):
        label = labels(factor, max_values)
        truth = factor if label is None else label
        if np.ptp(truth[train]) == 0:
            continue
        trees = _trees(label is not None)(n_estimators=n_trees, random_state=random)
        predicted = trees.fit(codes[train], truth[train]).predict(codes[test])
        right = predicted == truth[test]
        scores[k] = r_squared(truth[test], predicted) if label is None else right.mean()
        importances[:, k] = trees.feature_importances_
    return DCIScores(
        disentanglement=_concentration(importances),
        completeness=_concentration(importances.T),
        informativeness=float(scores.mean()),
        importances=importances,
    )


def _trees(discrete: bool) -> type[Any]:
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    return GradientBoostingClassifier if discrete else GradientBoostingRegressor


def _concentration(importances: np.ndarray) -> float:
    """Mean of 1 - entropy of the rows, to the base of their length, weighted by their sums."""
    weights = importances.sum(axis=1)
    used = weights > 0
    if not used.any():
        return 0.0
    shares = importances[used] / weights[used, None]
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    entropies = -(shares * logarithms).sum(axis=1) / np.log(max(importances.shape[1], 2))
    return float(np.average(1 - entropies, weights=weights[used]).clip(0, 1))
