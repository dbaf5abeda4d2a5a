"""The folder of a run: how it is written as a whole, and read again."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..estimators import HessianICA
from ..pictures import Blur
from ..storage import load
from .data import Data, opened_data

MODEL = "model.hessmap"
SETTINGS = "settings.json"
TEXT, PAGE, TABLE = "report.txt", "report.html", "sources.csv"
ARRAYS = ("embedding", "node_of", "sources")
# The model comes last: where there is one, everything else belongs to it.
FILES = (*(f"{name}.npy" for name in ARRAYS), TABLE, SETTINGS, TEXT, PAGE, MODEL)
UNFINISHED = ".hessmap-unfinished"


@dataclass(frozen=True)
class Run:
    """A fitted model with the sources of its rows, and how it came about.

    ``data`` is None where the rows are not at hand.
    """

    model: HessianICA
    settings: dict[str, Any]
    data: Data | None

    @property
    def name(self) -> str:
        """What was fitted, in a word."""
        path = Path(self.settings["data"]["absolute_path"])
        return path.name or str(path)

    @property
    def blur(self) -> Blur | None:
        """The smoothing before the fit."""
        return blur_of(self.settings)


@contextmanager
def new_run(out: Path, source: Path, *, force: bool) -> Iterator[Path]:
    """A hidden folder whose files move to ``out`` when all of them are written.

    Raises ValueError if ``out`` is no place for them.
    """
    _check_place(out, source, force)
    made, again = not out.exists(), (out / MODEL).exists()
    unfinished = out / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was killed
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        (out / MODEL).unlink(missing_ok=True)
        for name in FILES:
            if (unfinished / name).exists():
                os.replace(unfinished / name, out / name)
            elif again:  # of the run that is replaced
                (out / name).unlink(missing_ok=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        if made and not any(out.iterdir()):
            out.rmdir()


def _check_place(out: Path, source: Path, force: bool) -> None:
    check_folder(out)
    if (out / MODEL).exists() and not force:
        raise ValueError(
            f"`out` must not hold a run; {out} does. Name another folder, or replace it by --force."
        )
    for name in FILES:
        if source.exists() and (out / name).exists() and (out / name).samefile(source):
            raise ValueError(
                f"`out` must not be the folder of the rows: {out / name} is what is read. Name "
                "another folder."
            )
    others = [name for name in FILES if (out / name).exists()]
    if others and not (out / MODEL).exists() and not force:
        raise ValueError(
            f"`out` must have no files of other origin with the names of a run's; {out} has "
            f"{', '.join(others)}. Name another folder, or replace them by --force."
        )


def opened_run(folder: Path, data: Path | None = None, *, with_data: bool = False) -> Run:
    """The run in a folder; its data from ``data``, or from where they were if asked for."""
    if not (folder / MODEL).exists():
        raise ValueError(f"RUN must be a folder that `hessmap fit` wrote; {folder} has no {MODEL}.")
    model = load(folder / MODEL)
    if not isinstance(model, HessianICA):
        raise ValueError(f"RUN must hold a HessianICA; {folder} has a {type(model).__name__}.")
    settings = settings_of(folder / SETTINGS)
    for name in ARRAYS:
        setattr(model, f"{name}_", _array(folder / f"{name}.npy", settings["data"]["rows"]))
    return Run(model, settings, _data_of(settings, data, with_data))


def _array(path: Path, n_rows: int) -> np.ndarray:
    """An array of a run; ValueError where it is not that of its rows."""
    try:
        array = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as problem:
        raise ValueError(f"RUN must be whole; {path} is not readable: {problem}") from problem
    if len(array) != n_rows:
        raise ValueError(
            f"RUN must be whole; {path} has {len(array)} rows, its settings say {n_rows}."
        )
    return array


def _data_of(settings: dict[str, Any], path: Path | None, wanted: bool) -> Data | None:
    known = settings["data"]
    if path is None:
        path = Path(known["absolute_path"])
        if not wanted or not path.exists():
            return None
    data = opened_data(path, known["shape"] and tuple(known["shape"]))
    if (data.rows.n_rows, data.rows.n_columns) != (known["rows"], known["columns"]):
        raise ValueError(
            f"`X` must be the rows of the run, {known['rows']} x {known['columns']}; {path} has "
            f"{data.rows.n_rows} x {data.rows.n_columns}."
        )
    return data


def settings_of(path: Path) -> dict[str, Any]:
    """What settings.json says, or that of the run whose folder this is."""
    if path.is_dir():
        path = path / SETTINGS
    if not path.exists():
        raise FileNotFoundError(f"--settings must be a settings.json of a run; there is no {path}.")
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        _check_settings(settings)
    except (ValueError, TypeError) as problem:
        raise ValueError(
            f"--settings must be a settings.json of a run; {path} is none: {problem}"
        ) from None
    found: dict[str, Any] = settings
    return found


def _check_settings(settings: Any) -> None:
    """Raise ValueError unless these are settings that `hessmap fit` writes."""
    known = set(HessianICA().get_params()) - {"n_jobs", "precomputed_knn", "verbose"}
    if not isinstance(settings, dict) or not {"data", "blur", "estimator"} <= set(settings):
        raise ValueError("it has no data, blur and estimator")
    data, blur, estimator = settings["data"], settings["blur"], settings["estimator"]
    keys = {"path", "absolute_path", "rows", "columns", "shape"}
    if not isinstance(data, dict) or not keys <= set(data):
        raise ValueError(f"its data has no {', '.join(sorted(keys))}")
    shape = data["shape"]
    if shape is not None and not (
        isinstance(shape, list) and all(isinstance(side, int) for side in shape)
    ):
        raise ValueError(f"the shape of its data is {shape!r}")
    if blur is not None and not (isinstance(blur, dict) and "sigma" in blur):
        raise ValueError("its blur has no sigma")
    if not isinstance(estimator, dict) or not set(estimator) <= known:
        raise ValueError("its estimator has other parameters than HessianICA")


def blur_of(settings: dict[str, Any]) -> Blur | None:
    """The smoothing of a run, ready for new pictures."""
    blur = settings["blur"]
    if blur is None:
        return None
    columns = settings["data"]["columns"]
    return Blur(tuple(settings["data"]["shape"]), blur["sigma"]).fit(np.zeros((1, columns)))


def check_folder(out: Path) -> None:
    """Raise ValueError for a folder to write to that is a file."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"`out` must be a folder; {out} is a file. Name another place.")


