"""Can the factor that pairs of rows share be told from the differences of their codes?"""

from __future__ import annotations

import numpy as np

from .._validation import seeded, whole
from .batches import BATCH_SIZE, N_TEST, N_TRAIN, SharedFactor
from .columns import codes_and_factors, standardised
from .information import FACTOR_BINS, quantile_bins


def beta_vae(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    n_bins: int = FACTOR_BINS,
    batch_size: int = BATCH_SIZE,
    n_train: int = N_TRAIN,
    n_test: int = N_TEST,
    random_state: int | np.random.RandomState | None = None,
) -> float:
    """BetaVAE score: accuracy of a linear classifier that names the factor which pairs share.

    A batch has one factor; each of its pairs of rows shares the bin of that factor. The mean of
    abs(y_1 - y_2) over the pairs, for each code, is what a logistic regression sees (Higgins et
    al. 2017). Codes have unit variance first, otherwise its penalty hides small ones.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes, in any scale.
    factors : array-like of shape (n, K) or (n,)
        True factors.
    n_bins : int
        A factor of more values is cut into so many quantiles; of one of fewer, rows share a value.
    batch_size : int
        Pairs in a batch.
    n_train, n_test : int
        Batches that the classifier is fitted to, and judged by.
    random_state : int, RandomState or None
        Seed of the batches.

    Returns
    -------
    float
        In [0, 1]; about 1 / K for constant codes, 1 for a single factor. Codes turned by
        less than some 40 degrees score 1, too: the classifier weighs all codes together.

    Raises
    ------
    ValueError
        If the shapes do not agree, a value is not finite, or there are fewer than 2 rows or bins.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import beta_vae
    >>> factors = np.random.default_rng(0).uniform(size=(500, 2))
    >>> beta_vae(factors, factors, n_train=500, n_test=500, random_state=0)
    1.0
    """
    n_bins = whole("n_bins", n_bins, at_least=2)
    batch_size = whole("batch_size", batch_size, at_least=1)
    n_train = whole("n_train", n_train, at_least=1)
    n_test = whole("n_test", n_test, at_least=1)
    random = seeded(random_state)
    codes, factors = codes_and_factors(codes, factors, at_least=2)
    shared, codes = SharedFactor(quantile_bins(factors, n_bins)), standardised(codes)
    differences, factor = _differences(codes, shared, n_train, batch_size, random)
    seen, truth = _differences(codes, shared, n_test, batch_size, random)
    return float((_named(differences, factor, seen) == truth).mean())


def _differences(
    codes: np.ndarray,
    shared: SharedFactor,
    n_batches: int,
    batch_size: int,
    random: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """(n_batches, d) mean differences of each code, and the factor (n_batches,) of each batch."""
    factor, first, second = shared.pairs(n_batches, batch_size, random)
    # code by code, since all of them at once may not fit into memory
    means = [np.abs(code[first] - code[second]).mean(axis=1) for code in codes.T]
    return np.column_stack(means), factor


def _named(differences: np.ndarray, factor: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The factor that a logistic regression names for each batch that is seen."""
    from sklearn.linear_model import LogisticRegression

    if (factor == factor[0]).all():
        return np.full(len(seen), factor[0])
    return LogisticRegression(max_iter=1000).fit(differences, factor).predict(seen)
