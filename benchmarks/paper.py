"""The experiment of Horan, Richardson & Weiss (2021) on pictures that can be made anywhere.

Two-factor manifolds of 3,000 pictures, every method on the same rows, hyper-parameters chosen by
the package alone. Results are kept in ``build/paper.parquet``, and those that are there are not
computed again; the page is written from them:

    python benchmarks/paper.py [--full] [--only NAME ...] [--page docs/paper.md]

``--full`` adds a second seed, and the other neighbourhood sizes of the methods that need one.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import numpy as np
from manifolds import CONFORMING, FURTHER, TWO_FACTORS, Manifold, scene
from rival_methods import RIVALS, Rival
from rivals import default_k, k_choices, points_of, run, scores
from sklearn.decomposition import PCA
from store import Store
from tqdm import tqdm

from hessmap import HessianICA
from hessmap.ica import fit_polar
from hessmap.metrics import disentanglement_report, mcc
from hessmap.pictures import Blur

N = 3000
KEY = ("manifold", "rival", "seed")
OURS = "HessianICA"
FULL_SEEDS = 2  # of HessianICA; the other methods have the first one
LIMIT_SECONDS = 120.0
AT_A_TIME = 2
# One factor's range, as a share of what it is: LEM against HLLE on an oblong.
OBLONG = ("ball yaw-pitch", (1.0, 0.7, 0.5, 0.35, 0.25))
OBLONG_RIVALS = ("HessianICA, laplacian", "diffusion maps, local cov. + ICA")

# Smoothing and components tried one by one, to see what choosing by other figures would give.
CHOICE_SETS = (
    "shapes-xc",
    "cat pan",
    "gravel pan",
    "cat zoom-turn",
    "ball yaw-pitch",
    "duck yaw-light",
    "mug yaw-light",
    "domino yaw-pitch",
)
SIGMAS = (0.0, 1.0, 2.0, 4.0, 8.0)
COMPONENTS = (3, 5, 10, 20, 40, 60)


def jobs(seeds: int, only: list[str] | None) -> Iterator[tuple[Manifold, int]]:
    """Sets of pictures, and seeds; oblongs last."""
    for seed in range(seeds):
        for manifold in (*TWO_FACTORS, *(FURTHER if seed == 0 else ())):
            if not only or manifold.name in only:
                yield manifold, seed
    name, shares = OBLONG
    if not only or name in only:
        for share in shares[1:]:
            yield scene(name, (1.0, share), f"{name}, pitch x {share:g}"), 0


def rivals_of(
    manifold: Manifold, seed: int, theory: float, full: bool
) -> dict[str, tuple[Rival, int]]:
    """What is run beside HessianICA, by the names of the results: a method and its k.

    In full, on what theory calls conforming, where methods are compared, every one that needs a k
    gets each of those that HessianICA may choose.
    """
    usual, *others = k_choices(N, 2)
    if manifold not in (*TWO_FACTORS, *FURTHER):
        return {rival.name: (rival, usual) for rival in RIVALS if rival.name in OBLONG_RIVALS}
    if seed > 0 or (manifold in FURTHER and theory > CONFORMING):
        return {}
    wanted = {rival.name: (rival, usual) for rival in RIVALS if rival.name != OURS}
    if full and theory <= CONFORMING:
        for k in others:
            wanted |= {with_k(r.name, k): (r, k) for r in RIVALS if r.uses_k}
    return wanted


def with_k(name: str, k: int) -> str:
    """Name of a result at a k that is not the usual one."""
    return f"{name}, k = {k}"


def ours(manifold: Manifold, seed: int, store: Store) -> Callable[[], np.ndarray]:
    """Blur and HessianICA, everything automatic: a row, and how to get the smoothed pictures.

    Where the row is known already, the smoothing that it names is done again, if asked for.
    """
    known = store.rows.get((manifold.name, OURS, seed))
    if known is not None:
        again = Blur(manifold.shape, known["sigma"])
        return lambda: again.fit_transform(manifold.draw(N, seed)[0])
    X, factors = manifold.draw(N, seed)
    d = factors.shape[1]
    start = perf_counter()
    blur = Blur(manifold.shape, "auto", n_components=d, random_state=seed)
    smoothed = blur.fit_transform(X)
    blurred = perf_counter() - start
    model = HessianICA(d, random_state=seed).fit(smoothed)
    seconds = perf_counter() - start
    kept = np.isfinite(model.sources_).all(axis=1)
    polar = fit_polar(model.embedding_).codes
    report = disentanglement_report(model.sources_[kept], factors[kept], random_state=seed)
    if seed == 0:
        store.keep(f"{manifold.name}, {OURS}", model.sources_)
        store.keep(f"{manifold.name}, polar", polar)
        store.keep(f"{manifold.name}, factors", factors)
    store.add(
        {"manifold": manifold.name, "rival": OURS, "seed": seed, "n": N, "d": d}
        | scores(model.sources_, X, factors, seed)
        | {
            "seconds": seconds,
            "blur_seconds": blurred,
            "error": "",
            "sigma": blur.sigma_,
            "trials": [[t.sigma, t.isometry, t.gap] for t in blur.trials_],
            "columns": model.report_.projected_columns,
            "k": model.n_neighbors_,
            "nodes": model.n_nodes_,
            "operator": model.report_.operator,
            "gap": model.report_.spectral_gap,
            "distortion": model.report_.metric_distortion,
            "score": model.report_.score,
            "dependence": model.report_.source_dependence,
            "cone": model.report_.cone,
            "findings": [finding.code for finding in model.report_.findings],
            "theory": manifold.theory(),
            "polar": mcc(polar[kept], factors[kept], held_out=True, random_state=seed),
        }
        | {f"metric_{name}": value for name, value in report.as_dict().items()}
    )
    return lambda: smoothed


def tried(manifold: Manifold, store: Store) -> None:
    """HessianICA at every standard deviation, and at every number of components at the chosen one.

    Distances in the codes are compared with those of the pictures before smoothing.
    """
    X, factors = manifold.draw(N, 0)
    chosen = store.rows[manifold.name, OURS, 0]["sigma"]
    settings = [(f"blur {sigma:g}", sigma, None) for sigma in SIGMAS]
    settings += [(f"{number} components", chosen, number) for number in COMPONENTS]
    for name, sigma, number in settings:
        if (manifold.name, name, 0) in store:
            continue
        rows = Blur(manifold.shape, sigma).fit_transform(X)
        if number is not None:
            rows = PCA(number, random_state=0).fit_transform(rows)
        row = {"manifold": manifold.name, "rival": name, "seed": 0, "sigma": sigma}
        try:
            model = HessianICA(factors.shape[1], random_state=0).fit(rows)
        except ValueError as problem:
            store.add(row | {"error": str(problem).splitlines()[0]})
            continue
        found = {"gap": model.report_.spectral_gap, "columns": model.report_.projected_columns}
        store.add(row | scores(model.sources_, X, factors, 0) | found | {"error": ""})


def fill(store: Store, full: bool, only: list[str] | None) -> None:
    """Run what is missing."""
    with tqdm(list(jobs(FULL_SEEDS if full else 1, only)), unit="set") as bar:
        for manifold, seed in bar:
            bar.set_postfix_str(f"{manifold.name}, {OURS}")
            smoothed = ours(manifold, seed, store)
            if seed == 0 and manifold.name in CHOICE_SETS:
                bar.set_postfix_str(f"{manifold.name}, choices one by one")
                tried(manifold, store)
            theory = store.rows[manifold.name, OURS, seed]["theory"]
            wanted = rivals_of(manifold, seed, theory, full)
            missing = {n: w for n, w in wanted.items() if (manifold.name, n, seed) not in store}
            if missing:
                bar.set_postfix_str(f"{manifold.name}, {len(missing)} rivals")
                compare(missing, manifold, smoothed(), seed, store)


def compare(
    wanted: dict[str, tuple[Rival, int]],
    manifold: Manifold,
    smoothed: np.ndarray,
    seed: int,
    store: Store,
) -> None:
    """Run rivals, two at a time, as most of them use one core."""
    _, factors = manifold.draw(N, seed)
    d = factors.shape[1]
    points = points_of(smoothed, d, default_k(N, d), seed)

    def one(name: str) -> dict:
        rival, k = wanted[name]
        row = run(rival, smoothed, factors, d, seed, k=k, points=points, limit=LIMIT_SECONDS)
        return row | {"rival": name}

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for row in pool.map(one, wanted):
            found = row.pop("codes", None)
            if found is not None and seed == 0:
                store.keep(f"{manifold.name}, {row['rival']}", found)
            store.add({"manifold": manifold.name} | row)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="second seed, rivals at every k")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--results", type=Path, default=Path("build/paper.parquet"))
    parser.add_argument("--page", type=Path, help="where the page goes, with images beside it")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    store = Store(options.results, KEY)
    fill(store, options.full, options.only)
    if options.page:
        from paper_page import write

        write(store, options.page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
