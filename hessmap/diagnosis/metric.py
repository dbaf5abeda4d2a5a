"""How far the map from the embedding to the rows is from an isometry, noise taken off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import KDTree

# Places where the metric is looked at, and values of it for each of the others of a median.
N_PLACES = 600
# Neighbours for each unknown of a local fit.
EQUATIONS = 2.0
LARGEST_FIT = 1 / 16  # of all points
# A place counts where noise makes up less than this share of every direction's length.
MAX_NOISE_SHARE = 0.5
ROUNDING = 1e-12  # of the longest direction, in squares


class Distortion(NamedTuple):
    """Distortion of lengths, and the part of it that noise would give, which was taken off."""

    value: float
    by_noise: float


UNKNOWN = Distortion(float("nan"), float("nan"))


def metric_distortion(
    points: np.ndarray, embedding: np.ndarray, equations: float = EQUATIONS
) -> Distortion:
    """Typical deviation of local lengths from those of a common flat metric, in logarithms.

    At some nodes a quadratic fit gives the derivative J (d, q) of the points by the embedding.
    Isometry up to one linear map says that G = J J' is the same everywhere. The noise of the
    points adds s^2 (Y'Y)^-1 to it, with s^2 their residual variance, which is taken off.

    Parameters
    ----------
    points : ndarray of shape (n, q), float64
        Nodes.
    embedding : ndarray of shape (n, d), float64
        Their embedding.
    equations : float
        Neighbours for each unknown of a local fit: more of them average more noise, and see less of
        what bends.

    Returns
    -------
    Distortion
        The root mean square of log s over the singular values s of J at a place, in units of the
        common metric; the median over the places. 0.05 means that lengths are typically 5 % off.
        NaN where noise, or an embedding that is folded, hides the metric at most places.
    """
    n, d = embedding.shape
    k = min(n, _fit_size(d, equations))
    if k <= _n_unknowns(d) + 1:
        return UNKNOWN
    places = np.unique(np.linspace(0, n - 1, min(n, N_PLACES)).astype(int))
    spread = embedding.std(axis=0)
    if not (spread > 0).all():
        return UNKNOWN
    codes = embedding / spread
    nearest = KDTree(codes).query(codes[places], k)[1]
    metrics, from_noise, known = _metrics(points, codes, places, nearest)
    if known.mean() < 0.5:
        return UNKNOWN
    metrics, from_noise = metrics[known], from_noise[known]
    # in units of a typical metric; the median of each entry is one up to rotations and outliers
    values, axes = np.linalg.eigh(np.median(metrics, axis=0))
    if values[0] <= 0:
        return UNKNOWN
    root = axes / np.sqrt(values)
    lengths = np.linalg.eigvalsh(root.T @ metrics @ root)
    logs = np.log(np.maximum(lengths, np.finfo(float).tiny)) / 2
    # any direction counts, but not every place; noise of variance v in each of q columns moves
    # log s by sqrt(v w / s^2), and q v w / s^2 is its share of the metric
    by_noise = np.trace(np.linalg.solve(metrics, from_noise), axis1=1, axis2=2)
    expected = by_noise / (d * points.shape[1])
    # the median of a mean of d squares of normal variables, after Wilson and Hilferty
    expected *= (1 - 2 / (9 * d)) ** 3
    seen = ((logs - np.median(logs)) ** 2).mean(axis=1) - expected
    return Distortion(
        float(np.sqrt(max(np.median(seen), 0.0))), float(np.sqrt(np.median(expected)))
    )


def distortion_beneath_noise(
    points: np.ndarray, embedding: np.ndarray, most_noise: float
) -> Distortion:
    """`metric_distortion` by the smallest fits to which noise adds no more than ``most_noise``.

    Noise adds to the distortion by one over the number of neighbours, while a distortion that is
    real stays what it is. Fits are doubled up to a sixteenth of all points; where noise is too much
    in all of them, the smallest are taken.
    """
    n, d = embedding.shape
    smallest = found = metric_distortion(points, embedding)
    equations = 2 * EQUATIONS
    while not found.by_noise <= most_noise and _fit_size(d, equations) <= LARGEST_FIT * n:
        found = metric_distortion(points, embedding, equations)
        equations *= 2
    return found if found.by_noise <= most_noise else smallest


def _n_unknowns(d: int) -> int:
    """Of a quadratic fit."""
    return 1 + d + d * (d + 1) // 2


def _fit_size(d: int, equations: float) -> int:
    return int(np.ceil(equations * _n_unknowns(d))) + 4


def _metrics(
    points: np.ndarray, codes: np.ndarray, places: np.ndarray, nearest: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Metrics (m, d, d) at some places, what noise added to them, and whether it leaves them
    visible (m,)."""
    m, k = nearest.shape
    d = codes.shape[1]
    a, b = np.triu_indices(d)
    steps = codes[nearest] - codes[places][:, None]
    size = np.sqrt((steps**2).mean(axis=(1, 2), keepdims=True))
    steps = steps / np.where(size > 0, size, 1)
    design = np.concatenate([np.ones((m, k, 1)), steps, steps[:, :, a] * steps[:, :, b]], axis=2)
    inverse = np.linalg.pinv(design)
    patch = points[nearest] - points[places][:, None]
    fitted = inverse @ patch
    residual = patch - design @ fitted
    noise = (residual**2).sum(axis=(1, 2)) / (k - design.shape[2])
    slopes = fitted[:, 1 : d + 1] / np.where(size > 0, size, 1)
    weights = inverse[:, 1 : d + 1] / np.where(size > 0, size, 1)
    from_noise = noise[:, None, None] * (weights @ weights.transpose(0, 2, 1))
    seen = slopes @ slopes.transpose(0, 2, 1)
    metrics = seen - from_noise
    lengths = np.linalg.eigvalsh(metrics)
    hidden = MAX_NOISE_SHARE * np.linalg.eigvalsh(from_noise)[:, -1]
    known = lengths[:, 0] > np.maximum(hidden, ROUNDING * lengths[:, -1])
    return metrics, from_noise, known & (size[:, 0, 0] > 0)
