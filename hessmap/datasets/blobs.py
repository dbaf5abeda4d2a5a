"""A bright spot on a picture: the smoothest pictures there are, at any number of rows."""

from __future__ import annotations

import numpy as np

from .._validation import choice, number, whole
from ._blocks import fill, generator

SIDE = 24
MARGIN = 4.5
SAMPLE_ROWS = 20_000
MAX_WIDTH = 1e100  # squares of larger ones overflow
DENSITIES = ("uniform", "beta")


def blobs(
    n_samples: int = 3000,
    *,
    noise: float = 0.0,
    width: float = 2.5,
    n_features: int = 30,
    density: str = "uniform",
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Principal components of pictures of a Gaussian spot that moves over 24 x 24 pixels.

    The components are those of this call's own pictures: to hold rows out, split the rows of one
    call. The smallest possible 1 - R^2 of any map of single rows is about ``0.0386 noise**2``, at
    the default width and a uniform density: the noise along the manifold cannot be told from the
    factors.

    Parameters
    ----------
    n_samples : int
        Number of rows.
    noise : float
        Standard deviation of Gaussian noise in each pixel, and so in each column; the spot's peak
        is 1.
    width : float
        Standard deviation of the spot in pixels.
    n_features : int
        Number of principal components, at most 576.
    density : {"uniform", "beta"}
        Distribution of both coordinates of the spot: uniform, or Beta(2, 5), which is dense on
        one side and thin on the other.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        Components of the pictures, centred on those without noise.
    factors : ndarray of shape (n_samples, 2), float64
        Place of the spot in pixels, from 4.5 to 18.5.

    Examples
    --------
    >>> from hessmap.datasets import blobs
    >>> X, factors = blobs(100, noise=0.1, random_state=0)
    >>> X.shape, factors.shape
    ((100, 30), (100, 2))
    """
    n = whole("n_samples", n_samples, at_least=1)
    noise, width = number("noise", noise), number("width", width, above=0, at_most=MAX_WIDTH)
    q = whole("n_features", n_features, at_least=1)
    if q > SIDE * SIDE:
        raise ValueError(f"`n_features` must be at most {SIDE * SIDE}; got {q}.")
    choice("density", density, DENSITIES)
    rng = generator(random_state)
    share = rng.uniform(size=(n, 2)) if density == "uniform" else rng.beta(2, 5, size=(n, 2))
    factors = MARGIN + (SIDE - 1 - 2 * MARGIN) * share
    sample = _pictures(factors[:SAMPLE_ROWS], width)
    mean = sample.mean(axis=0)
    axes = np.linalg.eigh((sample - mean).T @ (sample - mean))[1][:, ::-1][:, :q]

    def render(z: np.ndarray) -> np.ndarray:  # the components of white noise are white
        return (_pictures(z, width) - mean) @ axes

    return fill(factors, render, q, noise=noise, rng=rng, dtype=np.float64), factors


def _pictures(factors: np.ndarray, width: float) -> np.ndarray:
    """(n, 576) pictures of spots of peak 1 at some places (n, 2)."""
    pixels = np.arange(SIDE)
    across, down = np.exp(-((factors[:, :, None] - pixels) ** 2) / (2 * width**2)).transpose(
        1, 0, 2
    )
    return (across[:, :, None] * down[:, None, :]).reshape(len(factors), -1)
