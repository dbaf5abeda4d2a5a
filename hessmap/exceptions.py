"""Errors and warnings that hessmap raises, each with its number in the message."""

from __future__ import annotations

import sys
import warnings
from types import FrameType


class HessmapWarning(UserWarning):
    """Base of every warning that hessmap gives."""


class ConvergenceWarning(HessmapWarning):
    """A computation ended before it reached its tolerance; its result is still returned."""


class DisconnectedWarning(HessmapWarning):
    """The graph is connected only because neighbourhoods were made larger than usual."""


class AssumptionWarning(HessmapWarning):
    """The report of a fit has findings against the theorem's assumptions."""


class DisconnectedGraphError(ValueError):
    """The neighbourhood graph falls into pieces, so no common coordinates exist.

    Attributes
    ----------
    component_sizes : tuple of int
        Number of nodes in each piece, largest first.
    """

    def __init__(self, message: str, component_sizes: tuple[int, ...]) -> None:
        super().__init__(message, component_sizes)
        self.component_sizes = component_sizes

    def __str__(self) -> str:
        return str(self.args[0])


def warn(message: str, category: type[HessmapWarning]) -> None:
    """Warn at the user's line: the nearest one outside this package and scikit-learn's wrappers."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _root(frame) in ("hessmap", "sklearn"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _root(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
