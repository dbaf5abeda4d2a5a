"""How well codes match known factors, keep distances and are independent."""

from .beta_vae import beta_vae
from .dci import DCIScores, dci
from .dependence import pairwise_dependence, predictability
from .factor_vae import factor_vae
from .independence import mi_invariance, total_correlation
from .isometry import local_isometry
from .mcc import mcc
from .mig import mig
from .modularity import modularity
from .report import DisentanglementReport, disentanglement_report
from .sap import sap

__all__ = [
    "DCIScores",
    "DisentanglementReport",
    "beta_vae",
    "dci",
    "disentanglement_report",
    "factor_vae",
    "local_isometry",
    "mcc",
    "mi_invariance",
    "mig",
    "modularity",
    "pairwise_dependence",
    "predictability",
    "sap",
    "total_correlation",
]
