"""The graph stage against all pairs sorted one row at a time."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from hessmap import ConvergenceWarning, DisconnectedGraphError
from hessmap.datasets import arcs
from hessmap.neighbors import backends, component_sizes, knn_graph, raise_disconnected, searched

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


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_auto_takes_the_method_that_is_cheaper(noise, monkeypatch):
    """Noise in all columns makes a tree useless, and little of it does not."""
    X, _ = arcs(6000, 2, n_features=20, noise=noise, random_state=0)
    used = []
    for name in ("brute", "kd_tree"):
        search = getattr(backends, name)
        monkeypatch.setattr(
            backends, name, lambda *a, name=name, search=search: used.append(name) or search(*a)
        )
    graph = knn_graph(X, 10)
    assert used == (["brute"] if noise else ["kd_tree"])
    np.testing.assert_array_equal(graph.indices, knn_graph(X, 10, method="brute").indices)


def test_auto_leaves_exact_methods_only_for_many_rows_full_of_noise():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((60_000, 20))
    assert backends.chosen(noise, 16)[0] == "brute"
    backends_seconds = {"SECONDS_TO_COMPILE": 0.0}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in backends_seconds.items():
            patch.setattr(backends, name, value)
        assert backends.chosen(noise, 16)[0] == "pynndescent"


def share_found(found, exact):
    pairs = zip(found.indices, exact.indices, strict=True)
    return np.mean([len(set(one) & set(other)) / len(other) for one, other in pairs])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_faiss_finds_the_neighbours(n_jobs):
    X, _ = arcs(3000, 2, n_features=12, noise=0.05, random_state=0)
    exact = knn_graph(X, 12, method="brute")
    found, recall = searched(X, 12, method="faiss", n_jobs=n_jobs, random_state=0)
    assert recall >= 0.98
    assert share_found(found, exact) > 0.97
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(3000))
    again = knn_graph(X, 12, method="faiss", n_jobs=2, random_state=0)
    np.testing.assert_array_equal(found.indices, again.indices)


@pytest.mark.first
def test_pynndescent_finds_the_neighbours_whatever_the_threads():
    X, _ = arcs(3000, 2, n_features=12, noise=0.05, random_state=0)
    exact = knn_graph(X, 12, method="brute")
    one, recall = searched(X, 12, method="pynndescent", n_jobs=1, random_state=0)
    two = knn_graph(X, 12, method="pynndescent", n_jobs=2, random_state=0)
    np.testing.assert_array_equal(one.indices, two.indices)
    assert recall >= 0.98
    assert share_found(one, exact) > 0.97
    assert np.all(np.diff(one.distances, axis=1) >= 0)


def test_what_an_index_leaves_out_is_repaired(monkeypatch):
    """Missing entries, a missing self, repetitions, and far too few true neighbours."""
    X, _ = arcs(800, 2, n_features=6, random_state=0)
    exact = knn_graph(X, 8, method="brute")

    def broken(points, n_candidates, threads, seed):
        good = np.random.default_rng(0).integers(0, 800, size=(800, n_candidates))
        good[:, :7] = exact.indices[:, 1:]
        good[::7, 3:] = -1
        good[::11] = good[::11, :1]
        good[5] = -1
        return good

    monkeypatch.setattr(backends, "faiss", broken)
    found, recall = searched(X, 8, method="faiss", n_jobs=2, random_state=0)
    assert (found.indices >= 0).all()
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(800))
    assert all(len(set(row)) == 8 for row in found.indices)
    assert recall >= 0.98
    np.testing.assert_array_equal(found.indices[5], exact.indices[5])


def test_a_poor_search_is_said(monkeypatch):
    X, _ = arcs(2000, 2, n_features=6, random_state=0)

    def poor(points, n_candidates, threads, seed):
        return np.random.default_rng(0).integers(0, 2000, size=(2000, n_candidates))

    monkeypatch.setattr(backends, "faiss", poor)
    with pytest.warns(ConvergenceWarning, match="faiss found only"):
        assert searched(X, 8, method="faiss", n_jobs=2, random_state=0)[1] < 0.98


def test_faiss_is_optional(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r"pip install hessmap\[faiss\]"):
        knn_graph(np.arange(5.0)[:, None], 2, method="faiss")


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
