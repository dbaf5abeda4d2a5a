"""Rendered scenes and photographs: what each factor does to a picture."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

import hessmap.datasets._blocks as blocks
from hessmap import HessianICA
from hessmap.datasets import SCENES, VIEWS, photographs, rendered
from hessmap.metrics import mcc
from hessmap.pictures import Blur

from .helpers import picture

BOTH = [
    pytest.param(
        rendered,
        "duck yaw-light",
        id="rendered",
        marks=pytest.mark.skipif(find_spec("pybullet") is None, reason="needs pybullet"),
    ),
    pytest.param(photographs, "cat zoom-turn", id="photographs"),
]


@pytest.mark.parametrize(("make", "name"), BOTH)
def test_shapes_seeds_and_blocks(make, name, monkeypatch):
    X, factors = make(name, 12, size=16, noise=0.1, random_state=0)
    assert X.shape == (12, 16 * 16 * 3)
    assert X.dtype == np.float32
    ranges = np.array(list((SCENES | VIEWS)[name].ranges.values()))
    assert ((factors >= ranges[:, 0]) & (factors <= ranges[:, 1])).all()
    clean, same = make(name, 12, size=16, random_state=0)
    np.testing.assert_array_equal(factors, same)
    assert clean.min() >= 0
    assert clean.max() <= 1
    assert (X - clean).std() == pytest.approx(0.1, rel=0.1)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 5)
    np.testing.assert_allclose(make(name, 12, size=16, noise=0.1, random_state=0)[0], X, atol=1e-6)
    other, _ = make(name, 12, size=16, noise=0.1, random_state=1)
    assert np.abs(X - other).max() > 0.01


@pytest.mark.parametrize(("make", "name"), BOTH)
def test_extent_and_given_factors(make, name):
    ranges = np.array(list((SCENES | VIEWS)[name].ranges.values()))
    _, factors = make(name, 300, size=8, extent=(0.5, 0.1), random_state=0)
    width = np.ptp(factors, axis=0) / np.ptp(ranges, axis=1)
    np.testing.assert_allclose(width, [0.5, 0.1], rtol=0.03)
    np.testing.assert_allclose(factors.mean(axis=0), ranges.mean(axis=1), atol=2)
    X, same = make(name, 5, size=8, factors=factors[:3])
    np.testing.assert_array_equal(same, factors[:3])
    np.testing.assert_array_equal(X[1], make(name, size=8, factors=factors[1:2])[0][0])


@pytest.mark.parametrize(("make", "name"), BOTH)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 4}, "`size` must be at least 8; got 4"),
        ({"n_samples": 0}, "`n_samples` must be at least 1; got 0"),
        ({"extent": (1, 2, 3)}, "`extent` must be a number .* or one for each factor"),
        ({"extent": 1e9}, "`extent` must be a number above 0 and at most 1e.06"),
        ({"extent": set()}, "`extent` must be an array of numbers; got a set"),
        ({"extent": -1}, "`extent` must be a number above 0"),
        ({"factors": [[1.0]]}, r"`factors` must be a finite table \(n, 2\)"),
        ({"factors": "a"}, "`factors` must be an array of numbers; got a str"),
        ({"factors": [[1.0, np.nan]]}, "`factors` must be a finite table"),
    ],
)
def test_bad_parameters(make, name, settings, message):
    with pytest.raises(ValueError, match=message):
        make(name, **settings)


@pytest.mark.parametrize("make", [rendered, photographs])
def test_an_unknown_name_is_answered_with_the_known_ones(make):
    with pytest.raises(ValueError, match=r"must be one of '(duck yaw-light|astronaut pan)'"):
        make("cow")


def test_light_beyond_its_range_is_dark_at_most():
    assert picture(photographs, "cat x-light", [0.0, 120.0]).min() == 0


def test_panning_moves_pixels():
    """By one pixel of the window: the same picture, one column on."""
    size = 32
    step = VIEWS["cat pan"].window / size
    before, after = (picture(photographs, "cat pan", [x, 0.02], size) for x in (0.0, step))
    np.testing.assert_allclose(after[:, :-1], before[:, 1:], atol=1e-6)
    down = picture(photographs, "cat pan", [0.0, 0.02 + step], size)
    np.testing.assert_allclose(down[:-1], before[1:], atol=1e-6)


def test_turning_by_a_right_angle_and_zooming():
    still, turned = (picture(photographs, "cat zoom-turn", [0.0, turn]) for turn in (0, 90))
    np.testing.assert_allclose(turned, np.rot90(still), atol=1e-6)
    near = picture(photographs, "cat zoom-turn", [np.log(2), 0.0])
    middle = still[8:24, 8:24]
    np.testing.assert_allclose(near.reshape(16, 2, 16, 2, 3).mean(axis=(1, 3)), middle, atol=0.05)


def test_light_comes_from_its_side():
    left, right = (picture(photographs, "cat x-light", [0.0, light]) for light in (-45, 45))
    assert left[:, :8].mean() > 3 * left[:, -8:].mean()
    assert right[:, -8:].mean() > 3 * right[:, :8].mean()


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")  # the metric is 9 % from flat
def test_factors_of_pictures_are_found():
    """Photographs, with everything chosen by the package."""
    X, factors = photographs("cat zoom-turn", 1500, size=32, random_state=0)
    blur = Blur((32, 32, 3), "auto", random_state=0)
    codes = HessianICA(2, random_state=0).fit_transform(blur.fit_transform(X))
    assert mcc(codes, factors) > 0.98
