"""Polar coordinates in place of linear ones, where the rows lie on a flat cone.

Where one factor scales the effect of the other (the size and the turn of a thing, its brightness
and its place), the metric of the rows is dr^2 + r^2 dt^2. It is flat, HLLE finds coordinates that
keep all lengths, and these are r cos t and r sin t. No linear map makes them independent, so that
ICA fails; but r and t are, about the apex of the cone. It is the only such case beside straight
coordinates (a metric da^2 + f(a)^2 db^2 is flat only where f is constant or linear), and has one
unknown, the place of the apex, which independence tells. Around a place among the rows anything
round looks independent (a disc about its middle), so that the apex must lie outside: the rows take
up less than half a turn. See docs/decisions/0021-cones.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._validation import floats
from ..metrics import pairwise_dependence
from ..metrics.dependence import ranked_waves, shared

# The search begins at the best of so many directions and distances, in units of the spread.
DIRECTIONS = 16
DISTANCES = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
REFINED = 8
AMONG_ROWS = 100.0  # more than any two columns of codes can share
SEARCH_ROWS = 1000
REFINE_ROWS = 5000
FLAT = 1e-9


@dataclass(frozen=True, eq=False)
class PolarResult:
    """Polar coordinates of an embedding about the apex of a cone.

    Attributes
    ----------
    codes : ndarray of shape (n, 2), float64
        Logarithm of the distance from the apex, centred, and angle about it in radians, zero in the
        middle of the data; NaN where the embedding is.
    apex : ndarray of shape (2,), float64
        In the units of the embedding.
    axis : float
        Direction of angle zero, in radians from 0 to 2 pi.
    radius : float
        Distance whose logarithm is zero, in the units of the embedding.
    dependence : float
        Of the two codes, in the scale of a correlation (`hessmap.metrics.pairwise_dependence`).
    """

    codes: np.ndarray
    apex: np.ndarray
    axis: float
    radius: float
    dependence: float

    def transform(self, embedding: np.ndarray) -> np.ndarray:
        """Codes (m, 2) of the embedding (m, 2) of other rows.

        HessianEigenmaps' ``transform`` gives it; of a HessianICA it is
        ``model.transform(X) @ model.mixing_.T``.
        """
        offset = np.asarray(embedding, dtype=np.float64) - self.apex
        angle = np.arctan2(offset[:, 1], offset[:, 0]) - self.axis
        angle = (angle + np.pi) % (2 * np.pi) - np.pi
        return np.column_stack([np.log(np.hypot(*offset.T) / self.radius), angle])


def fit_polar(embedding: np.ndarray) -> PolarResult:
    """Polar coordinates about the apex, outside the data, that makes them most independent.

    For embeddings whose sources are dependent (finding ``dependent-sources``) because one factor
    scales the effect of the other: the codes are the first factor's logarithm, or what is
    proportional to it, and the second factor. Where ``dependence`` is not far below
    ``report_.source_dependence`` they are nothing, and where the sources are independent there is
    nothing to gain. Cones that take up half a turn or more, or rows that hold the apex, are not
    found: the apex is then far away, and the codes are coordinates that are turned. Nothing is
    random.

    Parameters
    ----------
    embedding : array-like of shape (n, 2)
        Isometric coordinates, ``embedding_`` of a fit: not the sources, whose scales ICA has
        changed. Rows with NaN are left out.

    Returns
    -------
    PolarResult

    Raises
    ------
    ValueError
        If the embedding has not two columns or fewer than ten finite rows, or does not vary.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.ica import fit_polar
    >>> from hessmap.metrics import mcc
    >>> rng = np.random.default_rng(0)
    >>> size, turn = rng.uniform(1, 2, 2000), rng.uniform(-0.5, 0.5, 2000)
    >>> polar = fit_polar(np.column_stack([size * np.cos(turn), size * np.sin(turn)]))
    >>> mcc(polar.codes, np.column_stack([np.log(size), turn])) > 0.999
    True
    """
    embedding = floats("embedding", embedding)
    if embedding.ndim != 2 or embedding.shape[1] != 2:
        raise ValueError(
            f"`embedding` must have the shape (n, 2); got {embedding.shape}. Cones of more "
            "dimensions are not looked for."
        )
    known = np.isfinite(embedding).all(axis=1)
    if known.sum() < 10:
        raise ValueError(f"`embedding` must have at least 10 finite rows; got {known.sum()}.")
    largest = float(np.abs(embedding[known]).max()) or 1.0  # no square over- or underflows
    unit = embedding[known] / largest
    centre = unit.mean(axis=0)
    sizes = np.linalg.svd(unit - centre, compute_uv=False)
    if sizes[1] <= FLAT * max(sizes[0], np.sqrt(len(unit)) * FLAT):
        raise ValueError("`embedding` must vary in both directions; its rows lie on a line.")
    spread = float(np.linalg.norm(sizes) / np.sqrt(len(unit)))
    unit = (unit - centre) / spread
    turns = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    around = np.column_stack([np.cos(turns), np.sin(turns)])
    starts = np.concatenate([distance * around for distance in DISTANCES])
    some = _spaced(unit, SEARCH_ROWS)
    values = [_loss(start, some) for start in starts]
    best = starts[np.argsort(values, kind="stable")[:REFINED]]
    found = [_nearest_minimum(start, some) for start in best]
    apex = _nearest_minimum(min(found, key=lambda one: one.fun).x, _spaced(unit, REFINE_ROWS)).x
    codes, axis, radius = _about(unit, apex)
    full = np.full(embedding.shape, np.nan)
    full[known] = codes
    return PolarResult(
        full,
        largest * (centre + spread * apex),
        axis,
        largest * spread * radius,
        float(pairwise_dependence(codes)[0, 1]),
    )


def _spaced(rows: np.ndarray, n_rows: int) -> np.ndarray:
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), n_rows)).astype(int)]


def _loss(apex: np.ndarray, unit: np.ndarray) -> float:
    """What the codes share; unlike their dependence it is not cut off at what chance explains."""
    radius, angle = _about(unit, apex)[0].T
    if np.ptp(angle) >= np.pi:
        return AMONG_ROWS * np.ptp(angle)
    return shared(ranked_waves(radius), ranked_waves(angle))


def _nearest_minimum(apex: np.ndarray, unit: np.ndarray) -> Any:
    from scipy.optimize import minimize

    return minimize(_loss, apex, (unit,), method="Nelder-Mead", options={"xatol": 1e-4})


def _about(unit: np.ndarray, apex: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Codes (n, 2), direction of angle zero and distance of logarithm zero."""
    offset = unit - apex
    distance = np.maximum(np.hypot(*offset.T), np.finfo(float).tiny)
    angle = np.arctan2(offset[:, 1], offset[:, 0])
    # cut the circle in the middle of its longest empty stretch
    ordered = np.sort(angle)
    gaps = np.diff(np.append(ordered, ordered[0] + 2 * np.pi))
    longest = int(gaps.argmax())
    axis = ordered[longest] + gaps[longest] / 2 + np.pi
    angle = (angle - axis + np.pi) % (2 * np.pi) - np.pi
    logarithm = np.log(distance)
    middle = float(logarithm.mean())
    codes = np.column_stack([logarithm - middle, angle])
    return codes, float(axis % (2 * np.pi)), float(np.exp(middle))
