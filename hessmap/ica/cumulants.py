"""Moments and cumulants of white data: all that the contrasts of cumulants read of the rows.

Both are symmetric in their indices, so that the pairs a <= b stand for (a, b) and (b, a): a fourth
cumulant is a (p, p) matrix with p = d(d+1)/2, a third one is (p, d), and K(x, y, z, w) is the
product of two `pairs` with it. Any number of rotations is then one matrix product.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

BLOCK_ROWS = 1 << 12
ONE_OF_THREE = ((0, 1, 2), (1, 0, 2), (1, 2, 0))
ONE_OF_FOUR = ((0, 1, 2, 3), (1, 0, 2, 3), (1, 2, 0, 3), (1, 2, 3, 0))
TWO_OF_FOUR = (
    *((0, 1, 2, 3), (0, 2, 1, 3), (0, 2, 3, 1)),
    *((2, 0, 1, 3), (2, 0, 3, 1), (2, 3, 0, 1)),
)


class Moments(NamedTuple):
    """Sums over the rows of each of g groups.

    ``size`` (g,), ``first`` (g, d), ``second`` (g, d, d), ``third`` (g, d, d, d) and ``fourth``
    (g, d, d, d, d).
    """

    size: np.ndarray
    first: np.ndarray
    second: np.ndarray
    third: np.ndarray
    fourth: np.ndarray

    def without(self, group: int) -> tuple[np.ndarray, ...]:
        """Means over the rows of all other groups, first moments to fourth ones."""
        kept = np.arange(len(self.size)) != group
        return tuple(sums[kept].sum(axis=0) / self.size[kept].sum() for sums in self[1:])

    def mean(self) -> tuple[np.ndarray, ...]:
        """Means over all rows, first moments to fourth ones."""
        return tuple(sums.sum(axis=0) / self.size.sum() for sums in self[1:])


class Cumulants(NamedTuple):
    """Third (..., p, d) and fourth (..., p, p) cumulants of white data."""

    third: np.ndarray
    fourth: np.ndarray


@lru_cache(maxsize=32)
def packing(d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices a <= b (p,) of the pairs, and the number of each pair (d, d)."""
    a, b = np.triu_indices(d)
    pair = np.empty((d, d), dtype=np.int64)
    pair[a, b] = pair[b, a] = np.arange(len(a))
    for shared in (a, b, pair):
        shared.setflags(write=False)
    return a, b, pair


