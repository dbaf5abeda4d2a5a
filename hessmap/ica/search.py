"""From random rotations to the best optimum of a contrast, with a second-order check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .planes import sweep
from .tangent import Expansion, orthonormalised, turn

# As many starts agree by chance on an optimum that half of them miss once in a thousand.
STARTS = 10
MAX_STARTS = 40
# Relative; the approaches end within some 1e-4 radians, 1e-8 in the contrast.
SAME = 1e-6
MAX_STEPS = 60
# Of the largest plane angle of a Newton step, whose square is the error after it.
TINY_STEP = 1e-8
LARGEST_STEP = 0.5
# Relative to the contrast: a curvature below is no maximum's, but rounding.
FLAT = 1e-6
ROUNDING = 1e-12
MAX_ESCAPES = 10
WAYS_OUT = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
# A pair test's turn below this stays in the same basin.
BASIN = 0.1


class Contrast(Protocol):
    """What the search needs of a contrast; rotations are (..., d, d), directions in rows."""

    def of_each(self, rotation: np.ndarray) -> np.ndarray:
        """(..., d) contrasts of the directions, to be summed."""

    def expansion(self, rotation: np.ndarray) -> Expansion:
        """Value, gradient and Hessian over the turns."""

    def approach(self, rotation: np.ndarray) -> tuple[np.ndarray, int]:
        """Near an optimum that no turn in one plane improves, from (b, d, d)."""

    def best_angle(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Best angles of the planes of (..., d) directions."""


@dataclass(frozen=True)
class Optimum:
    """A rotation (d, d) and what is known of it.

    ``curvature`` is the largest eigenvalue of the contrast's Hessian, divided by the contrast;
    ``settled`` says whether Newton's method ended.
    """

    rotation: np.ndarray
    value: float
    curvature: float
    n_iter: int
    restarts: int
    settled: bool

    @property
    def maximum(self) -> bool:
        """Whether the second-order condition holds."""
        return self.settled and self.curvature < -FLAT


def best_start(
    contrast: Contrast, d: int, random_state: np.random.RandomState
) -> tuple[np.ndarray, int, int]:
    """The best of several random starts, near its optimum; the iterations; the starts.

    Ten starts that agree are enough, otherwise there are forty.
    """
    if d == 1:
        return np.ones((1, 1)), 0, 1
    found: list[np.ndarray] = []
    values = np.empty(0)
    n_iter = 0
    for batch in (STARTS, MAX_STARTS - STARTS):
        starts = orthonormalised(random_state.standard_normal((batch, d, d)))
        ends, taken = contrast.approach(starts)
        n_iter += taken
        found.extend(ends)
        values = np.append(values, contrast.of_each(ends).sum(axis=-1))
        if values.max() - values.min() <= SAME * values.max():
            break
    return found[int(values.argmax())], n_iter, len(found)


def settle(contrast: Contrast, rotation: np.ndarray) -> Optimum:
    """The maximum near a rotation: climbs, and leaves saddles of two or more directions."""
    n_iter = 0
    for attempt in range(MAX_ESCAPES):
        climbed, expansion, taken, settled = climb(contrast, rotation[None])
        rotation, n_iter = climbed[0], n_iter + taken
        here = Expansion(*(part[0] for part in expansion))
        way_out = _way_out(contrast, rotation, here)
        if way_out is None or attempt == MAX_ESCAPES - 1:
            break
        found, taken = contrast.approach(way_out[None])
        rotation, n_iter = found[0], n_iter + taken
    return Optimum(
        orthonormalised(rotation), float(here.value), curvature(here), n_iter, 1, settled
    )


def climb(contrast: Contrast, rotation: np.ndarray) -> tuple[np.ndarray, Expansion, int, bool]:
    """Newton's method on (b, d, d) rotations, each of its steps uphill.

    Returns the rotations, the expansion there, the number of steps and whether all ended.
    """
    here = contrast.expansion(rotation)
    damping = np.ones((len(rotation), 1))
    for taken in range(MAX_STEPS):
        step = _newton(here)
        if np.abs(step).max(initial=0) <= TINY_STEP:
            return turn(rotation, step), here, taken, True
        trial = turn(rotation, damping * step)
        there = contrast.expansion(trial)
        up = there.value >= here.value - ROUNDING * np.abs(here.value)
        damping = np.where(up[:, None], np.minimum(1, 4 * damping), damping / 4)
        rotation = np.where(up[:, None, None], trial, rotation)
        here = Expansion(
            np.where(up, there.value, here.value),
            np.where(up[:, None], there.gradient, here.gradient),
            np.where(up[:, None, None], there.hessian, here.hessian),
        )
    return rotation, here, MAX_STEPS, False


def _newton(here: Expansion) -> np.ndarray:
    """(b, m) plane angles of Newton's step, uphill along every eigenvector of the Hessian."""
    values, vectors = np.linalg.eigh(here.hessian)
    least = FLAT * np.abs(here.value)[..., None]
    along = np.einsum("...ij,...i->...j", vectors, here.gradient)
    along = along / np.maximum(np.maximum(np.abs(values), least), np.finfo(float).tiny)
    step = np.einsum("...ij,...j->...i", vectors, along)
    largest = np.abs(step).max(axis=-1, keepdims=True, initial=0)
    return step * (LARGEST_STEP / np.maximum(largest, LARGEST_STEP))


def curvature(here: Expansion) -> float:
    """Largest eigenvalue of the Hessian in units of the contrast; -inf where nothing can turn."""
    if not here.gradient.size:
        return -np.inf
    if here.value == 0:
        return 0.0
    return float(np.linalg.eigvalsh(here.hessian)[-1] / here.value)


def _way_out(contrast: Contrast, rotation: np.ndarray, here: Expansion) -> np.ndarray | None:
    """A better rotation in a plane, or along a direction in which the contrast is not concave."""
    if not here.gradient.size:
        return None
    turned, angle = sweep(rotation[None], contrast.best_angle)
    candidates = list(turned) if angle[0] > BASIN else []
    values, vectors = np.linalg.eigh(here.hessian)
    for vector in vectors.T[values > -FLAT * here.value]:
        size = np.abs(vector).max()
        candidates += [turn(rotation, s * t * vector / size) for t in WAYS_OUT for s in (-1, 1)]
    if not candidates:
        return None
    heights = contrast.of_each(np.array(candidates)).sum(axis=-1)
    if heights.max() <= here.value * (1 + FLAT):
        return None
    return candidates[int(heights.argmax())]
