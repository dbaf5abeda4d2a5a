"""How wide the rows are: the second half of the rows stage.

Rows with many columns are projected by principal components, because every later stage pays for
columns. Too few components fold the manifold on itself while every other number still looks
good, so their number is chosen by whether short distances survive, and that figure is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .metrics.isometry import closest_pairs
from .neighbors.backends import brute

# Rows up to this wide are used as they are.
MAX_COLUMNS = 64
# Candidates for the number of components, and the two figures that choose among them. See
# docs/decisions/0002-principal-components.md.
LADDER = (20, 40, 80, 160)
MIN_AGREEMENT = 0.95
FULL_AGREEMENT = 0.9999
MAX_MISFIT = 0.05
MAX_MISFIT_GROWTH = 2.0
MIN_RECOVERY = 0.25
# Larger samples change none of these choices.
TRAINING_ROWS = 10_000
AGREEMENT_ROWS = 1000
MISFIT_ROWS = 300
BLOCK_ENTRIES = 1 << 24
MEDIAN_ROWS = 1000
FAR_ROWS = 10.0


@dataclass(frozen=True)
class Projection:
    """Affine map from rows to the points that the later stages see.

    Attributes
    ----------
    mean : ndarray of shape (D,), float64
        Mean of the training rows.
    unit : float
        The power of two next to the largest deviation from the mean: points are numbers around
        one, so that no square over- or underflows, and the division by it rounds nothing.
    components : ndarray of shape (q, D), float64, or None
        Orthonormal principal directions (to float32 rounding for float32 rows); None when all
        columns are used.
    agreement : float
        Correlation of the distances of the closest 5 % of pairs (of a sample of the rows) before
        and after the projection; 1 when all columns are used.
    """

    mean: np.ndarray
    unit: float
    components: np.ndarray | None
    agreement: float

    @property
    def n_columns(self) -> int:
        """Number of columns q of a point."""
        return len(self.mean) if self.components is None else len(self.components)

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Rows (n, D) -> points (n, q) in float64 and in units of ``unit``, in blocks."""
        points = np.empty((len(X), self.n_columns))
        step = max(1, BLOCK_ENTRIES // X.shape[1])
        for start in range(0, len(X), step):
            block = (X[start : start + step] - self.mean) / self.unit
            points[start : start + step] = (
                block if self.components is None else block @ self.components.T
            )
        return points


def fit_projection(
    X: np.ndarray, n_components: int, n_neighbors: int, random_state: np.random.RandomState
) -> Projection:
    """Choose the columns that the later stages see.

    All columns where D <= 64, else 20, 40, 80 or 160 principal components. The number grows
    while the short distances disagree with those in the rows (correlation below 0.95), and on
    until they agree in full, as long as neighbourhoods stay flat: the share of a neighbourhood's
    variance outside d directions must not pass 5 %, or twice what it was at first, because the
    last components of sharp pictures are their most strongly curved ones. It stops where twice
    the components recover less than a quarter of the missing agreement: that is how noise, which
    is spread over all components, shows.

    Rows more than ten times as far from the median as usual do not count: a few of them would
    take all components, and the digits of the others.

    Parameters
    ----------
    X : ndarray of shape (n, D), float32 or float64
        Finite rows.
    n_components : int
        Number of factors d.
    n_neighbors : int
        Neighbourhood size k.
    random_state : RandomState
        Draws the samples and the start of the randomised decomposition.

    Returns
    -------
    Projection
    """
    X = _bulk(X)
    mean = _mean(X)
    unit = _unit(X, mean)
    if X.shape[1] <= MAX_COLUMNS:
        return Projection(mean, unit, None, 1.0)
    training = (_sampled(X, TRAINING_ROWS, random_state) - mean) / unit
    training = training.astype(X.dtype, copy=False)
    largest = min(LADDER[-1], *training.shape)
    components = _principal_components(training, largest, random_state)
    scores = training @ components.T
    lengths = closest_pairs(training[:AGREEMENT_ROWS])
    kept, agreement = _enough_components(scores, lengths, n_components, n_neighbors)
    return Projection(mean, unit, components[:kept].astype(np.float64), agreement)


def _enough_components(
    scores: np.ndarray,
    lengths: tuple[np.ndarray, np.ndarray, np.ndarray],
    n_components: int,
    n_neighbors: int,
) -> tuple[int, float]:
    """How many leading columns of ``scores`` (m, q) to keep, and how distances agree on them.

    ``lengths`` holds the distances of close pairs in the rows, and both ends of each pair.
    """
    distance, i, j = lengths
    largest = scores.shape[1]
    kept, agreement, misfit = 0, 0.0, 0.0
    for width in [rung for rung in LADDER if rung < largest] + [largest]:
        candidate = scores[:, :width]
        gained = _correlation(distance, np.linalg.norm(candidate[i] - candidate[j], axis=1))
        bent = _misfit(candidate, n_components, n_neighbors)
        if kept:
            noise_only = gained - agreement < MIN_RECOVERY * (1 - agreement)
            too_bent = bent > max(MAX_MISFIT, MAX_MISFIT_GROWTH * misfit)
            if noise_only or (too_bent and agreement >= MIN_AGREEMENT):
                break
        kept, agreement, misfit = width, gained, misfit or bent
        if agreement >= FULL_AGREEMENT:
            break
    return kept, agreement


def _bulk(X: np.ndarray) -> np.ndarray:
    """The rows that lie at most ten times as far from the median row as usual, or nearly all."""
    some = X[np.linspace(0, len(X) - 1, min(len(X), MEDIAN_ROWS)).astype(int)]
    half = (len(some) - 1) // 2
    median = np.partition(some, half, axis=0)[half]  # not the mean of two, which can overflow
    far = np.empty(len(X))
    step = max(1, BLOCK_ENTRIES // X.shape[1])
    with np.errstate(over="ignore"):  # infinitely far is far
        for start in range(0, len(X), step):
            far[start : start + step] = np.abs(X[start : start + step] - median).max(axis=1)
    usual = float(np.median(far))
    if usual == 0:
        return X
    kept = far <= FAR_ROWS * usual
    return X if kept.all() else X[kept]


def _mean(X: np.ndarray) -> np.ndarray:
    """Mean of the rows; of large numbers each is divided first, so that no sum overflows."""
    with np.errstate(over="ignore"):
        mean = X.mean(axis=0, dtype=np.float64)
    if np.isfinite(mean).all():
        return mean
    return (X / len(X)).sum(axis=0, dtype=np.float64)


def _unit(X: np.ndarray, mean: np.ndarray) -> float:
    """The power of two next to the largest deviation from the mean; 1 if there is none."""
    lowest, highest = X.min(axis=0), X.max(axis=0)
    largest = float(np.maximum(highest - mean, mean - lowest).max())
    return 1.0 if largest == 0 else float(2.0 ** np.round(np.log2(largest)))


def _sampled(X: np.ndarray, n_rows: int, random_state: np.random.RandomState) -> np.ndarray:
    """At most ``n_rows`` rows in random order."""
    return X[random_state.permutation(len(X))[:n_rows]]


def _principal_components(
    centred: np.ndarray, n_components: int, random_state: np.random.RandomState
) -> np.ndarray:
    """(q, D) principal directions, orthonormal to the rounding of the rows' dtype."""
    from sklearn.utils.extmath import randomized_svd

    _, _, directions = randomized_svd(
        centred, n_components=n_components, n_iter=2, random_state=random_state
    )
    return directions


def _misfit(points: np.ndarray, n_components: int, n_neighbors: int) -> float:
    """Median share of a neighbourhood's variance outside its first d principal directions."""
    nearest = brute(points, min(n_neighbors, len(points)), 1, points[:MISFIT_ROWS])
    patch = points[nearest]
    variance = np.linalg.svd(patch - patch.mean(axis=1, keepdims=True), compute_uv=False) ** 2
    total = variance.sum(axis=1)
    outside = variance[:, n_components:].sum(axis=1)
    return float(np.median(outside / np.where(total > 0, total, 1)))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
