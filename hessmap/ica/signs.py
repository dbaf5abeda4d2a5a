"""Which way a source points, and which comes first, so that neither depends on the start."""

from __future__ import annotations

import numpy as np

SIGNIFICANT_ERRORS = 3.0
# Entries of a column this close to the largest one are as large, whatever the rounding.
SAME_SIZE = 1 - 1e-6
# Contrasts that differ by less, relative to the largest one, are equal.
SAME_CONTRAST = 1e-6
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


def definite_order(of_each: np.ndarray, mixing: np.ndarray) -> np.ndarray:
    """Order (d,) of the sources by their contrast (d,), the largest first.

    Contrasts that are equal up to rounding, as on a regular grid, would leave the order to the
    start: they go by their columns of the mixing matrix (d, d), up to the sign.
    """
    order = np.argsort(-of_each, kind="stable")
    smaller = -np.diff(of_each[order])
    new = np.concatenate([[True], smaller > SAME_CONTRAST * max(float(np.abs(of_each).max()), 0)])
    keys = [(rank, _pattern(mixing[:, j])) for rank, j in zip(np.cumsum(new), order, strict=True)]
    return order[sorted(range(len(order)), key=keys.__getitem__)]


def _pattern(column: np.ndarray) -> tuple[float, ...]:
    """A column as numbers that compare, the first of its largest entries as -1."""
    largest = float(np.abs(column).max()) or 1.0
    first = int(np.argmax(np.abs(column) >= SAME_SIZE * largest))
    return tuple(np.round(-column / column[first], 6).tolist())
