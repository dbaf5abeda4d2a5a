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

from .diagnosis.findings import MAX_LEFTOVER
from .diagnosis.metric import metric_distortion
from .diagnosis.residual import leftover_direction
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
MIN_ISOMETRY = 0.45  # that of a thin factor left out was 0.35 at most, of noisy rows 0.57 or more
SAMPLE = 1000  # rows whose way back is looked at


@dataclass(frozen=True)
class Attempt:
    """One number of components on one set of nodes."""

    n_components: int
    n_nodes: int
    distortion: float
    gap: float
    isometry: float
    leftover: float = 0.0

    @property
    def serves(self) -> bool:
        """Whether lengths are kept, a gap follows, and no direction is left out."""
        kept = self.distortion <= MAX_DISTORTION and self.isometry >= MIN_ISOMETRY
        return kept and self.gap <= MAX_GAP and self.leftover <= MAX_LEFTOVER


def choose_n_components(
    points: np.ndarray, settings: Settings, seeds: np.ndarray
) -> tuple[int, str]:
    """Number of components of clean points (n, q), and why.

    ``settings.n_components`` is not looked at; ``seeds`` are those of the graph and of the null
    space.
    """
    # the graph Laplacian keeps no lengths
    operator = "hessian" if settings.operator == "laplacian" else settings.operator
    flat = replace(settings, operator=operator)
    attempts: list[Attempt] = []
    sample = points[np.linspace(0, len(points) - 1, min(len(points), SAMPLE)).astype(int)]
    asked_for = (settings.given_n_neighbors(), settings.given_n_nodes())
    most_neighbors = min((number for number in asked_for if number is not None), default=np.inf)
    for sizes, most in ((COARSE, MOST), (FINE, MOST_OF_FINE)):
        levels = _levels(points, sizes)
        for d in range(1, min(most, points.shape[1]) + 1):
            own = replace(flat, n_components=d)
            if own.min_neighbors() > most_neighbors:
                break  # more than were asked for
            for nodes in levels:
                if len(nodes) < MIN_WIDTHS * own.choose_n_neighbors(len(nodes)):
                    continue
                attempt = _attempt(nodes, sample, own, seeds)
                if attempt is not None:
                    attempts.append(attempt)
                if attempt is not None and attempt.serves:
                    return d, _reason(attempts, points.shape[1])
    if not attempts:
        return 1, "the rows, or the neighbours or nodes asked for, are too few to look for more."
    best = max(attempts, key=lambda one: one.isometry - one.gap)
    return best.n_components, (
        f"no number from 1 to {attempts[-1].n_components} keeps local lengths; with this one short "
        f"distances agree best (correlation {best.isometry:.2f}). The rows may be too few or too "
        "noisy, or lie on nothing that can be flattened."
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


def _attempt(
    nodes: np.ndarray, sample: np.ndarray, settings: Settings, seeds: np.ndarray
) -> Attempt | None:
    """What the nodes (m, q) say of one number of components; None where they cannot be solved."""
    ones = np.ones(len(nodes), dtype=np.int64)
    try:
        solution = solve(Nodes(nodes, ones, nodes, 1.0), settings, seeds, StageClock(False))
    except ValueError:  # in pieces, or without a null space
        return None
    extension = solution.extension()
    codes, _ = extension.transform(sample, settings.n_jobs)
    back = extension.inverse_transform(codes, nodes, settings.n_jobs)
    return Attempt(
        settings.d,
        len(nodes),
        metric_distortion(nodes, solution.embedding).value,
        solution.pairs.certificate.gap_ratio,
        local_isometry(nodes, solution.embedding, max_rows=1000, random_state=0),
        leftover_direction(sample, back, codes),
    )


def _reason(attempts: list[Attempt], n_columns: int) -> str:
    """Why the last attempt was taken."""
    last = attempts[-1]
    if last.n_components == n_columns > 1:
        return "no fewer than all columns keep local lengths: the rows fill their space."
    text = (
        f"the fewest that keep local lengths (to {max(last.distortion, 0.001):.1%}, on "
        f"{last.n_nodes:,} averages of rows) and leave no direction out"
    )
    fewer = [one for one in attempts if one.n_components == last.n_components - 1]
    if fewer:
        best = max(one.isometry for one in fewer)
        text += (
            f"; with {last.n_components - 1}, distances in the embedding hardly follow those in "
            f"the data (correlation {best:.2f})"
        )
    return text + "."
