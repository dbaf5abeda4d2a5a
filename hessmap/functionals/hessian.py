"""The Hessian functional of Donoho & Grimes (2003), "Hessian eigenmaps", PNAS 100 (10)."""

from __future__ import annotations

import numpy as np

from .._threads import in_ranges
from .._validation import n_threads
from ..neighbors import KnnGraph
from ..operator import LocalForms
from . import tangent
from .frames import LocalFrames

# A quadratic column that is this close to the span of the columns before it carries no new
# information (points on a line, on a circle, or too few of them) and is left out.
RANK_TOLERANCE = 1e-8


def min_neighbors(n_components: int) -> int:
    """Smallest neighbourhood on which all second derivatives can be seen: 1 + d(d+3)/2."""
    return 1 + n_components * (n_components + 3) // 2


def forms(frames: LocalFrames, graph: KnnGraph, n_jobs: int | None = None) -> LocalForms:
    """Forms B_i' B_i, B_i (d(d+1)/2, k): orthonormal estimates of the second derivatives.

    The columns [1, t_a, t_a t_b (a <= b)] of the tangent coordinates t are orthonormalised in
    this order by Gram-Schmidt; the d(d+1)/2 last ones are the rows of B_i. They vanish on affine
    functions of t and on nothing else that the functional can see.

    On a curve (d = 1) one row per node is not enough: neighbourhoods are windows of k successive
    nodes, at most n - k + 1 of them differ, and k - 1 null vectors are left. There the form takes
    all directions off [1, t], as the tangent functional does.
    """
    from . import _kernels

    n, k, d = frames.coordinates.shape
    if d == 1:
        return tangent.forms(frames, graph, n_jobs)
    rows = np.empty((n, d * (d + 1) // 2, k))
    in_ranges(
        _kernels.hessian_rows, n, n_threads(n_jobs), frames.coordinates, RANK_TOLERANCE, rows,
        smallest=16,
    )  # fmt: skip
    return LocalForms("gram", rows)
