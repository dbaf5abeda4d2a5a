"""ICA: the search on hills whose top is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hessmap.ica.search import FLAT, Optimum, best_start, climb, curvature, settle
from hessmap.ica.tangent import Expansion

from .ica_cases import turned


@dataclass(frozen=True)
class Hill:
    """cos(n (t - top)) over the turns t of a plane, plus a constant."""

    top: float = 0.3
    n: int = 1
    height: float = 2.0

    def angle(self, rotation):
        return np.arctan2(rotation[..., 0, 1], rotation[..., 0, 0]) - self.top

    def of_each(self, rotation):
        half = (self.height + np.cos(self.n * self.angle(rotation))) / 2
        return np.stack([half, half], axis=-1)

    def expansion(self, rotation):
        t = self.n * self.angle(rotation)
        slope, bend = -self.n * np.sin(t), -(self.n**2) * np.cos(t)
        return Expansion(self.height + np.cos(t), slope[..., None], bend[..., None, None])

    def approach(self, rotation):
        return rotation, 1

    def best_angle(self, u, v):
        return np.zeros(u.shape[:-1])


@pytest.mark.parametrize("start", [-1.2, 0.29, 0.3, 1.8])
def test_climbs_to_the_top(start):
    found, here, taken, settled = climb(Hill(), turned(start)[None])
    assert settled
    np.testing.assert_allclose(found[0], turned(0.3), atol=1e-12)
    assert here.value == pytest.approx(3)
    assert taken <= 12
    assert (taken == 0) == (start == 0.3)


def test_climbs_of_many_together_and_what_ends_them(monkeypatch):
    starts = np.array([turned(angle) for angle in (-1.2, 0.3, 1.0)])
    found, here, _, settled = climb(Hill(), starts)
    assert settled
    np.testing.assert_allclose(found, [turned(0.3)] * 3, atol=1e-12)
    assert here.gradient.shape == (3, 1)
    monkeypatch.setattr("hessmap.ica.search.MAX_STEPS", 2)
    _, here, taken, settled = climb(Hill(), starts)
    assert (settled, taken) == (False, 2)
    assert (np.abs(here.gradient[[0, 2]]) > 1e-8).all()


@pytest.mark.parametrize("steps", [1, 2])
def test_none_of_many_together_is_held_up_by_another(steps, monkeypatch):
    monkeypatch.setattr("hessmap.ica.search.MAX_STEPS", steps)
    starts = np.array([turned(angle) for angle in (-1.2, 0.31, 1.0, 3.2)])
    together, here, *_ = climb(Hill(), starts)
    for k, start in enumerate(starts):
        alone, there, *_ = climb(Hill(), start[None])
        np.testing.assert_allclose(together[k], alone[0], atol=1e-12)
        for part, one in zip(here, there, strict=True):
            np.testing.assert_allclose(part[k], one[0], atol=1e-7)


def test_no_step_is_longer_than_half_a_radian_and_each_goes_up():
    values = []

    class Seen(Hill):
        def expansion(self, rotation):
            found = super().expansion(rotation)
            values.append((float(self.angle(rotation)[0]), float(found.value[0])))
            return found

    climb(Seen(), turned(-2.0)[None])
    angles, heights = np.array(values).T
    assert np.abs(np.diff(angles)).max() <= 0.5
    assert np.abs(np.diff(angles)).max() > 0.45
    assert (np.diff(heights) > -1e-12).all()


def test_steps_that_would_go_down_are_shortened():
    """A hill so narrow that half a radian is beyond it: 40 periods in a circle."""
    found, here, _, settled = climb(Hill(n=40, top=0.0), turned(0.03)[None])
    assert settled
    assert here.value == pytest.approx(3)
    np.testing.assert_allclose(found[0], np.eye(2), atol=1e-9)


@pytest.mark.parametrize("start", [0.3, 0.3 + np.pi])
def test_settles_on_a_maximum_and_leaves_a_minimum(start):
    found = settle(Hill(), turned(start))
    assert found.maximum
    assert found.settled
    np.testing.assert_allclose(found.rotation, turned(0.3), atol=1e-9)
    assert found.value == pytest.approx(3)
    assert found.curvature == pytest.approx(-1 / 3)
    assert found.restarts == 1
    assert (found.n_iter == 0) == (start == 0.3)


def test_a_better_plane_is_taken():
    """The pair test proposes the other hill, which is out of sight of the first."""

    class TwoHills(Hill):
        def of_each(self, rotation):
            far = np.cos(self.angle(rotation)) < 0
            return super().of_each(rotation) + 2 * far[..., None]

        def best_angle(self, u, v):
            here = np.arctan2(u[..., 1], u[..., 0]) - self.top
            return np.where(np.cos(here) > 0, 2.0, 0.0)

    found = settle(TwoHills(n=2), turned(0.3))
    np.testing.assert_allclose(found.rotation, turned(0.3 + np.pi), atol=1e-9)


def test_flat_contrasts_have_no_maximum():
    class Flat(Hill):
        def of_each(self, rotation):
            return np.ones(rotation.shape[:-1])

        def expansion(self, rotation):
            shape = rotation.shape[:-2]
            return Expansion(np.full(shape, 2.0), np.zeros((*shape, 1)), np.zeros((*shape, 1, 1)))

    found = settle(Flat(), np.eye(2))
    assert found.settled
    assert not found.maximum
    assert found.curvature == 0


def test_a_maximum_is_settled_and_not_flat():
    found = Optimum(np.eye(2), 1.0, -2 * FLAT, 3, 1, True)
    assert found.maximum
    assert not replace(found, curvature=-FLAT).maximum
    assert not replace(found, curvature=1.0).maximum
    assert not replace(found, settled=False).maximum


def test_curvature_of_an_expansion():
    hessian = np.diag([-3.0, -1.0])
    assert curvature(Expansion(np.array(2.0), np.zeros(2), hessian)) == -0.5
    assert curvature(Expansion(np.array(0.0), np.zeros(2), hessian)) == 0
    assert curvature(Expansion(np.array(2.0), np.zeros(0), np.zeros((0, 0)))) == -np.inf


@pytest.mark.parametrize(("spread", "expected"), [(0.0, 10), (0.5e-6, 10), (3e-6, 40)])
def test_starts_agree_or_are_followed_by_more(spread, expected):
    """Optima of heights between 1 and 1 - spread; the best of them is kept."""
    heights = iter(np.linspace(1, 1 - spread, 10).tolist() + [1.5] * 30)

    class Known(Hill):
        def approach(self, rotation):
            return np.array([next(heights) * np.eye(2) for _ in rotation]), len(rotation)

        def of_each(self, rotation):
            return rotation.sum(axis=-1) / 2

    best, n_iter, starts = best_start(Known(), 2, np.random.RandomState(0))
    assert (n_iter, starts) == (expected, expected)
    assert best[0, 0] == (1.0 if expected == 10 else 1.5)


def test_one_direction_has_one_start():
    best, n_iter, starts = best_start(Hill(), 1, np.random.RandomState(0))
    assert (best.tolist(), n_iter, starts) == ([[1.0]], 0, 1)
