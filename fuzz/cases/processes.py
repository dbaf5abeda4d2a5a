"""Fits after a fork, in processes of every kind, and under other settings of threads."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..draws import Draw, Seeded
from ..judge import Verdict, judged, require
from .children import Child, failed, fitted, results_of, rows_of, same

SECONDS = 30.0  # for a fit in a child
SETTINGS = (
    {"NUMBA_THREADING_LAYER": "workqueue"},
    {"NUMBA_THREADING_LAYER": "omp"},
    {"NUMBA_NUM_THREADS": "1"},
    {"OMP_NUM_THREADS": "1"},
    {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "2"},
    {"OPENBLAS_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "7"},
    {"PYTHONOPTIMIZE": "2"},
    {"PYTHONMALLOC": "debug"},
    {"LC_ALL": "C", "PYTHONUTF8": "0"},
)
CODE = """
import pickle, sys
from fuzz.cases.processes import fit_of
sys.stdout.buffer.write(pickle.dumps(fit_of(*pickle.load(sys.stdin.buffer))))
"""


def run(seed: int) -> list[Verdict]:
    """One fit here and one elsewhere."""
    draw = Seeded("processes", seed)
    way = draw.pick([*["fork"] * 6, "fork, twice", "settings", "settings", "pool", "joblib"])
    number, n = draw.integer(0, 2**31), draw.integer(40, 400)
    name, n_columns = draw.pick(["HessianICA", "HessianEigenmaps"]), 4
    if draw.chance(0.1):  # beyond 64 columns other libraries are used
        n_columns = 100
    here = fit_of(number, n, n_columns, name)
    what = f"{name} of {n}x{n_columns}, {way}"
    if way.startswith("fork"):
        return [_forked(what, here, lambda: _again(way, number, n, n_columns, name))]
    call = {"settings": _under_settings, "pool": _in_pool, "joblib": _in_joblib}[way](draw)

    def check(there: Any, _: Any) -> None:
        for first, second in zip(here, there, strict=True):
            if first is not None:
                close = np.allclose(first, second, rtol=1e-6, atol=1e-8, equal_nan=True)
                require(close, "another process finds something else")

    return [judged(lambda: call(number, n, n_columns, name), what=what, names=("X",), check=check)]


def fit_of(number: int, n: int, n_columns: int, name: str) -> list[Any]:
    """Results of a fit that follows from its arguments."""
    return results_of(fitted(rows_of(np.random.default_rng(number), n, n_columns), name))


def fit_of_rows(X: np.ndarray, name: str) -> list[Any]:
    """The same of given rows, which may be read-only."""
    return results_of(fitted(X, name))


def _again(way: str, *arguments: Any) -> list[Any]:
    if way == "fork":
        return fit_of(*arguments)
    kind, value = Child(lambda: fit_of(*arguments)).result(SECONDS / 2)
    assert kind == "result", value
    return list(value)


def _forked(what: str, here: list[Any], work: Callable[[], Any]) -> Verdict:
    found = Child(work).result(SECONDS)
    if found[0] != "result":
        return failed(what, found)
    if not same(here, found[1]):
        return Verdict("wrong", what, "the child finds something else")
    return Verdict("ok", what)


def _under_settings(draw: Draw) -> Callable[..., list[Any]]:
    settings = draw.pick(SETTINGS)

    def call(*arguments: Any) -> list[Any]:
        done = subprocess.run(
            [sys.executable, "-c", CODE],
            input=pickle.dumps(arguments),
            capture_output=True,
            env={**os.environ, **settings},
            check=False,
            timeout=100,
        )
        said = done.stderr.decode(errors="replace")
        require(done.returncode == 0, f"under {settings}: {done.returncode}, {said[-800:]}")
        return list(pickle.loads(done.stdout))

    return call


def _in_pool(draw: Draw) -> Callable[..., list[Any]]:
    method = draw.pick(["spawn", "fork", "forkserver"])

    def call(*arguments: Any) -> list[Any]:
        with multiprocessing.get_context(method).Pool(1) as pool:
            return list(pool.apply_async(fit_of, arguments).get(timeout=100))

    return call


def _in_joblib(draw: Draw) -> Callable[..., list[Any]]:
    """Rows come as read-only memory maps."""

    def call(number: int, n: int, n_columns: int, name: str) -> list[Any]:
        from joblib import Parallel, delayed

        X = rows_of(np.random.default_rng(number), n, n_columns)
        found = Parallel(n_jobs=2, max_nbytes=100)(delayed(fit_of_rows)(X, name) for _ in range(2))
        require(same(found[0], found[1]), "two workers find different things")
        return list(found[0])

    return call
