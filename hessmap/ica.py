"""The ICA stage: the rotation that makes the coordinates independent.

On white data z, everything that a contrast of cumulants needs is in the third and fourth ones,
S_abc = E[z_a z_b z_c] and K_abcd = E[z_a z_b z_c z_d] - (three products of Kronecker deltas). So
the rows are read once, and the iterations, the saddle test and the jackknife cost nothing that
depends on n.

"cube" is FastICA's fixed point (Hyvarinen 1999, IEEE Trans. Neural Netw. 10) with the contrast of
the theorem, the kurtosis: its update w <- E[z (w'z)^3] - 3w is the contraction K(., w, w, w).
"auto" adds the skewness, 4 skew^2 + kurt^2, the leading terms of the negentropy, and maximises
them plane by plane (CuBICA, Blaschke & Wiskott 2004, IEEE Trans. Signal Process. 52). Skewed
factors can have no kurtosis at all; without skewness the two contrasts find the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ._validation import choice, power_of_two, seeded
from .cumulants import Cumulants, Moments, along, cumulants_of, group_moments
from .exceptions import ConvergenceWarning, warn

CONTRASTS = ("auto", "cube")
MAX_ITER = 500
# On the cosine between two successive directions: one step beyond it is rounding error.
TOLERANCE = 1e-12
MAX_REPAIRS = 20
N_ANGLES = 90
MAX_SWEEPS = 100
SMALLEST_TURN = 1e-9
NEWTON_STEPS = 8
# Weight of the squared skewness beside the squared kurtosis in the negentropy: 1/3! over 1/4!.
SKEWNESS_WEIGHT = 4.0
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
    skewness : ndarray of shape (d,), float64
        Skewness of each source.
    dependence : float
        Largest correlation between the squares of two sources; 0 when independent.
    stability : float
        Cosine of the largest standard error (in radians) of a source's direction, by a
        jackknife over ten groups of rows: 1 is certain, 0 is arbitrary.
    n_iter : int
        Number of fixed-point iterations, or of sweeps over all planes.
    converged : bool
        Whether an optimum was reached and no pair of sources sits on a saddle.
    """

    sources: np.ndarray
    mixing: np.ndarray
    unmixing: np.ndarray
    mean: np.ndarray
    kurtosis: np.ndarray
    skewness: np.ndarray
    dependence: float
    stability: float
    n_iter: int
    converged: bool


