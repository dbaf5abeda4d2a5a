"""What the nodes are laid out on, and how: the rows stage's word to the nodes stage."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .nodes.cells import Tree
from .nodes.clean import Points
from .projection import Projection
from .rows.draw import Drawn
from .settings import Settings


@dataclass(frozen=True)
class Sample:
    """What the nodes are laid out on.

    Attributes
    ----------
    drawn : Drawn
        All rows, or a sample of them.
    points : Points
        Their clean points.
    projection : Projection
        From rows to points.
    given : bool
        Whether the neighbourhood graph is the user's.
    """

    drawn: Drawn
    points: Points
    projection: Projection
    given: bool = False

    @property
    def n_duplicates(self) -> int:
        """Rows merged into others."""
        return self.drawn.n_copies + self.points.distinct.n_duplicates

    def once(self) -> np.ndarray | None:
        """Numbers of distinct rows, each once, in their order; None if all rows are."""
        first = np.sort(self.points.distinct.first)
        if self.drawn.numbers is not None:
            return np.sort(self.drawn.numbers[first]) if self.n_duplicates else None
        return first

    def set_aside(self) -> np.ndarray:
        """Numbers of the rows that are known to be outliers, sorted."""
        outliers = np.flatnonzero(self.points.distinct.node_of < 0)
        numbers = self.drawn.numbers
        return outliers if numbers is None else np.sort(numbers[outliers])


@dataclass(frozen=True)
class Plan:
    """A sample, and how the nodes come from it.

    Attributes
    ----------
    sample : Sample
    settings : Settings
        With the number of components known.
    choices : dict of str
        Why it and the number of nodes are what they are, as far as that is known.
    tree : Tree or None
        Cells to average all rows in; None where every distinct row is a node.
    row_pieces : int
        Components of the rows' neighbourhood graph, where the nodes are averages of them.
    """

    sample: Sample
    settings: Settings
    choices: dict[str, str]
    tree: Tree | None
    row_pieces: int = 1

    def on(self, drawn: Drawn, settings: Settings) -> Plan:
        """The same with the rows of the sample, which are not kept with it, and with the threads
        of some settings."""
        threads = replace(self.settings, n_jobs=settings.n_jobs, verbose=settings.verbose)
        return replace(self, sample=replace(self.sample, drawn=drawn), settings=threads)
