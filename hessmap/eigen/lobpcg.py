"""LOBPCG with an exact constraint, stopped by a bound of the angle to the exact null space.

Knyazev (2001), "Toward the optimal preconditioned eigensolver", SIAM J. Sci. Comput. 23 (2). It
differs from `scipy.sparse.linalg.lobpcg` in what stops it: not the norm of the residuals, which
rough errors of no weight dominate, but ``AngleBound``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._threads import MIN_RANGE_OF_PRODUCTS, in_ranges
from .certificate import AngleBound

# Relative eigenvalue of the Gram matrix of the search space below which a direction is noise.
DEPENDENT = 1e-10
# A first guess from a coarser level knows nothing of functions that it cannot hold: with so many
# random vectors beside it, smoothed by the preconditioner, and after so many iterations, those of
# low energy have come in.
RANDOM_VECTORS = 2
MIN_ITER = 3
# Without progress for so long, the residuals sit at the rounding errors of a product.
STALLED = 15
# So many iterations polish a null space whose gap is too narrow for any bound.
UNRESOLVED = 8


class LobpcgResult(NamedTuple):
    """Ritz values (m,), vectors (n, m), the bound of the angle, and the number of iterations."""

    values: np.ndarray
    vectors: np.ndarray
    sin_bound: float
    n_iter: int


def lobpcg(
    product: Callable[[np.ndarray], np.ndarray],
    preconditioner: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    constant: np.ndarray,
    *,
    m: int,
    n_wanted: int,
    rounding: float,
    tol: float,
    max_iter: int,
    threads: int = 1,
) -> LobpcgResult:
    """Smallest eigenpairs in the complement of ``constant``.

    Parameters
    ----------
    product, preconditioner : callable
        (n, m) -> (n, m): H x, and an approximation M b of its inverse, symmetric and positive.
    start : ndarray of shape (n, m)
        First guess.
    constant : ndarray of shape (n,)
        Unit null vector of H that is left out.
    m : int
        Number of pairs, more than ``n_wanted`` and less than n.
    n_wanted : int
        Number of pairs whose angle must meet ``tol``; the others tell the gap.
    rounding : float
        Norm of the rounding errors of ``product`` on a unit vector.
    tol : float
        Of the sine of the largest angle.
    max_iter : int
        Largest number of iterations.
    threads : int
        Number of threads.

    Returns
    -------
    LobpcgResult
    """
    constant = constant[:, None]
    bound = AngleBound(n_wanted, rounding)
    missing = max(0, m - start.shape[1])
    n_random = RANDOM_VECTORS + missing
    rough = np.cos(np.arange(1.0, 1.0 + len(start) * n_random) ** 2).reshape(-1, n_random)
    rough -= constant @ (constant.T @ rough)
    X = np.concatenate([start, preconditioner(rough), rough[:, :missing]], axis=1)
    X /= np.linalg.norm(X, axis=0)
    X -= constant @ (constant.T @ X)
    X, HX, values = _ritz([X], [product(X)], m, threads)[:3]
    steps: list[np.ndarray] = []
    images: list[np.ndarray] = []
    best, since_best = 1.0, 0
    n_iter = 0
    while True:
        R = HX - X * values
        W = preconditioner(R)
        sine = bound.update(values, R, W)
        since_best = 0 if sine < 0.9 * best or sine == 1 else since_best + 1
        best = min(best, sine)
        enough = n_iter >= MIN_ITER and (sine <= tol or since_best >= STALLED)
        if enough or n_iter == max_iter:
            break
        # a Ritz value is never below the eigenvalue: the gap is narrower still
        if values[n_wanted] * tol <= rounding and n_iter >= UNRESOLVED:
            break
        n_iter += 1
        known = np.concatenate([constant, X], axis=1)
        W -= known @ (known.T @ W)
        W /= np.linalg.norm(W, axis=0)
        X, HX, values, steps, images = _ritz([X, W, *steps], [HX, product(W), *images], m, threads)
    # the last bound, not the smallest: an earlier one may not have known of a narrower gap
    return LobpcgResult(values, X, sine, n_iter)


def _ritz(
    blocks: list[np.ndarray], images: list[np.ndarray], m: int, threads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Rayleigh-Ritz on the span of all blocks (n, m_i), whose products with H are ``images``.

    Returns the Ritz vectors, their images and values, and the part of the vectors outside the
    first block with its image, for the next search space.
    """
    n = len(blocks[0])

    def grams(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        S = np.concatenate([block[start:stop] for block in blocks], axis=1)
        HS = np.concatenate([image[start:stop] for image in images], axis=1)
        return S.T @ S, S.T @ HS

    parts = in_ranges(grams, n, threads, smallest=MIN_RANGE_OF_PRODUCTS)
    gram, energy = (sum(part) for part in zip(*parts, strict=True))
    scale = 1 / np.sqrt(np.diag(gram))
    squares, directions = np.linalg.eigh(gram * scale[:, None] * scale)
    kept = squares > DEPENDENT * squares[-1]
    whiten = scale[:, None] * directions[:, kept] / np.sqrt(squares[kept])
    small = whiten.T @ energy @ whiten
    values, rotation = np.linalg.eigh((small + small.T) / 2)
    weights = whiten @ rotation[:, :m]
    outside = weights.copy()
    outside[: blocks[0].shape[1]] = 0
    wanted = np.concatenate([weights, outside / np.linalg.norm(outside, axis=0).clip(1e-300)], 1)
    X, HX = np.empty((n, m)), np.empty((n, m))
    P, HP = np.empty((n, m)), np.empty((n, m))

    def combine(start: int, stop: int) -> None:
        for source, one, two in ((blocks, X, P), (images, HX, HP)):
            part = np.concatenate([block[start:stop] for block in source], axis=1) @ wanted
            one[start:stop], two[start:stop] = part[:, :m], part[:, m:]

    in_ranges(combine, n, threads, smallest=MIN_RANGE_OF_PRODUCTS)
    return X, HX, values[:m], [P], [HP]
