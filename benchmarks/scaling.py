"""Seconds and memory of every stage against the size of the problem, and what follows from them.

One machine from 10^4 to 10^7 rows, two worker processes with few and many partitions, and a model
of both. Results are kept in ``build/scaling.parquet``; the page is written from them:

    python benchmarks/scaling.py [--page docs/scaling.md]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from on_cluster import lazy, partition, peak
from store import Store
from tqdm import tqdm

KEY = ("kind", "n", "d", "D", "k", "workers", "partitions")
BASE = {"kind": "averages", "n": 300_000, "d": 2, "D": 30, "k": 16, "workers": 0, "partitions": 0}
SIZES = (10_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
EVERY_ROW = {**BASE, "kind": "every row", "D": 5}
LARGE = (10_000_000, 100_000_000)
MAPPED = 20_000_000  # rows of larger fits are not all mapped
CLUSTER = {**BASE, "kind": "cluster", "n": 4_000_000, "workers": 2, "partitions": 80}


def cases() -> list[dict]:
    """What is measured: one size at a time differs from the usual."""
    averages = [{**BASE, "n": n} for n in SIZES]
    averages += [{**BASE, "D": D} for D in (10, 100, 300)]
    averages += [{**BASE, "d": d, "k": k} for d, k in ((3, 21), (5, 35))]
    averages += [{**BASE, "k": k} for k in (24, 36)]
    every_row = [{**EVERY_ROW, "n": n} for n in (10_000, 30_000, 100_000, 300_000, 1_000_000)]
    every_row += [{**EVERY_ROW, "n": 100_000, "k": k} for k in (24, 36)]
    every_row += [{**EVERY_ROW, "n": 100_000, "d": 3, "D": 7, "k": 21}]
    cluster = [
        {**CLUSTER, "workers": workers, "partitions": partitions, "n": n}
        for workers, partitions, n in (
            (1, 80, 4_000_000),
            (2, 80, 4_000_000),
            (2, 800, 4_000_000),
            (2, 2400, 4_000_000),
            (2, 20, 1_000_000),
        )
    ]
    # the model is not fitted to these
    large = [{**CLUSTER, "kind": "large", "n": n, "partitions": n // 50_000} for n in LARGE]
    return averages + every_row + cluster + large


def measured(case: dict) -> dict:
    """One case, in a process of its own."""
    words = [sys.executable, "-W", "ignore", __file__, "--child", json.dumps(case)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def on_one_machine(case: dict) -> dict:
    from hessmap import HessianICA
    from hessmap.datasets import arcs

    noise = 0.0 if case["kind"] == "every row" else 0.02
    X, _ = arcs(case["n"], case["d"], n_features=case["D"], noise=noise, random_state=0)
    n_nodes = None if case["kind"] == "every row" else "auto"
    parameters = {"n_nodes": n_nodes, "n_neighbors": case["k"], "random_state": 0}
    # kernels come from the cache, and their first use is not counted
    HessianICA(case["d"], **parameters).fit(X[:3000])
    before = peak()
    start = perf_counter()
    model = HessianICA(case["d"], **parameters).fit(X)
    return {
        "seconds": perf_counter() - start,
        "beyond_rows": peak() - before,
        "nodes": model.n_nodes_,
        "q": model.report_.projected_columns,
        **{f"of_{name}": value for name, value in model.report_.stage_seconds.items()},
    }


def on_cluster(case: dict) -> dict:
    from distributed import Client, LocalCluster

    from hessmap import HessianICA

    start = perf_counter()
    count = case["n"] // case["partitions"]
    for index in range(4):
        partition(index, count)
    making = (perf_counter() - start) / (4 * count)
    cluster = LocalCluster(
        n_workers=case["workers"], threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, Client(cluster) as client:
        HessianICA(2, n_nodes=200, random_state=0).fit(lazy(20_000, 4))
        start = perf_counter()
        model = HessianICA(2, n_neighbors=16, random_state=0)
        model.fit(lazy(case["n"], case["partitions"]))
        seconds = perf_counter() - start
        mapped = None
        if case["n"] <= MAPPED:  # every partition is mapped, and only one row of it comes back
            model.sources_.map_blocks(lambda block: block[:1], dtype=float).compute()
            mapped = perf_counter() - start - seconds
        peaks = max(client.run(peak).values())
    return {
        "seconds": seconds,
        "mapped": mapped,
        "making": making,
        "worker_peak": peaks,
        "client_peak": peak(),
        "nodes": model.n_nodes_,
        **{f"of_{name}": value for name, value in model.report_.stage_seconds.items()},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("build/scaling.parquet"))
    parser.add_argument("--page", type=Path, help="where the page goes")
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        case = options.child
        found = on_cluster(case) if case["workers"] else on_one_machine(case)
        print(json.dumps(found))
        return 0
    store = Store(options.results, KEY)
    for case in (bar := tqdm(cases(), unit="fit")):
        bar.set_postfix_str(", ".join(f"{name} {value}" for name, value in case.items() if value))
        if tuple(case[name] for name in KEY) not in store:
            store.add(case | measured(case))
    if options.page:
        from scaling_page import write

        write(store, options.page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
