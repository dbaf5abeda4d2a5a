"""The page of the documentation with the table of counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from .judge import FAILURES
from .store import Store

ABOUT = {
    "parameters": "values of every kind for every parameter of the public functions, estimators, "
    "metrics, data sets and figures, drawn by hypothesis",
    "arrays": "tables of every dtype, layout and shape, views, lists, data frames, memory maps",
    "torture": "scales, ties, duplicates, flat and crossing neighbourhoods, closed surfaces, and "
    "what must not change a result",
    "loaders": "real files of every format with bytes changed, lost and repeated",
    "guided": "the same formats, with changes that are guided by the branches they reach (atheris)",
    "command line": "words for the command `hessmap`",
    "threads": "fits at the same time, nested in joblib, with other `n_jobs`: the same bits",
    "processes": "fits after fork and in spawned processes, under other settings of threads",
    "interrupts": "Ctrl-C at a random moment, SIGTERM and SIGKILL while results are written",
    "memory": "processes with little memory",
}
PAGE = """# Reliability

`make fuzz` runs {total:,} cases against the public interface, each of which follows from its kind
and a seed; `make fuzz FUZZ_ARGS="--kind loaders --seed 123"` repeats one. A case is right if its
result is finite and has the property that its kind asks for, or if it is refused by an error that
names the parameter or the file. Anything else is a failure: a process that dies or does not answer,
an error of another kind, a result that is not finite without a word, a wrong one, an argument or a
setting of the process that was changed.

| kind | cases | right | refused | failures |
|---|---|---|---|---|
{rows}

{kinds}
"""


def write_page(store: Store, path: Path) -> None:
    """Write the page with the counts of a store."""
    rows, total = [], Counter[str]()
    for kind, counts in {**store.counts(), "all": None}.items():
        shown = total if counts is None else counts
        if counts is not None:
            total.update(counts)
        failures = sum(shown[outcome] for outcome in FAILURES)
        numbers = shown.total(), shown["ok"], shown["documented"], failures
        rows.append(f"| {kind} | " + " | ".join(f"{number:,}" for number in numbers) + " |")
    kinds = "\n".join(f"- **{kind}**: {text}" for kind, text in ABOUT.items())
    text = PAGE.format(total=total.total(), rows="\n".join(rows), kinds=kinds)
    path.write_text(text, encoding="utf-8")
