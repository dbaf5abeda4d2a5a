"""From drawn rows to what nodes are laid out on: clean points, and cells for all rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ._validation import seeded
from .dimension import choose_n_components
from .graph import given_graph, in_one_piece
from .memory import check_memory
from .neighbors import KnnGraph
from .nodes.cells import grow
from .nodes.clean import Points, cleaned, in_order
from .nodes.resolution import ladder
from .plan import Plan, Sample
from .projection import Projection, fit_projection
from .rows.distinct import Distinct, merge_duplicates
from .rows.draw import Drawn
from .settings import Settings
from .stages import StageClock

FIRST_GUESS = 2  # of n_components, for as long as it is not known
AS_MANY = "as many averages as were asked for."
ALL_ROWS = "every distinct row is a node, as asked for."
TOO_FEW = "the rows are too few for averages."
# Numbers that the sums of all cells may take, and cells that there are in any case.
CELL_ENTRIES = 1 << 26
MIN_CELLS = 2048


def prepare(
    drawn: Drawn,
    given: KnnGraph | None,
    *,
    settings: Settings,
    seeds: np.ndarray,
    shape: tuple[int, int],
    clock: StageClock,
) -> Plan:
    """Points, number of components, and cells, of rows drawn from a table of some shape (n, D).

    The plan comes without the rows.
    """
    with clock("nodes"):
        distinct = merge_duplicates(drawn.X)
        settings.check(*shape, n_distinct=len(distinct.first))
    choices: dict[str, str] = {}
    if settings.n_components == "auto":
        settings, choices = _with_n_components(drawn.X, distinct, settings, seeds, clock)
        settings.check(*shape, n_distinct=len(distinct.first))
    projection, points = _points(
        drawn.X, distinct, given=given, settings=settings, seeds=seeds, clock=clock
    )
    sample = Sample(drawn, points, projection, given is not None)
    reason = _why_every_row(sample, settings)
    kept = replace(sample, drawn=drawn.without_rows())
    if reason:
        return Plan(kept, settings, {**choices, "n_nodes": reason}, None)
    # averages may connect what the rows do not; that is said, or an error, as for rows
    row_pieces = 1
    if points.n_pieces > 1:
        with clock("graph"):
            row_pieces = in_one_piece(points.points, settings, seeds[4], points.found).n_pieces
    wanted = settings.given_n_nodes()
    if wanted is not None:
        choices["n_nodes"] = AS_MANY
    with clock("nodes"):
        tree = grow(points.points, wanted or _finest(sample, settings))
    return Plan(kept, settings, choices, tree, row_pieces)


def _why_every_row(sample: Sample, settings: Settings) -> str:
    """Why every distinct row is a node; empty where averages are to be tried."""
    if sample.drawn.numbers is not None:
        return ""
    wanted, n_points = settings.given_n_nodes(), len(sample.points.points)
    if settings.n_nodes is None or (wanted is not None and wanted >= n_points):
        return ALL_ROWS
    few = not ladder(n_points, settings.choose_n_neighbors(n_points))
    return TOO_FEW if few and wanted is None else ""


def _finest(sample: Sample, settings: Settings) -> int:
    """Number of cells of the finest resolution to try."""
    n_points = len(sample.points.points)
    if not ladder(n_points, settings.choose_n_neighbors(n_points)):
        return n_points  # very many rows, but few that differ: a cell for each
    return min(n_points // 2, max(MIN_CELLS, CELL_ENTRIES // sample.drawn.X.shape[1]))


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
