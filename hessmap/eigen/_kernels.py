"""Compiled kernels of a multigrid cycle; see `hessmap._threads` for their ranges.

Blocks of vectors are (n, m) float64, row by row. A sparse matrix is its CSR arrays ``begin``,
``columns``, ``values``. A prolongator P is stored by rows of blocks: row i has the blocks
``begin[i]..begin[i + 1]``, each a coarse aggregate ``columns[o]`` with its c numbers
``values[o]``.
"""

from __future__ import annotations

import numpy as np

from .._linalg import kernel

# Four columns at a time stay in registers: 48 M entries times 4 vectors take 0.05 s instead of
# 0.10 s with a loop over columns inside.


@kernel
def subtract_product(start, stop, begin, columns, values, x, b, y):
    """y = b - A x in the rows start..stop; y may be b."""
    m = x.shape[1]
    for i in range(start, stop):
        first, last = begin[i], begin[i + 1]
        q = 0
        while q + 4 <= m:
            s0, s1, s2, s3 = b[i, q], b[i, q + 1], b[i, q + 2], b[i, q + 3]
            for o in range(first, last):
                value, j = values[o], columns[o]
                s0 -= value * x[j, q]
                s1 -= value * x[j, q + 1]
                s2 -= value * x[j, q + 2]
                s3 -= value * x[j, q + 3]
            y[i, q], y[i, q + 1], y[i, q + 2], y[i, q + 3] = s0, s1, s2, s3
            q += 4
        while q + 2 <= m:
            s0, s1 = b[i, q], b[i, q + 1]
            for o in range(first, last):
                value, j = values[o], columns[o]
                s0 -= value * x[j, q]
                s1 -= value * x[j, q + 1]
            y[i, q], y[i, q + 1] = s0, s1
            q += 2
        if q < m:
            s0 = b[i, q]
            for o in range(first, last):
                s0 -= values[o] * x[columns[o], q]
            y[i, q] = s0


@kernel
def smooth(start, stop, first, members, offset, inverses, r, alpha, beta, step, x):
    """One Chebyshev step in the blocks start..stop.

    step = alpha step + beta B r, x = x + step, where B is the inverse of the diagonal blocks.

    Parameters
    ----------
    first, members : (n_blocks + 1,), (n,) int64
        Rows of each block.
    offset, inverses : (n_blocks + 1,) int64, (sum of squared sizes,) float64
        Inverse of each block, row by row.
    r, step, x : (n, m) float64
        Residual, last step, solution.
    """
    m = r.shape[1]
    largest = 0
    for block in range(start, stop):
        largest = max(largest, first[block + 1] - first[block])
    local = np.empty((largest, 4))
    for block in range(start, stop):
        low = first[block]
        size = first[block + 1] - low
        for q in range(0, m - 3, 4):
            for t in range(size):
                j = members[low + t]
                local[t, 0], local[t, 1] = r[j, q], r[j, q + 1]
                local[t, 2], local[t, 3] = r[j, q + 2], r[j, q + 3]
            for p in range(size):
                i = members[low + p]
                row = offset[block] + p * size
                s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
                for t in range(size):
                    weight = inverses[row + t]
                    s0 += weight * local[t, 0]
                    s1 += weight * local[t, 1]
                    s2 += weight * local[t, 2]
                    s3 += weight * local[t, 3]
                s0 = alpha * step[i, q] + beta * s0
                s1 = alpha * step[i, q + 1] + beta * s1
                s2 = alpha * step[i, q + 2] + beta * s2
                s3 = alpha * step[i, q + 3] + beta * s3
                step[i, q], step[i, q + 1], step[i, q + 2], step[i, q + 3] = s0, s1, s2, s3
                x[i, q] += s0
                x[i, q + 1] += s1
                x[i, q + 2] += s2
                x[i, q + 3] += s3
        for q in range(m - m % 4, m):
            for p in range(size):
                i = members[low + p]
                row = offset[block] + p * size
                s0 = 0.0
                for t in range(size):
                    s0 += inverses[row + t] * r[members[low + t], q]
                s0 = alpha * step[i, q] + beta * s0
                step[i, q] = s0
                x[i, q] += s0


@kernel
def prolong(start, stop, begin, columns, values, coarse, x):
    """x = x + P coarse in the rows start..stop; coarse is (n_aggregates c, m)."""
    m = x.shape[1]
    c = values.shape[1]
    for i in range(start, stop):
        for q in range(0, m - 3, 4):
            s0, s1, s2, s3 = x[i, q], x[i, q + 1], x[i, q + 2], x[i, q + 3]
            for o in range(begin[i], begin[i + 1]):
                at = columns[o] * c
                for a in range(c):
                    weight = values[o, a]
                    s0 += weight * coarse[at + a, q]
                    s1 += weight * coarse[at + a, q + 1]
                    s2 += weight * coarse[at + a, q + 2]
                    s3 += weight * coarse[at + a, q + 3]
            x[i, q], x[i, q + 1], x[i, q + 2], x[i, q + 3] = s0, s1, s2, s3
        for q in range(m - m % 4, m):
            for o in range(begin[i], begin[i + 1]):
                at = columns[o] * c
                for a in range(c):
                    x[i, q] += values[o, a] * coarse[at + a, q]


@kernel
def restrict(start, stop, support, blocks, rows, values, r, coarse):
    """coarse = P' r for the aggregates start..stop, each from its ``support`` of blocks of P."""
    m = r.shape[1]
    c = values.shape[1]
    for aggregate in range(start, stop):
        first, last = support[aggregate], support[aggregate + 1]
        for a in range(c):
            at = aggregate * c + a
            for q in range(0, m - 3, 4):
                s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
                for s in range(first, last):
                    weight, i = values[blocks[s], a], rows[s]
                    s0 += weight * r[i, q]
                    s1 += weight * r[i, q + 1]
                    s2 += weight * r[i, q + 2]
                    s3 += weight * r[i, q + 3]
                coarse[at, q], coarse[at, q + 1] = s0, s1
                coarse[at, q + 2], coarse[at, q + 3] = s2, s3
            for q in range(m - m % 4, m):
                s0 = 0.0
                for s in range(first, last):
                    s0 += values[blocks[s], a] * r[rows[s], q]
                coarse[at, q] = s0
