"""The diagnosis stage: numbers of the fit, and what they say against the theorem's assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from html import escape

import numpy as np

from .extension.all_rows import Mapped
from .ica import IcaResult
from .metrics import local_isometry
from .nodes.resolution import Resolution
from .projection import Projection
from .resolve import Laid
from .stages import peak_bytes

# Provisional limits, from the pictures in docs/decisions/0002-principal-components.md: right
# answers had local isometry of at least 0.90 and wrong ones of at most 0.65; the gap ratio of
# right answers went up to 0.54.
MIN_LOCAL_ISOMETRY = 0.8
MAX_SPECTRAL_GAP = 0.8
MIN_KURTOSIS = 0.1
MAX_KURTOSIS = 50.0
# Honest pairs of factors stayed below 0.09, a disc has 0.3; and five standard errors.
MAX_DEPENDENCE = 0.12
DEPENDENCE_ERRORS = 5.0
MIN_STABILITY = 0.9
# Pairs of Gaussian sources of 3,000 rows had up to 0.97, skewed ones with little kurtosis 0.994.
GAUSSIAN_STABILITY = 0.98
SAMPLE_ROWS = 1000  # more do not sharpen a correlation


@dataclass(frozen=True)
class Finding:
    """One broken assumption.

    Attributes
    ----------
    code : str
        Short name, stable across versions.
    message : str
        What it means and what to do next.
    value, threshold : float
        The number and the limit that it passed.
    """

    code: str
    message: str
    value: float
    threshold: float


@dataclass(frozen=True)
class Report:
    """What a fit found out about itself.

    Attributes
    ----------
    n_rows, n_columns, n_nodes, n_neighbors, n_components : int
        Sizes of the fit; ``n_components`` is the number of factors d.
    projected_columns : int
        Columns that the stages after the rows worked on.
    projection_agreement : float
        Correlation of short distances before and after the projection; 1 without a projection.
    local_isometry : float
        Correlation of short distances in the rows and in the embedding; 1 is isometric.
    spectral_gap : float
        lambda_{d+1} / lambda_{d+2}, the constant counted as lambda_1; near 0 is good.
    eigen_residual : float
        Largest residual of the null space, relative to the norm of the operator.
    eigen_sin_bound : float
        Bound of the sine of the angle between the computed and the exact null space.
    source_kurtosis : ndarray of shape (d,) or None
        Excess kurtosis of each source; None without ICA, like the next two.
    source_dependence : float or None
        Largest correlation between squares of two sources; 0 when independent.
    ica_stability : float or None
        Cosine of the largest standard error of a source's direction; 1 is certain.
    n_components_connected : int
        Number of connected components of the neighbourhood graph at the first choice of k.
    neighbor_recall : float or None
        Share of the true nearest neighbours that the search found, estimated on a sample of rows;
        1 for exact methods, None for a given graph.
    n_outliers, n_far, n_duplicates : int
        Rows set aside, those of them too far from all others for an embedding (NaN), and rows
        merged into others. Where a sample was drawn, duplicates are those of the sample.
    reconstruction_error : float
        Root mean square distance between rows and what ``inverse_transform`` makes of their
        embedding, over that of the rows from their mean; of a sample. A row that is a node is
        reconstructed from its neighbours.
    resolutions : tuple of Resolution
        Numbers of nodes that were tried, with the spectral gap and the disagreement of each.
    n_nodes_reason : str
        Why this number of nodes was taken.
    stage_seconds : dict
        Seconds of each stage, by its name.
    peak_bytes : int
        Largest resident memory of the process so far; 0 where the system does not tell.
    findings : tuple of Finding
        Broken assumptions, most important first.
    """

    n_rows: int
    n_columns: int
    n_nodes: int
    n_neighbors: int
    n_components: int
    projected_columns: int
    projection_agreement: float
    local_isometry: float
    spectral_gap: float
    eigen_residual: float
    eigen_sin_bound: float
    source_kurtosis: np.ndarray | None
    source_dependence: float | None
    ica_stability: float | None
    n_components_connected: int
    neighbor_recall: float | None
    n_outliers: int
    n_far: int
    n_duplicates: int
    reconstruction_error: float
    resolutions: tuple[Resolution, ...]
    n_nodes_reason: str
    stage_seconds: dict[str, float]
    peak_bytes: int
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found against the assumptions."""
        return not self.findings

    def __str__(self) -> str:
        if self.ok:
            lines = ["hessmap report: nothing was found against the assumptions."]
        else:
            lines = ["hessmap report: do not trust this result before reading on."]
            lines += [f"  ! {f.code}: {f.message}" for f in self.findings]
        width = max(len(name) for name, _ in self._numbers())
        lines += [f"  {name:<{width}}  {value}" for name, value in self._numbers()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in self._numbers()
        )
        findings = "".join(
            f"<li><b>{escape(f.code)}</b>: {escape(f.message)}</li>" for f in self.findings
        )
        verdict = (
            "Nothing was found against the assumptions." if self.ok else f"<ul>{findings}</ul>"
        )
        return f"<div><b>hessmap report</b><br>{verdict}<table>{rows}</table></div>"

    def _numbers(self) -> list[tuple[str, str]]:
        return [
            (field.name, _shown(getattr(self, field.name)))
            for field in fields(self)
            if field.name != "findings"
        ]


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(
            f"{one.n_nodes:,} (gap {one.spectral_gap:.2g}, disagreement {one.disagreement:.2g})"
            for one in value
        )
    if isinstance(value, dict):
        return ", ".join(f"{name} {seconds:.2f}" for name, seconds in value.items())
    if isinstance(value, np.ndarray):
        return ", ".join(f"{v:.3g}" for v in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def diagnose(
    laid: Laid,
    *,
    shape: tuple[int, int],
    projection: Projection,
    mapped: Mapped,
    n_duplicates: int,
    ica: IcaResult | None,
    tol: float,
    random_state: int,
) -> Report:
    """Report on a fit to rows of some shape (n, D).

    ``stage_seconds`` is left to the pipeline.
    """
    solution = laid.solution
    certificate = solution.pairs.certificate
    report = Report(
        n_rows=shape[0],
        n_columns=shape[1],
        n_nodes=len(solution.nodes.points),
        n_neighbors=solution.found.graph.indices.shape[1],
        n_components=solution.embedding.shape[1],
        projected_columns=projection.n_columns,
        projection_agreement=projection.agreement,
        local_isometry=local_isometry(
            solution.nodes.rows, solution.embedding, max_rows=SAMPLE_ROWS, random_state=random_state
        ),
        spectral_gap=certificate.gap_ratio,
        eigen_residual=certificate.residual,
        eigen_sin_bound=certificate.sin_bound,
        source_kurtosis=None if ica is None else ica.kurtosis,
        source_dependence=None if ica is None else ica.dependence,
        ica_stability=None if ica is None else ica.stability,
        n_components_connected=laid.n_pieces,
        neighbor_recall=solution.found.recall,
        n_outliers=mapped.n_outliers,
        n_far=mapped.n_far,
        n_duplicates=n_duplicates,
        reconstruction_error=_reconstruction_error(laid, projection),
        resolutions=laid.resolutions,
        n_nodes_reason=laid.reason,
        stage_seconds={},
        peak_bytes=peak_bytes(),
    )
    return replace(report, findings=tuple(_findings(report, tol, certificate.advice(tol))))


def _reconstruction_error(laid: Laid, projection: Projection) -> float:
    points, rows = laid.sample[::2], laid.sample_rows[::2]
    codes, _ = laid.extension.transform(points)
    nodes = laid.solution.nodes
    back = laid.extension.inverse_transform(
        codes, nodes.rows, without_nearest=laid.assignment.exact
    )
    wanted = points if projection.components is None else rows / projection.unit
    found = back if projection.components is None else back / projection.unit
    deviation = np.linalg.norm(wanted - wanted.mean(axis=0))
    return float(np.linalg.norm(found - wanted) / (deviation or 1.0))


def _findings(report: Report, tol: float, advice: str) -> Iterator[Finding]:
    if report.n_components_connected > 1:
        yield Finding(
            "disconnected",
            f"the data fall into {report.n_components_connected} pieces that only unusually large "
            f"neighbourhoods ({report.n_neighbors}) connect: distances between the pieces mean "
            "little. Fit the pieces one by one, or pass the `n_neighbors` that you trust.",
            report.n_components_connected,
            1,
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
            "nothing separates the coordinates from what comes after them (ratio "
            f"{report.spectral_gap:.2f}): too few or too noisy rows, or a wrong n_components.",
            report.spectral_gap,
            MAX_SPECTRAL_GAP,
        )
    if report.local_isometry < MIN_LOCAL_ISOMETRY:
        yield Finding(
            "not-isometric",
            "short distances in the data and in the embedding disagree (correlation "
            f"{report.local_isometry:.2f}): they may be noisy, curved, too sparse or too sharp, "
            "or n_components may be wrong. Fewer `n_nodes` help against noise, more rows "
            "where they are sparse; for pictures, hessmap.pictures.Blur with (height, width).",
            report.local_isometry,
            MIN_LOCAL_ISOMETRY,
        )
    if report.source_kurtosis is None or report.ica_stability is None:
        return
    smallest = np.sort(np.abs(report.source_kurtosis))[:2]
    # three standard errors of a Gaussian's kurtosis
    n_used = report.n_rows - report.n_outliers
    least = max(MIN_KURTOSIS, 3 * float(np.sqrt(24 / n_used)))
    unstable = report.ica_stability < MIN_STABILITY
    gaussian = (
        report.ica_stability < GAUSSIAN_STABILITY and len(smallest) == 2 and smallest[1] < least
    )
    if gaussian:
        yield Finding(
            "gaussian-sources",
            f"at least two sources have a kurtosis near 0 and no definite direction (stability "
            f"{report.ica_stability:.2f}): to the kurtosis they look Gaussian, and how Gaussian "
            "sources are mixed cannot be told. The embedding is still meaningful.",
            float(smallest[1]),
            least,
        )
    largest = float(np.max(report.source_kurtosis))
    if largest > MAX_KURTOSIS:
        yield Finding(
            "ica-unstable",
            f"a source has a kurtosis of {largest:.3g}: a few rows far from all others outweigh "
            "the rest. Look at the rows with the largest sources and remove what does not belong.",
            largest,
            MAX_KURTOSIS,
        )
    if unstable and not gaussian:
        yield Finding(
            "ica-unstable",
            "the directions of the sources change when a tenth of the rows is left out "
            f"(stability {report.ica_stability:.2f}): there are too few rows or too many "
            "components, or the sources are Gaussian or dependent.",
            report.ica_stability,
            MIN_STABILITY,
        )
    dependence = report.source_dependence or 0.0
    most = max(MAX_DEPENDENCE, DEPENDENCE_ERRORS / float(np.sqrt(n_used)))
    if dependence > most:
        yield Finding(
            "dependent-sources",
            f"the sizes of two sources are correlated ({dependence:.2f}), as those of independent "
            "factors are not: the factors may be dependent, their range may have corners missing "
            "or holes, or n_components may be too large. The embedding is still meaningful.",
            dependence,
            most,
        )
