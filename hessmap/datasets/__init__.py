"""Data with known factors, generated in blocks and deterministic for a given seed.

Every function returns ``(X, factors)``: rows of shape (n_samples, n_features) and the true
factors, of shape (n_samples, d), that generated them; ``on_arcs`` takes factors and returns rows.
The negative controls break one assumption of the theorem each. ``load_...`` read published
collections from files that you have, and ``cached`` keeps what any of these functions returns.
"""

from .blobs import blobs
from .cache import cache_folder, cached
from .photographs import VIEWS, View, photographs
from .published import DSPRITES_FACTORS, SHAPES3D_FACTORS, load_dsprites, load_shapes3d
from .published_views import CARS3D_FACTORS, SMALLNORB_FACTORS, load_cars3d, load_smallnorb
from .rendered import SCENES, Scene, rendered
from .shapes import shapes_xc, shapes_xy, shapes_xyr
from .sprites import sprites
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
    "CARS3D_FACTORS",
    "DSPRITES_FACTORS",
    "SCENES",
    "SHAPES3D_FACTORS",
    "SMALLNORB_FACTORS",
    "VIEWS",
    "Scene",
    "View",
    "arcs",
    "blobs",
    "brightness_position",
    "cache_folder",
    "cached",
    "correlated_factors",
    "cylinder",
    "disc",
    "gaussian_factors",
    "load_cars3d",
    "load_dsprites",
    "load_shapes3d",
    "load_smallnorb",
    "on_arcs",
    "photographs",
    "pure_noise",
    "rectangle_rotation",
    "rendered",
    "shapes_xc",
    "shapes_xy",
    "shapes_xyr",
    "sphere_patch",
    "sprites",
    "swiss_roll",
    "torus",
    "triangle",
    "two_pieces",
]
