"""Does ICA end at a saddle? Many runs over random rotations, beside scikit-learn's FastICA.

Every data set is fitted twenty times, each time turned by another random rotation and with another
seed. A run ends at a saddle, or at a lesser optimum, if its MCC is more than 0.01 below the best of
the twenty; it misses if its contrast is below the best of the twenty, or below the optimum next to
the true sources. scikit-learn gets the same rows and seeds. Run with ``make bench-ica``; the full
form takes some ten minutes, ``--runs 200`` one.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from time import perf_counter

import numpy as np
from sklearn.decomposition import FastICA

from hessmap.ica import CONTRASTS, fit_ica
from hessmap.ica.cumulants import cumulants_of, group_moments
from hessmap.ica.planes import Negentropy
from hessmap.ica.search import settle
from hessmap.ica.whitening import whitening_of
from hessmap.metrics import mcc

RESTARTS = 20
ALLOWED = 0.01
SAME = 1e-6
# Few rows are the hard ones, and many the slow ones.
ROWS = (500, 500, 1000, 1000, 3000, 10_000)
DIMENSIONS = range(2, 9)
FACTORS = {
    "uniform": lambda rng, n: rng.uniform(-1, 1, size=n),
    "Laplace": lambda rng, n: rng.laplace(size=n),
    "bimodal": lambda rng, n: rng.choice([-1.0, 1.0], size=n) + 0.3 * rng.standard_normal(n),
    "Beta(2, 5)": lambda rng, n: rng.beta(2, 5, size=n),
}
METHODS = ("hessmap", "scikit-learn, logcosh", "scikit-learn, cube")


def sources(kind: str, n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    names = list(FACTORS)
    kinds = [names[j % len(names)] if kind == "mixed" else kind for j in range(d)]
    return np.column_stack([FACTORS[name](rng, n) for name in kinds])


def rotation(d: int, rng: np.random.Generator) -> np.ndarray:
    orthogonal, triangle = np.linalg.qr(rng.standard_normal((d, d)))
    return orthogonal * np.sign(np.diag(triangle))


def fitted(method: str, mixed: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
    """Sources, and the contrast where the method tells it."""
    if method == "hessmap":
        result = fit_ica(mixed, random_state=seed)
        return result.sources, result.contrast_value
    fun = method.split(", ")[1]
    return FastICA(fun=fun, whiten="unit-variance", random_state=seed).fit_transform(mixed), 0.0


def beside_the_truth(factors: np.ndarray) -> float:
    """The contrast at the optimum that is reached from the true sources."""
    white = (factors - factors.mean(axis=0)) @ whitening_of(factors - factors.mean(axis=0)).T
    cumulants, _ = cumulants_of(*group_moments(white, [np.arange(len(white))]).mean())
    return settle(Negentropy(cumulants), np.eye(factors.shape[1])).value


def counts(runs: int, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """By kind of sources and method: runs, those that fall short, and the time."""
    table: dict[str, dict[str, dict[str, float]]] = {}
    grid = [(kind, n, d) for n in ROWS for d in DIMENSIONS for kind in (*FACTORS, "mixed")]
    order = np.random.default_rng(seed).permutation(len(grid))
    for number in range(-(-runs // RESTARTS)):
        kind, n, d = grid[order[number % len(grid)]]
        rng = np.random.default_rng([seed, number])
        factors = sources(kind, n, d, rng)
        turns = [rotation(d, rng) for _ in range(RESTARTS)]
        for method in METHODS:
            row = table.setdefault(kind, {}).setdefault(
                method,
                dict.fromkeys(("runs", "saddles", "spread", "missed", "warned", "seconds"), 0.0),
            )
            scores, values = np.zeros(RESTARTS), np.zeros(RESTARTS)
            for run, turn in enumerate(turns):
                start = perf_counter()
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    found, values[run] = fitted(method, factors @ turn, RESTARTS * number + run)
                row["seconds"] += perf_counter() - start
                row["warned"] += bool(caught)
                scores[run] = mcc(found, factors)
            row["runs"] += RESTARTS
            row["saddles"] += (scores < scores.max() - ALLOWED).sum()
            row["spread"] = max(row["spread"], scores.max() - scores.min())
            if method == "hessmap":
                best = max(values.max(), beside_the_truth(factors))
                row["missed"] += (values < best * (1 - SAME)).sum()
    return table


def printed(table: dict[str, dict[str, dict[str, float]]]) -> int:
    """The table in Markdown; the number of our runs that fall short."""
    print("| sources | method | runs | at a saddle | largest spread of MCC | warned | ms a run |")
    print("|---|---|---|---|---|---|---|")
    totals = {method: dict.fromkeys(table[next(iter(table))][method], 0.0) for method in METHODS}
    for kind, methods in table.items():
        for method, row in methods.items():
            printed_row(kind, method, row)
            for name, value in row.items():
                total = totals[method]
                total[name] = max(total[name], value) if name == "spread" else total[name] + value
    for method, row in totals.items():
        printed_row("all", method, row)
    ours = totals["hessmap"]
    print(f"\nhessmap's runs below the best contrast known: {ours['missed']:.0f}")
    return int(ours["saddles"] + ours["missed"])


def printed_row(kind: str, method: str, row: dict[str, float]) -> None:
    share = 100 * row["saddles"] / row["runs"]
    print(
        f"| {kind} | {method} | {row['runs']:.0f} | {row['saddles']:.0f} ({share:.1f} %) | "
        f"{row['spread']:.5f} | {row['warned']:.0f} | {1e3 * row['seconds'] / row['runs']:.0f} |",
        flush=True,
    )


def timed(n: int, d: int) -> None:
    rng = np.random.default_rng(0)
    factors = sources("mixed", n, d, rng)
    mixed = factors @ rng.standard_normal((d, d))
    print(f"\n| contrast | seconds for {n:,} x {d} rows | 1 - MCC |\n|---|---|---|")
    for contrast in CONTRASTS:
        start = perf_counter()
        found = fit_ica(mixed, contrast=contrast, random_state=0).sources
        seconds = perf_counter() - start
        print(f"| {contrast} | {seconds:.1f} | {1 - mcc(found, factors):.1e} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the timing")
    options = parser.parse_args()
    short = printed(counts(options.runs, options.seed))
    timed(options.rows, 8)
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
