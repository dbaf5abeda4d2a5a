"""Fitted estimators in files; the format is described in docs/files.md."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from .._validation import flag, path_of
from .container import read, write
from .objects import Encoder, decoded

if TYPE_CHECKING:
    from ..road_estimator import RoadEstimator

KIND, FILE = "model", "the path of a file"
MODELS = ("HessianEigenmaps", "HessianICA")
HIDDEN = (
    "_extension",
    "_ica",
    "_n_features_out",
    "_node_numbers",
    "_projection",
    "_sklearn_output_config",  # of set_output
    "_wide_rows",
)
OF_ROWS = ("embedding_", "node_of_", "sources_")


def save(model: RoadEstimator, path: Any, *, rows: bool = True) -> None:
    """As ``model.save(path, rows=rows)``."""
    from .. import __version__

    if type(model).__name__ not in MODELS or type(model).__module__ != "hessmap.estimators":
        raise TypeError(
            f"a {type(model).__name__} cannot be saved: only {' and '.join(MODELS)} can be read "
            "again. Pickle it."
        )
    rows, path = flag("rows", rows), path_of("path", path, FILE)
    if path.is_dir():
        raise ValueError(f"`path` must be {FILE}; {path} is a folder.")
    encoder = Encoder()
    parameters = {**model.get_params(deep=False), "precomputed_knn": None}
    if not isinstance(parameters["random_state"], int | np.integer | None):
        parameters["random_state"] = None
    attributes = {
        name: _plain(name, value)
        for name, value in vars(model).items()
        if _of_fit(name) and _kept(name, value, rows)
    }
    manifest = {
        "kind": KIND,
        "hessmap": __version__,
        "class": type(model).__name__,
        "parameters": encoder.encode(parameters),
        "attributes": encoder.encode(attributes),
    }
    write(path, manifest, encoder.arrays)


def load(path: Any) -> RoadEstimator:
    """A fitted estimator from the file that its ``save`` wrote.

    Parameters
    ----------
    path : path
        File of arrays and JSON; reading it executes nothing.

    Returns
    -------
    HessianEigenmaps or HessianICA
        As it was saved; without ``embedding_``, ``node_of_`` and ``sources_`` if these were left
        out.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, holds something else, or was written in a newer format.
    """
    path = path_of("path", path, FILE)
    manifest, arrays = read(path)
    if manifest.get("kind") != KIND:
        raise ValueError(f"{path} must hold a model; it holds a {manifest.get('kind')!r}.")
    if manifest.get("class") not in MODELS:
        raise ValueError(f"{path} must hold one of {MODELS}; it holds a {manifest.get('class')!r}.")
    try:
        return _made(manifest, arrays)
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as problem:
        raise ValueError(
            f"{path} is damaged: {type(problem).__name__}: {problem}. Nothing was made of it."
        ) from problem


def _made(manifest: dict[str, Any], arrays: dict[str, np.ndarray]) -> RoadEstimator:
    made = getattr(import_module("..estimators", __package__), manifest["class"])
    parameters = decoded(manifest["parameters"], arrays)
    model = made(**{name: parameters[name] for name in parameters if name in made().get_params()})
    for name, value in decoded(manifest["attributes"], arrays).items():
        if not _of_fit(name):
            raise ValueError(f"a model has no {name!r}")
        setattr(model, name, _with_names(name, value))
    return model


def _of_fit(name: str) -> bool:
    return name in HIDDEN or (name.endswith("_") and not name.startswith("_"))


def _kept(name: str, value: Any, rows: bool) -> bool:
    """Not results of rows that are only computed when asked for."""
    return name not in OF_ROWS or (rows and isinstance(value, np.ndarray))


def _plain(name: str, value: Any) -> Any:
    return list(value) if name == "feature_names_in_" else value


def _with_names(name: str, value: Any) -> Any:
    return np.array(value, dtype=object) if name == "feature_names_in_" else value
