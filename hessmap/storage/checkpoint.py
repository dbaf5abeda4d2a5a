"""The finished steps of a fit, one file each, so that a fit that was killed goes on from the last.

Every file holds what it belongs to: the rows, by a hash of all of them in their order, and the
parameters that results depend on.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any

import numpy as np

from .._validation import path_of
from ..rows import Table
from ..rows.hashes import hashed
from .container import read, write
from .objects import Encoder, decoded

KIND = "step"
LOG = "steps.jsonl"
AGAIN = "Without the file its step is done again."
# What changes no result.
FREE = ("n_jobs", "verbose")


@dataclass(frozen=True)
class Fingerprint:
    """Pass over rows that adds up their hashes, each times a number of its place."""

    def begin(self) -> list[int]:
        """No rows yet."""
        return [0]

    def add(self, state: list[int], numbers: np.ndarray, rows: np.ndarray) -> None:
        """Add some rows (m, D) with their numbers (m,)."""
        places = 2 * numbers.astype(np.uint64) + np.uint64(1)
        state[0] = (state[0] + int((hashed(rows) * places).sum(dtype=np.uint64))) % 2**64

    def merge(self, states: list[list[int]]) -> list[int]:
        """Of all rows."""
        return [sum(state[0] for state in states) % 2**64]


@dataclass(frozen=True)
class Checkpoint:
    """A folder of finished steps.

    Attributes
    ----------
    folder : Path
    identity : dict
        What the steps belong to; plain JSON.
    """

    folder: Path
    identity: dict[str, Any]

    def load(self, step: str) -> tuple[Any, dict[str, float]] | None:
        """Result and seconds of a step; None if it was not finished."""
        path = self._path(step)
        try:
            manifest, arrays = read(path)
        except FileNotFoundError:
            return None
        except ValueError as problem:
            raise ValueError(f"{problem} {AGAIN}") from problem
        if (manifest.get("kind"), manifest.get("step")) != (KIND, step):
            raise ValueError(
                f"{path} must hold the step {step!r}, and holds something else. {AGAIN}"
            )
        self._check(manifest, path)
        self._note(step, "loaded")
        return decoded(manifest["result"], arrays), manifest["seconds"]

    def save(self, step: str, result: Any, seconds: dict[str, float]) -> None:
        """Write the result of a step; it is there when this returns, whole."""
        encoder = Encoder()
        encoded = encoder.encode(result)
        manifest = {
            "kind": KIND,
            "step": step,
            "identity": self.identity,
            "seconds": seconds,
            "result": encoded,
        }
        write(self._path(step), manifest, encoder.arrays)
        self._note(step, "finished")

    def drop(self, steps: str) -> None:
        """Remove the steps whose names match a pattern."""
        for path in self.folder.glob(f"{steps}.hessmap"):
            path.unlink(missing_ok=True)

    def _path(self, step: str) -> Path:
        return self.folder / f"{step}.hessmap"

    def _note(self, step: str, event: str) -> None:
        line = {"time": time(), "process": os.getpid(), "step": step, "event": event}
        with (self.folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    def _check(self, manifest: dict[str, Any], path: Path) -> None:
        theirs = manifest.get("identity", {})
        for name in {**self.identity, **theirs}:
            if theirs.get(name) != self.identity.get(name):
                raise ValueError(
                    f"`checkpoint` must be a folder of the same fit; {path} is of one with another "
                    f"{name}: {theirs.get(name)!r}, not {self.identity.get(name)!r}. Name another "
                    "folder, or delete this one."
                )


def checkpoint_of(
    folder: Any, table: Table, name: str, parameters: dict[str, Any]
) -> Checkpoint | None:
    """A checkpoint of a fit of an estimator with some name to rows; None for None.

    Raises
    ------
    TypeError, ValueError
        If the folder cannot be one, or holds another fit, or a damaged file.
    """
    path = folder_of(folder)
    if path is None:
        return None
    checkpoint = Checkpoint(path, _identity(table, name, parameters))
    checkpoint.load("seeds")  # refuses what belongs to another fit before any long work
    return checkpoint


def folder_of(folder: Any) -> Path | None:
    """A folder for a checkpoint, made where it is not there; None for None.

    Raises
    ------
    TypeError, ValueError
        If it is no path, or a file.
    """
    if folder is None:
        return None
    path = path_of("checkpoint", folder, "None or the path of a folder")
    if path.exists() and not path.is_dir():
        raise ValueError(f"`checkpoint` must be a folder; {path} is a file. Name another place.")
    path.mkdir(parents=True, exist_ok=True)
    _clean(path)
    return path


def plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters without those that change no result; their numbers as those of Python."""
    kept = {key: value for key, value in parameters.items() if key not in FREE}
    kept["random_state"] = _state_of(kept["random_state"])
    return {
        key: value.item() if isinstance(value, np.generic) else value for key, value in kept.items()
    }


def _identity(table: Table, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    from .. import __version__

    kept = plain(parameters)
    knn = kept.pop("precomputed_knn")
    return {
        "hessmap": __version__,
        "estimator": name,
        **kept,
        "rows": f"{table.n_rows} x {table.n_columns}, {table.dtype}, "
        f"{table.passed(Fingerprint())[0]:016x}",
        "partitions": not table.at_hand,
        "precomputed_knn": None if knn is None else _hash_of_graph(knn),
    }


def _state_of(random_state: Any) -> Any:
    """A seed, or a hash of where a generator stands; None where the first step draws the seeds."""
    if random_state is None or isinstance(random_state, int | np.integer):
        return random_state
    generator = getattr(random_state, "bit_generator", None) or random_state._bit_generator
    return sha256(repr(generator.state).encode()).hexdigest()


def _hash_of_graph(knn: Any) -> str:
    from scipy import sparse

    parts = (knn.data, knn.indices, knn.indptr) if sparse.issparse(knn) else knn
    digest = sha256()
    for part in parts:
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _clean(folder: Path) -> None:
    """Remove what processes that are gone have left unfinished."""
    for path in folder.glob(".*.part"):
        process = path.name.split(".")[-2]
        if process.isdecimal() and not _alive(int(process)):
            with suppress(FileNotFoundError):
                path.unlink()


def _alive(process: int) -> bool:
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
