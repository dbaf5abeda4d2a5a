"""Pictures that lie one behind the other in a file, plain or compressed: .npz and NORB's .mat."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np

from ._collections import runs

# magic numbers of "the binary matrix format", as its authors name them
TYPES = {0x1E3D4C55: "<u1", 0x1E3D4C54: "<i4", 0x1E3D4C51: "<f4", 0x1E3D4C53: "<f8"}


@dataclass(frozen=True)
class Binary:
    """An array (n, ...) in C order from the byte ``start`` of a stream on."""

    open: Callable[[], Any]
    start: int
    shape: tuple[int, ...]
    dtype: np.dtype

    def rows(self, numbers: np.ndarray) -> Iterator[np.ndarray]:
        """The rows of increasing numbers, in blocks. Forward only: streams decompress on the way.

        Raises ValueError where the stream ends too early.
        """
        row_bytes = int(np.prod(self.shape[1:])) * self.dtype.itemsize
        with self.open() as stream:
            for run in runs(numbers):
                stream.seek(self.start + int(run[0]) * row_bytes)
                data = stream.read(len(run) * row_bytes)
                if len(data) < len(run) * row_bytes:
                    raise ValueError(f"it ends before picture {run[-1]} of {self.shape[0]}")
                yield np.frombuffer(data, self.dtype).reshape(len(run), *self.shape[1:])

    def whole(self) -> np.ndarray:
        """The array (n, ...) itself."""
        return np.concatenate(list(self.rows(np.arange(self.shape[0]))))


def of_npz(path: Path, key: str) -> Binary:
    """One array of an .npz file."""

    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with ZipFile(path) as archive, archive.open(f"{key}.npy") as member:
            yield member

    with opened() as member:
        version = np.lib.format.read_magic(member)
        old = version == (1, 0)
        read = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(member)
        if fortran:
            raise ValueError(f"{key} is in Fortran order")
        return Binary(opened, member.tell(), shape, dtype)


def of_matrix(path: Path) -> Binary:
    """A binary matrix: magic number, number of dimensions, at least three lengths, the numbers."""

    def opened() -> Any:
        return gzip.open(path) if path.suffix == ".gz" else path.open("rb")

    with opened() as stream:
        magic, n_dims = struct.unpack("<ii", stream.read(8))
        if magic not in TYPES or not 1 <= n_dims <= 8:
            raise ValueError(f"its magic number is {magic:#x}, its number of dimensions {n_dims}")
        held = max(3, n_dims)
        shape = struct.unpack(f"<{held}i", stream.read(4 * held))[:n_dims]
        if min(shape) < 1:
            raise ValueError(f"its shape is {shape}")
    return Binary(opened, 8 + 4 * held, shape, np.dtype(TYPES[magic]))
