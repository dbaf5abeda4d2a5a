"""How much to smooth pictures: what serves the road best, without labels.

Too little smoothing leaves edges that no neighbourhood can follow, too much wipes out what small
factors change. Each shows in one figure alone: the gap after the null space, and how well short
distances of the embedding agree with those of the pictures *before* smoothing. A gap can look
perfect where smoothing has folded the data; distances in smoothed pictures agree with any
embedding of these. See docs/decisions/0020-smoothing.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .metrics.isometry import closest_pairs, correlation, rescaled
from .rows.distinct import merge_duplicates

# Standard deviations in pixels, up to this share of a picture's shorter side.
LADDER = (1.0, 2.0, 4.0, 8.0, 16.0)
WIDEST = 1 / 8
SAMPLE_ROWS = 10_000
ISOMETRY_ROWS = 1000
# The ladder is left, after so many rungs, at the first one that is worse than the best by so much.
MIN_TRIALS = 3
CLEARLY = 0.02


@dataclass(frozen=True)
class SmoothingTrial:
    """A standard deviation and what it gives.

    Attributes
    ----------
    sigma : float
        In pixels.
    isometry : float
        Correlation of short distances in the embedding and in the pictures before smoothing.
    gap : float
        Spectral gap ratio of the embedding.
    """

    sigma: float
    isometry: float
    gap: float

    @property
    def loss(self) -> float:
        """What is missing from perfect isometry and a perfect gap."""
        return 1 - self.isometry + self.gap


def choose_sigma(
    X: np.ndarray,
    smoothed: Callable[[np.ndarray, float], np.ndarray],
    shape: tuple[int, ...],
    n_components: int | str,
    random_state: np.random.RandomState,
) -> tuple[SmoothingTrial, ...]:
    """What was tried, best first.

    Parameters
    ----------
    X : ndarray of shape (n, D), float32 or float64
        Pictures; of more than 10,000 a sample is taken.
    smoothed : callable
        Pictures and a standard deviation -> smoothed pictures.
    shape : tuple of int
        Of a picture.
    n_components : int or "auto"
        Number of factors d.
    random_state : RandomState
        Draws the sample, and the seed of all trials.

    Returns
    -------
    tuple of SmoothingTrial

    Raises
    ------
    DisconnectedGraphError, ValueError
        Where none can be fitted, that of the last.
    """
    if len(X) > SAMPLE_ROWS:
        X = X[np.sort(random_state.choice(len(X), SAMPLE_ROWS, replace=False))]
    probe = np.linspace(0, len(X) - 1, min(len(X), ISOMETRY_ROWS)).astype(int)
    # pairs of the same picture would be the closest
    probe = probe[merge_duplicates(X[probe]).first]
    pairs = closest_pairs(X[probe])
    seed = int(random_state.randint(0, 2**31 - 1))
    trials: list[SmoothingTrial] = []
    failure: Exception | None = None
    for sigma in (0.0, *(rung for rung in LADDER if rung <= WIDEST * min(shape[:2]))):
        pictures = _thinned(smoothed(X, sigma), shape, sigma)
        try:
            embedding, gap = _embedded(pictures, n_components, seed)
        except ValueError as error:  # in pieces, or without a null space
            failure = error
            continue
        trials.append(SmoothingTrial(sigma, _isometry(pairs, embedding[probe]), gap))
        best = min(trial.loss for trial in trials)
        if len(trials) >= MIN_TRIALS and trials[-1].loss > best + CLEARLY:
            break
    if not trials:
        assert failure is not None
        raise failure
    return tuple(sorted(trials, key=lambda trial: trial.loss))


def _thinned(pictures: np.ndarray, shape: tuple[int, ...], sigma: float) -> np.ndarray:
    """As many pixels as smooth pictures need: one in each standard deviation."""
    step = max(1, int(sigma))
    kept = pictures.reshape(-1, *shape)[:, ::step, ::step]
    return np.ascontiguousarray(kept).reshape(len(pictures), -1)


def _embedded(pictures: np.ndarray, n_components: Any, seed: int) -> tuple[np.ndarray, float]:
    from .estimators import HessianEigenmaps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits that are only compared
        model = HessianEigenmaps(n_components, random_state=seed).fit(pictures)
    return model.embedding_, model.report_.spectral_gap


def _isometry(pairs: tuple[np.ndarray, np.ndarray, np.ndarray], embedding: np.ndarray) -> float:
    """Correlation of the distances of pairs; those with an outlier have none."""
    distance, i, j = pairs
    known = np.isfinite(embedding[i] + embedding[j]).all(axis=1)
    return correlation(rescaled((distance[known], i[known], j[known]), embedding))
