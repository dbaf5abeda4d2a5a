"""The operator stage: H = sum of S_i' W_i S_i, a sparse positive-semidefinite matrix."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from .._threads import in_ranges
from .._validation import choice, flag, floats, n_threads

__all__ = ["FORMS", "LocalForms", "Operator", "build_operator"]

FORMS = ("gram", "complement", "star")


class LocalForms(NamedTuple):
    """A quadratic form W_i (k, k) for every neighbourhood, by the few numbers that define it.

    Attributes
    ----------
    kind : {"gram", "complement", "star"}
        W_i = B_i' B_i; 1 - B_i' B_i, with orthonormal rows; or the Laplacian of the edges from
        the first node to each other one with the weights in B_i, whose first number is not used.
    rows : ndarray of shape (n, r, k), float64
        The B_i; r = 1 for "star".
    """

    kind: str
    rows: np.ndarray


class Operator:
    """Symmetric positive-semidefinite operator whose null vector ``constant`` is known.

    With a mass m, the operator stands for the generalised problem H y = lambda diag(m) y in
    its symmetric form diag(m)^-1/2 H diag(m)^-1/2, and a solution u gives y = ``scaling`` * u.

    Parameters
    ----------
    matrix : csr_array of shape (n, n), float64
        The symmetric form.
    scaling : ndarray of shape (n,) or None
        m^-1/2; None means ones.

    Attributes
    ----------
    shape : tuple of int
        (n, n).
    scaling : ndarray of shape (n,)
    constant : ndarray of shape (n,)
        The unit vector that stands for the constant function: an exact null vector.
    """

    def __init__(self, matrix: sparse.csr_array, scaling: np.ndarray | None = None) -> None:
        self.shape = matrix.shape
        self.scaling = np.ones(self.shape[0]) if scaling is None else scaling
        self._matrix = matrix
        self._norm: float | None = None
        self.constant = (1 / self.scaling) / np.linalg.norm(1 / self.scaling)

    def matmat(self, vectors: np.ndarray) -> np.ndarray:
        """Product with a block of vectors (n, m), or with one vector (n,)."""
        return self._matrix @ vectors

    def diagonal(self) -> np.ndarray:
        """Diagonal (n,)."""
        return self._matrix.diagonal()

    def tocsr(self) -> sparse.csr_array:
        """The assembled matrix; not a copy."""
        return self._matrix

    def norm(self) -> float:
        """Largest absolute row sum: an upper bound of the largest eigenvalue."""
        if self._norm is None:
            from ._kernels import largest_row_sum

            self._norm = float(largest_row_sum(self._matrix.indptr, self._matrix.data))
        return self._norm


def build_operator(
    forms: LocalForms,
    indices: np.ndarray,
    *,
    normalized: bool = False,
    n_jobs: int | None = None,
) -> Operator:
    """Assemble H = sum over i of S_i' W_i S_i, where S_i picks neighbourhood i.

    The rows of H are counted and then filled one by one, each from the neighbourhoods that its
    node is in, so that nothing larger than H is ever stored. Indices are 32 bits wide as long as
    that suffices.

    Parameters
    ----------
    forms : LocalForms
        Of n neighbourhoods.
    indices : ndarray of shape (n, k), int
        Neighbourhoods; no node twice in one of them.
    normalized : bool
        Solve H y = lambda diag(H) y instead of H y = lambda y.
    n_jobs : int or None
        Number of threads; the result does not depend on it.

    Returns
    -------
    Operator

    Raises
    ------
    TypeError, ValueError
        If the shapes do not agree, an index is no number of a node, the kind of the forms is
        unknown, or if ``normalized`` and a node has no weight at all.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.operator import LocalForms, build_operator
    >>> edge = LocalForms("gram", np.array([[[1.0, -1.0]], [[1.0, -1.0]]]))
    >>> build_operator(edge, np.array([[0, 1], [1, 0]])).tocsr().toarray()
    array([[ 2., -2.],
           [-2.,  2.]])
    """
    from . import _kernels

    if not isinstance(forms, LocalForms):
        raise TypeError(f"`forms` must be LocalForms; got a {type(forms).__name__}.")
    normalized = flag("normalized", normalized)
    kind, rows = forms.kind, floats("forms.rows", forms.rows)
    choice("forms.kind", kind, FORMS)
    indices = np.asarray(indices)
    if rows.ndim != 3 or indices.shape != (rows.shape[0], rows.shape[2]):
        raise ValueError(
            "`forms.rows` (n, r, k) and `indices` (n, k) must agree; "
            f"got {rows.shape} and {indices.shape}."
        )
    n, k = indices.shape
    if indices.dtype.kind not in "iu":
        raise TypeError(f"`indices` must be whole numbers; got {indices.dtype}.")
    if indices.size and not (indices.min() >= 0 and indices.max() < n):
        raise ValueError(
            f"`indices` must be numbers of the {n} nodes, 0 to {n - 1}; got "
            f"{indices.min()} to {indices.max()}. Fill neighbourhoods that miss nodes."
        )
    threads = n_threads(n_jobs)
    indices = np.ascontiguousarray(indices, dtype=np.int64)
    rows = np.ascontiguousarray(rows)
    first, place = np.empty(n + 1, dtype=np.int64), np.empty(n * k, dtype=np.int64)
    _kernels.occurrences(indices, first, place)
    counts = np.empty(n, dtype=np.int64)
    in_ranges(_kernels.count_entries, n, threads, indices, first, place, counts)
    begin = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(counts, out=begin[1:])
    width = np.int32 if begin[-1] <= np.iinfo(np.int32).max else np.int64
    columns, values = np.empty(begin[-1], dtype=width), np.empty(begin[-1])
    in_ranges(
        _kernels.fill_entries, n, threads, FORMS.index(kind), rows, indices, first, place,
        begin, columns, values,
    )  # fmt: skip
    matrix = sparse.csr_array((values, columns, begin.astype(width)), shape=(n, n))
    if not normalized:
        return Operator(matrix)
    mass = matrix.diagonal()
    if (mass <= 0).any():
        raise ValueError(
            f"`forms` must give each node some weight if `normalized`; {int((mass <= 0).sum())} "
            "have none. Set these rows aside or pass more neighbours."
        )
    scaling = 1 / np.sqrt(mass)
    row = np.repeat(np.arange(n), np.diff(matrix.indptr))
    matrix.data *= scaling[row] * scaling[matrix.indices]
    return Operator(matrix, scaling)
