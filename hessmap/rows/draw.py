"""A sample of distinct rows, in one pass: those whose hashes are smallest (bottom-k sampling)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..stages import StageClock
from . import Table
from .hashes import hashed, share_of


@dataclass(frozen=True)
class Drawn:
    """Rows to lay nodes out on.

    Attributes
    ----------
    X : ndarray of shape (s, D)
        The rows.
    numbers : ndarray of shape (s,), int, or None
        Which rows they are, each distinct one once, in the order of their hashes; None where X is
        all rows in their order.
    n_copies : int
        Rows that are equal to one of these, where ``numbers`` is not None.
    """

    X: np.ndarray
    numbers: np.ndarray | None
    n_copies: int = 0

    def without_rows(self) -> Drawn:
        """The same without X."""
        return replace(self, X=self.X[:0])


@dataclass(frozen=True)
class Draw:
    """Pass over rows that draws ``size`` distinct ones, of the smallest hashes with a ``salt``.

    Only a ``share`` of all hashes is looked at: what lies beyond would not be among the smallest.
    """

    size: int
    salt: int
    share: float = 1.0

    def begin(self) -> list[Candidates]:
        """No candidates yet."""
        return []

    def add(self, state: list[Candidates], numbers: np.ndarray, rows: np.ndarray) -> None:
        """Look at some rows (m, D) with their numbers (m,)."""
        hashes = hashed(rows, self.salt)
        near = share_of(hashes, self.share)
        if state and len(state[0].hashes) == self.size:
            near &= hashes <= state[0].hashes[-1]
        near = np.flatnonzero(near)
        if len(near):
            found = Candidates(
                rows[near], numbers[near], hashes[near], np.ones(len(near), dtype=np.int64)
            )
            state[:] = [self._smallest([*state, found])]

    def merge(self, states: list[list[Candidates]]) -> list[Candidates]:
        """Candidates of parts of a table as those of the whole."""
        found = [one for state in states for one in state]
        return [self._smallest(found)] if found else []

    def _smallest(self, found: list[Candidates]) -> Candidates:
        hashes = np.concatenate([one.hashes for one in found])
        numbers = np.concatenate([one.numbers for one in found])
        copies = np.concatenate([one.copies for one in found])
        order = np.lexsort((numbers, hashes))
        first = np.flatnonzero(np.diff(hashes[order], prepend=~hashes[order[:1]]) != 0)
        copies = np.add.reduceat(copies[order], first)[: self.size]
        kept = order[first[: self.size]]
        X = np.concatenate([one.X for one in found])[kept]
        return Candidates(X, numbers[kept], hashes[kept], copies)


@dataclass(frozen=True)
class Candidates:
    """Distinct rows X (m, D), their numbers, hashes and counts (m,), by increasing hashes."""

    X: np.ndarray
    numbers: np.ndarray
    hashes: np.ndarray
    copies: np.ndarray


def drawn(table: Table, size: int, seed: int, clock: StageClock) -> Drawn:
    """All rows where they are at hand and at most ``size``, else a sample of distinct ones."""
    if table.n_rows <= size and table.at_hand:
        with clock("rows"):
            return Drawn(table.whole(), None)
    return clock.step("rows", lambda: _sampled(table, size, seed, clock))


def _sampled(table: Table, size: int, seed: int, clock: StageClock) -> Drawn:
    # of n hashes about size + 6 sqrt(size) are below this, and hardly ever fewer than size
    share = (size + 6 * np.sqrt(size)) / table.n_rows
    with clock("rows"):
        found = table.passed(Draw(size, seed, share))
        if share < 1 and (not found or len(found[0].hashes) < size):  # many copies
            found = table.passed(Draw(size, seed))
    if not found:
        raise ValueError(
            f"`X` must have rows of numbers; all rows of {table.name} are NaN or infinite."
        )
    return Drawn(found[0].X, found[0].numbers, int(found[0].copies.sum()) - len(found[0].X))
