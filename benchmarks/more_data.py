"""More data make it better: errors over their floor against n, dirty rows, and the resolution.

    python benchmarks/more_data.py [--parts noise dirty resolution held-out] [--quick] [--plot FILE]

The floor is what the noise of a single row along the manifold leaves of R^2, whatever the map:
sigma^2 over the variance of the factor, in units of X, that has least of it.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from data import error

from hessmap import HessianICA
from hessmap.datasets import arcs, blobs, shapes_xc, shapes_xy, swiss_roll
from hessmap.metrics import mcc
from hessmap.pictures import Blur

Made = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Family:
    """Noisy rows of any number, the floor of their error, and what is asked of it."""

    name: str
    make: Callable[[int, float, int], Made]
    floor: Callable[[float], float]
    noises: tuple[float, ...]
    d: int = 2


FAMILIES = (
    Family(
        "blobs",
        lambda n, noise, seed: blobs(n, noise=noise, random_state=seed),
        lambda noise: 0.0386 * noise**2,
        (0.02, 0.1, 0.3),
    ),
    Family(
        "swiss roll, hole",
        lambda n, noise, seed: swiss_roll(n, hole=True, noise=noise, random_state=seed),
        lambda noise: noise**2 / swiss_roll(20_000, hole=True, random_state=0)[1].var(axis=0).min(),
        (0.1, 0.3),
    ),
    Family(
        "three arcs",
        lambda n, noise, seed: arcs(n, 3, n_features=30, noise=noise, random_state=seed),
        lambda noise: 12 * noise**2,
        (0.005, 0.02),
        d=3,
    ),
)


def fit(X: np.ndarray, d: int, n_nodes: int | str | None = "auto") -> HessianICA:
    return HessianICA(d, n_nodes=n_nodes, random_state=0).fit(X)


def scikit_learn(X: np.ndarray, factors: np.ndarray) -> str:
    """Error of scikit-learn's HLLE, or the name of what it raises."""
    from sklearn.manifold import LocallyLinearEmbedding

    d = factors.shape[1]
    model = LocallyLinearEmbedding(
        n_neighbors=16 if d == 2 else 21, n_components=d, method="hessian", random_state=0, n_jobs=2
    )
    try:
        return f"{error(model.fit_transform(X), factors):.1e}"
    except Exception as problem:  # whatever it raises is its result here
        return type(problem).__name__


def against_n(sizes: list[int], seeds: int, plain_up_to: int, plot: str | None) -> None:
    """Median error over the floor, beside every point a node and scikit-learn."""
    print("| rows | noise | n | error / floor, median | largest | nodes | s | every row a node "
          "| scikit-learn (error) |")  # fmt: skip
    print("|" + "---|" * 9)
    curves: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for family in FAMILIES:
        for noise in family.noises:
            floor = family.floor(noise)
            drawn = curves.setdefault(
                f"{family.name}, noise {noise:g}", {"hessmap": [], "k": [], "scikit-learn": []}
            )
            for n in sizes:
                ratios, nodes, seconds = [], [], []
                for seed in range(seeds):
                    X, factors = family.make(n, noise, seed)
                    start = perf_counter()
                    model = fit(X, family.d)
                    seconds.append(perf_counter() - start)
                    seen = np.isfinite(model.embedding_[:, 0])
                    ratios.append(error(model.embedding_[seen], factors[seen]) / floor)
                    nodes.append(model.n_nodes_)
                plain, theirs = "", ""
                X, factors = family.make(n, noise, 0)
                if n <= plain_up_to:
                    ratio = error(fit(X, family.d, None).embedding_, factors) / floor
                    plain = f"{ratio:.1f}"
                    drawn["k"].append((n, ratio * floor))
                if n <= 5000:
                    theirs = scikit_learn(X, factors)
                    if theirs[0].isdigit():
                        drawn["scikit-learn"].append((n, float(theirs)))
                drawn["hessmap"].append((n, float(np.median(ratios)) * floor))
                print(
                    f"| {family.name} | {noise:g} | {n:,} | {np.median(ratios):.3f} "
                    f"| {max(ratios):.3f} | {int(np.median(nodes)):,} | {np.median(seconds):.1f} "
                    f"| {plain} | {theirs} |",
                    flush=True,
                )
    if plot:
        draw(curves, plot)


