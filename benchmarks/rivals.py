"""All rivals on one road: the same rows, the same projection, the same k, the same ICA.

Every run is a process of its own, which is killed after ``limit`` seconds; what goes wrong in it
is a result, in the column "error". ``--check`` runs all of `rival_methods.RIVALS` on two small
sets of data:

    python benchmarks/rivals.py --check [--rows 1000] [--k 24] [--only NAME ...]

One k for all is fair without noise. With noise a larger one can be the difference between failure
and success, and methods that choose it themselves win by that alone: run the others with each of
`k_choices`, and say which k won.
"""

from __future__ import annotations

import argparse
import resource
import sys
import warnings
from collections.abc import Iterable
from math import nan
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter

import numpy as np
from million import peak, reset_peak, resident
from rival_methods import RIVALS, Rival

from hessmap import datasets
from hessmap.ica import fit_ica
from hessmap.metrics import local_isometry, mcc
from hessmap.pictures import Blur
from hessmap.projection import fit_projection

# Imported once, in the process that the others are forked from.
LIBRARIES = ["hessmap.estimators", "hessmap.metrics", "sklearn.manifold", "sklearn.decomposition"]
STARTUP_SECONDS = 300.0  # for imports and for kernels to compile, before the clock starts
LIMIT_SECONDS = 600.0
GOODBYE_SECONDS = 10.0
SMALL_ROWS = 400  # of the call that compiles
ISOMETRY_ROWS = 1000  # pictures are wide
MAX_MISSING = 0.5  # share of rows without a code beyond which there is no result
NO_SCORES = {"mcc": nan, "spearman": nan, "local_isometry": nan}
NO_MEASURE = {"seconds": nan, "megabytes": nan, "missing": nan, "warning": ""}


def default_k(n: int, d: int) -> int:
    """Where hessmap's automatic choice of n_neighbors begins: 16 at d = 2."""
    unknowns = 1 + d + d * (d + 1) // 2
    return min(int(np.ceil(1.25 * unknowns)) + 8, 2 * n // 3)


def k_choices(n: int, d: int) -> tuple[int, ...]:
    """The three that hessmap's automatic choice tries; noise may ask any rival for a larger k."""
    k = default_k(n, d)
    return k, min(int(1.5 * k), 2 * n // 3), min(int(2.25 * k), 2 * n // 3)


def points_of(X: np.ndarray, d: int, k: int, seed: int) -> np.ndarray:
    """The principal components that hessmap would work on, in units of one common number."""
    return fit_projection(X, d, k, np.random.RandomState(seed)).apply(X)


def run(
    rival: Rival,
    X: np.ndarray,
    factors: np.ndarray,
    d: int,
    seed: int,
    *,
    k: int | None = None,
    points: np.ndarray | None = None,
    limit: float = LIMIT_SECONDS,
) -> dict:
    """Run a rival in a process of its own, and score what it finds.

    Parameters
    ----------
    rival : Rival
        Method.
    X : ndarray of shape (n, D)
        Rows, smoothed where they are pictures.
    factors : ndarray of shape (n, K)
        True factors.
    d : int
        Number of codes.
    seed : int
        Of the projection, of the method and of the scores' samples.
    k : int or None
        Number of neighbours, None for `default_k`. Methods that choose it themselves do.
    points : ndarray of shape (n, q) or None
        `points_of` these rows, where they are known already.
    limit : float
        Seconds after which the process is killed; ICA counts, the projection does not.

    Returns
    -------
    dict
        "rival", "n", "d", "k", "seed"; "mcc" (Pearson) and "spearman", assigned on one half of
        the rows and scored on the other; "local_isometry" against X; "seconds"; "megabytes", by
        which the method's process grew at most; "missing", the share of rows without a code, which
        are not scored; "warning" and "error", the first line of the first one, or ""; "codes"
        (n, d) where there are some. Numbers that there are not are NaN.
    """
    n = len(X)
    k = default_k(n, d) if k is None else k
    row = {"rival": rival.name, "n": n, "d": d, "k": k, "seed": seed}
    row |= NO_SCORES | NO_MEASURE | {"error": ""}
    if rival.max_rows is not None and n > rival.max_rows:
        return row | {"error": f"not run on more than {rival.max_rows:,} rows: {rival.reason}"}
    if not rival.wide and points is None:
        points = points_of(X, d, k, seed)
    found = _in_own_process(rival, X if rival.wide else points, (d, k, seed), limit)
    codes = found.get("codes")
    return row | found | (NO_SCORES if codes is None else scores(codes, X, factors, seed))


def scores(codes: np.ndarray, X: np.ndarray, factors: np.ndarray, seed: int) -> dict:
    """Of the rows that have codes."""
    kept = np.isfinite(codes).all(axis=1)
    codes, X, factors = codes[kept], X[kept], factors[kept]
    halves = {"held_out": True, "random_state": seed}
    return {
        "mcc": mcc(codes, factors, **halves),
        "spearman": mcc(codes, factors, method="spearman", **halves),
        "local_isometry": local_isometry(X, codes, max_rows=ISOMETRY_ROWS, random_state=seed),
    }


def _in_own_process(
    rival: Rival, rows: np.ndarray, arguments: tuple[int, int, int], limit: float
) -> dict:
    """What the child reports, or why it does not."""
    context = get_context("forkserver")  # a fork would inherit our memory and broken threads
    context.set_forkserver_preload(LIBRARIES)
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(theirs, rival, rows, arguments))
    child.start()
    theirs.close()
    try:
        if not ours.poll(STARTUP_SECONDS):
            return {"error": f"not ready after {STARTUP_SECONDS:.0f} s"}
        ours.recv()
        if not ours.poll(limit):
            return {"error": f"over {limit:g} s"}
        found = ours.recv()
        child.join(GOODBYE_SECONDS)  # one that is killed leaves semaphores behind
        return found
    except EOFError:
        child.join()
        return {"error": f"its process ended with exit code {child.exitcode}"}
    finally:
        child.kill()
        child.join()
        ours.close()


def _child(
    answer: Connection, rival: Rival, rows: np.ndarray, arguments: tuple[int, int, int]
) -> None:
    warnings.simplefilter("ignore")
    if rival.compiles:
        _compile(rival, rows.shape[1], arguments)
    before = _forget_peak()
    answer.send("ready")
    found = _measured(rival, rows, arguments)
    answer.send(found | {"megabytes": (_peak() - before) / 1e6})


def _measured(rival: Rival, rows: np.ndarray, arguments: tuple[int, int, int]) -> dict:
    """Codes, seconds and the first warning, or the error, whatever it is."""
    start = perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        for category in (UserWarning, RuntimeWarning):
            warnings.simplefilter("always", category)
        try:
            found = _with_codes(codes_of(rival, rows, arguments))
        except Exception as problem:
            found = {"error": _first_line(f"{type(problem).__name__}: {problem}")}
    warned = _first_line(str(caught[0].message)) if caught else ""
    return found | {"seconds": perf_counter() - start, "warning": warned}


def codes_of(rival: Rival, rows: np.ndarray, arguments: tuple[int, int, int]) -> np.ndarray:
    """What a rival finds, ICA included."""
    codes = np.asarray(rival.embed(rows, *arguments), dtype=np.float64)
    d, _, seed = arguments
    if codes.shape != (len(rows), d):
        raise ValueError(f"the codes have the shape {codes.shape}")
    kept = np.isfinite(codes).all(axis=1)
    if rival.ica and kept.any():
        codes[~kept] = nan
        codes[kept] = fit_ica(codes[kept], random_state=seed).sources
    return codes


def _with_codes(codes: np.ndarray) -> dict:
    missing = float(1 - np.isfinite(codes).all(axis=1).mean())
    if missing > MAX_MISSING:
        return {"error": f"{missing:.0%} of the rows have no finite code", "missing": missing}
    return {"codes": codes, "missing": missing}


def _compile(rival: Rival, n_columns: int, arguments: tuple[int, int, int]) -> None:
    """A small call, whose result does not count."""
    d, k, seed = arguments
    box = np.zeros((SMALL_ROWS, n_columns))
    box[:, :d] = np.random.default_rng(0).uniform(size=(SMALL_ROWS, d))
    try:
        codes_of(rival, box, (d, k, seed))
    except Exception:  # will be seen again on the rows, if it is not due to the box
        return


def _forget_peak() -> float:
    """Resident bytes now; where /proc is not writable, the peak so far."""
    try:
        reset_peak()
    except OSError:
        return _peak()
    return resident()


def _peak() -> float:
    return peak() or 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0] if lines else ""