def pairs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(..., p) coefficients of x y' + y x' over 2 at the pairs a <= b, from (..., d) vectors."""
    a, b, _ = packing(x.shape[-1])
    half = np.where(a == b, 0.5, 1.0)
    return (x[..., a] * y[..., b] + x[..., b] * y[..., a]) * half


def group_moments(white: np.ndarray, groups: list[np.ndarray]) -> Moments:
    """Sums of the moments over the rows of each group; ``groups`` are their row numbers."""
    d = white.shape[1]
    a, b, pair = packing(d)
    sums = Moments(
        np.array([len(rows) for rows in groups], dtype=np.float64),
        *(np.zeros((len(groups),) + (d,) * order) for order in range(1, 5)),
    )
    for group, rows in enumerate(groups):
        third, fourth = np.zeros((len(a), d)), np.zeros((len(a), len(a)))
        for start in range(0, len(rows), BLOCK_ROWS):
            block = white[rows[start : start + BLOCK_ROWS]]
            products = block[:, a] * block[:, b]
            sums.first[group] += block.sum(axis=0)
            sums.second[group] += block.T @ block
            third += products.T @ block
            fourth += products.T @ products
        sums.third[group] = third[pair]
        sums.fourth[group] = fourth[pair[:, :, None, None], pair[None, None]]
    return sums


def random_groups(n: int, n_groups: int, random_state: np.random.RandomState) -> list[np.ndarray]:
    """Row numbers of random groups whose sizes differ by at most one.

    Groups interleaved in a spatial order are more alike than samples, and the jackknife would
    think the sources more certain than they are.
    """
    shuffled = random_state.permutation(n)
    return [np.sort(shuffled[group::n_groups]) for group in range(n_groups)]


def cumulants_of(
    first: np.ndarray, second: np.ndarray, third: np.ndarray, fourth: np.ndarray
) -> tuple[Cumulants, np.ndarray]:
    """Cumulants of rows with these moments, centred and whitened by them, and the whitening.

    Raises
    ------
    np.linalg.LinAlgError
        If the covariance is singular.
    """
    mean, same = first, np.eye(len(first))
    covariance = second - np.outer(mean, mean)
    values, vectors = np.linalg.eigh(covariance)
    if values[0] <= 1e-12 * values[-1]:
        raise np.linalg.LinAlgError("the rows do not span all dimensions")
    whiten = (vectors / np.sqrt(values)) @ vectors.T
    outer = np.einsum("a,b->ab", mean, mean)
    cubes = (
        third
        - _placed(np.einsum("a,bc->abc", mean, second), ONE_OF_THREE)
        + 2 * np.einsum("ab,c->abc", outer, mean)
    )
    moments = fourth - _placed(np.einsum("a,bcd->abcd", mean, third), ONE_OF_FOUR)
    moments = moments + _placed(np.einsum("ab,cd->abcd", outer, second), TWO_OF_FOUR)
    moments = moments - 3 * np.einsum("ab,cd->abcd", outer, outer)
    for axis in range(3):
        cubes = np.moveaxis(np.tensordot(whiten, cubes, axes=(1, axis)), 0, axis)
    for axis in range(4):
        moments = np.moveaxis(np.tensordot(whiten, moments, axes=(1, axis)), 0, axis)
    gaussian = _placed(np.einsum("ab,cd->abcd", same, same), TWO_OF_FOUR) / 2
    return packed(cubes, moments - gaussian), whiten


def packed(third: np.ndarray, fourth: np.ndarray) -> Cumulants:
    """From symmetric (d, d, d) and (d, d, d, d) to one row for each pair of indices."""
    a, b, _ = packing(len(third))
    return Cumulants(third[a, b], np.ascontiguousarray(fourth[a, b][:, a, b]))


def _placed(product: np.ndarray, placings: tuple[tuple[int, ...], ...]) -> np.ndarray:
    """Sum of a product of two symmetric arrays over all placings of its indices."""
    return np.sum([product.transpose(placing) for placing in placings], axis=0)


def skewness(cumulants: Cumulants, rotation: np.ndarray) -> np.ndarray:
    """(..., d) third cumulants along the rows of (..., d, d) rotations."""
    return np.einsum("...ij,...ij->...i", pairs(rotation, rotation) @ cumulants.third, rotation)


def kurtosis(cumulants: Cumulants, rotation: np.ndarray) -> np.ndarray:
    """(..., d) fourth cumulants along the rows of (..., d, d) rotations."""
    squares = pairs(rotation, rotation)
    return np.einsum("...ip,...ip->...i", squares @ cumulants.fourth, squares)


def rotated(cumulants: Cumulants, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S_ijk and K_iijk, both (..., d, d, d), of the rotated coordinates."""
    _, _, pair = packing(rotation.shape[-1])
    other = np.swapaxes(rotation, -1, -2)[..., None, :, :]
    third = rotation[..., None, :, :] @ cumulants.third[..., pair, :] @ other
    third = np.einsum("...ia,...ajk->...ijk", rotation, third)
    squares = pairs(rotation, rotation) @ cumulants.fourth
    return third, rotation[..., None, :, :] @ squares[..., pair] @ other


def in_planes(cumulants: Cumulants, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S_uuu, S_uuv, ... (..., 4) and K_uuuu, K_uuuv, ... (..., 5) of pairs of directions."""
    uu, uv, vv = pairs(u, u), pairs(u, v), pairs(v, v)
    third_u, third_v = uu @ cumulants.third, vv @ cumulants.third
    fourth_u, fourth_v = uu @ cumulants.fourth, vv @ cumulants.fourth
    third = [(third_u, u), (third_u, v), (third_v, u), (third_v, v)]
    fourth = [(fourth_u, uu), (fourth_u, uv), (fourth_u, vv), (fourth_v, uv), (fourth_v, vv)]
    return (
        np.stack([np.einsum("...a,...a->...", x, y) for x, y in third], axis=-1),
        np.stack([np.einsum("...a,...a->...", x, y) for x, y in fourth], axis=-1),
    )
