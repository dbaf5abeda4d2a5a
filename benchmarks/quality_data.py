"""The data of the quality benchmark, by name: clean rows, true factors and the floor of noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from hessmap.datasets import arcs, blobs, cached, rendered, sphere_patch, sprites, swiss_roll

COLUMNS = 30
SIZE = 48  # pixels along an edge of the pictures of section "pictures"
SMALL = 32  # and of "few rows"
# Rendered pictures are kept in pieces of so many, that larger sets are put together from.
PIECE = 10_000
MODERATE, WIDE = 1.0, 2.0
RENDERED = (
    "duck yaw-pitch-light",
    "ball yaw-pitch-light",
    "mug yaw-pitch-light",
    "laikago three legs",
)
# Smallest 1 - R^2 for the place of a spot, per unit of squared noise; see `hessmap.datasets.blobs`.
SPOT_FLOOR = 0.0386

Made = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Data:
    """One kind of rows.

    Attributes
    ----------
    make : callable
        ``make(n, d, seed)`` -> rows without noise (n, D) and factors (n, d).
    shape : tuple of int or None
        Of a picture that `Blur` is to smooth.
    floor : float or None
        Smallest 1 - R^2 for noise of standard deviation 1; nan where it is not known, None where
        the factors are in units of the rows and it follows from their variance.
    """

    make: Callable[[int, int, int], Made]
    shape: tuple[int, ...] | None = None
    floor: float | None = np.nan

    def draw(self, n: int, d: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
        """Noisy rows, factors, and the floor of 1 - R^2 of the worse factor (0 without noise).

        Noise is in units of the largest standard deviation of a column.
        """
        X, factors = self.make(n, d, seed)
        if not noise:
            return X, factors, 0.0
        sigma = noise * float(X.std(axis=0).max())
        rng = np.random.default_rng(10_000 + seed)
        X = X + sigma * rng.standard_normal(X.shape, dtype=X.dtype)
        unit = 1 / factors.var(axis=0).min() if self.floor is None else self.floor
        return X, factors, float(sigma**2 * unit)


def scene(name: str, extent: float) -> Data:
    """Rendered pictures, kept in the user's cache."""

    def make(n: int, d: int, seed: int) -> Made:
        pieces = [
            cached(rendered, name, PIECE, size=SIZE, extent=extent, random_state=seed + i)
            for i in range(-(-n // PIECE))
        ]
        if len(pieces) == 1:
            return np.asarray(pieces[0][0][:n]), pieces[0][1][:n]
        rows, factors = zip(*pieces, strict=True)
        return np.concatenate(rows)[:n], np.concatenate(factors)[:n]

    return Data(make, (SIZE, SIZE, 3))


def _sprites(size: int, n: int, d: int, seed: int) -> Made:
    return sprites(n, d, size=size, random_state=seed)


def _sphere(degrees: float, n: int, d: int, seed: int) -> Made:
    return sphere_patch(n, opening=degrees, random_state=seed)


DATA = {
    "arcs": Data(lambda n, d, seed: arcs(n, d, n_features=COLUMNS, random_state=seed), floor=None),
    "swiss roll, hole": Data(
        lambda n, d, seed: swiss_roll(n, hole=True, random_state=seed), floor=None
    ),
    "spot": Data(lambda n, d, seed: blobs(n, random_state=seed), floor=SPOT_FLOOR),
    "sprites": Data(partial(_sprites, SIZE), (SIZE, SIZE)),
    # as they are: seven fits of eight factors would take an hour
    "soft sprites": Data(partial(_sprites, SIZE)),
    "small sprites": Data(partial(_sprites, SMALL), (SMALL, SMALL)),
}
for _degrees in (30, 60, 90):
    DATA[f"sphere, {_degrees} degrees"] = Data(partial(_sphere, _degrees))
for _name in RENDERED:
    DATA[_name] = scene(_name, MODERATE)
    DATA[f"{_name}, wide"] = scene(_name, WIDE)
