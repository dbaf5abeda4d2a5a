"""Near-duplicates: points so near to one another that no sample would have them.

Two nodes that are nearly at one place give the operator a vector of very small energy, beside those
of the coordinates.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ..neighbors import KnnGraph

# Points are merged below this share of the distance at which one pair of them is to be expected.
CLOSE = 0.3


def close_pairs(graph: KnnGraph, n_components: int) -> np.ndarray:
    """The first point (n,) of those that each point is too close to; itself where there is none.

    Of n independent points with k neighbours within a radius r, on a manifold of d dimensions,
    the closest two are about r (n k)^(-1/d) apart; what is below a share of that is no
    coincidence.
    """
    n, k = graph.indices.shape
    width = float(np.median(graph.distances[:, -1]))
    distance = CLOSE * width * (n * k) ** (-1 / n_components)
    one, column = np.nonzero(graph.distances[:, 1:] < distance)
    if not len(one):
        return np.arange(n)
    other = graph.indices[one, column + 1]
    links = sparse.csr_array((np.ones(len(one), dtype=bool), (one, other)), shape=(n, n))
    n_pieces, piece = connected_components(links, directed=False)
    first = np.full(n_pieces, n)
    np.minimum.at(first, piece, np.arange(n))
    return first[piece]
