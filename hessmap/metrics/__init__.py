"""How well codes match known factors, keep distances and are independent."""

from .dependence import pairwise_dependence, predictability
from .isometry import local_isometry
from .mcc import mcc

__all__ = ["local_isometry", "mcc", "pairwise_dependence", "predictability"]
