"""``make demo``: HLLE followed by ICA on pictures, with a table and figures to look at.

``python -m hessmap.demo`` runs on 3,000 pictures of a moving square;
``python -m hessmap.demo --data rows.npy --components 2`` runs on your own table (n, D) or stack
of pictures (n, height, width[, channels]).
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import AssumptionWarning, HessianICA, plotting
from ._validation import number
from .datasets import shapes_xc, shapes_xy
from .metrics import mcc
from .pictures import Blur

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MAX_PANELS = 6  # beside each other in one figure


@dataclass(frozen=True)
class Data:
    """Rows to run on, and what is known of them.

    ``shape`` is that of a picture where rows are pictures, ``factors`` (n, 2) are the true ones
    where they are known.
    """

    name: str
    rows: np.ndarray
    shape: tuple[int, ...] | None = None
    factors: np.ndarray | None = None
    factor_names: tuple[str, ...] = ()


def load(path: Path) -> Data:
    """Rows of a .npy file; a stack of pictures is flattened."""
    if path.suffix != ".npy":
        raise ValueError(f"--data must be a .npy file of numbers; got {path}")
    try:
        data = np.load(path, allow_pickle=False)
    except (OSError, EOFError, ValueError) as problem:
        reason = "it is empty" if isinstance(problem, EOFError) else problem
        if isinstance(problem, ValueError):
            reason = "it is not a .npy file, or holds objects instead of numbers"
        raise ValueError(f"cannot read {path}: {reason}") from None
    if not isinstance(data, np.ndarray) or data.ndim not in (2, 3, 4) or 0 in data.shape:
        shape = data.shape if isinstance(data, np.ndarray) else "an archive"
        raise ValueError(
            "--data must hold a table (n, D) or pictures (n, height, width[, channels]); "
            f"got {shape}"
        )
    if data.ndim == 2:
        return Data(path.name, data)
    pictures = data.astype(np.float32) if data.dtype.kind in "uib" else data
    return Data(path.name, pictures.reshape(len(pictures), -1), data.shape[1:])


def run(data: Data, n_components: int, sigma: float, out: Path) -> None:
    """Fit, print a summary, and write figures, arrays and report into ``out``."""
    smooth = data.rows
    if data.shape is not None and sigma > 0:
        smooth = Blur(data.shape, sigma).fit_transform(data.rows)
    model = HessianICA(n_components, random_state=0, verbose=sys.stderr.isatty())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)  # the findings are printed below
        model.fit(smooth)
    report = model.report_
    print(f"\n{data.name}: {data.rows.shape[0]} rows x {data.rows.shape[1]} columns")
    lines = [
        ("components", f"{n_components}"),
        ("neighbours (chosen)", f"{model.n_neighbors_}"),
    ]
    if smooth is not data.rows:
        lines.insert(0, ("blur (pixels)", f"{sigma:g}"))
    if data.factors is not None:
        lines += [
            ("MCC, HLLE + ICA", _score(model.sources_, data.factors)),
            ("MCC, HLLE alone", _score(model.embedding_, data.factors)),
        ]
    lines += [
        ("local isometry", f"{report.local_isometry:.4f}  (1 is best)"),
        ("spectral gap ratio", f"{report.spectral_gap:.2g}  (0 is best)"),
    ]
    for label, value in lines:
        print(f"  {label:<22} {value}")
    seconds = report.stage_seconds
    print("  seconds: " + ", ".join(f"{k} {v:.2f}" for k, v in seconds.items()), end="")
    print(f"; total {sum(seconds.values()):.2f}")
    if report.ok:
        print("  nothing was found against the assumptions")
    for finding in report.findings:
        print(f"  ! {finding.code}: {finding.message}")
    draw(model, data, out)
    np.save(out / "sources.npy", model.sources_)
    np.save(out / "embedding.npy", model.embedding_)
    (out / "report.txt").write_text(f"{report}\n", encoding="utf-8")
    print(f"  figures, sources.npy, embedding.npy and report.txt: {out}/")


def _score(codes: np.ndarray, factors: np.ndarray) -> str:
    score = mcc(codes, factors)
    return f"{score:.4f}  (1 - MCC = {1 - score:.1e})"


def draw(model: HessianICA, data: Data, out: Path) -> None:
    """Write all figures of a fit as PNG files into ``out``."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    out.mkdir(parents=True, exist_ok=True)
    embedding, sources = model.embedding_, model.sources_
    _save(_coloured("embedding", embedding, sources, data), out / "embedding.png")
    _save(_coloured("sources", sources, embedding, data), out / "sources.png")
    if data.factors is not None:
        _save(_contours(model, data), out / "contours.png")
    figure, ax = plt.subplots(figsize=(4.6, 4), constrained_layout=True)
    plotting.spectrum(model.eigenvalues_, model.n_components_, ax=ax)
    _save(figure, out / "spectrum.png")
    if data.shape is not None:
        height = 8 * model.n_components_ * data.shape[0] / (9 * data.shape[1])
        size = (9, height + 0.8)
        figure, ax = plt.subplots(figsize=size, constrained_layout=True)
        plotting.pictures_along(data.rows, model.sources_, data.shape, ax=ax)
        figure.suptitle("input pictures along each source")
        _save(figure, out / "pictures.png")


