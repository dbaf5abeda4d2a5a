"""All metrics of one set of codes, on one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._validation import check_unmasked
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

# attribute, and what a reader is told
LINES = (
    ("mcc", "MCC"),
    ("mcc_spearman", "MCC of ranks"),
    ("local_isometry", "local isometry"),
    ("beta_vae", "BetaVAE score"),
    ("factor_vae", "FactorVAE score"),
    ("mig", "MIG"),
    ("modularity", "modularity"),
    ("disentanglement", "DCI disentanglement"),
    ("completeness", "DCI completeness"),
    ("informativeness", "DCI informativeness"),
    ("sap", "SAP"),
    ("total_correlation", "total correlation"),
    ("mi_invariance", "MI invariance"),
    ("dependence", "largest dependence"),
    ("predictability", "largest predictability"),
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
    of_factors : dict of str to float
        The same numbers of the factors themselves, as if they were codes: what perfect codes of
        these rows would score. That is seldom 1 for MIG, for example, whose bins cut factors that
        are not uniform unevenly, and less for SAP where factors have few values.
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
    of_factors: dict[str, float | None]

    def as_dict(self) -> dict[str, float | None]:
        """The numbers by their names, without those of the factors themselves."""
        sizes = {name: getattr(self, name) for name in ("n_rows", "n_codes", "n_factors")}
        return sizes | {name: getattr(self, name) for name, _ in LINES}

    def __str__(self) -> str:
        lines = [
            f"{self.n_codes} codes against {self.n_factors} factors, {self.n_rows} rows",
            f"{'':24}{'codes':>8}{'factors themselves':>20}",
        ]
        for name, label in LINES:
            value, ideal = getattr(self, name), self.of_factors[name]
            if value is not None and ideal is not None:
                lines.append(f"{label:24}{value:8.4f}{ideal:20.4f}")
                if name == "mcc":
                    lines.append(f"{'1 - MCC':24}{1 - value:8.4f}{1 - ideal:20.4f}")
        return "\n".join(lines)


def disentanglement_report(
    codes: np.ndarray,
    factors: np.ndarray,
    X: np.ndarray | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> DisentanglementReport:
    """Every metric of the codes, with the default settings of each.

    No metric is enough alone: codes turned by as much as 35 degrees keep an MCC of 0.82 at d = 2
    and perfect BetaVAE and FactorVAE scores, and Pearson's MCC punishes a monotone rescaling that
    Spearman's allows. MCC takes factors for ordered: that of a category is as arbitrary as its
    number.

    Parameters
    ----------
    codes : array-like of shape (n, d) or (n,)
        Codes, in any scale.
    factors : array-like of shape (n, K) or (n,)
        True factors.
    X : array-like of shape (n, D), optional
        Rows, for the local isometry; of pictures, those before smoothing.
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
    check_unmasked("codes", codes)
    check_unmasked("factors", factors)
    codes, factors = np.asarray(codes), np.asarray(factors)
    numbers = _numbers(codes, factors, X, random_state)
    n_codes, n_factors = (values.size // len(values) for values in (codes, factors))
    ideal = _numbers(factors, factors, X, random_state)
    return DisentanglementReport(
        n_rows=len(codes), n_codes=n_codes, n_factors=n_factors, **numbers, of_factors=ideal
    )


def _numbers(
    codes: np.ndarray, factors: np.ndarray, X: np.ndarray | None, seed: Any
) -> dict[str, Any]:
    matched = mcc(codes, factors, held_out=True, random_state=seed)
    trees = dci(codes, factors, random_state=seed)
    dependence = pairwise_dependence(codes)
    return {
        "mcc": matched,
        "mcc_spearman": mcc(codes, factors, method="spearman", held_out=True, random_state=seed),
        "local_isometry": None if X is None else local_isometry(X, codes, random_state=seed),
        "beta_vae": beta_vae(codes, factors, random_state=seed),
        "factor_vae": factor_vae(codes, factors, random_state=seed),
        "mig": mig(codes, factors),
        "modularity": modularity(codes, factors),
        "disentanglement": trees.disentanglement,
        "completeness": trees.completeness,
        "informativeness": trees.informativeness,
        "sap": sap(codes, factors, random_state=seed),
        "total_correlation": total_correlation(codes),
        "mi_invariance": mi_invariance(codes),
        "dependence": float((dependence - np.eye(len(dependence))).max()),
        "predictability": float(predictability(codes).max()),
    }
