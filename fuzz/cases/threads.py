"""Fits at the same time, in threads and joblib, and with other numbers of threads: same bits."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from hessmap import HessianEigenmaps, HessianICA
from hessmap.metrics import mcc
from hessmap.neighbors import knn_graph

from ..draws import Draw, Seeded
from ..judge import Verdict, judged, require

LARGE = 0.04  # share of fits whose kernels are run in several ranges


def run(seed: int) -> list[Verdict]:
    """Some fits, one after the other and together."""
    draw = Seeded("threads", seed)
    name = draw.pick(sorted(WAYS))
    jobs = [_job(draw) for _ in range(draw.integer(2, 4))]
    n_jobs = [draw.pick([None, 1, 2, 3, -1]) for _ in jobs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = [job(1) for job in jobs]

    def call() -> list[list[np.ndarray]]:
        return WAYS[name](
            [lambda job=job, n=n: job(n) for job, n in zip(jobs, n_jobs, strict=True)]
        )

    def check(together: Any, _: Any) -> None:
        for number, (one, other) in enumerate(zip(alone, together, strict=True)):
            for first, second in zip(one, other, strict=True):
                same = np.array_equal(first, second, equal_nan=True)
                require(same, f"job {number} of {len(jobs)} gave another result")

    what = f"{len(jobs)} jobs {name}, n_jobs {n_jobs}"
    return [judged(call, what=what, names=("X",), check=check)]


def _job(draw: Draw) -> Callable[[int | None], list[np.ndarray]]:
    n = draw.integer(1500, 3000) if draw.chance(LARGE) else draw.integer(30, 300)
    factors = draw.rng().uniform(-0.5, 0.5, size=(n, 2))
    X = np.hstack([np.cos(factors), np.sin(factors)])
    if draw.chance(0.2):
        return lambda n_jobs: list(knn_graph(X, 10, n_jobs=n_jobs))
    if draw.chance(0.1):
        return lambda n_jobs: [np.array(mcc(X[:, :2], factors))]
    options: dict[str, Any] = {"random_state": 0, "n_neighbors": 12}
    if n > 1000 or draw.chance(0.3):
        options["n_nodes"] = draw.pick([None, n // 2])
    if n > 1000 and draw.chance(0.3):
        options["eigen_solver"] = "multigrid"
    estimator = draw.pick([HessianICA, HessianEigenmaps])

    def fit(n_jobs: int | None) -> list[np.ndarray]:
        model = estimator(n_jobs=n_jobs, **options).fit(X)
        codes = model.transform(X[:20])
        return [model.embedding_, model.eigenvalues_, codes, model.inverse_transform(codes)]

    return fit


def _in_pool(tasks: list[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [task.result() for task in [pool.submit(task) for task in tasks]]


def _in_bare_threads(tasks: list[Callable[[], Any]]) -> list[Any]:
    results: list[Any] = [None] * len(tasks)

    def work(number: int) -> None:
        results[number] = tasks[number]()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _in_joblib(tasks: list[Callable[[], Any]]) -> list[Any]:
    from joblib import Parallel, delayed

    found = Parallel(n_jobs=2, prefer="threads")(delayed(task)() for task in tasks)
    return list(found)


def _in_nested_joblib(tasks: list[Callable[[], Any]]) -> list[Any]:
    from joblib import Parallel, delayed

    def half(part: list[Callable[[], Any]]) -> list[Any]:
        return list(Parallel(n_jobs=2, prefer="threads")(delayed(task)() for task in part))

    parts = [tasks[:1], tasks[1:]]
    halves = Parallel(n_jobs=2, prefer="threads")(delayed(half)(part) for part in parts)
    return [result for part in halves for result in part]


def _one_after_the_other(tasks: list[Callable[[], Any]]) -> list[Any]:
    return [task() for task in tasks]


def _under_a_limit(tasks: list[Callable[[], Any]]) -> list[Any]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _in_pool(tasks)


WAYS: dict[str, Callable[[list[Callable[[], Any]]], list[Any]]] = {
    "in a pool": _in_pool,
    "in threads": _in_bare_threads,
    "in joblib": _in_joblib,
    "in nested joblib": _in_nested_joblib,
    "one after the other": _one_after_the_other,
    "under a limit of threads": _under_a_limit,
}