def check_file(option: str, path: Path, suffixes: Sequence[str], taken: Sequence[Path]) -> None:
    """Raise ValueError for a file to write that would take the place of one that is read.

    So that a slip of the hand costs nothing: no folder, no rows, no part of a run.
    """
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"--{option} must end in {', '.join(suffixes)}; got {path}.")
    if path.is_dir():
        raise ValueError(f"--{option} must be a file; {path} is a folder. Name a file in it.")
    if path.exists() and any(one.exists() and path.samefile(one) for one in taken):
        raise ValueError(
            f"--{option} must be a file other than the rows and those of the run; got {path}."
        )


@contextmanager
def whole_file(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A file that takes its name when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        with part.open(mode, **text) as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_sources(path: Path, sources: np.ndarray, names: list[str] | None) -> None:
    """Sources (n, d) as .npy, .csv or .parquet, under the names of pictures or numbers of rows."""
    suffix = path.suffix.lower()
    if suffix == ".npy":
        with whole_file(path, "wb") as file:
            np.save(file, sources)
    elif suffix == ".csv":
        with whole_file(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_header(sources, names))
            for number, row in enumerate(sources.tolist()):
                writer.writerow([names[number] if names else number, *row])
    else:
        _write_parquet(path, sources, names)


def _write_parquet(path: Path, sources: np.ndarray, names: list[str] | None) -> None:
    import pyarrow
    from pyarrow import parquet

    labels = names or np.arange(len(sources))
    columns = [pyarrow.array(column) for column in (labels, *sources.T)]
    table = pyarrow.table(columns, names=_header(sources, names))
    with whole_file(path, "wb") as file:
        parquet.write_table(table, file)


def _header(sources: np.ndarray, names: list[str] | None) -> list[str]:
    return [
        "row" if names is None else "picture",
        *(f"source_{number + 1}" for number in range(sources.shape[1])),
    ]
