"""Data with known factors, generated in blocks and deterministic for a given seed.

Every function returns ``(X, factors)``: rows of shape (n_samples, n_features) and the true
factors, of shape (n_samples, d), that generated them; ``on_arcs`` takes factors and returns rows.
The negative controls break one assumption of the theorem each.
"""

from .blobs import blobs
from .shapes import shapes_xc, shapes_xy, shapes_xyr
from .surfaces import arcs, on_arcs, swiss_roll
from .unflat import cylinder, pure_noise, rectangle_rotation, sphere_patch, torus, two_pieces
from .unmixable import (
    brightness_position,
    correlated_factors,
    disc,
    gaussian_factors,
    triangle,
)

__all__ = [
    "arcs",
    "blobs",
    "brightness_position",
    "correlated_factors",
    "cylinder",
    "disc",
    "gaussian_factors",
    "on_arcs",
    "pure_noise",
    "rectangle_rotation",
    "shapes_xc",
    "shapes_xy",
    "shapes_xyr",
    "sphere_patch",
    "swiss_roll",
    "torus",
    "triangle",
    "two_pieces",
]