def check_sets(n: int) -> Iterable[tuple[str, np.ndarray, np.ndarray]]:
    """Name, rows and factors."""
    yield "arcs", *datasets.arcs(n, 2, noise=0.0, random_state=0)
    pictures, factors = datasets.shapes_xy(n, random_state=0)
    yield "shapes_xy, blurred 3 px", Blur((48, 48), 3).fit_transform(pictures), factors


def print_table(name: str, rows: Iterable[dict]) -> int:
    """One line for each run, as they come; how many of them ended in an error."""
    errors = 0
    print(f"\n### {name}\n")
    print("| rival | MCC | Spearman | LI | seconds | MB | missing | error | warning |")
    print("|" + "---|" * 9)
    for row in rows:
        cells = (
            row["rival"],
            *(f"{row[key]:.4f}" for key in NO_SCORES),
            f"{row['seconds']:.2f}",
            f"{row['megabytes']:.0f}",
            f"{row['missing']:.1%}",
            *(row[key][:90].replace("|", "/") for key in ("error", "warning")),
        )
        print(
            "| " + " | ".join("" if c in ("nan", "nan%") else c for c in cells) + " |", flush=True
        )
        errors += bool(row["error"])
    return errors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="all rivals on two small data sets")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--k", type=int, help="neighbours, in place of the rule's")
    parser.add_argument("--limit", type=float, default=120.0)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="parts of names of rivals")
    options = parser.parse_args()
    if not options.check:
        parser.error("nothing to do; `run` is for other scripts, --check for a look at all rivals")
    parts = options.only or [""]
    chosen = [rival for rival in RIVALS if any(part in rival.name for part in parts)]
    errors = 0
    for name, X, factors in check_sets(options.rows):
        d = factors.shape[1]
        k = options.k or default_k(len(X), d)
        points = points_of(X, d, k, 0)
        given = {"k": k, "points": points, "limit": options.limit}
        results = (run(rival, X, factors, d, 0, **given) for rival in chosen)
        errors += print_table(f"{name}, {len(X):,} rows", results)
    return int(errors > 0)


if __name__ == "__main__":
    sys.exit(main())
