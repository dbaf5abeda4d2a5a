"""The hierarchy's parts against dense matrices, and its eigenpairs against dense ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from hessmap import ConvergenceWarning, HessianEigenmaps, HessianICA
from hessmap.datasets import arcs, swiss_roll
from hessmap.eigen import Geometry, _kernels, aggregation, hierarchy, smallest_eigenpairs
from hessmap.eigen.aggregation import BlockRows, Moments
from hessmap.eigen.certificate import AngleBound
from hessmap.eigen.hierarchy import Hierarchy
from hessmap.eigen.smoother import Smoother
from hessmap.functionals import FUNCTIONALS, local_frames
from hessmap.neighbors import knn_graph
from hessmap.operator import build_operator
from hessmap.order import spatial_order

from .helpers import affine_error, naive_chebyshev, subspace_sine


def problem(name="hessian", X=None, *, d=2, k=16, n=1200, noise=0.0):
    if X is None:
        X, _ = arcs(n, d, n_features=2 * d + 2, noise=noise, random_state=0)
    X = X[spatial_order(X)]
    functional = FUNCTIONALS[name]
    graph = knn_graph(X, k)
    frames = local_frames(X, graph, d, curvature=functional.curvature)
    operator = build_operator(
        functional.forms(frames, graph), graph.indices, normalized=functional.normalized
    )
    return operator, Geometry(X, graph.indices, d if functional.affine else 0)


def hierarchy_of(operator, geometry, threads=1):
    n, k = geometry.neighborhoods.shape
    graph = sparse.csr_array(
        (np.ones(n * k), geometry.neighborhoods.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n)
    )
    weights = 1 / operator.scaling
    moments = Moments(geometry.points * weights[:, None], weights)
    return Hierarchy(operator.tocsr(), graph, moments, geometry.n_tangent, threads)


def dense(P: BlockRows) -> np.ndarray:
    c = P.values.shape[1]
    matrix = np.zeros((len(P.begin) - 1, P.n_aggregates * c))
    for i in range(len(matrix)):
        for o in range(P.begin[i], P.begin[i + 1]):
            matrix[i, c * P.columns[o] : c * P.columns[o] + c] += P.values[o]
    return matrix


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize(("d", "k"), [(1, 20), (2, 16), (3, 20), (5, 35)])
@pytest.mark.parametrize("name", FUNCTIONALS)
def test_null_space_is_the_dense_one_within_its_bound(name, d, k, noise):
    operator, geometry = problem(name, d=d, k=k, noise=noise, n=1500 if d < 5 else 900)
    pairs = smallest_eigenpairs(
        operator, d + 2, solver="multigrid", geometry=geometry, random_state=0
    )
    exact = smallest_eigenpairs(operator, d + 2, solver="dense")
    sine = subspace_sine(pairs.vectors[:, : d + 1], exact.vectors[:, : d + 1])
    assert sine <= pairs.certificate.sin_bound <= 1e-4
    np.testing.assert_allclose(
        pairs.values[: d + 1], exact.values[: d + 1], rtol=1e-2, atol=1e-13 * operator.norm()
    )
    np.testing.assert_allclose(pairs.vectors.T @ pairs.vectors, np.eye(d + 2), atol=1e-10)
    assert pairs.n_iter <= 30


@pytest.mark.parametrize("m", range(1, 8))
def test_products_of_any_width(m):
    operator, _ = problem(n=300)
    matrix = operator.tocsr()
    rng = np.random.default_rng(m)
    x, b = rng.standard_normal((2, 300, m))
    y = np.empty_like(x)
    _kernels.subtract_product(0, 300, matrix.indptr, matrix.indices, matrix.data, x, b, y)
    np.testing.assert_allclose(y, b - matrix @ x, atol=1e-12)


@pytest.mark.parametrize("m", [1, 3, 4, 6])
@pytest.mark.parametrize("degree", [1, 2, 4])
def test_smoother_is_the_chebyshev_iteration_written_out(m, degree):
    operator, _ = problem(n=400)
    matrix = operator.tocsr()
    smoother = Smoother(matrix, largest_block=6, degree=degree, range_ratio=10.0, threads=2)
    first, members, offset, inverses = smoother._blocks
    assert sorted(members) == list(range(400))
    assert np.diff(first).max() <= 6
    B = np.zeros((400, 400))
    for block in range(len(first) - 1):
        rows = members[first[block] : first[block + 1]]
        B[np.ix_(rows, rows)] = np.linalg.inv(matrix.toarray()[np.ix_(rows, rows)])
        size = len(rows)
        found = inverses[offset[block] : offset[block + 1]].reshape(size, size)
        np.testing.assert_allclose(found, B[np.ix_(rows, rows)], rtol=1e-6)
    top = np.linalg.eigvals(B @ matrix.toarray()).real.max()
    b = np.random.default_rng(m).standard_normal((400, m))
    x, r = np.zeros_like(b), b.copy()
    smoother.smooth(r, x, keep_residual=True)
    np.testing.assert_allclose(r, b - matrix @ x, atol=1e-8)
    low, high = smoother.interval
    assert top <= high <= 1.3 * top
    expected = naive_chebyshev(matrix.toarray(), B, b, interval=(low, high), degree=degree)
    np.testing.assert_allclose(x, expected, rtol=1e-6, atol=1e-8)


def test_blocks_join_what_is_nearly_at_one_place():
    """Pairs of nodes a thousandth of the spacing apart end up in one block."""
    X, _ = arcs(400, 2, n_features=6, random_state=0)
    twins = X[:50] + 1e-5
    operator, geometry = problem(X=np.concatenate([X, twins]))
    smoother = Smoother(operator.tocsr(), largest_block=8, degree=2, range_ratio=8.0, threads=1)
    first, members, *_ = smoother._blocks
    block_of = np.empty(450, dtype=int)
    block_of[members] = np.repeat(np.arange(len(first) - 1), np.diff(first))
    nearest = knn_graph(geometry.points, 2)
    pairs = np.flatnonzero(nearest.distances[:, 1] < 1e-4)
    assert len(pairs) == 100
    assert (block_of[pairs] == block_of[nearest.indices[pairs, 1]]).mean() > 0.95


def test_twins_do_not_slow_the_iteration_down():
    X, _ = arcs(3000, 2, n_features=6, random_state=0)
    rng = np.random.default_rng(0)
    twins = X[:600] + 1e-3 * rng.standard_normal((600, 6))
    operator, geometry = problem(X=np.concatenate([X, twins]))
    pairs = smallest_eigenpairs(operator, 4, solver="multigrid", geometry=geometry, random_state=0)
    assert pairs.certificate.sin_bound <= 1e-4
    assert pairs.n_iter <= 20


@pytest.mark.parametrize(("name", "d"), [("hessian", 2), ("tangent", 3), ("laplacian", 2)])
def test_levels(name, d, monkeypatch):
    """Prolongators keep the constant, coarse matrices are P'HP, on every level."""
    monkeypatch.setattr(hierarchy, "MAX_DIRECT", 30)
    operator, geometry = problem(name, d=d, k=24, n=3000)
    found = hierarchy_of(operator, geometry)
    assert len(found.sizes) >= 3
    matrices = [level.matrix for level in found.levels] + [found.coarsest]
    constants = [level.constant for level in found.levels] + [found.constant]
    np.testing.assert_allclose(constants[0], operator.constant, atol=1e-14)
    for depth, level in enumerate(found.levels):
        P = dense(level.prolongator)
        fine, coarse = matrices[depth].toarray(), matrices[depth + 1].toarray()
        product = P.T @ fine @ P
        present = np.diag(product) > 1e-13 * np.diag(product).max()
        np.testing.assert_allclose(
            coarse[np.ix_(present, present)], product[np.ix_(present, present)], atol=1e-10
        )
        image = P @ constants[depth + 1]
        np.testing.assert_allclose(
            image / np.linalg.norm(image), constants[depth], atol=1e-9 * 10**depth
        )
        rng = np.random.default_rng(0)
        r = rng.standard_normal((len(fine), 5))
        np.testing.assert_allclose(found.restrict(depth, r), P.T @ r, atol=1e-12)
        x, y = np.ones((len(fine), 5)), rng.standard_normal((P.shape[1], 5))
        found.prolong(depth, y, x)
        np.testing.assert_allclose(x, 1 + P @ y, atol=1e-12)


