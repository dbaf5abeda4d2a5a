"""Mutation testing of three packages with mutmut, in a copy of the sources under build/mutants.

What is done is kept, so that a run that was ended goes on. Ends with a table of the share of the
mutants that some test fails on, and its sampling error; with status 1 where a package is below the
aim.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

PACKAGES = ("metrics", "diagnosis", "ica")
SAMPLE = 200
AIM = 0.85
ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutants"
# mutmut writes the mutants only when it runs one: this is among the cheapest
FIRST = "hessmap.diagnosis.shown.x_shown__mutmut_1"
KILLED = ("killed", "timeout", "segfault")
LEFT = ("survived", "no tests")

Verdicts = dict[str, str]


def mutmut(*arguments: str) -> str:
    """Output of a command of mutmut, which is shown where it runs tests."""
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    shown = None if arguments[0] == "run" else subprocess.PIPE
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    environment = {**os.environ, **threads}
    done = subprocess.run(command, cwd=WORK, check=True, text=True, stdout=shown, env=environment)
    return done.stdout or ""


def copy_sources() -> None:
    """Files that are gone go here, too; times are kept, by which mutmut knows what has changed."""
    WORK.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(WORK / "mutants" / "tests", ignore_errors=True)
    for name in ("hessmap", "tests"):
        shutil.rmtree(WORK / name, ignore_errors=True)
        shutil.copytree(ROOT / name, WORK / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = [ROOT / "pyproject.toml", ROOT / ".ci" / "mutmut.toml"]
    # copied as they are, with their times: else their kernels would be compiled in every run
    others = [f"hessmap/{one.name}" for one in WORK.glob("hessmap/*") if one.name not in PACKAGES]
    (WORK / "pyproject.toml").write_text(
        "".join(path.read_text() for path in settings) + f"also_copy = {sorted(others)}\n"
    )


def drawn(size: int | None) -> dict[str, Verdicts]:
    """Verdicts on ``size`` mutants of each package, or on all of them.

    They are drawn by a hash of their names, so that most stay when the sources change.
    """
    found: dict[str, Verdicts] = {package: {} for package in PACKAGES}
    for line in mutmut("results", "--all", "true").splitlines():
        name, _, verdict = line.strip().rpartition(": ")
        found[name.split(".")[1]][name] = verdict
    return {
        package: {
            name: names[name]
            for name in sorted(names, key=lambda one: hashlib.sha256(one.encode()).digest())[:size]
        }
        for package, names in found.items()
    }


def table(found: dict[str, Verdicts]) -> bool:
    """Print how many of the mutants were killed; whether each package reaches the aim."""
    print(f"{'':10}{'tested':>8}{'killed':>8}{'timeout':>9}{'left':>6}{'share':>9}{'error':>7}")
    reached = True
    for package, names in found.items():
        count = Counter(names.values())
        tested = count.total() - count["not checked"]
        killed = sum(count[verdict] for verdict in KILLED)
        share = killed / max(tested, 1)
        error = (share * (1 - share) / max(tested, 1)) ** 0.5
        print(
            f"{package:10}{tested:8}{killed - count['timeout']:8}{count['timeout']:9}"
            f"{tested - killed:6}{share:9.1%}{error:7.1%}"
        )
        reached &= share >= AIM
    return reached


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of each package")
    parser.add_argument("--all", action="store_true", help="every mutant, which takes hours")
    parser.add_argument("--again", action="store_true", help="test what was left again")
    parser.add_argument("--fresh", action="store_true", help="forget what was done")
    parser.add_argument("--left", action="store_true", help="show what is left, and test nothing")
    arguments = parser.parse_args()
    size = None if arguments.all else arguments.sample
    if arguments.fresh:
        shutil.rmtree(WORK, ignore_errors=True)
    if not arguments.left:
        copy_sources()
        if arguments.again:  # other tests may reach other functions
            (WORK / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
        mutmut("run", "--max-children", "1", FIRST)
        wanted = ("not checked", *LEFT) if arguments.again else ("not checked",)
        names = [
            name
            for verdicts in drawn(size).values()
            for name, verdict in verdicts.items()
            if verdict in wanted
        ]
        if names:
            mutmut("run", "--max-children", "1", *names)
    found = drawn(size)
    if arguments.left:
        for verdicts in found.values():
            for name in (name for name, verdict in verdicts.items() if verdict in LEFT):
                print(mutmut("show", name))
    return 0 if table(found) else 1


if __name__ == "__main__":
    sys.exit(main())
