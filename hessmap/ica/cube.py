"""The contrast "cube": the kurtosis, for which the theorem is proved.

FastICA's symmetric fixed point (Hyvarinen 1999, IEEE Trans. Neural Netw. 10): the update
w <- E[z (w'z)^3] - 3w is the contraction K(., w, w, w). Where it stops, the sum of |kurt| over the
sources is stationary, but it also stops where two sources are mixed half and half. The sum over
all angles of the plane tells this saddle from an optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .cumulants import Cumulants, in_planes, kurtosis, packing, pairs, rotated
from .planes import powers, sweep
from .tangent import Expansion, Statistic, expand, orthonormalised

MAX_ITER = 50
# On the cosine between two successive directions; Newton's method does the rest.
TOLERANCE = 1e-8
MAX_REPAIRS = 20
N_ANGLES = 90
# Grid steps around the present directions that are no other optimum: a fixed point is far more
# precise than the grid, and 45 degrees away from the next one.
BESIDE = 2
CLEARLY = 1 + 1e-6

ANGLES = np.arange(2 * N_ANGLES) * (np.pi / 2 / N_ANGLES)
HALF_TURN = powers(4, ANGLES)

Step = Callable[[np.ndarray], np.ndarray]
BestAngle = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Kurtosis:
    """The contrast "cube": the sum of |kurt| over the sources."""

    cumulants: Cumulants

    def of_each(self, rotation: np.ndarray) -> np.ndarray:
        """(..., d) contrasts of the directions."""
        return np.abs(kurtosis(self.cumulants, rotation))

    def expansion(self, rotation: np.ndarray) -> Expansion:
        """Value and derivatives over the turns of (..., d, d) rotations."""
        _, fourth = rotated(self.cumulants, rotation)
        slope = np.einsum("...iij->...ij", fourth)
        kurt = np.einsum("...ii->...i", slope)
        statistic = Statistic(np.sign(kurt), np.zeros_like(kurt), 4 * slope, 12 * fourth)
        return expand(np.abs(kurt).sum(axis=-1), [statistic])

    def approach(self, rotation: np.ndarray) -> tuple[np.ndarray, int]:
        """Fixed points without pairs on a saddle, from (b, d, d) rotations, and the iterations."""
        return repaired(rotation, self.step, self.best_angle)

    def step(self, rotation: np.ndarray) -> np.ndarray:
        """The directions' next ones, not yet orthonormal."""
        _, _, pair = packing(rotation.shape[-1])
        contracted = (pairs(rotation, rotation) @ self.cumulants.fourth)[..., pair]
        return np.einsum("...iab,...ib->...ia", contracted, rotation)

    def best_angle(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Angles (...) of the largest contrast of pairs (..., d), or 0 where none is better."""
        _, fourth = in_planes(self.cumulants, u, v)
        one = np.abs(fourth @ HALF_TURN)
        return elsewhere(one[..., :N_ANGLES] + one[..., N_ANGLES:], BESIDE)


def elsewhere(contrast: np.ndarray, beside: int) -> np.ndarray:
    """Angle of the largest of the contrasts (..., angles) over a quarter turn, from 0 on.

    In (-pi/4, pi/4], as a quarter turn only swaps the directions; 0 unless the contrast there is
    clearly larger, and more than ``beside`` steps away.
    """
    n_angles = contrast.shape[-1]
    best = contrast.argmax(axis=-1)
    near = np.minimum(best, n_angles - best) <= beside
    better = contrast.max(axis=-1) > CLEARLY * contrast[..., 0]
    turn = np.where(2 * best > n_angles, best - n_angles, best)
    return np.where(better & ~near, turn * (np.pi / 2 / n_angles), 0.0)


def repaired(rotation: np.ndarray, step: Step, best_angle: BestAngle) -> tuple[np.ndarray, int]:
    """Symmetric fixed point, repaired and repeated until no pair of directions sits on a saddle."""
    rotation = rotation.copy()
    active = np.arange(len(rotation))
    n_iter = 0
    for _ in range(MAX_REPAIRS):
        settled, taken = fixed_point(rotation[active], step)
        rotation[active], turned = sweep(settled, best_angle)
        n_iter += taken
        active = active[turned > 0]
        if not len(active):
            break
    return orthonormalised(rotation), n_iter


def fixed_point(rotation: np.ndarray, step: Step) -> tuple[np.ndarray, int]:
    """All directions at once, of (b, d, d) rotations, and the number of iterations."""
    rotation = rotation.copy()
    active = np.arange(len(rotation))
    taken = 0
    while len(active) and taken < MAX_ITER:
        before = rotation[active]
        rotation[active] = after = orthonormalised(step(before))
        change = 1 - np.abs(np.einsum("bia,bia->bi", after, before)).min(axis=1)
        active = active[change > TOLERANCE]
        taken += 1
    return rotation, taken
