"""The Laplacian functional of Belkin & Niyogi (2003), Neural Computation 15 (6)."""

from __future__ import annotations

import numpy as np

from ..neighbors import KnnGraph
from .frames import LocalFrames


def min_neighbors(n_components: int) -> int:
    """One neighbour beside the node itself."""
    return 2


def factors(frames: LocalFrames, graph: KnnGraph) -> np.ndarray:
    """Factors G_i (n, k - 1, k) with rows sqrt(w_ij / 2) (e_i - e_j).

    The heat weights are w_ij = exp(-|x_i - x_j|^2 / t), with t the median squared distance to
    the farthest neighbour. Summed over i, half of each weight from either end, they give the
    Laplacian of the symmetric weights (w_ij + w_ji) / 2.
    """
    n, k = graph.indices.shape
    with np.errstate(over="ignore"):
        t = float(np.median(graph.distances[:, -1]) ** 2)
    if not 0 < t < np.inf:
        raise ValueError(
            "the distances of the graph must be positive and finite for operator='laplacian'; "
            f"the median squared distance to the farthest neighbour is {t}. Pass distances, not "
            "zeros, in `precomputed_knn`."
        )
    weights = np.exp(-(graph.distances[:, 1:] ** 2) / t)
    rows = np.zeros((n, k - 1, k))
    root = np.sqrt(weights / 2)
    rows[:, :, 0] = root
    edge = np.arange(k - 1)
    rows[:, edge, edge + 1] = -root
    return rows
