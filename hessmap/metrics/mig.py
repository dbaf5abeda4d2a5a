"""The gap between the two codes that tell most about a factor."""

from __future__ import annotations

import numpy as np

from .._validation import whole
from .columns import codes_and_factors
from .information import (
    CODE_BINS,
    FACTOR_BINS,
    entropy,
    equal_width_bins,
    mutual_information,
    quantile_bins,
)


def mig(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    n_code_bins: int = CODE_BINS,
    n_bins: int = FACTOR_BINS,
) -> float:
    """Mutual information gap: how far one code is ahead of all others in knowing a factor.

    For each factor v_k, (I_1 - I_2) / H(v_k) with the largest and the second largest mutual
    information of a code with it; the mean over the factors (Chen, Li, Grosse & Duvenaud 2018,
    eq. 6). Codes are cut into bins of equal width. A factor of more than ``n_bins`` values is cut
    into quantiles first: unbinned, a continuous factor has about log n of entropy, of which the
    bins of a code can know little, and a perfect code would score about 0.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes, in any scale.
    factors : array-like of shape (n, K) or (n,)
        True factors.
    n_code_bins : int
        Bins of each code.
    n_bins : int
        Largest number of bins of a factor; one of at most so many values keeps its values.

    Returns
    -------
    float
        In [0, 1]. A single code is as far ahead as it is informed; a constant factor counts 0.

    Raises
    ------
    ValueError
        If the shapes do not agree, a value is not finite, there are fewer than 2 rows or bins.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import mig
    >>> factors = np.random.default_rng(0).integers(0, 4, size=(1000, 2))
    >>> round(mig(-3.0 * factors, factors), 1)
    1.0
    >>> round(mig(factors @ [[1, 1], [-1, 1]], factors), 1)
    0.0
    """
    n_code_bins = whole("n_code_bins", n_code_bins, at_least=2)
    n_bins = whole("n_bins", n_bins, at_least=2)
    codes, factors = codes_and_factors(codes, factors, at_least=2)
    binned = quantile_bins(factors, n_bins)
    known = mutual_information(equal_width_bins(codes, n_code_bins), binned)
    ordered = np.sort(np.vstack([known, np.zeros(known.shape[1])]), axis=0)
    entropies = np.array([entropy(column) for column in binned.T])
    gaps = (ordered[-1] - ordered[-2]) / np.where(entropies > 0, entropies, 1)
    return float(gaps.mean().clip(0, 1))
