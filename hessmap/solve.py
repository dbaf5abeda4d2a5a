"""Graph -> functionals -> operator -> null space: what is done on every set of nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from .eigen import Eigenpairs, Geometry, smallest_eigenpairs
from .extension import Extension
from .functionals import local_frames, weighted
from .graph import Found, in_one_piece
from .isometry import edge_lengths, isometric_scale
from .memory import check_memory
from .neighbors import KnnGraph
from .operator import Operator, build_operator
from .settings import Settings
from .stages import StageClock

SPARE_PAIRS = 4  # beyond the gap, for the picture of the spectrum
# Lengths are taken at so many nodes: enough entries of rows, and at least so many nodes.
SCALE_ENTRIES = 150_000
MIN_SCALE_NODES = 300


@dataclass(frozen=True)
class Nodes:
    """What the eigenproblem is solved on, in a spatial order.

    Attributes
    ----------
    points : ndarray of shape (M, q), float64
        In units of the projection.
    counts : ndarray of shape (M,), int
        Number of rows that each is the mean of; one for a row.
    rows : ndarray of shape (M, D)
        The same in all columns and in units of X; where there is no projection, ``points``.
    unit : float
        What divides ``rows`` to be in the units of ``points``.
    """

    points: np.ndarray
    counts: np.ndarray
    rows: np.ndarray
    unit: float


@dataclass(frozen=True)
class Solution:
    """The embedding of a set of nodes.

    Attributes
    ----------
    nodes : Nodes
    found : Found
        Their neighbourhood graph.
    pairs : Eigenpairs
    embedding : ndarray of shape (M, d), float64
        Centred, the nodes weighted by ``nodes.counts``, in the units of ``nodes.points``.
    """

    nodes: Nodes
    found: Found
    pairs: Eigenpairs
    embedding: np.ndarray

    def extension(self, usual_distance: float = 0.0) -> Extension:
        """Maps between rows and the embedding."""
        return Extension(
            self.nodes.points, self.embedding, self.found.graph.indices, usual_distance
        )


def solve(
    nodes: Nodes,
    settings: Settings,
    seeds: np.ndarray,
    clock: StageClock,
    known: Found | None = None,
    *,
    bridged: bool = True,
) -> Solution:
    """Embed nodes, whose neighbours may be ``known`` already.

    ``seeds`` (2,) are those of the graph and of the null space. A gap in the data may be
    ``bridged`` by wider neighbourhoods, or is an error.
    """
    d, points = settings.d, nodes.points

    def neighbors() -> Found:
        with clock("graph"):
            return in_one_piece(points, settings, seeds[0], known, bridged=bridged)

    def assembled() -> tuple[csr_array, np.ndarray]:
        operator = _assembled(points, graph, settings, clock)
        return operator.tocsr(), operator.scaling

    def null_space() -> tuple[Eigenpairs, np.ndarray]:
        operator = Operator(*clock.step("nodes-operator", assembled))
        with clock("null_space"):
            pairs = _pairs(operator, points, graph, settings, seeds[1])
            basis = pairs.vectors[:, 1 : d + 1] * operator.scaling[:, None]
            return pairs, in_units_of_rows(basis, nodes, graph.indices)

    found = clock.step("nodes-graph", neighbors)
    graph = found.graph
    check_memory(len(points), points.shape[1], d, graph.indices.shape[1])
    pairs, embedding = clock.step("nodes-null_space", null_space, replaces="nodes-operator")
    return Solution(nodes, found, pairs, embedding)


def _assembled(
    points: np.ndarray, graph: KnnGraph, settings: Settings, clock: StageClock
) -> Operator:
    """Operator of the functionals of all neighbourhoods."""
    functional = settings.functional
    with clock("functionals"):
        frames = local_frames(
            points, graph, settings.d, curvature=functional.curvature, n_jobs=settings.n_jobs
        )
        forms = functional.forms(frames, graph, settings.n_jobs)
        if functional.weighted:
            forms = weighted(forms, frames.misfit)
        del frames
    with clock("operator"):
        return build_operator(
            forms, graph.indices, normalized=functional.normalized, n_jobs=settings.n_jobs
        )


def _pairs(
    operator: Operator, points: np.ndarray, graph: KnnGraph, settings: Settings, seed: int
) -> Eigenpairs:
    """Null space of the operator, and the pairs after its gap."""
    d = settings.d
    return smallest_eigenpairs(
        operator,
        min(d + 2 + SPARE_PAIRS, len(points)),
        n_null=d + 1,
        solver=settings.eigen_solver,
        geometry=Geometry(points, graph.indices, d if settings.functional.affine else 0),
        tol=settings.tol,
        n_jobs=settings.n_jobs,
        random_state=seed,
    )


def in_units_of_rows(null_space: np.ndarray, nodes: Nodes, neighborhoods: np.ndarray) -> np.ndarray:
    """Centred embedding (M, d), its lengths those of the rows over ``unit``.

    They are compared at nodes evenly spaced in their spatial order: a choice that depends on no
    seed. Fewer do where the rows are wide, as their differences take time.
    """
    rows = nodes.rows
    n_nodes = min(len(rows), max(MIN_SCALE_NODES, SCALE_ENTRIES // rows.shape[1]))
    spaced = neighborhoods[np.linspace(0, len(rows) - 1, n_nodes).astype(int)]
    linear = isometric_scale(null_space, spaced, edge_lengths(rows, spaced, nodes.unit))
    return (null_space - np.average(null_space, axis=0, weights=nodes.counts)) @ linear
