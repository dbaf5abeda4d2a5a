"""How well codes match known factors, and how well they keep distances."""

from .isometry import local_isometry
from .mcc import mcc

__all__ = ["local_isometry", "mcc"]
