"""How far codes are from independent, by their correlations and by their entropies."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from .._validation import whole
from .columns import columns, enough_rows, standardised
from .information import CODE_BINS, FACTOR_BINS, entropy, equal_width_bins, quantile_bins

# Correlations with a smaller eigenvalue are singular up to the rounding of the codes.
SINGULAR = 1e-13


def total_correlation(codes: np.ndarray) -> float:
    """Total correlation of a Gaussian with the correlations of the codes, in nats.

    (sum_i log S_ii - log det S) / 2 for the covariance S (Watanabe 1960): 0 for uncorrelated
    codes, whether they are independent or not; see `pairwise_dependence` for other dependence.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes, in any scale.

    Returns
    -------
    float
        At least 0; infinite if a code is a linear function of the others, or has too few rows to
        tell. Constant codes are left out.

    Raises
    ------
    ValueError
        If the codes are not finite and 2-D, or have fewer than 2 rows.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import total_correlation
    >>> codes = np.random.default_rng(0).standard_normal((100_000, 2))
    >>> round(total_correlation(codes), 2)
    0.0
    >>> turned = codes @ [[1.0, 0.6], [0.0, 0.8]]  # correlation 0.6
    >>> round(total_correlation(turned), 2), round(float(-np.log(1 - 0.6**2) / 2), 2)
    (0.22, 0.22)
    """
    codes = columns("codes", codes)
    enough_rows("codes", codes, 2)
    codes = standardised(codes)
    codes = codes[:, codes.any(axis=0)]
    if codes.shape[1] < 2:
        return 0.0
    correlations = codes.T @ codes / len(codes)
    if np.linalg.eigvalsh(correlations)[0] < SINGULAR:
        return float("inf")
    return max(0.0, -float(np.linalg.slogdet(correlations)[1]) / 2)


def mi_invariance(
    codes: np.ndarray, *, n_code_bins: int = CODE_BINS, n_bins: int = FACTOR_BINS
) -> float:
    """Spread of what a code tells about the rows, over the values of another code, in nats.

    The mutual information of a code z_i with the rows x, given z_j = v, shall not depend on v
    (arXiv:1911.10922). Codes are taken to be a function of the rows: then I(x; z_i | z_j = v) is
    the entropy of z_i where z_j = v. What is returned is therefore the standard deviation of the
    entropy of z_i, in bins of equal width, over quantile bins of z_j, weighted by their rows;
    the mean over all ordered pairs of codes. It is no mutual information for an encoder that
    draws its codes at random.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes, in any scale.
    n_code_bins : int
        Bins of z_i.
    n_bins : int
        Bins of z_j; a code of at most so many values keeps its values.

    Returns
    -------
    float
        At least 0, and near 0 for independent codes; chance leaves the more the fewer rows are in
        a bin. Constant codes are left out, and a single code scores 0.

    Raises
    ------
    ValueError
        If the codes are not finite and 2-D, or there are fewer than 2 rows or bins.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import mi_invariance
    >>> square = np.random.default_rng(0).uniform(size=(10_000, 2))
    >>> round(mi_invariance(square), 1), round(mi_invariance(square @ [[1, 1], [-1, 1]]), 1)
    (0.0, 0.3)
    """
    n_code_bins = whole("n_code_bins", n_code_bins, at_least=2)
    n_bins = whole("n_bins", n_bins, at_least=2)
    codes = columns("codes", codes)
    enough_rows("codes", codes, 2)
    codes = codes[:, standardised(codes).any(axis=0)]
    if codes.shape[1] < 2:
        return 0.0
    fine, coarse = equal_width_bins(codes, n_code_bins), quantile_bins(codes, n_bins)
    pairs = permutations(range(codes.shape[1]), 2)
    return float(np.mean([_spread(fine[:, i], coarse[:, j]) for i, j in pairs]))


def _spread(fine: np.ndarray, coarse: np.ndarray) -> float:
    """Standard deviation, weighted by rows, of the entropy of one code over bins of another."""
    values, count = np.unique(coarse, return_counts=True)
    entropies = np.array([entropy(fine[coarse == value]) for value in values])
    mean = np.average(entropies, weights=count)
    return float(np.sqrt(np.average((entropies - mean) ** 2, weights=count)))
