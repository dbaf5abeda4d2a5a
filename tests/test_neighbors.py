"""The graph stage against all pairs sorted one row at a time."""

from __future__ import annotations

import numpy as np
import pytest

import hessmap.neighbors
from hessmap import DisconnectedGraphError
from hessmap.datasets import arcs
from hessmap.neighbors import component_sizes, knn_graph, raise_disconnected

from .helpers import naive_neighbors


@pytest.mark.parametrize("method", ["brute", "kd_tree"])
@pytest.mark.parametrize("k", [1, 2, 10, 80])
def test_matches_the_naive_search(method, k):
    X, _ = arcs(80, 2, n_features=6, random_state=0)
    graph = knn_graph(X, k, method=method)
    indices, distances = naive_neighbors(X, k)
    np.testing.assert_array_equal(graph.indices, indices)
    np.testing.assert_allclose(graph.distances, distances, atol=1e-14)
    assert graph.indices.dtype == np.int64
    assert graph.distances.dtype == np.float64


@pytest.mark.parametrize("method", ["brute", "kd_tree"])
def test_far_from_the_origin_distances_stay_exact(method):
    X, _ = arcs(80, 2, n_features=6, random_state=0)
    far = X + 1e6
    np.testing.assert_array_equal(
        knn_graph(far, 8, method=method).indices, naive_neighbors(far, 8)[0]
    )


@pytest.mark.parametrize("method", ["brute", "kd_tree"])
def test_self_comes_first_even_among_duplicates(method):
    X = np.repeat(np.arange(5.0), 4)[:, None]
    graph = knn_graph(X, 6, method=method)
    np.testing.assert_array_equal(graph.indices[:, 0], np.arange(20))
    np.testing.assert_array_equal(graph.distances[:, :4], 0)
    assert all(len(set(row)) == 6 for row in graph.indices)


@pytest.mark.parametrize("method", ["brute", "kd_tree"])
def test_does_not_depend_on_the_number_of_threads(method):
    grid = np.stack(np.meshgrid(np.arange(40.0), np.arange(40.0)), axis=2).reshape(-1, 2)
    one = knn_graph(grid, 12, method=method, n_jobs=1)
    two = knn_graph(grid, 12, method=method, n_jobs=2)
    np.testing.assert_array_equal(one.indices, two.indices)
    np.testing.assert_array_equal(one.distances, two.distances)


def test_auto_changes_method_but_not_the_graph(monkeypatch):
    X, _ = arcs(200, 2, random_state=0)
    small = knn_graph(X, 10)
    monkeypatch.setattr(hessmap.neighbors, "BRUTE_MAX_NODES", 100)
    large = knn_graph(X, 10)
    np.testing.assert_array_equal(small.indices, large.indices)


def test_ranking_in_blocks_gives_the_same(monkeypatch):
    X, _ = arcs(200, 2, random_state=0)
    whole = knn_graph(X, 10)
    monkeypatch.setattr(hessmap.neighbors, "BLOCK_ENTRIES", 500)
    np.testing.assert_array_equal(whole.indices, knn_graph(X, 10).indices)


@pytest.mark.parametrize("k", [0, -1, 6])
def test_too_many_or_too_few_neighbours(k):
    with pytest.raises(
        ValueError, match=r"`n_neighbors` must be (at least 1|between 1 and .*5); got"
    ):
        knn_graph(np.arange(5.0)[:, None], k)


def test_unknown_method():
    with pytest.raises(ValueError, match="`neighbors` must be one of"):
        knn_graph(np.arange(5.0)[:, None], 2, method="ball")


@pytest.mark.parametrize(
    ("X", "arguments", "message"),
    [
        (np.eye(3), {"n_neighbors": 2.0}, "`n_neighbors` must be a whole number; got 2.0"),
        (np.eye(3), {"n_neighbors": 2, "n_jobs": 0}, "`n_jobs` must be None, positive"),
        (np.arange(3.0), {"n_neighbors": 2}, "Expected 2D array"),
        (np.eye(3) * np.nan, {"n_neighbors": 2}, "contains NaN"),
    ],
)
def test_bad_input(X, arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        knn_graph(X, **arguments)


@pytest.mark.parametrize("method", ["brute", "kd_tree"])
@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
def test_any_scale(method, scale):
    X, _ = arcs(80, 2, n_features=6, random_state=0)
    graph = knn_graph(X * scale, 8, method=method)
    expected = knn_graph(X, 8)
    np.testing.assert_array_equal(graph.indices, expected.indices)
    np.testing.assert_allclose(graph.distances / scale, expected.distances)


@pytest.mark.parametrize("method", ["brute", "kd_tree"])
@pytest.mark.parametrize("far", [1e4, 1e8, 1e10])
def test_one_far_row_leaves_the_others_exact(method, far):
    X, _ = arcs(80, 2, n_features=6, random_state=0)
    X[7] += far
    found = knn_graph(X, 8, method=method).indices
    expected = naive_neighbors(X, 8)[0]
    near = np.arange(80) != 7  # whose own neighbours are equally far up to rounding
    np.testing.assert_array_equal(found[near], expected[near])


def test_component_sizes_and_the_error_that_names_them():
    X = np.concatenate([np.arange(7.0), 100 + np.arange(4.0)])[:, None]
    graph = knn_graph(X, 3)
    sizes = component_sizes(graph)
    assert sizes == (7, 4)
    with pytest.raises(DisconnectedGraphError, match="2 components of 7, 4 nodes") as caught:
        raise_disconnected(graph, sizes)
    assert caught.value.component_sizes == (7, 4)
