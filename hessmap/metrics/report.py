"""All metrics of one set of codes, on one page."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from .beta_vae import beta_vae
from .dci import dci
from .dependence import pairwise_dependence, predictability
from .factor_vae import factor_vae
from .independence import mi_invariance, total_correlation
from .isometry import local_isometry
from .mcc import mcc
from .mig import mig
from .modularity import modularity
from .sap import sap

# attribute, what a reader is told, and the value of perfect codes
LINES = (
    ("mcc", "MCC", 1),
    ("mcc_spearman", "MCC of ranks", 1),
    ("local_isometry", "local isometry", 1),
    ("beta_vae", "BetaVAE score", 1),
    ("factor_vae", "FactorVAE score", 1),
    ("mig", "MIG", 1),
    ("modularity", "modularity", 1),
    ("disentanglement", "DCI disentanglement", 1),
    ("completeness", "DCI completeness", 1),
    ("informativeness", "DCI informativeness", 1),
    ("sap", "SAP", 1),
    ("total_correlation", "total correlation", 0),
    ("mi_invariance", "MI invariance", 0),
    ("dependence", "largest dependence", 0),
    ("predictability", "largest predictability", 0),
)


@dataclass(frozen=True)
class DisentanglementReport:
    """What `disentanglement_report` returns; ``str`` of it is a table.

    Attributes
    ----------
    n_rows, n_codes, n_factors : int
        Sizes n, d and K.
    mcc, mcc_spearman : float
        `mcc` by Pearson's and by Spearman's correlation, assigned on one half of the rows and
        scored on the other.
    local_isometry : float or None
        `local_isometry`; None where no rows were given.
    beta_vae, factor_vae, mig, modularity, sap : float
        The functions of these names.
    disentanglement, completeness, informativeness : float
        Those of `dci`.
    total_correlation, mi_invariance : float
        The functions of these names, in nats.
    dependence, predictability : float
        The largest of `pairwise_dependence` of two codes, and of `predictability`.
    """

    n_rows: int
    n_codes: int
    n_factors: int
    mcc: float
    mcc_spearman: float
    local_isometry: float | None
    beta_vae: float
    factor_vae: float
    mig: float
    modularity: float
    disentanglement: float
    completeness: float
    informativeness: float
    sap: float
    total_correlation: float
    mi_invariance: float
    dependence: float
    predictability: float

    def as_dict(self) -> dict[str, float | None]:
        """The numbers by their names."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"{self.n_codes} codes against {self.n_factors} factors, {self.n_rows} rows",
            f"{'':24}{'value':>8}  perfect",
        ]
        for name, label, perfect in LINES:
            value = getattr(self, name)
            if value is not None:
                lines.append(f"{label:24}{value:8.4f}  {perfect:7d}")
            if name == "mcc":
                lines.append(f"{'1 - MCC':24}{1 - value:8.4f}  {0:7d}")
        return "\n".join(lines)


def disentanglement_report(
    codes: np.ndarray,
    factors: np.ndarray,
    X: np.ndarray | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> DisentanglementReport:
    """Every metric of the codes, with the default settings of each.

    No metric is enough alone: a turned code keeps a high MCC at d = 2 and a high BetaVAE score, and
    Pearson's MCC punishes a monotone rescaling that Spearman's allows.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes, in any scale.
    factors : array-like of shape (n, K) or (n,)
        True factors.
    X : array-like of shape (n, D), optional
        Rows, for the local isometry.
    random_state : int, RandomState or None
        Seed of every metric that draws; with a whole number, each is what its function returns
        for that number.

    Returns
    -------
    DisentanglementReport
        The numbers.

    Raises
    ------
    ValueError
        If the shapes do not agree, a value is not finite or there are fewer than 4 rows.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import disentanglement_report
    >>> factors = np.random.default_rng(0).uniform(size=(500, 2))
    >>> report = disentanglement_report(factors[:, ::-1], factors, random_state=0)
    >>> round(report.mcc, 4), report.factor_vae, report.local_isometry
    (1.0, 1.0, None)
    """
    seed = random_state
    matched = mcc(codes, factors, held_out=True, random_state=seed)
    codes, factors = np.asarray(codes), np.asarray(factors)
    n_codes, n_factors = (values.size // len(values) for values in (codes, factors))
    trees = dci(codes, factors, random_state=seed)
    return DisentanglementReport(
        n_rows=len(codes),
        n_codes=n_codes,
        n_factors=n_factors,
        mcc=matched,
        mcc_spearman=mcc(codes, factors, method="spearman", held_out=True, random_state=seed),
        local_isometry=None if X is None else local_isometry(X, codes, random_state=seed),
        beta_vae=beta_vae(codes, factors, random_state=seed),
        factor_vae=factor_vae(codes, factors, random_state=seed),
        mig=mig(codes, factors),
        modularity=modularity(codes, factors),
        disentanglement=trees.disentanglement,
        completeness=trees.completeness,
        informativeness=trees.informativeness,
        sap=sap(codes, factors, random_state=seed),
        total_correlation=total_correlation(codes),
        mi_invariance=mi_invariance(codes),
        dependence=float((pairwise_dependence(codes) - np.eye(n_codes)).max()),
        predictability=float(predictability(codes).max()),
    )
