"""Factors to mix, and contrasts from the rows alone, for the tests of ICA."""

from __future__ import annotations

import numpy as np

from hessmap.ica.cube import Kurtosis
from hessmap.ica.cumulants import cumulants_of, group_moments
from hessmap.ica.logcosh import GAUSSIAN, LogCosh
from hessmap.ica.planes import Negentropy
from hessmap.ica.whitening import whitening_of


def uniform(rng, n, d):
    return rng.uniform(-1, 1, size=(n, d))


def laplace(rng, n, d):
    return rng.laplace(size=(n, d))


def bimodal(rng, n, d):
    return rng.choice([-1.0, 1.0], size=(n, d)) + 0.3 * rng.standard_normal((n, d))


def mixed(rng, n, d):
    return np.column_stack([(uniform, laplace, bimodal)[j % 3](rng, n, 1) for j in range(d)])


def whitened(rows):
    centred = rows - rows.mean(axis=0)
    return centred @ whitening_of(centred).T


def cumulants_from(white):
    return cumulants_of(*group_moments(white, [np.arange(len(white))]).mean())[0]


def contrast_of(name, white):
    if name == "logcosh":
        return LogCosh(white)
    return (Kurtosis if name == "cube" else Negentropy)(cumulants_from(white))


def naive_contrast(name, white, rotation):
    """The contrast from the rows, one source at a time."""
    total = 0.0
    for direction in rotation:
        s = white @ direction
        kurt = np.mean(s**4) - 3 * np.mean(s**2) ** 2
        if name == "auto":
            total += 4 * np.mean(s**3) ** 2 + kurt**2
        elif name == "cube":
            total += abs(kurt)
        else:
            total += abs(np.mean(np.log(np.cosh(s))) - GAUSSIAN)
    return total


def turned(angle):
    """Rotation of the plane by an angle."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
