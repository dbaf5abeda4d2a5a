"""``hessmap report`` and ``hessmap plot``: what a run found, in words and figures."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from .figures import drawings, png
from .messages import FINDINGS, OK
from .page import page
from .runs import FILES, PAGE, check_file, check_folder, opened_run, whole_file


def report(options: Namespace) -> int:
    """Print the report, and write the page again if asked to."""
    run = opened_run(options.folder, with_data=options.html is not None)
    if options.html is not None:
        others = [options.folder / name for name in FILES if name != PAGE]
        rows = Path(run.settings["data"]["absolute_path"])
        check_file("html", options.html, (".html", ".htm"), [rows, *others])
    print(run.model.report_)
    if options.html is not None:
        with whole_file(options.html) as file:
            file.write(page(run))
    return FINDINGS if options.strict and not run.model.report_.ok else OK


def plot(options: Namespace) -> int:
    """Write every figure as a PNG file."""
    check_folder(options.out)
    run = opened_run(options.folder, options.data, with_data=True)
    for drawing in drawings(run):
        path = options.out / f"{drawing.name}.png"
        with whole_file(path, "wb") as file:
            file.write(png(drawing))
        print(path)
    return OK
