"""Negative controls that lie flat: ICA cannot find factors that are Gaussian or dependent.

A method that finds factors without labels can only be trusted if it says so where it cannot.
"""

from __future__ import annotations

import numpy as np

from .._validation import number, whole
from ._blocks import Seed, fill, generator, random_frame
from .surfaces import on_arcs


def gaussian_factors(
    n_samples: int = 3000,
    n_components: int = 2,
    *,
    n_features: int = 10,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian factors on an isometric product of arcs: no rotation of them is special.

    Parameters
    ----------
    n_samples : int
        Number of rows.
    n_components : int
        Number of factors d.
    n_features : int
        Number of columns, at least 2d.
    noise : float
        Standard deviation of the Gaussian noise added to each column.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        The rows.
    factors : ndarray of shape (n_samples, n_components), float64
        Arc lengths of standard deviation 0.3, for arcs of unit radius.

    Examples
    --------
    >>> from hessmap.datasets import gaussian_factors
    >>> X, factors = gaussian_factors(100, random_state=0)
    >>> X.shape, factors.shape
    ((100, 10), (100, 2))
    """
    rng = generator(random_state)
    n = whole("n_samples", n_samples, at_least=1)
    factors = 0.3 * rng.standard_normal((n, whole("n_components", n_components, at_least=1)))
    return on_arcs(factors, n_features=n_features, noise=noise, random_state=rng), factors


def disc(
    n_samples: int = 3000,
    *,
    n_features: int = 10,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Two factors that are uniform on a disc: where one is large, the other is small.

    Parameters
    ----------
    n_samples, n_features, noise, random_state
        As in `gaussian_factors`.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        The rows, isometric to the disc.
    factors : ndarray of shape (n_samples, 2), float64
        Places on the disc of radius 0.5.

    Examples
    --------
    >>> from hessmap.datasets import disc
    >>> disc(100, random_state=0)[0].shape
    (100, 10)
    """
    rng = generator(random_state)
    n = whole("n_samples", n_samples, at_least=1)
    radius, angle = 0.5 * np.sqrt(rng.uniform(size=n)), rng.uniform(0, 2 * np.pi, size=n)
    factors = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return on_arcs(factors, n_features=n_features, noise=noise, random_state=rng), factors


def triangle(
    n_samples: int = 3000,
    *,
    n_features: int = 10,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Two factors that are uniform on a right-angled triangle: their sum is at most one.

    Parameters
    ----------
    n_samples, n_features, noise, random_state
        As in `gaussian_factors`.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        The rows, isometric to the triangle.
    factors : ndarray of shape (n_samples, 2), float64
        Places on the triangle.

    Examples
    --------
    >>> from hessmap.datasets import triangle
    >>> bool((triangle(100, random_state=0)[1].sum(axis=1) <= 1).all())
    True
    """
    rng = generator(random_state)
    factors = rng.uniform(size=(whole("n_samples", n_samples, at_least=1), 2))
    beyond = factors.sum(axis=1) > 1
    factors[beyond] = 1 - factors[beyond]
    return on_arcs(factors, n_features=n_features, noise=noise, random_state=rng), factors


def correlated_factors(
    n_samples: int = 3000,
    *,
    correlation: float = 0.6,
    n_features: int = 10,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Two uniform factors that are correlated, as those of real collections mostly are.

    Parameters
    ----------
    n_samples, n_features, noise, random_state
        As in `gaussian_factors`.
    correlation : float
        Correlation of the Gaussian pair whose ranks the factors are (a Gaussian copula), between
        -1 and 1.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        The rows.
    factors : ndarray of shape (n_samples, 2), float64
        Each uniform between 0 and 1.

    Examples
    --------
    >>> from hessmap.datasets import correlated_factors
    >>> correlated_factors(100, random_state=0)[0].shape
    (100, 10)
    """
    from scipy.stats import norm

    correlation = number("correlation", correlation, above=-1)
    if not correlation < 1:
        raise ValueError(f"`correlation` must be between -1 and 1; got {correlation}.")
    rng = generator(random_state)
    first, second = rng.standard_normal((2, whole("n_samples", n_samples, at_least=1)))
    second = correlation * first + np.sqrt(1 - correlation**2) * second
    factors = norm.cdf(np.column_stack([first, second]))
    return on_arcs(factors, n_features=n_features, noise=noise, random_state=rng), factors


def brightness_position(
    n_samples: int = 3000,
    *,
    n_features: int = 10,
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """A pattern that moves and changes its brightness: a cone, flat but with dependent factors.

    Moving a pattern of brightness c changes the row by an amount proportional to c. Polar
    coordinates do the same: the manifold unrolls to (c cos, c sin), on a sector of a ring.

    Parameters
    ----------
    n_samples, n_features, noise, random_state
        As in `gaussian_factors`; ``n_features`` is at least 4.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
        Brightness times the cosines and sines of two waves at some position.
    factors : ndarray of shape (n_samples, 2), float64
        Brightness from 0.4 to 1 and position from 0 to 1, both uniform.

    Examples
    --------
    >>> from hessmap.datasets import brightness_position
    >>> brightness_position(100, random_state=0)[0].shape
    (100, 10)
    """
    rng = generator(random_state)
    frame = random_frame(4, n_features, rng)
    n = whole("n_samples", n_samples, at_least=1)
    factors = rng.uniform([0.4, 0], [1, 1], size=(n, 2))

    def render(z: np.ndarray) -> np.ndarray:
        phase = z[:, 1:] * [1.0, 2.0]
        waves = np.column_stack([np.cos(phase), np.sin(phase)]) / np.sqrt(2)
        return (z[:, :1] * waves) @ frame.T

    return fill(factors, render, n_features, noise=noise, rng=rng, dtype=np.float64), factors
