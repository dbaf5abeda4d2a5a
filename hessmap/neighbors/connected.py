"""Whether the neighbourhood graph is in one piece."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ..exceptions import DisconnectedGraphError
from .graph import KnnGraph


def adjacency(graph: KnnGraph) -> sparse.csr_array:
    """(n, n) boolean matrix with a one at (i, j) where j is in the neighbourhood of i."""
    n, k = graph.indices.shape
    indptr = np.arange(0, n * k + 1, k)
    ones = np.ones(n * k, dtype=bool)
    return sparse.csr_array((ones, graph.indices.ravel(), indptr), shape=(n, n))


def component_sizes(graph: KnnGraph) -> tuple[int, ...]:
    """Number of nodes in each connected component of the undirected graph, largest first."""
    _, labels = connected_components(adjacency(graph), directed=False)
    return tuple(int(size) for size in np.sort(np.bincount(labels))[::-1])


def raise_disconnected(graph: KnnGraph, sizes: tuple[int, ...]) -> NoReturn:
    """Raise DisconnectedGraphError with the sizes of the components and the ways out."""
    shown = ", ".join(map(str, sizes[:5])) + (", ..." if len(sizes) > 5 else "")
    raise DisconnectedGraphError(
        f"the neighbourhood graph must be connected; with n_neighbors={graph.indices.shape[1]} it "
        f"falls into {len(sizes)} components of {shown} nodes: the rows form groups with nothing "
        "between them (categories, a variable with few values, or isolated rows?). Fit each group "
        "on its own, remove isolated rows, or raise `n_neighbors` if the gaps are due to sampling.",
        sizes,
    )
