"""Compiled kernels that set a hierarchy up: blocks, aggregates, bases and coarse matrices.

Conventions are those of `hessmap.eigen._kernels`.
"""

from __future__ import annotations

import numpy as np

from .._linalg import kernel, leading_eigenvectors, principal_axes


@kernel
def coupled_pairs(begin, columns, values, inverse_root, threshold, n_classes, counts, one, two):
    """Pairs i < j with a_ij > threshold sqrt(a_ii a_jj), strongest class first.

    ``inverse_root`` (n,) holds the a_ii^-1/2.

    Called twice: with empty ``one`` and ``two`` it counts pairs in each of the ``n_classes``
    classes of strength, into ``counts``; then ``counts`` must hold where each class begins.
    """
    fill = len(one) > 0
    per_class = n_classes / (1.0 - threshold)
    for i in range(len(begin) - 1):
        for o in range(begin[i], begin[i + 1]):
            j = columns[o]
            if j <= i:
                continue
            strength = values[o] * inverse_root[i] * inverse_root[j]
            if strength <= threshold:
                continue
            c = int((1.0 - strength) * per_class)
            c = min(max(c, 0), n_classes - 1)
            if fill:
                one[counts[c]] = i
                two[counts[c]] = j
            counts[c] += 1


@kernel
def merge_pairs(one, two, largest, labels):
    """Join the pairs in their order into blocks of at most ``largest`` rows.

    ``labels`` (n,) receives the first row of each row's block.
    """
    n = len(labels)
    size = np.ones(n, dtype=np.int64)
    for i in range(n):
        labels[i] = i
    for e in range(len(one)):
        a, b = one[e], two[e]
        while labels[a] != a:
            labels[a] = labels[labels[a]]
            a = labels[a]
        while labels[b] != b:
            labels[b] = labels[labels[b]]
            b = labels[b]
        if a != b and size[a] + size[b] <= largest:
            if a > b:
                a, b = b, a
            labels[b] = a
            size[a] += size[b]
    for i in range(n):  # a root comes before all others of its block
        labels[i] = labels[labels[i]]


@kernel
def invert_blocks(start, stop, first, members, offset, begin, columns, values, inverses):
    """Inverses of the diagonal blocks start..stop of A, by Cholesky factors.

    Nodes closer than a millionth of the spacing leave pivots that are rounding errors. These are
    raised, so that the inverse stays positive, and large where an error would have no energy.
    """
    largest = 0
    for block in range(start, stop):
        largest = max(largest, first[block + 1] - first[block])
    matrix = np.empty((largest, largest))
    for block in range(start, stop):
        low = first[block]
        size = first[block + 1] - low
        for p in range(size):
            for t in range(size):
                matrix[p, t] = 0.0
            i = members[low + p]
            for o in range(begin[i], begin[i + 1]):
                for t in range(size):
                    if members[low + t] == columns[o]:
                        matrix[p, t] = values[o]
        inverse = inverses[offset[block] : offset[block + 1]].reshape((size, size))
        _invert(matrix, size, inverse)


@kernel
def _invert(matrix, size, inverse):
    """Inverse of the leading block of a symmetric positive matrix, which becomes its factor."""
    for j in range(size):
        pivot = matrix[j, j]
        least = 1e-10 * pivot
        for t in range(j):
            pivot -= matrix[j, t] * matrix[j, t]
        vanishes = pivot <= least
        matrix[j, j] = np.sqrt(least if vanishes else pivot)
        for p in range(j + 1, size):
            total = matrix[p, j]
            for t in range(j):
                total -= matrix[p, t] * matrix[j, t]
            matrix[p, j] = 0.0 if vanishes else total / matrix[j, j]
    for c in range(size):
        for p in range(size):
            total = 1.0 if p == c else 0.0
            for t in range(p):
                total -= matrix[p, t] * inverse[t, c]
            inverse[p, c] = total / matrix[p, p]
        for p in range(size - 1, -1, -1):
            total = inverse[p, c]
            for t in range(p + 1, size):
                total -= matrix[t, p] * inverse[t, c]
            inverse[p, c] = total / matrix[p, p]


@kernel
def group(labels, first, members):
    """Counting sort: the members of group g are ``members[first[g]:first[g + 1]]``, ascending."""
    first[:] = 0
    for i in range(len(labels)):
        first[labels[i] + 1] += 1
    for g in range(len(first) - 1):
        first[g + 1] += first[g]
    for i in range(len(labels)):
        members[first[labels[i]]] = i
        first[labels[i]] += 1
    for g in range(len(first) - 1, 0, -1):
        first[g] = first[g - 1]
    first[0] = 0


