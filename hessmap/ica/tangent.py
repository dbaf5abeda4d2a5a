"""Second-order expansion of a contrast over the rotations.

A rotation W is left along exp(X) W, X skew-symmetric: d(d-1)/2 coordinates x_ij = X_ij, i < j, the
angles of the coordinate planes. A statistic v_i of the direction w_i changes by

    sum_j a_ij X_ij  +  1/2 sum_jk b_ijk X_ij X_ik  +  1/2 sum_j a_ij (X^2)_ij

with a_ij its derivative along w_j and b_ijk its second derivative along w_j and w_k, and the
contrast is a sum of functions of such statistics.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Statistic(NamedTuple):
    """One number of each direction, and the function of it that the contrast sums.

    ``slope`` and ``bend`` (..., d) are the first and second derivatives of the function,
    ``first`` (..., d, d) and ``second`` (..., d, d, d) the a_ij and b_ijk of the statistic.
    """

    slope: np.ndarray
    bend: np.ndarray
    first: np.ndarray
    second: np.ndarray


class Expansion(NamedTuple):
    """Value (...), gradient (..., m) and Hessian (..., m, m) over the m = d(d-1)/2 planes."""

    value: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray


def planes(d: int) -> tuple[np.ndarray, np.ndarray]:
    """The directions i < j (m,) of every plane."""
    return np.triu_indices(d, 1)


def expand(value: np.ndarray, statistics: list[Statistic]) -> Expansion:
    """Expansion of a contrast from those of its statistics."""
    d = statistics[0].first.shape[-1]
    each = np.arange(d)
    i, j = planes(d)
    slopes = sum(s.slope[..., None] * s.first for s in statistics)
    form = np.zeros((*np.shape(value), d, d, d, d))
    form[..., each, :, each, :] = np.moveaxis(
        sum(
            s.slope[..., None, None] * s.second
            + s.bend[..., None, None] * s.first[..., :, None] * s.first[..., None, :]
            for s in statistics
        ),
        -3,
        0,
    )
    for k in range(d):  # sum_ij slope_i a_ij X_ik X_kj
        form[..., :, k, k, :] += slopes
    form = form[..., i, j, :, :] - form[..., j, i, :, :]
    form = form[..., i, j] - form[..., j, i]
    form = (form + np.swapaxes(form, -1, -2)) / 2
    return Expansion(np.asarray(value), slopes[..., i, j] - slopes[..., j, i], form)


def skew(angles: np.ndarray, d: int) -> np.ndarray:
    """(..., d, d) skew-symmetric matrices of plane angles (..., m)."""
    i, j = planes(d)
    matrix = np.zeros((*angles.shape[:-1], d, d))
    matrix[..., i, j], matrix[..., j, i] = angles, -angles
    return matrix


def turn(rotation: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Rotations (..., d, d) turned by plane angles (..., m): exp(X) W to second order in X.

    By Cayley's transform, which is a rotation for any X and cheaper than the exponential.
    """
    d = rotation.shape[-1]
    half = skew(angles, d) / 2
    return np.linalg.solve(np.eye(d) - half, (np.eye(d) + half) @ rotation)


def orthonormalised(matrix: np.ndarray) -> np.ndarray:
    """The nearest matrices with orthonormal rows: (M M')^-1/2 M."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right