def fit_ica(
    embedding: np.ndarray,
    *,
    contrast: str = "auto",
    random_state: int | np.random.RandomState | None = None,
) -> IcaResult:
    """Independent component analysis that cannot end on a 45-degree saddle.

    Parameters
    ----------
    embedding : array-like of shape (n, d)
        Coordinates that are a linear mix of independent sources.
    contrast : {"auto", "cube"}
        "cube" is the kurtosis, G(u) = u^4, for which the theorem is proved, by symmetric FastICA;
        "auto" adds the skewness, for factors that have little kurtosis.
    random_state : int, RandomState or None
        Seed of the first rotation.

    Returns
    -------
    IcaResult
        Sources ordered by how far from Gaussian they are, by the contrast, the farthest first; the
        largest entry of each column of ``mixing`` is positive.

    Raises
    ------
    ValueError
        If the contrast is unknown, or the embedding is not finite and 2-D, has fewer than d + 1
        rows or does not span d dimensions.

    Warns
    -----
    ConvergenceWarning
        If no optimum was reached, as can happen with Gaussian sources.

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
    groups = group_moments((embedding - mean) @ whitening.T, random_state)
    cumulants = cumulants_of(*groups)

    d = embedding.shape[1]
    start = _orthonormalised(random_state.standard_normal((d, d)))
    rotate = _rotation if contrast == "cube" else _swept
    rotation, n_iter, converged = rotate(cumulants, start)
    if not converged:
        warn(
            f"ICA did not reach an optimum within {n_iter} iterations; the sources may be "
            "Gaussian (kurtosis near 0), which leaves their rotation undetermined.",
            ConvergenceWarning,
        )

    kurtosis = along(cumulants.fourth, rotation, "iiii")
    skewness = along(cumulants.third, rotation, "iii")
    weight = 0.0 if contrast == "cube" else SKEWNESS_WEIGHT
    order = np.argsort(-(kurtosis**2 + weight * skewness**2), kind="stable")
    rotation, kurtosis, skewness = rotation[order], kurtosis[order], skewness[order]
    mixing = np.linalg.solve(whitening, rotation.T)
    largest = np.abs(mixing).argmax(axis=0)
    sign = np.sign(mixing[largest, np.arange(d)])
    rotation, mixing, skewness = rotation * sign[:, None], mixing * sign, skewness * sign
    unmixing = rotation @ whitening
    return IcaResult(
        sources=(embedding - mean) @ unmixing.T,
        mixing=mixing,
        unmixing=unmixing,
        mean=mean,
        kurtosis=kurtosis,
        skewness=skewness,
        dependence=_dependence(cumulants.fourth, rotation),
        stability=_stability(groups, rotation, _fixed_point if contrast == "cube" else _swept),
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


def _orthonormalised(matrix: np.ndarray) -> np.ndarray:
    """The nearest matrix with orthonormal rows: (M M')^-1/2 M."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right


def _swept(cumulants: Cumulants, rotation: np.ndarray) -> tuple[np.ndarray, int, bool]:
    """Turn pairs of directions to the best angle of their plane until none of them turns."""
    rotation = rotation.copy()
    d = len(rotation)
    for sweep in range(1, MAX_SWEEPS + 1):
        largest = 0.0
        for i in range(d):
            for j in range(i + 1, d):
                angle = _best_angle(cumulants, rotation[[i, j]])
                c, s = np.cos(angle), np.sin(angle)
                rotation[[i, j]] = np.array([[c, s], [-s, c]]) @ rotation[[i, j]]
                largest = max(largest, abs(angle))
        if largest < SMALLEST_TURN:
            return _orthonormalised(rotation), sweep, True
    return _orthonormalised(rotation), MAX_SWEEPS, False


def _best_angle(cumulants: Cumulants, plane: np.ndarray) -> float:
    """Angle in [-pi/4, pi/4) that maximises the contrast of two directions (2, d) in their plane.

    A quarter turn changes nothing, so that the contrast is a cosine series in 4 and 8 times the
    angle; eight values give its coefficients.
    """
    third = np.einsum("abc,ia,jb,kc->ijk", cumulants.third, plane, plane, plane, optimize=True)
    fourth = np.einsum(
        "abcd,ia,jb,kc,ld->ijkl", cumulants.fourth, plane, plane, plane, plane, optimize=True
    )
    # its values over half the period, at one of the directions; the other has the second half
    angles = np.arange(16) * (np.pi / 16)
    u = np.column_stack([np.cos(angles), np.sin(angles)])
    skew = np.einsum("ijk,ni,nj,nk->n", third, u, u, u, optimize=True)
    kurt = np.einsum("ijkl,ni,nj,nk,nl->n", fourth, u, u, u, u, optimize=True)
    one = SKEWNESS_WEIGHT * skew**2 + kurt**2
    series = np.fft.rfft(one[:8] + one[8:])
    # Re(a e^ix + b e^2ix) with x = 4 angle: its largest value on a grid, then Newton's method
    a, b = series[1], series[2]
    x = np.linspace(-np.pi, np.pi, N_ANGLES, endpoint=False)
    best = float(x[np.argmax(np.real(a * np.exp(1j * x) + b * np.exp(2j * x)))])
    for _ in range(NEWTON_STEPS):
        first, second = a * np.exp(1j * best), b * np.exp(2j * best)
        slope, bend = -np.imag(first + 2 * second), -np.real(first + 4 * second)
        if bend >= 0:
            break
        best -= slope / bend
    return float((best + np.pi) % (2 * np.pi) - np.pi) / 4


def _fixed_point(cumulants: Cumulants, rotation: np.ndarray) -> tuple[np.ndarray, int, bool]:
    """Symmetric fixed point w <- K(., w, w, w), all directions at once."""
    for iteration in range(1, MAX_ITER + 1):
        updated = np.einsum(
            "abcd,ib,ic,id->ia", cumulants.fourth, rotation, rotation, rotation, optimize=True
        )
        updated = _orthonormalised(updated)
        change = 1 - np.abs(np.einsum("ia,ia->i", updated, rotation)).min()
        rotation = updated
        if change < TOLERANCE:
            return rotation, iteration, True
    return rotation, MAX_ITER, False


def _rotation(cumulants: Cumulants, rotation: np.ndarray) -> tuple[np.ndarray, int, bool]:
    """Fixed point, repaired and repeated until no pair of directions sits on a saddle."""
    n_iter = 0
    for _ in range(MAX_REPAIRS):
        rotation, taken, converged = _fixed_point(cumulants, rotation)
        n_iter += taken
        rotation, repaired = _repair_pairs(cumulants, rotation)
        if not repaired:
            return rotation, n_iter, converged
    return rotation, n_iter, False


def _repair_pairs(cumulants: Cumulants, rotation: np.ndarray) -> tuple[np.ndarray, bool]:
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
            contrast = sum(
                np.abs(along(cumulants.fourth, directions, "iiii")) for directions in turned
            )
            best = int(contrast.argmax())
            # a grid step beside the optimum is not a saddle: the fixed point resolves angles
            # far better than the grid does
            beside = min(best, N_ANGLES - best) <= 2
            if not beside and contrast[best] > contrast[0] * (1 + 1e-6):
                rotation[i], rotation[j] = turned[0, best], turned[1, best]
                repaired = True
    return rotation, repaired


def _dependence(fourth: np.ndarray, rotation: np.ndarray) -> float:
    """Largest |corr(s_i^2, s_j^2)| over the pairs i != j; 0 for a single source."""
    d = len(rotation)
    if d == 1:
        return 0.0
    cross = along(fourth, rotation, "iijj")
    variance = np.diag(cross) + 2  # Var(s^2) = E[s^4] - 1 for unit variance
    # two equally likely values have squares that do not vary, and so depend on nothing
    variance = np.where(variance > SQUARE_ROUNDING, variance, np.inf)
    correlation = np.abs(cross) / np.sqrt(np.outer(variance, variance))
    return float(correlation[~np.eye(d, dtype=bool)].max())


def _stability(
    groups: Moments,
    rotation: np.ndarray,
    rotate: Callable[[Cumulants, np.ndarray], tuple[np.ndarray, int, bool]],
) -> float:
    """Cosine of the largest jackknife standard error of a direction."""
    n_groups = len(groups.second)
    variance = np.zeros(len(rotation))
    for left_out in range(n_groups):
        kept = np.arange(n_groups) != left_out
        if not kept.any():
            return 0.0
        refitted, _, _ = rotate(cumulants_of(*(moment[kept] for moment in groups)), rotation)
        cosines = np.clip(np.abs(np.einsum("ia,ia->i", refitted, rotation)), 0, 1)
        variance += np.arccos(cosines) ** 2
    error = np.sqrt(variance * (n_groups - 1) / n_groups)
    return float(np.cos(min(error.max(), np.pi / 2)))
