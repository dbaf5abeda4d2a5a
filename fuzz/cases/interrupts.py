"""Ctrl-C in the midst of a fit; SIGTERM and SIGKILL while results and stages are written."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

import hessmap

from ..draws import Draw, Seeded
from ..judge import Verdict, judged, require
from .children import Child, failed, fitted, quiet, results_of, rows_of, same

LONGEST = 0.15  # seconds until the signal
PLACE = Path("interrupted")


def run(seed: int) -> list[Verdict]:
    """One signal."""
    draw = Seeded("interrupts", seed)
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    way = draw.pick([*["Ctrl-C"] * 4, "out", "checkpoint", "save"])
    after = draw.integer(0, 1000) / 1000 * LONGEST
    rng = draw.rng()
    X, others = (rows_of(rng, draw.integer(60, 400)) for _ in range(2))
    if way == "Ctrl-C":
        return [_ctrl_c(X, others, after)]
    number = draw.pick([signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
    return [KILLED[way](draw, X, others, after, number)]


def _ctrl_c(X: np.ndarray, others: np.ndarray, after: float) -> Verdict:
    model = fitted(X)
    before = results_of(model)
    fresh = results_of(fitted(others))
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def call() -> bool:
        timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
        try:
            timer.start()
            with quiet():
                model.fit(others)
            timer.join()
            time.sleep(0.01)  # the signal may come after the fit
        except KeyboardInterrupt:
            timer.join()
            return True
        return False

    def check(interrupted: Any, _: Any) -> None:
        kept = results_of(model)
        whole = same(kept, before) or same(kept, fresh)
        require(whole, "attributes are of neither fit")
        for rows, results in ((X, before), (others, fresh)):
            require(same(results_of(fitted(rows)), results), "a fit after it finds something else")
        with quiet():
            mapped = model.transform(X[:5])
        require(mapped.shape == (5, 2), "the model that was interrupted maps nothing")

    return judged(call, what=f"Ctrl-C after {after:.3f} s", names=("X",), check=check)


def _killed(work: Any, after: float, number: int) -> tuple[str, Any]:
    child = Child(work)
    time.sleep(after)
    child.end(number)
    return child.result()


def _endlessly(one: Any, other: Any) -> Any:
    def work() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while True:
            one()
            other()

    return work


def _out(draw: Draw, X: np.ndarray, others: np.ndarray, after: float, number: int) -> Verdict:
    """Each file in the folder is whole, of one of the two fits."""
    what = f"out=, signal {number} after {after:.3f} s"
    wanted = [results_of(fitted(rows, out=PLACE / "first")) for rows in (X, others)]
    wanted = [[np.array(part) for part in results] for results in wanted]
    fitted(X, out=PLACE / "out")
    found = _killed(_endlessly(*[_fit_to(rows) for rows in (others, X)]), after, number)
    if found[0] not in ("died", "exception"):
        return failed(what, found)
    for name, place in (("embedding", 0), ("node_of", 2), ("sources", 3)):
        try:
            kept = np.load(PLACE / "out" / f"{name}.npy")
        except Exception as problem:
            return Verdict("wrong", what, f"{name}.npy cannot be read: {problem}")
        if not any(np.array_equal(kept, results[place], equal_nan=True) for results in wanted):
            return Verdict("wrong", what, f"{name}.npy is of neither fit")
    return Verdict("ok", what)


def _fit_to(rows: np.ndarray) -> Any:
    return lambda: fitted(rows, out=PLACE / "out")


def _save(draw: Draw, X: np.ndarray, others: np.ndarray, after: float, number: int) -> Verdict:
    """The file is one of the two models."""
    what = f"save, signal {number} after {after:.3f} s"
    models, path = [fitted(rows) for rows in (X, others)], PLACE / "model.hessmap"
    models[0].save(path)
    work = _endlessly(*[lambda model=model: model.save(path) for model in reversed(models)])
    found = _killed(work, after, number)
    if found[0] not in ("died", "exception"):
        return failed(what, found)

    def check(kept: Any, _: Any) -> None:
        whole = any(same(results_of(kept), results_of(model)) for model in models)
        require(whole, "the file is neither model")

    return judged(lambda: hessmap.load(path), what=what, check=check)


def _checkpoint(
    draw: Draw, X: np.ndarray, others: np.ndarray, after: float, number: int
) -> Verdict:
    """The fit goes on, to the same result."""
    wanted, folder = results_of(fitted(X)), PLACE / "stages"

    def work() -> Any:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        return results_of(fitted(X, checkpoint=folder))

    what = f"checkpoint=, signal {number} after {after:.3f} s"
    found = _killed(work, after, number)
    if found[0] == "hang":
        return failed(what, found)

    def check(kept: Any, _: Any) -> None:
        require(same(results_of(kept), wanted), "the fit went on to another result")

    return judged(
        lambda: fitted(X, checkpoint=folder), what=what, names=("checkpoint",), check=check
    )


KILLED = {"out": _out, "checkpoint": _checkpoint, "save": _save}
