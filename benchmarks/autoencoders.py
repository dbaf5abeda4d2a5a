"""The Hessian autoencoder beside ten autoencoders, and hessmap's own map back to pictures.

Four manifolds of 3,000 pictures of 64 x 64, of which every fifth is held out from everything; the
paper's architecture at a quarter of its width. Every training has the same steps and one thread;
two run at a time. Results are kept in ``build/autoencoders.parquet``, those that are there are not
computed again, and the page is written from them:

    python benchmarks/autoencoders.py [--seeds 3] [--only NAME ...] [--page docs/autoencoders.md]
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from manifolds import FURTHER, TWO_FACTORS, Manifold
from rivals import scores
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from store import Store
from tqdm import tqdm

from hessmap import HessianICA
from hessmap.pictures import Blur

N = 3000
KEY = ("manifold", "method", "width", "epochs", "seed")
MANIFOLDS = ("shapes-xc", "cat zoom-turn", "duck yaw-light", "laikago legs")
WIDTHS = (2, 128)
EPOCHS = 5
SEEDS = 3
# One manifold again, for so many epochs, to see what more steps change.
LONGER = ("laikago legs", 40, ("AE", "weight-decayed AE"))
HAE = "HAE"
OWN = "HessianICA, inverse_transform"
TEACHER = "HessianICA"
METHODS = (
    "AE",
    "IRMAE",
    "denoising AE",
    "weight-decayed AE",
    "beta-VAE",
    "AnnealedVAE",
    "FactorVAE",
    "beta-TCVAE",
    "DIP-VAE-I",
    "DIP-VAE-II",
)
SETTINGS = {
    "architecture": "conv",
    "width": 32,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "validation_fraction": 0.0,
    "patience": None,
    "precision": "bfloat16",
}
# Quantiles of both factors of the two pictures between which figure 8 goes.
ENDS = (0.1, 0.9)
N_FRAMES = 9
GRID = 5
N_SHOWN = 6
# Codes whose deviation is less than this share of the largest are not used.
ALIVE = 0.01


@dataclass(frozen=True)
class Job:
    """One training."""

    manifold: str
    method: str
    width: int
    epochs: int
    seed: int

    @property
    def key(self) -> tuple:
        return self.manifold, self.method, self.width, self.epochs, self.seed

    @property
    def name(self) -> str:
        return ", ".join(map(str, self.key))


def jobs(seeds: int) -> Iterator[Job]:
    """HAE first, then the others, seed by seed, and last those of LONGER."""
    for seed in range(seeds):
        for manifold in MANIFOLDS:
            yield Job(manifold, HAE, 2, EPOCHS, seed)
    for seed in range(seeds):
        for width in WIDTHS:
            for manifold in MANIFOLDS:
                for method in METHODS:
                    yield Job(manifold, method, width, EPOCHS, seed)
    manifold, epochs, methods = LONGER
    for method in (HAE, *methods):
        yield Job(manifold, method, 2, epochs, 0)


def known(name: str) -> Manifold:
    return next(one for one in (*TWO_FACTORS, *FURTHER) if one.name == name)


def parts() -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the pictures to learn from, and of those held out."""
    numbers = np.arange(N)
    return numbers[numbers % 5 != 0], numbers[numbers % 5 == 0]


@cache
def teacher(name: str) -> Pipeline:
    """Blur and HessianICA, everything automatic, fitted to the pictures to learn from."""
    manifold = known(name)
    X, factors = manifold.draw(N, 0)
    d = factors.shape[1]
    blur = Blur(manifold.shape, "auto", n_components=d, random_state=0)
    return Pipeline([("blur", blur), ("ica", HessianICA(d, random_state=0))]).fit(X[parts()[0]])


def taught(name: str) -> tuple[list[dict], dict[str, np.ndarray]]:
    """Results of the teacher and of its own map back to pictures, and their pictures."""
    manifold = known(name)
    X, factors = manifold.draw(N, 0)
    learned, held_out = parts()
    start, began = perf_counter(), process_time()
    model = teacher(name)
    seconds, cpu = perf_counter() - start, process_time() - began
    codes = model.transform(X)
    key = {"manifold": name, "width": 2, "epochs": 0, "seed": 0}

    def decode(wanted: np.ndarray) -> np.ndarray:
        return model["ica"].inverse_transform(wanted, rows=X[learned])

    row = (
        key
        | {"method": TEACHER, "seconds": seconds, "cpu_seconds": cpu}
        | scores(codes[held_out], X[held_out], factors[held_out], 0)
    )
    back = key | {"method": OWN, "reconstruction": misfit(decode(codes[held_out]), X, held_out)}
    return [row, back], shown(codes, codes, decode, decode, factors)


