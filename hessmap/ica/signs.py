"""Which way a source points: by its skewness where that is significant, else by its mixing."""

from __future__ import annotations

import numpy as np

SIGNIFICANT_ERRORS = 3.0
# Entries of a column this close to the largest one are as large, whatever the rounding.
SAME_SIZE = 1 - 1e-6
BLOCK_ROWS = 1 << 12


def definite_signs(sources: np.ndarray, mixing: np.ndarray) -> np.ndarray:
    """(d,) of +1 and -1 that give every source its definite direction."""
    size = np.abs(mixing)
    largest = (size >= SAME_SIZE * size.max(axis=0)).argmax(axis=0)
    by_mixing = np.sign(mixing[largest, np.arange(mixing.shape[1])])
    n = len(sources)
    third, variance = np.zeros(mixing.shape[1]), np.zeros(mixing.shape[1])
    blocks = [slice(start, start + BLOCK_ROWS) for start in range(0, n, BLOCK_ROWS)]
    for block in blocks:
        s = sources[block]
        third += np.einsum("na,na,na->a", s, s, s) / n
    for block in blocks:  # the influence of one row on the skewness, mean and variance refitted
        s = sources[block]
        influence = (s * s - 3) * s - third - 1.5 * third * (s * s - 1)
        variance += np.einsum("na,na->a", influence, influence) / n
    significant = np.abs(third) > SIGNIFICANT_ERRORS * np.sqrt(variance / n)
    return np.where(significant, np.sign(third), by_mixing)
