"""Child processes of a worker: forked, watched and ended."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from hessmap import HessianEigenmaps, HessianICA

from ..judge import Verdict

SECONDS = 60.0


class Child:
    """A forked process that runs a function and tells its result."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                os.close(self._read)
                told = pickle.dumps(_told(work))
                with os.fdopen(write, "wb") as pipe:
                    pipe.write(told)
                code = 0
            finally:
                os._exit(code)
        os.close(write)

    def end(self, number: int) -> None:
        """Send a signal."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def result(self, seconds: float = SECONDS) -> tuple[str, Any]:
        """("result", value), ("exception", (name, text, trace)), ("died", code) or ("hang", s)."""
        data, until = b"", time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                self.end(signal.SIGKILL)
                self._reap()
                return "hang", seconds
            part = os.read(self._read, 1 << 20)
            if not part:
                break
            data += part
        status = self._reap()
        return pickle.loads(data) if data else ("died", status)

    def _reap(self) -> int:
        os.close(self._read)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _told(work: Callable[[], Any]) -> tuple[str, Any]:
    try:
        return "result", work()
    except BaseException as problem:
        name = type(problem).__name__
        return "exception", (name, str(problem), traceback.format_exc()[-3000:])


def failed(what: str, found: tuple[str, Any]) -> Verdict:
    """The verdict on a child that told no result."""
    kind, value = found
    if kind == "hang":
        return Verdict("hang", what, f"no answer in {value:.0f} s")
    if kind == "died":
        return Verdict("crash", what, f"the process ended with code {value}")
    name, text, trace = value
    last = [line for line in trace.splitlines() if "/hessmap/" in line]
    where = last[-1].rpartition("/hessmap/")[2].strip() if last else ""
    return Verdict("exception", what, f"{name}: {text}"[:500], where, trace)


def rows_of(rng: np.random.Generator, n: int, n_columns: int = 4) -> np.ndarray:
    """Rows (n, n_columns) that can be fitted."""
    factors = rng.uniform(-0.5, 0.5, size=(n, 2))
    sheet = np.hstack([np.cos(factors), np.sin(factors)])
    return sheet @ np.linalg.qr(rng.standard_normal((max(4, n_columns), 4)))[0].T[:, :n_columns]


def fitted(X: np.ndarray, name: str = "HessianICA", **options: Any) -> Any:
    """A model, without its warnings."""
    estimator = HessianICA if name == "HessianICA" else HessianEigenmaps
    with quiet():
        return estimator(random_state=0).set_params(**options.pop("set", {})).fit(X, **options)


def results_of(model: Any) -> list[np.ndarray]:
    """What is compared."""
    return [model.embedding_, model.eigenvalues_, model.node_of_, getattr(model, "sources_", None)]


def same(first: list[Any], second: list[Any]) -> bool:
    """Bit for bit, NaN like NaN."""
    pairs = zip(first, second, strict=True)
    return all(a is b or np.array_equal(a, b, equal_nan=True) for a, b in pairs)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
