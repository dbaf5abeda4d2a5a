"""The tangent-alignment functional of Zhang & Zha (2004), "LTSA", SIAM J. Sci. Comput. 26 (1)."""

from __future__ import annotations

import numpy as np

from ..neighbors import KnnGraph
from .frames import LocalFrames


def min_neighbors(n_components: int) -> int:
    """Smallest neighbourhood that is not its own tangent space: d + 2."""
    return n_components + 2


def factors(frames: LocalFrames, graph: KnnGraph) -> np.ndarray:
    """Factors G_i (n, k, k): the projections off the span of [1, tangent coordinates]."""
    n, k, d = frames.coordinates.shape
    affine = np.empty((n, k, d + 1))
    affine[:, :, 0] = 1 / np.sqrt(k)
    affine[:, :, 1:] = frames.coordinates
    return np.eye(k) - affine @ affine.transpose(0, 2, 1)
