"""The Laplacian functional of Belkin & Niyogi (2003), Neural Computation 15 (6)."""

from __future__ import annotations

import numpy as np

from ..neighbors import KnnGraph
from ..operator import LocalForms
from .frames import LocalFrames


def min_neighbors(n_components: int) -> int:
    """One neighbour beside the node itself."""
    return 2


def forms(frames: LocalFrames, graph: KnnGraph, n_jobs: int | None = None) -> LocalForms:
    """Forms of the edges from node i to its neighbours j, sum of w_ij (y_i - y_j)^2 / 2.

    The heat weights are w_ij = exp(-|x_i - x_j|^2 / t), with t the median squared distance to
    the farthest neighbour. Summed over i, half of each weight from either end, they give the
    Laplacian of the symmetric weights (w_ij + w_ji) / 2.
    """
    with np.errstate(over="ignore"):
        t = float(np.median(graph.distances[:, -1]) ** 2)
    if not 0 < t < np.inf:
        raise ValueError(
            "`X` or `precomputed_knn` must have positive and finite distances for operator="
            f"'laplacian'; the median squared distance to the farthest neighbour is {t}. Remove "
            "rows or columns that are larger than the others by 150 powers of ten, or pass "
            "distances, not zeros, in `precomputed_knn`."
        )
    weights = np.exp(-(graph.distances**2) / t)
    alone = np.count_nonzero(weights[:, 1:].max(axis=1, initial=0) == 0)
    if alone:
        raise ValueError(
            "`X` or `precomputed_knn` must not have rows so far from all others that these have no "
            f"weight for operator='laplacian'; {alone} rows are. Set them aside."
        )
    return LocalForms("star", 0.5 * weights[:, None, :])
