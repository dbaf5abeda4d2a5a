"""How many components: the fewest coordinates that keep local lengths.

With too few, the functional squeezes neighbourhoods flat: what it calls coordinates folds the
data, and lengths in the embedding have nothing to do with those on the manifold. With the right
number they agree. One more would be a function of those before it, so the search goes up from
one and stops at the first that serves. It works on averages of many rows and of few: on many there
is little noise, on few the bends of the data are resolved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .diagnosis.metric import metric_distortion
from .metrics import local_isometry
from .nodes.cells import grow
from .order import spatial_order
from .settings import Settings
from .solve import Nodes, solve
from .stages import StageClock

# Numbers of nodes of the first search, and of a second one for few components where that finds
# nothing.
COARSE = (128, 362, 1024)
FINE = (2048,)
MOST, MOST_OF_FINE = 8, 3
# Nodes in units of a neighbourhood, below which nothing is local.
MIN_WIDTHS = 4
# Wrong numbers of components were beyond 0.7, or hidden altogether; a sphere cut at 150 degrees
# has 0.15.
MAX_DISTORTION = 0.25
MAX_GAP = 0.6


@dataclass(frozen=True)
class Attempt:
    """One number of components on one set of nodes."""

    n_components: int
    n_nodes: int
    distortion: float
    gap: float
    isometry: float

    @property
    def serves(self) -> bool:
        """Whether lengths are kept and a gap follows."""
        return self.distortion <= MAX_DISTORTION and self.gap <= MAX_GAP


def choose_n_components(
    points: np.ndarray, settings: Settings, seeds: np.ndarray
) -> tuple[int, str]:
    """Number of components of clean points (n, q), and why.

    ``settings.n_components`` is not looked at; ``seeds`` are those of the graph and of the null
    space.
    """
    attempts: list[Attempt] = []
    for sizes, most in ((COARSE, MOST), (FINE, MOST_OF_FINE)):
        levels = _levels(points, sizes)
        for d in range(1, min(most, points.shape[1]) + 1):
            own = replace(settings, n_components=d)
            for nodes in levels:
                if len(nodes) < MIN_WIDTHS * own.choose_n_neighbors(len(nodes)):
                    continue
                attempt = _attempt(nodes, own, seeds)
                if attempt is not None:
                    attempts.append(attempt)
                if attempt is not None and attempt.serves:
                    return d, _reason(attempts, points.shape[1])
    if not attempts:
        return 1, "the rows are too few to look for more."
    best = max(attempts, key=lambda one: one.isometry - one.gap)
    return best.n_components, (
        "no number of components keeps local lengths; with this one short distances agree best "
        f"(correlation {best.isometry:.2f}). The rows may be too few or too noisy, or lie on "
        "nothing that can be flattened."
    )


def _levels(points: np.ndarray, sizes: tuple[int, ...]) -> list[np.ndarray]:
    """Nodes in a spatial order: averages, or the points themselves where they are no more."""
    levels = []
    for size in sizes:
        if size >= len(points):
            levels.append(points)
            break
        tree = grow(points, size)
        centres = tree.centres[tree.leaves]
        levels.append(centres[spatial_order(centres)])
    return levels


def _attempt(nodes: np.ndarray, settings: Settings, seeds: np.ndarray) -> Attempt | None:
    """What the nodes (m, q) say of one number of components; None where they cannot be solved."""
    ones = np.ones(len(nodes), dtype=np.int64)
    try:
        solution = solve(Nodes(nodes, ones, nodes, 1.0), settings, seeds, StageClock(False))
    except ValueError:  # in pieces, or without a null space
        return None
    return Attempt(
        settings.d,
        len(nodes),
        metric_distortion(nodes, solution.embedding),
        solution.pairs.certificate.gap_ratio,
        local_isometry(nodes, solution.embedding, max_rows=1000, random_state=0),
    )


def _reason(attempts: list[Attempt], n_columns: int) -> str:
    """Why the last attempt was taken."""
    last = attempts[-1]
    if last.n_components == n_columns > 1:
        return "no fewer than all columns keep local lengths: the rows fill their space."
    text = (
        f"the fewest that keep local lengths (within {last.distortion:.0%}, on {last.n_nodes:,} "
        "nodes)"
    )
    fewer = [one for one in attempts if one.n_components == last.n_components - 1]
    if fewer:
        best = max(one.isometry for one in fewer)
        text += (
            f"; with {last.n_components - 1}, distances in the embedding hardly follow those in "
            f"the data (correlation {best:.2f})"
        )
    return text + "."
