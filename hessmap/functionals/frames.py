"""Local coordinates of every neighbourhood: principal components, and what curvature adds.

Principal components project a neighbourhood on a plane. On a curved manifold two errors follow:
the plane is tilted wherever the neighbours lie unevenly, and a projection shortens what bends
away. Both enter the operator at the order of the coordinates' own second differences. A local
quadratic fit x(t) = c + L t + B(t, t) / 2 removes them: the columns of L span the tangent plane
at the centre, and the Riemannian normal coordinates of a flat manifold are

    s_a = t_a + 1/6 sum_bcd <B_ab, B_cd> t_b t_c t_d + O(|t|^4),

the expansion of arc length under a chord. See docs/decisions/0003-normal-coordinates.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._threads import in_ranges
from .._validation import n_threads
from ..neighbors import KnnGraph

# A direction this much shorter than the first one is rounding error, not a tangent direction: the
# directions come from squared distances.
RANK_TOLERANCE = 1e-8
# Relative pivot below which a column of the quadratic fit depends on those before it.
FIT_TOLERANCE = 1e-8


class LocalFrames(NamedTuple):
    """Local coordinates of every neighbourhood.

    Attributes
    ----------
    coordinates : ndarray of shape (n, k, d), float64
        Orthonormal columns: centred coordinates of the k neighbours along their principal axes,
        each divided by its ``spread``. A direction without extent is a zero column.
    spread : ndarray of shape (n, d), float64
        Singular values, in the units of the nodes; zero where there is no extent.
    basis : ndarray of shape (n, d, D), float64
        Orthonormal directions of these axes in the tangent plane; of no meaning where there is
        no extent.
    misfit : ndarray of shape (n,), float64
        Sum of squared distances of the neighbours from the plane of their d leading principal
        components.
    """

    coordinates: np.ndarray
    spread: np.ndarray
    basis: np.ndarray
    misfit: np.ndarray


def local_frames(
    points: np.ndarray,
    graph: KnnGraph,
    n_components: int,
    *,
    curvature: bool = False,
    n_jobs: int | None = None,
) -> LocalFrames:
    """Coordinates of each neighbourhood, by singular value decomposition of its centred rows.

    Parameters
    ----------
    points : ndarray of shape (n, D), float64
        Nodes, D >= d, of ordinary size: their squares must not over- or underflow.
    graph : KnnGraph
        Neighbourhoods of k >= d nodes.
    n_components : int
        Number of tangent directions d.
    curvature : bool
        Correct the principal components to normal coordinates, where the neighbourhood has more
        nodes than the 1 + d(d+3)/2 terms of the quadratic fit.
    n_jobs : int or None
        Number of threads; the result does not depend on it.

    Returns
    -------
    LocalFrames
    """
    from . import _kernels

    n, k = graph.indices.shape
    d, n_features = n_components, points.shape[1]
    frames = LocalFrames(
        np.empty((n, k, d)), np.empty((n, d)), np.empty((n, d, n_features)), np.empty(n)
    )
    correct = curvature and n_features > d and k > 1 + d * (d + 3) // 2
    in_ranges(
        _kernels.frames, n, n_threads(n_jobs), points, graph.indices, correct,
        (RANK_TOLERANCE, FIT_TOLERANCE), *frames, smallest=16,
    )  # fmt: skip
    return frames
