"""What every data set shares: block-wise generation, embedding and noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BLOCK_ROWS = 4096


def check_n_samples(n_samples: int) -> None:
    """Raise ValueError unless ``n_samples`` is a positive whole number."""
    if isinstance(n_samples, bool) or n_samples != int(n_samples) or n_samples < 1:
        raise ValueError(f"`n_samples` must be a whole number of at least 1; got {n_samples!r}.")


def check_positive(**values: float) -> None:
    """Raise ValueError unless every value is a finite number above 0."""
    for name, value in values.items():
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"`{name}` must be a finite number above 0; got {value!r}.")


def fill(
    factors: np.ndarray,
    render: Callable[[np.ndarray], np.ndarray],
    n_features: int,
    *,
    noise: float,
    rng: np.random.Generator,
    dtype: np.dtype | type,
) -> np.ndarray:
    """Rows ``render(factors) + noise``, computed in blocks.

    Only one block of float64 rows exists beside the result, so a data set of any length costs
    the memory of its result alone. The noise is drawn in row order: the rows do not depend on
    the block size.
    """
    if not (np.isfinite(noise) and noise >= 0):
        raise ValueError(f"`noise` must be a finite number of at least 0; got {noise!r}.")
    rows = np.empty((len(factors), n_features), dtype=dtype)
    for start in range(0, len(factors), BLOCK_ROWS):
        block = render(factors[start : start + BLOCK_ROWS])
        if noise > 0:
            block = block + noise * rng.standard_normal(block.shape)
        rows[start : start + BLOCK_ROWS] = block
    return rows


def random_frame(n_ambient: int, n_features: int, rng: np.random.Generator) -> np.ndarray:
    """(n_features, n_ambient) orthonormal columns: an isometry into ``n_features`` dimensions."""
    if n_features < n_ambient:
        raise ValueError(f"`n_features` must be at least {n_ambient}; got {n_features}.")
    q, r = np.linalg.qr(rng.standard_normal((n_features, n_ambient)))
    return q * np.sign(np.diag(r))
