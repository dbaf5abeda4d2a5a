"""The graph stage as a fit walks it: search or take the user's graph, and insist on one piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .neighbors import KnnGraph, component_sizes, raise_disconnected, searched
from .precomputed import cut, on_distinct
from .rows.distinct import Distinct
from .settings import Settings


@dataclass(frozen=True)
class Found:
    """A neighbourhood graph.

    Attributes
    ----------
    graph : KnnGraph
    recall : float or None
        Share of the true neighbours, estimated; None for a graph that was given.
    n_first, n_pieces : int
        The first choice of k, and the number of components that it led to.
    """

    graph: KnnGraph
    recall: float | None
    n_first: int
    n_pieces: int = 1


def nearest(points: np.ndarray, settings: Settings, seed: int, k: int | None = None) -> Found:
    """Nearest neighbours, as many as the settings say; their pieces are not counted yet."""
    k = settings.choose_n_neighbors(len(points)) if k is None else k
    graph, recall = searched(
        points, k, method=settings.neighbors, n_jobs=settings.n_jobs, random_state=seed
    )
    return Found(graph, recall, k)


def in_one_piece(
    points: np.ndarray,
    settings: Settings,
    seed: int,
    known: Found | None = None,
    *,
    bridged: bool = True,
) -> Found:
    """Nearest neighbours that connect all points; those at the first k may be known.

    "auto" may double its choice twice to bridge a gap in the data, if it may be ``bridged``. See
    docs/decisions/0004-disconnected.md.

    Raises
    ------
    DisconnectedGraphError
        If that does not connect them.
    """
    found = nearest(points, settings, seed) if known is None else known
    first = found.n_first
    sizes = component_sizes(found.graph)
    n_pieces = len(sizes)
    may_widen = bridged and settings.given_n_neighbors() is None
    wider = [2 * first, 4 * first] if may_widen else []
    for k in wider:
        if len(sizes) == 1 or 3 * k >= 2 * len(points):
            break
        found = nearest(points, settings, seed, k)
        sizes = component_sizes(found.graph)
    if len(sizes) > 1:
        raise_disconnected(found.graph, sizes)
    return Found(found.graph, found.recall, first, n_pieces)


def given_graph(given: KnnGraph, distinct: Distinct, settings: Settings) -> Found:
    """The user's graph of the rows as one of the nodes, of the width that was asked for."""
    graph = on_distinct(given, distinct)
    wanted = settings.given_n_neighbors() or max(graph.indices.shape[1], settings.min_neighbors())
    graph = cut(graph, wanted, distinct.n_duplicates)
    sizes = component_sizes(graph)
    if len(sizes) > 1:
        raise_disconnected(graph, sizes)
    return Found(graph, None, wanted)
