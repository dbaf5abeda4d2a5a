"""The Hessian functional of Donoho & Grimes (2003), "Hessian eigenmaps", PNAS 100 (10)."""

from __future__ import annotations

import numpy as np

from ..neighbors import KnnGraph
from . import tangent
from .frames import LocalFrames

# A quadratic column that is this close to the span of the columns before it carries no new
# information (points on a line, on a circle, or too few of them) and is left out.
RANK_TOLERANCE = 1e-8


def min_neighbors(n_components: int) -> int:
    """Smallest neighbourhood on which all second derivatives can be seen: 1 + d(d+3)/2."""
    return 1 + n_components * (n_components + 3) // 2


def factors(frames: LocalFrames, graph: KnnGraph) -> np.ndarray:
    """Factors G_i (n, d(d+1)/2, k): orthonormal estimates of the second derivatives.

    The columns [1, t_a, t_a t_b (a <= b)] of the tangent coordinates t are orthonormalised in
    this order (Gram-Schmidt, done as a QR decomposition); the d(d+1)/2 last ones are the rows of
    G_i. They vanish on affine functions of t and on nothing else that the functional can see.

    On a curve (d = 1) one row per node is not enough: neighbourhoods are windows of k successive
    nodes, at most n - k + 1 of them differ, and k - 1 null vectors are left. There G_i takes all
    directions off [1, t], as the tangent functional does.
    """
    n, k, d = frames.coordinates.shape
    if d == 1:
        return tangent.factors(frames, graph)
    a, b = np.triu_indices(d)
    design = np.empty((n, k, 1 + d + len(a)))
    design[:, :, 0] = 1 / np.sqrt(k)
    design[:, :, 1 : d + 1] = frames.coordinates
    # unit columns, so that the rank test below compares like with like
    design[:, :, d + 1 :] = frames.coordinates[:, :, a] * frames.coordinates[:, :, b]
    norms = np.linalg.norm(design, axis=1)
    design /= np.where(norms > 0, norms, 1)[:, None, :]
    q, r = np.linalg.qr(design)
    independent = np.abs(np.einsum("nii->ni", r)[:, d + 1 :]) > RANK_TOLERANCE
    rows = q[:, :, d + 1 :] * independent[:, None, :]
    return np.ascontiguousarray(rows.transpose(0, 2, 1))
