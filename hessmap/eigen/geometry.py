"""What multigrid has to know of the nodes beside the operator."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Geometry(NamedTuple):
    """Where the nodes lie, and which local functions have no energy.

    Attributes
    ----------
    points : ndarray of shape (n, D), float64
        Nodes.
    neighborhoods : ndarray of shape (n, k), int
        Neighbourhood of each node, itself first.
    n_tangent : int
        Number of tangent coordinates whose affine functions have no energy: d for "hessian" and
        "tangent", 0 for "laplacian", where it is the constants alone.
    """

    points: np.ndarray
    neighborhoods: np.ndarray
    n_tangent: int
