"""Rows that are hard on the numbers: right, or refused, or with a finding.

Where rows conform, coordinates have to span those of the factors; where a shape has no coordinates,
there has to be a finding, a warning or an error; and order, place and unit of rows must not matter.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from hessmap import HessianEigenmaps, HessianICA, HessmapWarning

from ..draws import Draw, Seeded
from ..judge import Verdict, Wrong, judged, require
from .fits import check_fit, subspace_sine
from .shapes import SHAPES, Shape

NAMES = ("X", "n_components", "n_neighbors", "n_nodes", "eigen_solver", "precomputed_knn")
# Sines between coordinates: of the same rows in another form, and to factors that can be known.
SAME, FOUND = 1e-4, 0.1
# Where rows are so near to each other that they share a node, their order says where it stands.
SAME_NODES = 0.01
MIN_DIGITS = 1e-9  # of the rows, beside which rounding is nothing


def run(seed: int) -> list[Verdict]:
    """One fit; for a share of them a second one to the same rows in another form."""
    draw = Seeded("torture", seed)
    name = draw.pick(sorted(SHAPES))
    shape = SHAPES[name](draw)
    options = _options(draw, shape)
    estimator = HessianICA if draw.chance(0.5) else HessianEigenmaps
    change = draw.pick(sorted(CHANGES)) if draw.chance(0.3) else ""
    rng = draw.rng()

    def fit(X: np.ndarray) -> Any:
        return estimator(random_state=0, **options).fit(X)

    def check(model: Any, given: list[Any]) -> None:
        check_fit(model, len(shape.rows))
        said = not model.report_.ok or any(issubclass(w.category, HessmapWarning) for w in given)
        if shape.no_coordinates and not said:
            raise Wrong("rows without coordinates got no finding and no warning")
        if shape.factors is not None and not said:
            used = model.node_of_ >= 0
            sine = subspace_sine(model.embedding_[used], shape.factors[used])
            require(sine < FOUND, f"the embedding is off the factors by a sine of {sine:.2g}")
        if change and shape.exact and not said and "n_nodes" not in options:
            _check_change(model, fit, shape.rows, CHANGES[change](shape.rows, rng))

    shown = ", ".join(f"{key}={value!r}" for key, value in options.items())
    size = "x".join(map(str, shape.rows.shape))
    return [
        judged(
            lambda: fit(shape.rows),
            what=f"{estimator.__name__}({shown}) of {name}, {size} {shape.rows.dtype} {change}",
            names=NAMES,
            inputs=[shape.rows],
            check=check,
        )
    ]


def _options(draw: Draw, shape: Shape) -> dict[str, Any]:
    n = len(shape.rows)
    options: dict[str, Any] = {"n_components": shape.d}
    if draw.chance(0.2):
        options["operator"] = draw.pick(["tangent", "laplacian", "auto"])
    if draw.chance(0.3):
        options["n_neighbors"] = draw.pick([n, n - 1, draw.integer(6, max(6, min(n, 30)))])
    if draw.chance(0.2):
        options["n_nodes"] = draw.pick([None, draw.integer(10, max(10, n))])
    if draw.chance(0.2):
        options["eigen_solver"] = draw.pick(["dense", "shift-invert", "multigrid"])
    if draw.chance(0.1):
        options["n_components"] = draw.pick([1, 2, 3, "auto"])
    if options["n_components"] != shape.d or options.get("operator", "hessian") == "laplacian":
        shape.factors, shape.no_coordinates = None, False  # no promise is made of these
    if options.get("n_neighbors", 20) > 30 or "n_nodes" in options:
        shape.factors, shape.no_coordinates = None, False
    return options


def _scaled(X: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return X * 2.0 ** int(rng.integers(-300, 300)), np.arange(len(X))


def _moved(X: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    size = np.ptp(X, axis=0).max()
    return X + 10 * size * rng.standard_normal(X.shape[1]), np.arange(len(X))


def _in_other_order(X: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    order = rng.permutation(len(X))
    return X[order], order


def _turned(X: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    turn = np.linalg.qr(rng.standard_normal((X.shape[1], X.shape[1])))[0]
    return X @ turn, np.arange(len(X))


def _padded(X: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    filling = np.broadcast_to(rng.standard_normal(2), (len(X), 2))
    return np.hstack([X, filling]), np.arange(len(X))


CHANGES = {
    "scaled": _scaled,
    "moved": _moved,
    "in another order": _in_other_order,
    "turned": _turned,
    "padded": _padded,
}


def _check_change(
    model: Any, fit: Any, rows: np.ndarray, changed: tuple[np.ndarray, np.ndarray]
) -> None:
    """The same subspace of rows in another form: (rows, their numbers among the first ones)."""
    others, numbers = changed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = fit(others)
    first, second = model.embedding_[numbers], again.embedding_
    used = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
    set_aside = (model.node_of_[numbers] < 0) != (again.node_of_ < 0)
    require(not set_aside.any(), f"{set_aside.sum()} other rows were set aside")
    sine = subspace_sine(first[used], second[used])
    most = SAME_NODES if model.report_.n_duplicates else SAME
    require(sine < most, f"another embedding of the same rows, by a sine of {sine:.2g}")
