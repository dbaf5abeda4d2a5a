"""Rows for `torture`, with what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..draws import Draw


@dataclass
class Shape:
    """Rows, their number of coordinates d, and what to expect.

    ``factors`` (n, d) are what HLLE has to find, up to a linear map, where it says nothing;
    ``no_coordinates`` tells that something has to be said; ``exact`` that the rows determine the
    embedding to many digits, so that their order, place and unit must not matter.
    """

    rows: np.ndarray
    d: int = 2
    factors: np.ndarray | None = None
    no_coordinates: bool = False
    exact: bool = False


SHAPES: dict[str, Callable[[Draw], Shape]] = {}


def shape(function: Callable[[Draw], Shape]) -> Callable[[Draw], Shape]:
    """Enter a function in `SHAPES`, under its name."""
    SHAPES[function.__name__.strip("_").replace("_", " ")] = function
    return function


def _sheet(draw: Draw, n: int, d: int = 2, spread: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n, 2d) on arcs, and their factors."""
    factors = draw.rng().uniform(-spread, spread, size=(n, d))
    return np.hstack([np.cos(factors), np.sin(factors)]), factors


@shape
def _conforming(draw: Draw) -> Shape:
    rows, factors = _sheet(draw, draw.integer(80, 250), draw.integer(1, 2))
    return Shape(rows, factors.shape[1], factors, exact=True)


@shape
def _few_rows(draw: Draw) -> Shape:
    rows, factors = _sheet(draw, draw.integer(2, 30), draw.integer(1, 2))
    return Shape(rows, factors.shape[1])


@shape
def _any_scale(draw: Draw) -> Shape:
    rows, factors = _sheet(draw, draw.integer(80, 150))
    return Shape(rows * 10.0 ** draw.integer(-150, 150), 2, factors, exact=False)


@shape
def _scale_of_each_column(draw: Draw) -> Shape:
    rows, _ = _sheet(draw, draw.integer(40, 120))
    return Shape(rows * 10.0 ** draw.rng().integers(-150, 150, size=rows.shape[1]))


@shape
def _limits_of_floats(draw: Draw) -> Shape:
    rows, _ = _sheet(draw, draw.integer(20, 100))
    factor = draw.pick([1e300, 1.7e308, 1e-300, 1e-308, 1e-318, 5e-324])
    with np.errstate(all="ignore"):
        return Shape(rows * factor)


@shape
def _limits_of_float32(draw: Draw) -> Shape:
    rows, _ = _sheet(draw, draw.integer(20, 100))
    factor = draw.pick([1e38, 3.4e38, 1e30, 1e19, 1e-20, 1e-38, 1e-44])
    return Shape((rows * factor).astype(np.float32))


@shape
def _float32(draw: Draw) -> Shape:
    rows, factors = _sheet(draw, draw.integer(80, 200))
    return Shape(rows.astype(np.float32), 2, factors)


@shape
def _integers(draw: Draw) -> Shape:
    rows, _ = _sheet(draw, draw.integer(40, 200))
    return Shape(np.round(rows * draw.pick([3, 10, 100, 10_000])).astype(np.int64))


@shape
def _far_from_the_origin(draw: Draw) -> Shape:
    rows, _ = _sheet(draw, draw.integer(80, 150))
    return Shape(rows + 10.0 ** draw.integer(3, 17))


@shape
def _thousands_of_columns(draw: Draw) -> Shape:
    rows, factors = _sheet(draw, draw.integer(60, 100))
    frame = np.linalg.qr(draw.rng().standard_normal((draw.integer(500, 3000), 4)))[0]
    return Shape(rows @ frame.T, 2, factors)


@shape
def _collinear(draw: Draw) -> Shape:
    line = draw.rng().uniform(size=(draw.integer(20, 120), 1))
    rows = line * draw.rng().standard_normal(draw.integer(2, 6))
    return Shape(rows, draw.pick([1, 2]))


@shape
def _flat(draw: Draw) -> Shape:
    factors = draw.rng().uniform(size=(draw.integer(80, 150), 2))
    frame = draw.rng().standard_normal((2, draw.integer(2, 6)))
    return Shape(factors @ np.linalg.qr(frame.T)[0].T, 2, factors, exact=True)


