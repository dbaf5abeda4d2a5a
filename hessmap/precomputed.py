"""A neighbourhood graph that the user brings, made to obey the conventions of `neighbors`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from .neighbors import KnnGraph
from .rows.distinct import Distinct

NAME = "`precomputed_knn`"


def as_graph(knn: Any, n_rows: int) -> KnnGraph:
    """Check a user's graph and put every row first in its own list.

    Parameters
    ----------
    knn : (indices, distances) or sparse matrix
        Arrays (n, k) as of scikit-learn's ``kneighbors``, or its sparse neighbours graph (n, n)
        of distances. Rows that do not list themselves are given themselves, so that k grows by
        one.
    n_rows : int
        Number of rows n of X.

    Returns
    -------
    KnnGraph

    Raises
    ------
    TypeError, ValueError
        If shape, dtype or values do not describe a graph on n rows.
    """
    if sparse.issparse(knn):
        indices, distances = _from_sparse(knn, n_rows)
    else:
        indices, distances = _from_arrays(knn, n_rows)
    # self first, then by distance, and other nodes at distance 0 after self
    own = indices == np.arange(n_rows)[:, None]
    order = np.argsort(np.where(own, -1.0, distances), axis=1, kind="stable")
    indices = np.take_along_axis(indices, order, axis=1)
    distances = np.take_along_axis(distances, order, axis=1)
    lacking = ~own.any(axis=1)
    if lacking.any():
        first = np.arange(n_rows)[:, None]
        # a row that lists itself already gives up its last neighbour, so that all stay alike
        indices = np.where(
            lacking[:, None],
            np.hstack([first, indices]),
            np.hstack([indices, np.full((n_rows, 1), -1)]),
        )
        distances = np.where(
            lacking[:, None],
            np.hstack([np.zeros((n_rows, 1)), distances]),
            np.hstack([distances, np.zeros((n_rows, 1))]),
        )
        if not lacking.all():
            indices, distances = indices[:, :-1], distances[:, :-1]
    distances[:, 0] = 0.0
    return KnnGraph(indices, distances)


def on_distinct(graph: KnnGraph, distinct: Distinct) -> KnnGraph:
    """The graph of the rows as one of the nodes, without the neighbours that were merged.

    Rows that stand for one node have one list each, all of which say the same; the node keeps
    the first. Lists that have lost different numbers of neighbours are cut to the shortest.
    """
    n_nodes, k = len(distinct.first), graph.indices.shape[1]
    merged = distinct.node_of[graph.indices[distinct.first]]
    order = np.argsort(merged, axis=1, kind="stable")
    in_order = np.take_along_axis(merged, order, axis=1)
    again = np.zeros(merged.shape, dtype=bool)
    repeated = np.hstack([np.zeros((n_nodes, 1), bool), in_order[:, 1:] == in_order[:, :-1]])
    np.put_along_axis(again, order, repeated, axis=1)
    width = int((k - again.sum(axis=1)).min())
    keep = np.argsort(again, axis=1, kind="stable")[:, :width]
    return KnnGraph(
        np.take_along_axis(merged, keep, axis=1),
        np.take_along_axis(graph.distances[distinct.first], keep, axis=1),
    )


def cut(graph: KnnGraph, n_neighbors: int, n_duplicates: int) -> KnnGraph:
    """The nearest ``n_neighbors`` of every list; ValueError if the lists are shorter."""
    k = graph.indices.shape[1]
    if k < n_neighbors:
        merged = f" once {n_duplicates} duplicates are merged" if n_duplicates else ""
        raise ValueError(
            f"{NAME} must list at least {n_neighbors} distinct neighbours of every row, the row "
            f"itself included; got {k}{merged}. Compute it with more neighbours, or on distinct "
            "rows."
        )
    return KnnGraph(
        np.ascontiguousarray(graph.indices[:, :n_neighbors]),
        np.ascontiguousarray(graph.distances[:, :n_neighbors]),
    )


def _from_arrays(knn: Any, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        indices, distances = knn
    except (TypeError, ValueError):
        raise TypeError(
            f"{NAME} must be a pair (indices, distances) or a sparse matrix; "
            f"got {type(knn).__name__}."
        ) from None
    indices, distances = np.asarray(indices), np.asarray(distances)
    if indices.ndim != 2 or len(indices) != n_rows or distances.shape != indices.shape:
        raise ValueError(
            f"{NAME} must hold two arrays of shape (n_samples, k) with n_samples = {n_rows}; "
            f"got {indices.shape} and {distances.shape}."
        )
    if not np.issubdtype(indices.dtype, np.integer):
        raise TypeError(f"{NAME} must have indices of an integer dtype; got {indices.dtype}.")
    indices = indices.astype(np.int64)
    if indices.size == 0 or indices.min() < 0 or indices.max() >= n_rows:
        found = "none" if indices.size == 0 else f"{indices.min()} to {indices.max()}"
        raise ValueError(
            f"{NAME} must have indices from 0 to {n_rows - 1}; got {found}. "
            "A -1 marks a neighbour that an approximate index missed: query it again."
        )
    in_order = np.sort(indices, axis=1)
    if (in_order[:, 1:] == in_order[:, :-1]).any():
        raise ValueError(f"{NAME} must not list a neighbour twice in one row.")
    return indices, _checked(distances)


def _from_sparse(knn: Any, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    if knn.shape != (n_rows, n_rows):
        raise ValueError(
            f"{NAME} must have the shape (n_samples, n_samples) with n_samples = {n_rows} when "
            f"sparse; got {knn.shape}."
        )
    graph = sparse.csr_array(knn, copy=True)  # the user's stays as it is
    graph.sum_duplicates()
    rows = np.repeat(np.arange(n_rows), np.diff(graph.indptr))
    values = _checked(graph.data)
    # without self, which some of these graphs list and some do not; it comes back in as_graph
    other = graph.indices != rows
    rows, columns, values = rows[other], graph.indices[other], values[other]
    order = np.lexsort((columns, values, rows))
    counts = np.bincount(rows, minlength=n_rows)
    width = int(counts.min())
    if width == 0:
        raise ValueError(
            f"{NAME} must give every row a neighbour; row {int(counts.argmin())} has none."
        )
    start = np.concatenate([[0], np.cumsum(counts)[:-1]])
    picked = order[start[:, None] + np.arange(width)]
    return columns[picked].astype(np.int64), values[picked]


def _checked(distances: np.ndarray) -> np.ndarray:
    if np.iscomplexobj(distances):
        raise TypeError(f"{NAME} must have real distances; got {distances.dtype}.")
    distances = np.asarray(distances, dtype=np.float64)
    if not (np.isfinite(distances).all() and (distances >= 0).all()):
        raise ValueError(f"{NAME} must have finite distances of at least 0.")
    return distances
