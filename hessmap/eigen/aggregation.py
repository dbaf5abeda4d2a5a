"""Aggregates of nodes, and on each the affine functions of its own tangent coordinates.

These functions are the local null space of the Hessian and the tangent functional, wherever the
aggregate is small against the curvature; the laplacian's is the constant alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from .._threads import in_ranges

# Relative length below which an aggregate has no extent along an axis.
RANK_TOLERANCE = 1e-6


class Moments(NamedTuple):
    """What a level knows of the rows' geometry.

    Attributes
    ----------
    vectors : ndarray of shape (n, D)
        On the nodes w x, on coarser levels w times the mean of an aggregate, followed by its
        principal axes times their lengths.
    weights : ndarray of shape (n,)
        w on the nodes (1 where there is no mass); zero for the axes of an aggregate.
    """

    vectors: np.ndarray
    weights: np.ndarray


class BlockRows(NamedTuple):
    """A matrix of 1 x c blocks by rows; see `hessmap.eigen._kernels`."""

    begin: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    n_aggregates: int


def grouped(labels: np.ndarray, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
    """``(first, members)``: the members of group g are ``members[first[g]:first[g + 1]]``."""
    from . import _setup_kernels as kernels

    first = np.empty(n_groups + 1, dtype=np.int64)
    members = np.empty(len(labels), dtype=np.int64)
    kernels.group(labels, first, members)
    return first, members


def aggregate(graph: sparse.csr_array) -> tuple[np.ndarray, int]:
    """Labels (n,) of disjoint aggregates of the nodes of a symmetric graph, and their number.

    Greedy, as in smoothed aggregation (Vanek, Mandel & Brezina 1996, Computing 56): undivided
    neighbourhoods first, then each node left over joins the aggregate it is most coupled to.
    """
    from . import _setup_kernels as kernels

    seeded = np.empty(graph.shape[0], dtype=np.int64)
    count = kernels.seeds(graph.indptr, graph.indices, seeded)
    labels = np.empty_like(seeded)
    count = kernels.join(graph.indptr, graph.indices, graph.data, seeded, count, labels)
    return labels, count


def coarsened_graph(
    graph: sparse.csr_array, labels: np.ndarray, n_aggregates: int, threads: int
) -> sparse.csr_array:
    """The graph of aggregates: the total weight of all edges between any two of them."""
    n = len(labels)
    member = BlockRows(np.arange(n + 1), labels.astype(np.int32), np.ones((n, 1)), n_aggregates)
    return galerkin(member, multiply(graph, member, threads), support(member), threads)


def local_bases(
    moments: Moments, labels: np.ndarray, n_aggregates: int, n_tangent: int, threads: int
) -> tuple[np.ndarray, Moments]:
    """Orthonormal bases (n, 1 + d) of the aggregates' affine functions, and the next moments."""
    from . import _setup_kernels as kernels

    first, members = grouped(labels, n_aggregates)
    n, n_features = moments.vectors.shape
    bases = np.empty((n, 1 + n_tangent))
    means = np.empty((n_aggregates, n_features))
    axes = np.empty((n_aggregates, n_tangent, n_features))
    in_ranges(
        kernels.local_bases, n_aggregates, threads, first, members, *moments, RANK_TOLERANCE,
        bases, means, axes,
    )  # fmt: skip
    vectors = np.concatenate([means[:, None], axes], axis=1).reshape(-1, n_features)
    weights = np.zeros((n_aggregates, 1 + n_tangent))
    weights[:, 0] = np.sqrt(np.bincount(labels, moments.weights**2, minlength=n_aggregates))
    return bases, Moments(vectors, weights.ravel())


def multiply(matrix: sparse.csr_array, P: BlockRows, threads: int) -> BlockRows:
    """The product of a sparse matrix with a matrix of blocks."""
    from . import _setup_kernels as kernels

    n = matrix.shape[0]
    counts = np.empty(n, dtype=np.int64)
    in_ranges(
        kernels.count_blocks, n, threads, matrix.indptr, matrix.indices, P.begin, P.columns,
        P.n_aggregates, counts,
    )  # fmt: skip
    begin = _starts(counts)
    columns = np.empty(begin[-1], dtype=np.int32)
    values = np.empty((begin[-1], P.values.shape[1]))
    in_ranges(
        kernels.multiply_blocks, n, threads, matrix.indptr, matrix.indices, matrix.data,
        P.begin, P.columns, P.values, P.n_aggregates, begin, columns, values,
    )  # fmt: skip
    return BlockRows(begin, columns, values, P.n_aggregates)


class Support(NamedTuple):
    """The transpose of a ``BlockRows``: which blocks, in which rows, touch each aggregate."""

    first: np.ndarray
    blocks: np.ndarray
    rows: np.ndarray


def support(P: BlockRows) -> Support:
    """Support of every aggregate, its rows ascending."""
    first, blocks = grouped(P.columns, P.n_aggregates)
    rows = np.repeat(np.arange(len(P.begin) - 1, dtype=np.int64), np.diff(P.begin))
    return Support(first, blocks, rows[blocks])


def galerkin(P: BlockRows, HP: BlockRows, where: Support, threads: int) -> sparse.csr_array:
    """P'HP."""
    from . import _setup_kernels as kernels

    m, c = P.n_aggregates, P.values.shape[1]
    counts = np.empty(m, dtype=np.int64)
    in_ranges(
        kernels.count_coarse, m, threads, where.first, where.rows, HP.begin, HP.columns, counts,
    )  # fmt: skip
    begin = _starts(counts)
    columns = np.empty(begin[-1], dtype=np.int32)
    values = np.empty((begin[-1], c, c))
    in_ranges(
        kernels.multiply_coarse, m, threads, where.first, where.blocks, where.rows, P.values,
        HP.begin, HP.columns, HP.values, begin, columns, values,
    )  # fmt: skip
    indptr = np.empty(m * c + 1, dtype=np.int64)
    indptr[-1] = values.size
    indices, data = np.empty(values.size, dtype=np.int32), np.empty(values.size)
    in_ranges(kernels.expand_blocks, m, threads, begin, columns, values, indptr, indices, data)
    return sparse.csr_array((data, indices, indptr), shape=(m * c, m * c))


def _starts(counts: np.ndarray) -> np.ndarray:
    begin = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=begin[1:])
    return begin
