"""Antialiased pictures of a moving square, as in the first experiment of Horan et al. (2021).

Sharp edges would make the manifold nowhere differentiable, so every pixel holds the area of the
square inside it. Rows are flattened pictures in C order, float32, with values in [0, 1].
"""

from __future__ import annotations

import numpy as np

from .._validation import number, whole
from ._blocks import fill, generator


def _check(n_samples: int, size: int, side: float) -> None:
    whole("n_samples", n_samples, at_least=1)
    whole("size", size, at_least=8)
    if number("side", side, above=0) * np.sqrt(2) >= size - 4:
        raise ValueError(f"`side` must leave room to move in {size} pixels; got {side}.")


def _covered(centre: np.ndarray, side: float, size: int) -> np.ndarray:
    """(m, size) length of [centre - side/2, centre + side/2] inside each unit pixel."""
    left = np.arange(size)
    upper = np.minimum(left + 1, centre[:, None] + side / 2)
    lower = np.maximum(left, centre[:, None] - side / 2)
    return np.clip(upper - lower, 0, 1)


def shapes_xy(
    n_samples: int = 3000,
    *,
    size: int = 48,
    side: float = 12.0,
    noise: float = 0.0,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a white square that moves in x and y.

    Parameters
    ----------
    n_samples : int
        Number of pictures.
    size : int
        Pixels along each edge of a picture.
    side : float
        Pixels along each edge of the square.
    noise : float
        Standard deviation of the Gaussian noise added to each pixel.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, size * size), float32
        Flattened pictures.
    factors : ndarray of shape (n_samples, 2), float64
        Centre (x, y) in pixels, uniform; the whole square stays two pixels inside the picture.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from hessmap.datasets import shapes_xy
    >>> X, factors = shapes_xy(100, random_state=0)
    >>> X.shape, factors.shape
    ((100, 2304), (100, 2))
    """
    _check(n_samples, size, side)
    rng = generator(random_state)
    margin = side / 2 + 2
    factors = rng.uniform(margin, size - margin, size=(n_samples, 2))

    def render(z: np.ndarray) -> np.ndarray:
        x, y = _covered(z[:, 0], side, size), _covered(z[:, 1], side, size)
        return (y[:, :, None] * x[:, None, :]).reshape(len(z), -1)

    return fill(factors, render, size * size, noise=noise, rng=rng, dtype=np.float32), factors


def shapes_xc(
    n_samples: int = 3000,
    *,
    size: int = 48,
    side: float = 12.0,
    noise: float = 0.0,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a square that moves along the diagonal and changes its colour.

    The two channels are cos(c) and sin(c) times the square, so that the metric is flat; a linear
    mix of two colours would be curved.

    Parameters
    ----------
    n_samples : int
        Number of pictures.
    size : int
        Pixels along each edge of a picture.
    side : float
        Pixels along each edge of the square.
    noise : float
        Standard deviation of the Gaussian noise added to each channel of each pixel.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, size * size * 2), float32
        Flattened pictures with the two channels last.
    factors : ndarray of shape (n_samples, 2), float64
        Position along the diagonal in pixels and colour angle in [0, pi/2], both uniform.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from hessmap.datasets import shapes_xc
    >>> X, factors = shapes_xc(100, random_state=0)
    >>> X.shape, factors.shape
    ((100, 4608), (100, 2))
    """
    _check(n_samples, size, side)
    rng = generator(random_state)
    margin = side / 2 + 2
    factors = rng.uniform([margin, 0], [size - margin, np.pi / 2], size=(n_samples, 2))

    def render(z: np.ndarray) -> np.ndarray:
        along = _covered(z[:, 0], side, size)
        colour = np.column_stack([np.cos(z[:, 1]), np.sin(z[:, 1])])
        return np.einsum("ny,nx,nc->nyxc", along, along, colour).reshape(len(z), -1)

    return fill(factors, render, size * size * 2, noise=noise, rng=rng, dtype=np.float32), factors


def shapes_xyr(
    n_samples: int = 3000,
    *,
    size: int = 32,
    side: float = 16.0,
    noise: float = 0.0,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a square that moves in x and y and turns by less than a right angle.

    A square looks the same after a quarter turn, so the turn is limited to +-30 degrees: a full
    turn would close the manifold on itself and leave it without global coordinates.

    Parameters
    ----------
    n_samples : int
        Number of pictures.
    size : int
        Pixels along each edge of a picture.
    side : float
        Pixels along each edge of the square.
    noise : float
        Standard deviation of the Gaussian noise added to each pixel.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, size * size), float32
        Flattened pictures.
    factors : ndarray of shape (n_samples, 3), float64
        Centre (x, y) in pixels and angle in radians, all uniform.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from hessmap.datasets import shapes_xyr
    >>> X, factors = shapes_xyr(100, random_state=0)
    >>> X.shape, factors.shape
    ((100, 1024), (100, 3))
    """
    _check(n_samples, size, side)
    rng = generator(random_state)
    margin = side / np.sqrt(2) + 2
    turn = np.deg2rad(30)
    lower, upper = [margin, margin, -turn], [size - margin, size - margin, turn]
    factors = rng.uniform(lower, upper, size=(n_samples, 3))
    pixel = np.arange(size) + 0.5

    def render(z: np.ndarray) -> np.ndarray:
        dx = pixel[None, None, :] - z[:, 0, None, None]
        dy = pixel[None, :, None] - z[:, 1, None, None]
        cos, sin = np.cos(z[:, 2])[:, None, None], np.sin(z[:, 2])[:, None, None]
        # one pixel of linear ramp across each edge approximates the covered area
        inside_u = np.clip(side / 2 - np.abs(cos * dx + sin * dy) + 0.5, 0, 1)
        inside_v = np.clip(side / 2 - np.abs(cos * dy - sin * dx) + 0.5, 0, 1)
        return (inside_u * inside_v).reshape(len(z), -1)

    return fill(factors, render, size * size, noise=noise, rng=rng, dtype=np.float32), factors
