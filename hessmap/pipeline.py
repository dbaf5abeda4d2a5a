"""The road on one screen: rows -> nodes -> graph -> functionals -> operator -> null space ->
extension -> ICA -> diagnosis. From graph to null space it is `hessmap.solve`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ._threads import one_blas_thread
from ._validation import seeded
from .diagnosis import Report, diagnose
from .dimension import choose_n_components
from .extension import Extension
from .extension.all_rows import embed_rows, source_rows
from .graph import given_graph, in_one_piece
from .ica import IcaResult
from .memory import check_memory
from .neighbors import KnnGraph
from .nodes.clean import Points, cleaned, in_order
from .nodes.duplicates import Distinct, merge_duplicates
from .precomputed import as_graph
from .projection import Projection, fit_projection
from .resolve import Sample, lay_out
from .results import Results
from .rows import Rows, drawn
from .settings import Settings
from .stages import StageClock

FIRST_GUESS = 2  # of n_components, for as long as it is not known


@dataclass(frozen=True)
class Road:
    """What a fit leaves behind beside its results for every row; ``ica`` is None without it.

    ``wide_rows`` (M, D) are the nodes in all columns and in units of X, where ``extension`` works
    on a projection of them.
    """

    projection: Projection
    n_nodes: int
    n_neighbors: int
    eigenvalues: np.ndarray
    n_iter: int
    extension: Extension
    wide_rows: np.ndarray | None
    ica: IcaResult | None
    report: Report


def run(rows: Rows, settings: Settings, kept: Results, precomputed_knn: Any = None) -> Road:
    """Walk the road from rows to a report; the results of every row go to ``kept``."""
    settings.check(rows.n_rows, rows.n_columns)
    given = None
    if precomputed_knn is not None:
        settings = settings.with_given_graph()
        given = as_graph(precomputed_knn, rows.n_rows)
    clock = StageClock(settings.verbose)
    try:
        with one_blas_thread():
            return _walk(rows, given, settings, kept, clock)
    finally:
        clock.close()


def _walk(
    rows: Rows, given: KnnGraph | None, settings: Settings, kept: Results, clock: StageClock
) -> Road:
    # a seed for each stage, so that none depends on how often another one draws
    seeds = seeded(settings.random_state).randint(0, 2**31 - 1, size=6)
    with clock("rows"):
        X, drawn_rows = drawn(rows, settings.sample_size(rows.n_rows), seeds[5])
    with clock("nodes"):
        distinct = merge_duplicates(X)
        settings.check(rows.n_rows, rows.n_columns, n_distinct=len(distinct.first))
    choices: dict[str, str] = {}
    if settings.n_components == "auto":
        settings, choices = _with_n_components(X, distinct, settings, seeds, clock)
        settings.check(rows.n_rows, rows.n_columns, n_distinct=len(distinct.first))
    projection, points = _points(
        X, distinct, given=given, settings=settings, seeds=seeds, clock=clock
    )
    sample = Sample(X, drawn_rows, points, projection, given is not None)
    laid = lay_out(rows, sample, settings, seeds[[4, 1]], clock)
    solution = laid.solution
    laid.warn(settings.tol)
    clock.n_nodes = len(solution.nodes.points)
    with clock("extension"):
        mapped = embed_rows(
            rows, laid.assignment, laid.extension, projection, n_jobs=settings.n_jobs, kept=kept
        )
    ica = None
    if settings.ica:
        with clock("ica"):
            ica = source_rows(
                mapped, sample.once(), projection.unit, settings=settings, seed=seeds[2], kept=kept
            )
    with clock("diagnosis"):
        report = diagnose(
            laid,
            shape=(rows.n_rows, rows.n_columns),
            projection=projection,
            mapped=mapped,
            n_duplicates=points.distinct.n_duplicates,
            ica=ica,
            operator=laid.settings.functional.name,
            choices={**choices, **laid.choices},
            tol=settings.tol,
            random_state=seeds[3],
        )
    return Road(
        projection=projection,
        n_nodes=len(solution.nodes.points),
        n_neighbors=solution.found.graph.indices.shape[1],
        eigenvalues=solution.pairs.values,
        n_iter=solution.pairs.n_iter,
        extension=laid.extension,
        wide_rows=None if projection.components is None else solution.nodes.rows,
        ica=ica,
        report=replace(report, stage_seconds=clock.seconds),
    )


def _points(
    X: np.ndarray,
    distinct: Distinct,
    *,
    given: KnnGraph | None,
    settings: Settings,
    seeds: np.ndarray,
    clock: StageClock,
) -> tuple[Projection, Points]:
    """The distinct rows as clean points, with their graph where it is the user's."""
    with clock("rows"):
        k = settings.choose_n_neighbors(len(distinct.first))
        own = X if distinct.n_duplicates == 0 else X[distinct.first]
        projection = fit_projection(own, settings.d, k, seeded(seeds[0]))
        check_memory(len(own), projection.n_columns, settings.d, k)
        points = in_order(X, distinct, projection)
    with clock("graph"):
        if given is None:
            return projection, cleaned(points, settings, seeds[4])
        return projection, replace(points, found=given_graph(given, points.distinct, settings))


def _with_n_components(
    X: np.ndarray, distinct: Distinct, settings: Settings, seeds: np.ndarray, clock: StageClock
) -> tuple[Settings, dict[str, str]]:
    """Settings with the number of components that the rows ask for, and why."""
    guess = replace(settings, n_components=min(FIRST_GUESS, X.shape[1]))
    if len(distinct.first) < guess.min_neighbors():
        guess = replace(settings, n_components=1)
    _, points = _points(X, distinct, given=None, settings=guess, seeds=seeds, clock=clock)
    with clock("nodes"):
        clock.note("nodes: n_components")
        if points.n_pieces > 1:  # or no number of components will do
            in_one_piece(points.points, guess, seeds[4], points.found)
        d, reason = choose_n_components(points.points, settings, seeds[[4, 1]])
    return replace(settings, n_components=d), {"n_components": reason}
