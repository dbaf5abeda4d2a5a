"""Fitted estimators in files; the format is described in docs/files.md."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .container import read, write
from .objects import Encoder, decoded

if TYPE_CHECKING:
    from ..road_estimator import RoadEstimator

KIND = "model"
MODELS = ("HessianEigenmaps", "HessianICA")
OF_ROWS = ("embedding_", "node_of_", "sources_")


def save(model: RoadEstimator, path: Any, *, rows: bool = True) -> None:
    """As ``model.save(path, rows=rows)``."""
    from .. import __version__

    encoder = Encoder()
    parameters = {**model.get_params(deep=False), "precomputed_knn": None}
    if not isinstance(parameters["random_state"], int | np.integer | None):
        parameters["random_state"] = None
    attributes = {
        name: _plain(name, value)
        for name, value in vars(model).items()
        if name not in parameters and _kept(name, value, rows)
    }
    manifest = {
        "kind": KIND,
        "hessmap": __version__,
        "class": type(model).__name__,
        "parameters": encoder.encode(parameters),
        "attributes": encoder.encode(attributes),
    }
    write(_path(path), manifest, encoder.arrays)


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
    path = _path(path)
    manifest, arrays = read(path)
    if manifest.get("kind") != KIND or manifest.get("class") not in MODELS:
        raise ValueError(f"{path} must hold a model; it holds a {manifest.get('kind')!r}.")
    made = getattr(import_module("..estimators", __package__), manifest["class"])
    model = made(**decoded(manifest["parameters"], arrays))
    for name, value in decoded(manifest["attributes"], arrays).items():
        setattr(model, name, _with_names(name, value))
    return model


def _kept(name: str, value: Any, rows: bool) -> bool:
    """Not results of rows that are only computed when asked for."""
    return name not in OF_ROWS or (rows and isinstance(value, np.ndarray))


def _plain(name: str, value: Any) -> Any:
    return list(value) if name == "feature_names_in_" else value


def _with_names(name: str, value: Any) -> Any:
    return np.array(value, dtype=object) if name == "feature_names_in_" else value


def _path(path: Any) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"`path` must be the path of a file; got {path!r}.")
    return Path(path)
