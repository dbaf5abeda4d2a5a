"""How fast and how exact the package was at milestones of its history, by airspeed velocity.

Each milestone is built as a wheel and installed into one environment; the suites are those of
today. What was measured is kept in build/asv, and not measured again. ``--page docs/history.md``
writes the page and its picture. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
from asv.results import Results, iter_results

HERE = Path(__file__).parent
RESULTS = HERE.parent / "build" / "asv" / "results"
TEMPLATE = HERE / "history_page.md"
# Revisions that ended a larger piece of work; the newest of all is added.
MILESTONES = {
    "74421e3": "the road as a first draft, every row a node",
    "efadca5": "normal coordinates, certified eigenpairs, safe defaults",
    "8ebc877": "compiled functionals and assembly, multigrid",
    "c549414": "rows averaged into nodes, chosen resolution, quadratic maps",
    "70a10ec": "certified ICA, choices by the package, a calibrated report",
    "310c745": "pictures, smoothing, cones, metrics of disentanglement",
    "e3b380b": "passes over partitions, checkpoints, command line",
    "be7094f": "autoencoders, gallery, first mends of the campaign",
}
# One fit that takes longer than a minute is not waited for.
ONCE = ("repeat=(1,3,20)", "rounds=1", "number=1", "warmup_time=0", "timeout=60")
# Title, benchmark, parameters, divisor and format of each column.
FITS = (
    ("import, s", "whole.track_import_seconds", (), 1, ".2f"),
    ("first fit, 1,000", "whole.FirstCall.track_seconds", ("1000",), 1, ".2f"),
    ("fit, 1,000", "whole.Fit.time_fit", ("1000", "0.02"), 1, ".2f"),
    ("10,000", "whole.Fit.time_fit", ("10000", "0.02"), 1, ".2f"),
    ("100,000", "whole.Fit.time_fit", ("100000", "0.02"), 1, ".2f"),
    ("100,000, clean", "whole.Fit.time_fit", ("100000", "0.0"), 1, ".2f"),
    ("peak, MB", "whole.Fit.peakmem_fit", ("100000", "0.02"), 1e6, ".0f"),
    ("error, 10,000", "whole.Fit.track_error", ("10000", "0.02"), 1, ".1e"),
    ("error, 100,000", "whole.Fit.track_error", ("100000", "0.02"), 1, ".1e"),
)
OF_STAGES = (
    ("order", "stages.Stages.time_order", ("2", "0.05"), 1, ".3f"),
    ("frames", "stages.Stages.time_frames", ("2", "0.05"), 1, ".3f"),
    ("forms", "stages.Stages.time_forms", ("2", "0.05"), 1, ".3f"),
    ("assembly", "stages.Stages.time_assembly", ("2", "0.05"), 1, ".3f"),
    ("null space", "stages.Stages.time_null_space", ("2", "0.05"), 1, ".3f"),
    ("iterations", "stages.Stages.track_iterations", ("2", "0.05"), 1, ".0f"),
)
MEASURED = (
    r"^whole\.track_import",
    r"^whole\.FirstCall\.track_seconds\(1000\)",
    r"^whole\.Fit\.(time_fit|track_error)\(\d+, 0\.02\)",
    r"^whole\.Fit\.(time|peakmem)_fit\(100000, 0\.0",
    r"^stages\.Stages\.(time_\w+|track_iterations)\(2, 0\.05\)",
)
Column = tuple[str, str, tuple[str, ...], float, str]


def newest() -> str:
    """The revision that is checked out."""
    found = subprocess.run(
        ["git", "rev-parse", "--short=7", "HEAD"],
        check=True,
        capture_output=True,
        text=True,
        cwd=HERE,
    )
    return found.stdout.strip()


def measure(revisions: list[str]) -> None:
    """Run the suites on revisions that have no results yet, the newest first."""
    asv = [sys.executable, "-m", "asv"]
    subprocess.run([*asv, "machine", "--yes"], check=True, cwd=HERE)
    full = [
        subprocess.run(
            ["git", "rev-parse", revision], check=True, capture_output=True, text=True, cwd=HERE
        ).stdout
        for revision in reversed(revisions)
    ]
    settings = [word for setting in ONCE for word in ("--attribute", setting)]
    chosen = [word for pattern in MEASURED for word in ("--bench", pattern)]
    done = subprocess.run(
        [*asv, "run", "--skip-existing-commits", *settings, *chosen, "HASHFILE:-"],
        check=False, cwd=HERE, input="".join(full), text=True,
    )  # fmt: skip
    # 2: some benchmark failed, as those do that ask for later names
    if done.returncode not in (0, 2):
        raise SystemExit(done.returncode)


def value(results: Results, name: str, wanted: tuple[str, ...]) -> float:
    """One figure; NaN where the revision does not have it."""
    if name not in results.get_all_result_keys():
        return float("nan")
    params = results.get_result_params(name)
    values = results.get_result_value(name, params)
    for found, at in zip(values, product(*params), strict=True):
        if at == wanted and found is not None:
            return float(found)
    return float("nan")


def table(columns: tuple[Column, ...], found: dict[str, Results]) -> str:
    """Rows of milestones, columns of figures."""
    lines = [
        "| revision | " + " | ".join(column[0] for column in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for revision, results in found.items():
        cells = []
        for _, name, wanted, unit, form in columns:
            number = value(results, name, wanted) / unit
            cells.append(format(number, form) if np.isfinite(number) else "")
        lines.append(f"| {revision} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(found: dict[str, Results], path: Path) -> None:
    """Seconds and errors against the milestones."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for ax, columns, label in (
        (axes[0], FITS[2:6], "seconds of a fit"),
        (axes[1], FITS[7:], "1 - R² of the worse factor"),
    ):
        for _, name, wanted, *_ in columns:
            line = [value(results, name, wanted) for results in found.values()]
            rows = f"{int(wanted[0]):,} rows" + (", no noise" if wanted[1] == "0.0" else "")
            ax.semilogy(range(len(line)), line, "o-", ms=4, label=rows)
        ax.set_xticks(range(len(found)), found, rotation=45, ha="right", fontsize="small")
        ax.set_ylabel(label)
        ax.spines[["top", "right"]].set_visible(False)
        low, high = ax.get_ylim()
        ax.set_ylim(min(low, np.sqrt(low * high) / 10), max(high, 10 * np.sqrt(low * high)))
        ax.legend(
            frameon=False, fontsize="small", ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1)
        )
    figure.savefig(path, dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--picture", type=Path, default=Path("docs/images/history.png"))
    parser.add_argument("--kept", action="store_true", help="of what was measured, no more")
    options = parser.parse_args()
    if not options.kept:
        measure([*MILESTONES, newest()])
    measured = {results.commit_hash[:7]: results for results in iter_results(str(RESULTS))}
    beyond = [(measured[name].date, name) for name in measured if name not in MILESTONES]
    if not beyond:
        raise SystemExit("nothing newer than the milestones was measured: leave out --kept.")
    last = max(beyond)[1]
    # in the order of history, without those that an interrupted run has not reached
    found = {name: measured[name] for name in (*MILESTONES, last) if name in measured}
    parts = {
        "milestones": "\n".join(
            f"- **{name}**: {MILESTONES.get(name, 'the newest')}"
            + ("" if name in found else " (not measured yet)")
            for name in (*MILESTONES, last)
        ),
        "fits": table(FITS, found),
        "stages": table(OF_STAGES, found),
    }
    page = TEMPLATE.read_text(encoding="utf-8")
    for name, text in parts.items():
        page = page.replace("{{" + name + "}}", text)
    print(page)
    if options.page:
        options.page.write_text(page, encoding="utf-8")
        draw(found, options.picture)


if __name__ == "__main__":
    main()
