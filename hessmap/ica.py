"""The ICA stage: the rotation that makes the coordinates independent.

FastICA's fixed point (Hyvarinen 1999, IEEE Trans. Neural Netw. 10) with the contrast of the
theorem, the kurtosis. On white data z, everything that the iteration needs is in the fourth
cumulants K_abcd = E[z_a z_b z_c z_d] - (three products of Kronecker deltas): the update
w <- E[z (w'z)^3] - 3w is the contraction K(., w, w, w). So the rows are read once, and the
iterations, the saddle test and the jackknife cost nothing that depends on n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._validation import choice, power_of_two, seeded
from .exceptions import ConvergenceWarning, warn

CONTRASTS = ("cube",)
MAX_ITER = 500
# On the cosine between two successive directions: one step beyond it is rounding error.
TOLERANCE = 1e-12
MAX_REPAIRS = 20
N_ANGLES = 90
N_GROUPS = 10
BLOCK_ROWS = 1 << 16
SQUARE_ROUNDING = 1e-9


@dataclass(frozen=True)
class IcaResult:
    """Independent sources of an embedding: ``embedding = sources @ mixing.T + mean``.

    Attributes
    ----------
    sources : ndarray of shape (n, d), float64
        Unit variance, zero mean.
    mixing : ndarray of shape (d, d), float64
        In the units of the embedding.
    unmixing : ndarray of shape (d, d), float64
        ``sources = (embedding - mean) @ unmixing.T``.
    mean : ndarray of shape (d,), float64
        Mean of the embedding.
    kurtosis : ndarray of shape (d,), float64
        Excess kurtosis of each source: 0 for a Gaussian, -1.2 for a uniform one.
    dependence : float
        Largest correlation between the squares of two sources; 0 when independent.
    stability : float
        Cosine of the largest standard error (in radians) of a source's direction, by a
        jackknife over ten groups of rows: 1 is certain, 0 is arbitrary.
    n_iter : int
        Number of fixed-point iterations.
    converged : bool
        Whether the fixed point was reached and no pair of sources sits on a saddle.
    """

    sources: np.ndarray
    mixing: np.ndarray
    unmixing: np.ndarray
    mean: np.ndarray
    kurtosis: np.ndarray
    dependence: float
    stability: float
    n_iter: int
    converged: bool


def fit_ica(
    embedding: np.ndarray,
    *,
    contrast: str = "cube",
    random_state: int | np.random.RandomState | None = None,
) -> IcaResult:
    """Independent component analysis by symmetric FastICA that cannot end on a 45-degree saddle.

    Parameters
    ----------
    embedding : array-like of shape (n, d)
        Coordinates that are a linear mix of independent sources.
    contrast : {"cube"}
        "cube" is the kurtosis, G(u) = u^4, for which the theorem is proved.
    random_state : int, RandomState or None
        Seed of the first rotation.

    Returns
    -------
    IcaResult
        Sources ordered by the absolute value of their kurtosis, largest first; the largest entry
        of each column of ``mixing`` is positive.

    Raises
    ------
    ValueError
        If the contrast is unknown, or the embedding is not finite and 2-D, has fewer than d + 1
        rows or does not span d dimensions.

    Warns
    -----
    ConvergenceWarning
        If the fixed point was not reached, as happens with Gaussian sources.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.ica import fit_ica
    >>> rng = np.random.default_rng(0)
    >>> factors = rng.uniform(-1, 1, size=(2000, 2))
    >>> result = fit_ica(factors @ [[2.0, 1.0], [1.0, 3.0]], random_state=0)
    >>> result.sources.shape
    (2000, 2)
    """
    from sklearn.utils import check_array

    choice("contrast", contrast, CONTRASTS)
    random_state = seeded(random_state)
    embedding = check_array(
        embedding, dtype=np.float64, ensure_2d=False, allow_nd=True, input_name="embedding"
    )
    if embedding.ndim != 2 or not 0 < embedding.shape[1] < embedding.shape[0]:
        raise ValueError(
            "`embedding` must have the shape (n, d) with more rows than columns; "
            f"got {embedding.shape}."
        )
    mean = embedding.mean(axis=0)
    whitening = _whitening(embedding - mean)
    groups = _group_moments((embedding - mean) @ whitening.T, random_state)
    cumulants = _cumulants(*groups)

    d = embedding.shape[1]
    start = _orthonormalised(random_state.standard_normal((d, d)))
    rotation, n_iter, converged = _rotation(cumulants, start)
    if not converged:
        warn(
            f"ICA did not reach a fixed point within {MAX_ITER} iterations; the sources may be "
            "Gaussian (kurtosis near 0), which leaves their rotation undetermined.",
            ConvergenceWarning,
        )

    kurtosis = _along(cumulants, rotation, "iiii")
    order = np.argsort(-np.abs(kurtosis), kind="stable")
    rotation, kurtosis = rotation[order], kurtosis[order]
    mixing = np.linalg.solve(whitening, rotation.T)
    largest = np.abs(mixing).argmax(axis=0)
    sign = np.sign(mixing[largest, np.arange(d)])
    rotation, mixing = rotation * sign[:, None], mixing * sign
    unmixing = rotation @ whitening
    return IcaResult(
        sources=(embedding - mean) @ unmixing.T,
        mixing=mixing,
        unmixing=unmixing,
        mean=mean,
        kurtosis=kurtosis,
        dependence=_dependence(cumulants, rotation),
        stability=_stability(groups, rotation),
        n_iter=n_iter,
        converged=converged,
    )


def _whitening(centred: np.ndarray) -> np.ndarray:
    """(d, d) symmetric matrix that gives ``centred`` the identity as its covariance."""
    unit = power_of_two(float(np.abs(centred).max()))  # no square of it over- or underflows
    scale = unit * (centred / unit).std(axis=0)
    if (scale == 0).any():
        raise ValueError(f"`embedding` must vary in every column; standard deviations {scale}.")
    values, vectors = np.linalg.eigh((centred / scale).T @ (centred / scale) / len(centred))
    if values[0] <= 1e-12 * values[-1]:
        raise ValueError(
            "`embedding` must span as many dimensions as it has columns; the eigenvalues of its "
            f"correlation are {values}. Ask for fewer components."
        )
    # the square root of the correlation keeps each column's identity, that of the covariance
    # would lose small columns beside large ones
    return (vectors / np.sqrt(values)) @ vectors.T / scale


def _group_moments(
    white: np.ndarray, random_state: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Second (g, d, d) and fourth (g, d, d, d, d) moments of ten random groups of rows.

    Groups interleaved in a spatial order are more alike than samples, and the jackknife would
    think the sources more certain than they are.
    """
    n, d = white.shape
    n_groups = min(N_GROUPS, n)
    a, b = np.triu_indices(d)
    pair = np.empty((d, d), dtype=int)
    pair[a, b] = pair[b, a] = np.arange(len(a))
    second = np.zeros((n_groups, d, d))
    fourth = np.zeros((n_groups, d, d, d, d))
    shuffled = random_state.permutation(n)
    for group in range(n_groups):
        rows = white[np.sort(shuffled[group::n_groups])]
        total = np.zeros((len(a), len(a)))
        for start in range(0, len(rows), BLOCK_ROWS):
            block = rows[start : start + BLOCK_ROWS]
            products = block[:, a] * block[:, b]
            total += products.T @ products
            second[group] += block.T @ block / len(rows)
        fourth[group] = (total / len(rows))[pair[:, :, None, None], pair[None, None]]
    return second, fourth


