"""The rows stage: the only place that knows where the data live.

Later stages see blocks of rows, so that their memory does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812 - a class

import numpy as np

__all__ = ["Rows", "drawn", "in_memory", "opened"]

BLOCK_ENTRIES = 1 << 22


@dataclass(frozen=True)
class Rows:
    """A table of rows, wherever it is.

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
                self._check_finite(rows, start)
            yield start, rows
            start += len(rows)
        if start != self.n_rows:
            raise ValueError(
                f"{self.name} must hold {self.n_rows} rows, as it says; {start} could be read. "
                "The file may be damaged, or have changed during the fit."
            )

    def _readable(self) -> Iterator[np.ndarray]:
        try:
            yield from self.read()
        except (OSError, EOFError, BadZipFile, ZlibError) as problem:
            raise ValueError(f"`X` must be readable; {self.name} is not: {problem}") from problem

    def _check_finite(self, rows: np.ndarray, start: int) -> None:
        if np.isfinite(rows.sum(dtype=np.float64)):
            return
        bad = np.argwhere(~np.isfinite(rows))
        if len(bad):
            row, column = bad[0]
            raise ValueError(
                f"`X` must be finite; row {start + row}, column {column} of {self.name} is "
                f"{rows[row, column]}. Remove or fill such rows."
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


def opened(X: Any) -> Rows | None:
    """Rows of a path, a memory map or an open handle; None for anything else.

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        If there is no such file, or it does not hold a table of numbers.
    ImportError
        If the package that reads it is not there.
    """
    from . import files

    return files.opened(X)


def drawn(rows: Rows, size: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows (m, D) of a random sample in their order, and which they are; None means all of them."""
    n = rows.n_rows
    if n <= size:
        if rows.array is not None:
            return np.ascontiguousarray(rows.array), None
        whole = np.empty((n, rows.n_columns), dtype=rows.dtype)
        for start, block in rows.blocks():
            whole[start : start + len(block)] = block
        return whole, None
    chosen = np.sort(np.random.default_rng(seed).choice(n, size, replace=False, shuffle=False))
    if rows.array is not None:
        return rows.array[chosen], chosen
    sample = np.empty((size, rows.n_columns), dtype=rows.dtype)
    for start, block in rows.blocks():
        first, last = np.searchsorted(chosen, (start, start + len(block)))
        sample[first:last] = block[chosen[first:last] - start]
    return sample, chosen
