"""Hashes of rows: what a row is, whatever its place and whoever reads it.

Samples are the rows with the smallest hashes, so that they depend neither on the order of the
rows nor on the blocks or partitions in which these come.
"""

from __future__ import annotations

import numpy as np

LARGEST = float(2**64)


def hashed(X: np.ndarray, salt: int = 0) -> np.ndarray:
    """(n,) uint64 of rows (n, D), float32 or float64: equal for equal rows, else independent.

    0.0 and -0.0 are equal.
    """
    from . import _kernels

    bits = np.dtype(f"u{X.dtype.itemsize}")
    negative_zero = np.uint64(1 << (8 * X.dtype.itemsize - 1))
    hashes = np.empty(len(X), dtype=np.uint64)
    whole = np.ascontiguousarray(X).view(bits)
    _kernels.hash_rows(whole, negative_zero, np.uint64(salt), hashes)
    return hashes


def share_of(hashes: np.ndarray, share: float) -> np.ndarray:
    """Mask (n,) of the rows whose hashes make them about so large a share."""
    if share >= 1:
        return np.ones(len(hashes), dtype=bool)
    return hashes < np.uint64(share * LARGEST)
