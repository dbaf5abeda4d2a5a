"""Checks that more than one module makes, with errors that name the parameter."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np

TIMES_AS_NUMBERS = "Leave it out, or write times as numbers, of days since the first, say."


def choice(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Raise ValueError unless ``value`` is one of the allowed words."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, allowed))}; got {value!r}.")


def whole(name: str, value: Any, *, at_least: int) -> int:
    """``value`` as an int; TypeError or ValueError unless it is a whole number in its range."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"`{name}` must be a whole number; got {value!r}.")
    if value < at_least:
        raise ValueError(f"`{name}` must be at least {at_least}; got {value}.")
    return int(value)


def number(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float = 0.0,
    at_most: float = np.inf,
) -> float:
    """``value`` as a float; TypeError or ValueError unless it is finite and in its range."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"`{name}` must be a number; got {value!r}.")
    value = float(value)
    if above is not None and not (np.isfinite(value) and value > above):
        raise ValueError(f"`{name}` must be a finite number above {above:g}; got {value}.")
    if above is None and not (np.isfinite(value) and value >= at_least):
        raise ValueError(f"`{name}` must be a finite number of at least {at_least:g}; got {value}.")
    if value > at_most:
        raise ValueError(f"`{name}` must be at most {at_most:g}; got {value:g}.")
    return value


def floats(name: str, values: Any) -> np.ndarray:
    """``values`` as float64; ValueError for what is no array of numbers."""
    check_unmasked(name, values)
    try:
        array = np.asarray(values)
        if np.iscomplexobj(array):
            raise TypeError("its numbers are complex")
        return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError(
            f"`{name}` must be an array of numbers; got a {type(values).__name__} that is none: "
            f"{problem}."
        ) from problem


def float_dtypes(X: Any) -> Any:
    """The ``dtype`` for scikit-learn's checks: float32 stays, and all else becomes float64.

    They look at the columns of a frame only if it is one of pandas with dtypes of NumPy.
    """
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
        names = {str(dtype).lower() for dtype in X.dtypes}
        return np.float32 if names == {"float32"} else np.float64
    return [np.float64, np.float32]


def word(name: str, value: Any) -> str:
    """``value``; TypeError unless it is a str."""
    if not isinstance(value, str):
        raise TypeError(f"`{name}` must be a word; got {value!r}.")
    return value


def flag(name: str, value: Any) -> bool:
    """``value`` as a bool; TypeError unless it is one."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"`{name}` must be True or False; got {value!r}.")
    return bool(value)


def path_of(name: str, value: Any, what: str) -> Path:
    """``value`` as a Path; TypeError or ValueError for what no file can be called."""
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"`{name}` must be {what}; got {value!r}.")
    path = Path(value)
    try:
        os.stat(path)
    except ValueError as problem:  # a zero, or half a character
        raise ValueError(f"`{name}` must be {what}; got {value!r}: {problem}.") from problem
    except OSError as problem:
        if problem.errno == errno.ENAMETOOLONG:
            raise ValueError(f"`{name}` must be {what}; got {value!r}: it is too long.") from None
    return path


def n_threads(n_jobs: Any) -> int:
    """Number of threads for ``n_jobs``: None and -1 mean all cores, -2 all but one."""
    if hasattr(os, "sched_getaffinity"):  # what this process may use, in a container too
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    if n_jobs is None:
        return cores
    if not isinstance(n_jobs, Integral) or isinstance(n_jobs, bool):
        raise TypeError(f"`n_jobs` must be a whole number or None; got {n_jobs!r}.")
    n_jobs = int(n_jobs)
    if n_jobs == 0:
        raise ValueError(
            "`n_jobs` must be None, positive, or negative to count from all cores (-1); got 0."
        )
    return n_jobs if n_jobs > 0 else max(1, cores + 1 + n_jobs)


