"""The form in which every metric takes codes, factors and rows."""

from __future__ import annotations

import numpy as np


def columns(name: str, values: np.ndarray) -> np.ndarray:
    """(n, columns) finite floats; float32 stays, anything else becomes float64."""
    values = np.asarray(values)
    if np.iscomplexobj(values):
        raise ValueError(f"`{name}` must be real; got {values.dtype}.")
    if values.dtype != np.float32:
        values = values.astype(np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[1] == 0:
        raise ValueError(f"`{name}` must have the shape (n, columns); got {values.shape}.")
    if not np.isfinite(values).all():
        raise ValueError(
            f"`{name}` must be finite; got NaN or infinity. Leave out the "
            "rows without a result, such as outliers."
        )
    return values
