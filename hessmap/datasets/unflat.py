"""Negative controls that no flat map shows: closed, curved, in pieces, or no manifold at all.

A method that finds factors without labels can only be trusted if it says so where it cannot.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._validation import flag, number, whole
from ._blocks import Seed, fill, generator
from .surfaces import on_arcs

MAX_GAP = 1e100


def cylinder(
    n_samples: int = 3000,
    *,
    height: float = 3.0,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """A full turn and a height: no two numbers can go round a circle without a jump.

    Parameters
    ----------
    n_samples, noise, random_state
        As in `hessmap.datasets.gaussian_factors`.
    height : float
        Range of the second factor; the radius is 1.

    Returns
    -------
    X : ndarray of shape (n_samples, 3), float64
        The rows.
    factors : ndarray of shape (n_samples, 2), float64
        Angle in radians, from 0 to 2 pi, and height, both uniform.

    Examples
    --------
    >>> from hessmap.datasets import cylinder
    >>> cylinder(100, random_state=0)[0].shape
    (100, 3)
    """
    rng = generator(random_state)
    n = whole("n_samples", n_samples, at_least=1)
    top = [2 * np.pi, number("height", height, above=0)]
    factors = rng.uniform([0, 0], top, size=(n, 2))

    def render(z: np.ndarray) -> np.ndarray:
        return np.column_stack([np.cos(z[:, 0]), np.sin(z[:, 0]), z[:, 1]])

    return fill(factors, render, 3, noise=noise, rng=rng, dtype=np.float64), factors


def torus(
    n_samples: int = 3000,
    *,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Two full turns, flat in four columns: locally isometric, and yet without coordinates.

    Parameters
    ----------
    n_samples, noise, random_state
        As in `hessmap.datasets.gaussian_factors`.

    Returns
    -------
    X : ndarray of shape (n_samples, 4), float64
        Cosine and sine of both angles.
    factors : ndarray of shape (n_samples, 2), float64
        Angles in radians, uniform from 0 to 2 pi.

    Examples
    --------
    >>> from hessmap.datasets import torus
    >>> torus(100, random_state=0)[0].shape
    (100, 4)
    """
    rng = generator(random_state)
    n = whole("n_samples", n_samples, at_least=1)
    factors = rng.uniform(0, 2 * np.pi, size=(n, 2))

    def render(z: np.ndarray) -> np.ndarray:
        return np.column_stack([np.cos(z), np.sin(z)])

    return fill(factors, render, 4, noise=noise, rng=rng, dtype=np.float64), factors


