"""Seconds of every stage, memory and accuracy from 10,000 to a million nodes, beside its peers.

    python benchmarks/million.py [--sizes 10000 100000 1000000] [--dimensions 2 3] [--peers]

Every row is a fit of all rows as nodes, kernels compiled. "after / search" is the time of all that
follows the neighbours over that of pynndescent on the same rows in spatial order, compilation
excluded: the yardstick of what neighbours cost without luck; the search that the fit took itself
is in the column "graph". Peers run on the sizes that they reach, on the same rows, in this
process.
"""

from __future__ import annotations

import argparse
import gc
import warnings
from time import perf_counter

import numpy as np
from data import blob, curves, error

from hessmap import HessianICA
from hessmap.metrics import mcc
from hessmap.neighbors import knn_graph
from hessmap.order import spatial_order

WIDTH = {1: 16, 2: 16, 3: 20, 5: 40, 8: 60}
AFTER = ("functionals", "operator", "null_space", "extension", "ica", "diagnosis")
PEER_SIZES = (10_000, 30_000)


def resident() -> int:
    """Resident memory in bytes, or 0 where /proc does not tell."""
    return _status("VmRSS")


def peak() -> int:
    """Largest resident memory since the last ``reset_peak``."""
    return _status("VmHWM")


def _status(name: str) -> int:
    try:
        with open("/proc/self/status") as lines:
            return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))
    except OSError:
        return 0


def reset_peak() -> None:
    """Forget the peak so far (Linux)."""
    gc.collect()
    with open("/proc/self/clear_refs", "w") as control:
        control.write("5")


def rows(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    return blob(n) if d == 2 else curves(n, d)


def ours(X: np.ndarray, factors: np.ndarray, d: int, search: float | None) -> float:
    reset_peak()
    before = resident()
    start = perf_counter()
    model = HessianICA(d, n_neighbors=WIDTH[d], n_nodes=None, random_state=0).fit(X)
    seconds = perf_counter() - start
    stages = model.report_.stage_seconds
    after = sum(stages[name] for name in AFTER)
    cells = [
        f"{len(X):,}", str(d), f"{seconds:.1f}",
        *(f"{stages[name]:.1f}" for name in ("rows", "graph", *AFTER[:3])),
        f"{after:.1f}", "" if search is None else f"{after / search:.2f}",
        f"{(peak() - before) / 1e9:.2f}", str(model.n_iter_),
        f"{model.report_.eigen_sin_bound:.0e}", f"{error(model.embedding_, factors):.1e}",
        f"{mcc(model.sources_, factors):.6f}",
    ]  # fmt: skip
    print("| " + " | ".join(cells) + " |", flush=True)
    return seconds


def pynndescent_seconds(X: np.ndarray, k: int) -> float:
    """Of a search in spatial order, after a small one that compiles."""
    points = X[spatial_order(X)]
    knn_graph(points[:5000], k, method="pynndescent", random_state=0)
    start = perf_counter()
    knn_graph(points, k, method="pynndescent", random_state=0)
    return perf_counter() - start


def peers(X: np.ndarray, factors: np.ndarray, seconds: float) -> None:
    import tapkee
    from sklearn.decomposition import FastICA
    from sklearn.manifold import LocallyLinearEmbedding

    def scikit_learn() -> np.ndarray:
        embedding = LocallyLinearEmbedding(
            n_neighbors=16, n_components=2, method="hessian", random_state=0, n_jobs=2
        ).fit_transform(X)
        FastICA(random_state=0).fit(embedding)
        return embedding

    def tapkee_hlle() -> np.ndarray:
        embedding = np.asarray(
            tapkee.embed(X.T, method="hlle", num_neighbors=16, target_dimension=2)
        )
        embedding = embedding if len(embedding) == len(X) else embedding.T
        FastICA(random_state=0).fit(embedding)
        return embedding

    for name, run in (("scikit-learn hessian", scikit_learn), ("tapkee hlle", tapkee_hlle)):
        start = perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            embedding = run()
        taken = perf_counter() - start
        print(
            f"    {name}, {len(X):,}: {taken:.1f} s, {taken / seconds:.0f} times ours; "
            f"1 - R^2 {error(embedding, factors):.1e}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--dimensions", type=int, nargs="+", default=[2, 1, 3, 5])
    parser.add_argument("--three-million", action="store_true", help="d = 2 at 3,000,000 too")
    parser.add_argument("--peers", action="store_true", help="scikit-learn and tapkee, d = 2")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    HessianICA(2, n_neighbors=16, n_nodes=None, random_state=0).fit(blob(6000)[0])  # compiles
    print(
        "| nodes | d | whole, s | rows | graph | functionals | operator | null space "
        "| after graph | after / search | peak beyond X, GB | iterations | bound | 1 - R^2 | MCC |"
    )
    print("|" + "---|" * 15)
    if arguments.peers:
        for n in PEER_SIZES:
            X, factors = blob(n)
            peers(X, factors, min(ours(X, factors, 2, None) for _ in range(3)))
    for d in arguments.dimensions:
        sizes = arguments.sizes + ([3_000_000] if arguments.three_million and d == 2 else [])
        for n in sizes:
            X, factors = rows(n, d)
            search = pynndescent_seconds(X, WIDTH[d]) if d == 2 and n >= 100_000 else None
            ours(X, factors, d, search)


if __name__ == "__main__":
    main()
