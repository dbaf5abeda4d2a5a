"""Fits in processes with little memory beyond what is loaded: right, or a MemoryError with text."""

from __future__ import annotations

import resource
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..draws import Seeded
from ..judge import Verdict
from .children import Child, failed, fitted, results_of, rows_of, same

LARGEST = 600 << 20  # bytes beyond those of the process
REFUSALS = ("MemoryError",)


def run(seed: int) -> list[Verdict]:
    """One fit under a limit."""
    draw = Seeded("memory", seed)
    n, n_columns = draw.integer(100, 3000), draw.pick([4, 4, 20, 200])
    free = int(LARGEST * draw.integer(0, 1000) / 1000)
    name = draw.pick(["HessianICA", "HessianEigenmaps"])
    options = {"n_nodes": draw.pick(["auto", None]), "n_jobs": draw.pick([1, 2])}
    options["eigen_solver"] = draw.pick(["auto", "dense", "shift-invert"])
    X = rows_of(draw.rng(), n, n_columns)
    what = f"{name}({options}) of {n}x{n_columns} in {free / 1e6:.0f} MB"
    _load()
    # in a child, too: libgomp's threads do not survive a fork, and that is not the point here
    wanted = Child(lambda: results_of(fitted(X, name, set=options))).result()
    if wanted[0] != "result":
        return [failed(what, wanted)]

    def work() -> Any:
        used = _bytes_in_use()
        resource.setrlimit(resource.RLIMIT_AS, (used + free, resource.RLIM_INFINITY))
        found = results_of(fitted(X, name, set=options))
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return found

    found = Child(work).result()
    if found[0] == "exception" and found[1][0] in REFUSALS and found[1][1]:
        return [Verdict("documented", what, found[1][1][:300])]
    if found[0] != "result":
        return [failed(what, found)]
    if not same(found[1], wanted[1]):
        close = all(
            a is b or np.allclose(a, b, rtol=1e-6, atol=1e-8, equal_nan=True)
            for a, b in zip(found[1], wanted[1], strict=True)
        )
        if not close:
            return [Verdict("wrong", what, "with little memory it finds something else")]
    return [Verdict("ok", what)]


@cache
def _load() -> None:
    """Import and compile in the parent, where there is memory for it."""
    import sklearn.decomposition
    import sklearn.metrics
    import sklearn.neighbors
    import sklearn.utils.extmath  # noqa: F401

    for solver in ("dense", "shift-invert"):
        for name in ("HessianICA", "HessianEigenmaps"):
            rows = rows_of(np.random.default_rng(0), 80)
            fitted(rows, name, set={"eigen_solver": solver, "n_jobs": 2})


def _bytes_in_use() -> int:
    """Address space of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
