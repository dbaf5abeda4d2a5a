"""Fit rows that are made in partitions, on a cluster of two worker processes on this machine.

Prints seconds and the peak memory of each process, compares with the fit of the same rows in one
piece (fewer of them, as they must fit into memory), and writes all sources to Zarr.

    python benchmarks/on_cluster.py [--rows 10000000] [--partitions 200] [--no-sources]
        [--against 1] [--workers 2]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from hessmap import HessianICA
from hessmap.metrics import mcc

D = 30
NOISE = 0.02
TURN = np.linalg.qr(np.random.default_rng(7).normal(size=(D, D)))[0]


def factors_of(index: int, count: int) -> np.ndarray:
    """Factors of one partition, uniform."""
    return np.random.default_rng([0, index]).uniform(size=(count, 2))


def partition(index: int, count: int) -> np.ndarray:
    """Rows (count, 30): two arcs, turned, with noise."""
    angle = 2.0 * factors_of(index, count) - 1.0
    rows = np.zeros((count, D))
    rows[:, 0:2] = np.sin(angle)
    rows[:, 2:4] = np.cos(angle)
    rows += NOISE * np.random.default_rng([1, index]).normal(size=rows.shape)
    return rows @ TURN


def lazy(n: int, parts: int):
    """All of them, as a Dask array."""
    import dask.array as da
    from dask import delayed

    made = delayed(partition, pure=True)
    count = n // parts
    blocks = [da.from_delayed(made(i, count), (count, D), float) for i in range(parts)]
    return da.concatenate(blocks)


def peak() -> float:
    """Largest resident memory of this process so far, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def explained(one: np.ndarray, other: np.ndarray) -> float:
    """R^2 of the worse column."""
    left = ((one - other) ** 2).sum(axis=0) / ((other - other.mean(axis=0)) ** 2).sum(axis=0)
    return float(1 - left.max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--partitions", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--against", type=int, default=1, help="0: no fit in one piece")
    parser.add_argument("--no-sources", action="store_true")
    options = parser.parse_args()
    from distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=options.workers, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, Client(cluster) as client, tempfile.TemporaryDirectory() as folder:
        X = lazy(options.rows, options.partitions)
        client.run(os.getpid)
        before = peak()
        start = perf_counter()
        model = HessianICA(2, random_state=0).fit(X)
        fitted = perf_counter() - start
        stages = ", ".join(f"{k} {v:.1f}" for k, v in model.report_.stage_seconds.items())
        print(
            f"{options.rows:,} rows, {options.partitions} partitions: fit {fitted:.1f} s ({stages})"
        )
        print(f"nodes {model.n_nodes_:,}, outliers {model.report_.n_outliers}, {model.report_.ok=}")
        if not options.no_sources:
            path = Path(folder) / "sources.zarr"
            model.sources_.to_zarr(str(path))
            whole = perf_counter() - start
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            print(f"fit and sources in Zarr: {whole:.1f} s, {size / 1e6:.0f} MB")
            shutil.rmtree(path)
        peaks = client.run(peak)
        print(
            f"peak memory: workers {', '.join(f'{gb:.2f}' for gb in peaks.values())} GB, "
            f"client {peak():.2f} GB ({before:.2f} before the fit)"
        )
        count = options.rows // options.partitions
        codes = model.transform(partition(0, count))
        print(f"MCC of the first partition {mcc(codes, factors_of(0, count)):.6f}")
        if options.against:
            whole = np.concatenate([partition(i, count) for i in range(options.partitions)])
            start = perf_counter()
            one = HessianICA(2, random_state=0).fit(whole)
            print(f"in one piece: {perf_counter() - start:.1f} s, nodes {one.n_nodes_:,}")
            sample = whole[:: max(1, len(whole) // 200_000)]
            print(
                "R^2 between both, worse source: "
                f"{explained(model.transform(sample), one.transform(sample)):.12f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