def test_tentative_functions_are_affine_on_every_aggregate():
    X, _ = arcs(600, 2, n_features=6, random_state=0)
    labels = np.random.default_rng(0).integers(0, 20, size=600)
    bases, moments = aggregation.local_bases(Moments(X, np.ones(600)), labels, 20, 2, 1)
    for a in range(20):
        rows = labels == a
        left, _, _ = np.linalg.svd(X[rows] - X[rows].mean(axis=0), full_matrices=False)
        expected = np.column_stack([np.ones(rows.sum()), left[:, :2]])
        assert subspace_sine(bases[rows], expected) < 1e-6
        np.testing.assert_allclose(bases[rows].T @ bases[rows], np.eye(3), atol=1e-10)
        np.testing.assert_allclose(
            moments.vectors[3 * a] / moments.weights[3 * a], X[rows].mean(axis=0), atol=1e-12
        )


@pytest.mark.parametrize("name", FUNCTIONALS)
def test_a_cycle_is_symmetric_and_nearly_an_inverse(name, monkeypatch):
    monkeypatch.setattr(hierarchy, "MAX_DIRECT", 60)
    operator, geometry = problem(name, n=700, noise=0.01)
    found = hierarchy_of(operator, geometry)
    M = found.cycle(0, np.eye(700))
    np.testing.assert_allclose(M, M.T, atol=1e-7 * np.abs(M).max())
    values = np.sort(np.linalg.eigvals(M @ operator.tocsr().toarray()).real)
    assert values[1] > 0.1  # values[0] belongs to the constant
    assert values[-1] < 1.2


