"""Bins of codes and of factors, and the mutual information of the two."""

from __future__ import annotations

import numpy as np

from .columns import standardised

CODE_BINS = 20
FACTOR_BINS = 10
# In widths of a bin: a value on an edge belongs to the bin above, however it was rounded.
ON_EDGE = 1e-9
MOST_BINS = 2**53  # with more, each number has a bin of its own, too


def equal_width_bins(values: np.ndarray, n_bins: int) -> np.ndarray:
    """(n, columns) bin of each value among ``n_bins`` from the least to the largest of its column.

    A constant column is a single bin.
    """
    values = standardised(values)
    least, largest = values.min(axis=0), values.max(axis=0)
    extent = np.where(largest > least, largest - least, 1)
    n_bins = min(n_bins, MOST_BINS)
    places = n_bins * (values - least) / extent
    return np.minimum((places + ON_EDGE).astype(np.int64), n_bins - 1)


def quantile_bins(values: np.ndarray, n_bins: int) -> np.ndarray:
    """(n, columns) bin of each value; bins of one column hold about equally many rows.

    A column of at most ``n_bins`` values keeps them, each in a bin of its own. Equal values share
    a bin, the one of their mean rank.
    """
    values = standardised(values)
    return np.column_stack([_column_bins(column, n_bins) for column in values.T])


def entropy(bins: np.ndarray) -> float:
    """Entropy in nats of the shares of the bins (n,)."""
    shares = np.unique(bins, return_counts=True)[1] / len(bins)
    return float((shares * np.log(1 / shares)).sum())


def mutual_information(code_bins: np.ndarray, factor_bins: np.ndarray) -> np.ndarray:
    """(d, K) mutual information in nats of each code (n, d) with each factor (n, K)."""
    from sklearn.metrics import mutual_info_score

    return np.array(
        [[mutual_info_score(factor, code) for factor in factor_bins.T] for code in code_bins.T]
    )


def _column_bins(column: np.ndarray, n_bins: int) -> np.ndarray:
    from scipy.stats import rankdata

    distinct, bins = np.unique(column, return_inverse=True)
    if len(distinct) <= n_bins:
        return bins
    twice = (2 * rankdata(column)).astype(np.int64)  # mean ranks of ties are halves
    return (twice - 1) * n_bins // (2 * len(column))
