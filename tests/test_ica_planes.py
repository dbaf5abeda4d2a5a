"""ICA: best angles of planes, fixed points and their repair."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ortho_group

from hessmap.ica import cube
from hessmap.ica.cube import elsewhere, fixed_point, repaired
from hessmap.ica.logcosh import GAUSSIAN, LogCosh, log_cosh, sums_over
from hessmap.ica.planes import sweep
from hessmap.ica.search import settle

from .ica_cases import contrast_of, laplace, mixed, turned, uniform, whitened


def test_a_sweep_turns_every_plane_to_its_best_angle():
    rng = np.random.default_rng(0)
    contrast = contrast_of("auto", whitened(mixed(rng, 500, 2)))
    start = np.array([turned(0.3), turned(0.1), np.eye(2)])
    found, largest = sweep(start, contrast.best_angle)
    angle = contrast.best_angle(start[:, 0], start[:, 1])
    np.testing.assert_allclose(largest, np.abs(angle))
    for one, before, by in zip(found, start, angle, strict=True):
        np.testing.assert_allclose(one, turned(by) @ before, atol=1e-12)
    again, rest = sweep(found, contrast.best_angle)
    np.testing.assert_allclose(rest, 0, atol=1e-10)
    np.testing.assert_allclose(again, found, atol=1e-10)


def test_a_sweep_of_one_direction_turns_nothing():
    found, largest = sweep(np.ones((2, 1, 1)), lambda u, v: np.ones(u.shape[:-1]))
    np.testing.assert_array_equal(found, np.ones((2, 1, 1)))
    assert largest.tolist() == [0, 0]


def test_the_largest_turn_of_a_sweep_is_that_of_any_plane():
    calls = iter([np.array([[0.1, -0.7]]), np.array([[0.3, 0.2]]), np.array([[0.0, 0.4]])])
    found, largest = sweep(np.eye(4)[None], lambda u, v: next(calls))
    assert largest.tolist() == [0.7]
    np.testing.assert_allclose(found[0] @ found[0].T, np.eye(4), atol=1e-12)


@pytest.mark.parametrize(
    ("best", "beside", "expected"),
    [(0, 1, 0), (1, 1, 0), (2, 1, 2), (4, 1, 4), (5, 1, -3), (6, 1, -2), (7, 1, 0), (6, 2, 0)],
)
def test_another_optimum_is_elsewhere(best, beside, expected):
    """Of eight angles over a quarter turn."""
    heights = np.ones(8)
    heights[best] = 2
    assert elsewhere(heights, beside) == pytest.approx(expected * np.pi / 16)
    assert elsewhere(np.array([heights, heights]), beside).shape == (2,)


def test_an_optimum_elsewhere_must_be_clearly_higher():
    heights = np.ones(8)
    for share, expected in [(0.5e-6, 0.0), (2e-6, 3 * np.pi / 16)]:
        heights[3] = 1 + share
        assert elsewhere(heights, 1) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["auto", "cube", "logcosh"])
def test_best_angle_turns_two_independent_sources_back(name):
    white = whitened(uniform(np.random.default_rng(0), 3000, 2))
    contrast = contrast_of(name, white)
    exact = {"auto": 1e-3, "cube": np.pi / 180, "logcosh": np.pi / 16}[name]
    for angle in (0.6, -0.6):
        u, v = turned(angle)
        found = contrast.best_angle(u, v)
        assert found.shape == ()
        best = settle(contrast, np.eye(2)).rotation
        back = turned(float(found)) @ turned(angle) @ best.T
        away = np.arccos(min(np.abs(back).max(), 1.0))
        assert away <= exact + 1e-3
    pairs = np.array([turned(0.6), turned(-0.6)])
    both = contrast.best_angle(pairs[:, 0], pairs[:, 1])
    assert both[0] == pytest.approx(-both[1], abs=0.2)


@pytest.mark.parametrize("name", ["auto", "cube", "logcosh"])
def test_many_rotations_at_once(name):
    white = whitened(mixed(np.random.default_rng(0), 200, 3))
    contrast = contrast_of(name, white)
    rotations = np.array([ortho_group.rvs(3, random_state=seed) for seed in range(4)])
    each = contrast.of_each(rotations)
    assert each.shape == (4, 3)
    together = contrast.expansion(rotations)
    for k, rotation in enumerate(rotations):
        np.testing.assert_allclose(each[k], contrast.of_each(rotation))
        for part, one in zip(together, contrast.expansion(rotation), strict=True):
            np.testing.assert_allclose(part[k], one, atol=1e-12)
        if name != "auto":
            np.testing.assert_allclose(
                contrast.step(rotations)[k], contrast.step(rotation[None])[0]
            )


@pytest.mark.parametrize("name", ["auto", "cube", "logcosh"])
def test_an_approach_does_not_change_its_start(name):
    contrast = contrast_of(name, whitened(mixed(np.random.default_rng(0), 400, 3)))
    starts = np.array([ortho_group.rvs(3, random_state=seed) for seed in range(3)])
    before = starts.copy()
    ends, taken = contrast.approach(starts)
    np.testing.assert_array_equal(starts, before)
    assert ends.shape == starts.shape
    assert 1 <= taken <= 200
    np.testing.assert_allclose(ends @ np.swapaxes(ends, 1, 2), [np.eye(3)] * 3, atol=1e-12)
    heights = contrast.of_each(ends).sum(axis=1)
    assert np.ptp(heights) < 1e-5 * heights.max()
    assert (heights > contrast.of_each(starts).sum(axis=1)).all()
    if name != "logcosh":  # where it has ended, it stays
        assert contrast.approach(ends)[1] <= 2


def test_a_fixed_point_needs_no_second_iteration():
    start = np.array([np.eye(2), np.eye(2)])
    found, taken = fixed_point(start, lambda rotation: 5 * rotation)
    np.testing.assert_allclose(found, start)
    assert taken == 1


def test_iterations_end_where_there_is_no_fixed_point(monkeypatch):
    monkeypatch.setattr(cube, "MAX_ITER", 7)
    by = np.array([turned(0.2)])
    found, taken = fixed_point(np.eye(2)[None], lambda rotation: by @ rotation)
    assert taken == 7
    np.testing.assert_allclose(found[0], turned(1.4), atol=1e-12)


def test_only_those_go_on_that_still_move():
    """The first stands still at once, the second after three turns."""
    seen = []

    def step(rotation):
        seen.append(len(rotation))
        still = len(rotation) == 2 or len(seen) > 3
        last = rotation[-1] if still and len(seen) > 3 else turned(0.3) @ rotation[-1]
        return np.array([*rotation[:-1], last])

    found, taken = fixed_point(np.array([np.eye(2), np.eye(2)]), step)
    assert seen == [2, 1, 1, 1]
    assert taken == 4
    np.testing.assert_allclose(found[0], np.eye(2))
    np.testing.assert_allclose(found[1], turned(0.9), atol=1e-12)


def test_repairs_end_where_no_pair_is_turned(monkeypatch):
    turns = iter([0.8, 0.8, 0.0])
    found, taken = repaired(
        np.eye(2)[None], lambda rotation: rotation, lambda u, v: np.full(u.shape[:-1], next(turns))
    )
    np.testing.assert_allclose(found[0], turned(1.6), atol=1e-12)
    assert taken == 3
    monkeypatch.setattr(cube, "MAX_REPAIRS", 2)
    found, taken = repaired(
        np.eye(2)[None], lambda rotation: rotation, lambda u, v: np.full(u.shape[:-1], 0.1)
    )
    assert taken == 2
    np.testing.assert_allclose(found[0], turned(0.2), atol=1e-12)


def test_sums_over_some_rows(monkeypatch):
    white = whitened(laplace(np.random.default_rng(0), 30, 2))
    rotation = turned(0.4)
    rows = np.array([1, 4, 5, 20, 29])
    for found in (sums_over(white, rotation, rows), sums_over(white[rows], rotation)):
        s = white[rows] @ rotation.T
        g = np.tanh(s)
        b = 1 - g**2
        np.testing.assert_allclose(found.value, np.log(np.cosh(s)).sum(axis=0))
        np.testing.assert_allclose(found.first, g.sum(axis=0))
        np.testing.assert_allclose(found.second, g.T @ s)
        np.testing.assert_allclose(found.bend, b.sum(axis=0))
        np.testing.assert_allclose(found.tilt, b.T @ s)
        np.testing.assert_allclose(found.third, np.einsum("ni,nj,nk->ijk", b, s, s))
        np.testing.assert_allclose(found.mean, s.sum(axis=0))
        np.testing.assert_allclose(found.square, s.T @ s)
        monkeypatch.setattr("hessmap.ica.logcosh.BLOCK_ROWS", 2)


def test_log_cosh_contrast_of_one_row():
    contrast = LogCosh(np.array([[0.5, 2.0]]))
    expected = np.abs(np.log(np.cosh([0.5, 2.0])) - GAUSSIAN)
    np.testing.assert_allclose(contrast.of_each(np.eye(2)), expected)
    assert log_cosh(np.array([-2.0]))[1] == pytest.approx(-np.tanh(2))