@kernel
def expand_blocks(start, stop, begin, columns, values, row_begin, row_columns, row_values):
    """The block rows start..stop of a matrix of c x c blocks, as rows of single entries."""
    c = values.shape[1]
    for block_row in range(start, stop):
        first, last = begin[block_row], begin[block_row + 1]
        at = first * c * c
        for a in range(c):
            row_begin[block_row * c + a] = at
            for o in range(first, last):
                for b in range(c):
                    row_columns[at] = columns[o] * c + b
                    row_values[at] = values[o, a, b]
                    at += 1


@kernel
def seeds(begin, columns, labels):
    """Disjoint neighbourhoods of a graph, taken greedily in the order of its nodes.

    ``labels`` (n,) receives their numbers, -1 for nodes in none. Returns how many there are.
    """
    count = 0
    labels[:] = -1
    for i in range(len(labels)):
        if labels[i] >= 0:
            continue
        free = True
        for o in range(begin[i], begin[i + 1]):
            if labels[columns[o]] >= 0:
                free = False
                break
        if free:
            for o in range(begin[i], begin[i + 1]):
                labels[columns[o]] = count
            labels[i] = count
            count += 1
    return count


@kernel
def join(begin, columns, weights, labels, count, joined):
    """Nodes in no aggregate join the one to which they have the largest total weight.

    ``joined`` (n,) receives all labels. Nodes without a neighbour in an aggregate make new ones
    with their neighbours. Returns how many there are.
    """
    score = np.zeros(count)
    for i in range(len(labels)):
        best = labels[i]
        if best < 0:
            most = -1.0
            for o in range(begin[i], begin[i + 1]):
                at = labels[columns[o]]
                if at >= 0:
                    score[at] += abs(weights[o])
                    if score[at] > most:
                        most, best = score[at], at
            for o in range(begin[i], begin[i + 1]):
                at = labels[columns[o]]
                if at >= 0:
                    score[at] = 0.0
        joined[i] = best
    for i in range(len(labels)):
        if joined[i] < 0:
            for o in range(begin[i], begin[i + 1]):
                if joined[columns[o]] < 0:
                    joined[columns[o]] = count
            joined[i] = count
            count += 1
    return count


@kernel
def local_bases(start, stop, first, members, moments, weights, tolerance, bases, means, axes):
    """Orthonormal columns [w, v - w mean] on the aggregates start..stop, principal axes only.

    Parameters
    ----------
    first, members : (n_aggregates + 1,), (n,) int64
        Rows of each aggregate.
    moments, weights : (n, D), (n,) float64
        v and w: on the nodes themselves v = w x, with w = 1 where there is no mass.
    tolerance : float
        An axis shorter than this times the longest gives a column of zeros.
    bases : (n, 1 + d) float64
        Receives the columns.
    means, axes : (n_aggregates, D), (n_aggregates, d, D) float64
        Receive the moments of the next level: |w| times the mean, the axes times their lengths.
    """
    n_features = moments.shape[1]
    d = axes.shape[1]
    gram, row = np.empty((n_features, n_features)), np.empty(n_features)
    reflectors, rotated = np.empty((n_features, n_features)), np.empty((n_features, n_features))
    diagonal, beside = np.empty(n_features), np.empty(n_features)
    lengths = np.empty(d)
    for aggregate in range(start, stop):
        low = first[aggregate]
        size = first[aggregate + 1] - low
        mean = means[aggregate]
        mean[:] = 0.0
        total = 0.0
        for p in range(size):
            i = members[low + p]
            total += weights[i] * weights[i]
            for f in range(n_features):
                mean[f] += weights[i] * moments[i, f]
        norm = np.sqrt(total)
        for f in range(n_features):
            mean[f] /= total
        if d > 0:
            gram[:] = 0.0
            for p in range(size):
                i = members[low + p]
                for f in range(n_features):
                    row[f] = moments[i, f] - weights[i] * mean[f]
                for f in range(n_features):
                    for g in range(n_features):
                        gram[f, g] += row[f] * row[g]
            leading_eigenvectors(gram, d, axes[aggregate], reflectors, rotated, diagonal, beside)
            local = np.empty((d, size))
            for p in range(size):
                i = members[low + p]
                for a in range(d):
                    along = 0.0
                    for f in range(n_features):
                        along += (moments[i, f] - weights[i] * mean[f]) * axes[aggregate, a, f]
                    local[a, p] = along
            principal_axes(local, axes[aggregate], lengths, tolerance)
            for a in range(d):
                for f in range(n_features):
                    axes[aggregate, a, f] *= lengths[a]
                for p in range(size):
                    bases[members[low + p], 1 + a] = local[a, p]
        for p in range(size):
            i = members[low + p]
            bases[i, 0] = weights[i] / norm
        for f in range(n_features):
            mean[f] *= norm


