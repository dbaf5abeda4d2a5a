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

from ..neighbors import KnnGraph

BLOCK_ENTRIES = 1 << 22
# A direction this much shorter than the first one is rounding error, not a tangent direction.
RANK_TOLERANCE = 1e-10
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
        Orthonormal directions of these axes in the tangent plane.
    """

    coordinates: np.ndarray
    spread: np.ndarray
    basis: np.ndarray


def local_frames(
    points: np.ndarray, graph: KnnGraph, n_components: int, *, curvature: bool = False
) -> LocalFrames:
    """Coordinates of each neighbourhood, by singular value decomposition of its centred rows.

    Parameters
    ----------
    points : ndarray of shape (n, D), float64
        Nodes, D >= d.
    graph : KnnGraph
        Neighbourhoods of k >= d nodes.
    n_components : int
        Number of tangent directions d.
    curvature : bool
        Correct the principal components to normal coordinates, where the neighbourhood has more
        nodes than the 1 + d(d+3)/2 terms of the quadratic fit.

    Returns
    -------
    LocalFrames
    """
    n, k = graph.indices.shape
    d, n_features = n_components, points.shape[1]
    frames = LocalFrames(np.empty((n, k, d)), np.empty((n, d)), np.empty((n, d, n_features)))
    correct = curvature and n_features > d and k > 1 + d * (d + 3) // 2
    step = max(1, BLOCK_ENTRIES // (k * n_features))
    for start in range(0, n, step):
        block = slice(start, start + step)
        patch = points[graph.indices[block]]
        patch -= patch.mean(axis=1, keepdims=True)
        found = _principal(patch, d)
        for target, value in zip(frames, _normal(patch, found) if correct else found, strict=True):
            target[block] = value
    return frames


def _principal(patch: np.ndarray, d: int) -> LocalFrames:
    """Frames of centred neighbourhoods (m, k, D)."""
    left, spread, right = np.linalg.svd(patch, full_matrices=False)
    present = spread[:, :d] > RANK_TOLERANCE * spread[:, :1]
    return LocalFrames(left[:, :, :d] * present[:, None], spread[:, :d] * present, right[:, :d])


def _normal(patch: np.ndarray, principal: LocalFrames) -> LocalFrames:
    """Frames in normal coordinates, from those in principal components."""
    m, k, _ = patch.shape
    d = principal.spread.shape[1]
    # 1. quadratic fit of the rows over the principal components, all of unit scale
    unit = principal.coordinates * np.sqrt(k)
    a, b = np.triu_indices(d)
    design = np.concatenate([np.ones((m, k, 1)), unit, unit[:, :, a] * unit[:, :, b]], axis=2)
    q, r = np.linalg.qr(design)
    pivots = np.abs(np.einsum("mii->mi", r))
    solvable = (pivots > FIT_TOLERANCE * pivots[:, :1]).all(axis=1)
    inverse = np.linalg.inv(np.where(solvable[:, None, None], r, np.eye(r.shape[1])))
    fitted = q.transpose(0, 2, 1) @ patch
    coefficients = inverse @ fitted
    # 2. inner products of the curvature vectors, shrunk by what noise alone would give them
    linear, bend = coefficients[:, 1 : d + 1], coefficients[:, d + 1 :]
    flat = principal.basis * (principal.spread / np.sqrt(k))[:, :, None]
    normal = bend - (bend @ principal.basis.transpose(0, 2, 1)) @ principal.basis
    within = fitted @ principal.basis.transpose(0, 2, 1)
    # what the fit leaves of the rows outside the principal plane
    left = (patch**2).sum(axis=(1, 2)) - (principal.spread**2).sum(axis=1)
    left -= (fitted**2).sum(axis=(1, 2)) - (within**2).sum(axis=(1, 2))
    noise = np.maximum(left, 0) / (k - design.shape[2])
    spurious = noise * (inverse[:, d + 1 :] ** 2).sum(axis=(1, 2))
    observed = (normal**2).sum(axis=(1, 2))
    trust = np.clip(1 - spurious / np.where(observed > 0, observed, np.inf), 0, 1) * solvable
    trust = trust[:, None, None]
    # 3. the tangent plane at the centre
    tangent = np.linalg.qr((flat + trust * (linear - flat)).transpose(0, 2, 1))[0]
    along = patch @ tangent
    bend = bend - (bend @ tangent) @ tangent.transpose(0, 2, 1)
    products = trust * (bend @ bend.transpose(0, 2, 1))
    # 4. arc length under the chords; the fit's own coordinates serve in the small cubic term
    pair = np.empty((d, d), dtype=int)
    pair[a, b] = pair[b, a] = np.arange(len(a))
    weight = np.where(a == b, 1.0, 2.0)
    twice = np.where(a == b, 2.0, 1.0)  # B_aa is twice the coefficient of t_a^2
    towards = (unit[:, :, a] * unit[:, :, b] * weight) @ (products * np.outer(twice, twice))
    longer = np.einsum("mkab,mkb->mka", towards[:, :, pair], unit) / 6
    # from the axes of the fit to those of the tangent plane
    spread = np.where(principal.spread > 0, principal.spread, 1)
    turn = (principal.basis @ tangent) * np.sqrt(k) / spread[:, :, None]
    return _principal_axes(along + longer @ turn, tangent)


def _principal_axes(coordinates: np.ndarray, tangent: np.ndarray) -> LocalFrames:
    """Frames from coordinates (m, k, d) in tangent planes with bases (m, D, d)."""
    coordinates = coordinates - coordinates.mean(axis=1, keepdims=True)
    left, spread, right = np.linalg.svd(coordinates, full_matrices=False)
    present = spread > RANK_TOLERANCE * spread[:, :1]
    return LocalFrames(
        left * present[:, None], spread * present, right @ tangent.transpose(0, 2, 1)
    )
