"""The road on one screen: rows -> nodes -> graph -> functionals -> operator -> null space ->
extension -> ICA -> diagnosis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ._threads import one_blas_thread
from ._validation import seeded
from .diagnosis import Report, diagnose
from .eigen import Eigenpairs, smallest_eigenpairs
from .exceptions import ConvergenceWarning, warn
from .extension import Extension, fit_extension
from .functionals import FUNCTIONALS, local_frames
from .graph import given_graph, searched_graph
from .ica import IcaResult, fit_ica
from .isometry import edge_lengths, isometric_scale
from .neighbors import KnnGraph
from .nodes import Nodes, merge_duplicates
from .operator import build_operator
from .precomputed import as_graph
from .rows import Projection, fit_projection
from .settings import Settings
from .stages import StageClock

SPARE_PAIRS = 4  # beyond the gap, for the picture of the spectrum
SCALE_NODES = 1000  # lengths of wide rows are taken at so many nodes


@dataclass(frozen=True)
class Road:
    """Everything that a fit leaves behind; ``ica`` is None where the road ends before it.

    All arrays are of the M nodes, and in units of ``projection.unit``, except for ``wide_rows``
    (M, D): the rows as they came, kept where the points are a projection of them.
    """

    projection: Projection
    nodes: Nodes
    n_neighbors: int
    pairs: Eigenpairs
    extension: Extension
    wide_rows: np.ndarray | None
    embedding: np.ndarray
    ica: IcaResult | None
    report: Report


def run(X: np.ndarray, settings: Settings, precomputed_knn: Any = None) -> Road:
    """Walk the road from validated rows (n, D), float32 or float64, to a report."""
    settings.check(len(X), X.shape[1])
    given = None if precomputed_knn is None else as_graph(precomputed_knn, len(X))
    clock = StageClock(settings.verbose)
    try:
        with one_blas_thread():
            return _walk(X, given, settings, clock)
    finally:
        clock.close()


def _walk(X: np.ndarray, given: KnnGraph | None, settings: Settings, clock: StageClock) -> Road:
    d = settings.n_components
    functional = FUNCTIONALS[settings.operator]
    # a seed for each stage, so that none depends on how often another one draws
    seeds = seeded(settings.random_state).randint(0, 2**31 - 1, size=4)
    with clock("nodes"):
        nodes = merge_duplicates(X)
        settings.check(len(X), X.shape[1], n_distinct=len(nodes.first))
        distinct = X if nodes.n_duplicates == 0 else X[nodes.first]
    with clock("rows"):
        k = settings.choose_n_neighbors(len(distinct))
        projection = fit_projection(distinct, d, k, seeded(seeds[0]))
        points = projection.apply(distinct)
        wide_rows = None if projection.components is None else X[nodes.first]
    with clock("graph"):
        if given is None:
            graph, n_connected = searched_graph(points, settings)
        else:
            graph, n_connected = given_graph(given, nodes, settings), 1
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
            random_state=seeds[1],
        )
        _warn_if_loose(pairs, settings.tol)
        null_space = pairs.vectors[:, 1 : d + 1] * operator.scaling[:, None]
        embedding = _in_units_of_rows(null_space, points, wide_rows, projection.unit, graph)
    with clock("extension"):
        extension = fit_extension(points, embedding, graph.indices, frames)
    with clock("ica"):
        ica = None
        if settings.ica:
            ica = fit_ica(embedding, contrast=settings.contrast, random_state=seeds[2])
    with clock("diagnosis"):
        report = diagnose(
            points if wide_rows is None else wide_rows,
            n_rows=len(X),
            n_columns=X.shape[1],
            projection=projection,
            nodes=nodes,
            n_neighbors=graph.indices.shape[1],
            n_components_connected=n_connected,
            certificate=pairs.certificate,
            embedding=embedding,
            ica=ica,
            tol=settings.tol,
            random_state=seeds[3],
        )
    return Road(
        projection=projection,
        nodes=nodes,
        n_neighbors=graph.indices.shape[1],
        pairs=pairs,
        extension=extension,
        wide_rows=wide_rows,
        embedding=embedding,
        ica=ica,
        report=replace(report, stage_seconds=clock.seconds),
    )


def _in_units_of_rows(
    null_space: np.ndarray,
    points: np.ndarray,
    wide_rows: np.ndarray | None,
    unit: float,
    graph: KnnGraph,
) -> np.ndarray:
    """Centred embedding (M, d), its lengths those of the rows over ``unit``.

    Wide rows are compared at nodes evenly spaced along the first principal direction: a choice
    that depends neither on their order nor on a seed.
    """
    neighborhoods = graph.indices
    if wide_rows is None:
        lengths = edge_lengths(points, neighborhoods)
    else:
        along = np.argsort(points[:, 0], kind="stable")
        spaced = np.linspace(0, len(along) - 1, min(len(along), SCALE_NODES)).astype(int)
        neighborhoods = neighborhoods[along[spaced]]
        lengths = edge_lengths(wide_rows, neighborhoods, unit)
    linear = isometric_scale(null_space, neighborhoods, lengths)
    return (null_space - null_space.mean(axis=0)) @ linear


def _warn_if_loose(pairs: Eigenpairs, tol: float) -> None:
    bound = pairs.certificate.sin_bound
    if bound > tol:
        warn(
            f"the null space is only known to within an angle of sine {bound:.2g}, above "
            f"tol={tol:.2g}; the spectral gap ratio is {pairs.certificate.gap_ratio:.3g}. Use "
            "more rows, more neighbours or fewer components.",
            ConvergenceWarning,
        )