def seeded(random_state: Any) -> np.random.RandomState:
    """A RandomState from None, an int, a RandomState or a Generator."""
    if isinstance(random_state, np.random.RandomState):
        return random_state
    if isinstance(random_state, np.random.Generator):
        return np.random.RandomState(random_state.bit_generator)
    if random_state is None:
        return np.random.RandomState()
    if isinstance(random_state, Integral) and not isinstance(random_state, bool):
        seed = int(random_state)
        if 0 <= seed < 2**32:
            return np.random.RandomState(seed)
    raise ValueError(
        "`random_state` must be None, an int from 0 to 2**32 - 1, a RandomState or a Generator; "
        f"got {random_state!r}."
    )


def power_of_two(size: float) -> float:
    """The power of two next to ``size``, or 1 for 0: a unit whose division rounds nothing."""
    return 1.0 if size == 0 else float(2.0 ** np.round(np.log2(size)))


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Give errors of other libraries about an argument its name, where they do not have it."""
    try:
        yield
    except (TypeError, ValueError) as problem:
        if name in re.findall(r"\w+", str(problem)):
            raise
        kind = TypeError if isinstance(problem, TypeError) else ValueError
        raise kind(f"`{name}` cannot be taken as it is: {problem}") from problem


def check_unmasked(name: str, values: Any) -> None:
    """Raise ValueError for a masked array, whose mask would be lost without a word."""
    if not isinstance(values, np.ma.MaskedArray):
        return
    # of a structured array, one of each field
    n_masked = np.count_nonzero(np.ascontiguousarray(values.mask).view(bool))
    if n_masked:
        raise ValueError(
            f"`{name}` must be complete; {n_masked} of its cells are masked. "
            f"Fill them ({name}.filled(...), sklearn.impute) or leave their rows out."
        )


def check_numbers(name: str, table: Any) -> None:
    """Raise ValueError or TypeError for a table that is not one of numbers, all of them known.

    Of a data frame the first column that holds something else is named.
    """
    check_unmasked(name, table)
    dtype = getattr(table, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "mM":
        raise ValueError(f"`{name}` must hold numbers; it holds {dtype}. {TIMES_AS_NUMBERS}")
    if isinstance(table, np.lib.npyio.NpzFile):
        raise TypeError(
            f"`{name}` must be an array; got an open .npz file of {', '.join(table.files)}. Pass "
            "one of its arrays, or its path."
        )
    if hasattr(table, "collect"):  # of polars, whose columns take a while
        raise TypeError(
            f"`{name}` must be at hand; got a {type(table).__name__}. Pass {name}.collect()."
        )
    if not (hasattr(table, "columns") and hasattr(table, "dtypes")):
        return
    for column, dtype in zip(table.columns, table.dtypes, strict=True):
        kind = str(dtype).lower()
        if kind.startswith(("float", "int", "uint", "bool")):
            continue
        if kind.startswith(("date", "time", "duration", "period")):
            raise ValueError(
                f"`{name}` must hold numbers; column {column!r} does not ({dtype}). "
                f"{TIMES_AS_NUMBERS}"
            )
        if kind.startswith("sparse"):
            raise TypeError(
                f"`{name}` must be dense; column {column!r} is not ({dtype}). Pass "
                f"{name}.sparse.to_dense()."
            )
        try:
            np.asarray(table[column], dtype=np.float64)
        except (TypeError, ValueError) as problem:
            raise ValueError(
                f"`{name}` must hold numbers; column {column!r} does not ({dtype}: {problem}). "
                "Leave it out, or write numbers in place of the words."
            ) from problem


def check_flat(X: Any) -> None:
    """Raise ValueError, with the way out, for a stack of pictures that was not flattened."""
    shape = getattr(X, "shape", ())
    if len(shape) > 2:
        raise ValueError(
            "`X` must be a table (n_samples, n_features), one flattened picture a row; got an "
            f"array of dim {len(shape)} and shape {tuple(shape)}. Pass X.reshape(len(X), -1)."
        )
