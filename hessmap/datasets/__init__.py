"""Data with known factors, generated in blocks and deterministic for a given seed.

Every function returns ``(X, factors)``: rows of shape (n_samples, n_features) and the true
factors, of shape (n_samples, d), that generated them.
"""

from .blobs import blobs
from .shapes import shapes_xc, shapes_xy, shapes_xyr
from .surfaces import arcs, swiss_roll

__all__ = ["arcs", "blobs", "shapes_xc", "shapes_xy", "shapes_xyr", "swiss_roll"]
