"""How well the sources should match independent factors, judged without labels."""

from __future__ import annotations

import numpy as np

from .findings import DEPENDENCE_DEVIATION, MAX_LEFTOVER

# Sampling alone: factors of n rows are correlated, the sources that are found are not.
SAMPLING = 0.25
# Curvature within a neighbourhood looks like so much distortion.
NEGLIGIBLE_DISTORTION = 0.02
OF_DEPENDENCE = 0.3
USUAL_ERRORS = 2.0
# The average MCC of two coordinates that are turned by chance.
OF_CHANCE = 0.9


def score(
    *,
    n_rows: int,
    local_isometry: float,
    metric_distortion: float,
    noise_share: float,
    leftover: float,
    n_components: int,
    disagreement: float,
    spectral_gap: float,
    rotation_error: np.ndarray | None,
    dependence: float | None,
    n_gaussian: int,
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
    disagreement, spectral_gap : float
        As in the report.
    rotation_error : ndarray of shape (d,) or None
        Standard errors of the directions in radians; None without ICA.
    dependence : float or None
        Largest dependence of two sources.
    leftover : float
        Length of a direction that the embedding misses: one factor of ``n_components + 1``.
    n_gaussian : int
        Number of sources that may be Gaussian, and so turned by chance.
    """
    kept = (1 - SAMPLING / n_rows) * (1 - min(noise_share, 1.0) / 2)
    if disagreement >= 0:  # a resolution with a clear gap is right, even if others were not
        kept *= 1 - min(disagreement, 2 * spectral_gap, 1.0) / 2
    if metric_distortion >= 0:
        kept *= 1 - min(max(metric_distortion - NEGLIGIBLE_DISTORTION, 0.0), 1.0) ** 2
    else:
        kept *= max(local_isometry, 0.0)
    if rotation_error is not None:
        kept *= float(np.cos(np.minimum(rotation_error, np.pi / 2)).mean())
    if dependence is not None:
        by_chance = USUAL_ERRORS * DEPENDENCE_DEVIATION / n_rows
        kept *= 1 - OF_DEPENDENCE * float(np.sqrt(max(dependence**2 - by_chance, 0.0)))
    if leftover > MAX_LEFTOVER:
        kept *= n_components / (n_components + 1)
    return float(min(kept, OF_CHANCE) if n_gaussian >= 2 else kept)
