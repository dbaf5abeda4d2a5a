"""The contrast "logcosh": robust to heavy tails, at the price of reading the rows in every step.

FastICA's symmetric fixed point with G(s) = log cosh s (Hyvarinen 1999):
w <- E[z tanh(w'z)] - E[1 - tanh^2(w'z)] w. Where it stops, the sum over the sources of
|E G(s) - E G(gauss)| is stationary: the fixed point gives each source the sign of its distance.
The pairs are tested as those of "cube", the iterations run on a sample, and Newton's method, which
needs two or three passes from there, ends on all rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from .cube import elsewhere, repaired
from .cumulants import packing
from .tangent import Expansion, Statistic, expand

# E log cosh of a standard Gaussian.
GAUSSIAN = 0.3745672074914380
BLOCK_ROWS = 1 << 12
SAMPLE_ROWS = 50_000
# The plane's contrast is smooth, and its next optimum 45 degrees away.
PLANE_ROWS = 2_000
N_ANGLES = 8
BESIDE = 1


class Sums(NamedTuple):
    """Sums over rows of what one pass gives for a rotation.

    With G = log cosh, g = tanh and g' = 1 - g^2 of source i: ``value`` G (d,), ``first`` g (d,),
    ``second`` g s_j (d, d), ``bend`` g' (d,), ``tilt`` g' s_j (d, d), ``third`` g' s_j s_k
    (d, d, d); and ``mean`` s (d,) and ``square`` s s' (d, d).
    """

    value: np.ndarray
    first: np.ndarray
    second: np.ndarray
    bend: np.ndarray
    tilt: np.ndarray
    third: np.ndarray
    mean: np.ndarray
    square: np.ndarray


@dataclass(frozen=True)
class LogCosh:
    """The contrast "logcosh": the sum of |E G(s) - E G(gauss)| over the sources.

    ``rows`` (n, d) are white.
    """

    rows: np.ndarray
    plane_rows: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plane_rows", self.rows[:PLANE_ROWS])

    def of_each(self, rotation: np.ndarray) -> np.ndarray:
        """(..., d) contrasts of the directions."""
        flat = rotation.reshape(-1, rotation.shape[-1])
        total = np.zeros(len(flat))
        for block in _blocks(self.rows):
            total += log_cosh(flat @ block.T)[0].sum(axis=1)
        return np.abs(total / len(self.rows) - GAUSSIAN).reshape(rotation.shape[:-1])

    def expansion(self, rotation: np.ndarray) -> Expansion:
        """Value and derivatives over the turns of (..., d, d) rotations."""
        if rotation.ndim > 2:
            expansions = [self.expansion(one) for one in rotation]
            return Expansion(*(np.stack(parts) for parts in zip(*expansions, strict=True)))
        sums = sums_over(self.rows, rotation)
        return expand(*self.statistic(sums, len(self.rows)))

    def statistic(self, sums: Sums, n: float) -> tuple[np.ndarray, list[Statistic]]:
        """The contrast and what `expand` needs of it."""
        distance = sums.value / n - GAUSSIAN
        slope, bend = np.sign(distance), np.zeros_like(distance)
        return np.abs(distance).sum(), [Statistic(slope, bend, sums.second / n, sums.third / n)]

    def approach(self, rotation: np.ndarray) -> tuple[np.ndarray, int]:
        """Fixed points without pairs on a saddle, from (b, d, d) rotations, and the iterations."""
        return repaired(rotation, self.step, self.best_angle)

    def step(self, rotation: np.ndarray) -> np.ndarray:
        """The directions' next ones, not yet orthonormal."""
        flat = rotation.reshape(-1, rotation.shape[-1])
        cross, bend = np.zeros_like(flat), np.zeros((len(flat), 1))
        for block in _blocks(self.rows):
            slope = np.tanh(flat @ block.T)
            cross += slope @ block
            bend += len(block) - np.einsum("in,in->i", slope, slope)[:, None]
        return ((cross - bend * flat) / len(self.rows)).reshape(rotation.shape)

    def best_angle(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Angles (...) of the largest contrast of pairs (..., d), or 0 where none is better.

        A sample of the rows proposes, all rows decide.
        """
        angles = np.arange(N_ANGLES) * (np.pi / 2 / N_ANGLES)
        c, s = np.cos(angles)[:, None], np.sin(angles)[:, None]
        found = np.zeros(u.shape[:-1])
        few = LogCosh(self.plane_rows)
        for index in np.ndindex(found.shape):
            x, y = u[index], v[index]
            turned = np.stack([c * x + s * y, c * y - s * x])
            angle = elsewhere(few.of_each(turned).sum(axis=0), BESIDE)
            if angle != 0:
                to = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
                now, then = self.of_each(np.array([[x, y], to])).sum(axis=1)
                found[index] = angle if then > now else 0.0
        return found


def log_cosh(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log cosh s and tanh s, from one exponential that cannot overflow."""
    size = np.abs(s)
    small = np.exp(-2 * size)
    above = 1 + small
    return size + np.log(above) - np.log(2), np.copysign((1 - small) / above, s)


def sums_over(white: np.ndarray, rotation: np.ndarray, rows: np.ndarray | None = None) -> Sums:
    """Sums over the rows, or over those with the numbers ``rows``, in blocks."""
    d = len(rotation)
    a, b, pair = packing(d)
    shapes = [(d,), (d,), (d, d), (d,), (d, d), (d, len(a)), (d,), (d, d)]
    sums = [np.zeros(shape) for shape in shapes]
    for block in _blocks(white, rows):
        s = rotation @ block.T
        value, slope = log_cosh(s)
        bend = 1 - slope**2
        products = s[a] * s[b]
        parts = [value.sum(axis=1), slope.sum(axis=1), slope @ s.T, bend.sum(axis=1)]
        parts += [bend @ s.T, bend @ products.T, s.sum(axis=1), s @ s.T]
        for total, part in zip(sums, parts, strict=True):
            np.add(total, part, out=total)
    sums[5] = sums[5][:, pair]
    return Sums(*sums)


def _blocks(white: np.ndarray, rows: np.ndarray | None = None):  # type: ignore[no-untyped-def]
    for start in range(0, len(white) if rows is None else len(rows), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        yield white[block] if rows is None else white[rows[block]]
