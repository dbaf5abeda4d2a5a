"""Moments and cumulants of white data: all that ICA reads of the rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

N_GROUPS = 10
BLOCK_ROWS = 1 << 16


class Moments(NamedTuple):
    """Moments of groups: (g, d, d), (g, d, d, d) and (g, d, d, d, d)."""

    second: np.ndarray
    third: np.ndarray
    fourth: np.ndarray


class Cumulants(NamedTuple):
    """Third (d, d, d) and fourth (d, d, d, d) cumulants of white data."""

    third: np.ndarray
    fourth: np.ndarray


def group_moments(white: np.ndarray, random_state: np.random.RandomState) -> Moments:
    """Moments of ten random groups of rows.

    Groups interleaved in a spatial order are more alike than samples, and the jackknife would
    think the sources more certain than they are.
    """
    n, d = white.shape
    n_groups = min(N_GROUPS, n)
    a, b = np.triu_indices(d)
    pair = np.empty((d, d), dtype=int)
    pair[a, b] = pair[b, a] = np.arange(len(a))
    second = np.zeros((n_groups, d, d))
    third = np.zeros((n_groups, d, d, d))
    fourth = np.zeros((n_groups, d, d, d, d))
    shuffled = random_state.permutation(n)
    for group in range(n_groups):
        rows = white[np.sort(shuffled[group::n_groups])]
        total, thrice = np.zeros((len(a), len(a))), np.zeros((len(a), d))
        for start in range(0, len(rows), BLOCK_ROWS):
            block = rows[start : start + BLOCK_ROWS]
            products = block[:, a] * block[:, b]
            total += products.T @ products
            thrice += products.T @ block
            second[group] += block.T @ block / len(rows)
        third[group] = (thrice / len(rows))[pair]
        fourth[group] = (total / len(rows))[pair[:, :, None, None], pair[None, None]]
    return Moments(second, third, fourth)


def cumulants_of(second: np.ndarray, third: np.ndarray, fourth: np.ndarray) -> Cumulants:
    """Cumulants of the union of the groups, whitened by its own moments.

    Their means are taken to be zero, as that of all groups is.
    """
    values, vectors = np.linalg.eigh(second.mean(axis=0))
    whiten = (vectors / np.sqrt(values)) @ vectors.T
    cubes, moments = third.mean(axis=0), fourth.mean(axis=0)
    for axis in range(3):
        cubes = np.moveaxis(np.tensordot(whiten, cubes, axes=(1, axis)), 0, axis)
    for axis in range(4):
        moments = np.moveaxis(np.tensordot(whiten, moments, axes=(1, axis)), 0, axis)
    same = np.eye(len(whiten))
    gaussian = np.einsum("ab,cd->abcd", same, same)
    gaussian = gaussian + gaussian.transpose(0, 2, 1, 3) + gaussian.transpose(0, 2, 3, 1)
    return Cumulants(cubes, moments - gaussian)


def along(cumulants: np.ndarray, rotation: np.ndarray, which: str) -> np.ndarray:
    """Cumulants of the rotated coordinates, e.g. "iiii" (d,) or "iijj" (d, d)."""
    letters = "abcd"
    operands = ",".join(f"{w}{x}" for w, x in zip(which, letters, strict=False))
    out = "".join(sorted(set(which)))
    path = f"{letters[: len(which)]},{operands}->{out}"
    return np.einsum(path, cumulants, *[rotation] * len(which), optimize=True)
