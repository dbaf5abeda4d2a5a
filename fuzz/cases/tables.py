"""Tables of rows, good and bad, for all kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from ..draws import Draw


def good(draw: Draw, n: int, n_columns: int = 3) -> np.ndarray:
    """Rows (n, n_columns) of a smooth sheet, on arcs so that they are isometric to a rectangle."""
    rng = draw.rng()
    factors = rng.uniform(-0.5, 0.5, size=(n, max(1, n_columns // 2)))
    on_arcs = np.hstack([np.cos(factors), np.sin(factors)])
    filling = np.zeros((n, max(0, n_columns - on_arcs.shape[1])))
    return np.hstack([on_arcs, filling])[:, :n_columns]


def numbers(draw: Draw, n: int, n_columns: int) -> np.ndarray:
    """Independent numbers (n, n_columns)."""
    return draw.rng().uniform(-1, 1, size=(n, n_columns))


# What is wrong with a table (n, columns) of floats; each gives something of another kind or shape.
SPOILT: dict[str, Callable[[np.ndarray], Any]] = {
    "empty": lambda X: X[:0],
    "no columns": lambda X: X[:, :0],
    "one row": lambda X: X[:1],
    "two rows": lambda X: X[:2],
    "one column": lambda X: X[:, :1],
    "1-D": lambda X: X[:, 0],
    "0-D": lambda X: X[0, 0],
    "3-D": lambda X: X[:, :, None],
    "4-D": lambda X: X[:, None, None],
    "transposed": lambda X: X.T,
    "too short": lambda X: X[:-1],
    "too wide": lambda X: np.hstack([X, X]),
    "NaN": lambda X: _with(X, np.nan),
    "all NaN": lambda X: np.full_like(X, np.nan),
    "infinity": lambda X: _with(X, np.inf),
    "object": lambda X: X.astype(object),
    "object with None": lambda X: _with(X.astype(object), None),
    "object with words": lambda X: _with(X.astype(object), "word"),
    "object with lists": lambda X: _with(X.astype(object), [1, 2]),
    "words": lambda X: np.full(X.shape, "word"),
    "words of numbers": lambda X: X.astype(str),
    "bytes": lambda X: np.full(X.shape, b"1.5"),
    "bool": lambda X: X > 0,
    "int8": lambda X: np.round(100 * X / (np.abs(X).max() or 1)).astype(np.int8),
    "uint64": lambda X: np.abs(X * 1e6).astype(np.uint64),
    "float16": lambda X: X.astype(np.float16),
    "float32": lambda X: X.astype(np.float32),
    "longdouble": lambda X: X.astype(np.longdouble),
    "complex": lambda X: X + 1j,
    "big-endian": lambda X: X.astype(">f8"),
    "dates": lambda X: np.full(X.shape, np.datetime64("2020-01-01")),
    "record": lambda X: np.zeros(len(X), dtype=[("a", float), ("b", int)]),
    "masked": lambda X: np.ma.masked_less(X, 0),
    "matrix": lambda X: sparse.csr_matrix(X).todense(),
    "sparse": lambda X: sparse.csr_array(X),
    "list": lambda X: X.tolist(),
    "ragged list": lambda X: [*X.tolist(), [1.0]],
    "dict": lambda X: {"a": X.tolist()},
    "generator": lambda X: (row for row in X),
    "constant": lambda X: np.zeros_like(X),
    "one distinct row": lambda X: np.broadcast_to(X[0], X.shape),
    "few distinct rows": lambda X: X[np.arange(len(X)) % 3],
    "huge": lambda X: X * 1e300,
    "at the limit": lambda X: np.sign(X + 0.5) * np.finfo(float).max,
    "tiny": lambda X: X * 1e-300,
    "subnormal": lambda X: X * 1e-318,
    "far away": lambda X: X + 1e12,
    "one huge row": lambda X: _with(X, 1e200),
    "Fortran": lambda X: np.asfortranarray(X),
    "reversed": lambda X: X[::-1, ::-1],
    "every second": lambda X: np.repeat(X, 2, axis=0)[::2],
    "read-only": lambda X: _read_only(X),
}


def spoilt(draw: Draw, X: np.ndarray) -> Any:
    """A table with something wrong or unusual about it."""
    X = np.array(X, dtype=float)
    return SPOILT[draw.pick(sorted(SPOILT))](X.reshape(len(X), -1) if X.ndim < 2 else X)


def _with(X: np.ndarray, value: Any) -> np.ndarray:
    changed = X.copy()
    if changed.size:
        changed[len(X) // 2, -1] = value
    return changed


def _read_only(X: np.ndarray) -> np.ndarray:
    X.flags.writeable = False
    return X
