"""Dtypes of numbers, and what tables of them may come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse


def _integers(dtype: str) -> Callable[[np.ndarray], np.ndarray]:
    return lambda X: np.clip(np.round(40 * X), 0 if dtype[0] == "u" else -99, 99).astype(dtype)


DTYPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    **{
        dtype: lambda X, dtype=dtype: X.astype(dtype)
        for dtype in ("float16", "float32", "float64", "longdouble", ">f4", ">f8", "complex64")
    },
    **{dtype: _integers(dtype) for dtype in ("int8", "int32", "int64", "uint8", "uint64", ">i4")},
    "bool": lambda X: X > 0,
    "object": lambda X: X.astype(object),
    "object of integers": lambda X: np.round(9 * X).astype(int).astype(object),
    "words of numbers": lambda X: X.astype(str),
    "words": lambda X: np.full(X.shape, "word"),
    "bytes": lambda X: np.full(X.shape, b"x"),
    "dates": lambda X: np.full(X.shape, np.datetime64("2020-01-01")),
    "spans of time": lambda X: np.full(X.shape, np.timedelta64(3, "s")),
    "NaN": lambda X: np.where(np.arange(X.size).reshape(X.shape) == X.size // 2, np.nan, X),
    "infinity": lambda X: np.where(np.arange(X.size).reshape(X.shape) == X.size // 3, np.inf, X),
    "record": lambda X: np.zeros(X.shape, dtype=[("a", float), ("b", int)]),
}


class Sub(np.ndarray):
    """A subclass that does nothing."""


class Like:
    """Something that is no array and can be made one."""

    def __init__(self, X: np.ndarray) -> None:
        self._X = X

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self._X.astype(self._X.dtype if dtype is None else dtype)


def _strided(X: np.ndarray) -> np.ndarray:
    wide = np.zeros((2 * len(X), 3 * X.shape[1]), dtype=X.dtype)
    wide[::2, ::3] = X
    return wide[::2, ::3]


def _memmap(X: np.ndarray) -> Any:
    if X.dtype.hasobject or X.size == 0:
        return X
    kept = np.memmap("rows.dat", dtype=X.dtype, mode="w+", shape=X.shape)
    kept[:] = X
    kept.flush()
    return np.memmap("rows.dat", dtype=X.dtype, mode="r", shape=X.shape)


def _read_only(X: np.ndarray) -> np.ndarray:
    X = X.copy()
    X.flags.writeable = False
    return X


def _frame(X: np.ndarray) -> Any:
    return pd.DataFrame(X) if X.dtype.names is None else X


def _polars(X: np.ndarray) -> Any:
    try:
        return pl.DataFrame(X, schema=[f"c{j}" for j in range(X.shape[1])])
    except Exception:  # many of these dtypes have none of its own
        return X


def _nullable(X: np.ndarray) -> Any:
    try:
        return _frame(X).convert_dtypes()
    except Exception:
        return X


def _sparse(X: np.ndarray) -> Any:
    try:
        return sparse.csr_array(X)
    except (TypeError, ValueError):  # many of these dtypes have none
        return X


FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "plain": lambda X: X,
    "Fortran": np.asfortranarray,
    "strided": _strided,
    "reversed": lambda X: X[::-1, ::-1],
    "read-only": _read_only,
    "transposed": lambda X: np.ascontiguousarray(X.T).T,
    "repeated": lambda X: np.broadcast_to(X[:1], X.shape) if len(X) else X,
    "unaligned": lambda X: _unaligned(X),
    "subclass": lambda X: X.view(Sub),
    "matrix": lambda X: np.asmatrix(X) if X.dtype.names is None else X,
    "masked": lambda X: np.ma.MaskedArray(X),
    "masked, some": lambda X: (
        np.ma.MaskedArray(X, mask=np.arange(X.size).reshape(X.shape) % 7 == 0)
        if X.dtype.names is None
        else X
    ),
    "memory map": _memmap,
    "list": lambda X: X.tolist(),
    "tuple of arrays": lambda X: tuple(X),
    "list of frames": lambda X: [_frame(X)],
    "frame": _frame,
    "frame with names": lambda X: _frame(X).rename(columns=str) if X.dtype.names is None else X,
    "frame, nullable": _nullable,
    "polars": _polars,
    "sparse": _sparse,
    "like an array": Like,
    "1-D": lambda X: X.ravel(),
    "one column": lambda X: X[:, 0] if X.shape[1] else X,
    "3-D": lambda X: X[:, :, None],
    "0-D": lambda X: X.ravel()[0] if X.size else X,
    "ragged": lambda X: [*X.tolist(), [1.0]],
    "iterator": lambda X: iter(X.tolist()),
    "set": lambda X: set(range(len(X))),
    "dict": lambda X: {"rows": X},
    "memory view": lambda X: memoryview(X) if X.dtype.kind in "fi" else X,
    "word": lambda X: "rows",
    "None": lambda X: None,
}


def numbers_of(given: Any) -> np.ndarray | None:
    """The same numbers as float32 or float64 in C order; None where that is no plain question."""
    if isinstance(given, np.ma.MaskedArray) or not hasattr(given, "shape"):
        return None
    if not isinstance(given, np.ndarray | pd.DataFrame | pl.DataFrame):
        return None
    array = np.asarray(given)
    if array.ndim != 2 or array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        return None
    kept = np.float32 if array.dtype == np.float32 else np.float64
    return np.array(array, dtype=kept, order="C")


def _unaligned(X: np.ndarray) -> np.ndarray:
    if X.dtype.hasobject or X.size == 0:
        return X
    raw = np.zeros(X.nbytes + 1, dtype=np.uint8)[1:]
    copy = raw.view(X.dtype).reshape(X.shape)
    copy[:] = X
    return copy
