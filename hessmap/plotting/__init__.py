"""Pictures of data and of a fit; needs matplotlib (``pip install hessmap[plot]``).

Every function draws on the Axes it is given, or on new ones, and returns them. Rows without a
result (NaN) are left out. Very many rows are drawn as means or counts of hexagonal cells, so that
a million of them show as well as a thousand.
"""

from .codes import contours, scatter
from .density import MAX_POINTS
from .dependence import independence
from .distances import isometry, isometry_of
from .eigenvalues import spectrum
from .interpolated import interpolation, interpolation_grid
from .nodes import resolutions
from .summary import overview
from .walks import pictures_along, traversals

__all__ = [
    "MAX_POINTS",
    "contours",
    "independence",
    "interpolation",
    "interpolation_grid",
    "isometry",
    "isometry_of",
    "overview",
    "pictures_along",
    "resolutions",
    "scatter",
    "spectrum",
    "traversals",
]
