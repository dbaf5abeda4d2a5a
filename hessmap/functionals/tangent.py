"""The tangent-alignment functional of Zhang & Zha (2004), "LTSA", SIAM J. Sci. Comput. 26 (1)."""

from __future__ import annotations

import numpy as np

from ..neighbors import KnnGraph
from ..operator import LocalForms
from .frames import LocalFrames


def min_neighbors(n_components: int) -> int:
    """Smallest neighbourhood that is not its own tangent space: d + 2."""
    return n_components + 2


def forms(frames: LocalFrames, graph: KnnGraph, n_jobs: int | None = None) -> LocalForms:
    """Forms 1 - B_i' B_i: the projections off B_i = [1 / sqrt(k), tangent coordinates]."""
    n, k, d = frames.coordinates.shape
    affine = np.empty((n, 1 + d, k))
    affine[:, 0] = 1 / np.sqrt(k)
    affine[:, 1:] = frames.coordinates.transpose(0, 2, 1)
    return LocalForms("complement", affine)
