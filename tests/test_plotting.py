"""Figures: that they are drawn, on the axes that were given, from the right numbers."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

from hessmap import plotting
from hessmap.datasets import shapes_xc, shapes_xy

rng = np.random.default_rng(0)
codes = rng.uniform(size=(300, 3))


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def drawn(ax):
    """Pixels of the figure: something must have been painted inside the axes."""
    figure = ax.get_figure()
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())


def test_scatter_places_and_colours_every_row():
    ax = plotting.scatter(codes, codes[:, 2], names=("a", "b"), label="c")
    marks = ax.collections[0]
    np.testing.assert_array_equal(marks.get_offsets(), codes[:, :2])
    np.testing.assert_array_equal(marks.get_array(), codes[:, 2])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")
    assert len(np.unique(drawn(ax).reshape(-1, 4), axis=0)) > 50


def test_scatter_of_one_column_and_of_very_many_rows():
    ax = plotting.scatter(codes[:, :1], codes[:, 1], label="factor")
    assert ax.get_ylabel() == "factor"
    many = rng.uniform(size=(50_000, 2))
    ax = plotting.scatter(many, many[:, 0])
    assert len(ax.collections[0].get_offsets()) == plotting.MAX_POINTS


def test_given_axes_are_used():
    _, ax = plt.subplots()
    assert plotting.scatter(codes, codes[:, 0], ax=ax) is ax
    _, ax = plt.subplots()
    assert plotting.contours(codes[:, :2], codes[:, 0], ax=ax) is ax
    _, ax = plt.subplots()
    assert plotting.spectrum(np.array([0, 1e-9, 1e-8, 1e-3]), 2, ax=ax) is ax


def test_contours_follow_the_code():
    ax = plotting.contours(codes[:, :2], 3 * codes[:, 0], names=("x", "y"))
    lines = ax.collections[-1]
    for path in lines.get_paths():
        if len(path.vertices) > 10:
            # the code depends on x alone: between x and y, its contours span only y
            segments = path.to_polygons(closed_only=False)
            assert all(np.ptp(segment[:, 0]) < 1e-6 for segment in segments)
    assert ax.get_xlabel() == "x"


def test_contours_of_a_constant_code_are_an_error_that_says_so():
    with pytest.raises(ValueError, match="`code` must vary"):
        plotting.contours(codes[:, :2], np.ones(300))


def test_spectrum_marks_the_gap():
    ax = plotting.spectrum(np.array([1e-17, 1e-8, 2e-8, 1e-4, 2e-4]), 2)
    inside, outside = ax.get_lines()[:2]
    np.testing.assert_allclose(inside.get_ydata(), [1e-8, 2e-8])
    np.testing.assert_allclose(outside.get_ydata(), [1e-4, 2e-4])
    assert "0.0002" in ax.get_title()
    assert ax.get_yscale() == "log"


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
        def centre(row, column, axis):
            tile = canvas[row * 50 : row * 50 + 48, column * 50 : column * 50 + 48, 0]
            return (tile.sum(axis=axis) @ np.arange(48)) / tile.sum()

        assert np.all(np.diff([centre(0, c, 0) for c in range(7)]) > 0)
        assert np.all(np.diff([centre(1, c, 1) for c in range(7)]) > 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.scatter(codes[:0], codes[:0, 0]), r"`codes` must have the shape"),
        (lambda: plotting.scatter(codes[:9], codes[:, 0]), r"`values` must have the shape \(9,\)"),
        (lambda: plotting.contours(codes, codes[:9, 0]), r"`code` must have the shape \(300,\)"),
        (lambda: plotting.contours(codes[:, :1], codes[:, 0]), "`factors` must have two columns"),
        (lambda: plotting.spectrum(np.arange(3.0), 2), r"at least n_components \+ 2 = 4 values"),
        (lambda: plotting.pictures_along(codes, codes, (2, 2)), "`X` must hold one picture"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_lists_and_frames_are_drawn():
    import pandas as pd

    plotting.scatter(pd.DataFrame(codes), codes[:, 0].tolist())
    plotting.pictures_along(np.ones((20, 12), dtype=bool), codes[:20, :2], (3, 4))


def test_constant_and_coloured_pictures():
    plotting.pictures_along(np.ones((20, 12)), rng.uniform(size=(20, 2)), (2, 2, 3))
    ax = plotting.pictures_along(rng.uniform(size=(20, 12)), rng.uniform(size=(20, 1)), (3, 4))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["source 1"]
