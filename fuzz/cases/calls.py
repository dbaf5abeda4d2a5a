"""Public functions with good arguments for them: `CALLS[name](draw)` draws a call.

Metrics, stages and data sets are here; `calls_of_fits` has the estimators, `calls_of_plots` the
figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hessmap import eigen, ica, metrics, neighbors, operator

from ..draws import Draw
from ..judge import finite, require
from .tables import good, numbers


@dataclass
class Table:
    """An argument whose place is taken by other tables rather than by other values."""

    rows: Any


@dataclass
class Call:
    """A function with arguments for it.

    ``check`` raises where a result is not as it should be, given the arguments; ``work`` are
    parameters that say how much there is to do, and ``also`` words that an error may name in place
    of a parameter.
    """

    function: Callable[..., Any]
    arguments: dict[str, Any]
    check: Callable[[Any, dict[str, Any]], None] = lambda result, arguments: finite(result)
    work: tuple[str, ...] = ()
    also: tuple[str, ...] = field(default=())

    def values(self) -> dict[str, Any]:
        """The arguments as they are passed."""
        return {
            key: value.rows if isinstance(value, Table) else value
            for key, value in self.arguments.items()
        }


CALLS: dict[str, Callable[[Draw], Call]] = {}


def seed_of(draw: Draw) -> Any:
    """A good ``random_state``."""
    number = draw.integer(0, 2**32 - 1)
    return draw.pick([number, np.random.default_rng(number), np.random.RandomState(number)])


def between(low: float, high: float) -> Callable[[Any, dict[str, Any]], None]:
    """A check that a number, or all of an array, are finite and in a range, up to rounding."""

    def check(result: Any, _: dict[str, Any]) -> None:
        finite(result)
        values = np.asarray(result)
        inside = (values >= low - 1e-9) & (values <= high + 1e-9)
        require(bool(inside.all()), f"the result {result} is not within {low} and {high}")

    return check


def _codes_and_factors(draw: Draw) -> dict[str, Any]:
    n, d = draw.integer(10, 80), draw.integer(1, 4)
    factors = numbers(draw, n, d)
    if draw.chance(0.3):
        factors = np.round(3 * factors)
    codes = factors @ numbers(draw, d, draw.integer(1, 4))
    return {"codes": Table(codes), "factors": Table(factors)}


def _metric(name: str, check: Any, work: tuple[str, ...] = (), **options: Any) -> None:
    """A metric of codes and factors; each option is a function of a draw."""

    def made(draw: Draw) -> Call:
        arguments = _codes_and_factors(draw)
        arguments |= {key: option(draw) for key, option in options.items()}
        return Call(getattr(metrics, name), arguments, check, work)

    CALLS[name] = made


def _of_codes(name: str, check: Any, **options: Any) -> None:
    """A metric of codes alone."""

    def made(draw: Draw) -> Call:
        codes = Table(numbers(draw, draw.integer(10, 80), draw.integer(1, 4)))
        arguments = {"codes": codes} | {key: option(draw) for key, option in options.items()}
        return Call(getattr(metrics, name), arguments, check)

    CALLS[name] = made


def _whole(low: int, high: int) -> Callable[[Draw], int]:
    return lambda draw: draw.integer(low, high)


def _no_nan(result: Any, _: dict[str, Any]) -> None:
    """At least 0 or infinite, as documented."""
    require(result >= 0, f"the result is {result}")


def _scores(result: Any, _: dict[str, Any]) -> None:
    values = (result.disentanglement, result.completeness, result.informativeness)
    between(0, 1)(np.array(values), _)
    finite(result.importances)


_few = {"n_bins": _whole(2, 12), "batch_size": _whole(2, 20)}
_few |= {"n_train": _whole(20, 60), "n_test": _whole(20, 60), "random_state": seed_of}
_bins = {"n_code_bins": _whole(2, 20), "n_bins": _whole(2, 12)}
_metric(
    "mcc",
    between(0, 1),
    method=lambda draw: draw.pick(["pearson", "spearman"]),
    held_out=lambda draw: draw.chance(0.5),
    random_state=seed_of,
)
_metric("beta_vae", between(0, 1), ("batch_size", "n_train", "n_test"), **_few)
_metric("factor_vae", between(0, 1), ("batch_size", "n_train", "n_test"), **_few)
_metric("mig", between(0, 1), **_bins)
_metric("modularity", between(0, 1), **_bins)
_metric("sap", between(0, 1), max_values=_whole(2, 12), random_state=seed_of)
_metric(
    "dci", _scores, ("n_trees",), max_values=_whole(2, 12), n_trees=_whole(2, 5),
    max_rows=_whole(20, 100), random_state=seed_of,
)  # fmt: skip
_of_codes("pairwise_dependence", between(0, 1))
_of_codes("predictability", between(-np.inf, 1), n_neighbors=_whole(1, 12))
_of_codes("total_correlation", _no_nan)
_of_codes("mi_invariance", _no_nan, **_bins)


def _local_isometry(draw: Draw) -> Call:
    n = draw.integer(5, 60)
    arguments = {"X": Table(good(draw, n)), "codes": Table(numbers(draw, n, draw.integer(1, 3)))}
    arguments |= {"max_rows": draw.integer(3, 100), "random_state": seed_of(draw)}
    return Call(metrics.local_isometry, arguments, between(-1, 1))


def _fit_ica(draw: Draw) -> Call:
    embedding = Table(numbers(draw, draw.integer(12, 120), draw.integer(1, 4)))
    contrast = draw.pick(["auto", "cube", "logcosh"])
    arguments = {"embedding": embedding, "contrast": contrast, "random_state": seed_of(draw)}

    def check(result: Any, _: dict[str, Any]) -> None:
        finite((result.sources, result.mixing, result.unmixing, result.mean, result.stability))
        require(bool(np.abs(result.sources.std(axis=0) - 1).max() < 1e-6), "deviations are not 1")

    return Call(ica.fit_ica, arguments, check)


def _fit_polar(draw: Draw) -> Call:
    n = draw.integer(10, 60)
    size, turn = draw.rng().uniform([1, -0.5], [2, 0.5], size=(n, 2)).T
    rows = np.column_stack([size * np.cos(turn), size * np.sin(turn)])

    def check(result: Any, arguments: dict[str, Any]) -> None:
        finite((result.apex, result.axis, result.radius, result.dependence))
        known = np.isfinite(np.asarray(arguments["embedding"], dtype=float)).all(axis=1)
        finite(result.codes[known])

    return Call(ica.fit_polar, {"embedding": Table(rows)}, check)


def _knn_graph(draw: Draw) -> Call:
    n = draw.integer(5, 80)
    arguments = {"X": Table(numbers(draw, n, draw.integer(1, 5)))}
    arguments |= {"n_neighbors": draw.integer(1, n), "n_jobs": draw.pick([None, 1, 2, -1])}
    arguments |= {"method": draw.pick(["auto", "brute", "kd_tree"])}
    arguments |= {"random_state": seed_of(draw)}

    def check(result: Any, _: dict[str, Any]) -> None:
        finite(result.distances)
        own = result.indices[:, 0] == np.arange(len(result.indices))
        require(bool(own.all()), "a node is not first in its own list")
        require(bool((np.diff(result.distances) >= 0).all()), "distances are not sorted")

    return Call(neighbors.knn_graph, arguments, check, also=("neighbors",))


def _forms(draw: Draw) -> tuple[Any, np.ndarray]:
    n, k = draw.integer(8, 40), 5
    rng = draw.rng()
    lists = np.array([rng.permutation(n)[:k] for _ in range(n)])
    kind = draw.pick(["gram", "complement", "star"])
    rows = rng.uniform(0.1, 1, size=(n, 1 if kind == "star" else 2, k))
    if kind == "gram":
        rows -= rows.mean(axis=2, keepdims=True)
    elif kind == "complement":
        whole = np.concatenate([np.ones((n, 1, k)), rows], axis=1).transpose(0, 2, 1)
        rows = np.linalg.qr(whole)[0].transpose(0, 2, 1)
    return operator.LocalForms(kind, rows), lists


def _build_operator(draw: Draw) -> Call:
    forms, lists = _forms(draw)
    arguments = {"forms": forms, "indices": Table(lists), "normalized": draw.chance(0.3)}
    arguments |= {"n_jobs": draw.pick([None, 1, 2])}
    if draw.chance(0.3):
        bad = draw.pick([-1, 10**6, 2**62, 0])
        lists[draw.integer(0, len(lists) - 1), draw.integer(0, 4)] = bad
    if draw.chance(0.2):
        kind = draw.pick(["gram", "no such kind", None, 3])
        arguments["forms"] = operator.LocalForms(kind, draw.pick([forms.rows, None, [[1.0]]]))
    return Call(
        operator.build_operator,
        arguments,
        lambda result, _: finite(result.tocsr().data),
        also=("forms.kind", "forms.rows"),
    )


def _smallest_eigenpairs(draw: Draw) -> Call:
    forms, lists = _forms(draw)
    made = operator.build_operator(forms, lists)
    arguments = {"operator": made, "n_pairs": draw.integer(2, 6), "tol": draw.pick([1e-4, 1e-8])}
    arguments |= {"n_null": draw.pick([None, 1, 2]), "n_jobs": draw.pick([None, 1])}
    arguments |= {"solver": draw.pick(["auto", "dense", "shift-invert", "multigrid"])}
    arguments |= {"geometry": None, "random_state": seed_of(draw)}
    if draw.chance(0.2):
        points = numbers(draw, len(lists), 2)
        arguments["geometry"] = eigen.Geometry(points, lists, draw.integer(-1, 3))
    return Call(
        eigen.smallest_eigenpairs,
        arguments,
        lambda result, _: finite((result.values, result.vectors)),
        also=("eigen_solver",),
    )


CALLS |= {
    "local_isometry": _local_isometry,
    "fit_ica": _fit_ica,
    "fit_polar": _fit_polar,
    "knn_graph": _knn_graph,
    "build_operator": _build_operator,
    "smallest_eigenpairs": _smallest_eigenpairs,
}
