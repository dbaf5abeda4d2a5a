"""Can the report be believed? False alarms on conforming data, detection of broken assumptions.

Prints the tables of docs/trust.md (``--tables docs/trust-tables.md`` writes them): what is found on
data that meet the assumptions and on the negative controls, how the report's score follows the true
MCC, what the automatic choices of n_neighbors and n_components lose. Fits are kept in a file, and
those that are there are not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np
from trust_cases import CONFORMING, CONTROLS, Case

CASES = {case.name: case for case in (*CONFORMING, *CONTROLS)}
# Settings beside the defaults; what they make of the data is part of the score's test.
VARIANTS: dict[str, dict] = {
    "default": {},
    "tangent": {"operator": "tangent"},
    "every row": {"n_nodes": None},
    "wide": {"n_neighbors": 48},
    "auto d": {"n_components": "auto"},
}
GRID = (0.75, 1.0, 1.5, 2.25, 3.4)
MOST_ROWS_OF_VARIANTS = 3000
Job = tuple[str, int, float, int, str]


def fit(job: Job) -> dict:
    """One fit: what it found, beside the truth."""
    from hessmap import HessianICA
    from hessmap.metrics import mcc

    warnings.simplefilter("ignore")
    name, n, noise, seed, variant = job
    case = CASES[name]
    X, factors = case.make(n, noise, seed)
    row = dict(zip(("name", "n", "noise", "seed", "variant"), job, strict=True))
    settings = {"n_components": case.n_components, "random_state": 0}
    if variant.startswith("k x "):
        d = case.n_components
        usual = int(np.ceil(1.25 * (1 + d + d * (d + 1) // 2))) + 8
        settings["n_neighbors"] = max(round(float(variant[4:]) * usual), d * (d + 3) // 2 + 1)
    else:
        settings |= VARIANTS[variant]
    start = perf_counter()
    try:
        model = HessianICA(**settings).fit(X)
    except ValueError as error:
        return row | {"error": type(error).__name__, "text": str(error)}
    seconds = perf_counter() - start
    report, kept = model.report_, np.isfinite(model.sources_).all(axis=1)
    return row | {
        "mcc": mcc(model.sources_[kept], factors[kept]),
        "d": report.n_components,
        "score": report.score,
        "codes": [finding.code for finding in report.findings],
        "text": str(report),
        "seconds": seconds,
        "nodes": report.n_nodes,
        "k": report.n_neighbors,
        "isometry": report.local_isometry,
        "distortion": report.metric_distortion,
        "gap": report.spectral_gap,
        "dependence": report.source_dependence,
        "bottleneck": report.bottleneck,
        "stability": report.ica_stability,
    }


def jobs(cases: Iterable[Case], seeds: int, variants: Iterable[str]) -> list[Job]:
    """All fits of some cases, every seed of one setting side by side."""
    return [
        (case.name, n, noise, seed, variant)
        for case in cases
        for n, noise in case.settings
        for variant in variants
        if variant == "default" or n <= MOST_ROWS_OF_VARIANTS
        for seed in range(seeds)
    ]


def fitted(wanted: list[Job], path: Path, workers: int) -> dict[Job, dict]:
    """Results of all fits; those in the file are taken from it, the others appended."""
    known: dict[Job, dict] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            known[(row["name"], row["n"], row["noise"], row["seed"], row["variant"])] = row
    missing = [job for job in wanted if job not in known]
    if missing:
        from tqdm import tqdm

        os.environ.setdefault("OMP_NUM_THREADS", "1")
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
            path.open("a", encoding="utf-8") as file,
        ):
            for job, row in zip(
                missing, tqdm(pool.map(fit, missing), total=len(missing)), strict=True
            ):
                known[job] = row
                file.write(json.dumps(row) + "\n")
                file.flush()
    return {job: known[job] for job in wanted}


def found(row: dict) -> list[str]:
    """Codes of a fit; an error that names the assumption counts as its finding."""
    return ["disconnected"] if row.get("error") == "DisconnectedGraphError" else row["codes"]


def by_setting(results: dict[Job, dict]) -> dict[tuple, list[dict]]:
    """Fits that differ by their seed alone."""
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for (name, n, noise, _, variant), row in results.items():
        groups[name, n, noise, variant].append(row)
    return groups


def median(rows: list[dict], key: str) -> float:
    values = [row[key] for row in rows if key in row]
    return float(np.median(values)) if values else float("nan")


def print_conforming(results: dict[Job, dict]) -> None:
    print("\n### Conforming data\n")
    print("| data | n | noise | no finding | median MCC | median score | findings |")
    print("|---|---|---|---|---|---|---|")
    quiet = total = 0
    for (name, n, noise, _), rows in by_setting(results).items():
        ok = sum(not found(row) for row in rows)
        quiet, total = quiet + ok, total + len(rows)
        codes = sorted({code for row in rows for code in found(row)})
        print(
            f"| {name} | {n:,} | {noise:g} | {ok} of {len(rows)} | {median(rows, 'mcc'):.4f} | "
            f"{median(rows, 'score'):.4f} | {', '.join(codes)} |"
        )
    print(f"\nNo finding in {quiet} of {total} fits ({quiet / total:.1%}).")


def print_controls(results: dict[Job, dict]) -> None:
    print("\n### Negative controls\n")
    print("| data | n | noise | the right finding | what must be found | median MCC | also |")
    print("|---|---|---|---|---|---|---|")
    right = total = 0
    for (name, n, noise, _), rows in by_setting(results).items():
        expected = CASES[name].expected
        hits = sum(bool(set(expected) & set(found(row))) for row in rows)
        right, total = right + hits, total + len(rows)
        also = sorted({code for row in rows for code in found(row)} - set(expected))
        print(
            f"| {name} | {n:,} | {noise:g} | {hits} of {len(rows)} | {' or '.join(expected)} | "
            f"{median(rows, 'mcc'):.2f} | {', '.join(also)} |"
        )
    print(f"\nThe right finding in {right} of {total} fits ({right / total:.1%}).")


def print_score(results: dict[Job, dict], plot: Path | None) -> None:
    from scipy.stats import spearmanr

    rows = [row for row in results.values() if "mcc" in row]
    score, true = (np.array([row[key] for row in rows]) for key in ("score", "mcc"))
    print("\n### The score and the truth\n")
    print(
        f"Rank correlation of score and MCC over {len(rows)} fits: {spearmanr(score, true)[0]:.3f}."
    )
    for variant in VARIANTS:
        some = np.array([row["variant"] == variant for row in rows])
        if some.sum() > 2:
            one = spearmanr(score[some], true[some])[0]
            print(f"- {variant}: {one:.3f} ({some.sum()} fits)")
    if plot is not None:
        draw(rows, score, true, plot)


def draw(rows: list[dict], score: np.ndarray, true: np.ndarray, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    conforming = np.array([not CASES[row["name"]].expected for row in rows])
    figure, ax = plt.subplots(figsize=(5.2, 4.6), constrained_layout=True)
    for mask, colour, label in (
        (~conforming, "C1", "negative controls"),
        (conforming, "C0", "conforming"),
    ):
        missing = np.maximum(1 - score[mask], 1e-6), np.maximum(1 - true[mask], 1e-6)
        ax.loglog(*missing, ".", ms=3, alpha=0.5, color=colour, label=label)
    ax.plot([1e-5, 1], [1e-5, 1], color="0.6", lw=1, ls="--", zorder=0)
    ax.set_xlabel("1 - score (without labels)")
    ax.set_ylabel("1 - MCC (with the true factors)")
    ax.set_xlim(5e-5, 1.2)
    ax.set_ylim(1e-6, 1.2)
    ax.legend(frameon=False, loc="upper left")
    figure.savefig(path, dpi=130)


def print_neighbors(results: dict[Job, dict]) -> None:
    print("\n### n_neighbors\n")
    print("| data | n | noise | MCC, auto | MCC, best of the grid | lost | seconds, auto / given |")
    print("|---|---|---|---|---|---|---|")
    groups = by_setting(results)
    worst = 0.0
    for name, n, noise, variant in groups:
        if variant != "default":
            continue
        auto = groups[name, n, noise, "default"]
        grid = {share: groups[name, n, noise, f"k x {share:g}"] for share in GRID}
        best = max(median(rows, "mcc") for rows in grid.values())
        lost = best - median(auto, "mcc")
        worst = max(worst, lost)
        ratio = median(auto, "seconds") / median(grid[1.0], "seconds")
        print(
            f"| {name} | {n:,} | {noise:g} | {median(auto, 'mcc'):.4f} | {best:.4f} | {lost:.4f} | "
            f"{ratio:.2f} |"
        )
    print(f"\nLost at most {worst:.4f}.")


def print_components(results: dict[Job, dict]) -> None:
    print("\n### n_components\n")
    print("| data | n | noise | right | found |")
    print("|---|---|---|---|---|")
    right = total = 0
    for (name, n, noise, _), rows in by_setting(results).items():
        values = [row.get("d") for row in rows]
        hits = sum(value == CASES[name].n_components for value in values)
        right, total = right + hits, total + len(rows)
        print(f"| {name} | {n:,} | {noise:g} | {hits} of {len(rows)} | {sorted(set(values))} |")
    print(f"\nRight in {right} of {total} fits ({right / total:.1%}).")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--variant-seeds", type=int, default=2)
    parser.add_argument("--grid-seeds", type=int, default=1)
    parser.add_argument("--component-seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kept", type=Path, default=Path("build/trust.jsonl"))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--tables", type=Path, help="write what is printed to a file, too")
    options = parser.parse_args()
    if options.tables is None:
        tables(options)
        return
    printed = StringIO()
    with redirect_stdout(printed):
        tables(options)
    print(printed.getvalue())
    options.tables.write_text(printed.getvalue().strip() + "\n", encoding="utf-8")


def tables(options: argparse.Namespace) -> None:
    """Fit what is missing, and print every table."""
    few = options.variant_seeds

    def run(cases: Iterable[Case], seeds: int, variants: Iterable[str]) -> dict[Job, dict]:
        return fitted(jobs(cases, seeds, variants), options.kept, options.workers)

    conforming = run(CONFORMING, options.seeds, ["default"])
    print_conforming(conforming)
    controls = run(CONTROLS, options.seeds, ["default"])
    print_controls(controls)
    others = [variant for variant in VARIANTS if variant not in ("default", "auto d")]
    varied = run((*CONFORMING, *CONTROLS), few, others)
    print_score(conforming | controls | varied, options.plot)
    grid = run(CONFORMING, options.grid_seeds, ["default", *(f"k x {share:g}" for share in GRID)])
    print_neighbors({job: row for job, row in grid.items() if job[1] <= MOST_ROWS_OF_VARIANTS})
    print_components(run(CONFORMING, options.component_seeds, ["auto d"]))


if __name__ == "__main__":
    main()
