"""``hessmap transform``: new rows to sources."""

from __future__ import annotations

from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path

from .data import Data, opened_data, smoothed
from .messages import OK
from .runs import FILES, Run, check_file, opened_run, write_sources

SUFFIXES = (".npy", ".csv", ".parquet")


def transform(options: Namespace) -> int:
    """Map new rows to sources and write them to a file."""
    files = [options.folder / name for name in FILES]
    check_file("out", options.out, SUFFIXES, [options.data, *files])
    if options.out.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise ImportError(f"writing {options.out} needs pyarrow: pip install 'hessmap[files]'.")
    run = opened_run(options.folder)
    data = _new_data(options.data, run)
    rows = data.rows if run.blur is None else smoothed(data.rows, run.blur)
    run.model.n_jobs = options.jobs
    sources = run.model.transform(rows, far=options.far)
    write_sources(options.out, sources, data.names)
    n_rows, n_sources = sources.shape
    print(f"{data.path}: {n_rows:,} rows to {n_sources} sources")
    print(f"written: {options.out}")
    return OK


def _new_data(path: Path, run: Run) -> Data:
    """New rows, which must look like those of the fit."""
    data, known = opened_data(path), run.settings["data"]
    if data.names is not None and list(data.shape or ()) != known["shape"]:
        fitted = f"a table of {known['columns']} columns"
        if known["shape"] is not None:
            fitted = f"pictures of {' x '.join(map(str, known['shape']))}"
        raise ValueError(
            f"`X` must be like the rows of the fit, {fitted}; {path} holds pictures of "
            f"{' x '.join(map(str, data.shape or ()))}."
        )
    if data.rows.n_columns != known["columns"]:
        raise ValueError(
            f"`X` must have {known['columns']} columns, as in the fit; {data.rows.name} has "
            f"{data.rows.n_columns}."
        )
    return data
