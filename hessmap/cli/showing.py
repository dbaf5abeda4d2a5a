"""``hessmap report`` and ``hessmap plot``: what a run found, in words and figures."""

from __future__ import annotations

from argparse import Namespace

from .figures import drawings, png
from .messages import FINDINGS, OK
from .page import page
from .runs import opened_run, whole_file


def report(options: Namespace) -> int:
    """Print the report, and write the page again if asked to."""
    run = opened_run(options.folder, with_data=options.html is not None)
    print(run.model.report_)
    if options.html is not None:
        with whole_file(options.html) as file:
            file.write(page(run))
    return FINDINGS if options.strict and not run.model.report_.ok else OK


def plot(options: Namespace) -> int:
    """Write every figure as a PNG file."""
    run = opened_run(options.folder, options.data, with_data=True)
    for drawing in drawings(run):
        path = options.out / f"{drawing.name}.png"
        with whole_file(path, "wb") as file:
            file.write(png(drawing))
        print(path)
    return OK
