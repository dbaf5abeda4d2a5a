"""Words for the command `hessmap`, in the process of the worker."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hessmap.cli import main

from ..draws import Draw, Seeded
from ..judge import Verdict, Wrong, judged, require
from .files import table

CODES = (0, 1, 2, 3)
VALUES = (
    "auto",
    "none",
    "2",
    "1",
    "0",
    "-1",
    "3.5",
    "nan",
    "1e-4",
    "",
    "x",
    "9" * 30,
    "hessian",
    "é",
)
OPTIONS = {
    "--components": ("1", "2", "auto"),
    "--blur": ("0", "1", "auto"),
    "--shape": ("2,2", "4,1", "2x2", "1,2,2", "2,2,1"),
    "--n-neighbors": ("auto", "8", "12"),
    "--n-nodes": ("auto", "none", "15"),
    "--operator": ("hessian", "tangent", "laplacian", "auto"),
    "--neighbors": ("auto", "brute", "kd_tree"),
    "--solver": ("auto", "dense", "shift-invert", "multigrid"),
    "--tol": ("1e-4", "0.5"),
    "--contrast": ("auto", "cube", "logcosh"),
    "--seed": ("0", "7"),
    "--jobs": ("1", "2", "-1"),
    "--settings": ("run/settings.json", "no.json", "rows.npy"),
    "--checkpoint": ("steps", "rows.npy"),
}
FLAGS = ("--csv", "--force", "--verbose", "--quiet", "--debug", "--strict", "--no-such")
DATA = (
    "rows.npy",
    "rows.csv",
    "words.csv",
    "empty.npy",
    "few.npy",
    "pictures",
    "no.npy",
    "run",
    ".",
)


def run(seed: int) -> list[Verdict]:
    """One command."""
    draw = Seeded("command line", seed)
    _folder()
    command = draw.pick(["fit", "fit", "transform", "transform", "report", "plot", "", "demo"])
    words = {"fit": _fit, "transform": _transform, "report": _report, "plot": _plot}.get(
        command, _other
    )(draw)
    words = [command, *words] if command else words
    if draw.chance(0.1) and words:
        words[draw.integer(0, len(words) - 1)] = draw.pick(VALUES)
    if draw.chance(0.05):
        words.insert(draw.integer(0, len(words)), draw.pick([*VALUES, *FLAGS]))
    out, err = io.StringIO(), io.StringIO()

    def call() -> int:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                return main(words)
            except SystemExit as end:
                require(end.code in (0, 2), f"it exits with {end.code}")
                return int(end.code or 0)

    def check(code: int, _: Any) -> None:
        said = err.getvalue()
        require(code in CODES, f"the code is {code}")
        if code in (1, 2) and not said.strip():
            raise Wrong(f"it ends with {code} and says nothing")
        if "unexpected" in said or "Traceback" in said:
            raise Wrong(f"{said.strip().splitlines()[-1][:300]}")
        if code == 1 and "hessmap:" not in said:
            raise Wrong(f"it ends with 1 and says {said[-200:]}")

    names = ("X", "RUN", "out", "shape", *re.findall(r"[\w./-]{4,}", " ".join(words)))
    shown = " ".join(words)
    return [judged(call, what=f"hessmap {shown}", names=names, check=check)]


@cache
def _folder() -> None:
    """Data and a run in the folder of the worker."""
    np.save("rows.npy", table(40))
    np.save("few.npy", table(5))
    np.save("empty.npy", table(0))
    np.savetxt("rows.csv", table(40), delimiter=",", header="a,b,c,d", comments="")
    Path("words.csv").write_text("a,b\n1,2\nx,3\n", encoding="utf-8")
    Path("pictures").mkdir()
    from PIL import Image

    for number, row in enumerate(table(40)):
        Image.fromarray((255 * np.abs(row.reshape(2, 2))).astype(np.uint8)).save(
            f"pictures/{number}.png"
        )
    words = ["fit", "rows.npy", "--components", "1", "--out", "run"]
    unheard = io.StringIO()
    with (
        contextlib.redirect_stdout(unheard),
        contextlib.redirect_stderr(unheard),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        main(words)


def _some(draw: Draw, names: tuple[str, ...]) -> list[str]:
    words: list[str] = []
    for _ in range(draw.integer(0, 3)):
        name = draw.pick(names)
        value = draw.pick(OPTIONS[name]) if draw.chance(0.8) else draw.pick(VALUES)
        words += [name, value] if draw.chance(0.9) else [f"{name}={value}"]
    if draw.chance(0.3):
        words.append(draw.pick(FLAGS))
    return words


def _out(draw: Draw, *places: str) -> list[str]:
    return ["--out", draw.pick([*places, *places, "rows.npy", "no/such/place"])]


def _fit(draw: Draw) -> list[str]:
    # few fits: a page with figures takes a second
    data = draw.pick(DATA if draw.chance(0.7) else DATA[2:5])
    out = _out(draw, "run", "other") if draw.chance(0.95) else []
    return [data, *out, *_some(draw, tuple(OPTIONS))]


def _transform(draw: Draw) -> list[str]:
    run_, data = draw.pick(["run", "run", "run", "rows.npy", "no"]), draw.pick(DATA)
    words = [run_, data, *_out(draw, "codes.npy", "codes.csv", "codes.parquet", "codes.x")]
    if draw.chance(0.3):
        words += ["--far", draw.pick(["keep", "nan", "x"])]
    return words + _some(draw, ("--jobs",))


def _report(draw: Draw) -> list[str]:
    words = [draw.pick(["run", "run", "no", "rows.npy"])]
    if draw.chance(0.1):
        words += ["--html", draw.pick(["page.html", "no/such/page.html", "."])]
    return words + (["--strict"] if draw.chance(0.3) else [])


def _plot(draw: Draw) -> list[str]:
    words = [draw.pick(["no", "rows.npy", "run"] if draw.chance(0.2) else ["no", "rows.npy"])]
    return [*words, draw.pick(DATA), *_out(draw, "figures")]


def _other(draw: Draw) -> list[str]:
    return [draw.pick([*VALUES, *FLAGS, "--help", "--version"]) for _ in range(draw.integer(1, 3))]
