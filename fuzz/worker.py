"""A worker process: runs seeds of a kind and says on a pipe which, and how they ended.

The process works in a folder of its own, so that what a case writes by accident stays there.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import resource
import sys
import traceback
from dataclasses import asdict
from importlib import import_module
from typing import Any

from . import judge
from .cases import KINDS

# Sizes that nobody has the memory for must end as MemoryError, and not with the machine.
MAX_BYTES = 12 << 30


def main() -> None:
    """Arguments: a kind, the first seed, one past the last, and the descriptor of the pipe."""
    kind, start, stop, descriptor = sys.argv[1], *map(int, sys.argv[2:5])
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(descriptor, "w", encoding="utf-8") as pipe:
        cases = import_module(f"fuzz.cases.{KINDS[kind].module}")
        judge.announce = lambda what: _say(pipe, {"what": what})
        for seed in range(start, stop):
            _say(pipe, {"start": seed})
            verdicts = _verdicts(cases, seed)
            _say(pipe, {"done": seed, "verdicts": [asdict(one) for one in verdicts]})
            if seed % 50 == 49:
                gc.collect()


def _verdicts(cases: Any, seed: int) -> list[judge.Verdict]:
    """Of a seed; where the campaign itself fails that is a failure, too."""
    try:
        found: list[judge.Verdict] = cases.run(seed)
        return found
    except Exception as problem:
        trace = traceback.format_exc()[-4000:]
        why = f"{type(problem).__name__}: {problem}"[:300]
        return [judge.Verdict("exception", "the campaign itself", why, trace=trace)]


def _say(pipe: Any, message: dict[str, Any]) -> None:
    pipe.write(json.dumps(message) + "\n")
    pipe.flush()


if __name__ == "__main__":
    main()
