"""Files whose changes are guided by the branches that they reach in hessmap's readers (atheris).

A seed stands for a run of libFuzzer on one format, which starts from the corpus that earlier runs
left in ``build/fuzz``. What it tries depends on that corpus, so that a failure cannot be repeated
by its seed: its bytes are kept, and ``--kind guided --input FILE`` reads them again.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from ..judge import FAILURES, Verdict
from . import KINDS

FORMATS = (
    *("npy", "npz", "csv", "h5", "zarr", "parquet", "png", "tif", "dsprites", "shapes3d"),
    *("smallnorb dat", "model"),
)
LIMIT = 500.0  # seconds of a run


def run(seed: int) -> list[Verdict]:
    """Verdicts of all inputs of one run."""
    format_ = FORMATS[seed % len(FORMATS)]
    build = Path(os.environ["FUZZ_BUILD"])
    corpus, failed = build / "corpus" / format_, build / "failures"
    corpus.mkdir(parents=True, exist_ok=True)
    failed.mkdir(parents=True, exist_ok=True)
    n_runs = KINDS["guided"].cases_of_seed
    told = Path(f"told-{seed}")
    words = [format_, str(told), f"-seed={seed + 1}", f"-runs={n_runs}", "-timeout=60"]
    words += ["-max_len=8192", f"-artifact_prefix={failed}/", "-rss_limit_mb=8000", str(corpus)]
    child = subprocess.Popen(
        [sys.executable, "-m", "fuzz.guide", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    outcome, said = "crash", b""
    try:
        said = child.communicate(timeout=LIMIT)[1]
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        outcome, said = "hang", child.communicate()[1]
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    verdicts = [Verdict(**json.loads(line)) for line in lines]
    # libFuzzer reads all of a corpus, however large, before it counts
    verdicts = verdicts[:n_runs] + [one for one in verdicts[n_runs:] if is_failure(one)]
    if child.returncode != 0:
        why = f"libFuzzer ended with code {child.returncode}; see {failed}"
        trace = said[-3000:].decode(errors="replace")
        verdicts.append(Verdict(outcome, f"{format_}, run {seed}", why, trace=trace))
    return verdicts


def again(path: Path) -> Verdict:
    """Read one kept input again; its format is in its name."""
    from .reading import judged_reading

    format_ = path.name.rpartition("-")[0]
    return judged_reading(format_, path.read_bytes(), fit=False, what=str(path))


def is_failure(verdict: Verdict) -> bool:
    """Whether the input is to be kept."""
    return verdict.outcome in FAILURES
