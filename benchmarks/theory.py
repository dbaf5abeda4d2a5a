"""What theory says about a set of pictures, from the pictures at known factors alone.

The theorem asks that some rescaling f_i of each factor and one linear map make the rows an
isometric image of the factors: the metric G(z) = J'J of the pictures must be F(z) M F(z), with
F = diag(f_i'(z_i)) and a constant matrix M. Derivatives J are central differences of smoothed
pictures at random factors; log f_i' is a cubic polynomial fitted to log sqrt(G_ii). What is left of
G in units of M, as the root mean square of log lengths, is the distortion that no such map avoids.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hessmap.pictures import Blur

N_PLACES = 80
STEP = 0.03  # of half a range
SMOOTHING = 1 / 40  # of a picture; edges of a pixel have no derivative
DEGREE = 3


def product_distortion(
    at: Callable[[np.ndarray], np.ndarray],
    lowest: np.ndarray,
    highest: np.ndarray,
    shape: tuple[int, ...],
) -> float:
    """Typical distortion of lengths in the best map of the kind that the theorem asks for.

    Parameters
    ----------
    at : callable
        Factors (m, d) -> pictures (m, D).
    lowest, highest : ndarray of shape (d,)
        Ranges of the factors.
    shape : tuple of int
        Of a picture.
    """
    places, metrics = metric_at_places(at, lowest, highest, shape)
    logs = np.log(np.diagonal(metrics, axis1=1, axis2=2)) / 2
    stretch = np.empty_like(logs)
    for i, place in enumerate(places.T):
        powers = np.vander(place, DEGREE + 1)
        stretch[:, i] = np.exp(powers @ np.linalg.lstsq(powers, logs[:, i], rcond=None)[0])
    left = metrics / stretch[:, :, None] / stretch[:, None, :]
    values, axes = np.linalg.eigh(np.median(left, axis=0))
    root = axes / np.sqrt(values)
    lengths = np.log(np.linalg.eigvalsh(root.T @ left @ root)) / 2
    return float(np.sqrt(((lengths - np.median(lengths)) ** 2).mean()))


def metric_at_places(
    at: Callable[[np.ndarray], np.ndarray],
    lowest: np.ndarray,
    highest: np.ndarray,
    shape: tuple[int, ...],
) -> tuple[np.ndarray, np.ndarray]:
    """Places (m, d) in units of half the ranges, and metrics (m, d, d) in these units."""
    middle, half = (lowest + highest) / 2, (highest - lowest) / 2
    d = len(middle)
    inner = 1 - STEP
    places = np.random.default_rng(0).uniform(-inner, inner, size=(N_PLACES, d))
    blur = Blur(shape, sigma=SMOOTHING * shape[0])
    slopes = []
    for i in range(d):
        step = STEP * np.eye(d)[i]
        ahead, behind = at(middle + half * (places + step)), at(middle + half * (places - step))
        slopes.append(blur.fit_transform((ahead - behind).astype(np.float64)) / (2 * STEP))
    derivative = np.stack(slopes, axis=1)
    return places, derivative @ derivative.transpose(0, 2, 1)
