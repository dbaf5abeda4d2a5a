"""The form in which every metric takes codes, factors and rows."""

from __future__ import annotations

import numpy as np

from .._validation import check_unmasked, naming

# A column whose deviations are this small beside its largest value is constant up to rounding.
ROUNDING = 1e-14
LARGEST = 1e300


def columns(name: str, values: np.ndarray) -> np.ndarray:
    """(n, columns) finite floats; float32 stays, anything else becomes float64."""
    check_unmasked(name, values)
    with naming(name):
        values = np.asarray(values)
    if np.iscomplexobj(values):
        raise ValueError(f"`{name}` must be real; got {values.dtype}.")
    if values.dtype != np.float32:
        values = _floats(name, values)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"`{name}` must have the shape (n, columns); got {values.shape}.")
    if not np.isfinite(values).all():
        raise ValueError(
            f"`{name}` must be finite; got NaN or infinity. Leave out the "
            "rows without a result, such as outliers."
        )
    largest = float(np.abs(values).max())
    if largest > LARGEST:
        raise ValueError(
            f"`{name}` must not exceed {LARGEST:g}, or differences overflow; got {largest:g}. "
            "Divide them: no metric depends on their unit."
        )
    return values


def _floats(name: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "USMm":  # words and dates, which NumPy would try to read as numbers
        try:
            return values.astype(np.float64)
        except (TypeError, ValueError):
            pass
    raise ValueError(
        f"`{name}` must be numbers; got {values.dtype}. Number the values of each column, as "
        "sklearn.preprocessing.OrdinalEncoder does."
    )


def enough_rows(name: str, values: np.ndarray, at_least: int) -> None:
    """Raise ValueError for fewer rows than a metric needs."""
    if len(values) < at_least:
        raise ValueError(f"`{name}` must have at least {at_least} rows; got {len(values)}.")


def codes_and_factors(
    codes: np.ndarray, factors: np.ndarray, *, at_least: int
) -> tuple[np.ndarray, np.ndarray]:
    """`columns` of both; ValueError unless they have as many rows, and enough of them."""
    codes, factors = columns("codes", codes), columns("factors", factors)
    if len(codes) != len(factors):
        raise ValueError(
            f"`codes` and `factors` must have as many rows; got {len(codes)} and {len(factors)}."
        )
    enough_rows("codes", codes, at_least)
    return codes, factors


def standardised(values: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1, float64; a constant column, up to rounding, becomes 0."""
    values = values.astype(np.float64)
    largest = np.abs(values).max(axis=0)
    values = values / np.where(largest > 0, largest, 1)  # so that no square over- or underflows
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    constant = spread <= ROUNDING
    return np.where(constant, 0, centred / np.where(constant, 1, spread))
