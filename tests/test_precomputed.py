"""Graphs that users bring."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.neighbors import KNeighborsTransformer, NearestNeighbors, kneighbors_graph

from hessmap import HessianEigenmaps
from hessmap.datasets import swiss_roll
from hessmap.neighbors import knn_graph
from hessmap.precomputed import as_graph, cut, on_distinct
from hessmap.rows.distinct import merge_duplicates

from .helpers import subspace_sine

pytestmark = pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
X, _ = swiss_roll(400, random_state=0)


def assert_same(graph, expected):
    np.testing.assert_array_equal(graph.indices, expected.indices)
    np.testing.assert_allclose(graph.distances, expected.distances, atol=1e-12)


def test_arrays_with_self():
    distances, indices = NearestNeighbors(n_neighbors=12).fit(X).kneighbors(X)
    assert_same(as_graph((indices, distances), 400), knn_graph(X, 12))
    assert_same(cut(as_graph((indices, distances), 400), 8, 0), knn_graph(X, 8))


def test_arrays_without_self_are_given_it():
    distances, indices = NearestNeighbors(n_neighbors=12).fit(X).kneighbors()
    assert_same(as_graph((indices, distances), 400), knn_graph(X, 13))


def test_arrays_where_only_some_rows_list_themselves():
    with_self = knn_graph(X, 13)
    indices, distances = with_self.indices[:, :12].copy(), with_self.distances[:, :12].copy()
    indices[::3], distances[::3] = with_self.indices[::3, 1:], with_self.distances[::3, 1:]
    assert_same(as_graph((indices, distances), 400), knn_graph(X, 12))


@pytest.mark.parametrize("mode", [sparse.csr_matrix, sparse.csr_array, sparse.coo_matrix])
def test_sparse_graphs(mode):
    graph = mode(kneighbors_graph(X, 12, mode="distance"))
    assert_same(as_graph(graph, 400), knn_graph(X, 13))
    with_self = KNeighborsTransformer(n_neighbors=12).fit_transform(X)
    assert_same(as_graph(with_self, 400), knn_graph(X, 13))


def test_sparse_graph_of_uneven_rows_is_cut_to_the_shortest():
    dense = kneighbors_graph(X, 12, mode="distance").tolil()
    dense[0, dense.rows[0][0]] = 0
    graph = as_graph(dense.tocsr(), 400)
    assert graph.indices.shape[1] in (12, 13)
    assert (graph.indices[:, 0] == np.arange(400)).all()


def test_same_fit_as_with_the_own_search():
    own = HessianEigenmaps(random_state=0, n_neighbors=12).fit(X)
    given = HessianEigenmaps(random_state=0, precomputed_knn=knn_graph(X, 12)).fit(X)
    assert given.n_neighbors_ == 12
    assert subspace_sine(own.embedding_, given.embedding_) < 1e-9


def test_duplicates_are_merged_in_the_graph_too():
    doubled = np.concatenate([X, X[:40]])
    graph = knn_graph(doubled, 14)
    merged = on_distinct(graph, merge_duplicates(doubled))
    assert len(merged.indices) == 400
    k = merged.indices.shape[1]
    assert k < 14
    assert_same(merged, knn_graph(X, k))
    model = HessianEigenmaps(random_state=0, precomputed_knn=graph).fit(doubled)
    clean = HessianEigenmaps(random_state=0, n_neighbors=k).fit(X)
    assert subspace_sine(model.embedding_[:400], clean.embedding_) < 1e-9


def test_duplicates_are_merged_before_the_graph_is_cut():
    doubled = np.concatenate([X, X[:100]])
    graph = knn_graph(doubled, 30)
    model = HessianEigenmaps(n_neighbors=14, precomputed_knn=graph, random_state=0).fit(doubled)
    clean = HessianEigenmaps(n_neighbors=14, random_state=0).fit(X)
    assert model.n_neighbors_ == 14
    assert subspace_sine(model.embedding_[:400], clean.embedding_) < 1e-9
    heap = np.concatenate([X, np.repeat(X[:1], 50, axis=0)])
    model = HessianEigenmaps(n_neighbors=14, precomputed_knn=knn_graph(heap, 70)).fit(heap)
    assert model.n_neighbors_ == 14


def test_rows_without_any_heat_weight_are_said():
    far = np.concatenate([X, X[:1] + 1e4])
    graph = knn_graph(far, 12)
    with pytest.raises(
        ValueError, match=r"`X` or `precomputed_knn` must not have rows so far .* 1"
    ):
        HessianEigenmaps(operator="laplacian", precomputed_knn=graph).fit(far)


def test_graph_without_distances_cannot_have_heat_weights():
    graph = knn_graph(X, 12)
    for scale in (0.0, 1e300):
        with pytest.raises(
            ValueError, match="`X` or `precomputed_knn` must have positive and finite distances"
        ):
            HessianEigenmaps(
                operator="laplacian", precomputed_knn=(graph.indices, scale * graph.distances)
            ).fit(X)


def test_too_many_duplicates_for_the_graph():
    heap = np.concatenate([X, np.repeat(X[:1], 20, axis=0)])
    with pytest.raises(
        ValueError, match=r"at least 6 distinct neighbours .* once 20 duplicates are"
    ):
        HessianEigenmaps(precomputed_knn=knn_graph(heap, 14)).fit(heap)


good = knn_graph(X, 12)


@pytest.mark.parametrize(
    ("knn", "error", "message"),
    [
        (good.indices, (TypeError, ValueError), "precomputed_knn"),
        (3, TypeError, "pair .indices, distances. or a sparse matrix"),
        ((good.indices[:-1], good.distances[:-1]), ValueError, "shape .n_samples, k."),
        ((good.indices, good.distances[:, :-1]), ValueError, "shape .n_samples, k."),
        ((good.indices[0], good.distances[0]), ValueError, "shape .n_samples, k."),
        ((good.indices.astype(float), good.distances), TypeError, "integer dtype"),
        ((good.indices - 1, good.distances), ValueError, "indices from 0 to 399; got -1"),
        ((good.indices + 1, good.distances), ValueError, "indices from 0 to 399"),
        ((good.indices[:, :0], good.distances[:, :0]), ValueError, "got none"),
        ((good.indices[:, [0, 1, 1, 2]], good.distances[:, :4]), ValueError, "twice"),
        ((good.indices, -good.distances - 1), ValueError, "finite distances"),
        ((good.indices, good.distances * np.nan), ValueError, "finite distances"),
        ((good.indices, good.distances + 0j), TypeError, "real distances"),
        (sparse.eye_array(300).tocsr(), ValueError, "n_samples = 400 when sparse"),
        (sparse.eye_array(400).tocsr(), ValueError, "row 0 has none"),
    ],
)
def test_bad_graphs(knn, error, message):
    with pytest.raises(error, match=message):
        HessianEigenmaps(precomputed_knn=knn).fit(X)


def test_narrow_graph():
    with pytest.raises(ValueError, match=r"at least 20 distinct neighbours .* got 12"):
        HessianEigenmaps(precomputed_knn=good, n_neighbors=20).fit(X)
    with pytest.raises(ValueError, match="at least 6 distinct neighbours"):
        HessianEigenmaps(precomputed_knn=knn_graph(X, 5)).fit(X)


def test_the_graph_of_the_user_stays_as_it_is():
    X = swiss_roll(600, random_state=0)[0]
    graph = kneighbors_graph(X, 15, mode="distance")
    before = graph.copy()
    HessianEigenmaps(random_state=0, precomputed_knn=graph).fit(X)
    np.testing.assert_array_equal(graph.indices, before.indices)
    np.testing.assert_array_equal(graph.data, before.data)
