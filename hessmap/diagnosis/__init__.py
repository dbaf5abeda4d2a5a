"""The diagnosis stage: numbers of the fit, and what they say against the theorem's assumptions."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..ica import IcaResult, fit_polar
from ..metrics import pairwise_dependence, predictability
from ..metrics.isometry import correlation, pair_distances
from ..nodes.resolution import noise_shares
from ..projection import Projection
from ..resolve import Laid
from ..stages import peak_bytes
from .connection import bottleneck
from .findings import MAX_DEPENDENCE, findings, n_gaussian
from .metric import distortion_beneath_noise, metric_distortion
from .report import Finding, Report
from .residual import leftover_direction
from .score import score

__all__ = ["Counts", "Finding", "Report", "diagnose"]

SAMPLE_ROWS = 1000  # more do not sharpen a correlation
KEPT_PAIRS = 5000  # for the picture
MIN_CONE_ROWS = 100
# In units of the root mean square distance from the mean. Cones that are one to any effect have
# less than 4; from farther away polar coordinates are a rotation, as Gaussian factors allow.
FARTHEST_APEX = 6.0
# Of the sources, in standard deviations: values so near to each other are not told apart.
KNOWN_WITHIN = 0.05
LITTLE_NOISE = 0.02  # beside the distortion that is looked for


class Counts(NamedTuple):
    """Of a table of some shape: rows that are numbers, and what became of them."""

    n_rows: int
    n_columns: int
    n_finite: int
    n_outliers: int
    n_far: int
    n_duplicates: int


def diagnose(
    laid: Laid,
    counts: Counts,
    *,
    projection: Projection,
    ica: IcaResult | None,
    tol: float,
    random_state: int,
) -> Report:
    """Report on a fit; ``stage_seconds`` is left to the pipeline."""
    solution = laid.solution
    nodes, certificate = solution.nodes, solution.pairs.certificate
    k = solution.found.graph.indices.shape[1]
    pairs = pair_distances(
        nodes.rows, solution.embedding, max_rows=SAMPLE_ROWS, random_state=random_state
    )
    isometry = correlation(pairs)
    codes, _ = laid.extension.transform(laid.sample)
    left = _left_over(laid, codes[::2], projection)
    distortion = _distortion(laid, codes)
    dependence = None if ica is None else pairwise_dependence(ica.sources, KNOWN_WITHIN)
    off_diagonal = 0.0 if dependence is None else _largest_off_diagonal(dependence)
    n_used = counts.n_finite - counts.n_outliers
    report = Report(
        n_rows=counts.n_rows,
        n_columns=counts.n_columns,
        n_nodes=len(nodes.points),
        n_neighbors=k,
        n_components=solution.embedding.shape[1],
        operator=laid.settings.functional.name,
        projected_columns=projection.n_columns,
        projection_agreement=projection.agreement,
        score=score(
            n_rows=n_used,
            local_isometry=isometry,
            metric_distortion=distortion,
            noise_share=left.noise_share,
            leftover=left.direction,
            n_components=codes.shape[1],
            disagreement=laid.disagreement,
            spectral_gap=certificate.gap_ratio,
            rotation_error=None if ica is None else ica.rotation_error,
            dependence=None if ica is None else off_diagonal,
            n_gaussian=0
            if ica is None
            else n_gaussian(n_used, ica.kurtosis, ica.skewness, ica.stability),
        ),
        local_isometry=isometry,
        metric_distortion=distortion,
        spectral_gap=certificate.gap_ratio,
        eigenvalues=solution.pairs.values,
        eigen_residual=certificate.residual,
        eigen_sin_bound=certificate.sin_bound,
        source_kurtosis=None if ica is None else ica.kurtosis,
        source_skewness=None if ica is None else ica.skewness,
        source_dependence=None if ica is None else off_diagonal,
        dependence_matrix=dependence,
        source_predictability=None if ica is None else float(predictability(ica.sources).max()),
        ring=None if ica is None or dependence is None else _ring(ica.sources, dependence),
        cone=_cone(codes) if len(codes.T) == 2 and off_diagonal > MAX_DEPENDENCE else None,
        ica_stability=None if ica is None else ica.stability,
        mixing_error=None if ica is None else ica.mixing_error * projection.unit,
        n_components_connected=laid.n_pieces,
        bottleneck=bottleneck(laid.sample, k),
        neighbor_recall=solution.found.recall,
        n_not_finite=counts.n_rows - counts.n_finite,
        n_outliers=counts.n_outliers,
        n_far=counts.n_far,
        n_duplicates=counts.n_duplicates,
        reconstruction_error=left.error,
        noise_share=left.noise_share,
        leftover_direction=left.direction,
        disagreement=laid.disagreement,
        pair_distances=_some(pairs),
        resolutions=laid.resolutions,
        choices=laid.choices,
        stage_seconds={},
        peak_bytes=peak_bytes(),
    )
    return replace(report, findings=tuple(findings(report, tol, certificate.advice(tol))))


def _distortion(laid: Laid, codes: np.ndarray) -> float:
    """Distortion of lengths among nodes; among rows, where that is less and noise is small.

    Bends within a neighbourhood of nodes look like distortion, and go away among the rows.
    """
    nodes = laid.solution.nodes
    among_nodes = metric_distortion(nodes.points, laid.solution.embedding)
    if laid.assignment.exact:
        return among_nodes.value
    among_rows = distortion_beneath_noise(laid.sample, codes, LITTLE_NOISE)
    if among_rows.by_noise > LITTLE_NOISE and np.isfinite(among_nodes.value):
        return among_nodes.value
    return float(np.fmin(among_nodes.value, among_rows.value))


class LeftOver(NamedTuple):
    """What the way back from the embedding leaves of some rows.

    ``error`` is relative to their deviation from the mean, ``noise_share`` that of the embedding,
    ``direction`` of `leftover_direction`.
    """

    error: float
    noise_share: float
    direction: float


def _left_over(laid: Laid, codes: np.ndarray, projection: Projection) -> LeftOver:
    """``codes`` is the embedding of every other row of the sample."""
    points, rows = laid.sample[::2], laid.sample_rows[::2]
    nodes = laid.solution.nodes
    back = laid.extension.inverse_transform(
        codes, nodes.rows, without_nearest=laid.assignment.exact
    )
    wanted = points if projection.components is None else rows / projection.unit
    found = back if projection.components is None else back / projection.unit
    deviation = np.linalg.norm(wanted - wanted.mean(axis=0))
    return LeftOver(
        float(np.linalg.norm(found - wanted) / (deviation or 1.0)),
        float(np.minimum(noise_shares(wanted - found, codes), 1).mean()),
        leftover_direction(wanted, found, codes),
    )


def _largest_off_diagonal(matrix: np.ndarray) -> float:
    return float(np.max(matrix - np.diag(np.diag(matrix)), initial=0.0))


def _ring(sources: np.ndarray, dependence: np.ndarray) -> float | None:
    """Relative spread of the distances of the most dependent pair from its centre."""
    if len(dependence) < 2:
        return None
    i, j = np.tril_indices(len(dependence), -1)
    most = int(dependence[i, j].argmax())  # never a source and itself, even where all are 0
    radius = np.hypot(sources[:, i[most]], sources[:, j[most]])
    return float(radius.std() / radius.mean())


def _cone(codes: np.ndarray) -> float | None:
    """Dependence of polar coordinates; None where these are none, with so far a centre."""
    known = codes[np.isfinite(codes).all(axis=1)]
    if len(known) < MIN_CONE_ROWS:
        return None
    polar = fit_polar(known)
    extent = np.sqrt(known.var(axis=0).sum())
    near = np.linalg.norm(polar.apex - known.mean(axis=0)) < FARTHEST_APEX * extent
    return polar.dependence if near else None


def _some(pairs: np.ndarray) -> np.ndarray:
    """Evenly spaced ones of very many pairs."""
    return pairs[np.linspace(0, len(pairs) - 1, min(len(pairs), KEPT_PAIRS)).astype(int)]
