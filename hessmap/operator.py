"""The operator stage: H = sum of S_i' G_i' G_i S_i, a sparse positive-semidefinite matrix."""

from __future__ import annotations

import numpy as np
from scipy import sparse

BLOCK_ENTRIES = 1 << 24


class Operator:
    """Symmetric positive-semidefinite operator whose null vector ``constant`` is known.

    With ``mass`` m, the operator stands for the generalised problem H y = lambda diag(m) y in
    its symmetric form diag(m)^-1/2 H diag(m)^-1/2, and a solution u gives y = ``scaling`` * u.

    Parameters
    ----------
    matrix : sparse array of shape (n, n)
        H, with H 1 = 0, symmetric up to rounding.
    mass : ndarray of shape (n,) or None
        Positive weights m; None means ones.

    Attributes
    ----------
    shape : tuple of int
        (n, n).
    scaling : ndarray of shape (n,)
        m^-1/2.
    constant : ndarray of shape (n,)
        The unit vector that stands for the constant function: an exact null vector.
    """

    def __init__(self, matrix: sparse.sparray, mass: np.ndarray | None = None) -> None:
        self.shape = matrix.shape
        self.scaling = np.ones(self.shape[0]) if mass is None else 1 / np.sqrt(mass)
        if mass is not None:
            scale = sparse.diags_array(self.scaling)
            matrix = scale @ matrix @ scale
        self._matrix = sparse.csr_array((matrix + matrix.T) * 0.5)
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
        return float(abs(self._matrix).sum(axis=1).max())


def build_operator(
    factors: np.ndarray, indices: np.ndarray, *, normalized: bool = False
) -> Operator:
    """Assemble H = sum over i of S_i' G_i' G_i S_i, where S_i picks neighbourhood i.

    Parameters
    ----------
    factors : ndarray of shape (n, r, k), float64
        Local factors G_i.
    indices : ndarray of shape (n, k), int
        Neighbourhoods.
    normalized : bool
        Solve H y = lambda diag(H) y instead of H y = lambda y.

    Returns
    -------
    Operator

    Raises
    ------
    ValueError
        If the shapes do not agree, or if ``normalized`` and a node has no weight at all.
    """
    if factors.ndim != 3 or indices.shape != (factors.shape[0], factors.shape[2]):
        raise ValueError(
            "`factors` (n, r, k) and `indices` (n, k) must agree; "
            f"got {factors.shape} and {indices.shape}."
        )
    n, _, k = factors.shape
    matrix = sparse.csr_array((n, n))
    step = max(1, BLOCK_ENTRIES // (k * k))
    for start in range(0, n, step):
        block = factors[start : start + step]
        nodes = indices[start : start + step]
        gram = block.transpose(0, 2, 1) @ block
        rows = np.broadcast_to(nodes[:, :, None], gram.shape).ravel()
        columns = np.broadcast_to(nodes[:, None, :], gram.shape).ravel()
        matrix = matrix + sparse.coo_array((gram.ravel(), (rows, columns)), shape=(n, n)).tocsr()
    if not normalized:
        return Operator(matrix)
    mass = matrix.diagonal()
    if (mass <= 0).any():
        raise ValueError(
            f"{int((mass <= 0).sum())} nodes have neighbours at no weight at all. "
            "Set these rows aside or pass more neighbours."
        )
    return Operator(matrix, mass)
