"""The end of the road: ICA of the rows that it sees, and what the fit says about itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .diagnosis import Counts, Report, diagnose
from .extension.all_rows import Tally
from .ica import IcaResult, fit_ica
from .plan import Plan
from .resolve import Laid
from .settings import Settings
from .stages import StageClock


@dataclass(frozen=True)
class Conclusion:
    """ICA without the sources of the rows that it saw, None without ICA; and the report."""

    ica: IcaResult | None
    report: Report


def conclude(
    tally: Tally,
    laid: Laid,
    plan: Plan,
    *,
    shape: tuple[int, int],
    settings: Settings,
    seeds: np.ndarray,
    clock: StageClock,
) -> Conclusion:
    """ICA and diagnosis of a table of some shape; ``seeds`` (2,) are theirs."""
    ica = None
    if settings.ica:
        with clock("ica"):
            ica = fit_ica(tally.rows(), contrast=settings.contrast, random_state=seeds[0])
    with clock("diagnosis"):
        report = diagnose(
            laid,
            Counts(*shape, tally.n_rows, tally.n_outliers, tally.n_far, plan.sample.n_duplicates),
            projection=plan.sample.projection,
            ica=ica,
            tol=settings.tol,
            random_state=seeds[1],
        )
    if ica is not None:
        ica = replace(ica, sources=ica.sources[:0])
    return Conclusion(ica, report)