def draw(curves: dict[str, dict[str, list[tuple[int, float]]]], path: str) -> None:
    """Errors against n, one panel for each family and noise."""
    from matplotlib import pyplot as plt

    floors = {
        f"{family.name}, noise {noise:g}": family.floor(noise)
        for family in FAMILIES
        for noise in family.noises
    }
    figure, axes = plt.subplots(
        2, -(-len(curves) // 2), figsize=(13, 6), constrained_layout=True, sharex=True
    )
    for ax, (name, lines) in zip(axes.ravel(), curves.items(), strict=False):
        ax.loglog(*zip(*lines["hessmap"], strict=True), "o-", label="hessmap, n_nodes='auto'")
        if lines["k"]:
            ax.loglog(*zip(*lines["k"], strict=True), "s--", label="every row a node")
        if lines["scikit-learn"]:
            ax.loglog(*zip(*lines["scikit-learn"], strict=True), "k^", label="scikit-learn")
        ax.axhline(floors[name], color="0.4", ls=":", label="floor")
        ax.set_title(name, fontsize=10)
    for ax in axes.ravel()[len(curves) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("rows")
    for ax in axes[:, 0]:
        ax.set_ylabel("$1 - R^2$")
    axes[0, 0].legend(fontsize=8)
    figure.savefig(path, dpi=110)


def spoiled(X: np.ndarray, factors: np.ndarray, seed: int) -> Iterator[tuple]:
    """(name, rows, factors, which rows are bad): ways in which rows come dirty."""
    rng = np.random.default_rng(seed)
    n, width = X.shape
    extent = X.std(axis=0).max()
    none = np.zeros(n, dtype=bool)
    # rows per area of the manifold, whose sides the factors' ranges are up to the speed of X
    speed = np.median(_speeds(X, factors))
    spacing = speed * np.sqrt(np.prod(np.ptp(factors, axis=0)) / n)
    yield "clean", X, factors, none
    for share in (0.01, 0.05):
        picked = rng.permutation(n)[: int(share * n)]
        bad = none.copy()
        bad[picked] = True
        m = len(picked)
        direction = rng.standard_normal((m, width))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        kinds = {
            "far": X.mean(axis=0) + 10 * extent * rng.standard_normal((m, width)),
            "at 3 spacings": X[picked] + 3 * spacing * direction,
            "in one spot": X.mean(axis=0) + extent * (5 / np.sqrt(width) + 0.1 * direction),
        }
        for name, rows in kinds.items():
            dirty = X.copy()
            dirty[picked] = rows
            yield f"{share:.0%} {name}", dirty, factors, bad
    for share in (0.1, 0.5):
        m = int(share * n)
        again = np.r_[: n - m, :m]
        yield f"{share:.0%} duplicates", X[again], factors[again], none
    again = np.r_[: n - 40, np.full(40, 3)]
    yield "40 identical", X[again], factors[again], none


def _speeds(X: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Distances in X over distances in the factors, of rows and their nearest in the factors."""
    from scipy.spatial import KDTree

    distance, other = KDTree(factors).query(factors[:500], k=60)
    return np.linalg.norm(X[other[:, -1]] - X[:500], axis=1) / distance[:, -1]


def uneven_roll(n: int) -> Made:
    """The swiss roll with a hole, its factors thinned out to Beta(2, 5)."""
    X, factors = swiss_roll(40 * n, hole=True, noise=0.02, random_state=0)
    share = (factors - factors.min(axis=0)) / np.ptp(factors, axis=0)
    density = (share * (1 - share) ** 4).prod(axis=1)
    picked = np.random.default_rng(0).choice(len(X), n, replace=False, p=density / density.sum())
    return X[picked], factors[picked]


def dirty(n: int) -> None:
    """R^2 and MCC of the rows that are not spoiled."""
    print("| rows | spoiled by | R^2 | MCC | set aside | found | nodes |")
    print("|" + "---|" * 7)
    bases = {
        "blobs": blobs(n, noise=0.02, random_state=0),
        "swiss roll, hole": swiss_roll(n, hole=True, noise=0.02, random_state=0),
    }
    uneven = {
        "blobs": blobs(n, noise=0.02, density="beta", random_state=0),
        "swiss roll, hole": uneven_roll(n),
    }
    for base, (X, factors) in bases.items():
        cases = list(spoiled(X, factors, 1))
        cases.append(("uneven density", *uneven[base], np.zeros(n, dtype=bool)))
        for name, rows, known, bad in cases:
            model = fit(rows, 2)
            good = ~bad & np.isfinite(model.embedding_[:, 0])
            found = f"{(model.node_of_[bad] < 0).mean():.0%}" if bad.any() else ""
            print(
                f"| {base} | {name} | {1 - error(model.embedding_[good], known[good]):.5f} "
                f"| {mcc(model.sources_[good], known[good]):.5f} | {model.report_.n_outliers:,} "
                f"| {found} | {model.n_nodes_:,} |",
                flush=True,
            )


def data_sets() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, rows and factors of the data sets on which the resolution is judged."""
    for n in (3000, 20_000):
        for noise in (0.0, 0.02, 0.1, 0.3):
            yield f"blobs {noise:g}", *blobs(n, noise=noise, random_state=0)
        for noise in (0.0, 0.1, 0.3):
            yield f"roll {noise:g}", *swiss_roll(n, hole=True, noise=noise, random_state=0)
        for noise in (0.0, 0.005, 0.02):
            rows = arcs(n, 3, n_features=30, noise=noise, random_state=0)
            yield f"three arcs {noise:g}", *rows
    yield "blobs 0.02, uneven", *blobs(20_000, noise=0.02, density="beta", random_state=0)
    for name, make, shape in (("xy", shapes_xy, (48, 48)), ("xc", shapes_xc, (48, 48, 2))):
        X, factors = make(3000, random_state=0)
        if name == "xy":
            yield "square, sharp", X, factors
        yield f"square {name}, blurred", Blur(shape, 3).fit_transform(X), factors


def resolution() -> None:
    """1 - MCC of the chosen resolution beside those that are fixed."""
    print("| rows | n | auto (nodes) | every row | n/4 | n/16 | 5,000 | 2,000 | auto / best |")
    print("|" + "---|" * 9)
    for name, X, factors in data_sets():
        n, d = X.shape[0], factors.shape[1]
        model = fit(X, d)
        seen = np.isfinite(model.sources_[:, 0])
        auto = 1 - mcc(model.sources_[seen], factors[seen])
        fixed = []
        for n_nodes in (None, n // 4, n // 16, 5000, 2000):
            try:
                other = fit(X, d, n_nodes)
                seen = np.isfinite(other.sources_[:, 0])
                fixed.append(1 - mcc(other.sources_[seen], factors[seen]))
            except ValueError:
                fixed.append(np.nan)
        cells = " | ".join(f"{value:.2e}" for value in fixed)
        print(
            f"| {name} | {n:,} | {auto:.2e} ({model.n_nodes_:,}) | {cells} "
            f"| {auto / np.nanmin(fixed):.2f} |",
            flush=True,
        )


def held_out() -> None:
    """Errors of rows that were not in the fit, and how much noise the way back removes."""
    print("| rows | n | error in the fit | held out | ratio | reconstruction error "
          "| noise left |")  # fmt: skip
    print("|" + "---|" * 7)
    for family in FAMILIES:
        for noise in family.noises:
            X, factors = family.make(25_000, noise, 0)
            model = fit(X[:20_000], family.d)
            own = error(model.embedding_, factors[:20_000])
            mapped = model.transform(X[20_000:]) @ model.mixing_.T
            other = error(mapped, factors[20_000:])
            back = model.inverse_transform(model.sources_[:5000])
            # the same draws without noise: only those families whose noise is drawn last
            clean = family.make(25_000, 0.0, 0)[0][:5000]
            left = np.linalg.norm(back - clean) / np.linalg.norm(X[:5000] - clean)
            print(
                f"| {family.name} {noise:g} | 20,000 | {own:.2e} | {other:.2e} | {other / own:.3f} "
                f"| {model.report_.reconstruction_error:.3f} | {left:.2f} |",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ("noise", "dirty", "resolution", "held-out")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    parser.add_argument("--quick", action="store_true", help="up to 50,000 rows, one seed")
    parser.add_argument("--plot", help="file for the picture of the errors against n")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if "noise" in arguments.parts:
        sizes = [5000, 50_000] if arguments.quick else [5000, 50_000, 500_000]
        against_n(sizes, 1 if arguments.quick else 5, 50_000, arguments.plot)
    if "dirty" in arguments.parts:
        dirty(20_000)
    if "resolution" in arguments.parts:
        resolution()
    if "held-out" in arguments.parts:
        held_out()


if __name__ == "__main__":
    main()
