"""The gap between the two codes that predict a factor best, each alone."""

from __future__ import annotations

import numpy as np

from .._validation import seeded, whole
from .columns import codes_and_factors, standardised
from .prediction import MAX_VALUES, labels, split

# Two thirds of them are learnt from.
MAX_ROWS = 15_000
# Penalty of the support vector machine in the published comparisons.
PENALTY = 0.01


def sap(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    max_values: int = MAX_VALUES,
    random_state: int | np.random.RandomState | None = None,
) -> float:
    """Separated attribute predictability: how far the best code is ahead of the second best.

    A code predicts a continuous factor with the R^2 of a line, and a discrete one with the
    accuracy of a linear support vector machine, of balanced classes, on held-out rows; the gap
    between the two best codes, mean over the factors (Kumar, Sattigeri & Balakrishnan 2018).

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes, in any scale.
    factors : array-like of shape (n, K) or (n,)
        True factors.
    max_values : int
        A factor of at most so many values is discrete, any other continuous.
    random_state : int, RandomState or None
        Seed of the held-out rows: a third, of at most 15,000 random rows.

    Returns
    -------
    float
        In [0, 1]; a factor that is constant in the rows learnt from counts 0. A constant code,
        and the second best of a single one, predicts by chance: the R^2 is 0, the accuracy
        1 / number of values. A line cannot tell many values apart, so even a perfect code of a
        discrete factor can score low.

    Raises
    ------
    ValueError
        If the shapes do not agree, a value is not finite or there are fewer than 4 rows.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import sap
    >>> factors = np.random.default_rng(0).uniform(size=(2000, 2))
    >>> round(sap(factors, factors), 2)
    1.0
    >>> round(sap(factors @ [[1, 1], [-1, 1]], factors), 1)
    0.0
    """
    max_values = whole("max_values", max_values, at_least=2)
    random = seeded(random_state)
    codes, factors = codes_and_factors(codes, factors, at_least=4)
    codes, factors = standardised(codes), standardised(factors)
    train, test = split(len(codes), MAX_ROWS, random)
    gaps = []
    for factor in factors.T:
        if not factor.any():
            gaps.append(0.0)
            continue
        label = labels(factor, max_values)
        if label is None:
            chance, scores = 0.0, (codes.T @ factor / len(factor)) ** 2
        else:
            chance = 1 / (label.max() + 1)
            scores = np.array([_accuracy(code, label, train, test, chance) for code in codes.T])
        second, best = np.sort(np.append(scores, chance) if len(scores) == 1 else scores)[-2:]
        gaps.append(float(best - second))
    return float(np.clip(np.mean(gaps), 0, 1))


def _accuracy(
    code: np.ndarray, label: np.ndarray, train: np.ndarray, test: np.ndarray, chance: float
) -> float:
    """Share of the held-out rows whose label a linear classifier of one code gets right."""
    from sklearn.svm import LinearSVC

    if not code.any() or (label[train] == label[train[0]]).all():
        return chance
    # the primal problem has a unique solution; without a seed one is drawn from NumPy's own
    model = LinearSVC(C=PENALTY, class_weight="balanced", dual=False, random_state=0)
    model.fit(code[train, None], label[train])
    return float((model.predict(code[test, None]) == label[test]).mean())
