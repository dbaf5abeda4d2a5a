"""Fits around single nodes, and the two maps that blend them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from hessmap.extension import Extension
from hessmap.extension._kernels import LONGEST, _solve_normal


def sheet(n, d, n_features, noise=0.0, seed=0):
    """Nodes of a curved manifold over a square, each with the k nearest in the square."""
    rng = np.random.default_rng(seed)
    y = rng.uniform(-1, 1, size=(n, d))
    x = np.column_stack([y, 0.3 * y**2, 0.2 * y[:, :1] * y[:, -1:]])[:, :n_features]
    x = x + noise * rng.standard_normal(x.shape)
    k = 2 + d + d * (d + 1) // 2 + 3
    nearest = np.argsort(((y[:, None] - y) ** 2).sum(axis=2), axis=1)[:, :k]
    return Extension(x, y, nearest)


def terms(t):
    """(k, terms) of [t_a, t_a t_b (a <= b)] for offsets (k, d)."""
    d = t.shape[1]
    return np.column_stack([t, *(t[:, a] * t[:, b] for a in range(d) for b in range(a, d))])


def naive_fit(extension, node):
    """Scale and weights (terms, k) of one fit, by pseudoinverses."""
    members = extension.neighborhoods[node]
    y = extension.embedding[members] - extension.embedding[node]
    x = extension.points[members] - extension.points[node]
    scale = np.sqrt((y**2).sum() / len(members))
    t = y / scale
    d = t.shape[1]
    full = np.linalg.pinv(terms(t))
    noise = ((x - terms(t) @ (full @ x)) ** 2).sum() / (len(members) - 1 - len(full))
    bent = ((full[d:] @ x) ** 2).sum()
    trust = max(1 - noise * (full[d:] ** 2).sum() / bent, 0) if bent else 0
    weights = trust * full
    weights[:d] += (1 - trust) * np.linalg.pinv(t)
    return scale, weights


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize(("d", "n_features"), [(1, 3), (2, 4), (3, 6)])
def test_fits(d, n_features, noise):
    extension = sheet(25, d, n_features, noise)
    scale, weights, slopes = extension._fits_of(np.array([3, 11]), 1)
    for u, node in enumerate((3, 11)):
        expected = naive_fit(extension, node)
        offset = extension.points[extension.neighborhoods[node]] - extension.points[node]
        assert scale[u] == pytest.approx(expected[0])
        np.testing.assert_allclose(weights[u], expected[1], atol=1e-9)
        np.testing.assert_allclose(slopes[u], expected[1] @ offset, atol=1e-9)


def test_flat_nodes_are_fitted_without_second_order():
    extension = sheet(25, 2, 2)  # the rows are the embedding itself
    scale, _, slopes = extension._fits_of(np.arange(5), 1)
    np.testing.assert_allclose(slopes[:, :2], scale[:, None, None] * np.eye(2), atol=1e-12)
    np.testing.assert_allclose(slopes[:, 2:], 0, atol=1e-8)


@pytest.mark.parametrize("few", [4, 6])
def test_few_neighbours_give_a_linear_fit(few):
    """As many offsets as terms, or fewer, tell no noise from a second order."""
    extension = sheet(25, 2, 4)
    narrow = Extension(extension.points, extension.embedding, extension.neighborhoods[:, :few])
    scale, weights, slopes = narrow._fits_of(np.array([3]), 1)
    y = extension.embedding[narrow.neighborhoods[3]] - extension.embedding[3]
    np.testing.assert_allclose(weights[0, :2], np.linalg.pinv(y / scale[0]), atol=1e-12)
    np.testing.assert_array_equal(weights[0, 2:], 0)
    np.testing.assert_array_equal(slopes[0, 2:], 0)


@pytest.mark.parametrize("across", [1, 2])
def test_neighbours_on_a_plane_give_no_slope_across_it(across):
    """Whether the axis that they lack is the last or has others after it."""
    y = np.insert(np.random.default_rng(0).uniform(-1, 1, size=(15, 2)), across, 0, axis=1)
    plane = Extension(y, y, np.tile(np.arange(15), (15, 1)))
    scale, weights, slopes = plane._fits_of(np.array([5]), 1)
    expected = scale[0] * np.eye(3)
    expected[across] = 0
    np.testing.assert_allclose(slopes[0, :3], expected, atol=1e-12)
    np.testing.assert_array_equal(slopes[0, 3:], 0)
    np.testing.assert_array_equal(weights[0, across], 0)


def test_nodes_at_one_place_give_no_slope():
    same = Extension(np.ones((9, 3)), np.zeros((9, 2)), np.tile(np.arange(9), (9, 1)))
    scale, weights, slopes = same._fits_of(np.array([0]), 1)
    assert scale[0] == 1
    np.testing.assert_array_equal(weights, 0)
    np.testing.assert_array_equal(slopes, 0)


def blended(places, place, count):
    """Nearest nodes and their weights, which sum to one; the farthest has none."""
    distances = np.linalg.norm(places - place, axis=1)
    nearest = np.argsort(distances)[:count]
    support = distances[nearest[-1]]
    weights = ((support - distances[nearest]) / (support * distances[nearest])) ** 2
    return nearest, weights / weights.sum()


@pytest.mark.parametrize(("d", "n_features"), [(1, 3), (2, 4), (3, 6)])
def test_codes_are_where_the_fits_come_nearest(d, n_features):
    extension = sheet(25, d, n_features, seed=1)
    at = 0.5 * extension.points[0] + 0.5 * extension.points[extension.neighborhoods[0, 1]]
    found = extension.transform(at[None], 1)[0][0]
    expected = np.zeros(d)
    for node, weight in zip(*blended(extension.points, at, 5 + 2 * d), strict=True):
        if weight:
            scale, fit = naive_fit(extension, node)
            members = extension.neighborhoods[node]
            coefficients = fit @ (extension.points[members] - extension.points[node])
            target = at - extension.points[node]
            t = least_squares(
                lambda t, c=coefficients, target=target: terms(t[None])[0] @ c - target, np.zeros(d)
            ).x
            expected += weight * (extension.embedding[node] + scale * t)
    # two steps of Gauss and Newton are all that is taken
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_the_fitted_value_is_returned_at_every_node():
    extension = sheet(25, 2, 4)
    codes, far = extension.transform(extension.points, 1)
    np.testing.assert_allclose(codes, extension.embedding, atol=1e-12)
    assert not far.any()
    rows = extension.inverse_transform(extension.embedding, extension.points, 1)
    np.testing.assert_allclose(rows, extension.points, atol=1e-12)


def test_fits_that_are_too_many_to_keep_are_made_for_each_block(monkeypatch):
    extension = sheet(25, 2, 4)
    queries = extension.points[:7] + 0.01
    kept = extension.transform(queries, 1)[0]
    monkeypatch.setattr("hessmap.extension.KEPT_ENTRIES", 0)
    monkeypatch.setattr("hessmap.extension.BLOCK_ENTRIES", 1)  # every row is a block
    again = sheet(25, 2, 4)
    np.testing.assert_array_equal(again.transform(queries, 1)[0], kept)
    assert "_all_fits" in vars(extension)
    assert "_all_fits" not in vars(again)


def test_points_far_off_take_short_steps():
    extension = sheet(25, 2, 4)
    codes, far = extension.transform(np.array([[1e6, 0.0, 0.0, 0.0]]), 1)
    assert far.all()
    scale, _, _ = extension._fits_of(np.arange(25), 1)
    assert np.abs(codes).max() < 1 + 2 * LONGEST * scale.max()  # two steps of this length


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("place", [0.1, 30.0])
def test_rows_of_codes(place, dtype):
    """Near and far from the nodes: the offset from a node is cut to the longest step."""
    extension = sheet(25, 2, 4)
    rows = np.random.default_rng(0).standard_normal((25, 5)).astype(dtype)
    code = np.full(2, place)
    expected = np.zeros(5)
    for node, weight in zip(*blended(extension.embedding, code, 9), strict=True):
        scale, fit = naive_fit(extension, node)
        t = (code - extension.embedding[node]) / scale
        t *= min(1, LONGEST / np.linalg.norm(t))
        offset = rows[extension.neighborhoods[node]] - rows[node]
        expected += weight * (rows[node] + terms(t[None])[0] @ (fit @ offset))
    found = extension.inverse_transform(code[None], rows, 1)
    assert found.dtype == dtype
    np.testing.assert_allclose(found[0], expected, rtol=1e-4 if dtype == np.float32 else 1e-8)


def test_normal_equations():
    design = np.random.default_rng(0).standard_normal((6, 3))
    matrix, vector = design.T @ design, np.array([1.0, -2.0, 0.5])
    found = vector.copy()
    _solve_normal(np.tril(matrix), found)
    np.testing.assert_allclose(matrix @ found, vector, atol=1e-12)


def test_normal_equations_without_a_direction():
    """No step where nothing is known."""
    vector = np.array([2.0, 5.0])
    _solve_normal(np.array([[4.0, 0.0], [0.0, 0.0]]), vector)
    np.testing.assert_array_equal(vector, [0.5, 0.0])
