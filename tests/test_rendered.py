"""Rendered scenes, which need pybullet: it has no wheels for the newest Pythons."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hessmap.datasets import SCENES, rendered

from .helpers import picture

pytest.importorskip("pybullet")


def test_rendering_is_silent_and_light_changes_no_outline(capfd):
    dark, bright = (picture(rendered, "duck yaw-light", [220.0, light]) for light in (-45, 45))
    assert capfd.readouterr() == ("", "")
    background = (dark == 1).all(axis=2)
    assert 0.3 < background.mean() < 0.9
    np.testing.assert_array_equal(background, (bright == 1).all(axis=2))
    assert np.abs(dark - bright).max() > 0.1


def test_rendering_in_threads_leaves_the_output_alone():
    before = [os.fstat(number).st_ino for number in (1, 2)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda s: rendered("ball yaw-pitch", 2, size=8, random_state=s), range(12)))
    assert [os.fstat(number).st_ino for number in (1, 2)] == before


def test_zoom_magnifies():
    small, large = (picture(rendered, "duck yaw-zoom", [220.0, z]) for z in (-0.25, 0.25))
    areas = [(1 - (one == 1).all(axis=2)).sum() for one in (small, large)]
    # less than e, which it would be without perspective and soft edges
    assert 2.0 < areas[1] / areas[0] < 3.5


def test_legs_move_apart():
    """Pixels that one leg changes, the other one does not: the metric is diagonal."""
    still = picture(rendered, "laikago legs", [-30.0, -30.0])
    one, other = (
        np.abs(picture(rendered, "laikago legs", values) - still).max(axis=2)
        for values in ([-20.0, -30.0], [-30.0, -20.0])
    )
    assert (one > 0.05).sum() > 10
    assert (other > 0.05).sum() > 10
    assert ((one > 0.05) & (other > 0.05)).mean() < 0.01


def test_supersampling_averages():
    fine = picture(rendered, "ball yaw-pitch", [3.0, 4.0], size=32, supersampling=1)
    soft = picture(rendered, "ball yaw-pitch", [3.0, 4.0], size=16, supersampling=2)
    np.testing.assert_allclose(fine.reshape(16, 2, 16, 2, 3).mean(axis=(1, 3)), soft, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in SCENES if "joint 1" in SCENES[name].ranges])
def test_robots_stay_in_the_picture(name):
    """Nothing but background along the upper edge and both sides, wherever the joints are."""
    ranges = np.array(list(SCENES[name].ranges.values()))
    corners = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, len(ranges))
    X, _ = rendered(name, size=32, factors=corners)
    pictures = X.reshape(-1, 32, 32, 3)
    assert (pictures != 1).any(axis=(1, 2, 3)).all()
    edges = [pictures[:, 0], pictures[:, :, 0], pictures[:, :, -1]]
    assert np.mean([(edge == 1).mean() for edge in edges]) > 0.9
