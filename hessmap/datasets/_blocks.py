"""What every data set shares: block-wise generation, embedding and noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._validation import floats, number, seeded, whole

BLOCK_ROWS = 4096
MAX_EXTENT = 1e6  # the formulas of pictures overflow somewhere beyond
Seed = int | np.random.RandomState | np.random.Generator | None


def generator(random_state: Any) -> np.random.Generator:
    """A Generator from None, an int, a RandomState or a Generator."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    if random_state is None:
        return np.random.default_rng()
    return np.random.default_rng(seeded(random_state).randint(0, 2**32, 4, dtype=np.uint64))


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
    # no Gaussian draw is as large as 100, so that rows do not overflow
    number("noise", noise, at_most=float(np.finfo(dtype).max) / 100)
    rows = np.empty((len(factors), n_features), dtype=dtype)
    for start in range(0, len(factors), BLOCK_ROWS):
        block = render(factors[start : start + BLOCK_ROWS])
        if noise > 0:
            block = block + noise * rng.standard_normal(block.shape)
        rows[start : start + BLOCK_ROWS] = block
    return rows


def random_frame(n_ambient: int, n_features: int, rng: np.random.Generator) -> np.ndarray:
    """(n_features, n_ambient) orthonormal columns: an isometry into ``n_features`` dimensions."""
    whole("n_features", n_features, at_least=n_ambient)
    q, r = np.linalg.qr(rng.standard_normal((n_features, n_ambient)))
    return q * np.sign(np.diag(r))


def uniform(
    ranges: dict[str, tuple[float, float]],
    extent: float | Sequence[float],
    n_samples: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """(n_samples, d) factors, uniform in their ranges widened about the middle by ``extent``."""
    whole("n_samples", n_samples, at_least=1)
    widths = floats("extent", extent)
    within = (widths > 0) & (widths <= MAX_EXTENT)
    if widths.shape not in ((), (len(ranges),)) or not within.all():
        raise ValueError(
            f"`extent` must be a number above 0 and at most {MAX_EXTENT:g}, or one for each factor "
            f"({', '.join(ranges)}); got {extent!r}."
        )
    lowest, highest = np.array(list(ranges.values()), dtype=float).T
    middle, half = (lowest + highest) / 2, (highest - lowest) / 2 * widths
    return rng.uniform(middle - half, middle + half, size=(n_samples, len(ranges)))


def given(factors: np.ndarray, ranges: dict[str, tuple[float, float]]) -> np.ndarray:
    """Factors (n, d) in float64, as a user gave them."""
    factors = floats("factors", factors)
    if factors.ndim != 2 or factors.shape[1] != len(ranges) or not np.isfinite(factors).all():
        raise ValueError(
            f"`factors` must be a finite table (n, {len(ranges)}) of {', '.join(ranges)}; got an "
            f"array of shape {factors.shape}."
        )
    return factors
