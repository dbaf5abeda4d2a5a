"""The experiment of Horan, Richardson & Weiss (2021) on pictures that can be made anywhere.

Two-factor manifolds of 3,000 pictures, every method on the same rows, hyper-parameters chosen by
the package alone. Results are kept in ``build/paper.parquet``, and those that are there are not
computed again; the page is written from them:

    python benchmarks/paper.py [--seeds 3] [--only NAME ...] [--page docs/paper.md]
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
from manifolds import TWO_FACTORS, Manifold, scene
from rival_methods import RIVALS
from rivals import default_k, points_of, run, scores
from store import Store
from tqdm import tqdm

from hessmap import HessianICA
from hessmap.metrics import disentanglement_report
from hessmap.pictures import Blur

N = 3000
KEY = ("manifold", "rival", "seed")
OURS = "HessianICA"
# The other methods are run on the first seeds only: they are what takes the time.
RIVAL_SEEDS = 1
LIMIT_SECONDS = 120.0
# One factor's range, as a share of what it is: LEM against HLLE on an oblong.
OBLONG = ("ball yaw-pitch", (1.0, 0.7, 0.5, 0.35, 0.25))
OBLONG_RIVALS = ("HessianICA, laplacian", "diffusion maps, local cov. + ICA")


def jobs(seeds: int, only: list[str] | None) -> Iterator[tuple[Manifold, int]]:
    """Sets of pictures, and seeds; oblongs last."""
    chosen = [one for one in TWO_FACTORS if not only or one.name in only]
    for seed in range(seeds):
        for manifold in chosen:
            yield manifold, seed
    name, shares = OBLONG
    if not only or name in only:
        for share in shares[1:]:
            yield scene(name, (1.0, share), f"{name}, pitch x {share:g}"), 0


def rivals_of(manifold: Manifold, seed: int) -> list:
    """What is run beside HessianICA."""
    if manifold not in TWO_FACTORS:
        return [rival for rival in RIVALS if rival.name in OBLONG_RIVALS]
    return [r for r in RIVALS if r.name != OURS] if seed < RIVAL_SEEDS else []


def ours(manifold: Manifold, seed: int, store: Store, codes: Path) -> np.ndarray:
    """Blur and HessianICA, everything automatic: a row, and the smoothed pictures.

    Where the row is known already, the smoothing that it names is done again.
    """
    X, factors = manifold.draw(N, seed)
    known = store.rows.get((manifold.name, OURS, seed))
    if known is not None:
        return Blur(manifold.shape, known["sigma"]).fit_transform(X)
    d = factors.shape[1]
    start = perf_counter()
    blur = Blur(manifold.shape, "auto", n_components=d, random_state=seed)
    smoothed = blur.fit_transform(X)
    blurred = perf_counter() - start
    model = HessianICA(d, random_state=seed).fit(smoothed)
    seconds = perf_counter() - start
    kept = np.isfinite(model.sources_).all(axis=1)
    report = disentanglement_report(model.sources_[kept], factors[kept], random_state=seed)
    codes.mkdir(parents=True, exist_ok=True)
    if seed == 0:
        np.savez(codes / f"{manifold.name}.npz", codes=model.sources_, factors=factors)
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
            "findings": [finding.code for finding in model.report_.findings],
            "theory": manifold.theory(),
        }
        | {f"metric_{name}": value for name, value in report.as_dict().items()}
    )
    return smoothed


def fill(store: Store, seeds: int, only: list[str] | None, codes: Path) -> None:
    """Run what is missing."""
    with tqdm(list(jobs(seeds, only)), unit="set") as bar:
        for manifold, seed in bar:
            wanted = rivals_of(manifold, seed)
            missing = [r for r in wanted if (manifold.name, r.name, seed) not in store]
            if (manifold.name, OURS, seed) in store and not missing:
                continue
            bar.set_postfix_str(f"{manifold.name}, {OURS}")
            smoothed = ours(manifold, seed, store, codes)
            if not missing:
                continue
            _, factors = manifold.draw(N, seed)
            d = factors.shape[1]
            k = default_k(N, d)
            points = points_of(smoothed, d, k, seed)
            for rival in missing:
                bar.set_postfix_str(f"{manifold.name}, {rival.name}")
                row = run(
                    rival, smoothed, factors, d, seed, k=k, points=points, limit=LIMIT_SECONDS
                )
                kept = row.pop("codes", None)
                if kept is not None and seed == 0:
                    np.savez(codes / f"{manifold.name}, {rival.name}.npz", codes=kept)
                store.add({"manifold": manifold.name} | row)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--results", type=Path, default=Path("build/paper.parquet"))
    parser.add_argument("--page", type=Path, help="where the page goes, with images beside it")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    store = Store(options.results, KEY)
    codes = options.results.with_suffix(".codes")
    fill(store, options.seeds, options.only, codes)
    if options.page:
        from paper_page import write

        write(store, codes, options.page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
