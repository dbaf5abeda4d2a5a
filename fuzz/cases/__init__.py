"""Kinds of cases. A module of this folder has ``run(seed) -> list of Verdict``, nothing else is
asked of it; whatever it draws follows from the seed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """How a kind is run.

    ``seeds`` are those of the whole campaign, each of which stands for ``cases_of_seed`` cases;
    ``batch`` of them share a worker process, and each has ``seconds`` before it counts as hanging.
    """

    module: str
    seeds: int
    batch: int
    seconds: float = 60.0
    cases_of_seed: int = 1

    @property
    def cases(self) -> int:
        """Cases of the whole campaign."""
        return self.seeds * self.cases_of_seed


# hypothesis draws several examples from a seed; so does atheris, which learns from one to the next
KINDS = {
    "parameters": Kind("parameters", 3400, 100, cases_of_seed=10),
    "arrays": Kind("arrays", 22_000, 500),
    "torture": Kind("torture", 8000, 200),
    "loaders": Kind("loaders", 15_000, 500),
    "guided": Kind("guided", 36, 1, seconds=600, cases_of_seed=500),
    "command line": Kind("command_line", 1200, 200),
    "threads": Kind("threads", 1000, 100),
    "processes": Kind("processes", 300, 30, seconds=120),
    "interrupts": Kind("interrupts", 300, 50, seconds=120),
    "memory": Kind("memory", 200, 25, seconds=120),
}