def _coloured(title: str, codes: np.ndarray, other: np.ndarray, data: Data) -> Figure:
    """Codes coloured by each true factor; pairs of codes, coloured by ``other``, if none is known.

    ``other`` is what the codes are to be compared with: the sources for the embedding, the
    embedding for the sources.
    """
    from matplotlib import pyplot as plt

    pairs: Sequence[tuple[int, ...]] = [(0,)]
    if codes.shape[1] > 1:
        pairs = [*combinations(range(codes.shape[1]), 2)][:MAX_PANELS]
    if data.factors is None:
        label = "source 1" if title == "embedding" else "embedding 1"
        panels = [(pair, other[:, 0], label) for pair in pairs]
    else:
        panels = [
            (pairs[0], *known) for known in zip(data.factors.T, data.factor_names, strict=True)
        ]
    word = "embedding" if title == "embedding" else "source"
    size = (4.6 * len(panels), 4)
    figure, axes = plt.subplots(
        1, len(panels), figsize=size, constrained_layout=True, squeeze=False
    )
    for ax, (pair, values, label) in zip(axes[0], panels, strict=True):
        names = (f"{word} {pair[0] + 1}", f"{word} {pair[-1] + 1}")
        equal = word == "embedding"
        plotting.scatter(codes[:, pair], values, names=names, label=label, equal=equal, ax=ax)
    figure.suptitle(title if data.factors is None else f"{title} coloured by each factor")
    return figure


def _contours(model: HessianICA, data: Data) -> Figure:
    """Embedding and sources over the two true factors."""
    from matplotlib import pyplot as plt

    assert data.factors is not None
    figure, rows = plt.subplots(2, 2, figsize=(9, 7.5), constrained_layout=True)
    first, second = data.factor_names
    fits = (("HLLE", model.embedding_), ("HLLE + ICA", model.sources_))
    for axes, (title, codes) in zip(rows, fits, strict=True):
        for j, ax in enumerate(axes):
            label = f"{title}, column {j + 1}"
            plotting.contours(data.factors, codes[:, j], names=(first, second), label=label, ax=ax)
    figure.suptitle("contours over the true factors: parallel to an axis is disentangled")
    return figure


def _save(figure: Figure, path: Path) -> None:
    from matplotlib import pyplot as plt

    figure.savefig(path, dpi=130)
    plt.close(figure)


def main(arguments: list[str] | None = None, *, prog: str = "python -m hessmap.demo") -> None:
    """Run the demonstration from the command line."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--data", type=Path, help="a .npy file: table (n, D) or pictures")
    parser.add_argument("--components", type=int, default=2, help="number of factors (default 2)")
    parser.add_argument("--blur", type=float, help="pixels of smoothing (default 3; 0 for --data)")
    parser.add_argument("--out", type=Path, default=Path("hessmap-demo"), help="folder of figures")
    options = parser.parse_args(arguments)
    if find_spec("matplotlib") is None:
        raise SystemExit("demo: figures need matplotlib: pip install 'hessmap[plot]'")
    try:
        if options.out.exists() and not options.out.is_dir():
            raise ValueError(f"--out must be a folder; {options.out} is a file")
        options.out.mkdir(parents=True, exist_ok=True)
        sigma = 0.0 if options.blur is None else number("--blur", options.blur)
        if options.data is not None:
            data = load(options.data)
            if sigma and data.shape is None:
                raise ValueError(
                    "--blur needs pictures (n, height, width[, channels]); got a table"
                )
            run(data, options.components, sigma, options.out / options.data.stem)
            return
        if options.components != 2:
            raise ValueError(
                "the pictures of the demonstration have 2 factors: --components goes with --data"
            )
        sigma = 3.0 if options.blur is None else sigma
        X, factors = shapes_xy(3000, random_state=0)
        names = ("x (pixels)", "y (pixels)")
        run(Data("moving square", X, (48, 48), factors, names), 2, sigma, options.out / "xy")
        X, factors = shapes_xc(3000, random_state=0)
        names = ("diagonal position (pixels)", "colour angle (rad)")
        run(Data("position x colour", X, (48, 48, 2), factors, names), 2, sigma, options.out / "xc")
    except (ValueError, OSError) as problem:
        raise SystemExit(f"demo: {problem}") from None


if __name__ == "__main__":
    main()