def _cumulants(second: np.ndarray, fourth: np.ndarray) -> np.ndarray:
    """Fourth cumulants (d, d, d, d) of the union of the groups, whitened by its own moments."""
    values, vectors = np.linalg.eigh(second.mean(axis=0))
    whiten = (vectors / np.sqrt(values)) @ vectors.T
    moments = fourth.mean(axis=0)
    for axis in range(4):
        moments = np.moveaxis(np.tensordot(whiten, moments, axes=(1, axis)), 0, axis)
    same = np.eye(len(whiten))
    gaussian = np.einsum("ab,cd->abcd", same, same)
    return moments - gaussian - gaussian.transpose(0, 2, 1, 3) - gaussian.transpose(0, 2, 3, 1)


def _along(cumulants: np.ndarray, rotation: np.ndarray, which: str) -> np.ndarray:
    """Cumulants of the rotated coordinates, e.g. "iiii" (d,) or "iijj" (d, d)."""
    letters = "abcd"
    operands = ",".join(f"{w}{x}" for w, x in zip(which, letters, strict=True))
    out = "".join(sorted(set(which)))
    path = f"{letters},{operands}->{out}"
    return np.einsum(path, cumulants, *[rotation] * 4, optimize=True)


def _orthonormalised(matrix: np.ndarray) -> np.ndarray:
    """The nearest matrix with orthonormal rows: (M M')^-1/2 M."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right


def _fixed_point(cumulants: np.ndarray, rotation: np.ndarray) -> tuple[np.ndarray, int, bool]:
    """Symmetric fixed point w <- K(., w, w, w), all directions at once."""
    for iteration in range(1, MAX_ITER + 1):
        updated = np.einsum(
            "abcd,ib,ic,id->ia", cumulants, rotation, rotation, rotation, optimize=True
        )
        updated = _orthonormalised(updated)
        change = 1 - np.abs(np.einsum("ia,ia->i", updated, rotation)).min()
        rotation = updated
        if change < TOLERANCE:
            return rotation, iteration, True
    return rotation, MAX_ITER, False


def _rotation(cumulants: np.ndarray, rotation: np.ndarray) -> tuple[np.ndarray, int, bool]:
    """Fixed point, repaired and repeated until no pair of directions sits on a saddle."""
    n_iter = 0
    for _ in range(MAX_REPAIRS):
        rotation, taken, converged = _fixed_point(cumulants, rotation)
        n_iter += taken
        rotation, repaired = _repair_pairs(cumulants, rotation)
        if not repaired:
            return rotation, n_iter, converged
    return rotation, n_iter, False


def _repair_pairs(cumulants: np.ndarray, rotation: np.ndarray) -> tuple[np.ndarray, bool]:
    """Turn each pair of directions to the best angle of its plane, if that is another one.

    The symmetric iteration is also stationary where two sources are mixed half and half. The
    contrast |kurt(u)| + |kurt(v)| over all angles of the plane tells this apart from an optimum.
    """
    angles = np.arange(N_ANGLES) * (np.pi / 2 / N_ANGLES)
    rotation = rotation.copy()
    repaired = False
    for i in range(len(rotation)):
        for j in range(i + 1, len(rotation)):
            plane = np.array([rotation[i], rotation[j]])
            turned = np.stack(
                [
                    np.outer(np.cos(angles), plane[0]) + np.outer(np.sin(angles), plane[1]),
                    np.outer(np.cos(angles), plane[1]) - np.outer(np.sin(angles), plane[0]),
                ]
            )
            contrast = sum(np.abs(_along(cumulants, directions, "iiii")) for directions in turned)
            best = int(contrast.argmax())
            # a grid step beside the optimum is not a saddle: the fixed point resolves angles
            # far better than the grid does
            beside = min(best, N_ANGLES - best) <= 2
            if not beside and contrast[best] > contrast[0] * (1 + 1e-6):
                rotation[i], rotation[j] = turned[0, best], turned[1, best]
                repaired = True
    return rotation, repaired


def _dependence(cumulants: np.ndarray, rotation: np.ndarray) -> float:
    """Largest |corr(s_i^2, s_j^2)| over the pairs i != j; 0 for a single source."""
    d = len(rotation)
    if d == 1:
        return 0.0
    cross = _along(cumulants, rotation, "iijj")
    variance = np.diag(cross) + 2  # Var(s^2) = E[s^4] - 1 for unit variance
    # two equally likely values have squares that do not vary, and so depend on nothing
    variance = np.where(variance > SQUARE_ROUNDING, variance, np.inf)
    correlation = np.abs(cross) / np.sqrt(np.outer(variance, variance))
    return float(correlation[~np.eye(d, dtype=bool)].max())


def _stability(groups: tuple[np.ndarray, np.ndarray], rotation: np.ndarray) -> float:
    """Cosine of the largest jackknife standard error of a direction."""
    second, fourth = groups
    n_groups = len(second)
    variance = np.zeros(len(rotation))
    for left_out in range(n_groups):
        kept = np.arange(n_groups) != left_out
        if not kept.any():
            return 0.0
        refitted, _, _ = _fixed_point(_cumulants(second[kept], fourth[kept]), rotation)
        cosines = np.clip(np.abs(np.einsum("ia,ia->i", refitted, rotation)), 0, 1)
        variance += np.arccos(cosines) ** 2
    error = np.sqrt(variance * (n_groups - 1) / n_groups)
    return float(np.cos(min(error.max(), np.pi / 2)))
