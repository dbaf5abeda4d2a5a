"""One BLAS thread during a fit, also when fits overlap in several threads of the program.

See docs/decisions/0007-one-blas-thread.md. The number of BLAS threads belongs to the process: were
each fit to restore it by itself, the first one to end would change it for the others, and the last
one would leave behind what it found when it began.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

_lock = Lock()
_state: dict[str, Any] = {"fits": 0, "limits": None}


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread until the last of the overlapping users has left."""
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
