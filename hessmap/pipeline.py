"""The road on one screen: rows -> nodes -> graph -> functionals -> operator -> null space ->
extension -> ICA -> diagnosis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ._threads import one_blas_thread
from ._validation import seeded
from .diagnosis import Report, diagnose
from .eigen import Eigenpairs, Geometry, smallest_eigenpairs
from .exceptions import ConvergenceWarning, warn
from .extension import Extension, fit_extension
from .functionals import FUNCTIONALS, local_frames
from .graph import given_graph, searched_graph
from .ica import IcaResult, fit_ica
from .isometry import edge_lengths, isometric_scale
from .memory import check_memory
from .neighbors import KnnGraph
from .nodes import Nodes, merge_duplicates
from .operator import build_operator
from .order import spatial_order
from .precomputed import as_graph
from .rows import Projection, fit_projection
from .settings import Settings
from .stages import StageClock

SPARE_PAIRS = 4  # beyond the gap, for the picture of the spectrum
# Lengths are taken at so many nodes: enough entries of rows, and at least so many nodes.
SCALE_ENTRIES = 150_000
MIN_SCALE_NODES = 1000


@dataclass(frozen=True)
class Road:
    """Everything that a fit leaves behind; ``ica`` is None where the road ends before it.

    All arrays are of the M nodes in their spatial order, and in units of ``projection.unit``,
    except for ``wide_rows`` (M, D): the rows as they came, kept where the points are a projection
    of them. ``label_of`` (n,) numbers the nodes in the order of the rows instead.
    """

    projection: Projection
    nodes: Nodes
    label_of: np.ndarray
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
    seeds = seeded(settings.random_state).randint(0, 2**31 - 1, size=5)
    with clock("nodes"):
        nodes = merge_duplicates(X)
        clock.n_nodes = len(nodes.first)
        settings.check(len(X), X.shape[1], n_distinct=clock.n_nodes)
        distinct = X if nodes.n_duplicates == 0 else X[nodes.first]
    with clock("rows"):
        k = settings.choose_n_neighbors(len(distinct))
        projection = fit_projection(distinct, d, k, seeded(seeds[0]))
        check_memory(len(distinct), projection.n_columns, d, k)
        points = projection.apply(distinct)
        order = spatial_order(points)
        label_of, nodes, points = nodes.node_of, nodes.in_order(order), points[order]
        wide_rows = None if projection.components is None else X[nodes.first]
    with clock("graph"):
        if given is None:
            graph, n_connected, recall = searched_graph(points, settings, seeds[4])
        else:
            graph, n_connected, recall = given_graph(given, nodes, settings), 1, None
    with clock("functionals"):
        frames = local_frames(
            points, graph, d, curvature=functional.curvature, n_jobs=settings.n_jobs
        )
        forms = functional.forms(frames, graph, settings.n_jobs)
    with clock("operator"):
        operator = build_operator(
            forms, graph.indices, normalized=functional.normalized, n_jobs=settings.n_jobs
        )
        del forms
    with clock("null_space"):
        pairs = smallest_eigenpairs(
            operator,
            min(d + 2 + SPARE_PAIRS, len(points)),
            n_null=d + 1,
            solver=settings.eigen_solver,
            geometry=Geometry(points, graph.indices, d if functional.affine else 0),
            tol=settings.tol,
            n_jobs=settings.n_jobs,
            random_state=seeds[1],
        )
        _warn_if_loose(pairs, settings.tol)
        null_space = pairs.vectors[:, 1 : d + 1] * operator.scaling[:, None]
        rows, unit = (points, 1.0) if wide_rows is None else (wide_rows, projection.unit)
        embedding = _in_units_of_rows(null_space, rows, unit, graph)
    with clock("extension"):
        extension = fit_extension(points, embedding, graph.indices, frames)
    with clock("ica"):
        ica = None
        if settings.ica:
            ica = fit_ica(embedding, contrast=settings.contrast, random_state=seeds[2])
    with clock("diagnosis"):
        report = diagnose(
            rows,
            n_rows=len(X),
            n_columns=X.shape[1],
            projection=projection,
            nodes=nodes,
            n_neighbors=graph.indices.shape[1],
            n_components_connected=n_connected,
            neighbor_recall=recall,
            certificate=pairs.certificate,
            embedding=embedding,
            ica=ica,
            tol=settings.tol,
            random_state=seeds[3],
        )
    return Road(
        projection=projection,
        nodes=nodes,
        label_of=label_of,
        n_neighbors=graph.indices.shape[1],
        pairs=pairs,
        extension=extension,
        wide_rows=wide_rows,
        embedding=embedding,
        ica=ica,
        report=replace(report, stage_seconds=clock.seconds),
    )


def _in_units_of_rows(
    null_space: np.ndarray, rows: np.ndarray, unit: float, graph: KnnGraph
) -> np.ndarray:
    """Centred embedding (M, d), its lengths those of the rows over ``unit``.

    They are compared at nodes evenly spaced in their spatial order: a choice that depends on no
    seed. Fewer do where the rows are wide, as their differences take time.
    """
    n_nodes = min(len(rows), max(MIN_SCALE_NODES, SCALE_ENTRIES // rows.shape[1]))
    spaced = np.linspace(0, len(rows) - 1, n_nodes).astype(int)
    neighborhoods = graph.indices[spaced]
    lengths = edge_lengths(rows, neighborhoods, unit)
    linear = isometric_scale(null_space, neighborhoods, lengths)
    return (null_space - null_space.mean(axis=0)) @ linear


def _warn_if_loose(pairs: Eigenpairs, tol: float) -> None:
    certificate = pairs.certificate
    if certificate.sin_bound <= tol:
        return
    warn(
        "the null space is only known to within an angle of sine "
        f"{certificate.sin_bound:.2g}, above tol={tol:.2g}; the spectral gap ratio is "
        f"{certificate.gap_ratio:.3g}. {certificate.advice(tol)}",
        ConvergenceWarning,
    )
