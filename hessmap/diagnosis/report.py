"""What a fit tells about itself: numbers and findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..nodes.resolution import Resolution

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Finding:
    """One broken assumption.

    Attributes
    ----------
    code : str
        Short name, stable across versions.
    message : str
        Which assumption, how it shows, and what to do next.
    value, threshold : float
        The number and the limit that it passed.
    """

    code: str
    message: str
    value: float
    threshold: float


@dataclass(frozen=True, eq=False)
class Report:
    """What a fit found out about itself.

    Attributes
    ----------
    n_rows, n_columns, n_nodes, n_neighbors, n_components : int
        Sizes of the fit; ``n_components`` is the number of factors d.
    operator : str
        The local functional.
    projected_columns : int
        Columns that the stages after the rows worked on.
    projection_agreement : float
        Correlation of short distances before and after the projection; 1 without a projection.
    score : float
        Between 0 and 1: how well the sources are expected to match independent factors, judged
        without labels; an estimate of the MCC by the errors that the other numbers stand for. It
        only knows the rows: other independent factors of the same rows would score the same.
    local_isometry : float
        Correlation of short distances in the rows and in the embedding; 1 is isometric. Noise in
        the rows lowers it, too.
    metric_distortion : float
        Typical deviation of local lengths in the embedding from those on the manifold, as a
        share, with noise taken off; 0 is isometric, NaN where noise hides it.
    spectral_gap : float
        lambda_{d+1} / lambda_{d+2}, the constant counted as lambda_1; near 0 is good.
    eigenvalues : ndarray of shape (m,)
        Smallest eigenvalues of the operator, ascending.
    eigen_residual : float
        Largest residual of the null space, relative to the norm of the operator.
    eigen_sin_bound : float
        Bound of the sine of the angle between the computed and the exact null space.
    source_kurtosis, source_skewness : ndarray of shape (d,) or None
        Excess kurtosis and skewness of each source; None without ICA, like the next six.
    source_dependence : float or None
        Largest dependence of two sources, in the scale of a correlation; 0 when independent.
    dependence_matrix : ndarray of shape (d, d) or None
        That of each pair, of `hessmap.metrics.pairwise_dependence` with a tolerance of 0.05.
    source_predictability : float or None
        Largest share of the variance of a source that the others predict; near 1 there are fewer
        factors than sources.
    ring : float or None
        Spread of the distances of the two most dependent sources from their centre, as a share of
        the mean distance: near 0 they lie on a ring. None for a single source.
    cone : float or None
        Dependence of polar coordinates of the embedding about the best apex, where the two sources
        of a fit are dependent: far below ``source_dependence``, one factor scales the effect of
        the other, and `hessmap.ica.fit_polar` finds both. None for independent sources, and for
        more than two.
    ica_stability : float or None
        Cosine of the largest standard error of a source's direction; 1 is certain.
    mixing_error : ndarray of shape (d, d) or None
        Standard errors of ``mixing_``, in its units.
    n_components_connected : int
        Number of connected components of the neighbourhood graph at the first choice of k.
    bottleneck : float
        Width of the narrowest place of the support over its usual width; 0 is disconnected.
    neighbor_recall : float or None
        Share of the true nearest neighbours that the search found, estimated on a sample of rows;
        1 for exact methods, None for a given graph.
    n_not_finite : int
        Rows with a NaN or an infinity, which take no part and whose results are NaN; only of Dask
        collections, elsewhere they are an error.
    n_outliers, n_far, n_duplicates : int
        Rows set aside, those of them too far from all others for an embedding (NaN), and rows
        merged into others. Where a sample was drawn, duplicates are those of the sample.
    reconstruction_error : float
        Root mean square distance between rows and what ``inverse_transform`` makes of their
        embedding, over that of the rows from their mean; of a sample. A row that is a node is
        reconstructed from its neighbours.
    noise_share : float
        Share of the variance of a coordinate of the embedding that is the noise of single rows,
        which no method can remove; mean over the coordinates.
    leftover_direction : float
        Length of what the embedding misses of the rows along one direction, as a share of their
        extent; 0 where the rest is noise.
    disagreement : float
        Share of the variance of a coordinate by which the next number of nodes gives another
        embedding; NaN where one number was solved.
    pair_distances : ndarray of shape (m, 2)
        Distances of some close pairs of rows, and of their embedding.
    resolutions : tuple of Resolution
        Numbers of nodes that were tried, with the spectral gap and the disagreement of each.
    choices : dict of str
        Why each parameter that was left to the package is what it is, by its name.
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
    operator: str
    projected_columns: int
    projection_agreement: float
    score: float
    local_isometry: float
    metric_distortion: float
    spectral_gap: float
    eigenvalues: np.ndarray
    eigen_residual: float
    eigen_sin_bound: float
    source_kurtosis: np.ndarray | None
    source_skewness: np.ndarray | None
    source_dependence: float | None
    dependence_matrix: np.ndarray | None
    source_predictability: float | None
    ring: float | None
    cone: float | None
    ica_stability: float | None
    mixing_error: np.ndarray | None
    n_components_connected: int
    bottleneck: float
    neighbor_recall: float | None
    n_not_finite: int
    n_outliers: int
    n_far: int
    n_duplicates: int
    reconstruction_error: float
    noise_share: float
    leftover_direction: float
    disagreement: float
    pair_distances: np.ndarray
    resolutions: tuple[Resolution, ...]
    choices: dict[str, str]
    stage_seconds: dict[str, float]
    peak_bytes: int
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found against the assumptions."""
        return not self.findings

    def __str__(self) -> str:
        from .shown import text

        return text(self)

    def _repr_html_(self) -> str:
        from .shown import html

        return html(self)

    def plot(self) -> np.ndarray[Any, np.dtype[np.object_]] | Axes:
        """Spectrum, isometry, independence and resolutions in one figure.

        Needs matplotlib (``pip install hessmap[plot]``).

        Returns
        -------
        ndarray of Axes
        """
        from ..plotting import overview

        return overview(self)
