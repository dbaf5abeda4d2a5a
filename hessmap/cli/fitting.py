"""``hessmap fit``: from data to the folder of a run."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from argparse import Namespace
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import scipy

from .. import __version__
from ..estimators import HessianICA
from ..exceptions import HessmapWarning, warn
from ..pictures import Blur
from .data import Data, opened_data
from .messages import OK
from .page import page
from .runs import (
    MODEL,
    PAGE,
    SETTINGS,
    TABLE,
    TEXT,
    Run,
    new_run,
    settings_of,
    whole_file,
    write_sources,
)

# Options that are parameters of HessianICA, and those that the command changes the default of.
PARAMETER_OF = {
    "components": "n_components",
    "operator": "operator",
    "n_neighbors": "n_neighbors",
    "n_nodes": "n_nodes",
    "neighbors": "neighbors",
    "solver": "eigen_solver",
    "tol": "tol",
    "contrast": "contrast",
    "seed": "random_state",
}
DEFAULTS: dict[str, Any] = {"random_state": 0}
NOT_KEPT = ("precomputed_knn", "verbose", "n_jobs")  # do not change the result, or are not asked


@dataclass(frozen=True)
class Asked:
    """What is to be fitted, and how; ``blur`` is None where it was left open."""

    data: Path
    shape: tuple[int, ...] | None
    blur: float | str | None
    parameters: dict[str, Any]
    before: dict[str, Any] | None


def fit(options: Namespace) -> int:
    """Fit and write model, sources, report and page."""
    asked = _asked(options)
    start = perf_counter()
    with new_run(options.out, asked.data, force=options.force) as folder:
        data = opened_data(asked.data, asked.shape)
        _check_same_data(data, asked.before)
        run = _fitted(data, asked, options, folder)
        run.settings["seconds"] = round(perf_counter() - start, 3)
        _write(run, folder, with_table=options.csv)
    _print(run, options.out)
    return OK


def _asked(options: Namespace) -> Asked:
    """Options over the settings that are to be repeated over the defaults."""
    given = vars(options)
    before = None if options.settings is None else settings_of(options.settings)
    parameters = DEFAULTS | (before or {}).get("estimator", {})
    parameters |= {PARAMETER_OF[name]: given[name] for name in PARAMETER_OF if name in given}
    path, shape, blur = options.data, given.get("shape"), given.get("blur")
    if before is not None:
        known = before["data"]
        path = path or _found_again(known)
        if shape is None and known["shape"] is not None:
            shape = tuple(known["shape"])
        if blur is None:
            blur = 0.0 if before["blur"] is None else before["blur"]["sigma"]
    if path is None:
        raise ValueError("DATA must be given, or --settings of a run to repeat.")
    return Asked(path, shape, blur, parameters, before)


def _found_again(known: dict[str, Any]) -> Path:
    absolute = Path(known["absolute_path"])
    return absolute if absolute.exists() else Path(known["path"])


def _check_same_data(data: Data, before: dict[str, Any] | None) -> None:
    """Warn where a run is repeated on rows of another shape."""
    if before is None:
        return
    then, now = before["data"], (data.rows.n_rows, data.rows.n_columns)
    if now != (then["rows"], then["columns"]):
        warn(
            f"the run that is repeated had {then['rows']} rows x {then['columns']} columns; "
            f"{data.path} has {now[0]} x {now[1]}.",
            HessmapWarning,
        )


def _fitted(data: Data, asked: Asked, options: Namespace, folder: Path) -> Run:
    sigma = _sigma(data, asked.blur)
    verbose = sys.stderr.isatty() if options.verbose is None else options.verbose
    model = HessianICA(**asked.parameters, n_jobs=options.jobs, verbose=verbose)
    settings = _settings(data, model, options.words)
    if sigma == 0:
        model.fit(data.rows, out=folder, checkpoint=options.checkpoint)
        return Run(model, settings, data)
    data = data.whole()
    assert data.shape is not None  # or no smoothing could be asked for
    if verbose and sigma == "auto":
        print("hessmap: trying how much to smooth", file=sys.stderr)
    d, seed = model.n_components, model.random_state
    blur = Blur(data.shape, sigma, n_components=d, random_state=seed)
    rows = blur.fit_transform(data.rows.array)
    model.fit(rows, out=folder, checkpoint=options.checkpoint)
    settings["blur"] = {"asked": sigma, "sigma": blur.sigma_}
    return Run(model, settings, data)


def _sigma(data: Data, blur: float | str | None) -> float | str:
    """Pixels of smoothing: what was asked for, or "auto" for a folder of pictures."""
    if blur is None:
        return 0.0 if data.names is None else "auto"
    if blur != 0 and data.shape is None:
        raise ValueError(
            f"--blur needs the shape of a picture for the rows of {data.path}: add --shape "
            "height,width or --shape height,width,channels."
        )
    return blur


def _settings(data: Data, model: HessianICA, words: list[str]) -> dict[str, Any]:
    """Everything that settings.json keeps, but the smoothing and the seconds."""
    return {
        "command": shlex.join(["hessmap", *words]),
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "seconds": None,
        "data": {
            "path": str(data.path),
            "absolute_path": str(data.path.resolve()),
            "kind": data.kind,
            "rows": data.rows.n_rows,
            "columns": data.rows.n_columns,
            "dtype": data.rows.dtype.name,
            "shape": data.shape,
        },
        "blur": None,
        "estimator": {k: v for k, v in model.get_params().items() if k not in NOT_KEPT},
        "versions": {
            "hessmap": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
    }


def _write(run: Run, folder: Path, *, with_table: bool) -> None:
    """Everything beside the arrays, which the fit has written."""
    with whole_file(folder / SETTINGS) as file:
        file.write(json.dumps(run.settings, indent=2) + "\n")
    with whole_file(folder / TEXT) as file:
        file.write(f"{run.model.report_}\n")
    if with_table:
        names = None if run.data is None else run.data.names
        write_sources(folder / TABLE, run.model.sources_, names)
    with whole_file(folder / PAGE) as file:
        file.write(page(run))
    run.model.save(folder / MODEL, rows=False)


def _print(run: Run, out: Path) -> None:
    model, settings = run.model, run.settings
    report, data, blur = model.report_, settings["data"], settings["blur"]
    size = f"{data['rows']:,} rows x {data['columns']:,} columns"
    if data["shape"] is not None:
        size = f"{data['rows']:,} pictures of {' x '.join(map(str, data['shape']))}"
    print(f"{data['path']}: {size}")
    smoothing = "" if blur is None else f", blur {blur['sigma']:g} pixels"
    found = f"{model.n_components_} component{'s' * (model.n_components_ != 1)}"
    print(
        f"{found}, {model.n_neighbors_} neighbours, {model.n_nodes_:,} nodes{smoothing}, "
        f"{settings['seconds']:.1f} s"
    )
    print(f"expected MCC {report.score:.4f}, local isometry {report.local_isometry:.4f}")
    if report.ok:
        print("nothing was found against the assumptions")
    for finding in report.findings:
        print(f"! {finding.code}: {finding.message}")
    print(f"{out / PAGE} is the report; beside it are the model and the sources")
