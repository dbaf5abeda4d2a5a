"""Curved surfaces that are exactly isometric to flat ones, with their flat coordinates."""

from __future__ import annotations

import numpy as np

from .._validation import flag, number, whole
from ..metrics.columns import columns
from ._blocks import fill, generator, random_frame


def _roll_length(t: np.ndarray) -> np.ndarray:
    """Arc length of the spiral (t cos t, t sin t) from 0 to t."""
    return 0.5 * (t * np.sqrt(1 + t**2) + np.arcsinh(t))


def swiss_roll(
    n_samples: int = 3000,
    *,
    hole: bool = False,
    turns: float = 1.5,
    height: float = 21.0,
    n_features: int = 3,
    noise: float = 0.0,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Swiss roll parametrised by arc length, so that the map from factors to rows is isometric.

    Parameters
    ----------
    n_samples : int
        Number of rows.
    hole : bool
        Leave out the central rectangle, a third of the range wide in each factor.
    turns : float
        Number of turns of the spiral, which starts at angle 1.5 pi.
    height : float
        Range of the second factor.
    n_features : int
        Number of columns, at least 3; the roll is rotated into them at random when above 3.
    noise : float
        Standard deviation of the Gaussian noise added to each column.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        The rows.
    factors : ndarray of shape (n_samples, 2), float64
        Arc length along the spiral and height, both uniform and in the units of X.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from hessmap.datasets import swiss_roll
    >>> X, factors = swiss_roll(500, hole=True, random_state=0)
    >>> X.shape, factors.shape
    ((500, 3), (500, 2))
    """
    n_samples = whole("n_samples", n_samples, at_least=1)
    turns, height = number("turns", turns, above=0), number("height", height, above=0)
    hole, n_features = flag("hole", hole), whole("n_features", n_features, at_least=3)
    rng = generator(random_state)
    frame = random_frame(3, n_features, rng) if n_features != 3 else np.eye(3)
    start = 1.5 * np.pi
    stop = start + 2 * np.pi * turns
    length = float(_roll_length(np.array(stop)) - _roll_length(np.array(start)))

    unit = np.empty((0, 2))
    while len(unit) < n_samples:
        drawn = rng.uniform(size=(n_samples, 2))
        if hole:
            drawn = drawn[(np.abs(drawn - 0.5) > 1 / 6).any(axis=1)]
        unit = np.concatenate([unit, drawn])[:n_samples]
    factors = unit * [length, height]

    # the table is fine enough that one Newton step on the inverse reaches rounding error
    table = np.linspace(start, stop, 4096)
    lengths = _roll_length(table) - _roll_length(np.array(start))

    def render(z: np.ndarray) -> np.ndarray:
        t = np.interp(z[:, 0], lengths, table)
        t -= (_roll_length(t) - _roll_length(np.array(start)) - z[:, 0]) / np.sqrt(1 + t**2)
        return np.column_stack([t * np.cos(t), z[:, 1], t * np.sin(t)]) @ frame.T

    return fill(factors, render, n_features, noise=noise, rng=rng, dtype=np.float64), factors


def arcs(
    n_samples: int = 3000,
    n_components: int = 2,
    *,
    angle: float = 1.0,
    n_features: int | None = None,
    noise: float = 0.0,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Product of circular arcs of unit radius: isometric to a box in any number of dimensions.

    Parameters
    ----------
    n_samples : int
        Number of rows.
    n_components : int
        Number of factors d.
    angle : float
        Opening of every arc in radians, below 2 pi; also the range of every factor.
    n_features : int or None
        Number of columns, at least 2d. None means 2d, without a rotation.
    noise : float
        Standard deviation of the Gaussian noise added to each column.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        The rows.
    factors : ndarray of shape (n_samples, n_components), float64
        Arc lengths, independent and uniform, in the units of X.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from hessmap.datasets import arcs
    >>> X, factors = arcs(100, 3, n_features=30, random_state=0)
    >>> X.shape, factors.shape
    ((100, 30), (100, 3))
    """
    n_samples = whole("n_samples", n_samples, at_least=1)
    n_components = whole("n_components", n_components, at_least=1)
    angle = number("angle", angle, above=0)
    if not angle < 2 * np.pi:
        raise ValueError(f"`angle` must be between 0 and 2 pi; got {angle!r}.")
    rng = generator(random_state)
    width = 2 * n_components
    frame = np.eye(width) if n_features is None else random_frame(width, n_features, rng)
    factors = rng.uniform(-angle / 2, angle / 2, size=(n_samples, n_components))

    return _on_frame(factors, frame, noise, rng), factors


def on_arcs(
    factors: np.ndarray,
    *,
    n_features: int | None = None,
    noise: float = 0.0,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> np.ndarray:
    """Rows isometric to factors of your own: each runs along a circular arc of unit radius.

    Parameters
    ----------
    factors : array-like of shape (n_samples, d)
        Arc lengths. A range of 2 pi or more closes the circle.
    n_features : int or None
        Number of columns, at least 2d. None means 2d, without a rotation.
    noise : float
        Standard deviation of the Gaussian noise added to each column.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    ndarray of shape (n_samples, n_features), float64
        The rows.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.datasets import on_arcs
    >>> skewed = np.random.default_rng(0).beta(2, 5, size=(100, 3))
    >>> on_arcs(skewed, n_features=10, random_state=0).shape
    (100, 10)
    """
    factors = columns("factors", factors).astype(np.float64)
    rng = generator(random_state)
    width = 2 * factors.shape[1]
    frame = np.eye(width) if n_features is None else random_frame(width, n_features, rng)
    return _on_frame(factors, frame, noise, rng)


def _on_frame(
    factors: np.ndarray, frame: np.ndarray, noise: float, rng: np.random.Generator
) -> np.ndarray:
    def render(z: np.ndarray) -> np.ndarray:
        return np.hstack([np.cos(z), np.sin(z)]) @ frame.T

    return fill(factors, render, len(frame), noise=noise, rng=rng, dtype=np.float64)
