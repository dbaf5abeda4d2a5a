"""How far columns are from independent, without any labels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .._validation import number, whole
from .columns import columns

# cos(pi k u), k = 1 to 4, of the ranks u of a column: smooth dependence is in the lowest ones.
N_WAVES = 4
# More rows do not change what is seen; they are taken evenly spaced.
MAX_ROWS = 100_000
MAX_PREDICTED = 2000
RANK_TOLERANCE = 1e-8


def pairwise_dependence(codes: np.ndarray, tolerance: float = 0.0) -> np.ndarray:
    """Dependence of each pair of columns, in the scale of a correlation coefficient.

    The ranks of each column are expanded in the first four cosines, centred and orthonormal. The
    sum of the squared correlations of all sixteen pairs of them estimates Pearson's phi^2, the
    chi^2 distance of the joint density from the product of its margins; what chance alone adds,
    16 / n, is taken off, and the root is returned. It depends on no rescaling of a column, and
    sees what a correlation cannot, such as factors on a disc (0.30) or on a triangle (0.55). Codes
    that are known with an error need a ``tolerance``: where many rows have one value, as those of
    a thing at rest or of a sensor at its limit, their ranks are otherwise those of the errors.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes; of very many rows, 100,000 evenly spaced ones are used.
    tolerance : float, default=0.0
        In standard deviations of a column: the rank of a value is the mean of the ranks of those
        that this is added to and taken from. 0 takes equal values together, and nothing else.

    Returns
    -------
    ndarray of shape (d, d), float64
        Symmetric and between 0 and 1, 0 for independent and for constant columns; the diagonal
        is 1. For independent columns chance leaves about ``(12 / n) ** 0.5`` or less.

    Raises
    ------
    ValueError
        If the codes are not finite and 2-D, or have fewer than 2 rows, or the tolerance is no
        finite number of at least 0.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import pairwise_dependence
    >>> x = np.random.default_rng(0).uniform(-1, 1, size=2000)
    >>> bool(pairwise_dependence(np.column_stack([x, x**2]))[0, 1] > 0.9)
    True
    """
    tolerance = number("tolerance", tolerance)
    codes = columns("codes", codes)
    if len(codes) < 2:
        raise ValueError(f"`codes` must have at least 2 rows; got {len(codes)}.")
    if len(codes) > MAX_ROWS:
        codes = codes[np.linspace(0, len(codes) - 1, MAX_ROWS).astype(np.int64)]
    n, d = codes.shape
    waves = [ranked_waves(codes[:, j], tolerance) for j in range(d)]
    matrix = np.eye(d)
    for i in range(d):
        for j in range(i):
            squares = shared(waves[i], waves[j]) - waves[i].shape[1] * waves[j].shape[1] / n
            matrix[i, j] = matrix[j, i] = np.sqrt(np.clip(squares, 0, 1))
    return matrix


def predictability(codes: np.ndarray, n_neighbors: int = 10) -> np.ndarray:
    """Share of the variance of each column that the others predict.

    A column is predicted by its mean over the nearest rows in the other columns. One that
    is nearly a function of the others is no factor of its own: there are fewer than columns.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes; of more than 2,000 rows, as many evenly spaced ones are used.
    n_neighbors : int
        Rows in each mean.

    Returns
    -------
    ndarray of shape (d,), float64
        R^2 of each column, at most 1 and negative by chance; zero for a single or a constant
        column.

    Raises
    ------
    TypeError, ValueError
        If the codes are not finite and 2-D, or ``n_neighbors`` is no positive whole number.
    """
    from scipy.spatial import KDTree

    n_neighbors = whole("n_neighbors", n_neighbors, at_least=1)
    # in one order in memory: sums depend on it, and on their rounding which of equal rows are near
    codes = columns("codes", codes).astype(np.float64, order="C")
    if len(codes) > MAX_PREDICTED:
        codes = codes[np.linspace(0, len(codes) - 1, MAX_PREDICTED).astype(np.int64)]
    n, d = codes.shape
    largest = np.abs(codes).max(axis=0)
    codes = codes / np.where(largest > 0, largest, 1)  # no square over- or underflows
    spread = codes.std(axis=0)
    codes = codes / np.where(spread > 0, spread, 1)
    k = min(n_neighbors, n - 1)
    explained = np.zeros(d)
    for j in range(d) if d > 1 and k > 0 else ():
        others = np.delete(codes, j, axis=1)
        nearest = KDTree(others).query(others, k + 1)[1][:, 1:]
        # the mean of k values adds 1/k of what it cannot predict to the error
        error = ((codes[:, j] - codes[nearest, j].mean(axis=1)) ** 2).mean() * k / (k + 1)
        explained[j] = 1 - error if spread[j] > 0 else 0.0
    return explained


def shared(first: np.ndarray, second: np.ndarray) -> float:
    """Sum of the squared correlations of two sets of orthonormal columns (n, a) and (n, b)."""
    return float(((first.T @ second) ** 2).sum())


def ranked_waves(column: np.ndarray, tolerance: float = 0.0) -> np.ndarray:
    """(n, at most 4) cosines of the ranks, centred and orthonormal; of equal values the mean rank.

    A column of few values has fewer of them. ``tolerance`` is that of `pairwise_dependence`.
    """
    n = len(column)
    order = np.argsort(column)
    ordered = column[order]
    reach = tolerance * column.std(dtype=np.float64) if tolerance else 0.0
    if reach == 0 and (ordered[1:] > ordered[:-1]).all():
        ascending = _waves_of_distinct(n)
        waves = np.empty_like(ascending)
        waves[order] = ascending
        return waves
    below = np.searchsorted(ordered, column - reach, "left")
    return _orthonormal_waves((below + np.searchsorted(ordered, column + reach, "right")) / (2 * n))


@lru_cache(maxsize=8)
def _waves_of_distinct(n: int) -> np.ndarray:
    """Those of n ascending values, which are the same for all."""
    waves = _orthonormal_waves((np.arange(n) + 0.5) / n)
    waves.flags.writeable = False
    return waves


def _orthonormal_waves(ranks: np.ndarray) -> np.ndarray:
    waves = np.cos(np.pi * np.outer(ranks, np.arange(1, N_WAVES + 1)))
    left, sizes, _ = np.linalg.svd(waves - waves.mean(axis=0), full_matrices=False)
    return left[:, sizes > RANK_TOLERANCE * np.sqrt(len(ranks))]
