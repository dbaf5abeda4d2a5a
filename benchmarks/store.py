"""Results of a long benchmark: a table in a parquet file, complete after every row."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


class Store:
    """Rows by their key; those in the file from an earlier run are not computed again."""

    def __init__(self, path: Path, key: tuple[str, ...]) -> None:
        self.path, self.key, self.folder = path, key, path.with_suffix(".arrays")
        rows = pq.read_table(path).to_pylist() if path.exists() else []
        self.rows: dict[tuple, dict[str, Any]] = {self._key(row): row for row in rows}

    def _key(self, row: dict[str, Any]) -> tuple:
        return tuple(row[name] for name in self.key)

    def __contains__(self, key: tuple) -> bool:
        return key in self.rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows.values())

    def keep(self, name: str, array: np.ndarray) -> None:
        """Keep an array in a folder beside the table."""
        self.folder.mkdir(parents=True, exist_ok=True)
        np.save(self.folder / f"{name}.npy", array)

    def kept(self, name: str) -> np.ndarray | None:
        """An array that was kept; None where there is none."""
        file = self.folder / f"{name}.npy"
        return np.load(file) if file.exists() else None

    def add(self, row: dict[str, Any]) -> None:
        """Keep a row, and write the whole table, under its name only when it is whole."""
        self.rows[self._key(row)] = row
        self.path.parent.mkdir(parents=True, exist_ok=True)
        names = list(dict.fromkeys(name for one in self for name in one))
        table = pa.Table.from_pylist([{name: one.get(name) for name in names} for one in self])
        partial = self.path.with_suffix(".partial")
        pq.write_table(table, partial)
        os.replace(partial, self.path)
