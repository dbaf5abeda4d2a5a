"""Nodes that are solved: every distinct row, as many averages as were asked for, or the choice
among resolutions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from .exceptions import ConvergenceWarning, DisconnectedWarning, warn
from .extension import Extension
from .graph import Found, nearest
from .neighborhood import tuned
from .nodes.assignment import Assignment, Listed, Routed
from .nodes.cells import Cells
from .nodes.resolution import (
    EVERY_POINT,
    PROBE_ROWS,
    Resolution,
    Trial,
    choose,
    ladder,
    noise_shares,
)
from .order import spatial_order
from .plan import Plan, Sample
from .settings import Settings
from .solve import Nodes, Solution, in_units_of_rows, solve
from .stages import StageClock

GIVEN = "every distinct row is a node, as the neighbourhood graph that was given is one of rows."
GIVEN_NEIGHBORS = "as many as the neighbourhood graph that was given holds."
GIVEN_OPERATOR = "no other is tried with a neighbourhood graph that was given."
USUAL_SHARE = 0.99  # of the rows are nearer to a node than the usual distance


@dataclass(frozen=True)
class Laid:
    """Nodes laid out and solved.

    Attributes
    ----------
    solution : Solution
    assignment : Assignment
        Which node each row belongs to.
    extension : Extension
        Maps to and from other rows.
    sample : ndarray of shape (m, q)
        Some clean points, evenly spaced in their spatial order.
    sample_rows : ndarray of shape (m, D)
        The rows that they are.
    resolutions : tuple of Resolution
        Those that were tried.
    settings : Settings
        Those of the solution, with nothing left open.
    choices : dict of str
        Why each parameter that was left open is what it is.
    row_pieces : int
        Components of the rows' neighbourhood graph, where the nodes are averages of them.
    """

    solution: Solution
    assignment: Assignment
    extension: Extension
    sample: np.ndarray
    sample_rows: np.ndarray
    resolutions: tuple[Resolution, ...]
    settings: Settings
    choices: dict[str, str]
    row_pieces: int = 1

    @property
    def n_pieces(self) -> int:
        """Components of the neighbourhood graph at the first choice of k, of rows or of nodes."""
        return max(self.row_pieces, self.solution.found.n_pieces)

    @property
    def disagreement(self) -> float:
        """Share of variance by which the next resolution differs; NaN where there is none."""
        sizes = [one.n_nodes for one in self.resolutions]
        if len(self.solution.nodes.points) not in sizes:
            return np.nan
        index = sizes.index(len(self.solution.nodes.points))
        apart = [one.disagreement for one in self.resolutions[index : index + 2]]
        return float(np.nanmin(apart)) if np.isfinite(apart).any() else np.nan

    def warn(self, tol: float) -> None:
        """Say what was found wrong on the way."""
        found = self.solution.found
        if self.n_pieces > 1:
            warn(
                f"with n_neighbors={found.n_first} the neighbourhood graph falls into "
                f"{self.n_pieces} components; {found.graph.indices.shape[1]} neighbours of "
                f"{len(self.solution.nodes.points)} nodes connect them. Look at the rows: pieces "
                "that do not belong together are better fitted one by one.",
                DisconnectedWarning,
            )
        certificate = self.solution.pairs.certificate
        if certificate.sin_bound > tol:
            warn(
                "the null space is only known to within an angle of sine "
                f"{certificate.sin_bound:.2g}, above tol={tol:.2g}; the spectral gap ratio is "
                f"{certificate.gap_ratio:.3g}. {certificate.advice(tol)}",
                ConvergenceWarning,
            )


def lay_out(plan: Plan, cells: Cells | None, seeds: np.ndarray, clock: StageClock) -> Laid:
    """Nodes as planned; ``seeds`` are those of the graph and of the null space.

    ``cells`` are the sums of all rows in the cells of the plan, None where it has none.
    """
    sample, settings = plan.sample, plan.settings
    if cells is None:
        laid = _every_row(sample, settings, seeds, clock)
    elif settings.given_n_nodes() is None:
        laid = _chosen(sample, cells, settings, seeds, clock)
    else:
        laid = _as_many(sample, cells, settings, seeds, clock)
    return replace(laid, row_pieces=plan.row_pieces, choices={**plan.choices, **laid.choices})


def _as_many(
    sample: Sample, cells: Cells, settings: Settings, seeds: np.ndarray, clock: StageClock
) -> Laid:
    """As many averages as were asked for."""
    wanted = settings.given_n_nodes()
    assert wanted is not None
    nodes, node_of_cell = _averages(cells, wanted)
    with clock("graph"):
        found = nearest(nodes.points, settings, seeds[0])
    with clock("nodes"):
        settings, choices = tuned(nodes, found.graph, settings, seeds)
    solution = solve(nodes, settings, seeds, clock, _still(found, nodes, settings))
    return _laid_of_cells(sample, cells, node_of_cell, solution, settings=settings, choices=choices)


def _every_row(sample: Sample, settings: Settings, seeds: np.ndarray, clock: StageClock) -> Laid:
    """Every distinct row a node."""
    nodes, found = _all_points(sample), sample.points.found
    choices: dict[str, str] = {}
    if sample.given:
        choices["n_nodes"] = GIVEN
        if settings.given_n_neighbors() is None:
            choices["n_neighbors"] = GIVEN_NEIGHBORS
        if settings.operator == "auto":
            choices["operator"] = GIVEN_OPERATOR
    else:
        assert found is not None
        with clock("nodes"):
            settings, choices = tuned(nodes, found.graph, settings, seeds)
        found = _still(found, nodes, settings)
    solution = solve(nodes, settings, seeds, clock, found)
    return _laid_of_rows(sample, solution, settings=settings, choices=choices)


def _still(found: Found, nodes: Nodes, settings: Settings) -> Found | None:
    """A graph, unless the number of neighbours is another one by now."""
    same = found.n_first == settings.choose_n_neighbors(len(nodes.points))
    return found if same else None


def _chosen(
    sample: Sample, cells: Cells, settings: Settings, seeds: np.ndarray, clock: StageClock
) -> Laid:
    """The resolution that agrees best with its neighbours."""
    points = sample.points
    n_points = len(points.points)
    probe = _spaced(points.points)
    solved: list[tuple[Solution, np.ndarray | None, dict[str, float]]] = []

    def attempt(nodes: Nodes, node_of_cell: np.ndarray | None, found: Found | None) -> Trial:
        clock.note(f"nodes: trying {len(nodes.points):,}")
        averaged = node_of_cell is not None

        def tried() -> tuple[Trial, Solution, dict[str, float]]:
            with clock("nodes"):
                own = StageClock(verbose=False)
                # what bridges a gap between few nodes may be as long as the data
                solution = solve(nodes, settings, seeds, own, found, bridged=not averaged)
                return _trial(solution, probe, averaged, settings), solution, own.seconds

        trial, solution, seconds = clock.step(f"nodes-{len(nodes.points)}", tried)
        solved.append((solution, node_of_cell, seconds))
        return trial

    def average(n_nodes: int) -> Trial:
        return attempt(*_averages(cells, n_nodes), None)

    n_leaves = cells.tree.n_leaves
    rungs = ladder(2 * n_leaves, settings.choose_n_neighbors(n_points)) or [n_leaves]
    attempts: list[tuple[int, Callable[[], Trial]]] = [
        (rung, partial(average, rung)) for rung in rungs
    ]
    complete = sample.drawn.numbers is None and n_points <= EVERY_POINT
    if complete:
        attempts.append((n_points, partial(attempt, _all_points(sample), None, points.found)))
    choice = choose(attempts, complete=complete)
    solution, node_of_cell, seconds = solved[choice.solved]
    with clock("nodes"):
        better, choices = tuned(solution.nodes, solution.found.graph, settings, seeds)
    clock.move(seconds, "nodes")
    if not better.solves_as(settings, len(solution.nodes.points)):
        solution = solve(solution.nodes, better, seeds, clock, bridged=node_of_cell is None)
    choices = {"n_nodes": choice.reason, **choices}
    if node_of_cell is None:
        return _laid_of_rows(sample, solution, tried=choice.tried, settings=better, choices=choices)
    return _laid_of_cells(
        sample,
        cells,
        node_of_cell,
        solution,
        tried=choice.tried,
        settings=better,
        choices=choices,
    )


def _trial(solution: Solution, probe: np.ndarray, averaged: bool, settings: Settings) -> Trial:
    """What a solution says of some points (m, q)."""
    extension = solution.extension()
    points = solution.nodes.points
    probed, _ = extension.transform(probe, settings.n_jobs)
    back = extension.inverse_transform(probed, points, settings.n_jobs)
    # a row that is a node has no noise about it
    floor = float(noise_shares(probe - back, probed).max()) if averaged else np.inf
    certificate = solution.pairs.certificate
    # a null space that is not known to `tol` is no better than one without a gap
    gap = max(certificate.gap_ratio, certificate.sin_bound)
    return Trial(len(points), gap, probed, floor)


def _all_points(sample: Sample) -> Nodes:
    points, projection = sample.points, sample.projection
    rows, unit = points.points, 1.0
    if projection.components is not None:
        rows, unit = sample.drawn.X[points.distinct.first], projection.unit
    return Nodes(points.points, np.ones(len(rows), dtype=np.int64), rows, unit)


def _laid_of_rows(
    sample: Sample,
    solution: Solution,
    *,
    tried: tuple[Resolution, ...] = (),
    settings: Settings,
    choices: dict[str, str],
) -> Laid:
    distinct = sample.points.distinct
    assignment = Listed(distinct.node_of, np.argsort(np.argsort(distinct.first)))
    extension = solution.extension()
    return Laid(solution, assignment, extension, *_probe(sample), tried, settings, choices)


def _laid_of_cells(
    sample: Sample,
    cells: Cells,
    node_of_cell: np.ndarray,
    solution: Solution,
    *,
    tried: tuple[Resolution, ...] = (),
    settings: Settings,
    choices: dict[str, str],
) -> Laid:
    points, rows = _probe(sample)
    solution = _with_rows(solution, cells, node_of_cell, sample)
    nearest = solution.extension().point_tree.query(points)[0]
    extension = solution.extension(float(np.quantile(nearest, USUAL_SHARE)))
    assignment = Routed(cells.tree, sample.projection, sample.set_aside(), node_of_cell)
    return Laid(solution, assignment, extension, points, rows, tried, settings, choices)


def _probe(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Some clean points, and the rows that they are."""
    return _spaced(sample.points.points), sample.drawn.X[_spaced(sample.points.distinct.first)]


