"""The rows stage: the only place that knows where the data live.

Later stages see blocks of rows, so that their memory does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from ..stages import StageClock

__all__ = ["Pass", "Rows", "Table", "check_finite", "in_memory", "in_partitions", "opened"]

BLOCK_ENTRIES = 1 << 22

State = TypeVar("State")
RowFunction = Callable[[np.ndarray, np.ndarray], np.ndarray]
Result = TypeVar("Result")


class Pass(Protocol[State]):
    """What one reading of all rows gathers: states of parts of the table can be merged.

    ``add`` changes a state by some rows (m, D) with their numbers (m,), increasing; ``merge`` makes
    one state of several, given in the order of their rows.
    """

    def begin(self) -> State: ...

    def add(self, state: State, numbers: np.ndarray, rows: np.ndarray) -> None: ...

    def merge(self, states: list[State]) -> State: ...


class Table(Protocol):
    """Rows that are read by passes: here, or in partitions on other machines."""

    @property
    def name(self) -> str: ...

    @property
    def n_rows(self) -> int: ...

    @property
    def n_columns(self) -> int: ...

    @property
    def dtype(self) -> np.dtype: ...

    @property
    def columns(self) -> list[str] | None: ...

    @property
    def path(self) -> Path | None: ...

    @property
    def at_hand(self) -> bool:
        """Whether results of every row are computed at once, or when they are asked for."""
        ...

    def whole(self) -> np.ndarray: ...

    def passed(self, work: Pass[State], *, there: bool = False) -> State:
        """Read all rows once. What comes of it may stay ``there``, as an argument for ``run``."""
        ...

    def run(
        self, function: Callable[..., Result], *arguments: Any, clock: StageClock, **named: Any
    ) -> Result:
        """``function(*arguments, clock=clock, **named)``, where the nodes are worked on."""
        ...

    def lazily(self, function: RowFunction, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """``function(numbers, rows)``, of some shape for each row, for when it is asked for."""
        ...


@dataclass(frozen=True)
class Rows:
    """A table of rows on this machine.

    Attributes
    ----------
    name : str
        For messages.
    n_rows, n_columns : int
        Shape of the table.
    dtype : dtype
        float32 or float64: what blocks are converted to.
    read : callable
        () -> iterator of consecutive blocks, each (m, n_columns).
    columns : list of str or None
        Names of the columns, where they have some.
    array : ndarray of shape (n_rows, n_columns), or None
        The whole table where it is in memory, finite and of this dtype.
    path : Path or None
        File that is read, where it is known.
    """

    name: str
    n_rows: int
    n_columns: int
    dtype: np.dtype
    read: Callable[[], Iterator[np.ndarray]]
    columns: list[str] | None = None
    array: np.ndarray | None = None
    path: Path | None = None

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Number of the first row, and rows (m, n_columns), block by block.

        Raises ValueError where a row is not finite.
        """
        start = 0
        for block in self._readable():
            rows = np.ascontiguousarray(block, dtype=self.dtype)
            if self.array is None:
                check_finite(rows, start, f" of {self.name}")
            yield start, rows
            start += len(rows)
        if start != self.n_rows:
            raise ValueError(
                f"{self.name} must hold {self.n_rows} rows, as it says; {start} could be read. "
                "The file may be damaged, or have changed during the fit."
            )

    def passed(self, work: Pass[State], *, there: bool = False) -> State:
        """Read all rows once."""
        state = work.begin()
        for start, block in self.blocks():
            work.add(state, np.arange(start, start + len(block)), block)
        return state

    def run(
        self, function: Callable[..., Result], *arguments: Any, clock: StageClock, **named: Any
    ) -> Result:
        """``function(*arguments, clock=clock, **named)``, where the nodes are worked on: here."""
        return function(*arguments, clock=clock, **named)

    @property
    def at_hand(self) -> bool:
        """Results of every row are computed at once."""
        return True

    def lazily(self, function: RowFunction, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Not here: what is on this machine is computed at once."""
        raise NotImplementedError

    def whole(self) -> np.ndarray:
        """All rows (n_rows, n_columns)."""
        if self.array is not None:
            return np.ascontiguousarray(self.array)
        whole = np.empty((self.n_rows, self.n_columns), dtype=self.dtype)
        for start, block in self.blocks():
            whole[start : start + len(block)] = block
        return whole

    def _readable(self) -> Iterator[np.ndarray]:
        try:
            yield from self.read()
        except MemoryError:
            raise
        except Exception as problem:  # a damaged file can raise anything
            if str(problem).startswith("`X`"):
                raise
            raise ValueError(f"`X` must be readable; {self.name} is not: {problem}") from problem


def check_finite(rows: np.ndarray, start: int = 0, where: str = "") -> None:
    """Raise ValueError that names the first number that is not finite.

    ``start`` is the number of the first row, ``where`` what is said after the column.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers that are near the limit
        if np.isfinite(rows.sum(dtype=np.float64)):
            return
    bad = np.argwhere(~np.isfinite(rows))
    if len(bad):
        row, column = bad[0]
        value = "NaN" if np.isnan(rows[row, column]) else "an infinity"
        raise ValueError(
            f"`X` must be finite; row {start + row}, column {column}{where} is {value}. "
            "Remove or fill such rows."
        )


def rows_in_block(n_columns: int) -> int:
    """Rows of one block: some ten megabytes."""
    return max(1, BLOCK_ENTRIES // max(1, n_columns))


def in_memory(X: np.ndarray) -> Rows:
    """A validated array (n, D), float32 or float64, as Rows."""
    step = rows_in_block(X.shape[1])

    def read() -> Iterator[np.ndarray]:
        for start in range(0, len(X), step):
            yield X[start : start + step]

    return Rows("`X`", len(X), X.shape[1], X.dtype, read, array=X)


def opened(X: Any) -> Table | None:
    """Rows of a path, a memory map, an open handle or a Dask collection; None for anything else.

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        If there is no such file, or it does not hold a table of numbers.
    ImportError
        If the package that reads it is not there.
    """
    from . import files

    table = in_partitions(X)
    return files.opened(X) if table is None else table


def in_partitions(X: Any) -> Table | None:
    """Rows of a Dask array or data frame; None for anything else."""
    if type(X).__module__.partition(".")[0] not in ("dask", "dask_expr"):
        return None
    from .partitions import partitions_of

    found = partitions_of(X)
    if found is None:
        raise TypeError(
            f"`X` must be a Dask array or data frame, of the collections of Dask; got a "
            f"{type(X).__name__}."
        )
    return found
