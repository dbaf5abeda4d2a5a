"""The ICA stage: the rotation that makes the coordinates independent, with a certificate.

Conventions: the rows are whitened, and a rotation W (d, d) has the directions w_i of the sources
in its rows, s = W z. Every contrast is a sum over the sources, and the best optimum of several
random starts is kept. Sources have zero mean and unit variance. They are ordered by the contrast,
the farthest from Gaussian first, equal ones by their columns of the mixing matrix. A source's
skewness is positive where it differs from zero by more than three standard errors; otherwise the
largest entry of its column is positive. So the sources depend on the rows, not on their order or
on a seed.

"auto" (`planes`) and "cube" (`cube`) read the rows once: everything they need is in the third and
fourth `cumulants`. "logcosh" (`logcosh`) reads a sample some hundred times and all rows some five.
The `search` is the same for all: approach, climb by Newton's method, leave saddles; the
`certificate` is a jackknife.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .._threads import one_blas_thread
from .._validation import check_numbers, choice, naming, seeded
from ..exceptions import ConvergenceWarning, warn
from .certificate import Refits, jackknife, jackknife_of_rows, standard_errors
from .cube import Kurtosis
from .cumulants import Cumulants, cumulants_of, group_moments, kurtosis, random_groups
from .cumulants import skewness as skewness_along
from .logcosh import SAMPLE_ROWS, LogCosh
from .planes import Negentropy
from .polar import PolarResult, fit_polar
from .search import Contrast, Optimum, best_start, settle
from .signs import definite_order, definite_signs
from .whitening import whitening_of

__all__ = ["CONTRASTS", "IcaResult", "PolarResult", "fit_ica", "fit_polar"]

CONTRASTS = ("auto", "cube", "logcosh")
N_GROUPS = 10
# Numbers of an embedding, whose sums and inverses do not overflow.
SMALLEST, LARGEST = 1e-300, 1e300


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
    stability : float
        Cosine of the largest ``rotation_error``: 1 is certain, 0 is arbitrary.
    n_iter : int
        Number of sweeps or fixed-point iterations of all starts together, and of Newton steps.
    converged : bool
        Whether Newton's method ended at a maximum by the second-order condition.
    mixing_error : ndarray of shape (d, d), float64
        Standard error of each entry of ``mixing``, by a jackknife over ten random groups of rows,
        each left out in turn; infinite where there are too few rows to leave any out.
    rotation_error : ndarray of shape (d,), float64
        Standard error of each source's direction among the whitened coordinates, in radians, by
        the same jackknife.
    curvature : float
        Largest eigenvalue of the contrast's Hessian over the angles of all d(d-1)/2 planes,
        divided by the contrast: a turn by a small angle t loses at least the share
        -curvature t^2 / 2 of it. Negative at a maximum, 0 where a turn changes nothing, positive
        at a saddle; -inf for d = 1.
    restarts : int
        Number of random starts: ten where they agreed, otherwise forty; 1 for d = 1.
    contrast_value : float
        The contrast at the optimum.
    """

    sources: np.ndarray
    mixing: np.ndarray
    unmixing: np.ndarray
    mean: np.ndarray
    kurtosis: np.ndarray
    skewness: np.ndarray
    stability: float
    n_iter: int
    converged: bool
    mixing_error: np.ndarray
    rotation_error: np.ndarray
    curvature: float
    restarts: int
    contrast_value: float

    def sources_of(self, embedding: np.ndarray) -> np.ndarray:
        """Sources (m, d) of other rows of the embedding."""
        return (embedding - self.mean) @ self.unmixing.T


def fit_ica(
    embedding: np.ndarray,
    *,
    contrast: str = "auto",
    random_state: int | np.random.RandomState | None = None,
) -> IcaResult:
    """Independent component analysis that ends at a checked maximum, with standard errors.

    Parameters
    ----------
    embedding : array-like of shape (n, d)
        Coordinates that are a linear mix of independent sources.
    contrast : {"auto", "cube", "logcosh"}
        "cube" is the kurtosis, G(u) = u^4, for which the theorem is proved, by symmetric FastICA
        (Hyvarinen 1999); "auto" adds the skewness, for factors that have little kurtosis (CuBICA,
        Blaschke & Wiskott 2004); "logcosh" is FastICA's G(u) = log cosh u, which bounds what a row
        far from all others can do.
    random_state : int, RandomState or None
        Seed of the starting rotations and of the jackknife's groups.

    Returns
    -------
    IcaResult
        Sources of unit variance and zero mean, ordered by how far from Gaussian they are, by the
        contrast, the farthest first. A source's skewness is positive where it is significant
        (more than three standard errors), otherwise the largest entry of its column of ``mixing``.

    Raises
    ------
    ValueError
        If the contrast is unknown, or the embedding is not finite and 2-D, has fewer than d + 1
        rows or does not span d dimensions.

    Warns
    -----
    ConvergenceWarning
        If no maximum was reached, as can happen with Gaussian sources.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.ica import fit_ica
    >>> rng = np.random.default_rng(0)
    >>> factors = rng.uniform(-1, 1, size=(2000, 2))
    >>> result = fit_ica(factors @ [[2.0, 1.0], [1.0, 3.0]], random_state=0)
    >>> result.sources.shape
    (2000, 2)
    >>> result.converged, bool((result.rotation_error < 0.05).all())
    (True, True)
    """
    from sklearn.utils import check_array

    choice("contrast", contrast, CONTRASTS)
    random_state = seeded(random_state)
    check_numbers("embedding", embedding)
    with naming("embedding"):
        embedding = check_array(
            embedding, dtype=np.float64, ensure_2d=False, allow_nd=True, input_name="embedding"
        )
    size = float(np.abs(embedding).max(initial=0))
    if size and not SMALLEST < size < LARGEST:
        raise ValueError(
            f"`embedding` must have a largest number between {SMALLEST:g} and {LARGEST:g}; got "
            f"{size:g}. Divide it: sources do not depend on its unit."
        )
    if embedding.ndim != 2 or not 0 < embedding.shape[1] < embedding.shape[0]:
        raise ValueError(
            "`embedding` must have the shape (n, d) with more rows than columns; "
            f"got {embedding.shape}."
        )
    with one_blas_thread():  # many products, all of them too small to share
        return _fitted(embedding, contrast, random_state)


