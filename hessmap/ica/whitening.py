"""Rows of unit covariance, from any scale of the columns."""

from __future__ import annotations

import numpy as np

from .._validation import power_of_two


def whitening_of(centred: np.ndarray) -> np.ndarray:
    """(d, d) symmetric matrix that gives ``centred`` the identity as its covariance."""
    # in units of their own, no square of a column over- or underflows
    unit = np.array([power_of_two(float(largest)) for largest in np.abs(centred).max(axis=0)])
    scale = unit * (centred / unit).std(axis=0)
    if (scale == 0).any():
        raise ValueError(f"`embedding` must vary in every column; standard deviations {scale}.")
    values, vectors = np.linalg.eigh((centred / scale).T @ (centred / scale) / len(centred))
    if values[0] <= 1e-12 * values[-1]:
        raise ValueError(
            "`embedding` must span as many dimensions as it has columns; the eigenvalues of its "
            f"correlation are {values}. Ask for fewer components."
        )
    # the square root of the correlation keeps each column's identity, that of the covariance
    # would lose small columns beside large ones
    return (vectors / np.sqrt(values)) @ vectors.T / scale
