"""Other implementations: scikit-learn, and Donoho & Grimes written out in NumPy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import eigsh
from sklearn.decomposition import FastICA
from sklearn.manifold import LocallyLinearEmbedding, SpectralEmbedding
from sklearn.neighbors import NearestNeighbors

from hessmap import HessianEigenmaps
from hessmap.datasets import arcs, shapes_xy, swiss_roll
from hessmap.eigen import smallest_eigenpairs
from hessmap.functionals import FUNCTIONALS, local_frames
from hessmap.ica import fit_ica
from hessmap.neighbors import KnnGraph, knn_graph
from hessmap.operator import LocalForms, build_operator
from hessmap.pictures import Blur

from .helpers import (
    affine_error,
    naive_coordinates,
    naive_hessian,
    naive_neighbors,
    naive_normal_coordinates,
    naive_operator,
    subspace_sine,
)


def centred(embedding):
    return embedding - embedding.mean(axis=0)


def null_space(name, X, graph, d, *, curvature=None):
    functional = FUNCTIONALS[name]
    curvature = functional.curvature if curvature is None else curvature
    frames = local_frames(X, graph, d, curvature=curvature)
    operator = build_operator(
        functional.forms(frames, graph), graph.indices, normalized=functional.normalized
    )
    pairs = smallest_eigenpairs(operator, d + 2, random_state=0)
    return pairs.vectors[:, 1 : d + 1] * operator.scaling[:, None]


@pytest.mark.parametrize("method", ["ltsa", "hessian"])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(swiss_roll(600, random_state=0), id="swiss roll"),
        pytest.param(swiss_roll(600, noise=0.3, random_state=0), id="noisy swiss roll"),
        pytest.param(arcs(600, 3, n_features=9, random_state=0), id="three arcs"),
    ],
)
def test_tangent_on_scikit_learns_neighbours_is_its_ltsa(data, method):
    """Its "hessian" too: the full complement of [1, tangent] makes it LTSA."""
    X, factors = data
    d, k = factors.shape[1], 16
    reference = LocallyLinearEmbedding(
        n_neighbors=k, n_components=d, method=method, eigen_solver="dense"
    ).fit_transform(X)
    # its lists leave the row itself out, here they must not put it back
    indices = NearestNeighbors(n_neighbors=k).fit(X).kneighbors(return_distance=False)
    graph = KnnGraph(indices.astype(np.int64), np.zeros(indices.shape))
    found = null_space("tangent", X, graph, d)
    assert subspace_sine(found, reference) < 1e-6


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
def test_laplacian_is_scikit_learns_spectral_embedding():
    X, _ = swiss_roll(500, random_state=0)
    graph = knn_graph(X, 12)
    t = np.median(graph.distances[:, -1]) ** 2
    weights = np.zeros((500, 500))
    rows = np.repeat(np.arange(500), 11)
    weights[rows, graph.indices[:, 1:].ravel()] = np.exp(-(graph.distances[:, 1:].ravel() ** 2) / t)
    reference = SpectralEmbedding(
        n_components=3, affinity="precomputed", eigen_solver="arpack", random_state=0
    ).fit_transform((weights + weights.T) / 2)
    found = null_space("laplacian", X, graph, 3)
    assert subspace_sine(found, reference) < 1e-6
    embedding = HessianEigenmaps(
        3, operator="laplacian", n_neighbors=12, n_nodes=None
    ).fit_transform(X)
    assert subspace_sine(embedding, centred(reference)) < 1e-6


@pytest.mark.parametrize("curvature", [False, True])
@pytest.mark.parametrize(("d", "k"), [(2, 12), (3, 16)])
def test_hessian_is_donoho_and_grimes_written_out(d, k, curvature):
    X, _ = arcs(250, d, n_features=2 * d + 1, noise=0.003, random_state=0)
    indices, _ = naive_neighbors(X, k)
    coordinates = naive_normal_coordinates if curvature else naive_coordinates
    rows = np.array([naive_hessian(coordinates(X[members], d)) for members in indices])
    _, vectors = np.linalg.eigh(naive_operator(LocalForms("gram", rows), indices))
    found = null_space("hessian", X, knn_graph(X, k), d, curvature=curvature)
    # with the constant on both sides, whose place among d + 1 null vectors is arbitrary
    ones = np.ones((250, 1))
    assert subspace_sine(np.hstack([ones, found]), vectors[:, : d + 1]) < 1e-6


@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize(
    ("make", "blur"),
    [
        pytest.param(lambda: swiss_roll(1500, random_state=0), None, id="swiss roll"),
        pytest.param(lambda: swiss_roll(1500, hole=True, random_state=0), None, id="hole"),
        pytest.param(lambda: arcs(1500, 2, random_state=0), None, id="arcs"),
        pytest.param(lambda: arcs(1500, 3, random_state=0), None, id="three arcs"),
        pytest.param(lambda: shapes_xy(1500, random_state=0), Blur((48, 48), 3), id="pictures"),
    ],
)
def test_error_is_not_above_scikit_learns(make, blur, noise):
    X, factors = make()
    scale = noise * X.std(axis=0).max()
    X = X + scale * np.random.default_rng(1).standard_normal(X.shape)
    X = X if blur is None else blur.fit_transform(X)
    d = factors.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = affine_error(HessianEigenmaps(d, n_neighbors=16).fit_transform(X), factors)
        try:
            theirs = affine_error(
                LocallyLinearEmbedding(
                    n_neighbors=16, n_components=d, method="hessian", random_state=0
                ).fit_transform(X),
                factors,
            )
        except ValueError:
            theirs = np.inf  # it raises where its matrix is singular to rounding
    assert mine <= 1.1 * theirs


@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: swiss_roll(3000, random_state=0), id="swiss roll"),
        pytest.param(lambda: arcs(3000, 1, random_state=0), id="arc"),
        pytest.param(lambda: arcs(3000, 2, random_state=0), id="arcs"),
        pytest.param(lambda: arcs(3000, 3, random_state=0), id="three arcs"),
    ],
)
@pytest.mark.parametrize("name", ["hessian", "tangent"])
def test_null_space_is_that_of_scipys_shift_invert(name, make, noise):
    X, factors = make()
    d = factors.shape[1]
    X = X + noise * X.std(axis=0).max() * np.random.default_rng(1).standard_normal(X.shape)
    graph = knn_graph(X, 16)
    functional = FUNCTIONALS[name]
    frames = local_frames(X, graph, d, curvature=functional.curvature)
    operator = build_operator(functional.forms(frames, graph), graph.indices)
    pairs = smallest_eigenpairs(operator, d + 2, random_state=0)
    matrix = csc_matrix(operator.tocsr())
    _, reference = eigsh(matrix, k=d + 1, sigma=-1e-11, which="LM", v0=np.ones(3000), tol=0)
    sine = subspace_sine(pairs.vectors[:, : d + 1], reference)
    assert sine < 1e-6
    # the reference is itself only good to its own rounding
    assert sine < max(10 * pairs.certificate.sin_bound, 1e-8)


def test_sources_are_those_of_fastica():
    rng = np.random.default_rng(0)
    embedding = rng.uniform(-1, 1, size=(3000, 3)) @ rng.standard_normal((3, 3))
    reference = FastICA(
        fun="cube", whiten="unit-variance", tol=1e-10, max_iter=1000, random_state=0
    ).fit_transform(embedding)
    found = fit_ica(embedding, random_state=0).sources
    correlation = np.abs(np.corrcoef(found.T, reference.T)[:3, 3:])
    np.testing.assert_allclose(correlation.max(axis=1), 1, atol=1e-6)