def sphere_patch(
    n_samples: int = 3000,
    *,
    opening: float = 120.0,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude on a sphere: no map of it keeps all distances.

    Parameters
    ----------
    n_samples, noise, random_state
        As in `hessmap.datasets.gaussian_factors`.
    opening : float
        Range of both factors in degrees, below 180. Small patches are nearly flat.

    Returns
    -------
    X : ndarray of shape (n_samples, 3), float64
        The rows, on the unit sphere.
    factors : ndarray of shape (n_samples, 2), float64
        Longitude and latitude in radians, both uniform.

    Examples
    --------
    >>> from hessmap.datasets import sphere_patch
    >>> sphere_patch(100, opening=30, random_state=0)[0].shape
    (100, 3)
    """
    opening = number("opening", opening, above=0)
    if not opening < 180:
        raise ValueError(f"`opening` must be below 180 degrees; got {opening}.")
    rng = generator(random_state)
    half = np.deg2rad(opening) / 2
    n = whole("n_samples", n_samples, at_least=1)
    factors = rng.uniform(-half, half, size=(n, 2))

    def render(z: np.ndarray) -> np.ndarray:
        (east, north), across = z.T, np.cos(z[:, 1])
        return np.column_stack([across * np.cos(east), across * np.sin(east), np.sin(north)])

    return fill(factors, render, 3, noise=noise, rng=rng, dtype=np.float64), factors


def rectangle_rotation(
    n_samples: int = 3000,
    *,
    size: int = 32,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a long bar that moves across and turns: how far a move goes depends on the turn.

    Parameters
    ----------
    n_samples, noise, random_state
        As in `hessmap.datasets.gaussian_factors`; the noise is that of each pixel, the bar is 1.
    size : int
        Pixels along each edge of a picture.

    Returns
    -------
    X : ndarray of shape (n_samples, size * size), float32
        Flattened pictures with soft edges.
    factors : ndarray of shape (n_samples, 2), float64
        Place of the bar's centre in pixels and its angle from 0 (moving along itself) to 90
        degrees (broadside), in radians; both uniform.

    Examples
    --------
    >>> from hessmap.datasets import rectangle_rotation
    >>> rectangle_rotation(10, random_state=0)[0].shape
    (10, 1024)
    """
    size = whole("size", size, at_least=16)
    rng = generator(random_state)
    n = whole("n_samples", n_samples, at_least=1)
    factors = rng.uniform([size / 3, 0], [2 * size / 3, np.pi / 2], size=(n, 2))
    pixel = np.arange(size) + 0.5

    def render(z: np.ndarray) -> np.ndarray:
        dx = pixel[None, None, :] - z[:, 0, None, None]
        dy = (pixel - size / 2)[None, :, None]
        cos, sin = np.cos(z[:, 1])[:, None, None], np.sin(z[:, 1])[:, None, None]
        along, across = cos * dx + sin * dy, cos * dy - sin * dx
        bar = np.exp(-((along / (size / 5)) ** 2) - (across / (size / 16)) ** 2)
        return bar.reshape(len(z), -1)

    return fill(factors, render, size * size, noise=noise, rng=rng, dtype=np.float32), factors


def two_pieces(
    n_samples: int = 3000,
    *,
    gap: float = 0.3,
    thread: bool = False,
    n_features: int = 10,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Two squares with nothing between them, or nothing but a thread of rows.

    Parameters
    ----------
    n_samples, n_features, noise, random_state
        As in `hessmap.datasets.gaussian_factors`.
    gap : float
        Distance of the squares, whose side is 1.
    thread : bool
        Whether 2 % of the rows form a line from one square to the other.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        The rows.
    factors : ndarray of shape (n_samples, 2), float64
        Place in the plane.

    Examples
    --------
    >>> from hessmap.datasets import two_pieces
    >>> two_pieces(100, thread=True, random_state=0)[0].shape
    (100, 10)
    """
    rng = generator(random_state)
    n = whole("n_samples", n_samples, at_least=1)
    thread, gap = flag("thread", thread), number("gap", gap, above=0, at_most=MAX_GAP)
    factors = rng.uniform(size=(n, 2))
    factors[n // 2 :, 0] += 1 + gap
    if thread:
        between = rng.choice(n, n // 50, replace=False)
        factors[between, 0] = rng.uniform(1, 1 + gap, size=len(between))
        factors[between, 1] = 0.5
    return on_arcs(factors, n_features=n_features, noise=noise, random_state=rng), factors


def pure_noise(
    n_samples: int = 3000, *, n_features: int = 10, random_state: Seed = None
) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian noise in all columns: no manifold at all.

    Parameters
    ----------
    n_samples, n_features, random_state
        As in `hessmap.datasets.gaussian_factors`.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        Standard normal.
    factors : ndarray of shape (n_samples, 2), float64
        The first two columns.

    Examples
    --------
    >>> from hessmap.datasets import pure_noise
    >>> pure_noise(100, random_state=0)[0].shape
    (100, 10)
    """
    rng = generator(random_state)
    shape = whole("n_samples", n_samples, at_least=1), whole("n_features", n_features, at_least=2)
    X: Any = rng.standard_normal(shape)
    return X, X[:, :2].copy()
