"""Smoothing of pictures against SciPy, one picture at a time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import hessmap.pictures
from hessmap.pictures import Blur

rng = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 2), (9, 7, 3)])
def test_matches_one_picture_at_a_time(shape, dtype, monkeypatch):
    X = rng.uniform(size=(20, int(np.prod(shape)))).astype(dtype)
    monkeypatch.setattr(hessmap.pictures, "BLOCK_ENTRIES", 3 * X.shape[1])
    found = Blur(shape, sigma=1.5).fit_transform(X)
    assert found.dtype == dtype
    for row, smooth in zip(X, found, strict=True):
        picture = row.reshape(*shape[:2], -1)
        expected = np.stack(
            [gaussian_filter(channel, 1.5) for channel in np.moveaxis(picture, 2, 0)], axis=2
        )
        np.testing.assert_allclose(smooth, expected.ravel(), rtol=1e-5)


def test_zero_sigma_changes_nothing_and_input_is_left_alone():
    X = rng.uniform(size=(5, 63))
    before = X.copy()
    np.testing.assert_array_equal(Blur((9, 7), sigma=0).fit_transform(X), X)
    Blur((9, 7), sigma=2).fit_transform(X)
    np.testing.assert_array_equal(X, before)


def test_works_on_frames_and_keeps_names():
    import pandas as pd

    frame = pd.DataFrame(rng.uniform(size=(5, 64)), columns=[f"p{i}" for i in range(64)])
    blur = Blur((8, 8)).set_output(transform="pandas").fit(frame)
    assert list(blur.transform(frame).columns) == list(frame.columns)


@pytest.mark.parametrize(
    ("shape", "sigma", "message"),
    [
        ((8, 9), 1, r"`shape` must have a product equal to the number of columns, 64; got"),
        ((64,), 1, r"`shape` must be \(height, width\)"),
        ((8, 8, 1, 1), 1, r"`shape` must be \(height, width\)"),
        ((1, 8, 8), 1, "`shape` must have the channels last"),
        ((-8, -8), 1, "`shape` must be at least 1; got -8"),
        ((8.0, 8.0), 1, "`shape` must be a whole number; got 8.0"),
        (64, 1, r"`shape` must be \(height, width\)"),
        (None, 1, r"`shape` must be \(height, width\)"),
        ((8, 8), -1, "`sigma` must be a finite number of at least 0; got -1"),
        ((8, 8), np.nan, "`sigma` must be a finite number of at least 0; got nan"),
        ((8, 8), "3", "`sigma` must be a number or 'auto'; got '3'"),
        ((8, 8), 9, "`sigma` must not exceed the size of a picture, 8 pixels; got 9"),
    ],
)
def test_bad_parameters(shape, sigma, message):
    with pytest.raises((TypeError, ValueError), match=message):
        Blur(shape, sigma).fit(np.zeros((3, 64)))
