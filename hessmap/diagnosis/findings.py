"""What the numbers of a report say against the theorem's assumptions.

The limits are those of docs/trust.md: conforming data of fifteen kinds stay below them, and data
that break one assumption each are found.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .report import Finding, Report

# Parts of the support that less than this share of its usual width connects.
MIN_BOTTLENECK = 0.22
MAX_SPECTRAL_GAP = 0.6
# Where noise hides the metric, short distances in rows and embedding must still agree so well.
MAX_DISTORTION = 0.035
MIN_LOCAL_ISOMETRY = 0.8
# Where noise hides the metric, and no number alone is beyond its limit, but all together are.
MIN_SCORE = 0.5
# Of the rows' extent; less than that is curvature between nodes.
MAX_LEFTOVER = 0.04
# Nodes in units of a neighbourhood, below which nothing is local.
MIN_NEIGHBORHOODS = 3
# Jarque-Bera statistic of a source that may be Gaussian: two Gaussian sources, turned until they
# look as different from Gaussian as they can, pass it once or twice in a hundred draws.
GAUSSIAN = 14.0
MAX_KURTOSIS = 50.0
MIN_STABILITY = 0.96
# Where the direction is surer than this, it is known, however close to Gaussian: two Gaussian
# sources stay below it in 95 of 100 draws.
KNOWN_STABILITY = 0.995
# Share of variance by which two resolutions may differ, where the gap is not clear.
MAX_DISAGREEMENT = 0.1
CLEAR_GAP = 0.05
# In the scale of a correlation; and so many standard deviations of its square under independence.
MAX_DEPENDENCE = 0.12
DEPENDENCE_ERRORS = 4.0
DEPENDENCE_DEVIATION = 32.0**0.5
FUNCTION_OF_OTHERS = 0.3
# Polar coordinates explain what lowers the dependence of two sources to less than this share.
CONE = 0.45
# Distances from the centre that vary by less than this share: a ring.
RING = 0.2


def findings(report: Report, tol: float, advice: str) -> Iterator[Finding]:
    """Findings against the assumptions, most important first.

    ``advice`` says what to do where the bound of the null space misses ``tol``.
    """
    yield from _about_rows(report)
    embedding = list(_about_embedding(report, tol, advice))
    yield from embedding
    if report.ica_stability is not None:
        yield from _about_sources(report, sound=not embedding)


def _about_rows(report: Report) -> Iterator[Finding]:
    pieces = report.n_components_connected
    if report.bottleneck < MIN_BOTTLENECK or (pieces > 1 and report.n_components > 1):
        yield Finding(
            "disconnected",
            "the data are not in one piece. They fall into parts with (almost) nothing between "
            f"them: the narrowest place has {report.bottleneck:.0%} of the usual width"
            + (
                f", and only unusually large neighbourhoods ({report.n_neighbors}) connect "
                f"{pieces} pieces"
                if pieces > 1
                else ""
            )
            + ". How the parts lie to each other is a guess. Fit them one by one, or collect "
            "rows in between.",
            report.bottleneck,
            MIN_BOTTLENECK,
        )
    if report.n_not_finite:
        yield Finding(
            "not-finite",
            f"{report.n_not_finite} of {report.n_rows} rows hold a NaN or an infinity. They took "
            "no part, and their embedding and sources are NaN. Fill or remove them.",
            report.n_not_finite,
            0,
        )
    if report.n_far:
        yield Finding(
            "far-from-manifold",
            f"{report.n_far} of {report.n_outliers} rows that were set aside lie too far from all "
            "others to be mapped: their embedding and sources are NaN. Look at them (`node_of_` is "
            "-1), and drop them with np.isfinite; the other rows do not depend on them.",
            report.n_far,
            0,
        )
    least = MIN_NEIGHBORHOODS * report.n_neighbors
    if report.n_nodes < least:
        yield Finding(
            "too-few-neighbors",
            f"there are too few rows: {report.n_nodes} nodes in neighbourhoods of "
            f"{report.n_neighbors} leave nothing local. Collect more rows, or ask for fewer "
            "components.",
            report.n_nodes,
            least,
        )


def _about_embedding(report: Report, tol: float, advice: str) -> Iterator[Finding]:
    if report.eigen_sin_bound > tol:
        yield Finding(
            "eigen-not-converged",
            "the null space is only known to within an angle of sine "
            f"{report.eigen_sin_bound:.2g}. {advice}",
            report.eigen_sin_bound,
            tol,
        )
    if report.spectral_gap > MAX_SPECTRAL_GAP:
        yield Finding(
            "no-spectral-gap",
            "no set of coordinates stands out: the next pattern fits the data almost as well as "
            f"the last one that was taken (ratio {report.spectral_gap:.2f}). The data may close on "
            "themselves, like a full turn, n_components may be wrong, or rows too few or too "
            "noisy.",
            report.spectral_gap,
            MAX_SPECTRAL_GAP,
        )
    elif report.disagreement > MAX_DISAGREEMENT and report.spectral_gap > CLEAR_GAP:
        yield Finding(
            "no-spectral-gap",
            "the embedding is not certain: another number of nodes gives another one (they differ "
            f"by {report.disagreement:.0%} of the variance of a coordinate). The rows are too few "
            "or too noisy for the bends of the data, or the data are in pieces.",
            report.disagreement,
            MAX_DISAGREEMENT,
        )
    if report.leftover_direction > MAX_LEFTOVER:
        yield Finding(
            "not-isometric",
            "the embedding misses a direction of the data, "
            f"{report.leftover_direction:.0%} as long as all of it: rows that differ land on the "
            "same place. There may be one more, thinner factor (try n_components="
            f"{report.n_components + 1}), or the data close on themselves or overlap when "
            "flattened, as where one factor scales the effect of another.",
            report.leftover_direction,
            MAX_LEFTOVER,
        )
    elif report.metric_distortion > MAX_DISTORTION and report.operator == "laplacian":
        yield Finding(
            "not-isometric",
            "the graph Laplacian does not keep lengths (in the embedding they are typically "
            f"{report.metric_distortion:.0%} off), and the theorem does not hold for it: "
            "operator='hessian' tells whether the data are flat.",
            report.metric_distortion,
            MAX_DISTORTION,
        )
    elif report.metric_distortion > MAX_DISTORTION:
        yield Finding(
            "not-isometric",
            "the data are curved in a way that no flat map can show: lengths in the embedding are "
            f"typically {report.metric_distortion:.0%} off. How far one factor changes the "
            "rows depends on another one, or the rows are too sparse or too sharp, or n_components "
            "is too small. Take a smaller range of the factors, more rows, or for pictures "
            "hessmap.pictures.Blur with (height, width).",
            report.metric_distortion,
            MAX_DISTORTION,
        )
    elif not report.metric_distortion >= 0 and report.local_isometry < MIN_LOCAL_ISOMETRY:
        yield Finding(
            "not-isometric",
            "short distances in the data and in the embedding have little in common (correlation "
            f"{report.local_isometry:.2f}): the data are curved, closed, noisy, too sparse or too "
            "sharp, or n_components is wrong. More rows or fewer `n_nodes` help against noise; for "
            "pictures, hessmap.pictures.Blur with (height, width).",
            report.local_isometry,
            MIN_LOCAL_ISOMETRY,
        )
    elif not report.metric_distortion >= 0 and report.score < MIN_SCORE:
        yield Finding(
            "not-isometric",
            "short distances in the data and in the embedding have less in common than noise of "
            f"the rows explains (expected MCC {report.score:.2f}): the data may be closed, curved, "
            "noisy, too sparse or too sharp, or n_components is wrong. More rows help against "
            "noise; for pictures, hessmap.pictures.Blur with (height, width).",
            report.score,
            MIN_SCORE,
        )


def n_gaussian(n_rows: int, kurtosis: np.ndarray, skewness: np.ndarray, stability: float) -> int:
    """Number of sources that may be Gaussian, by Jarque and Bera's statistic.

    None is where all directions are known, as those of few rows far from Gaussian can be.
    """
    if stability > KNOWN_STABILITY:
        return 0
    return int((_jarque_bera(n_rows, kurtosis, skewness) < GAUSSIAN).sum())


def _jarque_bera(n_rows: int, kurtosis: np.ndarray, skewness: np.ndarray) -> np.ndarray:
    return n_rows * (kurtosis**2 / 24 + skewness**2 / 6)


def _about_sources(report: Report, *, sound: bool) -> Iterator[Finding]:
    """``sound`` is whether nothing was found against the embedding that they come from."""
    assert report.source_kurtosis is not None
    assert report.source_skewness is not None
    n_used = report.n_rows - report.n_not_finite - report.n_outliers
    stability = report.ica_stability or 0.0
    gaussian = n_gaussian(n_used, report.source_kurtosis, report.source_skewness, stability)
    if gaussian >= 2:
        squares = _jarque_bera(n_used, report.source_kurtosis, report.source_skewness)
        yield Finding(
            "gaussian-sources",
            f"{gaussian} sources cannot be told from bell curves (Gaussian), and how Gaussian "
            "factors are mixed cannot be undone by any method: the directions of these sources are "
            "arbitrary. The embedding is still meaningful; more rows may show a difference.",
            float(np.sort(squares)[1]),
            GAUSSIAN,
        )
    if sound:
        yield from _about_stability(report, gaussian)
    yield from _about_dependence(report, n_used)


def _about_dependence(report: Report, n_used: int) -> Iterator[Finding]:
    assert report.dependence_matrix is not None
    dependence = report.source_dependence or 0.0
    by_chance = DEPENDENCE_ERRORS * DEPENDENCE_DEVIATION / n_used
    most = float(np.sqrt(max(MAX_DEPENDENCE**2, by_chance)))
    if dependence <= most:
        return
    matrix = np.tril(report.dependence_matrix, -1)
    second, first = np.unravel_index(int(matrix.argmax()), matrix.shape)
    pair = f"sources {first + 1} and {second + 1}"
    predicted = report.source_predictability or 0.0
    if report.ring is not None and report.ring < RING:
        text = (
            f"the sources are not independent: {pair} lie on a ring. Together they look like one "
            "factor that closes on itself, such as a full turn: take the angle, np.arctan2 of the "
            "two, which no flat map can show as one coordinate."
        )
    elif report.cone is not None and report.cone < CONE * dependence:
        text = (
            f"the sources are not independent (dependence {dependence:.2f}), but polar coordinates "
            f"of the embedding are far less so ({report.cone:.2f}): one factor may scale the "
            "effect of the other, as the size of a thing does that of its turn, so that the rows "
            "lie on a flat cone. hessmap.ica.fit_polar(model.embedding_).codes are these two."
        )
    elif report.leftover_direction > MAX_LEFTOVER:
        text = (
            f"the sources are not independent (dependence {dependence:.2f}), though the embedding "
            "misses a direction. Neither more nor fewer components mend that where the data "
            "close on themselves, like a full turn, or overlap: take a part that does not."
        )
    elif predicted > FUNCTION_OF_OTHERS:
        text = (
            "the sources are not independent: one of them can be told from the others (R^2 = "
            f"{predicted:.2f}). There may be fewer factors than n_components="
            f"{report.n_components}: ask for fewer"
            + (
                ", though fewer did not keep local lengths: the data may close on themselves."
                if "n_components" in report.choices
                else ", unless the data close on themselves, like a full turn."
            )
        )
    else:
        text = (
            f"the sources are not independent: {pair} say something about each other (dependence "
            f"{dependence:.2f}). The factors may be related, some of their combinations may be "
            "missing, as with a round or triangular range, or be nearly Gaussian, one may scale "
            "the effect of another, the data may be curved or bent along them, or n_components too "
            "large. Sample all combinations, or take a smaller range; the outline of the "
            "embedding, which ICA has not turned, shows combinations that are missing."
        )
    yield Finding("dependent-sources", text, dependence, most)


def _about_stability(report: Report, gaussian: int) -> Iterator[Finding]:
    assert report.source_kurtosis is not None
    assert report.ica_stability is not None
    largest = float(np.max(report.source_kurtosis))
    if largest > MAX_KURTOSIS:
        yield Finding(
            "ica-unstable",
            f"a source has a kurtosis of {largest:.3g}: a few rows far from all others outweigh "
            "the rest. Look at the rows with the largest sources and remove what does not belong.",
            largest,
            MAX_KURTOSIS,
        )
    if report.ica_stability < MIN_STABILITY and gaussian < 2:
        yield Finding(
            "ica-unstable",
            "the sources turn when a tenth of the rows is left out (stability "
            f"{report.ica_stability:.3f}): there are too few rows, or the factors are nearly "
            "Gaussian or dependent.",
            report.ica_stability,
            MIN_STABILITY,
        )
