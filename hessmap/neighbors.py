"""The graph stage: the nearest nodes of every node, the node itself always first.

Conventions
-----------
``indices`` (n, k) int64 and ``distances`` (n, k) float64 are sorted by distance within a row,
column 0 is the node itself at distance 0, and k counts the node itself. Without the node in its
own neighbourhood, a node that is in nobody's list would add a second exact null vector to the
operator.
"""

from __future__ import annotations

from typing import NamedTuple, NoReturn

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from .exceptions import DisconnectedGraphError

METHODS = ("auto", "brute", "kd_tree")

# Above this many nodes the quadratic cost of "brute" overtakes the k-d tree even on noisy data
# of 30 columns (20,000 nodes: 0.6 s against 0.06 s noise-free and 2.9 s with noise).
BRUTE_MAX_NODES = 50_000
# "brute" ranks candidates by distances expanded as |x|^2 - 2xy + |y|^2; a few more candidates
# than asked for are ranked again by true differences.
SPARE_CANDIDATES = 4
# Error of a squared distance from the search, relative to the largest squared norm.
SEARCH_ROUNDING = 1e-13
BLOCK_ENTRIES = 1 << 24


class KnnGraph(NamedTuple):
    """Nearest nodes of every node; see the module's conventions."""

    indices: np.ndarray
    distances: np.ndarray


def knn_graph(
    X: np.ndarray, n_neighbors: int, *, method: str = "auto", n_jobs: int | None = None
) -> KnnGraph:
    """Exact nearest neighbours by Euclidean distance, self included.

    Parameters
    ----------
    X : array-like of shape (n, D)
        Nodes.
    n_neighbors : int
        Neighbourhood size k, 1 <= k <= n; it counts the node itself.
    method : {"auto", "brute", "kd_tree"}
        "brute" compares all pairs in blocks (scikit-learn), "kd_tree" uses SciPy's tree, which
        is faster where the intrinsic dimension is low. "auto" takes "brute" up to 50,000 nodes.
    n_jobs : int or None
        Number of threads; None and -1 mean all cores. The result does not depend on it.

    Returns
    -------
    KnnGraph
        ``indices`` (n, k) int64 and ``distances`` (n, k) float64 in the units of X.

    Raises
    ------
    ValueError
        If ``n_neighbors`` is not within 1..n or ``method`` is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.neighbors import knn_graph
    >>> knn_graph(np.array([[0.0], [1.0], [3.0]]), 2).indices
    array([[0, 1],
           [1, 0],
           [2, 1]])
    """
    X = np.asarray(X, dtype=np.float64)
    n = len(X)
    if not 1 <= n_neighbors <= n:
        raise ValueError(
            f"`n_neighbors` must be between 1 and the number of distinct rows, {n}; "
            f"got {n_neighbors}. Pass fewer neighbours or more rows."
        )
    if method not in METHODS:
        raise ValueError(f"`neighbors` must be one of {METHODS}; got {method!r}.")
    if method == "auto":
        method = "brute" if n <= BRUTE_MAX_NODES else "kd_tree"
    n_candidates = min(n, n_neighbors + SPARE_CANDIDATES)
    if method == "brute":
        candidates = _brute_candidates(X, n_candidates, n_jobs)
    else:
        _, candidates = KDTree(X).query(X, k=n_candidates, workers=n_jobs or -1)
        candidates = candidates.reshape(n, n_candidates)
    return _ranked(X, candidates.astype(np.int64), n_neighbors)


def _brute_candidates(X: np.ndarray, n_candidates: int, n_jobs: int | None) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    centred = X - X.mean(axis=0)  # keeps the expanded distances accurate far from the origin
    limit = None if n_jobs is None or n_jobs < 0 else n_jobs
    with threadpool_limits(limits=limit, user_api="openmp"):
        search = NearestNeighbors(n_neighbors=n_candidates, algorithm="brute").fit(centred)
        return search.kneighbors(centred, return_distance=False)


def _ranked(X: np.ndarray, candidates: np.ndarray, n_neighbors: int) -> KnnGraph:
    """The best ``n_neighbors`` candidates by true distance, ties by index, self first.

    Where the last candidate is no farther than the last neighbour, up to the rounding of the
    search, nodes that were no candidates may be as near: such rows are compared with all nodes.
    So the graph depends neither on the method nor on its threads, even on a regular grid.
    """
    n, n_candidates = candidates.shape
    centred = X - X.mean(axis=0)
    rounding = SEARCH_ROUNDING * float((centred**2).sum(axis=1).max())
    indices = np.empty((n, n_neighbors), dtype=np.int64)
    distances = np.empty((n, n_neighbors))
    for rows in _row_blocks(np.arange(n), n_candidates * X.shape[1]):
        found, squared = _in_order(X, rows, candidates[rows])
        if n_candidates < n:
            unsettled = squared[:, -1] <= squared[:, n_neighbors - 1] + rounding
            for some in _row_blocks(rows[unsettled], n * X.shape[1]):
                place = some - rows[0]
                nearest = _among_all(X, some, n_candidates)
                found[place], squared[place] = _in_order(X, some, nearest)
        indices[rows] = found[:, :n_neighbors]
        distances[rows] = np.sqrt(squared[:, :n_neighbors])
    return KnnGraph(indices, distances)


def _in_order(
    X: np.ndarray, rows: np.ndarray, candidates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Candidates (m, c) of some rows and their squared distances, self first, then by distance."""
    found = candidates.copy()
    missed = ~(found == rows[:, None]).any(axis=1)
    found[missed, -1] = rows[missed]
    squared = ((X[found] - X[rows, None]) ** 2).sum(axis=2)
    squared[found == rows[:, None]] = -1.0
    order = np.lexsort((found, squared))
    squared = np.take_along_axis(squared, order, axis=1)
    return np.take_along_axis(found, order, axis=1), np.maximum(squared, 0)


def _among_all(X: np.ndarray, rows: np.ndarray, n_candidates: int) -> np.ndarray:
    """The nearest nodes (m, c) of some rows among all of them, ties by index."""
    squared = np.stack([((X - X[row]) ** 2).sum(axis=1) for row in rows])
    return np.argsort(squared, axis=1, kind="stable")[:, :n_candidates]


def _row_blocks(rows: np.ndarray, entries_per_row: int) -> list[np.ndarray]:
    step = max(1, BLOCK_ENTRIES // entries_per_row)
    return [rows[start : start + step] for start in range(0, len(rows), step)]


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
        f"falls into {len(sizes)} components of {shown} nodes. Raise `n_neighbors`, remove "
        "isolated rows, or fit each piece on its own.",
        sizes,
    )
