"""Batches in worker processes; one that dies or hangs is noticed, and the next goes on."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .cases import KINDS
from .judge import Verdict
from .store import Batch

ROOT = Path(__file__).resolve().parents[1]
FIRST_SECONDS = 180.0  # more for the first case, which may have to compile


class Running:
    """A batch that is being worked on."""

    def __init__(self, kind: str, start: int, stop: int) -> None:
        self.batch = Batch(kind, start, stop)
        self._next = start
        self._current: int | None = None
        self._begun = time.monotonic()
        self._first = True
        self._open()

    def _open(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._errors = (self._folder / "stderr").open("w+b")
        (self._folder / "work").mkdir()
        self.descriptor, theirs = os.pipe()
        os.set_blocking(self.descriptor, False)
        batch = self.batch
        words = [batch.kind, str(self._next), str(batch.stop), str(theirs)]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "MPLBACKEND": "Agg",
            "TMPDIR": str(self._folder),
            "FUZZ_BUILD": str(ROOT / "build" / "fuzz"),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fuzz.worker", *words],
            cwd=self._folder / "work",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
            pass_fds=[theirs],
            start_new_session=True,  # so that the end of one takes its children along
        )
        os.close(theirs)
        self._received, self._what = b"", ""
        self._current = None
        self._since = time.monotonic()
        self._first = True

    def close(self) -> None:
        """End the process, with its children, and remove what they wrote."""
        if self._process.poll() is None or self._current is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self.descriptor)
        self._errors.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def read(self) -> bool:
        """Take in what was said; True when the batch is done."""
        try:
            data = os.read(self.descriptor, 1 << 20)
        except BlockingIOError:
            return False
        self._received += data
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            self._heard(json.loads(line))
        return self._ended() if not data else False

    def check(self) -> bool:
        """Look whether a case hangs; True when the batch is done."""
        limit = KINDS[self.batch.kind].seconds + (FIRST_SECONDS if self._first else 0)
        if time.monotonic() - self._since < limit:
            return False
        return self._lost("hang", f"no answer in {limit:.0f} s")

    def _heard(self, message: dict[str, Any]) -> None:
        self._since = time.monotonic()
        if "start" in message:
            self._current, self._what = message["start"], ""
            return
        if "what" in message:
            self._what = message["what"]
            return
        verdicts = [Verdict(**one) for one in message["verdicts"]]
        self.batch.add(message["done"], verdicts)
        self._next, self._current, self._first = message["done"] + 1, None, False

    def _ended(self) -> bool:
        code = self._process.wait()
        if code != 0 or self._next < self.batch.stop:
            return self._lost("crash", f"the process ended with code {code}")
        return self._finished()

    def _finished(self) -> bool:
        self.close()
        self.batch.seconds = time.monotonic() - self._begun
        return True

    def _lost(self, outcome: str, why: str) -> bool:
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").partition("Extension modules")[0]
        seed = self._next if self._current is None else self._current
        if seed < self.batch.stop:
            self.batch.add(seed, [Verdict(outcome, self._what[:2000], why, trace=said[-4000:])])
        self._next = seed + 1
        self.close()
        if self._next >= self.batch.stop:
            self.batch.seconds = time.monotonic() - self._begun
            return True
        self._open()
        return False


def run(todo: list[tuple[str, int, int]], n_workers: int, done: Any) -> None:
    """Run batches (kind, start, stop), ``n_workers`` at a time; ``done(batch)`` after each."""
    waiting = list(reversed(todo))
    running: list[Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < n_workers:
                running.append(Running(*waiting.pop()))
            with selectors.DefaultSelector() as selector:
                for one in running:
                    selector.register(one.descriptor, selectors.EVENT_READ, one)
                ready = {key.data for key, _ in selector.select(timeout=1.0)}
            for one in list(running):
                if one.read() if one in ready else one.check():
                    running.remove(one)
                    done(one.batch)
    finally:
        for one in running:
            one.close()
