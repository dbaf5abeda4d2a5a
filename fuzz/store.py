"""Results of batches, one JSON line each: a campaign that was stopped goes on from here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .cases import KINDS
from .judge import FAILURES, Verdict


@dataclass
class Batch:
    """What came of the seeds from ``start`` up to ``stop`` of a kind.

    ``stray`` counts warnings that are not hessmap's own.
    """

    kind: str
    start: int
    stop: int
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)
    stray: Counter[str] = field(default_factory=Counter)

    def add(self, seed: int, verdicts: list[Verdict]) -> None:
        """Count the verdicts of a seed; failures are kept in full."""
        for example, verdict in enumerate(verdicts):
            self.counts[verdict.outcome] += 1
            self.stray.update(verdict.stray)
            if verdict.outcome in FAILURES:
                record = {"kind": self.kind, "seed": seed, "example": example, **asdict(verdict)}
                record.pop("stray")
                self.failures.append(record)


class Store:
    """The file, read and appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.batches: list[Batch] = []
        if path.exists():
            whole, newline, _ = path.read_text(encoding="utf-8").rpartition("\n")
            for line in whole.splitlines():
                self.batches.append(_batch(json.loads(line)))
            path.write_text(whole + newline, encoding="utf-8")  # without a line that was cut off

    def append(self, batch: Batch) -> None:
        """Keep a batch."""
        self.batches.append(batch)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(batch))

    def drop_failed(self) -> None:
        """Forget batches with a failure, so that all their seeds are run again."""
        self.batches = [batch for batch in self.batches if not batch.failures]
        if self._path.exists():
            self._path.write_text("".join(map(_line, self.batches)), encoding="utf-8")

    def left(self, kind: str, n_seeds: int, size: int) -> Iterator[tuple[int, int]]:
        """Ranges of at most ``size`` seeds below ``n_seeds`` that were not run."""
        done = {
            seed
            for batch in self.batches
            if batch.kind == kind
            for seed in range(batch.start, batch.stop)
        }
        start = None
        for seed in range(n_seeds + 1):
            free = seed < n_seeds and seed not in done
            if start is not None and (not free or seed - start == size):
                yield start, seed
                start = None
            if free and start is None:
                start = seed

    def counts(self) -> dict[str, Counter[str]]:
        """Cases of each kind by their outcomes."""
        found: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        for batch in self.batches:
            found.setdefault(batch.kind, Counter()).update(batch.counts)
        return found

    def seconds(self) -> Counter[str]:
        """Of all workers, for each kind."""
        found: Counter[str] = Counter()
        for batch in self.batches:
            found[batch.kind] += batch.seconds  # type: ignore[assignment]
        return found

    def failures(self) -> list[dict[str, Any]]:
        """Every failure."""
        return [failure for batch in self.batches for failure in batch.failures]

    def stray(self) -> Counter[str]:
        """Warnings of others, by kind and text."""
        found: Counter[str] = Counter()
        for batch in self.batches:
            for text, count in batch.stray.items():
                found[f"{batch.kind}: {text}"] += count
        return found


def _line(batch: Batch) -> str:
    return json.dumps(vars(batch)) + "\n"


def _batch(line: dict[str, Any]) -> Batch:
    return Batch(**{**line, "counts": Counter(line["counts"]), "stray": Counter(line["stray"])})