def _fitted(embedding: np.ndarray, contrast: str, random_state: np.random.RandomState) -> IcaResult:
    mean = embedding.mean(axis=0)
    whitening = whitening_of(embedding - mean)
    search = _rows_search if contrast == "logcosh" else _cumulant_search
    found = search((embedding - mean) @ whitening.T, contrast, random_state)
    optimum, rotation = found.optimum, found.optimum.rotation
    if not optimum.maximum:
        _warn(optimum)

    unwhitening = np.linalg.inv(whitening)
    order = definite_order(found.of_each, unwhitening @ rotation.T)
    unsigned = (embedding - mean) @ (rotation[order] @ whitening).T
    sign = definite_signs(unsigned, unwhitening @ rotation[order].T)
    rotation_error, mixing_error = standard_errors(found.refits, rotation, unwhitening)
    rotation = sign[:, None] * rotation[order]
    return IcaResult(
        sources=unsigned * sign,
        mixing=unwhitening @ rotation.T,
        unmixing=rotation @ whitening,
        mean=mean,
        kurtosis=kurtosis(found.cumulants, rotation),
        skewness=skewness_along(found.cumulants, rotation),
        stability=float(np.cos(rotation_error.max())),
        n_iter=optimum.n_iter,
        converged=optimum.maximum,
        mixing_error=mixing_error[:, order],
        rotation_error=rotation_error[order],
        curvature=optimum.curvature,
        restarts=optimum.restarts,
        contrast_value=optimum.value,
    )


class _Found(NamedTuple):
    optimum: Optimum
    of_each: np.ndarray
    cumulants: Cumulants
    refits: Refits | None


def _cumulant_search(white: np.ndarray, name: str, random_state: np.random.RandomState) -> _Found:
    """The rows are read once, for their moments."""
    make = Kurtosis if name == "cube" else Negentropy
    groups = random_groups(len(white), min(N_GROUPS, len(white)), random_state)
    moments = group_moments(white, groups)
    cumulants, _ = cumulants_of(*moments.mean())
    contrast: Contrast = make(cumulants)
    start, n_iter, restarts = best_start(contrast, white.shape[1], random_state)
    optimum = _counted(settle(contrast, start), n_iter, restarts)
    of_each = contrast.of_each(optimum.rotation)
    return _Found(optimum, of_each, cumulants, jackknife(moments, optimum.rotation, make))


def _rows_search(white: np.ndarray, name: str, random_state: np.random.RandomState) -> _Found:
    """The starts see a sample of the rows, Newton's method and the jackknife see all of them."""
    n, d = white.shape
    groups = random_groups(n, min(N_GROUPS, n), random_state)
    cumulants, _ = cumulants_of(*group_moments(white, groups).mean())
    sample = random_state.permutation(n)[:SAMPLE_ROWS]
    start, n_iter, restarts = best_start(LogCosh(white[sample]), d, random_state)
    contrast = LogCosh(white)
    optimum = _counted(settle(contrast, start), n_iter, restarts)
    refits = jackknife_of_rows(contrast, optimum.rotation, groups)
    return _Found(optimum, contrast.of_each(optimum.rotation), cumulants, refits)


def _counted(optimum: Optimum, n_iter: int, restarts: int) -> Optimum:
    return replace(optimum, n_iter=optimum.n_iter + n_iter, restarts=restarts)


def _warn(optimum: Optimum) -> None:
    why = (
        f"the largest curvature of the contrast there is {optimum.curvature:.2g}, where a maximum "
        "has a negative one"
        if optimum.settled
        else f"{optimum.n_iter} iterations were not enough"
    )
    warn(
        f"ICA did not reach an optimum: {why}. The sources may be Gaussian (kurtosis near 0), "
        "which leaves their rotation undetermined.",
        ConvergenceWarning,
    )
