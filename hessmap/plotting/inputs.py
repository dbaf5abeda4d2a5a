"""The form in which every picture takes its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._validation import naming


def columns(name: str, values: Any) -> np.ndarray:
    """(n, columns) real numbers, not copied."""
    values = real(name, values)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"`{name}` must have the shape (n, columns); got {values.shape}.")
    return values


def matched(name: str, values: Any, to: np.ndarray) -> np.ndarray:
    """(n,) real numbers, as many as ``to`` has rows, not copied."""
    values = real(name, values)
    if values.shape != (len(to),):
        raise ValueError(f"`{name}` must have the shape ({len(to)},); got {values.shape}.")
    return values


def finite(name: str, *together: np.ndarray) -> np.ndarray:
    """(m, columns) float64: columns (n,) beside each other, rows with NaN or infinity left out."""
    table = np.empty((len(together[0]), len(together)))
    for column, values in zip(table.T, together, strict=True):
        column[:] = values
    known = np.isfinite(table).all(axis=1)
    if not known.any():
        raise ValueError(
            f"`{name}` must have a row without NaN or infinity; got none among {len(table)}."
        )
    return table if known.all() else table[known]


def known_rows(name: str, codes: np.ndarray) -> np.ndarray:
    """(m,) numbers of the rows of codes (n, d) without NaN."""
    known = np.flatnonzero(np.isfinite(codes).all(axis=1))
    if not len(known):
        raise ValueError(
            f"`{name}` must have a row without NaN or infinity; got none among {len(codes)}."
        )
    return known


def picture_shape(shape: Any) -> tuple[int, ...]:
    """(height, width) or (height, width, channels) of whole positive numbers."""
    shape = shape.tolist() if isinstance(shape, np.ndarray) else shape
    sides = tuple(shape) if isinstance(shape, tuple | list) else ()
    whole = all(isinstance(side, int | np.integer) and side > 0 for side in sides)
    if len(sides) not in (2, 3) or not whole:
        raise ValueError(
            f"`shape` must be (height, width) or (height, width, channels); got {shape!r}."
        )
    return tuple(int(side) for side in sides)


def two_words(name: str, values: Any) -> tuple[str, str]:
    """Two words, such as the labels of two axes."""
    given = tuple(values) if isinstance(values, tuple | list) else ()
    if len(given) != 2 or not all(isinstance(one, str) for one in given):
        raise TypeError(f"`{name}` must be two words; got {values!r}.")
    return str(given[0]), str(given[1])


def real(name: str, values: Any) -> np.ndarray:
    """Array of real numbers, not copied."""
    with naming(name):  # lists of rows of different lengths are no array
        values = np.asarray(values)
    if values.dtype == object:  # a table of mixed columns
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"`{name}` must hold real numbers; got objects.") from None
    if values.dtype.kind not in "biuf":
        raise ValueError(f"`{name}` must hold real numbers; got {values.dtype}.")
    return values
