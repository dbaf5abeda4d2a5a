"""Turns in planes, and the contrast "auto", which they maximise (CuBICA).

Blaschke & Wiskott 2004, IEEE Trans. Signal Process. 52: the leading terms of the negentropy,
4 skew^2 + kurt^2, are a cosine series in 4 and 8 times the angle of a plane, whose largest value is
found exactly. A sweep visits every plane; a local optimum of one plane cannot hold it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np

from .cumulants import Cumulants, in_planes, kurtosis, rotated, skewness
from .tangent import Expansion, Statistic, expand, orthonormalised

MAX_SWEEPS = 100
# Newton's method does the rest.
SMALL_TURN = 1e-4
N_ANGLES = 32
NEWTON_STEPS = 6
# Weight of the squared skewness beside the squared kurtosis in the negentropy: 1/3! over 1/4!.
SKEWNESS_WEIGHT = 4.0

BestAngle = Callable[[np.ndarray, np.ndarray], np.ndarray]


def powers(order: int, angles: np.ndarray) -> np.ndarray:
    """(order + 1, len(angles)): cumulants of u cos + v sin are those of `in_planes` times this."""
    c, s = np.cos(angles), np.sin(angles)
    return np.array([comb(order, m) * c ** (order - m) * s**m for m in range(order + 1)])


# The contrast over half its period, at one of the directions; the other has the second half.
SIXTEEN = np.arange(16) * (np.pi / 16)
CUBES, FOURTHS = powers(3, SIXTEEN), powers(4, SIXTEEN)
START = np.linspace(-np.pi, np.pi, N_ANGLES, endpoint=False)


def sweep(rotation: np.ndarray, best_angle: BestAngle) -> tuple[np.ndarray, np.ndarray]:
    """Turn every pair of directions of (b, d, d) rotations to the best angle of its plane.

    Disjoint pairs are turned together, as the games of a round of a tournament. Returns the
    rotations and the largest turn (b,) of each.
    """
    rotation = rotation.copy()
    largest = np.zeros(len(rotation))
    for i, j in rounds(rotation.shape[-1]):
        u, v = rotation[:, i], rotation[:, j]
        angle = best_angle(u, v)
        c, s = np.cos(angle)[..., None], np.sin(angle)[..., None]
        rotation[:, i], rotation[:, j] = c * u + s * v, c * v - s * u
        largest = np.maximum(largest, np.abs(angle).max(axis=1, initial=0))
    return rotation, largest


def rounds(d: int) -> list[tuple[list[int], list[int]]]:
    """Every pair of d players once, in rounds of disjoint pairs (the circle method)."""
    players = list(range(d + d % 2))
    games = []
    for _ in range(len(players) - 1):
        half = len(players) // 2
        opposite = zip(players[:half], reversed(players[half:]), strict=True)
        pairs = [pair for pair in opposite if max(pair) < d]
        games.append(([first for first, _ in pairs], [second for _, second in pairs]))
        players = [players[0], players[-1], *players[1:-1]]
    return games


@dataclass(frozen=True)
class Negentropy:
    """The contrast "auto": the sum of 4 skew^2 + kurt^2 over the sources."""

    cumulants: Cumulants

    def of_each(self, rotation: np.ndarray) -> np.ndarray:
        """(..., d) contrasts of the directions."""
        third, fourth = skewness(self.cumulants, rotation), kurtosis(self.cumulants, rotation)
        return SKEWNESS_WEIGHT * third**2 + fourth**2

    def expansion(self, rotation: np.ndarray) -> Expansion:
        """Value and derivatives over the turns of (..., d, d) rotations."""
        third, fourth = rotated(self.cumulants, rotation)
        third_slope = np.einsum("...iij->...ij", third)
        fourth_slope = np.einsum("...iij->...ij", fourth)
        skew = np.einsum("...ii->...i", third_slope)
        kurt = np.einsum("...ii->...i", fourth_slope)
        weight, two = SKEWNESS_WEIGHT, np.full_like(kurt, 2)
        return expand(
            (weight * skew**2 + kurt**2).sum(axis=-1),
            [
                Statistic(2 * weight * skew, weight * two, 3 * third_slope, 6 * third),
                Statistic(2 * kurt, two, 4 * fourth_slope, 12 * fourth),
            ],
        )

    def approach(self, rotation: np.ndarray) -> tuple[np.ndarray, int]:
        """Sweeps until no plane of the (b, d, d) rotations is turned, and their number."""
        rotation = rotation.copy()
        active = np.arange(len(rotation))
        taken = 0
        while len(active) and taken < MAX_SWEEPS:
            rotation[active], largest = sweep(rotation[active], self.best_angle)
            active = active[largest > SMALL_TURN]
            taken += 1
        return orthonormalised(rotation), taken

    def best_angle(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Angles (...) in [-pi/4, pi/4) of the largest contrast of pairs of directions (..., d).

        A quarter turn changes nothing, so that the contrast is Re(a e^ix + b e^2ix) with x four
        times the angle, up to a constant; eight values give a and b.
        """
        third, fourth = in_planes(self.cumulants, u, v)
        one = SKEWNESS_WEIGHT * (third @ CUBES) ** 2 + (fourth @ FOURTHS) ** 2
        series = np.fft.rfft(one[..., :8] + one[..., 8:])
        a, b = series[..., 1], series[..., 2]
        grid = np.real(a[..., None] * np.exp(1j * START) + b[..., None] * np.exp(2j * START))
        x = START[grid.argmax(axis=-1)]
        for _ in range(NEWTON_STEPS):
            first, second = a * np.exp(1j * x), b * np.exp(2j * x)
            slope, bend = -np.imag(first + 2 * second), -np.real(first + 4 * second)
            x = x - np.where(bend < 0, slope / np.where(bend < 0, bend, 1), 0)
        return ((x + np.pi) % (2 * np.pi) - np.pi) / 4
