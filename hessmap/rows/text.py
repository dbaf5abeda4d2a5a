"""Rows from .csv files: columns of numbers under names, or without them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ..exceptions import HessmapWarning, warn
from . import Rows

BLOCK_BYTES = 1 << 20
CELL_BYTES = 128  # more than any number takes: no line may be longer than a block
SEPARATORS = (";", "\t", "|")  # of other tables than those of commas
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")


@dataclass(frozen=True)
class FirstLine:
    """What the first line of a .csv file says.

    Attributes
    ----------
    path : Path
    n_columns : int
    names : list of str or None
        Names of the columns, None where the first line already holds numbers.
    before : int
        Lines before the first row.
    index : bool
        Whether a column without a name comes before those with one: the index of a data frame,
        which is left out.
    """

    path: Path
    n_columns: int
    names: list[str] | None
    before: int
    index: bool = False

    def blocks(self) -> Iterator[np.ndarray]:
        """Rows (m, n_columns), float64, missing cells as NaN, some megabyte of the file a time.

        Raises ValueError that names the first cell that is no number, or the first ragged row.
        """
        import pyarrow
        from pyarrow import csv as arrow

        names = [str(column) for column in range(self.n_columns)]
        index = ["index"] if self.index else []
        try:
            batches = arrow.open_csv(
                self.path,
                arrow.ReadOptions(
                    column_names=index + names,
                    skip_rows=self.before,
                    block_size=max(BLOCK_BYTES, CELL_BYTES * (self.n_columns + self.index)),
                ),
                convert_options=arrow.ConvertOptions(
                    column_types=dict.fromkeys(names, pyarrow.float64()),
                    include_columns=names,
                    null_values=MISSING,
                ),
            )
            for batch in batches:
                yield np.column_stack([one.to_numpy(zero_copy_only=False) for one in batch.columns])
        except pyarrow.ArrowInvalid as problem:
            self._explain(problem)

    def _explain(self, problem: Exception) -> NoReturn:
        """Name the row, column and line that pyarrow, which reads blocks in parallel, cannot."""
        row = 0
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            for cells in lines(reader, self.path):
                if reader.line_num <= self.before or not cells:
                    continue
                where = f"row {row} of {self.path} (line {reader.line_num})"
                if len(cells) != self.n_columns + self.index:
                    raise ValueError(
                        f"`X` must have rows of one length; {where} has {len(cells)} cells, the "
                        f"first line has {self.n_columns + self.index}. Fill or remove such "
                        "rows, and what is written above the table."
                    ) from None
                for column, cell in enumerate(cells[self.index :]):
                    if not is_number(cell) and cell not in MISSING:
                        name = self.names[column] if self.names else column
                        raise ValueError(
                            f"`X` must hold numbers; {where} has {cell!r} in column {name}. "
                            "Remove such columns, or write numbers in place of the words."
                        ) from None
                row += 1
        raise ValueError(f"`X` must be readable; {self.path} is not: {problem}") from problem


def csv_rows(path: Path) -> Rows:
    """Rows of a .csv file, which is read once to count and check them."""
    first = first_line(path)
    if first.index:
        warn(
            f"the first column of {path} has no name, as the index of a data frame: it is left "
            "out. Give it a name if it belongs to the rows.",
            HessmapWarning,
        )
    if first.names == _counted(first.n_columns):
        warn(
            f"the first line of {path} counts the columns, 0 to {first.n_columns - 1}, as a data "
            "frame without names is written: it is not taken as a row. Write a line of names "
            "above it if it is one.",
            HessmapWarning,
        )
    n_rows = sum(len(block) for block in first.blocks())
    if n_rows == 0:
        raise ValueError(f"`X` must have rows and columns; {path} has a first line and no row.")
    dtype = np.dtype(np.float64)
    return Rows(str(path), n_rows, first.n_columns, dtype, first.blocks, first.names)


def first_line(path: Path) -> FirstLine:
    """Names of the columns, unless the first line that is not empty holds nothing but numbers."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        before = 0
        for cells in lines(reader, path):
            if cells:
                break
            before = reader.line_num
        else:
            raise ValueError(f"`X` must have rows and columns; {path} is empty.")
        names = [cell.strip() for cell in cells]
        index = len(names) > 1 and not names[0] and all(names[1:])
        if names[index:] != _counted(len(names) - index) or len(names) - index == 1:
            if all(is_number(cell) for cell in cells):
                return FirstLine(path, len(cells), None, before)
            _check_separator(path, cells)
            _check_names(path, cells)
        return FirstLine(path, len(names) - index, names[index:], reader.line_num, index)


def lines(reader: Iterator[list[str]], path: Path) -> Iterator[list[str]]:
    """Lines of a file; ValueError where it is no text of cells."""
    try:
        yield from reader
    except csv.Error as problem:
        raise ValueError(f"`X` must be readable; {path} is not: {problem}") from problem
    except UnicodeDecodeError as problem:
        raise ValueError(
            f"`X` must be readable; {path} is not: {problem}. Save it as UTF-8."
        ) from problem


def _counted(n_columns: int) -> list[str]:
    return [str(column) for column in range(n_columns)]


def _check_separator(path: Path, cells: list[str]) -> None:
    for mark in SEPARATORS:
        parts = [part for cell in cells for part in cell.split(mark)]
        if len(parts) > len(cells) and (len(cells) == 1 or all(map(is_number, parts))):
            raise ValueError(
                f"`X` must have columns separated by commas, and points in its numbers; the first "
                f"line of {path} has {mark!r} ({','.join(cells)[:60]}). Write it so, or read it by "
                f"pandas.read_csv(path, sep={mark!r}), with decimal=',' where commas are points."
            )


def _check_names(path: Path, cells: list[str]) -> None:
    numbers = [cell for cell in cells if is_number(cell)]
    if numbers and all(is_number(cell) or cell.strip() in MISSING for cell in cells):
        # a row with gaps, or numbers as names: a guess would lose a row or invent one
        raise ValueError(
            f"`X` must have names or numbers in its first line; that of {path} has numbers and "
            f"empty cells ({','.join(cells)[:60]}). Fill the cells, or name the columns."
        )


def is_number(cell: Any) -> bool:
    """Whether a cell holds a number."""
    try:
        return not math.isnan(float(cell)) and "_" not in cell
    except ValueError:
        return False
