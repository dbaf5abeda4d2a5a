"""Data sets: shapes, determinism, blocks, and the isometry that each of them promises."""

from __future__ import annotations

import numpy as np
import pytest

import hessmap.datasets._blocks as blocks
from hessmap.datasets import (
    arcs,
    blobs,
    shapes_xc,
    shapes_xy,
    shapes_xyr,
    sphere_patch,
    swiss_roll,
    two_pieces,
)

ALL = [
    pytest.param(swiss_roll, 3, 2, np.float64, id="swiss_roll"),
    pytest.param(lambda n, **kw: swiss_roll(n, hole=True, **kw), 3, 2, np.float64, id="hole"),
    pytest.param(lambda n, **kw: swiss_roll(n, n_features=20, **kw), 20, 2, np.float64, id="wide"),
    pytest.param(lambda n, **kw: arcs(n, 5, **kw), 10, 5, np.float64, id="arcs"),
    pytest.param(blobs, 30, 2, np.float64, id="blobs"),
    pytest.param(shapes_xy, 2304, 2, np.float32, id="shapes_xy"),
    pytest.param(shapes_xc, 4608, 2, np.float32, id="shapes_xc"),
    pytest.param(shapes_xyr, 1024, 3, np.float32, id="shapes_xyr"),
]


@pytest.mark.parametrize(("make", "n_features", "d", "dtype"), ALL)
def test_shapes_seeds_and_blocks(make, n_features, d, dtype, monkeypatch):
    X, factors = make(50, noise=0.1, random_state=0)
    assert X.shape == (50, n_features)
    assert factors.shape == (50, d)
    assert X.dtype == dtype
    assert factors.dtype == np.float64
    assert np.isfinite(X).all()
    other, _ = make(50, noise=0.1, random_state=1)
    assert np.abs(X - other).max() > 0.01
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 7)
    again, same = make(50, noise=0.1, random_state=0)
    np.testing.assert_array_equal(factors, same)
    np.testing.assert_allclose(X, again, atol=1e-6)


@pytest.mark.parametrize(("make", "n_features", "d", "dtype"), ALL)
def test_noise_has_the_size_that_was_asked_for(make, n_features, d, dtype):
    clean, factors = make(60, random_state=0)
    noisy, same = make(60, noise=0.3, random_state=0)
    np.testing.assert_array_equal(factors, same)
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.2)


@pytest.mark.parametrize(("make", "n_features", "d", "dtype"), ALL)
def test_factors_are_independent_and_fill_their_range(make, n_features, d, dtype):
    _, factors = make(2000, random_state=0)
    correlation = np.corrcoef(factors.T) - np.eye(d)
    assert np.abs(correlation).max() < 0.08
    spread = np.ptp(factors, axis=0) / factors.std(axis=0)
    assert (spread > 3).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda n: swiss_roll(n, random_state=0),
        lambda n: swiss_roll(n, hole=True, n_features=9, random_state=0),
        lambda n: arcs(n, 3, n_features=11, random_state=0),
    ],
)
def test_surfaces_are_isometric(make):
    """Close rows are as far apart as their factors."""
    X, factors = make(4000)
    i, j = np.random.default_rng(0).integers(0, 4000, size=(2, 200_000))
    apart = np.linalg.norm(factors[i] - factors[j], axis=1)
    close = (apart > 0) & (apart < 0.02 * np.ptp(factors, axis=0).max())
    assert close.sum() > 5
    chord = np.linalg.norm(X[i] - X[j], axis=1)[close]
    np.testing.assert_allclose(chord, apart[close], rtol=0.02)


def test_hole_is_empty():
    _, factors = swiss_roll(2000, hole=True, random_state=0)
    unit = (factors - factors.min(axis=0)) / np.ptp(factors, axis=0)
    assert not ((np.abs(unit - 0.5) < 0.15).all(axis=1)).any()


def test_pictures_show_what_the_factors_say():
    X, factors = shapes_xy(20, random_state=0)
    pictures = X.reshape(20, 48, 48)
    np.testing.assert_allclose(pictures.sum(axis=(1, 2)), 144, rtol=1e-5)
    pixel = np.arange(48) + 0.5
    np.testing.assert_allclose(pictures.sum(axis=1) @ pixel / 144, factors[:, 0], rtol=1e-5)
    np.testing.assert_allclose(pictures.sum(axis=2) @ pixel / 144, factors[:, 1], rtol=1e-5)

    X, factors = shapes_xc(20, random_state=0)
    red, green = np.moveaxis(X.reshape(20, 48, 48, 2).sum(axis=(1, 2)), 1, 0)
    np.testing.assert_allclose(np.arctan2(green, red), factors[:, 1], atol=1e-5)

    X, factors = shapes_xyr(20, random_state=0)
    pictures = X.reshape(20, 32, 32)
    np.testing.assert_allclose(pictures.sum(axis=(1, 2)), 256, rtol=0.01)
    pixel = np.arange(32) + 0.5
    centre = pictures.sum(axis=1) @ pixel / pictures.sum(axis=(1, 2))
    np.testing.assert_allclose(centre, factors[:, 0], atol=0.02)


