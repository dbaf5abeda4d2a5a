"""The road on one screen: rows -> nodes -> graph -> functionals -> operator -> null space ->
extension -> ICA -> diagnosis."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .diagnosis import Report, diagnose
from .eigen import Eigenpairs, smallest_eigenpairs
from .exceptions import ConvergenceWarning, DisconnectedWarning
from .extension import Extension, fit_extension
from .functionals import FUNCTIONALS, local_frames
from .ica import IcaResult, fit_ica
from .isometry import isometric_scale
from .neighbors import KnnGraph, component_sizes, knn_graph, raise_disconnected
from .nodes import Nodes, merge_duplicates
from .operator import build_operator
from .precomputed import as_graph, on_nodes
from .rows import Projection, fit_projection
from .settings import Settings
from .stages import StageClock

SPARE_PAIRS = 4  # beyond the gap, for the picture of the spectrum
SCALE_NODES = 1000  # more neighbourhoods do not sharpen a scale


@dataclass(frozen=True)
class Road:
    """Everything that a fit leaves behind; ``ica`` is None where the road ends before it.

    ``embedding`` and ``ica`` are in units of ``projection.unit``.
    """

    projection: Projection
    nodes: Nodes
    n_neighbors: int
    pairs: Eigenpairs
    extension: Extension
    node_rows: np.ndarray
    embedding: np.ndarray
    ica: IcaResult | None
    report: Report


def run(X: np.ndarray, settings: Settings, precomputed_knn: Any = None) -> Road:
    """Walk the road from validated rows (n, D), float32 or float64, to a report."""
    from sklearn.utils import check_random_state

    settings.check(*X.shape)
    given = _given_graph(precomputed_knn, len(X), settings)
    random_state = check_random_state(settings.random_state)
    clock = StageClock(settings.verbose)
    try:
        return _walk(X, given, settings, random_state, clock)
    finally:
        clock.close()


def _walk(
    X: np.ndarray,
    given: KnnGraph | None,
    settings: Settings,
    random_state: np.random.RandomState,
    clock: StageClock,
) -> Road:
    d = settings.n_components
    functional = FUNCTIONALS[settings.operator]
    with clock("rows"):
        n_neighbors = settings.choose_n_neighbors(len(X))
        projection = fit_projection(X, d, n_neighbors, random_state)
    with clock("nodes"):
        nodes = merge_duplicates(X)
        settings.check(len(nodes.first), X.shape[1])
        node_rows = X if nodes.n_duplicates == 0 else X[nodes.first]
        points = projection.apply(node_rows)
    with clock("graph"):
        if given is None:
            graph, n_connected = _searched_graph(points, settings)
        else:
            graph, n_connected = _given_graph_on_nodes(given, nodes, settings), 1
    with clock("functionals"):
        frames = local_frames(points, graph, d, curvature=functional.curvature)
        factors = functional.factors(frames, graph)
    with clock("operator"):
        operator = build_operator(factors, graph.indices, normalized=functional.normalized)
        del factors
    with clock("null_space"):
        pairs = smallest_eigenpairs(
            operator,
            min(d + 2 + SPARE_PAIRS, len(points)),
            n_null=d + 1,
            solver=settings.eigen_solver,
            random_state=random_state,
        )
        _warn_if_loose(pairs, settings.tol)
        null_space = pairs.vectors[:, 1 : d + 1] * operator.scaling[:, None]
        embedding = _in_units_of_rows(null_space, node_rows, projection.unit, graph, random_state)
    with clock("extension"):
        extension = fit_extension(points, embedding, graph.indices, frames)
        embedding = embedding[nodes.node_of]
    with clock("ica"):
        ica = None
        if settings.contrast is not None:
            ica = fit_ica(embedding, contrast=settings.contrast, random_state=random_state)
    with clock("diagnosis"):
        report = diagnose(
            X,
            projection=projection,
            nodes=nodes,
            n_neighbors=graph.indices.shape[1],
            n_components_connected=n_connected,
            certificate=pairs.certificate,
            embedding=embedding,
            ica=ica,
            tol=settings.tol,
            random_state=random_state,
        )
    return Road(
        projection=projection,
        nodes=nodes,
        n_neighbors=graph.indices.shape[1],
        pairs=pairs,
        extension=extension,
        node_rows=node_rows,
        embedding=embedding,
        ica=ica,
        report=replace(report, stage_seconds=clock.seconds),
    )


def _given_graph(precomputed_knn: Any, n_rows: int, settings: Settings) -> KnnGraph | None:
    if precomputed_knn is None:
        return None
    wanted = None if settings.n_neighbors == "auto" else int(settings.n_neighbors)
    return as_graph(precomputed_knn, n_rows, wanted)


def _searched_graph(points: np.ndarray, settings: Settings) -> tuple[KnnGraph, int]:
    """Nearest neighbours, and the number of components at the first choice of their number.

    "auto" may double its choice twice to bridge a gap in the data, which it says.
    """
    n_neighbors = settings.choose_n_neighbors(len(points))
    n_components = 0
    for k in (n_neighbors, 2 * n_neighbors, 4 * n_neighbors):
        graph = knn_graph(points, k, method=settings.neighbors, n_jobs=settings.n_jobs)
        sizes = component_sizes(graph)
        n_components = n_components or len(sizes)
        if len(sizes) == 1:
            break
        if settings.n_neighbors != "auto" or k == 4 * n_neighbors or 3 * k > len(points):
            raise_disconnected(graph, sizes)
    if n_components > 1:
        warnings.warn(
            f"with n_neighbors={n_neighbors} the neighbourhood graph falls into {n_components} "
            f"components; {k} neighbours connect them. Look at the rows: pieces that do not "
            "belong together are better fitted one by one.",
            DisconnectedWarning,
            stacklevel=5,
        )
    return graph, n_components


def _given_graph_on_nodes(given: KnnGraph, nodes: Nodes, settings: Settings) -> KnnGraph:
    graph = on_nodes(given, nodes)
    least, k = settings.min_neighbors(), graph.indices.shape[1]
    if k < least:
        raise ValueError(
            f"`precomputed_knn` must list at least {least} distinct rows for every row, the row "
            f"itself included, for n_components={settings.n_components} with operator="
            f"{settings.operator!r}; got {k} once {nodes.n_duplicates} duplicates are merged. "
            "Compute it with more neighbours."
        )
    sizes = component_sizes(graph)
    if len(sizes) > 1:
        raise_disconnected(graph, sizes)
    return graph


def _in_units_of_rows(
    null_space: np.ndarray,
    node_rows: np.ndarray,
    unit: float,
    graph: KnnGraph,
    random_state: np.random.RandomState,
) -> np.ndarray:
    """Centred embedding of the nodes (M, d), its lengths those of the rows over ``unit``."""
    sample = random_state.permutation(len(null_space))[:SCALE_NODES]
    neighborhoods = graph.indices[sample]
    lengths = np.empty(neighborhoods.shape)
    for i, members in enumerate(neighborhoods):  # one neighbourhood of rows in memory at a time
        patch = node_rows[members] / unit
        lengths[i] = np.linalg.norm(patch - patch[0], axis=1)
    linear = isometric_scale(null_space, neighborhoods, lengths)
    return (null_space - null_space.mean(axis=0)) @ linear


def _warn_if_loose(pairs: Eigenpairs, tol: float) -> None:
    bound = pairs.certificate.sin_bound
    if bound > tol:
        warnings.warn(
            f"the null space is only known to within an angle of sine {bound:.2g}, above "
            f"tol={tol:.2g}; the spectral gap ratio is {pairs.certificate.gap_ratio:.3g}. Use "
            "more rows, more neighbours or fewer components.",
            ConvergenceWarning,
            stacklevel=4,
        )
