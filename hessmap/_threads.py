"""Threads: compiled kernels over ranges of rows, and one BLAS thread during a fit.

Kernels release the interpreter lock and are run on ranges by a thread pool of their own. So there
is no state of a threading library to restore, overlapping fits and forks are safe, and the result
cannot depend on the number of threads. See docs/decisions/0007-one-blas-thread.md and
0008-compiled-kernels.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any

# Sixteen ranges balance two to eight threads; below so many rows, threads cost more than they do.
RANGES = 16
MIN_RANGE = 1024

_lock = Lock()
_state: dict[str, Any] = {"fits": 0, "limits": None}


def in_ranges(
    kernel: Callable[..., Any],
    n: int,
    threads: int,
    *arguments: Any,
    smallest: int = MIN_RANGE,
) -> list[Any]:
    """``kernel(start, stop, *arguments)`` over ranges that cover 0..n, and its results in order.

    Parameters
    ----------
    kernel : callable
        Must write to rows start..stop of its results only.
    n, threads : int
        Number of rows and of threads.
    smallest : int
        Rows in a range, at least. The ranges do not depend on ``threads``.
    """
    step = max(smallest, -(-n // RANGES))
    starts = range(0, n, step)

    def one(start: int) -> Any:
        return kernel(start, min(start + step, n), *arguments)

    if threads == 1 or len(starts) == 1:
        return [one(start) for start in starts]
    pool = ThreadPoolExecutor(threads)
    try:
        return list(pool.map(one, starts))
    finally:  # on Ctrl-C the ranges that have not begun are dropped
        pool.shutdown(cancel_futures=True)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread until the last of the overlapping users has left.

    The number of BLAS threads belongs to the process: were each fit to restore it by itself, the
    first one to end would change it for the others, and the last one would leave behind what it
    found when it began.
    """
    from threadpoolctl import threadpool_limits

    with _lock:
        if _state["fits"] == 0:
            _state["limits"] = threadpool_limits(limits=1, user_api="blas")
        _state["fits"] += 1
    try:
        yield
    finally:
        with _lock:
            _state["fits"] -= 1
            if _state["fits"] == 0:
                _state["limits"].restore_original_limits()
                _state["limits"] = None