def _averages(cells: Cells, n_nodes: int) -> tuple[Nodes, np.ndarray]:
    """Nodes of about ``n_nodes`` cells in a spatial order, and the node of each leaf."""
    points, counts, node_of_cell = cells.nodes(n_nodes)
    order = spatial_order(points)
    rank = np.append(np.argsort(order), -1)  # the last one is for -1
    points = points[order]
    return Nodes(points, counts[order], points, 1.0), rank[node_of_cell]


def _with_rows(
    solution: Solution, cells: Cells, node_of_cell: np.ndarray, sample: Sample
) -> Solution:
    """The same, with the averages in all columns, and lengths those of the rows."""
    projection, nodes = sample.projection, solution.nodes
    if projection.components is None:
        return solution
    rows = (cells.rows(node_of_cell) * projection.unit + projection.mean).astype(
        sample.drawn.X.dtype
    )
    nodes = replace(nodes, rows=rows, unit=projection.unit)
    neighborhoods = solution.found.graph.indices
    embedding = in_units_of_rows(solution.embedding, nodes, neighborhoods)
    return replace(solution, nodes=nodes, embedding=embedding)


def _spaced(array: np.ndarray) -> np.ndarray:
    return array[np.linspace(0, len(array) - 1, min(len(array), PROBE_ROWS)).astype(int)]
