"""Embedding and sources of every row, block by block."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..ica import IcaResult
from ..nodes.assignment import Assignment
from ..projection import Projection
from ..results import Results
from ..rows import Table, rows_in_block
from ..rows.hashes import hashed, share_of
from ..stages import StageClock
from . import Extension

# ICA sees about so many rows at most; its sampling error is then far below every other.
ICA_ROWS = 1_000_000
# Points with larger entries have distances whose squares overflow.
LARGEST = 1e150


@dataclass(frozen=True)
class Seen:
    """Which rows ICA sees: a choice that depends on no seed, nor on the order of the rows.

    Attributes
    ----------
    once : ndarray of int, or None
        Numbers of distinct rows, sorted, where others are copies of them.
    share : float
        Of these, or of all rows.
    """

    once: np.ndarray | None
    share: float

    @staticmethod
    def of(once: np.ndarray | None, n_rows: int) -> Seen:
        """All rows, or all distinct ones, as long as they are not too many."""
        return Seen(once, ICA_ROWS / max(1, n_rows if once is None else len(once)))

    def mask(self, numbers: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Which (m,) of some rows (m, D) with their numbers (m,) are seen."""
        mask = np.ones(len(rows), dtype=bool)
        if self.once is not None:
            place = np.minimum(np.searchsorted(self.once, numbers), len(self.once) - 1)
            mask &= self.once[place] == numbers
        if self.share < 1:
            mask &= share_of(hashed(rows), self.share)
        return mask


