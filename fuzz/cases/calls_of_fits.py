"""Estimators with good arguments; see `calls`."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars  # noqa: F401 - the first import sets variables of the environment
from sklearn.base import clone

import hessmap
from hessmap import HessianEigenmaps, HessianICA, pictures

from ..draws import Draw
from ..judge import finite, require
from .calls import CALLS, Call, Table, seed_of
from .fits import check_fit
from .tables import good, numbers

ESTIMATORS = {"HessianICA": HessianICA, "HessianEigenmaps": HessianEigenmaps}
N_COLUMNS = 4


def parameters(draw: Draw, n: int) -> dict[str, Any]:
    """Good parameters of HessianEigenmaps for n rows, most of them the defaults."""
    chosen: dict[str, Any] = {"n_components": draw.pick([1, 2, 2, 2, "auto"])}
    if draw.chance(0.5):
        chosen["operator"] = draw.pick(["hessian", "tangent", "laplacian", "auto"])
    if draw.chance(0.4):
        chosen["n_neighbors"] = draw.pick(["auto", draw.integer(6, max(6, n))])
    if draw.chance(0.4):
        chosen["n_nodes"] = draw.pick(["auto", None, draw.integer(6, n)])
    if draw.chance(0.2):
        chosen["neighbors"] = draw.pick(["auto", "brute", "kd_tree"])
    if draw.chance(0.3):
        chosen["eigen_solver"] = draw.pick(["auto", "dense", "shift-invert", "multigrid"])
    if draw.chance(0.2):
        chosen["tol"] = draw.pick([1e-4, 1e-10, 0.5])
    if draw.chance(0.2):
        chosen["precomputed_knn"] = None
    chosen["n_jobs"] = draw.pick([None, 1, 2, -1, -2])
    chosen["random_state"] = seed_of(draw)
    return chosen


def _fit(name: str) -> Any:
    def made(draw: Draw) -> Call:
        n = draw.integer(8, 60)
        arguments = parameters(draw, n) | {"X": Table(good(draw, n, N_COLUMNS)), "out": None}
        if name == "HessianICA":
            arguments["contrast"] = draw.pick(["auto", "cube", "logcosh"])
        if draw.chance(0.1):
            arguments["out"] = draw.pick(["results", Path("a/b")])

        def call(X: Any, out: Any, **options: Any) -> Any:
            return ESTIMATORS[name](**options).fit(X, out=out)

        return Call(call, arguments, lambda model, given: check_fit(model, len(given["X"])))

    return made


@cache
def fitted(name: str) -> Any:
    """A fit that cases share: none of the methods that are called may change it."""
    rng = np.random.default_rng(0)
    factors = rng.uniform(-0.5, 0.5, size=(80, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = np.hstack([np.cos(factors), np.sin(factors)])
        return ESTIMATORS[name](2, random_state=0).fit(rows)


def _rows(draw: Draw) -> Table:
    return Table(good(draw, draw.integer(1, 12), N_COLUMNS))


def _transform(draw: Draw) -> Call:
    model = fitted(draw.pick(sorted(ESTIMATORS)))
    arguments = {"X": _rows(draw), "far": draw.pick(["keep", "nan"]), "out": None}

    def check(result: Any, given: dict[str, Any]) -> None:
        require(result.shape == (len(given["X"]), 2), f"the shape is {result.shape}")
        if given["far"] != "nan":
            finite(result)

    return Call(model.transform, arguments, check)


def _inverse_transform(draw: Draw) -> Call:
    model = fitted(draw.pick(sorted(ESTIMATORS)))
    codes = model.embedding_[: draw.integer(1, 12)] * draw.pick([1, 0.5, 2])
    arguments = {"Y": Table(codes), "rows": None}
    if draw.chance(0.3):
        arguments["rows"] = Table(np.arange(240.0).reshape(80, 3))

    def check(result: Any, given: dict[str, Any]) -> None:
        codes = np.asarray(given["Y"], dtype=float)
        finite(result[np.isfinite(codes).all(axis=1)])

    return Call(model.inverse_transform, arguments, check)


def _fit_transform(draw: Draw) -> Call:
    name = draw.pick(sorted(ESTIMATORS))
    n = draw.integer(30, 60)
    arguments = {"X": Table(good(draw, n, N_COLUMNS)), "y": None, "out": None}

    def check(result: Any, given: dict[str, Any]) -> None:
        require(result.shape == (len(given["X"]), 2), f"the shape is {result.shape}")

    return Call(ESTIMATORS[name](random_state=0).fit_transform, arguments, check)


def _set_output(draw: Draw) -> Call:
    def call(transform: Any) -> Any:
        if not isinstance(transform, Hashable):  # scikit-learn's own method looks it up in a dict
            transform = None
        model = clone(ESTIMATORS["HessianICA"](random_state=0)).set_output(transform=transform)
        return model.fit_transform(fitted("HessianICA").inverse_transform(CODES))

    choice = draw.pick(["default", "pandas", "polars"])
    return Call(call, {"transform": choice}, lambda result, _: finite(np.asarray(result)))


CODES = np.random.default_rng(1).uniform(-1, 1, size=(40, 2))


def _names(draw: Draw) -> Call:
    model = fitted(draw.pick(sorted(ESTIMATORS)))
    names = draw.pick([None, ["a", "b", "c", "d"]])

    def call(X: Any) -> Any:  # what else the names may be is up to scikit-learn's mixin
        model.transform(X)
        return model.get_feature_names_out(names)

    return Call(
        call,
        {"X": _rows(draw)},
        lambda result, _: require(len(result) == 2, f"{len(result)} names"),
    )


def _save_and_load(draw: Draw) -> Call:
    model = fitted(draw.pick(sorted(ESTIMATORS)))

    def call(path: Any, rows: Any) -> Any:
        model.save(path, rows=rows)
        return hessmap.load(path)

    def check(again: Any, _: dict[str, Any]) -> None:
        rows = np.asarray(good(draw, 5, N_COLUMNS))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            same = np.array_equal(again.transform(rows), model.transform(rows))
        require(same, "the loaded model maps rows to something else")

    arguments = {"path": draw.pick(["m.hessmap", Path("m")]), "rows": draw.chance(0.5)}
    return Call(call, arguments, check)


def _set_params(draw: Draw) -> Call:
    n = 40

    def call(X: Any, **options: Any) -> Any:
        return clone(HessianICA(1)).set_params(**options).fit(X)

    arguments = {"X": Table(good(draw, n, N_COLUMNS)), **parameters(draw, n)}
    return Call(call, arguments, lambda model, given: check_fit(model, len(given["X"])))


def _not_fitted(draw: Draw) -> Call:
    name = draw.pick(sorted(ESTIMATORS))
    method = draw.pick(["transform", "inverse_transform", "get_feature_names_out", "save"])

    def call(X: Any) -> Any:
        getattr(ESTIMATORS[name](), method)(X)
        require(False, f"{method} of an estimator that is not fitted returned")

    return Call(call, {"X": _rows(draw)})


def _blur(draw: Draw) -> Call:
    side = draw.integer(1, 6)
    shape = draw.pick([(side, side), (side, side, 2), [side, side], (side * side, 1)])
    X = numbers(draw, draw.integer(1, 6), int(np.prod(shape)))

    def call(shape: Any, sigma: Any, n_components: Any, random_state: Any, X: Any) -> Any:
        blur = pictures.Blur(shape, sigma, n_components=n_components, random_state=random_state)
        return blur.fit(X).transform(X)

    arguments = {"shape": shape, "sigma": draw.pick([0, 0.5, 1.0, "auto"]), "n_components": 1}
    return Call(call, {**arguments, "random_state": seed_of(draw), "X": Table(X)})


CALLS.update({name: _fit(name) for name in ESTIMATORS})
CALLS.update(
    {
        "transform": _transform,
        "inverse_transform": _inverse_transform,
        "fit_transform": _fit_transform,
        "set_output": _set_output,
        "get_feature_names_out": _names,
        "save and load": _save_and_load,
        "set_params": _set_params,
        "not fitted": _not_fitted,
        "Blur": _blur,
    }
)
