"""The graph stage as a fit walks it: search or take the user's graph, and insist on one piece."""

from __future__ import annotations

import numpy as np

from .exceptions import DisconnectedWarning, warn
from .neighbors import KnnGraph, component_sizes, raise_disconnected, searched
from .nodes import Nodes
from .precomputed import cut, on_nodes
from .settings import Settings


def searched_graph(
    points: np.ndarray, settings: Settings, random_state: int
) -> tuple[KnnGraph, int, float]:
    """Nearest neighbours, the number of components at the first choice of their number, and recall.

    "auto" may double its choice twice to bridge a gap in the data, which it says. See
    docs/decisions/0004-disconnected.md.
    """
    first = settings.choose_n_neighbors(len(points))
    choices = [first]
    if settings.given_n_neighbors() is None:
        choices += [k for k in (2 * first, 4 * first) if 3 * k < 2 * len(points)]
    n_components = 0
    for k in choices:
        graph, recall = searched(
            points,
            k,
            method=settings.neighbors,
            n_jobs=settings.n_jobs,
            random_state=random_state,
        )
        sizes = component_sizes(graph)
        n_components = n_components or len(sizes)
        if len(sizes) == 1:
            break
    else:
        raise_disconnected(graph, sizes)
    if n_components > 1:
        warn(
            f"with n_neighbors={first} the neighbourhood graph falls into {n_components} "
            f"components; {k} neighbours connect them. Look at the rows: pieces that do not "
            "belong together are better fitted one by one.",
            DisconnectedWarning,
        )
    return graph, n_components, recall


def given_graph(given: KnnGraph, nodes: Nodes, settings: Settings) -> KnnGraph:
    """The user's graph of the rows as one of the nodes, of the width that was asked for."""
    graph = on_nodes(given, nodes)
    wanted = settings.given_n_neighbors() or max(graph.indices.shape[1], settings.min_neighbors())
    graph = cut(graph, wanted, nodes.n_duplicates)
    sizes = component_sizes(graph)
    if len(sizes) > 1:
        raise_disconnected(graph, sizes)
    return graph