@dataclass(frozen=True)
class RowMap:
    """From rows to their nodes and their embedding.

    A row that is a node has the embedding of the node; others are mapped. Rows set aside are
    mapped too, where the map reaches them.
    """

    assignment: Assignment
    extension: Extension
    projection: Projection

    def nodes(self, numbers: np.ndarray, rows: np.ndarray, n_jobs: int | None) -> np.ndarray:
        """Node (m,) of rows (m, D) with their numbers (m,), -1 for those set aside."""
        return self.assignment(numbers, rows, n_jobs)

    def embedding(
        self, label: np.ndarray, rows: np.ndarray, n_jobs: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Embedding (m, d), in internal units, of rows of some nodes, and which (m,) are lost."""
        aside = label < 0
        lost = np.zeros(len(rows), dtype=bool)
        if self.assignment.exact:
            found = self.extension.embedding[label]
            mapped = np.flatnonzero(aside)
        else:
            found = np.empty((len(rows), self.extension.embedding.shape[1]))
            mapped = np.arange(len(rows))
        if len(mapped):
            chosen = rows if len(mapped) == len(rows) else rows[mapped]
            found[mapped], far = transformed(self.extension, self.projection.apply(chosen), n_jobs)
            lost[mapped] = far & aside[mapped]
            found[lost] = np.nan
        return found, lost


@dataclass
class Tally:
    """What a pass has counted, and the embeddings (m, d) that ICA sees, block by block."""

    n_rows: int = 0
    n_outliers: int = 0
    n_far: int = 0
    seen: list[np.ndarray] = field(default_factory=list)

    def rows(self) -> np.ndarray:
        """The embedding (m, d), in internal units, of the rows that ICA sees."""
        return np.concatenate(self.seen)


@dataclass(frozen=True)
class Embed:
    """Pass over rows that embeds those that ICA sees, and counts those set aside.

    With ``embedding`` (n, d) and ``node_of`` (n,) every row is embedded, and written there.
    """

    rows_to: RowMap
    seen: Seen
    n_jobs: int | None = None
    embedding: np.ndarray | None = None
    node_of: np.ndarray | None = None

    @property
    def d(self) -> int:
        """Number of coordinates."""
        return self.rows_to.extension.embedding.shape[1]

    def begin(self) -> Tally:
        """Nothing counted."""
        return Tally()

    def add(self, state: Tally, numbers: np.ndarray, rows: np.ndarray) -> None:
        """Embed some rows (m, D) with their numbers (m,)."""
        label = self.rows_to.nodes(numbers, rows, self.n_jobs)
        seen = self.seen.mask(numbers, rows) & (label >= 0)
        aside = label < 0
        wanted = np.arange(len(rows))
        if self.embedding is None:
            wanted = np.flatnonzero(seen | aside)
        chosen = rows if len(wanted) == len(rows) else rows[wanted]
        found, lost = self.rows_to.embedding(label[wanted], chosen, self.n_jobs)
        state.n_rows += len(rows)
        state.n_outliers += int(np.count_nonzero(aside))
        state.n_far += int(np.count_nonzero(lost))
        state.seen.append(found[seen[wanted]])
        if self.embedding is not None and self.node_of is not None:
            self.embedding[numbers[0] : numbers[-1] + 1] = found * self.rows_to.projection.unit
            self.node_of[numbers[0] : numbers[-1] + 1] = self.rows_to.assignment.public(label)

    def merge(self, states: list[Tally]) -> Tally:
        """Counts of parts of a table as those of the whole."""
        return Tally(
            sum(one.n_rows for one in states),
            sum(one.n_outliers for one in states),
            sum(one.n_far for one in states),
            [seen for one in states for seen in one.seen],
        )


@dataclass(frozen=True)
class LazyMap:
    """One result of rows (m, D) with their numbers (m,), for when it is asked for."""

    rows_to: RowMap
    ica: IcaResult | None = None
    node: bool = False

    def __call__(self, numbers: np.ndarray, rows: np.ndarray) -> np.ndarray:
        label = self.rows_to.nodes(numbers, rows, 1)
        if self.node:
            return label
        found, _ = self.rows_to.embedding(label, rows, 1)
        if self.ica is not None:
            return self.ica.sources_of(found)
        return found * self.rows_to.projection.unit


@dataclass(frozen=True)
class Mapped:
    """Results of every row.

    Attributes
    ----------
    embedding : array of shape (n, d)
        In units and dtype of X; NaN for rows set aside that are too far from the nodes.
    node_of : array of shape (n,), int
        -1 for rows set aside.
    tally : Tally
        Or what becomes one where the nodes are worked on.
    """

    embedding: np.ndarray
    node_of: np.ndarray
    tally: Tally


def embed_rows(table: Table, embed: Embed, kept: Results, clock: StageClock) -> Mapped:
    """Node and embedding of every row: in one pass, or for when they are asked for."""
    if not table.at_hand:
        nodes = LazyMap(embed.rows_to, node=True)
        return Mapped(
            kept.put("embedding", table.lazily(LazyMap(embed.rows_to), (embed.d,))),
            kept.put("node_of", table.lazily(nodes, (), np.int64)),
            table.passed(embed, there=True),
        )
    mapped = clock.step("extension", lambda: _embedded(table, embed, kept, clock))
    kept.keep("embedding", mapped.embedding)
    kept.keep("node_of", mapped.node_of)
    return mapped


def _embedded(table: Table, embed: Embed, kept: Results, clock: StageClock) -> Mapped:
    with clock("extension"):
        embedding = kept.new("embedding", (table.n_rows, embed.d), table.dtype)
        node_of = kept.new("node_of", (table.n_rows,), np.int64)
        tally = table.passed(replace(embed, embedding=embedding, node_of=node_of))
        return Mapped(embedding, node_of, tally)


def source_rows(
    table: Table, mapped: Mapped, rows_to: RowMap, ica: IcaResult, kept: Results
) -> None:
    """Sources of every row, at once or for when they are asked for."""
    if not table.at_hand:
        kept.put("sources", table.lazily(LazyMap(rows_to, ica), (len(ica.mean),)))
        return
    sources = kept.new("sources", mapped.embedding.shape, mapped.embedding.dtype)
    step = rows_in_block(len(ica.mean))
    for start in range(0, len(sources), step):
        block = slice(start, start + step)
        sources[block] = ica.sources_of(mapped.embedding[block] / rows_to.projection.unit)


def transformed(
    extension: Extension, points: np.ndarray, n_jobs: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """As ``extension.transform``, where rows beyond all arithmetic are just far."""
    far = np.ones(len(points), dtype=bool)
    near = np.abs(points).max(axis=1) < LARGEST
    if near.all():
        return extension.transform(points, n_jobs)
    embedding = np.full((len(points), extension.embedding.shape[1]), np.nan)
    embedding[near], far[near] = extension.transform(points[near], n_jobs)
    return embedding, far
