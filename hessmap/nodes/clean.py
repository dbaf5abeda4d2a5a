"""Rows as points that the manifold can be learned from: distinct, and without outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..graph import Found, nearest
from ..order import spatial_order
from ..projection import Projection
from ..rows.distinct import Distinct
from ..settings import Settings
from .duplicates import close_pairs
from .outliers import strangers

MAX_ROUNDS = 4
# Points, whose unit is the extent of the data, that are so far out take the digits of the others.
BEYOND = 1e4


@dataclass(frozen=True)
class Points:
    """Distinct points in a spatial order.

    Attributes
    ----------
    points : ndarray of shape (N, q), float64
        In units of the projection.
    distinct : Distinct
        Which rows they are.
    found : Found or None
        Their neighbours at the first choice of k, where they are known.
    n_pieces : int
        Large pieces into which they fall.
    """

    points: np.ndarray
    distinct: Distinct
    found: Found | None
    n_pieces: int = 1


def in_order(X: np.ndarray, distinct: Distinct, projection: Projection) -> Points:
    """The distinct rows of X (n, D) as points in a spatial order."""
    points = projection.apply(X if len(distinct.first) == len(X) else X[distinct.first])
    order = spatial_order(points)
    return Points(points[order], distinct.in_order(order), None)


def cleaned(known: Points, settings: Settings, seed: int) -> Points:
    """Merge points that are too close, and set those aside that do not belong to the rest.

    What is left is searched again only where something changed.
    """
    points, distinct = known.points, known.distinct
    beyond = np.abs(points).max(axis=1) > BEYOND
    if beyond.any():
        points, distinct = _merged(points, distinct, np.where(beyond, -1, np.arange(len(points))))
    settings.check_left(len(points))
    found = nearest(points, settings, seed)
    same_as = close_pairs(found.graph, settings.d)
    if (same_as != np.arange(len(points))).any():
        points, distinct = _merged(points, distinct, same_as)
        settings.check_left(len(points))
        found = nearest(points, settings, seed)
    for _ in range(MAX_ROUNDS):  # one outlier can hide another, as a link or in its neighbourhood
        aside, n_pieces = strangers(points, found.graph, settings.d)
        if not aside.any():
            break
        points, distinct = _merged(points, distinct, np.where(aside, -1, np.arange(len(points))))
        settings.check_left(len(points))
        found = nearest(points, settings, seed)
    return Points(points, distinct, found, n_pieces)


def _merged(
    points: np.ndarray, distinct: Distinct, same_as: np.ndarray
) -> tuple[np.ndarray, Distinct]:
    return points[same_as == np.arange(len(points))], distinct.merged(same_as)
