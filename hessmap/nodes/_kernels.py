"""Compiled kernels of the nodes stage."""

from __future__ import annotations

import numpy as np

from .._linalg import kernel

POWER_STEPS = 10
THRESHOLD_STEPS = 20


@kernel
def split(points, members, start, stop, most, direction, scratch):
    """Part members[start:stop] in two along their direction of largest variance.

    The threshold is that of two means in one dimension (Lloyd's iteration from the mean): it
    halves what is even and finds the gap in what is not.

    Parameters
    ----------
    points : (n, q) float64
    members : (n,) int64
        Permutation of the points; members[start:stop] is put in the order of its two parts.
    most : int
        Direction and threshold are taken from so many members, evenly spaced.
    direction : (q,) float64
        Receives the unit direction.
    scratch : (n,) int64

    Returns
    -------
    (int, float)
        Where the second part begins, or -1 if all members are at one place; and the threshold of
        the projection.
    """
    q = points.shape[1]
    stride = max(1, (stop - start) // most)
    count = (stop - start + stride - 1) // stride
    mean = np.zeros(q)
    for s in range(start, stop, stride):
        for f in range(q):
            mean[f] += points[members[s], f]
    mean /= count
    farthest, length = start, 0.0
    for s in range(start, stop, stride):
        square = 0.0
        for f in range(q):
            square += (points[members[s], f] - mean[f]) ** 2
        if square > length:
            farthest, length = s, square
    if length == 0.0:
        return -1, 0.0
    # 1. power iteration from the farthest member
    for f in range(q):
        direction[f] = (points[members[farthest], f] - mean[f]) / np.sqrt(length)
    turned = np.empty(q)
    for _ in range(POWER_STEPS):
        turned[:] = 0.0
        for s in range(start, stop, stride):
            row = points[members[s]]
            along = 0.0
            for f in range(q):
                along += (row[f] - mean[f]) * direction[f]
            for f in range(q):
                turned[f] += along * (row[f] - mean[f])
        square = 0.0
        for f in range(q):
            square += turned[f] * turned[f]
        if square == 0.0:
            break
        for f in range(q):
            direction[f] = turned[f] / np.sqrt(square)
    # 2. two means of the projections
    centre = 0.0
    for f in range(q):
        centre += mean[f] * direction[f]
    projected = np.empty(count)
    for c in range(count):
        row = points[members[start + c * stride]]
        along = 0.0
        for f in range(q):
            along += row[f] * direction[f]
        projected[c] = along
    threshold = centre
    for _ in range(THRESHOLD_STEPS):
        low, high, n_low = 0.0, 0.0, 0
        for c in range(count):
            if projected[c] <= threshold:
                low += projected[c] - centre
                n_low += 1
            else:
                high += projected[c] - centre
        if n_low in (0, count):
            break
        moved = centre + (low / n_low + high / (count - n_low)) / 2
        if moved == threshold:
            break
        threshold = moved
    # 3. the two parts, each in its order
    middle, n_above = start, 0
    for s in range(start, stop):
        row = points[members[s]]
        along = 0.0
        for f in range(q):
            along += row[f] * direction[f]
        if along <= threshold:
            members[middle] = members[s]
            middle += 1
        else:
            scratch[n_above] = members[s]
            n_above += 1
    for c in range(n_above):
        members[middle + c] = scratch[c]
    if middle in (start, stop):
        return -1, 0.0
    return middle, threshold


@kernel
def spread(points, members, ranges, parent, split_of, enough, centres, squares):
    """Centres of the leaves of a tree, and how far their members are from them.

    Parameters
    ----------
    points : (n, q) float64
    members : (n,) int64
        Permutation of the points, those of each node of the tree side by side.
    ranges : (m, 2) int64
        Where the members of each node begin and end; m may be more than the nodes.
    parent, split_of : (2s + 1,) int64
        Parent of each node, -1 for the root; its split, -1 for a leaf.
    enough : int
        Of leaves with fewer members, those of an ancestor are taken: few do not tell.
    centres, squares : (2s + 1, q), (2s + 1,) float64
        Receive means of the members of each leaf, and mean squared distances from them.
    """
    q = points.shape[1]
    for leaf in range(len(split_of)):
        if split_of[leaf] >= 0:
            continue
        centre = centres[leaf]
        centre[:] = 0.0
        start, stop = ranges[leaf]
        for s in range(start, stop):
            for f in range(q):
                centre[f] += points[members[s], f]
        for f in range(q):
            centre[f] /= stop - start
        around = leaf
        while parent[around] >= 0 and ranges[around, 1] - ranges[around, 0] < enough:
            around = parent[around]
        start, stop = ranges[around]
        square = 0.0
        for s in range(start, stop):
            for f in range(q):
                square += (points[members[s], f] - centre[f]) ** 2
        squares[leaf] = square / (stop - start)


@kernel
def route(start, stop, points, split_of, directions, thresholds, centres, reach, cell):
    """Cell of the points start..stop, -1 for those out of its reach.

    Parameters
    ----------
    points : (n, q) float64
    split_of : (2s + 1,) int64
        Split of each node of the tree, -1 for a leaf; split s has the children 2s + 1, 2s + 2.
    directions, thresholds : (s, q), (s,) float64
    centres, reach : (2s + 1, q), (2s + 1,) float64
        Of the leaves: centre and squared distance up to which a point belongs to it.
    cell : (n,) int64
        Receives the leaf's number in the tree.
    """
    q = points.shape[1]
    for i in range(start, stop):
        node = 0
        while split_of[node] >= 0:
            s = split_of[node]
            along = 0.0
            for f in range(q):
                along += points[i, f] * directions[s, f]
            node = 2 * s + 1 if along <= thresholds[s] else 2 * s + 2
        square = 0.0
        for f in range(q):
            square += (points[i, f] - centres[node, f]) ** 2
        cell[i] = node if square <= reach[node] else -1


@kernel
def accumulate(rows, cell, mean, unit, sums, counts):
    """Add rows (n, D), less ``mean`` (D,) and in ``unit``, to the sums (m, D) of their cells."""
    for i in range(len(rows)):
        c = cell[i]
        if c >= 0:
            counts[c] += 1
            for f in range(len(mean)):
                sums[c, f] += (rows[i, f] - mean[f]) / unit
