"""Threads: compiled kernels over ranges of rows, and one BLAS thread during a fit.

Kernels release the interpreter lock and are run on ranges by a thread pool of our own. So there
is no state of a threading library to restore, overlapping fits and forks are safe, and the result
cannot depend on the number of threads. See docs/decisions/0007-one-blas-thread.md and
0008-compiled-kernels.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Lock
from typing import Any

# Sixteen ranges balance two to eight threads; below so many rows, threads cost more than they do.
RANGES = 16
MIN_RANGE = 1024
# Of products with a sparse matrix and the like: half a millisecond.
MIN_RANGE_OF_PRODUCTS = 4096

_lock = Lock()
_pools: dict[int, ThreadPoolExecutor] = {}
_state: dict[str, Any] = {"fits": 0, "limits": None, "modules": 0, "controller": None}


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
    tasks: list[Future[Any]] = []
    try:
        tasks += (_pool(threads).submit(one, start) for start in starts)
        return [task.result() for task in tasks]
    finally:  # on Ctrl-C the ranges that have not begun are dropped
        for task in tasks:
            task.cancel()
        wait(tasks)


def _pool(threads: int) -> ThreadPoolExecutor:
    """A pool that stays: starting threads costs more than most of what they are given."""
    with _lock:
        if threads not in _pools:
            _pools[threads] = ThreadPoolExecutor(threads, thread_name_prefix="hessmap")
        return _pools[threads]


if hasattr(os, "register_at_fork"):  # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_pools.clear)


def _controller() -> Any:
    """Of the libraries that are loaded: to look for them takes milliseconds, and they come with
    modules."""
    from threadpoolctl import ThreadpoolController

    if _state["modules"] != len(sys.modules):
        _state.update(modules=len(sys.modules), controller=ThreadpoolController())
    return _state["controller"]


def _released(controller: Any) -> Any:
    """The controller, with any thread allowed to set limits.

    threadpoolctl 3.8 lets only the first thread that ever set one change it; the limits of all
    others, and their restoring, do nothing without a word.
    """
    for library in controller.lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread(force=True)
    return controller


def _blas() -> tuple[Any, Any]:
    """BLAS with threads of the process, and BLAS on OpenMP, where each thread has its own."""
    libraries = _controller().select(user_api="blas")
    layers = {getattr(library, "threading_layer", None) for library in libraries.lib_controllers}
    shared = libraries.select(threading_layer=list(layers - {"openmp"}))
    return shared, libraries.select(threading_layer="openmp")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread until the last of the overlapping users has left.

    The number of BLAS threads belongs to the process: were each fit to restore it by itself, the
    first one to end would change it for the others, and the last one would leave behind what it
    found when it began. So whatever calls a library that sets such limits itself, as searches of
    scikit-learn do, has to be a user, too.
    """
    with _lock:
        shared, own = _blas()
        if _state["fits"] == 0:
            _state["limits"] = _released(shared).limit(limits=1)
        _state["fits"] += 1
    try:
        with own.limit(limits=1):
            yield
    finally:
        with _lock:
            _state["fits"] -= 1
            if _state["fits"] == 0:
                controller = _released(_controller())
                _state["limits"].restore_original_limits()
                _released(controller)  # others may set limits again
                _state["limits"] = None


def one_openmp_thread() -> Any:
    """A context in which the calling thread has one thread of OpenMP.

    ``threadpoolctl.threadpool_limits`` would restore the threads of BLAS on its way out, too, and
    with them the limit of a fit in another thread that has ended meanwhile.
    """
    return _controller().select(user_api="openmp").limit(limits=1)
