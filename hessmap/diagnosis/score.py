"""How well the sources should match independent factors, judged without labels."""

from __future__ import annotations

import numpy as np

from .findings import DEPENDENCE_DEVIATION, DEPENDENCE_ERRORS

# Sampling alone: factors of n rows are correlated, the sources that are found are not.
SAMPLING = 0.25
# Curvature within a neighbourhood looks like so much distortion.
NEGLIGIBLE_DISTORTION = 0.02
OF_DEPENDENCE = 0.3


def score(
    *,
    n_rows: int,
    local_isometry: float,
    metric_distortion: float,
    noise_share: float,
    disagreement: float,
    rotation_error: np.ndarray | None,
    dependence: float | None,
) -> float:
    """An estimate of the MCC, between 0 and 1: a product of one factor for each known error.

    Small errors lower a correlation by half of their share of the variance. Those that count
    are the noise of single rows, how much two resolutions disagree, the uncertain rotation, the
    distortion of lengths (where noise hides it, what local isometry leaves), and dependence that
    chance does not explain.

    Parameters
    ----------
    n_rows : int
        Rows that ICA has seen.
    local_isometry, metric_distortion, noise_share : float
        As in the report.
    disagreement : float
        Share of variance between the last two resolutions; NaN where there is none.
    rotation_error : ndarray of shape (d,) or None
        Standard errors of the directions in radians; None without ICA.
    dependence : float or None
        Largest dependence of two sources.
    """
    kept = (1 - SAMPLING / n_rows) * (1 - min(noise_share, 1.0) / 2)
    if disagreement >= 0:
        kept *= 1 - min(disagreement, 1.0) / 2
    if metric_distortion >= 0:
        kept *= 1 - min(max(metric_distortion - NEGLIGIBLE_DISTORTION, 0.0), 1.0) ** 2
    else:
        kept *= max(local_isometry, 0.0)
    if rotation_error is not None:
        kept *= float(np.cos(np.minimum(rotation_error, np.pi / 2)).mean())
    if dependence is not None:
        by_chance = DEPENDENCE_ERRORS * DEPENDENCE_DEVIATION / n_rows
        kept *= 1 - OF_DEPENDENCE * float(np.sqrt(max(dependence**2 - by_chance, 0.0)))
    return float(kept)
