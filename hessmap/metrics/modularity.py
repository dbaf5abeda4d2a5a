"""Whether each code tells about one factor only."""

from __future__ import annotations

import numpy as np

from .._validation import whole
from .columns import codes_and_factors
from .information import (
    CODE_BINS,
    FACTOR_BINS,
    equal_width_bins,
    mutual_information,
    quantile_bins,
)


def modularity(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    n_code_bins: int = CODE_BINS,
    n_bins: int = FACTOR_BINS,
) -> float:
    """Mean over the codes of how little they know about any factor but their own.

    With the mutual information m_ij of code i and factor j, a code scores
    1 - (sum_j m_ij^2 - max_j m_ij^2) / ((K - 1) max_j m_ij^2) (Ridgeway & Mozer 2018). Bins are
    those of `mig`.

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
        In [0, 1]. Several codes may share a factor without loss. A code that knows nothing, such
        as a constant one, counts 0; with a single factor any other code counts 1. Squares are
        forgiving: codes that are turned by 45 degrees know both factors alike and score 0, codes
        turned by a few degrees score near 1.

    Raises
    ------
    ValueError
        If the shapes do not agree, a value is not finite, there are fewer than 2 rows or bins.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import modularity
    >>> factors = np.random.default_rng(0).integers(0, 4, size=(1000, 2))
    >>> round(modularity(factors[:, [0, 0, 1]], factors), 2)
    1.0
    >>> round(modularity(factors @ [[1, 1], [-1, 1]], factors), 1)
    0.0
    """
    n_code_bins = whole("n_code_bins", n_code_bins, at_least=2)
    n_bins = whole("n_bins", n_bins, at_least=2)
    codes, factors = codes_and_factors(codes, factors, at_least=2)
    known = mutual_information(equal_width_bins(codes, n_code_bins), quantile_bins(factors, n_bins))
    best = known.max(axis=1)
    informed = best > 0
    shares = (known[informed] / best[informed, None]) ** 2
    elsewhere = (shares.sum(axis=1) - 1) / max(known.shape[1] - 1, 1)
    return float((1 - elsewhere).sum().clip(0, len(known)) / len(known))
