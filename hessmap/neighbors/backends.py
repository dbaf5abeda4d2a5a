"""Ways to find candidates for the nearest neighbours.

Each takes points (n, D), float64 in a unit of their extent, and returns indices (n, c) int64 of
candidates in any order, -1 where one is missing.
"""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

import numpy as np
from scipy.spatial import KDTree

from .._threads import in_ranges, one_blas_thread, one_openmp_thread

LEAF = 16
# A probe of a few rows tells how many leaves a query visits.
PROBE_ROWS = 32
# Seconds on two cores, measured on 20,000 to 1,000,000 points of intrinsic dimension 2 to 30; see
# docs/decisions/0011-neighbours.md. They decide between methods and need not be exact; that they
# are not measured on the spot keeps the choice, and so the result, reproducible.
SECONDS_PER_LEAF = 4e-7
SECONDS_PER_PAIR = 5e-11
SECONDS_TO_COMPILE = 30.0
SECONDS_PER_NEIGHBOR = 1e-6
# Faiss looks into this share of about 4 sqrt(n) cells, and at least so many.
PROBED_SHARE, MIN_PROBED = 0.005, 16

# pynndescent runs kernels that numba runs in parallel, which one thread at a time may start.
_numba_threads = Lock()


class Tree(NamedTuple):
    """A k-d tree and the number of leaves that a query of k neighbours visits, by a sample."""

    tree: KDTree
    leaves: float


def chosen(points: np.ndarray, n_neighbors: int) -> tuple[str, KDTree | None]:
    """The method that should be fastest, and the tree that was built to tell."""
    n, n_features = points.shape
    brute = SECONDS_PER_PAIR * n * n * max(n_features, 8)
    if brute <= SECONDS_PER_LEAF * n * 4:
        return "brute", None
    tree, leaves = probed(points, n_neighbors)
    seconds = {
        "kd_tree": SECONDS_PER_LEAF * n * leaves,
        "brute": brute,
        "pynndescent": SECONDS_TO_COMPILE + SECONDS_PER_NEIGHBOR * n * n_neighbors,
    }
    return min(seconds, key=seconds.__getitem__), tree


def probed(points: np.ndarray, n_neighbors: int) -> Tree:
    """A tree, and how many of its leaves are nearer than the k-th neighbour of a sampled row."""
    n = len(points)
    tree = KDTree(points, leafsize=LEAF, balanced_tree=False)
    rows = points[tree.indices[np.linspace(0, n - 1, min(n, PROBE_ROWS)).astype(np.int64)]]
    radius = tree.query(rows, k=[n_neighbors])[0].ravel()
    starts = np.arange(0, n, LEAF)
    low = np.minimum.reduceat(points[tree.indices], starts)
    high = np.maximum.reduceat(points[tree.indices], starts)
    visited = 0
    for row, reach in zip(rows, radius, strict=True):
        outside = np.maximum(np.maximum(low - row, row - high), 0)
        visited += int(np.count_nonzero(np.einsum("lf,lf->l", outside, outside) <= reach**2))
    return Tree(tree, visited / len(rows))


def kd_tree(points: np.ndarray, n_candidates: int, threads: int, tree: KDTree | None) -> np.ndarray:
    """Exact, by SciPy's k-d tree: fast where neighbourhoods are small beside the data."""
    if tree is None:
        tree = KDTree(points, leafsize=LEAF, balanced_tree=False)
    found = tree_query(tree, points, n_candidates, threads)[1]
    return found.reshape(len(points), -1)


def tree_query(
    tree: KDTree, points: np.ndarray, k: int, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """``tree.query`` on threads of our own.

    After Ctrl-C, SciPy's own threads seem to go on writing to what is freed: processes crashed.
    """
    parts = in_ranges(
        lambda start, stop: tree.query(points[start:stop], k=k), len(points), threads, smallest=256
    )
    distances, nodes = zip(*parts, strict=True)
    return np.concatenate(distances), np.concatenate(nodes)


def brute(
    points: np.ndarray, n_candidates: int, threads: int, queries: np.ndarray | None = None
) -> np.ndarray:
    """All pairs in blocks, by scikit-learn; exact up to the rounding of |x|^2 - 2xy + |y|^2.

    Of the points themselves, or of other ``queries`` (m, D). On threads of our own: those of GNU
    OpenMP cannot be used on both sides of a fork.
    """
    from sklearn.neighbors import NearestNeighbors

    queries = points if queries is None else queries
    with one_blas_thread(), one_openmp_thread():
        search = NearestNeighbors(n_neighbors=n_candidates, algorithm="brute").fit(points)
        parts = in_ranges(
            lambda start, stop: search.kneighbors(queries[start:stop], return_distance=False),
            len(queries),
            threads,
        )
    return np.concatenate(parts)


def pynndescent(points: np.ndarray, n_candidates: int, random_state: int) -> np.ndarray:
    """Approximate, by neighbour descent; compiles for half a minute in every new process.

    What it finds depends on the number of threads, so it gets all of them.
    """
    from pynndescent import NNDescent

    with _numba_threads:
        search = NNDescent(
            points.astype(np.float32),
            n_neighbors=n_candidates,
            random_state=random_state,
        )
        return search.neighbor_graph[0].astype(np.int64)


def faiss(points: np.ndarray, n_candidates: int, threads: int, random_state: int) -> np.ndarray:
    """Approximate, by Faiss's inverted file (extra ``faiss``)."""
    try:
        import faiss as library
    except ImportError:
        raise ImportError(
            "`neighbors='faiss'` needs the package faiss-cpu: pip install hessmap[faiss]."
        ) from None
    rows = np.ascontiguousarray(points, dtype=np.float32)
    n_cells = max(1, int(4 * np.sqrt(len(rows))))
    before = library.omp_get_max_threads()
    library.omp_set_num_threads(threads)
    try:
        cells = library.IndexFlatL2(rows.shape[1])
        index = library.IndexIVFFlat(cells, rows.shape[1], n_cells)
        index.cp.seed = random_state % (1 << 30)
        index.cp.min_points_per_centroid = 1
        index.train(rows)
        index.add(rows)
        index.nprobe = min(n_cells, max(MIN_PROBED, int(PROBED_SHARE * n_cells)))
        return index.search(rows, n_candidates)[1].astype(np.int64)
    finally:
        library.omp_set_num_threads(before)
