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

from ._validation import choice, n_threads, power_of_two, whole
from .exceptions import DisconnectedGraphError

METHODS = ("auto", "brute", "kd_tree")

# Above this many nodes the quadratic cost of "brute" overtakes the k-d tree even on noisy data
# of 30 columns (20,000 nodes: 0.6 s against 0.06 s noise-free and 2.9 s with noise).
BRUTE_MAX_NODES = 50_000
# "brute" ranks candidates by distances expanded as |x|^2 - 2xy + |y|^2; a few more candidates
# than asked for are ranked again by true differences.
SPARE_CANDIDATES = 4
# Error of a squared distance from the search, relative to the row's squared norm; far more than
# the few dozen units of rounding that were ever seen.
SEARCH_ROUNDING = 1e-12
RADIUS_MARGIN = 1e-9
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
    TypeError, ValueError
        If X is not a finite table, ``n_neighbors`` is not within 1..n, or ``method`` or
        ``n_jobs`` is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.neighbors import knn_graph
    >>> knn_graph(np.array([[0.0], [1.0], [3.0]]), 2).indices
    array([[0, 1],
           [1, 0],
           [2, 1]])
    """
    from sklearn.utils import check_array

    X = check_array(X, dtype=np.float64, input_name="X")
    n = len(X)
    if whole("n_neighbors", n_neighbors, at_least=1) > n:
        raise ValueError(
            f"`n_neighbors` must be between 1 and the number of rows, {n}; got {n_neighbors}. "
            "Pass fewer neighbours or more rows."
        )
    choice("neighbors", method, METHODS)
    threads = n_threads(n_jobs)
    if method == "auto":
        method = "brute" if n <= BRUTE_MAX_NODES else "kd_tree"
    # centred on the bulk, in a unit of its extent: no square over- or underflows
    centred = X - np.median(X, axis=0)
    unit = power_of_two(float(np.abs(centred).max()))
    points = centred / unit
    n_candidates = min(n, n_neighbors + SPARE_CANDIDATES)
    if method == "brute":
        candidates = _brute_candidates(points, n_candidates, threads)
    else:
        _, candidates = KDTree(points).query(points, k=n_candidates, workers=threads)
    graph = _ranked(points, candidates.reshape(n, -1).astype(np.int64), n_neighbors, threads)
    return KnnGraph(graph.indices, graph.distances * unit)


def _brute_candidates(points: np.ndarray, n_candidates: int, threads: int) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=threads, user_api="openmp"):
        search = NearestNeighbors(n_neighbors=n_candidates, algorithm="brute").fit(points)
        return search.kneighbors(points, return_distance=False)


def _ranked(points: np.ndarray, candidates: np.ndarray, n_neighbors: int, threads: int) -> KnnGraph:
    """The best ``n_neighbors`` candidates by true distance, ties by index, self first.

    Where the last candidate is no farther than the last neighbour, up to the rounding of the
    search, nodes that were no candidates may be as near. For such rows all nodes within that
    distance are looked up, so that the graph depends neither on the method nor on its threads,
    even on a regular grid.
    """
    n, n_candidates = candidates.shape
    rounding = SEARCH_ROUNDING * (points**2).sum(axis=1)
    indices = np.empty((n, n_neighbors), dtype=np.int64)
    squared = np.empty((n, n_neighbors))
    unsettled = np.zeros(n, dtype=bool)
    step = max(1, BLOCK_ENTRIES // (n_candidates * points.shape[1]))
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        found, distance = _in_order(points, rows, candidates[rows])
        indices[rows], squared[rows] = found[:, :n_neighbors], distance[:, :n_neighbors]
        unsettled[rows] = distance[:, -1] <= distance[:, n_neighbors - 1] + rounding[rows]
    if unsettled.any() and n_candidates < n:
        rows = np.flatnonzero(unsettled)
        radius = np.sqrt(squared[rows, -1]) * (1 + RADIUS_MARGIN)
        within = KDTree(points).query_ball_point(points[rows], radius, workers=threads)
        for row, members in zip(rows, within, strict=True):
            found, distance = _in_order(points, np.array([row]), np.array([members]))
            indices[row], squared[row] = found[0, :n_neighbors], distance[0, :n_neighbors]
    return KnnGraph(indices, np.sqrt(squared))


def _in_order(
    points: np.ndarray, rows: np.ndarray, candidates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Candidates (m, c) of some rows and their squared distances, self first, then by distance."""
    found = candidates.copy()
    missed = ~(found == rows[:, None]).any(axis=1)
    found[missed, -1] = rows[missed]
    squared = ((points[found] - points[rows, None]) ** 2).sum(axis=2)
    squared[found == rows[:, None]] = -1.0
    order = np.lexsort((found, squared))
    squared = np.take_along_axis(squared, order, axis=1)
    return np.take_along_axis(found, order, axis=1), np.maximum(squared, 0)


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