def trained(job: Job, fitted: Pipeline | None) -> tuple[dict, dict[str, np.ndarray]]:
    """Results of one training, and its pictures."""
    from hessmap.deep import Autoencoder, HessianAutoencoder

    warnings.simplefilter("ignore")
    manifold = known(job.manifold)
    X, factors = manifold.draw(N, 0)
    learned, held_out = parts()
    settings = SETTINGS | {
        "shape": manifold.shape,
        "max_epochs": job.epochs,
        "random_state": job.seed,
    }
    if job.method == HAE:
        model = HessianAutoencoder(FrozenEstimator(fitted), **settings)
    else:
        method = method_of(job.method, X.shape[1], job.width)
        model = Autoencoder(factors.shape[1], method, code_width=job.width, **settings)
    start, began = perf_counter(), process_time()
    model.fit(X[learned].astype(np.float32))
    seconds, cpu = perf_counter() - start, process_time() - began
    sources = model.transform(X.astype(np.float32)).astype(np.float64)
    if job.method == HAE:
        codes, decode = sources, model.inverse_transform
    else:
        codes, decode = model.encode(X), model.decode
    row = {
        **vars(job),
        "seconds": seconds,
        "cpu_seconds": cpu,
        "steps": job.epochs * -(-len(learned) // model.batch_size),
        "reconstruction": misfit(decode(codes[held_out]), X, held_out),
        "alive": int((codes.std(axis=0) > ALIVE * codes.std(axis=0).max()).sum()),
        **scored(sources[held_out], X[held_out], factors[held_out]),
    }
    if job.method not in (HAE, *METHODS[:4]):  # codes as the paper scored them: drawn
        from hessmap.deep.autoencoder import separate

        drawn = model.encode(X, draw=True, random_state=job.seed)
        separation = separate(drawn[learned], factors.shape[1], job.seed)
        found = separation.apply(drawn[held_out])
        row["mcc_drawn"] = scored(found, X[held_out], factors[held_out])["mcc"]
    return row, shown(sources, codes, decode, model.inverse_transform, factors)


def scored(codes: np.ndarray, X: np.ndarray, factors: np.ndarray) -> dict:
    """Scores, of codes that may all be the same where a posterior collapsed."""
    if not (codes.std(axis=0) > 0).all():
        rng = np.random.default_rng(0)
        codes = codes + 1e-12 * rng.standard_normal(codes.shape)
    return scores(codes, X, factors, 0)


def method_of(name: str, n_columns: int, width: int):
    """The settings of the papers where pictures are these; see the page."""
    from hessmap.deep import AE, DIPVAE, AnnealedVAE, BetaTCVAE, BetaVAE, FactorVAE

    return {
        "AE": AE(),
        "IRMAE": AE(n_linear=8),
        "denoising AE": AE(noise=0.25),
        "weight-decayed AE": AE(weight_decay=0.1),
        # 0.1 of losses that are means over columns and over codes
        "beta-VAE": BetaVAE(beta=0.1 * n_columns / (2 * width)),
        "AnnealedVAE": AnnealedVAE(gamma=1000.0, capacity=10.0),
        "FactorVAE": FactorVAE(gamma=10.0),
        "beta-TCVAE": BetaTCVAE(beta=6.0),
        "DIP-VAE-I": DIPVAE("means", off_diagonal=10.0),
        "DIP-VAE-II": DIPVAE("codes", off_diagonal=10.0),
    }[name]


def misfit(decoded: np.ndarray, X: np.ndarray, held_out: np.ndarray) -> float:
    """Mean square of what is missing of the held-out pictures, over their variance."""
    wanted = X[held_out].astype(np.float64)
    known_codes = np.isfinite(decoded).all(axis=1)
    wrong = np.square(decoded[known_codes] - wanted[known_codes]).mean()
    return float(wrong / wanted.var(axis=0).mean())


def shown(sources, codes, decode, from_sources, factors) -> dict[str, np.ndarray]:
    """What the figures need: codes, decoded pictures, a walk and a grid."""
    _, held_out = parts()
    first, last = (_nearest(factors[held_out], share) for share in ENDS)
    steps = np.linspace(0, 1, N_FRAMES)[:, None]
    walk = (1 - steps) * codes[held_out[first]] + steps * codes[held_out[last]]
    usual = np.nanquantile(sources, [0.2, 0.5, 0.8], axis=0)
    axes = [np.linspace(usual[0, j], usual[2, j], GRID) for j in range(2)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    some = held_out[:: len(held_out) // N_SHOWN][:N_SHOWN]
    return {
        "sources": sources.astype(np.float32),
        "decoded": decode(codes[some]).astype(np.float32),
        "walk": decode(walk).astype(np.float32),
        "grid": from_sources(grid).astype(np.float32),
    }


def _nearest(factors: np.ndarray, share: float) -> int:
    """The row that is nearest to a quantile of every factor."""
    low, high = factors.min(axis=0), factors.max(axis=0)
    relative = (factors - low) / (high - low)
    return int(np.abs(relative - share).max(axis=1).argmin())


def _one_thread() -> None:
    """Of a worker, before torch is there."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)


def fill(store: Store, seeds: int, only: list[str] | None, workers: int) -> None:
    """Run what is missing."""
    wanted = [job for job in jobs(seeds) if not only or job.manifold in only]
    for name in dict.fromkeys(job.manifold for job in wanted):
        if (name, TEACHER, 2, 0, 0) not in store:
            rows, arrays = taught(name)
            keep(store, f"{name}, {OWN}", arrays)
            for row in rows:
                store.add(row)
    missing = [job for job in wanted if job.key not in store]
    fitted = {job.manifold: teacher(job.manifold) for job in missing if job.method == HAE}
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, _one_thread) as pool:
        running = {
            pool.submit(trained, job, fitted.get(job.manifold) if job.method == HAE else None): job
            for job in missing
        }
        for done in tqdm(as_completed(running), total=len(running), unit="training"):
            job = running[done]
            row, arrays = done.result()
            if job.seed == 0:
                keep(store, job.name, arrays)
            store.add(row)


def keep(store: Store, name: str, arrays: dict[str, np.ndarray]) -> None:
    for what, array in arrays.items():
        store.keep(f"{name}, {what}", array)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--results", type=Path, default=Path("build/autoencoders.parquet"))
    parser.add_argument("--page", type=Path, help="where the page goes, with images beside it")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    store = Store(options.results, KEY)
    fill(store, options.seeds, options.only, options.workers)
    if options.page:
        from autoencoders_page import write

        write(store, options.page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
