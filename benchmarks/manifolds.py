"""The sets of pictures that the benchmarks look at, and what theory says about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from theory import product_distortion

from hessmap.datasets import (
    SCENES,
    VIEWS,
    cached,
    photographs,
    rendered,
    shapes_xc,
    shapes_xy,
)

# Theory calls a set conforming up to this distortion of lengths: beyond it no map of the kind that
# the theorem asks for is nearer than a tenth to the pictures.
CONFORMING = 0.1
SIZE = 64


@dataclass(frozen=True)
class Manifold:
    """A set of pictures.

    Attributes
    ----------
    name : str
        Unique.
    make : callable
        ``make(n_samples, random_state=...)`` -> (X, factors).
    shape : tuple of int
        Of a picture.
    factors : tuple of str
        Names of the factors.
    at : callable or None
        Factors (m, d) -> pictures; None where theory is known (flat, Donoho & Grimes 2005).
    ranges : ndarray of shape (d, 2)
        Lowest and highest value of each factor.
    """

    name: str
    make: Callable[..., tuple[np.ndarray, np.ndarray]]
    shape: tuple[int, ...]
    factors: tuple[str, ...]
    at: Callable[[np.ndarray], np.ndarray] | None = None
    ranges: np.ndarray | None = None

    def draw(self, n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Pictures, kept in the user's cache, and their factors."""
        return self.make(n_samples, random_state=seed)

    def theory(self) -> float:
        """Distortion of lengths that no map of the theorem's kind avoids."""
        if self.at is None or self.ranges is None:
            return 0.0
        return product_distortion(self.at, *self.ranges.T, self.shape)


def scene(name: str, extent: float | tuple[float, ...] = 1.0, label: str = "") -> Manifold:
    """A rendered scene."""
    return _of(rendered, name, SCENES[name].ranges, extent, label)


def view(name: str) -> Manifold:
    """A photograph under pan, zoom, rotation or light."""
    return _of(photographs, name, VIEWS[name].ranges, 1.0, "")


def _of(
    function: Callable,
    name: str,
    ranges: dict[str, tuple[float, float]],
    extent: float | tuple[float, ...],
    label: str,
) -> Manifold:
    table = np.array(list(ranges.values()), dtype=float)
    middle, half = table.mean(axis=1), np.ptp(table, axis=1) / 2 * np.asarray(extent)
    return Manifold(
        label or name,
        partial(cached, function, name, extent=extent, size=SIZE),
        (SIZE, SIZE, 3),
        tuple(ranges),
        lambda z: function(name, size=SIZE, factors=z)[0],
        np.column_stack([middle - half, middle + half]),
    )


TWO_FACTORS = (
    Manifold("shapes-xy", partial(shapes_xy, size=SIZE), (SIZE, SIZE), ("x", "y")),
    Manifold("shapes-xc", partial(shapes_xc, size=SIZE), (SIZE, SIZE, 2), ("x = y", "colour")),
    view("astronaut pan"),
    view("cat pan"),
    view("coffee pan"),
    view("gravel pan"),
    view("tissue pan"),
    view("rocket pan"),
    view("cat x-light"),
    view("cat zoom-turn"),
    scene("ball yaw-pitch"),
    scene("duck yaw-light"),
    scene("mug yaw-light"),
    scene("laikago legs"),
    scene("duck yaw-pitch"),
    scene("domino yaw-pitch"),
    scene("duck yaw-zoom"),
    scene("racecar yaw-zoom"),
    scene("brick yaw-light"),
)
# Every other view and two-factor scene of `hessmap.datasets`, so that nothing is picked.
FURTHER = tuple(
    make(name)
    for make, known in ((view, VIEWS), (scene, SCENES))
    for name, what in known.items()
    if len(what.ranges) == 2 and name not in {one.name for one in TWO_FACTORS}
)
