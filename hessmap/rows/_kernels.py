"""Compiled kernels of the rows stage."""

from __future__ import annotations

import numpy as np

from .._linalg import kernel

# The 64-bit finaliser of MurmurHash3 (Appleby, public domain).
FIRST, SECOND, SHIFT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(33)
START = np.uint64(0x9E3779B97F4A7C15)


@kernel
def mix(bits):
    """A uint64 whose every bit depends on every bit of another one."""
    bits ^= bits >> SHIFT
    bits *= FIRST
    bits ^= bits >> SHIFT
    bits *= SECOND
    return bits ^ (bits >> SHIFT)


@kernel
def hash_rows(bits, negative_zero, salt, hashes):
    """Hashes (n,) uint64 of rows whose numbers have the bits (n, D), uint32 or uint64.

    The bits of -0.0 are taken for those of 0.0.
    """
    start = mix(START ^ salt)
    for i in range(bits.shape[0]):
        mixed = start
        for j in range(bits.shape[1]):
            one = np.uint64(bits[i, j])
            if one == negative_zero:
                one = np.uint64(0)
            mixed = mix(mixed ^ one) + START
        hashes[i] = mixed
