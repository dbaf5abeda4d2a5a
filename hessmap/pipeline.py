"""The road on one screen: rows -> nodes -> graph -> functionals -> operator -> null space ->
extension -> ICA -> diagnosis. From graph to null space it is `hessmap.solve`.

Rows may be in partitions on other machines: they are only read by passes, and what is done on the
nodes runs where ``table.run`` says. With a checkpoint, every ``clock.step`` outlives the process.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ._threads import one_blas_thread
from ._validation import seeded
from .conclude import conclude
from .diagnosis import Report
from .extension import Extension
from .extension.all_rows import Embed, RowMap, Seen, embed_rows, source_rows
from .ica import IcaResult
from .neighbors import KnnGraph
from .nodes.cells import Gather, sums_of
from .precomputed import as_graph
from .prepare import prepare
from .projection import Projection
from .resolve import lay_out
from .results import Results
from .rows import Table
from .rows.draw import drawn
from .settings import Settings
from .stages import Kept, StageClock


@dataclass(frozen=True)
class Road:
    """What a fit leaves behind beside its results for every row; ``ica`` is None without it.

    ``wide_rows`` (M, D) are the nodes in all columns and in units of X, where ``extension`` works
    on a projection of them; ``node_numbers`` (M,) are those that users see.
    """

    projection: Projection
    n_nodes: int
    n_neighbors: int
    eigenvalues: np.ndarray
    n_iter: int
    extension: Extension
    wide_rows: np.ndarray | None
    node_numbers: np.ndarray
    ica: IcaResult | None
    report: Report


def run(
    table: Table,
    settings: Settings,
    kept: Results,
    precomputed_knn: Any = None,
    checkpoint: Kept | None = None,
) -> Road:
    """Walk the road from rows to a report; the results of every row go to ``kept``."""
    settings.check(table.n_rows, table.n_columns)
    if not table.at_hand and (settings.n_nodes is None or precomputed_knn is not None):
        what = "`n_nodes`" if settings.n_nodes is None else "`precomputed_knn`"
        raise ValueError(
            f"{what} must not ask for every row to be a node where rows stay in their partitions, "
            f"as those of {table.name}. Leave n_nodes at 'auto' or give a number, or pass an array."
        )
    given = None
    if precomputed_knn is not None:
        settings = settings.with_given_graph()
        given = as_graph(precomputed_knn, table.n_rows)
    clock = StageClock(settings.verbose, checkpoint)
    try:
        with one_blas_thread():
            return _walk(table, given, settings, kept, clock)
    finally:
        clock.close()


def _walk(
    table: Table, given: KnnGraph | None, settings: Settings, kept: Results, clock: StageClock
) -> Road:
    # a seed for each stage, so that none depends on how often another one draws
    seeds = clock.step("seeds", lambda: seeded(settings.random_state).randint(0, 2**31 - 1, size=6))
    settings = replace(settings, random_state=None)
    shape = table.n_rows, table.n_columns
    rows = drawn(table, settings.sample_size(table.n_rows), seeds[5], clock)
    known = {"settings": settings, "seeds": seeds, "shape": shape}
    plan = clock.step("plan", lambda: table.run(prepare, rows, given, clock=clock, **known))
    plan = plan.on(rows, settings)
    projection, settings = plan.sample.projection, plan.settings
    readers = settings.n_jobs if table.at_hand else 1  # a scheduler has threads of its own
    cells = None
    if plan.tree is not None:
        gather = Gather(plan.tree, projection, plan.sample.set_aside(), readers)
        cells = clock.step("cells", lambda: sums_of(table, gather, clock))
    laid = clock.step(
        "nodes",
        lambda: table.run(lay_out, plan, cells, seeds[[4, 1]], clock=clock),
        replaces="nodes-*",
    )
    laid.warn(settings.tol)
    clock.n_nodes = len(laid.solution.nodes.points)
    rows_to = RowMap(laid.assignment, laid.extension, projection)
    seen = Seen.of(plan.sample.once(), table.n_rows)
    mapped = embed_rows(table, Embed(rows_to, seen, readers), kept, clock)
    known = {"settings": settings, "seeds": seeds[[2, 3]], "shape": shape}
    end = clock.step(
        "conclusion",
        lambda: table.run(conclude, mapped.tally, laid, plan, clock=clock, **known),
    )
    if end.ica is not None:
        with clock("ica"):
            source_rows(table, mapped, rows_to, end.ica, kept)
    solution = laid.solution
    return Road(
        projection=projection,
        n_nodes=len(solution.nodes.points),
        n_neighbors=solution.found.graph.indices.shape[1],
        eigenvalues=solution.pairs.values,
        n_iter=solution.pairs.n_iter,
        extension=laid.extension,
        wide_rows=None if projection.components is None else solution.nodes.rows,
        node_numbers=laid.assignment.public(np.arange(len(solution.nodes.points))),
        ica=end.ica,
        report=replace(end.report, stage_seconds=clock.seconds),
    )
