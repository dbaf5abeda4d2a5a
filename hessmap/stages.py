"""Seconds per stage, and a progress bar for those who ask."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

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


class StageClock:
    """Times the stages of one fit; used as ``with clock("graph"): ...``, as often as needed."""

    def __init__(self, verbose: bool) -> None:
        from tqdm import tqdm

        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.n_nodes = 0  # for rates, once it is known
        self._begun: set[str] = set()
        self._bar = tqdm(total=len(STAGES), disable=not verbose, desc="hessmap", unit="stage")

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        self._bar.set_postfix_str(stage)
        if stage not in self._begun:
            self._bar.update()
            self._begun.add(stage)
        start = perf_counter()
        yield
        seconds = perf_counter() - start
        self.seconds[stage] += seconds
        if self.n_nodes:
            self._bar.set_postfix_str(f"{stage} {self.n_nodes / max(seconds, 1e-9):,.0f} nodes/s")

    def move(self, other: StageClock, stage: str) -> None:
        """Count what another clock timed during ``stage`` of this one as stages of their own."""
        for name, seconds in other.seconds.items():
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
