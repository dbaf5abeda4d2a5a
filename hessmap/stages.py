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
    """Times the stages of one fit; used as ``with clock("graph"): ...``."""

    def __init__(self, verbose: bool) -> None:
        from tqdm import tqdm

        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.n_nodes = 0  # for rates, once it is known
        self._bar = tqdm(total=len(STAGES), disable=not verbose, desc="hessmap", unit="stage")

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        self._bar.set_postfix_str(stage)
        start = perf_counter()
        yield
        seconds = self.seconds[stage] = perf_counter() - start
        if self.n_nodes:
            self._bar.set_postfix_str(f"{stage} {self.n_nodes / max(seconds, 1e-9):,.0f} nodes/s")
        self._bar.update()

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
