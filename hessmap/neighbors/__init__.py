"""The graph stage: the nearest nodes of every node, the node itself always first.

Conventions
-----------
``indices`` (n, k) int64 and ``distances`` (n, k) float64 are sorted by distance within a row,
column 0 is the node itself at distance 0, and k counts the node itself. Without the node in its
own neighbourhood, a node that is in nobody's list would add a second exact null vector to the
operator.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from .._threads import in_ranges
from .._validation import check_numbers, choice, n_threads, naming, power_of_two, seeded, whole
from ..exceptions import ConvergenceWarning, warn
from . import backends
from .connected import adjacency, component_sizes, raise_disconnected
from .graph import KnnGraph

__all__ = ["METHODS", "KnnGraph", "adjacency", "component_sizes", "knn_graph", "raise_disconnected"]

METHODS = ("auto", "brute", "kd_tree", "pynndescent", "faiss")

# A search in other arithmetic than ours may rank near ties differently; a few more candidates than
# asked for are ranked again by true differences.
SPARE_CANDIDATES = 4
# Error of a squared distance of an exact search, relative to the row's squared norm; far more than
# the few dozen units of rounding that were ever seen.
SEARCH_ROUNDING = 1e-12
RADIUS_MARGIN = 1e-9
MIN_RECALL = 0.98
RECALL_ROWS = 200
CENTRE_ROWS = 10_000
MAX_EXPANSIONS = 4


def knn_graph(
    X: np.ndarray,
    n_neighbors: int,
    *,
    method: str = "auto",
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> KnnGraph:
    """Nearest neighbours by Euclidean distance, self included.

    Parameters
    ----------
    X : array-like of shape (n, D)
        Nodes. Rows in a spatial order are searched several times faster; a fit puts them in one.
    n_neighbors : int
        Neighbourhood size k, 1 <= k <= n; it counts the node itself.
    method : {"auto", "brute", "kd_tree", "pynndescent", "faiss"}
        "brute" (all pairs in blocks, scikit-learn) and "kd_tree" (SciPy) are exact; "pynndescent"
        and "faiss" (extra ``faiss``) are approximate, and are improved until they find 98 % of the
        neighbours of a sample of rows. "auto" takes the fastest of the first three, judged by the
        number of rows and by how many leaves of a k-d tree a query visits: in practice an exact
        one below several 100,000 rows, or far beyond where there is little noise.
    n_jobs : int or None
        Number of threads; None and -1 mean all cores. The result does not depend on it:
        "pynndescent", whose result would, is always run on all cores.
    random_state : int, RandomState or None
        Seed of the approximate methods and of the sample.

    Returns
    -------
    KnnGraph
        ``indices`` (n, k) int64 and ``distances`` (n, k) float64 in the units of X.

    Raises
    ------
    TypeError, ValueError
        If X is not a finite table, ``n_neighbors`` is not within 1..n, or ``method`` or
        ``n_jobs`` is out of its range.
    ImportError
        If ``method`` is "faiss" and the package is not there.

    Warns
    -----
    ConvergenceWarning
        If an approximate method misses more than 2 % of the neighbours.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.neighbors import knn_graph
    >>> knn_graph(np.array([[0.0], [1.0], [3.0]]), 2).indices
    array([[0, 1],
           [1, 0],
           [2, 1]])
    """
    return searched(X, n_neighbors, method=method, n_jobs=n_jobs, random_state=random_state)[0]


def searched(
    X: np.ndarray,
    n_neighbors: int,
    *,
    method: str,
    n_jobs: int | None,
    random_state: int | np.random.RandomState | None,
) -> tuple[KnnGraph, float]:
    """As ``knn_graph``, with the share of the true neighbours found in a sample of rows."""
    from sklearn.utils import check_array

    check_numbers("X", X)
    with naming("X"):
        X = check_array(X, dtype=np.float64, input_name="X")
    n = len(X)
    if whole("n_neighbors", n_neighbors, at_least=1) > n:
        raise ValueError(
            f"`n_neighbors` must be between 1 and the number of rows, {n}; got {n_neighbors}. "
            "Pass fewer neighbours or more rows."
        )
    choice("neighbors", method, METHODS)
    threads = n_threads(n_jobs)
    # centred on the bulk, in a unit of its extent: no square over- or underflows
    points = X - np.median(X[:: max(1, n // CENTRE_ROWS)], axis=0)
    unit = power_of_two(float(np.abs(points).max()))
    points /= unit
    tree, recall = None, 1.0
    if method == "auto":
        method, tree = backends.chosen(points, n_neighbors)
    n_candidates = min(n, n_neighbors + SPARE_CANDIDATES)
    if method in ("brute", "kd_tree"):
        if method == "brute":
            candidates = backends.brute(points, n_candidates, threads)
        else:
            candidates = backends.kd_tree(points, n_candidates, threads, tree)
        indices, squared = _exact(points, candidates, n_neighbors, threads)
    else:
        random_state = seeded(random_state)
        seed = random_state.randint(2**31 - 1)
        if method == "pynndescent":
            candidates = backends.pynndescent(points, n_candidates, seed)
        else:
            candidates = backends.faiss(points, n_candidates, threads, seed)
        indices, squared, recall = _approximate(
            points, candidates, n_neighbors, threads, random_state
        )
        if recall < MIN_RECALL:
            warn(
                f"{method} found only {recall:.1%} of the nearest neighbours of a sample of "
                "rows. Use neighbors='kd_tree' or 'brute', or more `n_neighbors`.",
                ConvergenceWarning,
            )
    return KnnGraph(indices, np.sqrt(squared) * unit), recall


def _ranked(
    points: np.ndarray, candidates: np.ndarray, n_neighbors: int, threads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from . import _kernels

    n = len(points)
    indices, squared = np.empty((n, n_neighbors), dtype=np.int64), np.empty((n, n_neighbors))
    farthest = np.empty(n)
    in_ranges(
        _kernels.rank, n, threads, points, candidates.astype(np.int64, copy=False),
        indices, squared, farthest,
    )  # fmt: skip
    return indices, squared, farthest


def _exact(
    points: np.ndarray, candidates: np.ndarray, n_neighbors: int, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """Neighbourhoods with squared distances, of an exact search.

    Where the last candidate is no farther than the last neighbour, up to the rounding of the
    search, nodes that were no candidates may be as near. For such rows all nodes within that
    distance are looked up, so that the graph depends neither on the method nor on its threads,
    even on a regular grid.
    """
    n, n_candidates = candidates.shape
    indices, squared, farthest = _ranked(points, candidates, n_neighbors, threads)
    rounding = SEARCH_ROUNDING * np.einsum("nf,nf->n", points, points)
    unsettled = np.flatnonzero(farthest <= squared[:, -1] + rounding)
    if len(unsettled) and n_candidates < n:
        radius = np.sqrt(squared[unsettled, -1]) * (1 + RADIUS_MARGIN)
        within = KDTree(points).query_ball_point(points[unsettled], radius)
        for row, nodes in zip(unsettled, within, strict=True):
            members = np.array(nodes)
            lengths = ((points[members] - points[row]) ** 2).sum(axis=1)
            lengths[members == row] = -1.0
            order = np.lexsort((members, lengths))[:n_neighbors]
            indices[row], squared[row] = members[order], np.maximum(lengths[order], 0)
    return indices, squared


def _approximate(
    points: np.ndarray,
    candidates: np.ndarray,
    n_neighbors: int,
    threads: int,
    random_state: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Neighbourhoods with squared distances, improved until enough of them are true.

    An expansion looks at all neighbours of neighbours. It also fills neighbourhoods for which the
    search found too few nodes.
    """
    from . import _kernels

    n = len(points)
    indices, squared, _ = _ranked(points, candidates, n_neighbors, threads)
    sample = np.sort(random_state.choice(n, min(n, RECALL_ROWS), replace=False))
    true = _radius_of_sample(points, sample, n_neighbors, threads)
    recall = 0.0
    for expansion in range(MAX_EXPANSIONS + 1):
        recall = float((squared[sample] <= true[:, None]).mean())
        if recall >= MIN_RECALL and (indices >= 0).all():
            break
        if expansion < MAX_EXPANSIONS:
            known = indices.copy()
            in_ranges(_kernels.expand, n, threads, points, known, indices, squared)
    poor = np.flatnonzero((indices < 0).any(axis=1))
    if len(poor):
        found = KDTree(points).query(points[poor], k=n_neighbors)[1]
        exact = np.full((n, n_neighbors + 1), -1)
        exact[poor, :-1], exact[poor, -1] = found.reshape(len(poor), -1), poor
        indices[poor], squared[poor] = (part[poor] for part in _ranked(
            points, exact, n_neighbors, threads
        )[:2])  # fmt: skip
    return indices, squared, recall


def _radius_of_sample(
    points: np.ndarray, sample: np.ndarray, n_neighbors: int, threads: int
) -> np.ndarray:
    """Squared distance (m,) of the true k-th neighbour of some rows, with room for rounding."""
    last = backends.brute(points, n_neighbors, threads, points[sample])
    lengths = ((points[last] - points[sample][:, None]) ** 2).sum(axis=2)
    return lengths.max(axis=1) * (1 + RADIUS_MARGIN)