@kernel
def count_blocks(start, stop, begin, columns, block_begin, block_columns, n_aggregates, counts):
    """Number of aggregates that the rows start..stop of A P touch, P given by its blocks."""
    seen_by = np.full(n_aggregates, -1, dtype=np.int64)
    for i in range(start, stop):
        total = 0
        for o in range(begin[i], begin[i + 1]):
            j = columns[o]
            for p in range(block_begin[j], block_begin[j + 1]):
                if seen_by[block_columns[p]] != i:
                    seen_by[block_columns[p]] = i
                    total += 1
        counts[i] = total


@kernel
def multiply_blocks(
    start, stop, begin, columns, values, p_begin, p_columns, p_values,
    n_aggregates, q_begin, q_columns, q_values,
):  # fmt: skip
    """Q = A P in the rows start..stop, all three matrices by rows and P and Q by blocks."""
    c = p_values.shape[1]
    position = np.full(n_aggregates, -1, dtype=np.int64)
    for i in range(start, stop):
        low = q_begin[i]
        end = low
        for o in range(begin[i], begin[i + 1]):
            j, value = columns[o], values[o]
            for p in range(p_begin[j], p_begin[j + 1]):
                aggregate = p_columns[p]
                at = position[aggregate]
                if at < low:
                    at = end
                    end += 1
                    position[aggregate] = at
                    q_columns[at] = aggregate
                    for a in range(c):
                        q_values[at, a] = 0.0
                a = 0
                while a + 3 <= c:  # c is 3 in two dimensions; loops so short cost more than they do
                    q_values[at, a] += value * p_values[p, a]
                    q_values[at, a + 1] += value * p_values[p, a + 1]
                    q_values[at, a + 2] += value * p_values[p, a + 2]
                    a += 3
                while a < c:
                    q_values[at, a] += value * p_values[p, a]
                    a += 1


@kernel
def count_coarse(start, stop, support, rows, q_begin, q_columns, counts):
    """Number of blocks in the block rows start..stop of P'Q."""
    n_aggregates = len(support) - 1
    seen_by = np.full(n_aggregates, -1, dtype=np.int64)
    for aggregate in range(start, stop):
        total = 0
        for s in range(support[aggregate], support[aggregate + 1]):
            i = rows[s]
            for p in range(q_begin[i], q_begin[i + 1]):
                if seen_by[q_columns[p]] != aggregate:
                    seen_by[q_columns[p]] = aggregate
                    total += 1
        counts[aggregate] = total


@kernel
def multiply_coarse(
    start, stop, support, blocks, rows, p_values, q_begin, q_columns, q_values,
    c_begin, c_columns, c_values,
):  # fmt: skip
    """P'Q in the block rows start..stop; ``c_values`` is (n_blocks, c, c)."""
    c = p_values.shape[1]
    position = np.full(len(support) - 1, -1, dtype=np.int64)
    for aggregate in range(start, stop):
        low = c_begin[aggregate]
        end = low
        for s in range(support[aggregate], support[aggregate + 1]):
            o, i = blocks[s], rows[s]
            for p in range(q_begin[i], q_begin[i + 1]):
                at = position[q_columns[p]]
                if at < low:
                    at = end
                    end += 1
                    position[q_columns[p]] = at
                    c_columns[at] = q_columns[p]
                    c_values[at] = 0.0
                for a in range(c):
                    weight = p_values[o, a]
                    b = 0
                    while b + 3 <= c:
                        c_values[at, a, b] += weight * q_values[p, b]
                        c_values[at, a, b + 1] += weight * q_values[p, b + 1]
                        c_values[at, a, b + 2] += weight * q_values[p, b + 2]
                        b += 3
                    while b < c:
                        c_values[at, a, b] += weight * q_values[p, b]
                        b += 1
