"""Compiled kernels of the assembly, each over a range of rows of H; see `hessmap._threads`."""

from __future__ import annotations

import numpy as np

from .._linalg import kernel

GRAM, COMPLEMENT, STAR = 0, 1, 2


@kernel
def occurrences(indices, first, place):
    """Where each node occurs in the neighbourhoods: the transpose of the graph.

    Parameters
    ----------
    indices : (n, k) int64
        Neighbourhoods.
    first : (n + 1,) int64
        Receives the position in ``place`` of the first occurrence of each node.
    place : (n k,) int64
        Receives the positions in ``indices.ravel()``, ascending for each node.
    """
    n, k = indices.shape
    first[:] = 0
    for i in range(n):
        for j in range(k):
            first[indices[i, j] + 1] += 1
    for i in range(n):
        first[i + 1] += first[i]
    for i in range(n):
        for j in range(k):
            node = indices[i, j]
            place[first[node]] = i * k + j
            first[node] += 1
    for i in range(n, 0, -1):
        first[i] = first[i - 1]
    first[0] = 0


@kernel
def count_entries(start, stop, indices, first, place, counts):
    """Number of non-zeros in the rows start..stop of H.

    Parameters
    ----------
    indices, first, place
        Of ``occurrences``.
    counts : (n,) int64
        Receives them.
    """
    n, k = indices.shape
    seen_by = np.full(n, -1, dtype=np.int64)
    for a in range(start, stop):
        total = 0
        for o in range(first[a], first[a + 1]):
            members = indices[place[o] // k]
            for c in range(k):
                if seen_by[members[c]] != a:
                    seen_by[members[c]] = a
                    total += 1
        counts[a] = total


@kernel
def fill_entries(start, stop, kind, rows, indices, first, place, begin, columns, values):
    """The rows start..stop of H = sum of S_i' W_i S_i, columns ascending.

    Parameters
    ----------
    kind : int
        What W_i is, from the rows B of node i: GRAM B'B, COMPLEMENT 1 - B'B, STAR the Laplacian of
        edges from the first member to all others with the weights B[0].
    rows : (n, r, k) float64
        B of every node.
    indices, first, place
        Of ``occurrences``.
    begin : (n + 1,) int
        Position of each row of H in ``columns`` and ``values``.
    columns, values : (nnz,) int, float64
        Receive the entries.
    """
    n, k = indices.shape
    r = rows.shape[1]
    position = np.full(n, -1, dtype=np.int64)
    weight = np.empty(k)
    for a in range(start, stop):
        offset = begin[a]
        end = offset
        for o in range(first[a], first[a + 1]):
            i = place[o] // k
            own = place[o] - i * k
            members = indices[i]
            local = rows[i]
            weight[:] = 0.0
            if kind == STAR:
                if own == 0:
                    for c in range(1, k):
                        weight[c] = -local[0, c]
                        weight[0] += local[0, c]
                else:
                    weight[0] = -local[0, own]
                    weight[own] = local[0, own]
            else:
                for b in range(r):
                    row = local[b]
                    factor = row[own]
                    for c in range(k):
                        weight[c] += factor * row[c]
                if kind == COMPLEMENT:
                    for c in range(k):
                        weight[c] = -weight[c]
                    weight[own] += 1.0
            for c in range(k):
                column = members[c]
                at = position[column]
                if at < offset:
                    at = end
                    end += 1
                    position[column] = at
                    columns[at] = column
                    values[at] = weight[c]
                else:
                    values[at] += weight[c]
        _sort(columns[offset:end], values[offset:end])


@kernel
def _sort(columns, values):
    """Sort a row by its columns (Shell's method: rows have some dozens to hundreds of entries)."""
    n = len(columns)
    gap = 1
    while gap < n // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, n):
            column, value = columns[i], values[i]
            j = i
            while j >= gap and columns[j - gap] > column:
                columns[j] = columns[j - gap]
                values[j] = values[j - gap]
                j -= gap
            columns[j] = column
            values[j] = value
        gap //= 3


@kernel
def largest_row_sum(begin, values):
    """Largest sum of absolute values in a row of a sparse matrix."""
    largest = 0.0
    for i in range(len(begin) - 1):
        total = 0.0
        for o in range(begin[i], begin[i + 1]):
            total += abs(values[o])
        largest = max(largest, total)
    return largest
