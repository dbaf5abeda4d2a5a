"""Rows from files and open handles: .npy, .npz, Zarr, HDF5, Parquet, .csv and folders of pictures.

Each reader gives consecutive blocks; none of them holds a whole table, nor leaves one resident.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np

from .._validation import path_of
from . import Rows, rows_in_block
from .images import pictures
from .text import csv_rows

EXTRA = "pip install hessmap[files]"


def opened(X: Any) -> Rows | None:
    """Rows of a path, a memory map or an open handle; None for anything else."""
    if isinstance(X, Rows):  # as the command line makes them
        return X
    if isinstance(X, str | os.PathLike):
        return _of_path(path_of("X", X, "rows or the path of a file"))
    if isinstance(X, np.memmap):
        rows = _of_array(X, f"the memory map of {X.filename}")
        return rows if X.filename is None else replace(rows, path=Path(X.filename))
    reader = HANDLES.get(type(X).__module__.partition(".")[0])
    return None if reader is None else reader(X)


def _of_h5py(X: Any) -> Rows:
    if hasattr(X, "shape"):
        return _of_array(X, f"the dataset {X.name} of {X.file.filename}")
    return _of_group(X, str(X.file.filename))


def _of_pyarrow(X: Any) -> Rows | None:
    return _of_parquet(X, "the Parquet file") if type(X).__name__ == "ParquetFile" else None


def _of_path(path: Path) -> Rows:
    if not path.exists():
        raise FileNotFoundError(f"`X` must be rows or the path of a file; there is no {path}.")
    if path.is_dir() and path.suffix.lower() != ".zarr":
        return replace(pictures(path).rows(), path=path)
    readers: dict[str, Callable[[Path], Rows]] = {
        ".npy": _npy,
        ".npz": _npz,
        ".zarr": _zarr,
        ".h5": _hdf5,
        ".hdf5": _hdf5,
        ".parquet": _parquet,
        ".csv": _csv,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"`X` must be a file that ends in {', '.join(readers)}, or a folder of pictures; "
            f"got {path}. Open it yourself and pass an array or a memory map."
        )
    try:
        return replace(reader(path), path=path)
    except (ImportError, MemoryError):
        raise
    except Exception as problem:  # a damaged file can raise anything
        if str(problem).startswith("`X`"):
            raise
        raise ValueError(f"`X` must be readable; {path} is not: {problem}") from problem


def _npy(path: Path) -> Rows:
    return _of_array(np.load(path, mmap_mode="r", allow_pickle=False), str(path))


def _npz(path: Path) -> Rows:
    with ZipFile(path) as archive:
        members = {
            name: header
            for name in archive.namelist()
            if name.endswith(".npy") and len((header := _header(archive, name))[0]) == 2
        }
    name = _only(members, str(path), "np.load(path)['name']")
    shape, fortran, dtype = members[name]
    if fortran:
        return _of_array(np.load(path, allow_pickle=False)[name[:-4]], f"{name} of {path}")
    step = rows_in_block(shape[1])

    def read() -> Iterator[np.ndarray]:
        with ZipFile(path) as archive, archive.open(name) as member:
            _read_header(member)
            for start in range(0, shape[0], step):
                count = min(step, shape[0] - start) * shape[1]
                data = member.read(count * dtype.itemsize)
                yield np.frombuffer(data, dtype, count).reshape(-1, shape[1])

    return _rows(f"{name} of {path}", shape, dtype, read)


def _header(archive: ZipFile, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    with archive.open(name) as member:
        return _read_header(member)


def _read_header(member: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    from numpy.lib import format as npy

    version = npy.read_magic(member)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    return read(member)


def _hdf5(path: Path) -> Rows:
    h5py = _package("h5py", path)
    return _of_group(h5py.File(path, "r"), str(path))


def _of_group(group: Any, name: str) -> Rows:
    found: dict[str, Any] = {}
    group.visititems(
        lambda key, item: (
            found.update({key: item}) if len(getattr(item, "shape", ())) == 2 else None
        )
    )
    key = _only(found, name, "h5py.File(path)['name']")
    return _of_array(found[key], f"the dataset {key} of {name}")


def _zarr(path: Path) -> Rows:
    zarr = _package("zarr", path)
    return _of_zarr(zarr.open(path, mode="r"), str(path))


def _of_zarr(item: Any, name: str) -> Rows:
    if hasattr(item, "shape"):
        return _of_array(item, name)
    found = {key: array for key, array in item.arrays() if array.ndim == 2}
    key = _only(found, name, "zarr.open(path)['name']")
    return _of_array(found[key], f"the array {key} of {name}")


def _parquet(path: Path) -> Rows:
    parquet = _package("pyarrow.parquet", path)
    return _of_parquet(parquet.ParquetFile(path), str(path))


def _csv(path: Path) -> Rows:
    _package("pyarrow", path)
    return csv_rows(path)


def _of_parquet(file: Any, name: str) -> Rows:
    import pyarrow

    # what pandas wrote of its index is no column of the table
    index = (file.schema_arrow.pandas_metadata or {}).get("index_columns", [])
    schema = [field for field in file.schema_arrow if field.name not in index]
    names = [field.name for field in schema]
    wrong = [
        field.name
        for field in schema
        if not (pyarrow.types.is_floating(field.type) or pyarrow.types.is_integer(field.type))
    ]
    if wrong:
        raise ValueError(
            f"`X` must have columns of numbers; of {name}, {', '.join(wrong[:5])} are none. "
            "Write the others to a file of their own, or pass an array."
        )
    n_rows = file.metadata.num_rows
    single = all(pyarrow.types.is_float32(field.type) for field in schema)

    def read() -> Iterator[np.ndarray]:
        for batch in file.iter_batches(batch_size=rows_in_block(len(schema)), columns=names):
            columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
            yield np.column_stack(columns)

    dtype = np.dtype(np.float32 if single else np.float64)
    return _rows(name, (n_rows, len(schema)), dtype, read, names)


def _of_array(array: Any, name: str) -> Rows:
    """Anything that has a shape and a dtype and can be sliced by rows."""
    if len(array.shape) != 2:
        raise ValueError(
            f"`X` must be a table (n_samples, n_features), one row each; {name} has the shape "
            f"{tuple(array.shape)}. Write it with the rows flattened."
        )
    step = rows_in_block(array.shape[1])
    # whole chunks at a time: a compressed chunk is read as often as a block touches it
    chunk = (getattr(array, "chunks", None) or (1,))[0]
    step = max(1, step // chunk) * chunk

    def read() -> Iterator[np.ndarray]:
        for start in range(0, array.shape[0], step):
            yield np.asarray(array[start : start + step])
            _forget(array)

    return _rows(name, tuple(array.shape), array.dtype, read)


def _forget(array: Any) -> None:
    """Let the system take back the pages of a read-only memory map, which count as ours."""
    pages = getattr(array, "_mmap", None)
    if pages is not None and array.mode == "r" and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)


def _rows(
    name: str,
    shape: tuple[int, ...],
    dtype: np.dtype,
    read: Callable[[], Iterator[np.ndarray]],
    columns: list[str] | None = None,
) -> Rows:
    if dtype.kind not in "fiub":
        raise ValueError(f"`X` must hold real numbers; {name} has the dtype {dtype}.")
    if 0 in shape:
        raise ValueError(f"`X` must have rows and columns; {name} has the shape {shape}.")
    kept = np.dtype(np.float32 if dtype == np.float32 else np.float64)
    return Rows(name, int(shape[0]), int(shape[1]), kept, read, columns)


def _only(found: dict[str, Any], name: str, way_out: str) -> str:
    if len(found) != 1:
        listed = ", ".join(sorted(found)[:5]) or "none"
        raise ValueError(
            f"`X` must name one table; {name} holds {len(found)} two-dimensional arrays "
            f"({listed}). Pass the one that you mean: {way_out}."
        )
    return next(iter(found))


def _package(name: str, path: Path) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise ImportError(
            f"reading {path} needs the package {name.partition('.')[0]}: {EXTRA}."
        ) from None


HANDLES: dict[str, Callable[[Any], Rows | None]] = {
    "h5py": _of_h5py,
    "zarr": lambda X: _of_zarr(X, f"the Zarr {X.name or 'array'}"),
    "pyarrow": _of_pyarrow,
}
