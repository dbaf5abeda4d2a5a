"""How certain the sources are: a jackknife over groups of rows, each left out in turn.

Mean, whitening and rotation are estimated again without each group. The cumulants of what is left
cost nothing, so that its optimum is found exactly, from the solution on; "logcosh" takes one Newton
step of all its equations on sums that one pass over the rows gives for every group.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._validation import power_of_two
from .cumulants import Cumulants, Moments, cumulants_of
from .logcosh import LogCosh, Sums, sums_over
from .planes import sweep
from .search import FLAT, Contrast, climb
from .tangent import expand, planes, skew

# Variance of rows of unit variance that a group left out must not take away.
SINGULAR = 1e-10


class Refits(NamedTuple):
    """Estimates without each of g groups: rotation and mixing of white data, (g, d, d) each."""

    rotation: np.ndarray
    mixing: np.ndarray


def jackknife(
    moments: Moments, rotation: np.ndarray, contrast: Callable[[Cumulants], Contrast]
) -> Refits | None:
    """Refits of a contrast of cumulants; None where there are too few rows to spare any."""
    try:
        left = [cumulants_of(*moments.without(group)) for group in range(len(moments.size))]
    except np.linalg.LinAlgError:
        return None
    cumulants = Cumulants(
        np.stack([one.third for one, _ in left]), np.stack([one.fourth for one, _ in left])
    )
    start = np.broadcast_to(rotation, (len(left), *rotation.shape))
    refitted = contrast(cumulants)
    # what looks Gaussian has other optima nearly as high, which one group less can make the best
    jumped, _ = sweep(start, refitted.best_angle)
    turned, *_ = climb(refitted, jumped)
    mixing = np.stack(
        [np.linalg.solve(whiten, one.T) for (_, whiten), one in zip(left, turned, strict=True)]
    )
    return Refits(turned, mixing)


def jackknife_of_rows(
    contrast: LogCosh, rotation: np.ndarray, groups: list[np.ndarray]
) -> Refits | None:
    """Refits of "logcosh", to first order in what a group changes; None as in `jackknife`.

    For sources s = W z, the estimate without a group is (I + E) W: half of E whitens, E + E' = I -
    cov(s), and a skew X makes the derivative of the contrast zero again.
    """
    each = [sums_over(contrast.rows, rotation, rows) for rows in groups]
    total = Sums(*(np.sum(parts, axis=0) for parts in zip(*each, strict=True)))
    n = len(contrast.rows)
    i, j = planes(len(rotation))
    value, (statistic,) = contrast.statistic(total, n)
    hessian = expand(value, [statistic]).hessian
    values, vectors = np.linalg.eigh(hessian)
    inverse = (vectors / np.minimum(values, -FLAT * value)) @ vectors.T
    turned, mixing = [], []
    for one, rows in zip(each, groups, strict=True):
        kept = n - len(rows)
        left = Sums(*((whole - part) / kept for whole, part in zip(total, one, strict=True)))
        if np.linalg.eigvalsh(left.square - np.outer(left.mean, left.mean))[0] < SINGULAR:
            return None
        half = (np.eye(len(rotation)) - left.square) / 2
        # E[g(s_i) s_j] for the whitened and centred sources s + half s - mean
        cross = left.second + np.einsum("ik,ikj->ij", half, left.third) + left.second @ half
        cross -= np.outer(left.first, left.mean) + left.mean[:, None] * left.tilt
        pull = statistic.slope[:, None] * cross
        angles = -inverse @ (pull[i, j] - pull[j, i])
        change = half + skew(angles, len(rotation))
        turned.append(rotation + skew(angles, len(rotation)) @ rotation)
        mixing.append(rotation.T @ (np.eye(len(rotation)) - change))
    return Refits(np.stack(turned), np.stack(mixing))


def standard_errors(
    refits: Refits | None, rotation: np.ndarray, unwhitening: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of each direction (d,), in radians, and of the mixing (d, d), by the jackknife's formula."""
    if refits is None:
        return np.full(len(rotation), np.pi / 2), np.full(rotation.shape, np.inf)
    spread = (len(refits.rotation) - 1) / len(refits.rotation)
    directions = refits.rotation / np.linalg.norm(refits.rotation, axis=2, keepdims=True)
    angle = np.arccos(np.clip(np.abs(np.einsum("gia,ia->gi", directions, rotation)), 0, 1))
    difference = unwhitening @ (refits.mixing - rotation.T)
    unit = power_of_two(float(np.abs(difference).max()))  # no square of it over- or underflows
    return (
        np.minimum(np.sqrt(spread * (angle**2).sum(axis=0)), np.pi / 2),
        unit * np.sqrt(spread * ((difference / unit) ** 2).sum(axis=0)),
    )
