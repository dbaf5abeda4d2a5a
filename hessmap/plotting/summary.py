"""One figure for a report: what speaks for a fit and what against it."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np

from ..diagnosis.shown import ABOUT_SINGLE_ROWS
from .dependence import independence
from .distances import isometry_of
from .eigenvalues import spectrum
from .nodes import resolutions
from .style import ORANGE, pyplot, words

SIZE = (10.0, 8.0)
LINE = 80  # characters


def overview(report: Any) -> np.ndarray:
    """Eigenvalues, isometry, dependence of the sources and resolutions of a fit, in one figure.

    Parameters
    ----------
    report : Report
        As in ``report_`` of a fitted estimator.

    Returns
    -------
    ndarray of Axes, of shape (2, 2)
        In this order; the title of the figure says what was found against the assumptions.

    Raises
    ------
    TypeError
        If something else than a report was passed.
    """
    if not hasattr(report, "pair_distances"):
        raise TypeError(f"`report` must be a Report, as in `report_`; got {report!r}.")
    figure, panels = pyplot().subplots(2, 2, figsize=SIZE, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1, wspace=0.03, hspace=0.03)
    spectrum(report.eigenvalues, report.n_components, ax=panels[0, 0])
    isometry_of(report.pair_distances, ax=panels[0, 1])
    if report.dependence_matrix is None:
        words(panels[1, 0], "no sources:\nthe fit ends before ICA")
    else:
        independence(report.dependence_matrix, ax=panels[1, 0])
    resolutions(report.resolutions, report.n_nodes, ax=panels[1, 1])
    if report.ok:
        figure.suptitle("nothing was found against the assumptions")
    else:
        codes = list(dict.fromkeys(finding.code for finding in report.findings))
        rows_only = set(codes) <= set(ABOUT_SINGLE_ROWS)
        found = "found against single rows only" if rows_only else "found against the assumptions"
        figure.suptitle(
            fill(f"{found}: {', '.join(codes)}", LINE, break_on_hyphens=False),
            **({} if rows_only else {"color": ORANGE}),
        )
    return panels
