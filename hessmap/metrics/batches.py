"""Rows drawn so that they share one factor: what the sampled metrics measure codes on."""

from __future__ import annotations

import numpy as np

BATCH_SIZE = 64
N_TRAIN = 10_000
N_TEST = 5_000


class SharedFactor:
    """Draws of rows that are in the same bin of one factor.

    Parameters
    ----------
    bins : ndarray of shape (n, K), int
        Bin of each row in each factor.
    """

    def __init__(self, bins: np.ndarray) -> None:
        self._n, self._n_factors = bins.shape
        # (K, n): rows sorted by bin, the place of each row there, the first place of its bin, and
        # how many rows the bin has
        self._rows = np.argsort(bins.T, axis=1, kind="stable")
        self._place = np.argsort(self._rows, axis=1)
        self._first, self._count = np.empty((2, *bins.T.shape), dtype=np.int64)
        for k, column in enumerate(bins.T):
            label, count = np.unique(column, return_inverse=True, return_counts=True)[1:]
            self._first[k] = (np.cumsum(count) - count)[label]
            self._count[k] = count[label]

    def pairs(
        self, n_batches: int, batch_size: int, random: np.random.RandomState
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Factor (n_batches,) of each batch, and both rows (n_batches, batch_size) of its pairs.

        The first row is any row, the second another one of its bin; a row that is alone in its
        bin is paired with itself.
        """
        factor = random.randint(self._n_factors, size=n_batches)
        first = random.randint(self._n, size=(n_batches, batch_size))
        at = (factor[:, None], first)
        others = (random.random_sample(first.shape) * (self._count[at] - 1)).astype(np.int64)
        step = (self._place[at] - self._first[at] + 1 + others) % self._count[at]
        return factor, first, self._rows[factor[:, None], self._first[at] + step]

    def batches(
        self, n_batches: int, batch_size: int, random: np.random.RandomState
    ) -> tuple[np.ndarray, np.ndarray]:
        """Factor (n_batches,) of each batch, and its rows (n_batches, batch_size), all of one bin.

        The bin is that of any row; its rows are drawn with replacement.
        """
        factor = random.randint(self._n_factors, size=n_batches)
        at = (factor, random.randint(self._n, size=n_batches))
        step = random.random_sample((n_batches, batch_size)) * self._count[at][:, None]
        return factor, self._rows[factor[:, None], self._first[at][:, None] + step.astype(np.int64)]
