"""What is said on the standard error, and with which code the command ends."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..exceptions import AssumptionWarning, HessmapWarning

OK, FAILED, USAGE, FINDINGS, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 130, 143
CODES = (
    "exit codes: 0 ok, 1 the data or the fit failed, 2 wrong usage, 3 findings with "
    "report --strict, 130 Ctrl-C, 143 terminated"
)
# Messages name parameters of Python; here they are options.
OPTION_OF = {
    "X": "DATA",
    "n_components": "--components",
    "eigen_solver": "--solver",
    "n_jobs": "--jobs",
    "random_state": "--seed",
    "sigma": "--blur",
    "n_nodes": "--n-nodes",
    "n_neighbors": "--n-neighbors",
    "out": "--out",
    "shape": "--shape",
    "operator": "--operator",
    "neighbors": "--neighbors",
    "contrast": "--contrast",
    "tol": "--tol",
}


class Terminated(KeyboardInterrupt):
    """What a batch system sends to end a job."""


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends the command as Ctrl-C does, so that nothing unfinished is left."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: Any) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@dataclass
class End:
    """How the command ends."""

    code: int = OK


@contextmanager
def ending(debug: bool) -> Iterator[End]:
    """Turn errors into one line and an exit code; let them pass with ``debug``."""
    end = End()
    try:
        yield end
        sys.stdout.flush()
    except KeyboardInterrupt as problem:
        print("hessmap: interrupted; no results were kept", file=sys.stderr)
        end.code = TERMINATED if isinstance(problem, Terminated) else INTERRUPTED
    except BrokenPipeError:  # whoever read our output has had enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        end.code = FAILED
    except Exception as problem:
        if debug:
            raise
        print(f"hessmap: {in_one_line(problem)}", file=sys.stderr)
        end.code = FAILED


@contextmanager
def said() -> Iterator[None]:
    """Print hessmap's warnings in one line each."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", HessmapWarning)
        # findings are printed with the results
        warnings.filterwarnings("ignore", ".*print `report_`", AssumptionWarning)
        usual = warnings.showwarning

        def show(message: Any, category: Any, *where: Any, **more: Any) -> None:
            if issubclass(category, HessmapWarning):
                print(f"hessmap: warning: {_options(str(message))}", file=sys.stderr)
            else:
                usual(message, category, *where, **more)

        warnings.showwarning = show
        yield


def in_one_line(problem: Exception) -> str:
    """What went wrong, with the names of options."""
    if isinstance(problem, OSError) and problem.filename is not None:
        place = problem.filename2 or problem.filename
        return (
            f"{place} cannot be read or written: {str(problem.strerror).lower()}. Name another "
            "place, or see who may use it."
        )
    text = " ".join(str(problem).split()) or type(problem).__name__
    if isinstance(problem, ValueError | TypeError | OSError | ImportError | MemoryError):
        return _options(text)
    return f"unexpected {type(problem).__name__}: {text} (--debug shows where)"


def _options(text: str) -> str:
    return re.sub(r"`(\w+)`", lambda found: OPTION_OF.get(found[1], found[0]), text)