def test_bound_needs_to_have_seen_the_gap():
    """A Ritz value after the gap that may still fall says nothing."""
    R = np.ones((100, 3)) * 1e-3
    assert AngleBound(2, 1e-16).update(np.array([1e-9, 1e-9, 1e-6]), R, R) == 1
    small = 1e-9 * R
    assert AngleBound(2, 1e-16).update(np.array([1e-9, 1e-9, 1e-6]), small, small) < 1e-2


def test_same_bits_whatever_the_threads():
    X, _ = swiss_roll(5000, random_state=0)
    fits = [HessianICA(random_state=0, n_jobs=n_jobs).fit(X) for n_jobs in (1, 2, 3)]
    assert fits[0].report_.n_nodes > 4000  # multigrid
    for other in fits[1:]:
        np.testing.assert_array_equal(fits[0].embedding_, other.embedding_)
        np.testing.assert_array_equal(fits[0].sources_, other.sources_)
        np.testing.assert_array_equal(fits[0].eigenvalues_, other.eigenvalues_)


def test_large_fits_do_not_depend_on_the_order_of_rows():
    X, factors = swiss_roll(5000, random_state=0)
    shuffle = np.random.default_rng(0).permutation(5000)
    one = HessianEigenmaps(random_state=0).fit_transform(X)
    two = HessianEigenmaps(random_state=0).fit_transform(X[shuffle])
    assert subspace_sine(one[shuffle], two) < 1e-4
    assert affine_error(one, factors) < 1e-6


def test_a_gap_below_double_precision_is_said():
    t = np.linspace(0, 3, 30_000)
    X = np.column_stack([np.cos(t), np.sin(t)])
    with (
        pytest.warns(ConvergenceWarning, match="below what double precision resolves"),
        pytest.warns(match="eigen-not-converged"),
    ):
        model = HessianEigenmaps(1, n_nodes=None, random_state=0).fit(X)
    found = {finding.code: finding for finding in model.report_.findings}
    assert "n_nodes='auto' finds how many" in found["eigen-not-converged"].message
    assert np.isfinite(model.embedding_).all()


def test_multigrid_says_what_it_lacks():
    operator, geometry = problem(n=300)
    with pytest.raises(ValueError, match="needs the `geometry` of the nodes"):
        smallest_eigenpairs(operator, 4, solver="multigrid")
    few, geometry = problem(n=50)
    with pytest.raises(ValueError, match="needs more than 60 nodes for n_null=3; got 50"):
        smallest_eigenpairs(few, 4, solver="multigrid", geometry=geometry)


@pytest.mark.parametrize("distance", [1e-12, 1e-9])
@pytest.mark.parametrize("n_twins", [1, 2000])
def test_null_vectors_that_no_coarse_level_holds_are_found(distance, n_twins):
    """Rows nearly at one place give the operator null vectors that are anything but smooth."""
    flat = np.random.RandomState(0).rand(4200, 2)
    flat = np.concatenate([flat, flat[:n_twins] + distance])
    operator, geometry = problem(X=np.column_stack([flat, 0.1 * flat[:, 0] ** 2]))
    pairs = smallest_eigenpairs(
        operator, 4, n_null=3, solver="multigrid", geometry=geometry, random_state=0
    )
    assert pairs.certificate.sin_bound == 1


@pytest.mark.parametrize(("size", "distance"), [(5, 1e-8), (3, 1e-7), (8, 1e-5)])
def test_clusters_do_not_make_the_smoother_indefinite(size, distance):
    r = np.random.RandomState(0)
    flat = np.repeat(r.rand(4800 // size, 2), size, axis=0) + distance * r.randn(4800, 2)
    operator, geometry = problem(X=np.column_stack([flat, 0.1 * flat[:, 0] ** 2]), k=40)
    pairs = smallest_eigenpairs(
        operator, 4, n_null=3, solver="multigrid", geometry=geometry, random_state=0
    )
    assert pairs.certificate.sin_bound == 1


@pytest.mark.parametrize(
    ("n", "d", "k", "name"),
    [(130, 5, 40, "hessian"), (100, 2, 60, "laplacian"), (150, 6, 60, "tangent")],
)
def test_few_nodes_in_wide_neighbourhoods(n, d, k, name):
    """Fewer coarse functions than vectors are wanted."""
    X = np.random.RandomState(1).rand(n, d + 1)
    operator, geometry = problem(name, X=X, d=d, k=k)
    pairs = smallest_eigenpairs(
        operator, d + 2, solver="multigrid", geometry=geometry, random_state=0
    )
    exact = smallest_eigenpairs(operator, d + 2, solver="dense")
    # rounding and a noisy spectrum: the Ritz values are what there is to compare
    np.testing.assert_allclose(pairs.values, exact.values, rtol=1e-3, atol=1e-12)


def test_nodes_extremely_far_away_are_an_error_that_says_so():
    r = np.random.RandomState(0)
    X = r.rand(5000, 2)
    X[:5] += 1e8 * r.randn(5, 2)
    operator, geometry = problem(X=X)
    with pytest.raises(ValueError, match="Remove rows that lie extremely far from all others"):
        smallest_eigenpairs(
            operator, 4, n_null=3, solver="multigrid", geometry=geometry, random_state=0
        )
