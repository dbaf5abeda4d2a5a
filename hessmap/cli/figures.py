"""The figures of a run, for its page and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import plotting
from ..plotting.inputs import known_rows
from ..plotting.style import COLOURS, open_frame, pyplot
from .data import Data
from .runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 150
MAX_PANELS = 6
# Pictures to choose from for those along a source, and the numbers that they may hold together.
MAX_PICTURES, MAX_NUMBERS = 5000, 1 << 27
BINS = 40


@dataclass(frozen=True)
class Drawing:
    """One figure.

    Attributes
    ----------
    name : str
        Of its file.
    title, caption : str
        What it shows, and what to look for.
    draw : callable
        () -> Axes of a new figure.
    group : str
        Part of the page that it belongs to.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[], Axes]
    group: str


def drawings(run: Run) -> Iterator[Drawing]:
    """Everything that can be drawn of a run, in the order of the page."""
    yield from _pictures(run)
    yield from _codes(run)
    yield from _report(run)


def png(drawing: Drawing) -> bytes:
    """The figure as a PNG file."""
    plt = pyplot()
    import matplotlib

    matplotlib.use("Agg")
    figure: Any = drawing.draw().get_figure()
    file = BytesIO()
    figure.savefig(file, format="png", dpi=DPI, bbox_inches="tight", pad_inches=0.08)
    plt.close(figure)
    return file.getvalue()


def small_png(drawing: Drawing) -> bytes:
    """The same in 256 colours, a third as large, but for pictures, which may need more."""
    image = png(drawing)
    if drawing.group == "pictures":
        return image
    from PIL import Image  # matplotlib needs it, too

    file = BytesIO()
    drawn_in_all = Image.open(BytesIO(image)).convert("RGB")
    drawn_in_all.quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _pictures(run: Run) -> Iterator[Drawing]:
    shape = run.settings["data"]["shape"]
    if shape is None:
        return
    if run.data is not None:
        yield Drawing(
            "pictures",
            "Pictures along each source",
            "Real pictures from low to high values of one source, the others near their middle. "
            "One thing should change in each row.",
            partial(_along, run.data, run.model.sources_, tuple(shape)),
            "pictures",
        )
    smooth = run.settings["blur"] is not None and run.settings["blur"]["sigma"] > 0
    blurred = ", as smooth as the fit saw them" if smooth else ""
    yield Drawing(
        "traversals",
        "Pictures that the model makes",
        f"From values of one source alone, the others at their medians{blurred}.",
        partial(plotting.traversals, run.model, tuple(shape)),
        "pictures",
    )


def _along(data: Data, sources: np.ndarray, shape: tuple[int, ...]) -> Axes:
    size = min(MAX_PICTURES, max(2, MAX_NUMBERS // data.rows.n_columns))
    some, which = data.some(size)
    return plotting.pictures_along(some, sources if which is None else sources[which], shape)


def _codes(run: Run) -> Iterator[Drawing]:
    sources, embedding = run.model.sources_, run.model.embedding_
    d = sources.shape[1]
    for i, j in list(combinations(range(d), 2))[:MAX_PANELS]:
        names = (f"source {i + 1}", f"source {j + 1}")
        yield Drawing(
            f"sources-{i + 1}-{j + 1}",
            f"Sources {i + 1} and {j + 1}",
            "One mark for each row. Independent sources fill a rectangle.",
            partial(
                plotting.scatter,
                sources[:, [i, j]],
                embedding[:, 0],
                names=names,
                label="embedding 1",
            ),
            "sources",
        )
    for number in range(min(d, MAX_PANELS)):
        label = f"source {number + 1}"
        # the two columns that it changes most
        pair = np.sort(np.argsort(-np.abs(run.model.mixing_[:, number]))[:2])
        names = (f"embedding {pair[0] + 1}", f"embedding {pair[-1] + 1}")
        caption = "The unrolled manifold before ICA. " + (
            "The colour should change along one direction." if d > 1 else "Both are the same."
        )
        yield Drawing(
            f"embedding-source-{number + 1}",
            f"Source {number + 1} over the embedding",
            caption + (" Shown are the two columns that this source changes most." * (d > 2)),
            partial(
                plotting.scatter,
                embedding[:, pair],
                sources[:, number],
                names=names,
                label=label,
                equal=True,
            ),
            "sources",
        )
    yield Drawing(
        "densities",
        "Densities of the sources",
        "How often each value occurs. A bell shape is what ICA cannot tell apart.",
        partial(_densities, sources),
        "sources",
    )


def _densities(sources: np.ndarray) -> Axes:
    plt = pyplot()
    ax: Axes = plt.subplots(figsize=(5.6, 4.4), layout="constrained")[1]
    shown = sources[known_rows("sources", sources)][:, :MAX_PANELS]
    colours = plt.get_cmap(COLOURS)(np.linspace(0.1, 0.8, shown.shape[1]))
    for number, (values, colour) in enumerate(zip(shown.T, colours, strict=True)):
        label = f"source {number + 1}"
        ax.hist(values, BINS, density=True, histtype="step", color=colour, lw=1.5, label=label)
    ax.set_xlabel("value, in standard deviations")
    ax.set_ylabel("density")
    ax.legend(frameon=False)
    open_frame(ax)
    return ax


def _report(run: Run) -> Iterator[Drawing]:
    report = run.model.report_
    yield Drawing(
        "spectrum",
        "Spectrum",
        "The null space should lie far below the rest.",
        partial(plotting.spectrum, report.eigenvalues, report.n_components),
        "evidence",
    )
    yield Drawing(
        "isometry",
        "Isometry",
        "Short distances in rows and embedding should agree.",
        partial(plotting.isometry_of, report.pair_distances),
        "evidence",
    )
    if report.dependence_matrix is not None and report.n_components > 1:
        yield Drawing(
            "independence",
            "Dependence of the sources",
            "Near 0 for every pair where the sources are independent.",
            partial(plotting.independence, report.dependence_matrix),
            "evidence",
        )
    if report.resolutions:
        yield Drawing(
            "resolutions",
            "Resolutions that were tried",
            "How coarsely the rows may be averaged, and which number of nodes was taken.",
            partial(plotting.resolutions, report.resolutions, report.n_nodes),
            "evidence",
        )
    yield Drawing(
        "summary",
        "Summary",
        "The evidence in one figure.",
        lambda: plotting.overview(report)[0, 0],
        "files only",
    )