def test_turned_square_has_turned_edges():
    """The fourth angular moment of the mass follows four times the angle."""
    X, factors = shapes_xyr(50, random_state=0)
    pictures = X.reshape(50, 32, 32).astype(float)
    pixel = np.arange(32) + 0.5
    offset = (pixel[None, None, :] - factors[:, 0, None, None]) + 1j * (
        pixel[None, :, None] - factors[:, 1, None, None]
    )
    moment = (pictures * offset**4).sum(axis=(1, 2))
    # of a square with its edges along the axes this moment is negative
    found = np.angle(-moment) / 4
    np.testing.assert_allclose(found, factors[:, 2], atol=0.05)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: swiss_roll(0), "`n_samples` must be at least 1; got 0"),
        (lambda: swiss_roll(2.0), "`n_samples` must be a whole number; got 2.0"),
        (lambda: swiss_roll(None), "`n_samples` must be a whole number; got None"),
        (lambda: swiss_roll(10, noise="a"), "`noise` must be a number; got 'a'"),
        (lambda: swiss_roll(10, random_state=-1), "`random_state` must be None, an int from 0"),
        (lambda: swiss_roll(10, turns=0), "`turns` must be a finite number above 0"),
        (lambda: swiss_roll(10, height=-1), "`height` must be a finite number above 0"),
        (lambda: swiss_roll(10, n_features=2), "`n_features` must be at least 3; got 2"),
        (lambda: swiss_roll(10, n_features=np.ones(2)), "`n_features` must be a whole number"),
        (lambda: two_pieces(10, gap=1e308), "`gap` must be at most 1e.100; got 1e.308"),
        (lambda: blobs(10, width=1e300), "`width` must be at most 1e.100; got 1e.300"),
        (lambda: swiss_roll(10, noise=-1), "`noise` must be a finite number of at least 0"),
        (lambda: swiss_roll(10, noise=1e308), "`noise` must be at most 1.79769e.306; got 1e.308"),
        (lambda: shapes_xy(10, noise=1e38), "`noise` must be at most 3.40282e.36"),
        (lambda: arcs(10, 0), "`n_components` must be at least 1; got 0"),
        (lambda: arcs(10, 2, angle=7), "`angle` must be between 0 and 2 pi; got 7"),
        (lambda: arcs(10, 2, n_features=3), "`n_features` must be at least 4; got 3"),
        (lambda: shapes_xy(10, size=4), "`size` must be at least 8; got 4"),
        (lambda: shapes_xc(10, side=40), "`side` must leave room to move in 48 pixels; got 40"),
        (lambda: shapes_xyr(10, side=0), "`side` must be a finite number above 0"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@pytest.mark.parametrize(
    ("make", "name"), [(arcs, "angle"), (sphere_patch, "opening"), (two_pieces, "gap")]
)
def test_small_whole_numbers_do_not_wrap_around(make, name):
    """Minus the uint8 3 is 253, and 255 + 1 is 0."""
    value = 255 if name == "gap" else 3
    X, _ = make(50, random_state=0, **{name: np.uint8(value)})
    np.testing.assert_array_equal(X, make(50, random_state=0, **{name: value})[0])


def test_any_kind_of_seed():
    one, _ = arcs(20, random_state=np.random.RandomState(3))
    two, _ = arcs(20, random_state=np.random.RandomState(3))
    np.testing.assert_array_equal(one, two)
    three, _ = arcs(20, random_state=np.random.default_rng(3))
    four, _ = arcs(20, random_state=np.random.default_rng(3))
    np.testing.assert_array_equal(three, four)
    assert np.abs(arcs(20)[0] - arcs(20)[0]).max() > 0


def test_blobs_are_the_pictures_of_their_factors():
    """With all components nothing is lost: distances are those of the pictures."""
    X, factors = blobs(40, n_features=576, random_state=0)
    pixels = np.arange(24)
    pictures = np.array(
        [
            np.exp(-((pixels[:, None] - a) ** 2 + (pixels[None] - b) ** 2) / 12.5).ravel()
            for a, b in factors
        ]
    )
    np.testing.assert_allclose(
        np.linalg.norm(X[1:] - X[:-1], axis=1), np.linalg.norm(np.diff(pictures, axis=0), axis=1)
    )
    noisy, again = blobs(4000, noise=0.3, random_state=0)
    clean, _ = blobs(4000, random_state=0)
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.01)
    skewed = blobs(4000, density="beta", random_state=0)[1]
    assert skewed.mean() < again.mean() - 2
    with pytest.raises(ValueError, match="`density` must be one of 'uniform', 'beta'"):
        blobs(10, density="normal")
    with pytest.raises(ValueError, match="`n_features` must be at most 576; got 600"):
        blobs(10, n_features=600)
