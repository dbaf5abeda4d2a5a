"""The functionals stage: per node i a quadratic form W_i that vanishes on affine functions.

Conventions
-----------
``forms(frames, graph, n_jobs)`` returns `hessmap.operator.LocalForms`: W_i acts on the values of
a function at the k nodes of neighbourhood i, in the order of ``graph.indices[i]``, and
``W_i [1, tangent coordinates] = 0`` (laplacian: ``W_i 1 = 0``). All spectral methods of this
family differ only here. To add one, write a module with ``min_neighbors`` and ``forms`` and
name it below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..neighbors import KnnGraph
from ..operator import LocalForms
from . import hessian, laplacian, tangent
from .frames import LocalFrames, local_frames
from .weights import weighted

__all__ = ["FUNCTIONALS", "Functional", "LocalFrames", "local_frames", "weighted"]


@dataclass(frozen=True)
class Functional:
    """What the road needs to know of a functional.

    Attributes
    ----------
    name : str
        As in ``operator``.
    min_neighbors : callable
        d -> the smallest neighbourhood, self included.
    neighbors_rule : str
        What the size of a neighbourhood must exceed, as a formula for error messages.
    forms : callable
        (LocalFrames, KnnGraph, n_jobs) -> LocalForms.
    affine : bool
        Whether affine functions of the tangent coordinates have no energy, or only constants.
    curvature : bool
        Whether its tangent coordinates are normal coordinates rather than principal components.
    weighted : bool
        Whether neighbourhoods that are far from flat weigh less.
    normalized : bool
        Whether the eigenproblem is H y = lambda diag(H) y instead of H y = lambda y.
    """

    name: str
    min_neighbors: Callable[[int], int]
    neighbors_rule: str
    forms: Callable[[LocalFrames, KnnGraph, int | None], LocalForms]
    affine: bool = True
    curvature: bool = False
    weighted: bool = False
    normalized: bool = False


_ALL = (
    Functional(
        "hessian", hessian.min_neighbors, "d(d+3)/2", hessian.forms, curvature=True, weighted=True
    ),
    Functional("tangent", tangent.min_neighbors, "d+1", tangent.forms),
    Functional(
        "laplacian", laplacian.min_neighbors, "1", laplacian.forms, affine=False, normalized=True
    ),
)
FUNCTIONALS = {functional.name: functional for functional in _ALL}
