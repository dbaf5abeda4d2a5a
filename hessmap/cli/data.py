"""The data of a run: rows, and what is known of them beyond numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..memory import available_bytes
from ..pictures import Blur
from ..rows import Rows, in_memory
from ..rows.draw import drawn
from ..rows.files import opened
from ..rows.images import picture, pictures
from ..stages import StageClock

COPIES = 2  # of all pictures, while they are smoothed


@dataclass(frozen=True)
class Data:
    """Rows from a path.

    Attributes
    ----------
    path : Path
        As it was given.
    rows : Rows
    shape : tuple of int or None
        Shape of a picture where rows are pictures.
    names : list of str or None
        Names of the files of pictures.
    """

    path: Path
    rows: Rows
    shape: tuple[int, ...] | None = None
    names: list[str] | None = None

    @property
    def kind(self) -> str:
        """What lies at the path."""
        return "table" if self.names is None else "folder of pictures"

    def whole(self) -> Data:
        """The same, in memory; MemoryError with the way out where it is too large for that."""
        needed = COPIES * self.rows.n_rows * self.rows.n_columns * self.rows.dtype.itemsize
        free = available_bytes()
        if free is not None and needed > free:
            raise MemoryError(
                f"smoothing {self.rows.n_rows:,} pictures takes {needed / 1e9:.1f} GB, and "
                f"{free / 1e9:.1f} GB are free. With --blur 0 they are read in blocks; or shrink "
                "them, or draw fewer."
            )
        return replace(self, rows=in_memory(self.rows.whole()))

    def some(self, size: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Rows (m, columns) of a sample, and which they are; None means all of them."""
        n_rows = self.rows.n_rows
        if self.names is None or self.rows.array is not None or n_rows <= size:
            sample = drawn(self.rows, size, 0, StageClock(verbose=False))
            return sample.X, sample.numbers
        # a picture can be read by itself
        which = np.sort(np.random.default_rng(0).choice(n_rows, size, replace=False))
        return np.array([picture(self.path / self.names[row]).ravel() for row in which]), which


def opened_data(path: Path, shape: tuple[int, ...] | None = None) -> Data:
    """Rows of a file, whose pictures have a ``shape`` if it holds some, or of a folder."""
    if path.is_dir() and path.suffix.lower() != ".zarr":
        found = pictures(path)
        if shape is not None and shape != found.shape:
            raise ValueError(
                f"`shape` must be that of the pictures in {path}, "
                f"{','.join(map(str, found.shape))}, or be left out; got "
                f"{','.join(map(str, shape))}."
            )
        return Data(
            path, replace(found.rows(), path=path), found.shape, [file.name for file in found.files]
        )
    rows = opened(path)
    assert rows is not None  # of a path there are rows or an error
    if shape is not None:
        check_shape(shape, rows)
    return Data(path, rows, shape)


def check_shape(shape: tuple[int, ...], rows: Rows) -> None:
    """Raise ValueError unless rows can be pictures of a shape."""
    if len(shape) not in (2, 3) or int(np.prod(shape)) != rows.n_columns or min(shape) < 1:
        raise ValueError(
            "`shape` must be height,width or height,width,channels with a product of "
            f"{rows.n_columns}, the columns of {rows.name}; got {','.join(map(str, shape))}."
        )


def smoothed(rows: Rows, blur: Blur) -> Rows:
    """Rows whose pictures are smoothed block by block when they are read."""

    def read() -> Iterator[np.ndarray]:
        for _, block in rows.blocks():
            yield blur.transform(block)

    return replace(rows, read=read, columns=None, array=None)
