"""The methods that `rivals` compares, each as a function of points, d, k and a seed.

To add one, append a Rival to RIVALS. Its function must be importable from a module, alone or in a
``functools.partial``, because every run is a process of its own.

Settings that are not the default of a library were chosen so that the method does well on the data
of ``rivals.py --check``; a comment says what they are for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from diffusion import diffusion_maps
from sklearn.decomposition import PCA, FastICA, MiniBatchDictionaryLearning
from sklearn.manifold import Isomap, LocallyLinearEmbedding, SpectralEmbedding

from hessmap import HessianEigenmaps, HessianICA

Embed = Callable[[np.ndarray, int, int, int], np.ndarray]
# Rows up to which all eigenvectors of a matrix are computed where ARPACK finds none.
MAX_DENSE = 5000


@dataclass(frozen=True)
class Rival:
    """One method.

    Attributes
    ----------
    name : str
        Unique.
    embed : callable
        ``embed(points, d, k, seed)`` -> codes (n, d) of points (n, q), float64; or it raises.
    ica : bool
        Whether hessmap's ICA follows.
    wide : bool
        Whether it wants the raw rows in place of their principal components.
    compiles : bool
        Whether its first call in a process is slow; a small one then comes before the clock.
    uses_k : bool
        Whether the number of neighbours makes a difference: not where it chooses them itself.
    max_rows : int or None
        Number of rows beyond which it is not run, and ``reason`` says why.
    reason : str
        Why there is a ``max_rows``.
    """

    name: str
    embed: Embed
    ica: bool = False
    wide: bool = False
    compiles: bool = False
    uses_k: bool = True
    max_rows: int | None = None
    reason: str = ""


def pca(points: np.ndarray, d: int, k: int, seed: int) -> np.ndarray:
    return PCA(d, random_state=seed).fit_transform(points)


def hessian_eigenmaps(points: np.ndarray, d: int, k: int, seed: int) -> np.ndarray:
    return HessianEigenmaps(d, random_state=seed).fit_transform(points)


def hessian_ica(
    points: np.ndarray, d: int, k: int, seed: int, *, same_k: bool = False, **settings: Any
) -> np.ndarray:
    """With everything automatic, ``n_neighbors`` too unless it is to be the rivals' k."""
    if same_k:
        settings["n_neighbors"] = k
    return HessianICA(d, random_state=seed, **settings).fit_transform(points)


def scikit_learn_lle(
    points: np.ndarray,
    d: int,
    k: int,
    seed: int,
    *,
    method: str,
    reg: float = 1e-3,
    fast_ica: bool = False,
) -> np.ndarray:
    """Locally linear embedding, "dense" where ARPACK fails, as its error message recommends.

    Each row is left out of its own neighbourhood, so that one which is in no other leaves the
    matrix singular: ARPACK fails, and the dense solver returns that row and no coordinates. Noise
    does this, and a larger k mends it.
    """
    model = LocallyLinearEmbedding(
        n_neighbors=k,
        n_components=d,
        method=method,
        reg=reg,
        eigen_solver="arpack",
        random_state=seed,
        n_jobs=-1,
    )
    try:
        codes = model.fit_transform(points)
    except (ValueError, RuntimeError) as problem:
        if len(points) > MAX_DENSE:
            raise
        warnings.warn(f'eigen_solver="dense": {problem}', stacklevel=2)
        codes = model.set_params(eigen_solver="dense").fit_transform(points)
    if not fast_ica:
        return codes
    return FastICA(random_state=seed, whiten="unit-variance").fit_transform(codes)


def isomap(points: np.ndarray, d: int, k: int, seed: int) -> np.ndarray:
    return Isomap(n_neighbors=k, n_components=d, n_jobs=-1).fit_transform(points)


def spectral_embedding(points: np.ndarray, d: int, k: int, seed: int) -> np.ndarray:
    model = SpectralEmbedding(d, n_neighbors=k, random_state=seed, n_jobs=-1)
    return model.fit_transform(points)


