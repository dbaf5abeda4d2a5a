"""Rows in every dtype, layout, shape and container, for estimators and functions.

The same numbers in another container must give the same result, up to rounding (sums follow the
order in memory), or be refused.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from hessmap import HessianEigenmaps, HessianICA, metrics
from hessmap.ica import fit_ica, fit_polar
from hessmap.neighbors import knn_graph
from hessmap.pictures import Blur

from ..draws import Draw, Seeded, described
from ..judge import Verdict, finite, judged, require
from .calls_of_fits import N_COLUMNS, fitted
from .containers import DTYPES, FORMS, numbers_of
from .fits import check_fit
from .tables import good, numbers

SIZES = (0, 1, 2, 3, 8, 12, 20, 30, 40, 60)
WIDTHS = (0, 1, 2, 2, 3, 4, 4, 4, 8, 50)
# The work of these grows with the second to fifth power of the number of sources.
OF_PAIRS = ("mcc", "mi_invariance", "mig", "modularity", "pairwise_dependence", "predictability")
MOST_WIDE = {"fit_ica": 12, "sap": 50, **dict.fromkeys(OF_PAIRS, 50)}
WIDE = 0.01  # share of tables with thousands of columns


def run(seed: int) -> list[Verdict]:
    """One table, given to something."""
    draw = Seeded("arrays", seed)
    name = draw.pick(sorted(TARGETS))
    function, names, width = TARGETS[name]
    rows = _rows(draw, width if draw.chance(0.7) else None)[:, : MOST_WIDE.get(name)]
    dtype, form = draw.pick(sorted(DTYPES)), draw.pick(sorted(FORMS))
    if draw.chance(0.5):  # most combinations are refused: one thing at a time, too
        dtype = "float64"
    elif draw.chance(0.5):
        form = "plain"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        given = FORMS[form](DTYPES[dtype](rows))
    plain = numbers_of(given)

    def check(result: Any, _: Any) -> None:
        if name == "inverse_transform":
            _check_rows(result, plain)
        else:
            _check(result, plain)
        if plain is None:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            again = function(plain)
        for one, other in zip(_arrays(result), _arrays(again), strict=True):
            require(_same(one, other), "the same numbers in a plain array give another result")

    return [
        judged(
            lambda: function(given),
            what=f"{name} of {form} {dtype} {described(given)}",
            names=names,
            inputs=[given],
            check=check,
        )
    ]


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype.kind != "f" or one.size == 0:
        return np.array_equal(one, other)
    with np.errstate(invalid="ignore"):
        size = float(np.nanmax(np.abs(other)))
    rounding = 1e-3 if one.dtype == np.float32 else 1e-6
    return np.allclose(one, other, rtol=0, atol=rounding * size, equal_nan=True)


def _rows(draw: Draw, n_columns: int | None) -> np.ndarray:
    n = draw.pick(SIZES)
    if n_columns is None:
        n_columns = draw.pick(WIDTHS)
        if draw.chance(WIDE):
            n_columns = draw.integer(1000, 5000)
    rows = good(draw, n, n_columns) if draw.chance(0.7) else numbers(draw, n, n_columns)
    return rows * draw.pick([1, 1, 1, 100, 1e-3, 1e20])


def _check(result: Any, plain: np.ndarray | None) -> None:
    if hasattr(result, "codes"):  # NaN where the embedding is
        known = np.isfinite(result.codes).all(axis=1)
        finite((result.codes[known], result.apex))
        require(known.sum() >= 10, "too few codes are finite")
    elif not hasattr(result, "report_"):
        for array in _arrays(result):
            finite(array)
    elif plain is not None:
        check_fit(result, len(plain))
        expected = np.float32 if plain.dtype == np.float32 else np.float64
        require(result.embedding_.dtype == expected, f"embedding_ is {result.embedding_.dtype}")


def _check_rows(rows: np.ndarray, plain: np.ndarray | None) -> None:
    """Those of codes with NaN are NaN, as documented, and all others finite."""
    lost = np.isnan(rows).all(axis=1)
    finite(rows[~lost])
    if plain is not None:
        expected = np.isnan(plain).any(axis=1)
        require(np.array_equal(lost, expected), "NaN in other rows than those of the codes")


def _arrays(result: Any) -> list[np.ndarray]:
    """What a result is compared by."""
    if hasattr(result, "report_"):
        found = [result.embedding_, result.node_of_, result.eigenvalues_]
        return [*found, result.sources_] if hasattr(result, "sources_") else found
    if hasattr(result, "_fields"):
        return list(result)
    if hasattr(result, "sources"):
        return [result.sources, result.mixing]
    if hasattr(result, "codes"):
        return [result.codes, result.apex]
    return [np.asarray(result)]


def _of_fit(estimator: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda X: estimator(random_state=0, **options).fit(X)


OF_FITS = ("X", "n_components", "n_neighbors", "n_nodes")
# Functions of a table, with the names that an error may mention and the number of columns.
TARGETS: dict[str, tuple[Callable[[Any], Any], tuple[str, ...], int | None]] = {
    "HessianICA": (_of_fit(HessianICA), OF_FITS, 4),
    "HessianICA(1)": (_of_fit(HessianICA, n_components=1), OF_FITS, 2),
    "HessianEigenmaps": (_of_fit(HessianEigenmaps), OF_FITS, 4),
    "HessianEigenmaps, nodes": (
        _of_fit(HessianEigenmaps, n_nodes=12, operator="tangent"), OF_FITS, 4,
    ),
    "transform": (lambda X: fitted("HessianICA").transform(X), ("X",), N_COLUMNS),
    "inverse_transform": (lambda Y: fitted("HessianICA").inverse_transform(Y), ("Y",), 2),
    "knn_graph": (lambda X: knn_graph(X, 3), ("X", "n_neighbors"), 3),
    "knn_graph, tree": (lambda X: knn_graph(X, 2, method="kd_tree"), ("X", "n_neighbors"), 3),
    "fit_ica": (lambda Y: fit_ica(Y, random_state=0), ("embedding",), 2),
    "fit_polar": (fit_polar, ("embedding",), 2),
    "Blur": (lambda X: Blur((2, 2), 1.0).fit_transform(X), ("X", "shape"), 4),
    "mcc": (lambda Y: metrics.mcc(Y, Y), ("codes", "factors"), 2),
    "mig": (lambda Y: metrics.mig(Y, Y), ("codes", "factors"), 2),
    "sap": (lambda Y: metrics.sap(Y, Y, random_state=0), ("codes", "factors"), 2),
    "modularity": (lambda Y: metrics.modularity(Y, Y), ("codes", "factors"), 2),
    "local_isometry": (
        lambda Y: metrics.local_isometry(Y, Y, random_state=0), ("X", "codes"), 3,
    ),
    "pairwise_dependence": (metrics.pairwise_dependence, ("codes",), 3),
    "predictability": (metrics.predictability, ("codes",), 3),
    "mi_invariance": (metrics.mi_invariance, ("codes",), 2),
}  # fmt: skip
