"""How good the answers are: against n, operators and settings, on few rows, on many factors.

Results are kept in ``build/quality.parquet`` (``build/quality-quick.parquet``), and those that are
there are not computed again; the page is written from them:

    python benchmarks/quality.py [--quick] [--only SECTION ...] [--page docs/quality.md]

The quick grid takes some ten minutes on 2 cores, the full one some two hours.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, fields
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
from data import error
from quality_data import DATA, RENDERED
from store import Store
from tqdm import tqdm

from hessmap import HessianICA
from hessmap.metrics import local_isometry, mcc
from hessmap.pictures import Blur

AUTO, ALL = 0, -1  # of n_neighbors and n_nodes; every row a node
SIZES = (1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
OPERATORS = ("hessian", "tangent", "laplacian")
K_SHARES = (0.0, 0.75, 1.0, 1.5, 2.25, 3.0, 4.0)  # of the rule; 0 is the smallest one that works
NODES = (128, 256, 512, 1024, 2048, 4096, ALL)
# Largest n in section "rows" for each number of factors: where a fit takes minutes.
LARGEST = {2: 1_000_000, 3: 1_000_000, 5: 1_000_000, 8: 100_000}
LARGEST_QUICK = {2: 30_000, 3: 30_000, 5: 3000, 8: 1000}
FEW = (30, 40, 60, 80, 110, 150, 200, 300, 450, 700, 1000, 1500, 2000, 3000)
FEW_QUICK = (30, 60, 110, 200, 450)


@dataclass(frozen=True)
class Job:
    """One fit; ``k`` and ``n_nodes`` are AUTO where the package chooses."""

    section: str
    data: str
    n: int
    d: int
    noise: float = 0.0
    operator: str = "hessian"
    k: int = AUTO
    n_nodes: int = AUTO
    seed: int = 0


def usual_k(d: int) -> int:
    """Where hessmap's automatic choice of n_neighbors begins."""
    return int(np.ceil(1.25 * (1 + d + d * (d + 1) // 2))) + 8


def against_n(quick: bool) -> Iterator[Job]:
    """Arcs, everything automatic."""
    for d, largest in (LARGEST_QUICK if quick else LARGEST).items():
        sizes = [n for n in SIZES if n <= largest]
        for n, noise in product(sizes, (0.0, 0.02, 0.1)):
            for seed in range(1 if quick or n > 30_000 else 3):
                yield Job("rows", "arcs", n, d, noise, seed=seed)


def operators(quick: bool) -> Iterator[Job]:
    """Every operator on the same rows: flat, curved, and barely enough of them."""
    usual = (3000, 30_000)
    sets = (
        ("arcs", 2, usual),
        ("arcs", 3, () if quick else usual),
        ("arcs", 5, (150,) if quick else (150, *usual)),
        ("swiss roll, hole", 2, (600, *usual)),
        ("spot", 2, usual),
        ("sphere, 30 degrees", 2, usual),
        ("sphere, 60 degrees", 2, usual),
        ("sphere, 90 degrees", 2, usual),
        ("small sprites", 3, (1000,) if quick else (1000, 3000)),
    )
    for data, d, sizes in sets:
        for n, noise in product(sizes, (0.0, 0.05)):
            skipped = bool(noise) if data.startswith("sphere") else n > 3000 and not noise
            if quick and skipped:
                continue
            seeds = 3 if not quick else 1 if n > 3000 else 2
            for seed, operator in product(range(seeds), OPERATORS):
                yield Job("operators", data, n, d, noise, operator, seed=seed)


def settings(quick: bool) -> Iterator[Job]:
    """n_neighbors and n_nodes around what is chosen."""
    sets = (("swiss roll, hole", 2), ("spot", 2), ("arcs", 3))
    for (data, d), seed in product(sets, range(1 if quick else 3)):
        one = {"data": data, "n": 10_000, "d": d, "noise": 0.05, "seed": seed}
        yield Job("settings", **one)
        for share in K_SHARES:
            yield Job("settings", k=max(round(share * usual_k(d)), d * (d + 3) // 2 + 1), **one)
        for n_nodes in NODES:
            yield Job("settings", n_nodes=n_nodes, **one)


def few_rows(quick: bool) -> Iterator[Job]:
    """How few rows still work."""
    seeds = range(5 if quick else 10)
    for data, noise in (("arcs", 0.05), ("small sprites", 0.0)):
        for d, n, seed in product((2, 3, 5), FEW_QUICK if quick else FEW, seeds):
            yield Job("few", data, n, d, noise, seed=seed)


def pictures(quick: bool) -> Iterator[Job]:
    """Pictures with three and more factors, smoothing left to the package, too."""
    for name in RENDERED[:2] if quick else RENDERED:
        for data in (name, f"{name}, wide"):
            for seed in range(1 if quick else 3):
                yield Job("pictures", data, 10_000, 3, seed=seed)
            if not quick:
                yield Job("pictures", data, 40_000, 3)
    for data, n in product(("sprites", "arcs"), (10_000,) if quick else (10_000, 100_000)):
        yield Job("pictures", data, n, 5, noise=0.05)
    if not quick:  # every neighbourhood has 44 unknowns: some minutes
        yield Job("pictures", "soft sprites", 6000, 8)


SECTIONS = {
    "rows": against_n,
    "operators": operators,
    "settings": settings,
    "few": few_rows,
    "pictures": pictures,
}
KEY = tuple(field.name for field in fields(Job))


def run(job: Job) -> dict:
    """One fit, and what it is worth."""
    data = DATA[job.data]
    X, factors, floor = data.draw(job.n, job.d, job.noise, job.seed)
    row = asdict(job) | {"miss": None, "error": "", "floor": floor, "findings": []}
    start = perf_counter()
    try:
        rows = X
        if data.shape is not None:
            blur = Blur(data.shape, "auto", n_components=job.d, random_state=job.seed)
            rows = blur.fit_transform(X)
            row |= {"sigma": blur.sigma_, "blur_seconds": perf_counter() - start}
        model = HessianICA(
            job.d,
            operator=job.operator,
            n_neighbors=job.k if job.k != AUTO else "auto",
            n_nodes={AUTO: "auto", ALL: None}.get(job.n_nodes, job.n_nodes),
            random_state=job.seed,
        ).fit(rows)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as problem:
        return row | {"error": f"{type(problem).__name__}: {problem}".splitlines()[0]}
    row["seconds"] = perf_counter() - start
    return row | judged(model, X, factors, job.seed)


def judged(model: HessianICA, X: np.ndarray, factors: np.ndarray, seed: int) -> dict:
    """Scores of the rows that have sources, and what the report says."""
    kept = np.isfinite(model.sources_).all(axis=1)
    sources, factors, report = model.sources_[kept], factors[kept], model.report_
    halves = {"held_out": True, "random_state": seed}
    found = mcc(sources, factors, **halves)
    return {
        "mcc": found,
        "miss": 1 - found,
        "spearman": mcc(sources, factors, method="spearman", **halves),
        "affine": error(sources, factors),
        "isometry": local_isometry(X[kept], sources, random_state=seed),
        "gap": report.spectral_gap,
        "distortion": report.metric_distortion,
        "dependence": report.source_dependence or 0.0,
        "score": report.score,
        "findings": [finding.code for finding in report.findings],
        "neighbors": model.n_neighbors_,
        "nodes": model.n_nodes_,
        "columns": report.projected_columns,
    }


def fill(store: Store, jobs: list[Job]) -> None:
    """Run what is missing."""
    missing = [job for job in jobs if astuple(job) not in store]
    with tqdm(missing, unit="fit", initial=len(jobs) - len(missing), total=len(jobs)) as bar:
        for job in bar:
            noise = f", noise {job.noise:g}" if job.noise else ""
            bar.set_postfix_str(f"{job.section}: {job.data}, d = {job.d}, n = {job.n:,}{noise}")
            store.add(run(job))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small part of the grid")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="SECTION")
    parser.add_argument("--results", type=Path, help="where results are kept")
    parser.add_argument("--page", type=Path, help="where the page goes, with images beside it")
    parser.add_argument("--more", type=Path, help="results of another grid, to be shown as well")
    options = parser.parse_args()
    name = "quality-quick" if options.quick else "quality"
    store = Store(options.results or Path("build") / f"{name}.parquet", KEY)
    # a quick look must not take the place of the full page
    page = options.page or Path("build/quality-quick.md" if options.quick else "docs/quality.md")
    warnings.simplefilter("ignore")
    os.environ.setdefault("MPLBACKEND", "Agg")
    jobs = [job for part in options.only or SECTIONS for job in SECTIONS[part](options.quick)]
    start = perf_counter()
    fill(store, jobs)
    from quality_page import write

    rows = {astuple(job): store.rows[astuple(job)] for job in jobs}
    more = Store(options.more, KEY).rows if options.more else {}
    text = write(list((rows | more).values()), page, options.quick, len(more.keys() - rows.keys()))
    print(text)
    print(f"\n{len(jobs)} fits in {(perf_counter() - start) / 60:.1f} minutes; {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
