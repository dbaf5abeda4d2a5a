"""Figures with good arguments; see `calls`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from hessmap import plotting

from ..draws import Draw
from ..judge import require
from .calls import CALLS, Call, Table, seed_of
from .calls_of_fits import fitted
from .tables import good, numbers

SHAPE = (2, 2)
DRAWN = 0.2  # share of figures that are drawn: that takes longer than everything else


def _plot(function: Callable[..., Any], make: Callable[[Draw], dict[str, Any]]) -> Any:
    def made(draw: Draw) -> Call:
        arguments = make(draw)
        drawn = draw.chance(DRAWN)

        def call(**options: Any) -> Any:
            try:
                axes = function(**options)
                if drawn:
                    np.ravel(axes)[0].figure.canvas.draw()
                return axes
            finally:
                plt.close("all")

        def check(result: Any, _: dict[str, Any]) -> None:
            require(hasattr(np.ravel(result)[0], "figure"), f"a {type(result).__name__}")

        # what `transform` of the model says of pictures is about its own X
        return Call(call, arguments, check, work=("n_steps",), also=("X",))

    return made


def _two(draw: Draw) -> dict[str, Any]:
    n = draw.integer(10, 40)
    return {"codes": Table(numbers(draw, n, 2)), "values": Table(numbers(draw, n, 1)[:, 0])}


def _scatter(draw: Draw) -> dict[str, Any]:
    more = {"names": ("a", "b"), "label": "value", "equal": draw.chance(0.5), "ax": None}
    return {**_two(draw), **more}


def _contours(draw: Draw) -> dict[str, Any]:
    two = _two(draw)
    return {"factors": two["codes"], "code": two["values"], "names": ("a", "b"), "label": "code"}


def _isometry(draw: Draw) -> dict[str, Any]:
    n = draw.integer(10, 40)
    rows = {"X": Table(good(draw, n)), "codes": Table(numbers(draw, n, 2))}
    return {**rows, "max_rows": 30, "random_state": seed_of(draw), "ax": None}


def _along(draw: Draw) -> dict[str, Any]:
    n = draw.integer(10, 40)
    rows = {"X": Table(good(draw, n, 4)), "sources": Table(numbers(draw, n, 2))}
    return {**rows, "shape": SHAPE, "n_steps": draw.integer(2, 4)}


def _between(draw: Draw) -> dict[str, Any]:
    model = fitted("HessianICA")
    ends = {"start": Table(model.sources_[0]), "stop": Table(model.sources_[1])}
    steps = {"n_steps": draw.integer(2, 4), "pixels": draw.chance(0.5)}
    if steps["pixels"]:
        rows = good(draw, 2, 4)
        ends = {"start": Table(rows[0]), "stop": Table(rows[1])}
    return {"model": model, **ends, "shape": SHAPE, **steps}


def _grid(draw: Draw) -> dict[str, Any]:
    model = fitted("HessianICA")
    corners = Table(model.sources_[:4])
    return {"model": model, "corners": corners, "shape": SHAPE, "n_steps": draw.integer(2, 3)}


def _walks(draw: Draw) -> dict[str, Any]:
    return {"model": fitted("HessianICA"), "shape": SHAPE, "n_steps": draw.integer(2, 4)}


def _spectrum(draw: Draw) -> dict[str, Any]:
    values = np.sort(np.abs(numbers(draw, 8, 1)[:, 0]))
    return {"eigenvalues": Table(values), "n_components": draw.integer(1, 5), "ax": None}


CALLS.update(
    {
        "plot scatter": _plot(plotting.scatter, _scatter),
        "plot contours": _plot(plotting.contours, _contours),
        "plot isometry": _plot(plotting.isometry, _isometry),
        "plot isometry_of": _plot(
            plotting.isometry_of,
            lambda draw: {"pairs": Table(np.abs(numbers(draw, 20, 2))), "ax": None},
        ),
        "plot independence": _plot(
            plotting.independence, lambda draw: {"matrix": Table(np.abs(numbers(draw, 3, 3)))}
        ),
        "plot resolutions": _plot(
            plotting.resolutions,
            lambda draw: {"tried": fitted("HessianICA").report_.resolutions, "n_nodes": None},
        ),
        "plot overview": _plot(
            plotting.overview, lambda draw: {"report": fitted("HessianICA").report_}
        ),
        "plot spectrum": _plot(plotting.spectrum, _spectrum),
        "plot pictures_along": _plot(plotting.pictures_along, _along),
        "plot traversals": _plot(plotting.traversals, _walks),
        "plot interpolation": _plot(plotting.interpolation, _between),
        "plot interpolation_grid": _plot(plotting.interpolation_grid, _grid),
    }
)
