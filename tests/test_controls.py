"""Negative controls: each breaks the assumption that it says, and no other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kurtosis, skew, spearmanr

import hessmap.datasets._blocks as blocks
from hessmap import datasets
from hessmap.neighbors import knn_graph
from hessmap.neighbors.connected import component_sizes

MAKERS = [
    (datasets.gaussian_factors, 10),
    (datasets.disc, 10),
    (datasets.triangle, 10),
    (datasets.correlated_factors, 10),
    (datasets.cylinder, 3),
    (datasets.torus, 4),
    (datasets.sphere_patch, 3),
    (datasets.brightness_position, 10),
    (datasets.rectangle_rotation, 1024),
    (datasets.two_pieces, 10),
]


@pytest.mark.parametrize(("make", "n_features"), MAKERS)
def test_shapes_seeds_noise_and_blocks(make, n_features, monkeypatch):
    X, factors = make(60, random_state=0)
    assert X.shape == (60, n_features)
    assert factors.shape == (60, 2)
    noisy, same = make(60, noise=0.3, random_state=0)
    np.testing.assert_array_equal(factors, same)
    assert (noisy - X).std() == pytest.approx(0.3, rel=0.2)
    assert np.abs(X - make(60, random_state=1)[0]).max() > 0.01
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 7)
    np.testing.assert_allclose(make(60, random_state=0)[0], X, atol=1e-6)


def test_gaussian_factors_are_gaussian():
    _, factors = datasets.gaussian_factors(20_000, 3, random_state=0)
    assert factors.shape == (20_000, 3)
    assert np.abs(kurtosis(factors)).max() < 0.12
    assert np.abs(skew(factors)).max() < 0.06
    assert np.abs(np.corrcoef(factors.T) - np.eye(3)).max() < 0.03


def test_supports():
    _, on_disc = datasets.disc(5000, random_state=0)
    assert (on_disc**2).sum(axis=1).max() <= 0.25
    assert ((on_disc**2).sum(axis=1) < 0.125).mean() == pytest.approx(0.5, abs=0.03)
    _, on_triangle = datasets.triangle(5000, random_state=0)
    assert on_triangle.min() >= 0
    assert on_triangle.sum(axis=1).max() <= 1
    _, related = datasets.correlated_factors(5000, correlation=0.6, random_state=0)
    assert spearmanr(related)[0] == pytest.approx(6 / np.pi * np.arcsin(0.3), abs=0.03)
    np.testing.assert_allclose(
        np.quantile(related, [0.25, 0.75], axis=0).T, [[0.25, 0.75]] * 2, atol=0.03
    )


@pytest.mark.parametrize(
    "make",
    [datasets.gaussian_factors, datasets.disc, datasets.triangle, datasets.correlated_factors],
)
def test_controls_of_independence_are_isometric(make):
    X, factors = make(4000, random_state=0)
    graph = knn_graph(factors, 5)
    lengths = np.linalg.norm(X[graph.indices[:, 1:]] - X[:, None], axis=2)
    np.testing.assert_allclose(lengths, graph.distances[:, 1:], rtol=0.01)


def test_a_cone_is_isometric_to_polar_coordinates():
    X, factors = datasets.brightness_position(4000, random_state=0)
    angle = np.sqrt(2.5) * factors[:, 1]
    flat = factors[:, :1] * np.column_stack([np.cos(angle), np.sin(angle)])
    graph = knn_graph(flat, 5)
    lengths = np.linalg.norm(X[graph.indices[:, 1:]] - X[:, None], axis=2)
    np.testing.assert_allclose(lengths, graph.distances[:, 1:], rtol=0.01)


def test_surfaces():
    X, factors = datasets.cylinder(500, height=2.0, random_state=0)
    np.testing.assert_allclose(np.linalg.norm(X[:, :2], axis=1), 1)
    assert np.ptp(factors[:, 1]) == pytest.approx(2, abs=0.05)
    X, _ = datasets.torus(500, random_state=0)
    np.testing.assert_allclose(X[:, :2] ** 2 + X[:, 2:] ** 2, 1)
    X, factors = datasets.sphere_patch(500, opening=60, random_state=0)
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), 1)
    assert np.abs(factors).max() <= np.deg2rad(30)


def test_how_far_the_bar_moves_the_picture_depends_on_its_turn():
    pixel = np.arange(32) + 0.5
    X, factors = datasets.rectangle_rotation(300, random_state=0)
    pictures = X.reshape(-1, 32, 32).astype(float)
    mass = pictures.sum(axis=(1, 2))
    np.testing.assert_allclose((pictures.sum(axis=1) @ pixel) / mass, factors[:, 0], atol=0.1)
    change = np.sqrt((np.diff(pictures, axis=2) ** 2).sum(axis=(1, 2)))
    along, broadside = factors[:, 1] < 0.2, factors[:, 1] > np.pi / 2 - 0.2
    assert change[broadside].mean() > 1.5 * change[along].mean()


def test_pieces():
    X, factors = datasets.two_pieces(1000, random_state=0)
    assert len(component_sizes(knn_graph(X, 12))) == 2
    assert not ((factors[:, 0] > 1) & (factors[:, 0] < 1.3)).any()
    X, factors = datasets.two_pieces(1000, thread=True, random_state=0)
    between = (factors[:, 0] > 1) & (factors[:, 0] < 1.3)
    assert between.sum() == 20
    assert (factors[between, 1] == 0.5).all()


def test_noise_has_no_manifold():
    X, factors = datasets.pure_noise(5000, n_features=6, random_state=0)
    np.testing.assert_allclose(np.linalg.eigvalsh(np.cov(X.T)), 1, atol=0.1)
    np.testing.assert_array_equal(factors, X[:, :2])


def test_factors_of_ones_own():
    factors = np.random.default_rng(0).beta(2, 5, size=(50, 3))
    X = datasets.on_arcs(factors)
    np.testing.assert_allclose(X, np.hstack([np.cos(factors), np.sin(factors)]))
    turned = datasets.on_arcs(factors, n_features=9, random_state=0)
    np.testing.assert_allclose(turned @ turned.T, X @ X.T)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: datasets.gaussian_factors(0), "`n_samples` must be at least 1; got 0"),
        (lambda: datasets.gaussian_factors(10, 0), "`n_components` must be at least 1; got 0"),
        (lambda: datasets.disc(10, n_features=3), "`n_features` must be at least 4; got 3"),
        (lambda: datasets.correlated_factors(10, correlation=1), "`correlation` must be between"),
        (lambda: datasets.cylinder(10, height=0), "`height` must be a finite number above 0"),
        (lambda: datasets.sphere_patch(10, opening=180), "`opening` must be below 180 degrees"),
        (lambda: datasets.rectangle_rotation(10, size=8), "`size` must be at least 16; got 8"),
        (lambda: datasets.two_pieces(10, gap=0), "`gap` must be a finite number above 0"),
        (lambda: datasets.pure_noise(10, n_features=1), "`n_features` must be at least 2; got 1"),
        (lambda: datasets.on_arcs([[np.nan]]), "`factors` must be finite"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