@shape
def _two_clusters(draw: Draw) -> Shape:
    n = draw.integer(30, 80)
    rows, _ = _sheet(draw, 2 * n)
    thread = np.linspace(0, 1, draw.integer(0, 20))[:, None] * np.full(4, 8.0)
    rows[n:] += 8
    return Shape(np.vstack([rows, thread]), no_coordinates=not len(thread))


@shape
def _duplicates(draw: Draw) -> Shape:
    rows, _ = _sheet(draw, draw.integer(60, 100))
    which = draw.rng().integers(0, len(rows), size=draw.integer(100, 300))
    return Shape(rows[which])


@shape
def _near_duplicates(draw: Draw) -> Shape:
    rows, _ = _sheet(draw, draw.integer(60, 100))
    which = draw.rng().integers(0, len(rows), size=150)
    tiny = 10.0 ** draw.integer(-18, -6)
    return Shape(rows[which] + tiny * draw.rng().standard_normal((150, 4)))


@shape
def _one_row_many_times(draw: Draw) -> Shape:
    rows, _ = _sheet(draw, draw.integer(1, 40))
    return Shape(np.vstack([rows, np.repeat(rows[:1], 200, axis=0)]))


@shape
def _lattice(draw: Draw) -> Shape:
    """Exact ties everywhere."""
    sides = [draw.integer(5, 12) for _ in range(2)]
    grid = np.stack(np.meshgrid(*map(np.arange, sides), indexing="ij"), -1).reshape(-1, 2)
    rows = grid.astype(float) * draw.pick([1.0, 0.1, 3.0])
    if draw.chance(0.5):
        rows = np.hstack([np.cos(rows / 20), np.sin(rows / 20)])
    return Shape(rows, 2, grid.astype(float))


@shape
def _cube_corners(draw: Draw) -> Shape:
    """All corners of a cube: every distance is one of a few."""
    d = draw.integer(3, 7)
    return Shape(np.array(np.unravel_index(np.arange(2**d), (2,) * d)).T.astype(float))


@shape
def _constant_columns(draw: Draw) -> Shape:
    rows, factors = _sheet(draw, draw.integer(80, 150))
    filling = np.full((len(rows), 3), draw.pick([0.0, 1.0, 1e15]))
    return Shape(np.hstack([filling, rows]), 2, factors)


@shape
def _one_huge_row(draw: Draw) -> Shape:
    rows, _ = _sheet(draw, draw.integer(80, 150))
    rows[draw.integer(0, len(rows) - 1)] *= 10.0 ** draw.integer(1, 200)
    return Shape(rows)


@shape
def _circle(draw: Draw) -> Shape:
    """Without a gap, which would make an arc of it."""
    rng, n = draw.rng(), draw.integer(60, 200)
    turn = 2 * np.pi * (np.arange(n) + rng.uniform(size=n)) / n
    return Shape(np.column_stack([np.cos(turn), np.sin(turn)]), 1, no_coordinates=True)


@shape
def _torus(draw: Draw) -> Shape:
    turns = draw.rng().uniform(0, 2 * np.pi, size=(draw.integer(200, 300), 2))
    return Shape(np.hstack([np.cos(turns), np.sin(turns)]), 2, no_coordinates=True)


@shape
def _noise(draw: Draw) -> Shape:
    return Shape(draw.rng().standard_normal((draw.integer(30, 200), draw.integer(2, 12))))


@shape
def _exponents(draw: Draw) -> Shape:
    """Numbers over three hundred powers of ten in one table."""
    rng = draw.rng()
    return Shape(rng.standard_normal((60, 3)) * 10.0 ** rng.uniform(-150, 150, size=(60, 3)))


@shape
def _steps(draw: Draw) -> Shape:
    """Neighbourhoods of lower rank than d."""
    rows = draw.rng().uniform(size=(draw.integer(60, 150), 3))
    rows[:, 1] = np.round(3 * rows[:, 1])
    rows[:, 2] = 0
    return Shape(rows)
