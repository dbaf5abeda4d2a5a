"""What can be asked for on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from .. import __version__
from .messages import CODES

# The names in `neighbors`, `eigen` and `ica`, which are slow to import.
NEIGHBORS = ("auto", "brute", "kd_tree", "pynndescent", "faiss")
SOLVERS = ("auto", "dense", "shift-invert", "multigrid")
CONTRASTS = ("auto", "cube", "logcosh")

ABOUT = """Independent factors of rows of data, by Hessian eigenmaps and ICA.

DATA is a table, one row each, in a .npy, .npz, .zarr, .h5, .parquet or .csv file, or a folder of
pictures of one size. All but .npy and .npz need: pip install 'hessmap[files]'."""
FIT = """examples:
  hessmap fit table.csv --components 2 --out run
  hessmap fit pictures/ --components auto --out run        pictures are smoothed first
  hessmap fit pictures/ --blur 0 --out run                 never holds all of them in memory
  hessmap fit rows.npy --shape 64,64,3 --blur auto --out run
  hessmap fit rows.npy --checkpoint stages --out run       goes on where it was killed
  hessmap fit --settings run/settings.json --out again     the same run once more

The same in Python, where X are the rows:
  HessianICA(2, random_state=0).fit(X)
  make_pipeline(Blur((64, 64, 3), "auto"), HessianICA(2, random_state=0)).fit(X)"""
TRANSFORM = """examples:
  hessmap transform run new.csv --out sources.csv
  hessmap transform run more-pictures/ --out sources.npy --far nan"""
REPORT = """examples:
  hessmap report run
  hessmap report run --strict && echo "nothing was found against the assumptions"
  hessmap report run --html page.html"""
PLOT = """examples:
  hessmap plot run --out figures
  hessmap plot run moved/pictures --out figures            the data lie elsewhere now"""
DEMO = """examples:
  hessmap demo
  hessmap demo --data rows.npy --components 2"""
EXAMPLES = """examples:
  hessmap fit table.csv --components 2 --out run
  hessmap transform run new.csv --out sources.csv
  hessmap report run
  hessmap COMMAND --help"""


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """Options, with the function ``run(options)`` that does what they ask for."""
    parser = _parser("hessmap", ABOUT, EXAMPLES)
    parser.add_argument("--version", action="version", version=f"hessmap {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, does: str, examples: str, task: str = "") -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(
            name,
            help=does,
            description=f"{does[0].upper()}{does[1:]}.",
            epilog=f"{examples}\n\n{CODES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(run=_later(task), words=list(words))
        made.add_argument("--debug", action="store_true", help="show where an error comes from")
        return made

    _fit(command("fit", "find the factors of rows and write them to a folder", FIT, "fitting.fit"))
    _transform(
        command("transform", "map new rows to sources", TRANSFORM, "mapping.transform"),
    )
    _report(command("report", "say whether a run can be trusted", REPORT, "showing.report"))
    _plot(command("plot", "draw the figures of a run", PLOT, "showing.plot"))
    command("demo", "run on pictures of a moving square", DEMO)  # `main` knows it before
    return parser.parse_args(words)


def _parser(name: str, about: str, examples: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=name,
        description=about,
        epilog=f"{examples}\n\n{CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _fit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", type=Path, nargs="?", help="file or folder of rows")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder to write")
    parser.add_argument("--force", action="store_true", help="in place of a run that is there")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings.json to repeat")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FOLDER",
        help="keep finished stages there, and go on from them if a run was killed",
    )
    parser.add_argument("--csv", action="store_true", help="write sources.csv, too")
    # an option that was not given is absent, so that it does not take the place of --settings
    option = _optional(parser)
    option("--components", _or_word(int, "auto"), "number of factors, or auto (default 2)", "N")
    option("--blur", _or_word(float, "auto"), "pixels of smoothing, or auto (default for pictures)")
    option("--shape", _shape, "H,W or H,W,C of a picture, where rows of a file are pictures")
    option("--n-neighbors", _or_word(int, "auto"), "neighbourhood size (default auto)", "K")
    option("--n-nodes", _n_nodes, "number of nodes, auto, or none: every row (default auto)", "N")
    option("--operator", _operator, "local functional: hessian, the default, tangent, ... or auto")
    option("--neighbors", NEIGHBORS, "search for neighbours: %s; default auto", "METHOD")
    option("--solver", SOLVERS, "of the null space: %s; default auto")
    option("--tol", float, "largest error of the null space (default 1e-4)")
    option("--contrast", CONTRASTS, "of ICA: %s; default auto")
    option("--seed", int, "of everything random (default 0)", "N")
    parser.add_argument("--jobs", type=int, metavar="N", help="threads (default all cores)")
    progress = parser.add_mutually_exclusive_group()
    progress.add_argument("--verbose", action="store_true", default=None, help="show progress")
    progress.add_argument("--quiet", action="store_false", dest="verbose", help="show none")


def _transform(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="RUN", type=Path, help="folder that fit wrote")
    parser.add_argument("data", metavar="NEW", type=Path, help="rows, as for fit")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".npy, .csv or .parquet"
    )
    parser.add_argument(
        "--far",
        choices=("keep", "nan"),
        default="keep",
        help="rows far from those of the fit: mapped (keep, the default) or nan",
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="threads (default all cores)")


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="RUN", type=Path, help="folder that fit wrote")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the page again")
    parser.add_argument("--strict", action="store_true", help="exit with 3 if there are findings")


def _plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="RUN", type=Path, help="folder that fit wrote")
    parser.add_argument("data", metavar="DATA", type=Path, nargs="?", help="where the rows are now")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for PNG files")


def _optional(parser: argparse.ArgumentParser) -> Callable[..., None]:
    def option(
        name: str, kind: Callable[[str], Any] | tuple[str, ...], text: str, value: str | None = None
    ) -> None:
        rule: dict[str, Any] = {"type": kind}
        if isinstance(kind, tuple):
            rule, text = {"choices": kind}, text % ", ".join(kind)
        shown = value or name.removeprefix("--").upper()
        parser.add_argument(name, default=argparse.SUPPRESS, metavar=shown, help=text, **rule)

    return option


def _later(task: str) -> Callable[[argparse.Namespace], int]:
    """The function ``module.name``, imported when it is called: help must not wait for it."""

    def run(options: argparse.Namespace) -> int:
        module, _, name = task.partition(".")
        done: int = getattr(import_module(f".{module}", __package__), name)(options)
        return done

    return run


def _or_word(kind: Callable[[str], Any], word: str) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        return word if text == word else kind(text)

    convert.__name__ = f"{kind.__name__} or {word}"  # for argparse's message
    return convert


def _operator(text: str) -> str:
    """A functional, or auto; which there are is looked up once one is asked for."""
    from ..functionals import FUNCTIONALS

    if text not in (known := (*FUNCTIONALS, "auto")):
        names = ", ".join(map(repr, known))
        raise argparse.ArgumentTypeError(f"invalid choice: {text!r} (choose from {names})")
    return text


def _n_nodes(text: str) -> int | str | None:
    return None if text == "none" else "auto" if text == "auto" else int(text)


def _shape(text: str) -> tuple[int, ...]:
    return tuple(int(side) for side in text.lower().replace("x", ",").split(","))


_shape.__name__ = "shape"
_n_nodes.__name__ = "int, auto or none"
