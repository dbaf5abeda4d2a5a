"""Does one code stand still when one factor does?"""

from __future__ import annotations

import numpy as np

from .._validation import seeded, whole
from .batches import BATCH_SIZE, N_TEST, N_TRAIN, SharedFactor
from .columns import codes_and_factors, standardised
from .information import FACTOR_BINS, quantile_bins


def factor_vae(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    n_bins: int = FACTOR_BINS,
    batch_size: int = BATCH_SIZE,
    n_train: int = N_TRAIN,
    n_test: int = N_TEST,
    random_state: int | np.random.RandomState | None = None,
) -> float:
    """FactorVAE score: accuracy of naming the fixed factor by the code that varies least.

    The rows of a batch share the bin of one factor. The code with the least variance in the
    batch, relative to that of all rows, votes for the factor; each code then names the factor that
    it had most votes for (Kim & Mnih 2018). Constant codes do not vote.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes, in any scale.
    factors : array-like of shape (n, K) or (n,)
        True factors.
    n_bins : int
        A factor of more values is cut into so many quantiles; of one of fewer, rows share a value.
    batch_size : int
        Rows in a batch, at least 2.
    n_train, n_test : int
        Batches that vote, and that the names are judged by.
    random_state : int, RandomState or None
        Seed of the batches.

    Returns
    -------
    float
        In [0, 1]; 0 if every code is constant. A single code names a single factor, and scores
        about 1 / K.

    Raises
    ------
    ValueError
        If the shapes do not agree, a value is not finite, or there are fewer than 2 rows or bins.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import factor_vae
    >>> factors = np.random.default_rng(0).uniform(size=(500, 2))
    >>> factor_vae(factors[:, ::-1], factors, n_train=500, n_test=500, random_state=0)
    1.0
    """
    n_bins = whole("n_bins", n_bins, at_least=2)
    batch_size = whole("batch_size", batch_size, at_least=2)
    n_train = whole("n_train", n_train, at_least=1)
    n_test = whole("n_test", n_test, at_least=1)
    random = seeded(random_state)
    codes, factors = codes_and_factors(codes, factors, at_least=2)
    codes = standardised(codes)
    codes = codes[:, codes.any(axis=0)]
    if codes.shape[1] == 0:
        return 0.0
    shared = SharedFactor(quantile_bins(factors, n_bins))
    factor, code = _stillest(codes, shared, n_train, batch_size, random)
    votes = np.zeros((codes.shape[1], factors.shape[1]), dtype=np.int64)
    np.add.at(votes, (code, factor), 1)
    truth, code = _stillest(codes, shared, n_test, batch_size, random)
    return float((votes.argmax(axis=1)[code] == truth).mean())


def _stillest(
    codes: np.ndarray,
    shared: SharedFactor,
    n_batches: int,
    batch_size: int,
    random: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """Factor (n_batches,) of each batch, and its code of least variance; of equals the first."""
    factor, rows = shared.batches(n_batches, batch_size, random)
    # counted from a row of the batch, so that equal values have the variance 0 exactly
    variances = [(code[rows] - code[rows[:, :1]]).var(axis=1) for code in codes.T]
    return factor, np.argmin(variances, axis=0)
