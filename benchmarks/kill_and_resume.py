"""Kill checkpointed fits at random moments, and look whether they go on to the identical result.

Every fit runs in a process of its own, which gets SIGKILL; a second process with the same
checkpoint ends it. No step may be finished twice. Then checkpoint files are damaged at random.

    python benchmarks/kill_and_resume.py [--rows 1000000] [--kills 20] [--every-row] [--damages 200]
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from time import perf_counter, sleep

import numpy as np

from hessmap import HessianICA
from hessmap.datasets import arcs, swiss_roll
from hessmap.storage.container import read

STARTED = "the fit begins"


def rows(n: int, every_row: bool) -> np.ndarray:
    if every_row:
        return swiss_roll(n, random_state=0)[0]
    return arcs(n, 2, n_features=30, noise=0.02, random_state=0)[0]


def child(data: Path, every_row: bool, checkpoint: Path | None) -> None:
    """One fit; prints a hash of all that it found."""
    X = np.load(data)
    print(STARTED, flush=True)
    model = HessianICA(2, n_nodes=None if every_row else "auto", random_state=0)
    model.fit(X, checkpoint=checkpoint)
    digest = sha256()
    for found in (model.sources_, model.embedding_, model.node_of_, model.eigenvalues_):
        digest.update(np.ascontiguousarray(found).tobytes())
    digest.update(np.ascontiguousarray(model.inverse_transform(model.sources_[:100])).tobytes())
    print(digest.hexdigest(), flush=True)


def started(data: Path, every_row: bool, checkpoint: Path | None) -> subprocess.Popen:
    """A process that has begun to fit."""
    words = [sys.executable, "-W", "ignore", __file__, "--child", str(data)]
    words += ["--every-row"] * every_row
    words += [] if checkpoint is None else ["--checkpoint", str(checkpoint)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == STARTED
    return process


def ended(process: subprocess.Popen) -> tuple[str, float]:
    """Hash of what it found, and seconds."""
    start = perf_counter()
    found, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"a fit ended with {process.returncode}")
    return found.strip(), perf_counter() - start


def steps(checkpoint: Path) -> list[dict]:
    log = checkpoint / "steps.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def kills(folder: Path, data: Path, every_row: bool, number: int) -> None:
    wanted, plain = ended(started(data, every_row, None))
    whole = folder / "whole"
    same, seconds = ended(started(data, every_row, whole))
    size = sum(file.stat().st_size for file in whole.iterdir())
    print(
        f"undisturbed: {plain:.1f} s, with a checkpoint {seconds:.1f} s and {size / 1e6:.0f} MB "
        f"at its end; same result: {same == wanted}"
    )
    rng = np.random.default_rng(0)
    print("| killed at s | finished before | resumed in s | same result | steps done twice |")
    print("|---|---|---|---|---|")
    for moment in np.sort(rng.uniform(0, seconds, number)):
        checkpoint = folder / "checkpoint"
        shutil.rmtree(checkpoint, ignore_errors=True)
        process = started(data, every_row, checkpoint)
        sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        before = [one["step"] for one in steps(checkpoint) if one["event"] == "finished"]
        found, again = ended(started(data, every_row, checkpoint))
        done = Counter(one["step"] for one in steps(checkpoint) if one["event"] == "finished")
        twice = [step for step, count in done.items() if count > 1]
        last = before[-1] if before else "nothing"
        print(
            f"| {moment:.1f} | {last} | {again:.1f} | {found == wanted} | {twice or 'none'} |",
            flush=True,
        )
        if found != wanted or twice:
            raise SystemExit("the result differs, or a step was done twice")


def damages(folder: Path, number: int) -> None:
    """Flip a bit of a file, or cut it, and look whether that is noticed."""
    rng = np.random.default_rng(1)
    files = sorted((folder / "whole").glob("*.hessmap"))
    noticed = 0
    for case in range(number):
        path = files[rng.integers(len(files))]
        size = path.stat().st_size
        place = int(rng.integers(size))
        harmed = folder / "harmed.hessmap"
        shutil.copy(path, harmed)
        with harmed.open("r+b") as file:
            if case % 4 == 0:
                file.truncate(place)
            else:
                file.seek(place)
                (byte,) = file.read(1)
                file.seek(place)
                file.write(bytes([byte ^ (1 << int(rng.integers(8)))]))
        try:
            read(harmed)
        except ValueError:
            noticed += 1
    print(f"{noticed} of {number} damages of checkpoint files noticed")
    if noticed < number:
        raise SystemExit("a damaged file was read")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--damages", type=int, default=200)
    parser.add_argument("--every-row", action="store_true", help="every row a node")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--checkpoint", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        child(options.child, options.every_row, options.checkpoint)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "rows.npy"
        np.save(data, rows(options.rows, options.every_row))
        kills(folder, data, options.every_row, options.kills)
        damages(folder, options.damages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
