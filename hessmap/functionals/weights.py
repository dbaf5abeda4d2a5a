"""Weights of neighbourhoods: those that are far from flat say little of the second derivatives.

What noise, curvature and strangers in a neighbourhood do to its form grows with the squared
distances from its plane. See docs/decisions/0014-weights.md.
"""

from __future__ import annotations

import numpy as np

from ..operator import LocalForms

# A neighbourhood with so many times the median misfit weighs half; none weighs less than the last.
UNUSUAL = 3.0
MIN_WEIGHT = 1e-6


def weighted(forms: LocalForms, misfit: np.ndarray) -> LocalForms:
    """Forms w_i B_i' B_i of gram forms, by the misfit (n,) of ``LocalFrames``.

    Other forms have norm one by their definition, and stay as they are.
    """
    if forms.kind != "gram":
        return forms
    return LocalForms("gram", forms.rows * np.sqrt(weights(misfit))[:, None, None])


def weights(misfit: np.ndarray) -> np.ndarray:
    """Weights (n,) of neighbourhoods by how far from flat they are, 1 where they are flat.

    Proportional to the inverse square of the misfit where that is much larger than usual.
    """
    usual = UNUSUAL * float(np.median(misfit))
    if usual <= 0:
        return np.ones_like(misfit)
    return np.maximum(1 / (1 + (misfit / usual) ** 2), MIN_WEIGHT)
