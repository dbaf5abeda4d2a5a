"""What the graph stage hands on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class KnnGraph(NamedTuple):
    """Nearest nodes of every node.

    Attributes
    ----------
    indices : ndarray of shape (n, k), int64
        Sorted by distance, ties by index; the node itself is always first.
    distances : ndarray of shape (n, k), float64
        In the units of the nodes.
    """

    indices: np.ndarray
    distances: np.ndarray
