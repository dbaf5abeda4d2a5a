"""hessmap: independent factors of rows of data, by Hessian eigenmaps and ICA."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .exceptions import (
    AssumptionWarning,
    ConvergenceWarning,
    DisconnectedGraphError,
    DisconnectedWarning,
    HessmapWarning,
)

if TYPE_CHECKING:
    from .diagnosis import Finding, Report
    from .estimators import HessianEigenmaps, HessianICA
    from .storage import load

__version__ = "0.1.0"

__all__ = [
    "AssumptionWarning",
    "ConvergenceWarning",
    "DisconnectedGraphError",
    "DisconnectedWarning",
    "Finding",
    "HessianEigenmaps",
    "HessianICA",
    "HessmapWarning",
    "Report",
    "__version__",
    "load",
]

# Loaded at first use, so that `import hessmap` costs nothing but this file.
_HOME = {
    "Finding": "diagnosis",
    "HessianEigenmaps": "estimators",
    "HessianICA": "estimators",
    "Report": "diagnosis",
    "load": "storage",
}
_MODULES = ("datasets", "eigen", "ica", "metrics", "neighbors", "operator", "pictures", "plotting")


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'hessmap' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES])
