"""The runner: what is left to do, the bar, the table.

make fuzz                                              all cases that were not run yet
make fuzz FUZZ_ARGS="--cases 2000"                     a short form of it
make fuzz FUZZ_ARGS="--kind loaders --seed 123"        repeat one case, and print it
make fuzz FUZZ_ARGS="--again"                          batches with a failure anew, after a mend
make fuzz FUZZ_ARGS="--fresh"                          start over
"""

from __future__ import annotations

import argparse
import os
import re
import signal
from collections import Counter
from itertools import zip_longest
from pathlib import Path

from tqdm import tqdm

from . import workers
from .cases import KINDS
from .judge import FAILURES, OUTCOMES
from .page import write_page
from .store import Batch, Store

ALL = sum(kind.cases for kind in KINDS.values())


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; 1 if there is a failure, 130 after Ctrl-C."""
    options = _parsed(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.input is not None:
        return _read_again(options.input)
    if options.seed is not None:
        return _repeat(options.kind[0], options.seed, options.count)
    if options.fresh:
        options.results.unlink(missing_ok=True)
    store = Store(options.results)
    if options.again:
        store.drop_failed()
    todo = _todo(store, options.cases or ALL, options.kind or list(KINDS))
    n_cases = sum((stop - start) * KINDS[kind].cases_of_seed for kind, start, stop in todo)
    interrupted = False
    with tqdm(total=n_cases, unit="case", disable=None) as bar:

        def done(batch: Batch) -> None:
            store.append(batch)
            bar.update((batch.stop - batch.start) * KINDS[batch.kind].cases_of_seed)
            failed = sum(batch.counts[outcome] for outcome in FAILURES)
            if failed:
                bar.write(f"{batch.kind} {batch.start}-{batch.stop - 1}: {failed} failed")

        try:
            workers.run(todo, options.workers, done)
        except KeyboardInterrupt:
            interrupted = True
    print(table(store))
    _print_failures(store)
    if options.page:
        write_page(store, options.page)
    if interrupted:
        return 130
    return 1 if store.failures() else 0


def table(store: Store) -> str:
    """Counts of each kind and outcome, as text."""
    seconds = store.seconds()
    lines = [f"{'kind':14}" + "".join(f"{name:>12}" for name in (*OUTCOMES, "cases", "a second"))]
    total: Counter[str] = Counter()
    for kind, counts in store.counts().items():
        total.update(counts)
        rate = counts.total() / seconds[kind] if seconds[kind] else 0
        row = [counts[name] for name in OUTCOMES]
        lines.append(
            f"{kind:14}" + "".join(f"{n:12,}" for n in (*row, counts.total())) + f"{rate:12.1f}"
        )
    row = [*(total[name] for name in OUTCOMES), total.total()]
    lines.append(f"{'all':14}" + "".join(f"{n:12,}" for n in row))
    return "\n".join(lines)


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, help=f"of all kinds together (default {ALL:,})")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind")
    parser.add_argument("--seed", type=int, help="repeat one case of a kind, and print it")
    parser.add_argument("--count", type=int, default=1, help="so many seeds from --seed on")
    parser.add_argument("--input", type=Path, help="repeat one file of --kind guided")
    parser.add_argument("--again", action="store_true", help="run batches with a failure anew")
    parser.add_argument("--fresh", action="store_true", help="forget what was run")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--results", type=Path, default=Path("build/fuzz.jsonl"))
    parser.add_argument("--page", type=Path, help="write the table to this file, too")
    options = parser.parse_args(arguments)
    if options.seed is not None and len(options.kind or ()) != 1:
        parser.error("--seed needs one --kind")
    return options


def _todo(store: Store, n_cases: int, kinds: list[str]) -> list[tuple[str, int, int]]:
    """Batches of all kinds in turn, so that the counts of each are there early."""
    batches = []
    for name in kinds:
        kind = KINDS[name]
        n_seeds = min(kind.seeds, -(-kind.seeds * n_cases // ALL))
        batches.append([(name, *part) for part in store.left(name, n_seeds, kind.batch)])
    return [batch for turn in zip_longest(*batches) for batch in turn if batch is not None]


def _repeat(kind: str, seed: int, count: int) -> int:
    batches: list[Batch] = []
    workers.run([(kind, seed, seed + count)], 1, batches.append)
    (batch,) = batches
    for failure in batch.failures:
        for key, value in failure.items():
            print(f"{key}: {value}")
    print(dict(batch.counts), f"{batch.seconds:.1f} s")
    for text, number in batch.stray.most_common():
        print(f"{number} x {text}")
    return 1 if batch.failures else 0


def _read_again(path: Path) -> int:
    from .cases.guided import again

    verdict = again(path)
    for name, value in vars(verdict).items():
        print(f"{name}: {value}")
    return 1 if verdict.outcome in FAILURES else 0


def _print_failures(store: Store) -> None:
    """One line for all failures that look alike, with the first of them."""
    groups: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for failure in store.failures():
        error = re.sub(r"[\d.e+-]+", "#", str(failure["why"]))[:60]
        key = (str(failure["kind"]), str(failure["outcome"]), error, str(failure["where"]))
        groups.setdefault(key, []).append(failure)
    for (kind, outcome, _, where), alike in sorted(groups.items(), key=lambda item: -len(item[1])):
        first = alike[0]
        print(
            f"{len(alike):5} {outcome}, --kind {kind!r} --seed {first['seed']}: "
            f"{str(first['what'])[:100]}: {str(first['why'])[:120]} [{where}]"
        )
