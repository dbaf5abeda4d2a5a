"""How many neighbours, and which functional: what serves best on a patch of the nodes.

Larger neighbourhoods average more noise and see more curvature. Both show without labels: in how
well short distances in the rows and in the embedding agree, and in the gap after the null space.
A patch is a ball of the neighbourhood graph: it lies as densely as all nodes, and in one sheet of
the manifold. One search serves all candidates. See docs/decisions/0018-choices.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from .graph import Found
from .metrics import local_isometry
from .neighbors import KnnGraph, knn_graph
from .settings import Settings
from .solve import Nodes, solve
from .stages import StageClock

PATCH_NODES = 1000
ISOMETRY_ROWS = 500
GROWTH = (1.0, 1.5, 2.25)
OPERATORS = ("hessian", "tangent")
# Neighbourhoods that fill more than a quarter of the patch are not local.
MIN_WIDTHS = 4
# The first candidate is left for what is better by so much.
CLEARLY = 0.05
UNSOLVED = "the usual one; a patch of the nodes could not be solved to compare others."


@dataclass(frozen=True)
class Candidate:
    """A functional and a neighbourhood size, and what they give on the patch."""

    operator: str
    n_neighbors: int
    isometry: float
    gap: float

    @property
    def loss(self) -> float:
        """What is missing from perfect isometry and a perfect gap."""
        return 1 - self.isometry + self.gap


def tuned(
    nodes: Nodes, graph: KnnGraph, settings: Settings, seeds: np.ndarray
) -> tuple[Settings, dict[str, str]]:
    """Settings with the functional and the neighbourhood size that were left open, and why.

    Nothing is tried where nothing was left open. ``graph`` is one of the nodes.
    """
    if settings.operator != "auto" and settings.given_n_neighbors() is not None:
        return settings, {}
    operators = OPERATORS if settings.operator == "auto" else (settings.operator,)
    first = settings.choose_n_neighbors(len(nodes.points))
    patch = _patch(nodes, graph)
    sizes = [first]
    if settings.given_n_neighbors() is None:
        most = len(patch.points) // MIN_WIDTHS
        sizes += [k for k in (round(growth * first) for growth in GROWTH[1:]) if k <= most]
    chosen, reason = _best(patch, list(product(operators, sizes)), settings, seeds)
    reasons = {}
    if settings.operator == "auto":
        reasons["operator"] = reason
    if settings.given_n_neighbors() is None:
        reasons["n_neighbors"] = reason
    operator, n_neighbors = chosen
    return replace(settings, operator=operator, preferred_n_neighbors=n_neighbors), reasons


def _patch(nodes: Nodes, graph: KnnGraph) -> Nodes:
    """The nodes that are reached first from the middle one, in their spatial order."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    n, k = graph.indices.shape
    if n <= PATCH_NODES:
        return nodes
    starts = np.arange(0, n * k + 1, k)
    links = csr_matrix((np.ones(n * k, dtype=np.int8), graph.indices.ravel(), starts), shape=(n, n))
    reached = breadth_first_order(links, n // 2, return_predecessors=False)
    part = np.sort(reached[:PATCH_NODES])
    return Nodes(nodes.points[part], nodes.counts[part], nodes.rows[part], nodes.unit)


def _best(
    patch: Nodes,
    candidates: list[tuple[str, int]],
    settings: Settings,
    seeds: np.ndarray,
) -> tuple[tuple[str, int], str]:
    if len(candidates) == 1:
        return candidates[0], "the usual number; there are too few nodes to try others."
    widest = max(k for _, k in candidates)
    graph = knn_graph(
        patch.points,
        widest,
        method=settings.neighbors,
        n_jobs=settings.n_jobs,
        random_state=seeds[0],
    )
    solved: list[Candidate] = []
    for operator, k in candidates:
        own = replace(settings, operator=operator, n_neighbors=k)
        one = _tried(patch, graph, own, seeds)
        if one is None and not solved:
            return candidates[0], UNSOLVED
        solved += [] if one is None else [one]
        if solved[0].loss <= CLEARLY:
            break  # nothing can be clearly better
    best = min(solved, key=lambda one: one.loss)
    if solved[0].loss <= best.loss + CLEARLY:
        best = solved[0]
    return (best.operator, best.n_neighbors), _reason(best, solved, len(patch.points))


def _reason(best: Candidate, solved: list[Candidate], n_nodes: int) -> str:
    text = (
        f"{best.operator!r} with {best.n_neighbors} neighbours was tried on a patch of "
        f"{n_nodes:,} nodes: short distances agree (correlation {best.isometry:.3f}), and "
        f"the gap ratio is {best.gap:.2g}"
    )
    if len(solved) == 1:
        return text + "; nothing could be clearly better."
    others = "; ".join(
        f"{one.operator!r} with {one.n_neighbors}: {one.isometry:.3f} and {one.gap:.2g}"
        for one in solved
        if one is not best
    )
    return f"{text}. Others were not clearly better ({others})."


def _tried(
    patch: Nodes, graph: KnnGraph, settings: Settings, seeds: np.ndarray
) -> Candidate | None:
    k = settings.choose_n_neighbors(len(patch.points))
    # kernels are compiled for contiguous arrays, and would be once more for others
    nearest = KnnGraph(*(np.ascontiguousarray(part[:, :k]) for part in graph))
    found = Found(nearest, None, k)
    try:
        solution = solve(patch, settings, seeds, StageClock(False), found)
    except ValueError:  # in pieces, or without a null space
        return None
    certificate = solution.pairs.certificate
    return Candidate(
        settings.operator,
        k,
        local_isometry(
            patch.points, solution.embedding, max_rows=ISOMETRY_ROWS, random_state=seeds[0]
        ),
        max(certificate.gap_ratio, certificate.sin_bound),
    )