def umap(points: np.ndarray, d: int, k: int, seed: int) -> np.ndarray:
    """With a large ``min_dist``: the default of 0.1 is for clusters, and clumps even densities.

    Seeded, hence on one thread.
    """
    from umap import UMAP

    model = UMAP(n_components=d, n_neighbors=k, min_dist=0.99, random_state=seed, n_jobs=1)
    return model.fit_transform(points)


def sparse_coding(points: np.ndarray, d: int, k: int, seed: int) -> np.ndarray:
    """Codes of a dictionary of d atoms; rows have unit length on average, to which alpha refers.

    A larger alpha is worse here, and at the default of 1 all codes are zero.
    """
    centred = points - points.mean(axis=0)
    unit = np.sqrt((centred**2).sum(axis=1).mean())
    model = MiniBatchDictionaryLearning(
        d, alpha=0.03, transform_algorithm="lasso_lars", transform_alpha=0.03, random_state=seed
    )
    return model.fit_transform(centred / unit)


def diffusion(points: np.ndarray, d: int, k: int, seed: int) -> np.ndarray:
    return diffusion_maps(points, d, k)


def tapkee(points: np.ndarray, d: int, k: int, seed: int, *, method: str) -> np.ndarray:
    """Each column of the matrix that it takes is a point; it has no seed."""
    import tapkee

    if method == "hlle" and d > 2:  # it counts the products of coordinates wrongly
        raise ValueError("tapkee's HLLE writes beyond its arrays where d > 2")
    codes = tapkee.embed(
        np.asfortranarray(points.T), method=method, num_neighbors=k, target_dimension=d
    )
    return codes if len(codes) == len(points) else codes.T


def lle(method: str, **settings: Any) -> Embed:
    return partial(scikit_learn_lle, method=method, **settings)


def ours(name: str, embed: Embed, **flags: Any) -> Rival:
    return Rival(name, embed, compiles=True, **flags)


def then_ica(name: str, embed: Embed, **flags: Any) -> Rival:
    return Rival(name, embed, ica=True, **flags)


RIVALS: list[Rival] = [
    Rival("PCA", pca, uses_k=False),
    then_ica("PCA + ICA", pca, uses_k=False),
    ours("HLLE without ICA", hessian_eigenmaps, uses_k=False),
    ours("HessianICA", hessian_ica, uses_k=False),
    ours("HessianICA, k, all rows", partial(hessian_ica, same_k=True, n_nodes=None)),
    ours("HessianICA, tangent", partial(hessian_ica, operator="tangent"), uses_k=False),
    ours("HessianICA, laplacian", partial(hessian_ica, operator="laplacian"), uses_k=False),
    Rival("scikit-learn HLLE + FastICA", lle("hessian", fast_ica=True)),
    then_ica("scikit-learn HLLE + ICA", lle("hessian")),
    then_ica("scikit-learn LTSA + ICA", lle("ltsa")),
    # on a curve in few columns it wants the default, in many columns a larger one
    then_ica("scikit-learn LLE + ICA", lle("standard")),
    then_ica("scikit-learn LLE, reg=0.01 + ICA", lle("standard", reg=1e-2)),
    then_ica("scikit-learn modified LLE + ICA", lle("modified")),
    then_ica("Isomap + ICA", isomap, max_rows=10_000, reason="n^2 distances: 0.8 GB, twice"),
    then_ica("UMAP + ICA", umap, compiles=True),
    then_ica("SpectralEmbedding + ICA", spectral_embedding),
    Rival("sparse coding", sparse_coding, uses_k=False),
    then_ica("diffusion maps, local cov. + ICA", diffusion),
    then_ica("tapkee HLLE + ICA", partial(tapkee, method="hlle")),
    then_ica("tapkee LTSA + ICA", partial(tapkee, method="ltsa")),
]
