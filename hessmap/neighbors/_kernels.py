"""Compiled kernels of the neighbour search, each over a range of rows; see `hessmap._threads`."""

from __future__ import annotations

import numpy as np

from .._linalg import kernel


@kernel
def _insert(i, j, points, indices, squared, filled):
    """Put node j in its place in the sorted neighbourhood i, which holds ``filled`` nodes."""
    k = indices.shape[1]
    distance = 0.0
    for f in range(points.shape[1]):
        difference = points[i, f] - points[j, f]
        distance += difference * difference
    if filled == k and (
        distance > squared[i, k - 1] or (distance == squared[i, k - 1] and j > indices[i, k - 1])
    ):
        return filled
    for p in range(filled):
        if indices[i, p] == j:
            return filled
    at = filled if filled < k else k - 1
    while at > 1 and (
        distance < squared[i, at - 1] or (distance == squared[i, at - 1] and j < indices[i, at - 1])
    ):
        squared[i, at] = squared[i, at - 1]
        indices[i, at] = indices[i, at - 1]
        at -= 1
    squared[i, at] = distance
    indices[i, at] = j
    return filled + 1 if filled < k else k


@kernel
def _start(i, indices, squared):
    """Neighbourhood i with node i alone; returns how many nodes it holds."""
    for p in range(indices.shape[1]):
        indices[i, p] = -1
        squared[i, p] = np.inf
    indices[i, 0] = i
    squared[i, 0] = 0.0
    return 1


@kernel
def rank(start, stop, points, candidates, indices, squared, farthest):
    """The best candidates of the rows start..stop by true distance, ties by index, self first.

    Parameters
    ----------
    points : (n, D) float64
        Nodes.
    candidates : (n, c) int64
        In any order; -1 and repetitions are passed over.
    indices, squared : (n, k) int64, float64
        Receive the neighbourhoods, -1 and inf where there are too few candidates.
    farthest : (n,) float64
        Receives the largest squared distance of a candidate.
    """
    k = indices.shape[1]
    for i in range(start, stop):
        filled = _start(i, indices, squared)
        farthest[i] = 0.0
        for c in range(candidates.shape[1]):
            j = candidates[i, c]
            if j < 0:
                continue
            distance = 0.0
            for f in range(points.shape[1]):
                difference = points[i, f] - points[j, f]
                distance += difference * difference
            farthest[i] = max(farthest[i], distance)
            if j != i and k > 1:
                filled = _insert(i, j, points, indices, squared, filled)


@kernel
def expand(start, stop, points, known, indices, squared):
    """The best of all neighbours' neighbours for the rows start..stop; as of ``rank``."""
    k = indices.shape[1]
    for i in range(start, stop):
        filled = _start(i, indices, squared)
        for p in range(k):
            middle = known[i, p]
            if middle < 0:
                continue
            for q in range(k):
                j = known[middle, q]
                if j >= 0 and j != i and k > 1:
                    filled = _insert(i, j, points, indices, squared, filled)
