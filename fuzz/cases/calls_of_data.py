"""Generators of data sets with good arguments; see `calls`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from hessmap import datasets

from ..draws import Draw
from ..judge import finite, require
from .calls import CALLS, Call, Table, seed_of

# Good values by name; what is not listed keeps its default.
GOOD: dict[str, Callable[[Draw], Any]] = {
    "n_samples": lambda draw: draw.integer(1, 12),
    "n_components": lambda draw: draw.integer(1, 3),
    "n_factors": lambda draw: draw.integer(2, 8),
    "hole": lambda draw: draw.chance(0.5),
    "thread": lambda draw: draw.chance(0.5),
    "turns": lambda draw: draw.pick([0.1, 1.5, 3]),
    "height": lambda draw: draw.pick([0.5, 21.0, 100]),
    "noise": lambda draw: draw.pick([0, 0.01, 1.0]),
    "n_features": lambda draw: draw.integer(8, 20),
    "angle": lambda draw: draw.pick([0.1, 1.0, 6.0]),
    "width": lambda draw: draw.pick([0.5, 2.5]),
    "density": lambda draw: draw.pick(["uniform", "even", "beta"]),
    "correlation": lambda draw: draw.pick([0.0, 0.6, -0.9]),
    "opening": lambda draw: draw.pick([10, 120.0, 359]),
    "gap": lambda draw: draw.pick([0.0, 0.3]),
    "size": lambda draw: draw.integer(16, 24),
    "side": lambda draw: draw.pick([4, 6.0, 8.5]),
    "softness": lambda draw: draw.pick([None, 1.0, 2.5]),
    "background": lambda draw: draw.pick(["black", "gradient", "texture", "photograph"]),
    "colour": lambda draw: draw.pick(["grey", "red", "varied"]),
    "extent": lambda draw: draw.pick([1.0, 0.5, [1.0, 1.0]]),
    "view": lambda draw: draw.pick(sorted(datasets.VIEWS)),
    "scene": lambda draw: draw.pick(["duck yaw-light", "mug yaw-light"]),
    "supersampling": lambda draw: draw.integer(1, 2),
    "random_state": seed_of,
}
# For which waiting, or gigabytes of pictures, are what was asked for.
WORK = ("n_samples", "size", "supersampling", "n_features", "n_components", "n_factors")
NAMES = (
    "swiss_roll", "arcs", "blobs", "shapes_xy", "shapes_xc", "shapes_xyr", "sprites", "rendered",
    "photographs", "gaussian_factors", "disc", "triangle", "correlated_factors",
    "brightness_position", "cylinder", "torus", "sphere_patch", "rectangle_rotation", "two_pieces",
    "pure_noise",
)  # fmt: skip


def _call_of(name: str) -> Callable[[Draw], Call]:
    function = getattr(datasets, name)
    parameters = [key for key in inspect.signature(function).parameters if key in GOOD]

    def made(draw: Draw) -> Call:
        arguments = {key: GOOD[key](draw) for key in parameters}
        if name in ("rendered", "photographs"):
            arguments |= {"n_samples": 2, "size": 16, "noise": 0}
        return Call(function, arguments, _check, WORK)

    return made


def _check(result: Any, arguments: dict[str, Any]) -> None:
    X, factors = result
    finite((X, factors))
    n = arguments["n_samples"]
    require(len(X) == len(factors) == n, f"{len(X)} rows and {len(factors)} factors for {n}")
    require(X.ndim == 2 and X.dtype.kind == "f", f"rows of shape {X.shape}, {X.dtype}")


def _on_arcs(draw: Draw) -> Call:
    factors = Table(draw.rng().uniform(-1, 1, size=(draw.integer(1, 20), draw.integer(1, 3))))
    arguments = {"factors": factors, "n_features": draw.pick([None, 8]), "noise": 0.01}
    return Call(datasets.on_arcs, {**arguments, "random_state": seed_of(draw)}, work=WORK)


def _cached(draw: Draw) -> Call:
    def make(**options: Any) -> tuple[np.ndarray, np.ndarray]:
        return datasets.cached(datasets.swiss_roll, **options)

    arguments = {"n_samples": 5, "noise": 0.1, "random_state": draw.integer(0, 3), "folder": "kept"}
    return Call(make, arguments, _check, WORK, also=("path",))


CALLS.update({name: _call_of(name) for name in NAMES})
CALLS.update(on_arcs=_on_arcs, cached=_cached)
