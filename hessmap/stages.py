"""Seconds per stage, and a progress bar for those who ask."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")

STAGES = (
    "rows",
    "nodes",
    "graph",
    "functionals",
    "operator",
    "null_space",
    "extension",
    "ica",
    "diagnosis",
)


class Kept(Protocol):
    """Where the results of steps outlive the process."""

    def load(self, step: str) -> tuple[Any, dict[str, float]] | None:
        """Result and seconds of a step that was finished before; None if it was not."""
        ...

    def save(self, step: str, result: Any, seconds: dict[str, float]) -> None:
        """Keep the result of a step."""
        ...

    def drop(self, steps: str) -> None:
        """Forget the steps whose names match a pattern: a later one holds what they gave."""
        ...


class StageClock:
    """Times the stages of one fit; used as ``with clock("graph"): ...``, as often as needed.

    Long work is cut into steps, ``clock.step("operator", work)``; with a checkpoint, those that
    were finished before are not done again.
    """

    def __init__(self, verbose: bool, checkpoint: Kept | None = None) -> None:
        from tqdm import tqdm

        self._checkpoint = checkpoint

        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.n_nodes = 0  # for rates, once it is known
        self._begun: set[str] = set()
        self._bar = tqdm(total=len(STAGES), disable=not verbose, desc="hessmap", unit="stage")

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        self._begin(stage)
        start = perf_counter()
        yield
        seconds = perf_counter() - start
        self.seconds[stage] += seconds
        if self.n_nodes:
            self._bar.set_postfix_str(f"{stage} {self.n_nodes / max(seconds, 1e-9):,.0f} nodes/s")

    def _begin(self, stage: str) -> None:
        self._bar.set_postfix_str(stage)
        if stage not in self._begun:
            self._bar.update()
            self._begun.add(stage)

    def step(self, name: str, work: Callable[[], Result], *, replaces: str = "") -> Result:
        """``work()``, or what it gave before; then the steps that it ``replaces`` are dropped."""
        kept = self._checkpoint
        if kept is None:
            return work()
        known = kept.load(name)
        if known is None:
            before = dict(self.seconds)
            result = work()
            kept.save(name, result, {s: t - before[s] for s, t in self.seconds.items()})
        else:
            result, seconds = known
            self.add(seconds)
        if replaces:
            kept.drop(replaces)
        return result

    def add(self, seconds: dict[str, float]) -> None:
        """Count what was timed elsewhere, or before."""
        for stage, extra in seconds.items():
            self.seconds[stage] += extra
            if extra > 0:
                self._begin(stage)

    def move(self, others: dict[str, float], stage: str) -> None:
        """Count what another clock timed during ``stage`` of this one as stages of their own."""
        for name, seconds in others.items():
            self.seconds[name] += seconds
            self.seconds[stage] -= seconds

    def note(self, text: str) -> None:
        """Show some words beside the bar."""
        self._bar.set_postfix_str(text)

    def close(self) -> None:
        """End the progress bar."""
        self._bar.close()


def peak_bytes() -> int:
    """Largest resident memory of this process so far, or 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
