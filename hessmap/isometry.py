"""Isometric scale: from a null space known up to an affine map to the units of the rows.

The null space gives y = A z + b with an unknown A. Short distances are preserved by the theorem,
|A^-1 (y_i - y_j)| = |x_i - x_j|, and this is linear in the d(d+1)/2 entries of the metric
A^-T A^-1.
"""

from __future__ import annotations

import numpy as np

from ._validation import power_of_two

# Directions shorter than this fraction of the longest one are kept at this length: the metric
# of data that are not isometric to anything flat can come out singular or indefinite.
MIN_RELATIVE_METRIC = 1e-8
BLOCK_ENTRIES = 1 << 22
# Rounds of reweighting; squared errors so many times the median still count half; and errors of
# squares, which are around one, that are rounding.
ROBUST_ROUNDS = 6
# Neighbourhoods whose steps are so many times as long as usual would weigh nothing anyway.
BEYOND_WEIGHT = 1e8
FITTING = 9.0
EXACT = 1e-24


def isometric_scale(
    coordinates: np.ndarray, neighborhoods: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    """Linear map that makes short distances agree with those in the rows, by least squares.

    Squared distances are compared in units of each neighbourhood's radius. Relative to their own
    length instead, a few nearly equal rows would outweigh everything else. Neighbourhoods that do
    not fit the rest weigh less (Cauchy weights, iterated): a few edges from one sheet of the
    manifold to another are long in the embedding, and would shrink everything else.

    Parameters
    ----------
    coordinates : ndarray of shape (n, d), float64
        Basis of the null space without the constant.
    neighborhoods : ndarray of shape (m, k), int
        Some neighbourhoods, the node itself first.
    lengths : ndarray of shape (m, k), float64
        Distances in the rows from the node itself, some of them positive in each neighbourhood.

    Returns
    -------
    ndarray of shape (d, d), float64
        B such that ``(coordinates - mean) @ B`` has the units of the rows and its columns are
        its principal axes, longest first, the largest entry of each positive.

    Raises
    ------
    ValueError
        If all distances are lost to rounding.
    """
    d = coordinates.shape[1]
    scale = coordinates.std(axis=0)
    scaled = coordinates / scale
    radius = lengths.max(axis=1, keepdims=True)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        steps = (scaled[neighborhoods[:, 1:]] - scaled[neighborhoods[:, :1]]) / radius[:, :, None]
    longest = np.abs(steps).max(axis=(1, 2))
    known = np.isfinite(longest)
    if not known.any():
        raise ValueError(
            "`X` must have neighbours whose distances can be compared; they are over 300 powers "
            "of ten apart. Rescale its columns, or leave out those rows."
        )
    usual = power_of_two(float(np.median(longest[known])))
    kept = longest <= BEYOND_WEIGHT * usual
    steps = steps[kept] / usual
    a, b = np.triu_indices(d)
    twice = np.where(a == b, 1.0, 2.0)
    squares = (lengths[kept] / radius[kept])[:, 1:] ** 2
    entries = _robust_fit(steps[:, :, a] * steps[:, :, b] * twice, squares)
    metric = np.empty((d, d))
    metric[a, b] = metric[b, a] = entries
    values, directions = np.linalg.eigh(metric)
    values = np.maximum(values, MIN_RELATIVE_METRIC * np.abs(values).max())
    linear = (directions * np.sqrt(values)) / (usual * scale[:, None])
    return linear @ _principal_axes((coordinates - coordinates.mean(axis=0)) @ linear)


def _robust_fit(design: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Least squares for design (m, k, p) @ entries (p,) = squares (m, k), robust against some of m.

    The first weights only know how long the steps of a neighbourhood are.
    """
    m, k, p = design.shape
    extent = np.abs(design).sum(axis=2).mean(axis=1)
    usual = float(np.median(extent)) or 1.0
    weights = 1 / (1 + (extent / usual) ** 2)
    flat = design.reshape(m * k, p)
    entries, errors = np.zeros(p), -squares
    for _ in range(ROBUST_ROUNDS):
        weighted = (design * weights[:, None, None]).reshape(m * k, p)
        # normal equations, of what the round before has left: so its rounding errors go, too
        entries -= np.linalg.lstsq(weighted.T @ flat, weighted.T @ errors.ravel(), rcond=None)[0]
        errors = design @ entries - squares
        missed = (errors**2).mean(axis=1)
        usual = FITTING * float(np.median(missed)) + EXACT
        weights = 1 / (1 + missed / usual)
    return entries


def edge_lengths(rows: np.ndarray, neighborhoods: np.ndarray, unit: float = 1.0) -> np.ndarray:
    """Distances (m, k) of rows from the first one of each neighbourhood, in units of ``unit``."""
    lengths = np.empty(neighborhoods.shape)
    step = max(1, BLOCK_ENTRIES // (neighborhoods.shape[1] * rows.shape[1]))
    for start in range(0, len(neighborhoods), step):
        patch = rows[neighborhoods[start : start + step]]
        offset = (patch - patch[:, :1]) / unit
        # in a power of two next to the largest, so that no square underflows
        size = np.abs(offset).max(axis=(1, 2))
        size = np.exp2(np.floor(np.log2(np.where(size > 0, size, 1))))
        offset /= size[:, None, None]
        squares = np.einsum("mkD,mkD->mk", offset, offset)
        lengths[start : start + step] = size[:, None] * np.sqrt(squares)
    return lengths


def _principal_axes(centred: np.ndarray) -> np.ndarray:
    """(d, d) rotation to the principal axes, with a definite sign for each."""
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1]
    rotated = centred @ axes
    largest = np.abs(rotated).argmax(axis=0)
    sign = np.sign(rotated[largest, np.arange(rotated.shape[1])])
    return axes * np.where(sign == 0, 1, sign)
