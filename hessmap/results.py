"""Where results of every row are kept: in memory, or in files that appear when they are whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ._validation import path_of


class Results:
    """Arrays of one fit or one map, by name; files under ``folder`` where it is not None.

    A file is written under the name ``.name.npy.part`` and takes its own name at the end, so that
    no half-written file is ever found under it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._arrays: dict[str, np.ndarray] = {}
        self._lazy: dict[str, Any] = {}

    def new(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """An array to be filled."""
        if self._folder is None:
            self._arrays[name] = np.empty(shape, dtype=dtype)
        else:
            self._arrays[name] = np.lib.format.open_memmap(
                self._part(name), mode="w+", dtype=dtype, shape=shape
            )
        return self._arrays[name]

    def keep(self, name: str, array: np.ndarray) -> None:
        """Take an array that is already filled, unless it is one of these."""
        if name not in self._arrays:
            self.new(name, array.shape, array.dtype)[:] = array

    def put(self, name: str, lazy: Any) -> Any:
        """An array of somewhere else, which is not written."""
        self._lazy[name] = lazy
        return lazy

    def finished(self) -> dict[str, np.ndarray]:
        """The arrays; from files, read-only memory maps of them."""
        if self._folder is None:
            return {**self._arrays, **self._lazy}
        for name, array in self._arrays.items():
            array.flush()  # type: ignore[attr-defined]
            os.replace(self._part(name), self._folder / f"{name}.npy")
        return {name: np.load(self._folder / f"{name}.npy", mmap_mode="r") for name in self._arrays}

    def discard(self) -> None:
        """Remove what was not finished."""
        for name in self._arrays:
            if self._folder is not None:
                self._part(name).unlink(missing_ok=True)

    def _part(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f".{name}.npy.part"


@contextmanager
def results(folder: Path | None) -> Iterator[Results]:
    """Results that leave nothing behind if an error ends the work on them."""
    kept = Results(folder)
    try:
        yield kept
    except BaseException:
        kept.discard()
        raise


NAMES = ("embedding", "node_of", "sources")


def folder(out: Any, source: Path | None = None) -> Path | None:
    """A folder to write to, made if it is not there; None for None.

    Raises ValueError where a result would take the place of the ``source`` that is read.
    """
    if out is None:
        return None
    path = path_of("out", out, "None or the path of a folder")
    if path.exists() and not path.is_dir():
        raise ValueError(f"`out` must be a folder; {path} is a file. Name another place.")
    path.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        result = path / f"{name}.npy"
        if result.is_dir():
            raise ValueError(f"`out` must have room for {result}, which is a folder.")
        if source is not None and result.exists() and result.samefile(source):
            raise ValueError(
                f"`out` must not be the folder of the rows: {result} is what is read. Name another "
                "folder."
            )
    return path


def nowhere(out: Any) -> None:
    """Raise ValueError if results that are only computed when asked for are to be written."""
    if out is not None:
        raise ValueError(
            f"`out` must be None with a Dask collection; got {out!r}. Results are Dask arrays: "
            "write them with .to_zarr(path), or dask.array.to_npy_stack."
        )
