"""What stages leave behind, as JSON and arrays, and back.

Only the classes named here are made, from their fields alone: a file cannot name any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

import numpy as np
from scipy import sparse

# Where each class lives; the names are part of the file format.
HOMES = {
    "Cells": "nodes.cells",
    "Certificate": "eigen.certificate",
    "Conclusion": "conclude",
    "Distinct": "rows.distinct",
    "Drawn": "rows.draw",
    "Eigenpairs": "eigen",
    "Extension": "extension",
    "Finding": "diagnosis.report",
    "Found": "graph",
    "IcaResult": "ica",
    "KnnGraph": "neighbors.graph",
    "Laid": "resolve",
    "Listed": "nodes.assignment",
    "Mapped": "extension.all_rows",
    "Nodes": "solve",
    "Plan": "plan",
    "Points": "nodes.clean",
    "Projection": "projection",
    "Report": "diagnosis.report",
    "Resolution": "nodes.resolution",
    "Routed": "nodes.assignment",
    "Sample": "plan",
    "Settings": "settings",
    "Solution": "solve",
    "Tally": "extension.all_rows",
    "Tree": "nodes.cells",
    "Trial": "nodes.resolution",
}
KINDS = "fiub"


class Encoder:
    """Turns values into JSON; their arrays are gathered in ``arrays``, each of them once."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self._names: dict[int, str] = {}

    def encode(self, value: Any) -> Any:
        """JSON for a value; TypeError for one that has no place in a file."""
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | int | float | str):
            finite = not isinstance(value, float) or np.isfinite(value)
            return value if finite else {"float": str(value)}
        if isinstance(value, np.ndarray):
            return {"array": self._named(value)}
        return self._of_parts(value)

    def _of_parts(self, value: Any) -> dict[str, Any]:
        name = type(value).__name__
        if name in HOMES:
            names = _field_names(value)
            return {"object": name, "fields": {f: self.encode(getattr(value, f)) for f in names}}
        if isinstance(value, dict):
            return {"dict": {str(key): self.encode(item) for key, item in value.items()}}
        if isinstance(value, list | tuple):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return {kind: [self.encode(item) for item in value]}
        if sparse.issparse(value):
            parts = [value.data, value.indices, value.indptr]
            return {"csr": [self.encode(part) for part in parts], "shape": list(value.shape)}
        raise TypeError(f"a {name} cannot be saved; got {value!r}.")

    def _named(self, array: np.ndarray) -> str:
        if array.dtype.kind not in KINDS:
            raise TypeError(f"an array of {array.dtype} cannot be saved.")
        if id(array) not in self._names:
            self._names[id(array)] = f"array-{len(self.arrays)}"
            self.arrays[self._names[id(array)]] = array  # which keeps its id from being used again
        return self._names[id(array)]


def decoded(json: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The value that was encoded; ValueError for what no Encoder writes."""
    if not isinstance(json, dict):
        return json
    (kind, value), *_ = json.items()
    readers: dict[str, Callable[[], Any]] = {
        "float": lambda: float(value),
        "array": lambda: arrays[value],
        "dict": lambda: {key: decoded(item, arrays) for key, item in value.items()},
        "list": lambda: [decoded(item, arrays) for item in value],
        "tuple": lambda: tuple(decoded(item, arrays) for item in value),
        "csr": lambda: _csr(value, json["shape"], arrays),
        "object": lambda: _made(value, json["fields"], arrays),
    }
    if kind not in readers:
        raise ValueError(f"a file of hessmap cannot hold a {kind!r}.")
    return readers[kind]()


def _csr(parts: list[Any], shape: list[int], arrays: dict[str, np.ndarray]) -> sparse.csr_array:
    return sparse.csr_array(tuple(decoded(part, arrays) for part in parts), shape=tuple(shape))


def _made(name: str, json: dict[str, Any], arrays: dict[str, np.ndarray]) -> Any:
    if name not in HOMES:
        raise ValueError(f"a file of hessmap cannot hold a {name!r}.")
    made = getattr(import_module(f"..{HOMES[name]}", __package__), name)
    values = {key: decoded(item, arrays) for key, item in json.items() if key in _known(made)}
    return made(**values)


def _field_names(value: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(value)) if is_dataclass(value) else value._fields


def _known(made: Any) -> tuple[str, ...]:
    return tuple(made.__dataclass_fields__) if is_dataclass(made) else made._fields
