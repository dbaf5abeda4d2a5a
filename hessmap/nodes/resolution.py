"""How many nodes: coarse problems are solved until finer ones say something else.

With few nodes a cell is curved, with many it is all noise. Neither error is known, but both make
neighbouring resolutions disagree: where two of them say the same of rows, up to an affine map,
both are right. See docs/decisions/0013-resolution.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

SMALLEST = 64
# Neighbourhoods must stay small beside the data: nodes in units of k.
MIN_WIDTHS = 6
# Rows that two resolutions are compared on.
PROBE_ROWS = 2000
# A disagreement (a share of variance) above this is no agreement.
AGREED = 0.002
# Beyond the best pair, finer resolutions are left when two have disagreed this much more.
WORSE = 2.0
# Every distinct point is tried up to so many; beyond, disagreement that is this small is enough.
EVERY_POINT = 20_000
ENOUGH_NODES = 8192
ENOUGH = 1e-5
# Pairs agree as well as the best if they disagree at most so many times as much. Of all that
# agree, the finest is taken whose gap ratio is at most so many times the smallest.
AS_WELL = 2.0
GAP_GROWTH = 1.3
# What a gap ratio beyond the clear ones adds to the disagreement of a pair.
CLEAR_GAP = 0.1
OF_GAP = 0.5
# Disagreement that does not count beside the noise of single rows, and noise that is none.
FLOOR_SHARE = 0.05
CLEAN = 1e-6
MIN_GAP = 1e-4


class Resolution(NamedTuple):
    """One resolution that was tried.

    Attributes
    ----------
    n_nodes : int
    spectral_gap : float
        Its gap ratio, or the bound of the angle of its null space where that is larger; NaN where
        the nodes could not be solved.
    disagreement : float
        Largest share of the variance of a coordinate of this embedding, or of the next coarser
        one, that the other does not explain; NaN for the coarsest.
    """

    n_nodes: int
    spectral_gap: float
    disagreement: float


class Trial(NamedTuple):
    """A solved resolution: its gap ratio, and the embedding (m, d) of the probed rows.

    ``floor`` is the share of the embedding's variance that is the noise of single rows, which no
    resolution can change.
    """

    n_nodes: int
    spectral_gap: float
    probed: np.ndarray
    floor: float


@dataclass(frozen=True)
class Choice:
    """The resolution to take.

    Attributes
    ----------
    solved : int
        Which of the trials that did not fail.
    tried : tuple of Resolution
    reason : str
    """

    solved: int
    tried: tuple[Resolution, ...]
    reason: str


def ladder(n_points: int, k: int) -> list[int]:
    """Numbers of nodes to try, by factors of the root of two, up to half the points."""
    rungs = [round(SMALLEST * 2 ** (j / 2)) for j in range(40)]
    return [rung for rung in rungs if MIN_WIDTHS * k <= rung <= n_points // 2]


def choose(attempts: Sequence[tuple[int, Callable[[], Trial]]], *, complete: bool) -> Choice:
    """Solve resolutions from coarse to fine and choose one.

    Parameters
    ----------
    attempts : sequence of (int, callable)
        Numbers of nodes, increasing, and () -> Trial, which may raise ValueError for nodes that
        cannot be solved.
    complete : bool
        Whether the last one has every distinct point for a node.
    """
    tried: list[Resolution] = []
    last: Trial | None = None
    floor = np.inf
    error: ValueError | None = None
    for size, attempt in attempts:
        try:
            trial = attempt()
        except ValueError as problem:  # in pieces, or without a null space
            tried.append(Resolution(size, np.nan, np.nan))
            last, error = None, problem
            continue
        apart = np.nan if last is None else disagreement(last.probed, trial.probed)
        tried.append(Resolution(trial.n_nodes, trial.spectral_gap, apart))
        last, floor = trial, min(floor, trial.floor)
        if _left_behind(tried) or (not complete and _enough(tried[-1])):
            break
    if error is not None and all(np.isnan(one.spectral_gap) for one in tried):
        raise error
    index, reason = _best(tried, floor)
    failed = sum(bool(np.isnan(one.spectral_gap)) for one in tried[:index])
    return Choice(index - failed, tuple(tried), reason)


def disagreement(one: np.ndarray, other: np.ndarray) -> float:
    """Largest share of variance that an affine map of either embedding leaves of the other."""
    return max(_unexplained(one, other), _unexplained(other, one))


def _unexplained(known: np.ndarray, wanted: np.ndarray) -> float:
    """Largest share, over all directions of ``wanted`` (m, d), that ``known`` (m, d) leaves."""
    spread = known.std(axis=0)
    design = np.column_stack([known / np.where(spread > 0, spread, 1), np.ones(len(known))])
    left = wanted - design @ np.linalg.lstsq(design, wanted, rcond=None)[0]
    centred = wanted - wanted.mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    if values[-1] <= np.finfo(float).eps * values[0]:
        return 1.0
    return min(float(np.linalg.norm(left @ (axes.T / values), 2)) ** 2, 1.0)


def noise_shares(residual: np.ndarray, embedding: np.ndarray) -> np.ndarray:
    """Shares (d,) of the variance along the axes of an embedding (m, d) that are noise.

    Noise is taken to be as large along the manifold as it is off it, in residuals (m, q) of rows.
    """
    largest = np.abs(residual).max(axis=0)  # constant columns hold none, up to rounding
    q, d = int(np.count_nonzero(largest > 1e-9 * largest.max())), embedding.shape[1]
    if q <= d:
        return np.zeros(d)
    noise = float((residual**2).sum(axis=1).mean()) / (q - d)
    spread = np.linalg.eigvalsh(np.atleast_2d(np.cov(embedding.T)))
    return np.divide(noise, spread, out=np.full(d, np.inf), where=spread > 0)


def _enough(last: Resolution) -> bool:
    """Whether so many nodes agree so well that more would change nothing."""
    return last.n_nodes >= ENOUGH_NODES and last.disagreement <= ENOUGH


def _left_behind(tried: list[Resolution]) -> bool:
    """Whether the last two resolutions disagree more than a pair before them, which agreed."""
    apart = np.array([one.disagreement for one in tried])
    if len(apart) < 4 or np.isnan(apart).all():
        return False
    best = np.nanmin(apart)
    return bool(best <= AGREED and not (apart[-2:] <= WORSE * best).any())


def _best(tried: list[Resolution], floor: float) -> tuple[int, str]:
    """Index of the resolution to take, and why."""
    gaps = np.array([one.spectral_gap for one in tried])
    apart = np.array([one.disagreement for one in tried])
    # two resolutions that noise fills alike agree with each other, but with nothing else
    clearer = np.fmin(gaps, np.concatenate([[np.nan], gaps[:-1]]))
    apart = apart + OF_GAP * np.maximum(clearer - CLEAR_GAP, 0) ** 2
    if len(tried) == 1:
        return 0, "the rows are too few for a choice."
    if np.isnan(apart).all() or not np.nanmin(apart) <= AGREED:
        index = int(np.nanargmin(gaps))
        return index, (
            "no two numbers of nodes give the same embedding: the one with the clearest gap was "
            "taken. More rows, or less noise, would be needed to tell."
        )
    well = max(AS_WELL * float(np.nanmin(apart)), FLOOR_SHARE * floor)
    if floor < CLEAN:  # no noise to average
        well = max(well, ENOUGH)
    finer = np.flatnonzero(apart <= well)
    agreeing = np.unique(np.concatenate([finer - 1, finer]))
    enough = GAP_GROWTH * max(float(gaps[agreeing].min()), MIN_GAP)
    index = int(agreeing[gaps[agreeing] <= enough][-1])
    sizes = ", ".join(f"{tried[one].n_nodes:,}" for one in agreeing)
    return index, (
        f"embeddings of {sizes} nodes agree best with each other; of these numbers it is the "
        f"largest whose gap is nearly (within a factor of {GAP_GROWTH}) the clearest."
    )
