"""Figures of pictures: real ones along each source, and those that the model makes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hessmap import HessianEigenmaps, HessianICA, plotting
from hessmap.datasets import shapes_xc, shapes_xy

from .figures import SIZE, at, centres, fitted, many, rng, tiles


@pytest.mark.parametrize(("make", "shape"), [(shapes_xy, (48, 48)), (shapes_xc, (48, 48, 2))])
def test_pictures_along_each_source(make, shape):
    X, factors = make(500, random_state=0)
    ax = plotting.pictures_along(X, factors, shape, n_steps=7)
    canvas = ax.get_images()[0].get_array()
    assert canvas.shape == (2 * 50 - 2, 7 * 50 - 2, 3)
    assert canvas.min() >= 0
    assert canvas.max() <= 1
    if shape == (48, 48):
        # along the first source the square moves to the right, along the second down
        places = centres(tiles(canvas, 48, 2, 7, seam=2))
        assert np.all(np.diff(places[0, :, 0]) > 0)
        assert np.all(np.diff(places[1, :, 1]) > 0)


def test_constant_and_coloured_pictures():
    plotting.pictures_along(np.ones((20, 12)), rng.uniform(size=(20, 2)), (2, 2, 3))
    ax = plotting.pictures_along(rng.uniform(size=(20, 12)), rng.uniform(size=(20, 1)), (3, 4))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["source 1"]
    # two channels at full strength are white
    X = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    canvas = plotting.pictures_along(X, np.arange(4.0), (1, 1, 2), n_steps=4)
    found = canvas.get_images()[0].get_array()[0, ::2]
    np.testing.assert_allclose(found, [[0, 0, 0], [1, 1, 1], [1, 0.6, 0], [0, 0.4, 1]])


def test_pictures_along_a_million_rows():
    table, factor = many()
    plotting.pictures_along(np.column_stack([factor] * 4), table, (2, 2))


def test_traversals_move_one_factor_at_a_time():
    X, _, model = fitted()
    ax = plotting.traversals(model, (SIZE, SIZE), n_steps=5)
    moved = np.ptp(centres(tiles(ax.get_images()[0].get_array(), SIZE, 2, 5)), axis=1)
    ends = np.quantile(centres(X.reshape(-1, SIZE, SIZE)), [0.02, 0.98], axis=0)
    np.testing.assert_allclose(np.sort(moved.max(axis=1)), np.sort(np.ptp(ends, axis=0)), atol=0.3)
    assert moved.min() < 0.3
    assert sorted(moved.argmax(axis=1)) == [0, 1]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["source 1", "source 2"]
    plain = HessianEigenmaps(random_state=0).fit(model[0].transform(X))
    names = plotting.traversals(plain, (SIZE, SIZE)).get_yticklabels()
    assert [label.get_text() for label in names] == ["coordinate 1", "coordinate 2"]


def test_steps_before_the_model_are_inverted():
    X, _, model = fitted()
    blurred = model[0].transform(X)
    steps = ("passthrough", StandardScaler(with_std=False), PCA(20, random_state=0))
    through = make_pipeline(*steps, HessianICA(random_state=0)).fit(blurred)
    canvas = plotting.traversals(through, (SIZE, SIZE), n_steps=3).get_images()[0].get_array()
    moved = np.ptp(centres(tiles(canvas, SIZE, 2, 3)), axis=1)
    assert moved.max(axis=1).min() > 3.5
    assert moved.min(axis=1).max() < 0.3


def test_interpolation_goes_from_the_first_picture_to_the_last():
    X, factors, model = fitted()
    first, last = at(factors, (0.1, 0.2), (0.9, 0.2))
    start, stop = X[first], X[last].reshape(SIZE, SIZE)
    ax = plotting.interpolation(model, start, stop, (SIZE, SIZE), n_steps=5, pixels=True)
    pictures = tiles(ax.get_images()[0].get_array(), SIZE, 2, 5)
    across, down = np.moveaxis(centres(pictures[0]), -1, 0)
    steps = np.diff(across)
    np.testing.assert_allclose(steps, steps.mean(), atol=0.15)
    assert np.ptp(down) < 0.5
    # by pixels nothing moves: the ends are those given, the middle is half of each
    low, high = pictures[1].min(), pictures[1].max()
    np.testing.assert_allclose(pictures[1, 0], (start.reshape(SIZE, SIZE) - low) / (high - low))
    np.testing.assert_allclose(pictures[1, 2], (pictures[1, 0] + pictures[1, 4]) / 2, atol=1e-6)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["through the sources", "pixel by pixel"]
    alone = plotting.interpolation(model, start, stop, (SIZE, SIZE), n_steps=5)
    assert tiles(alone.get_images()[0].get_array(), SIZE, 1, 5).shape[0] == 1


def test_interpolation_grid_moves_one_factor_along_each_side():
    X, factors, model = fitted()
    rows = at(factors, (0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9))
    ax = plotting.interpolation_grid(model, X[rows], (SIZE, SIZE), n_steps=4)
    places = centres(tiles(ax.get_images()[0].get_array(), SIZE, 4, 4))
    true = centres(X[rows].reshape(2, 2, SIZE, SIZE))
    np.testing.assert_allclose(places[[0, 0, -1, -1], [0, -1, 0, -1]], true.reshape(4, 2), atol=0.4)
    assert np.all(np.diff(places[:, :, 0], axis=1) > 1)
    assert np.all(np.diff(places[:, :, 1], axis=0) > 1)
    both = plotting.interpolation_grid(
        model, X[rows].reshape(4, SIZE, SIZE), (SIZE, SIZE), n_steps=4, pixels=True
    )
    width = 4 * (SIZE + 1) - 1
    canvas = both.get_images()[0].get_array()
    assert canvas.shape == (width, 2 * width + SIZE // 2, 3)
    corner = canvas[:SIZE, width + SIZE // 2 :][:, :SIZE, 0]
    np.testing.assert_allclose(corner, X[rows[0]].reshape(SIZE, SIZE) / X[rows].max(), atol=0.02)
