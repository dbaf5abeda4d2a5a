"""What a call must leave as it was: the state of the process, and its arguments."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import warnings
from typing import Any

import numpy as np

MAX_LISTED = 50


class Surroundings:
    """State of the process, compared later with what it is then."""

    def __init__(self) -> None:
        self._state = _state()
        self._modules = len(sys.modules)
        self._filters: list[Any] = []

    def note_filters(self) -> None:
        """Remember the filters of warnings, inside of what catches these."""
        self._filters = list(warnings.filters)

    def check_filters(self) -> None:
        """Raise `Wrong` if the filters of warnings are others."""
        from .judge import Wrong

        # matplotlib and others may add filters of their own when they are imported
        gone = [item for item in self._filters if item not in warnings.filters]
        if gone or warnings.filters[:1] != self._filters[:1]:
            raise Wrong("the filters of warnings have changed")

    def check(self) -> None:
        """Raise `Wrong` if something else has changed."""
        from .judge import Wrong

        now = _state()
        if len(sys.modules) != self._modules:  # some draw random numbers when they are imported
            self._state["Python's random state"] = None
        for name, value in self._state.items():
            if value is not None and now[name] != value:
                raise Wrong(f"{name} changed from {_differing(value, now[name])}")


def _differing(was: Any, now: Any) -> str:
    """Both states in short, of dicts what is not the same in both."""
    if isinstance(was, dict) and isinstance(now, dict):
        keys = [key for key in was | now if was.get(key) != now.get(key)]
        was, now = ({key: one.get(key) for key in keys} for one in (was, now))
    return f"{str(was)[-150:]} to {str(now)[-150:]}"


def _state() -> dict[str, Any]:
    name, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002 - which is what is looked at
    return {
        "numpy's error state": np.geterr(),
        "numpy's random state": (name, hash(keys.tobytes()), *rest),
        "numpy's print options": repr(np.get_printoptions()),
        "Python's random state": hash(random.getstate()),
        "the environment": hash(frozenset(os.environ.items())),
        "the working directory": os.getcwd(),
        "signal handlers": tuple(signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)),
        "the recursion limit": sys.getrecursionlimit(),
        "threads of BLAS": _blas_threads(),
        "threads of Numba": _numba_threads(),
    }


_libraries: dict[str, Any] = {"found": []}


def _blas_threads() -> dict[str, Any]:
    """Threads of each library that was there at the first look; more may be loaded later."""
    if not _libraries["found"]:
        from threadpoolctl import ThreadpoolController

        _libraries["found"] = ThreadpoolController().lib_controllers
    return {lib.filepath: lib.get_num_threads() for lib in _libraries["found"]}


def _numba_threads() -> int | None:
    numba = sys.modules.get("numba")
    return None if numba is None else int(numba.get_num_threads())


def fingerprint(value: Any) -> Any:  # noqa: PLR0911 - one for each type
    """Something equal for equal values, to tell whether an argument was changed."""
    if isinstance(value, np.random.RandomState | np.random.Generator):
        return "a generator"  # which drawing changes
    if isinstance(value, np.ma.MaskedArray):
        return fingerprint(value.data), fingerprint(np.ma.getmaskarray(value))
    if isinstance(value, np.ndarray):
        flags = value.flags.writeable, value.strides
        text = repr(value.tolist()).encode() if value.dtype.hasobject else value.tobytes()
        return str(value.dtype), value.shape, flags, hashlib.sha1(text).hexdigest()
    if hasattr(value, "tocsr") and hasattr(value, "data"):
        return fingerprint(np.asarray(value.tocsr().data))
    if hasattr(value, "to_numpy") and hasattr(value, "columns"):
        return list(value.columns), fingerprint(np.asarray(value.to_numpy()))
    if isinstance(value, dict):
        return {key: fingerprint(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fingerprint(item) for item in value[:MAX_LISTED]]
    if isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    return type(value).__name__
