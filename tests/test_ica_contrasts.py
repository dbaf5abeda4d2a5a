"""ICA: contrasts, their derivatives and their cumulants beside slow formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import ortho_group

from hessmap.ica import CONTRASTS, cumulants
from hessmap.ica.cumulants import cumulants_of, group_moments, packed, random_groups
from hessmap.ica.logcosh import GAUSSIAN, log_cosh
from hessmap.ica.planes import rounds
from hessmap.ica.tangent import orthonormalised, skew

from .ica_cases import (
    contrast_of,
    cumulants_from,
    laplace,
    mixed,
    naive_contrast,
    uniform,
    whitened,
)


def test_cumulants_match_their_definition():
    """Of the rows that a left-out group leaves, which are neither centred nor white."""
    white = whitened(np.random.default_rng(0).exponential(size=(500, 3)))
    groups = random_groups(500, 7, np.random.RandomState(0))
    found, whiten = cumulants_of(*group_moments(white, groups).without(2))
    rest = np.delete(white, groups[2], axis=0)
    rest = (rest - rest.mean(axis=0)) @ whiten.T
    np.testing.assert_allclose(rest.T @ rest / len(rest), np.eye(3), atol=1e-10)
    third, fourth = np.zeros((3,) * 3), np.zeros((3,) * 4)
    for index in np.ndindex(3, 3, 3, 3):
        a, b, c, d = index
        gaussian = (a == b) * (c == d) + (a == c) * (b == d) + (a == d) * (b == c)
        fourth[index] = np.prod([rest[:, i] for i in index], axis=0).mean() - gaussian
        third[index[:3]] = np.prod([rest[:, i] for i in index[:3]], axis=0).mean()
    expected = packed(third, fourth)
    np.testing.assert_allclose(found.third, expected.third, atol=1e-10)
    np.testing.assert_allclose(found.fourth, expected.fourth, atol=1e-10)


def test_packed_cumulants_along_directions_are_those_of_the_projections():
    rng = np.random.default_rng(0)
    white = whitened(laplace(rng, 400, 4))
    packed_cumulants = cumulants_from(white)
    rotation = ortho_group.rvs(4, random_state=1)
    s = white @ rotation.T
    gaussian = np.eye(4)[:, None, :] + 0 * s[0]
    third, fourth = cumulants.rotated(packed_cumulants, rotation)
    np.testing.assert_allclose(third, np.einsum("ni,nj,nk->ijk", s, s, s) / 400, atol=1e-10)
    expected = np.einsum("ni,ni,nj,nk->ijk", s, s, s, s) / 400
    for i, j, k in np.ndindex(4, 4, 4):
        gaussian = float(j == k) + 2.0 * (i == j) * (i == k)
        assert fourth[i, j, k] == pytest.approx(expected[i, j, k] - gaussian, abs=1e-10)
    u, v = s[:, 0], s[:, 1]
    skews, kurts = cumulants.in_planes(packed_cumulants, rotation[0], rotation[1])
    np.testing.assert_allclose(skews, [np.mean(u ** (3 - m) * v**m) for m in range(4)], atol=1e-10)
    moments = [np.mean(u ** (4 - m) * v**m) for m in range(5)]
    np.testing.assert_allclose(kurts, np.array(moments) - [3, 0, 1, 0, 3], atol=1e-10)


@pytest.mark.parametrize("name", CONTRASTS)
def test_contrast_and_expansion_match_the_rows_and_finite_differences(name):
    rng = np.random.default_rng(1)
    white = whitened(np.column_stack([mixed(rng, 700, 3), rng.exponential(size=700)]))
    contrast = contrast_of(name, white)
    rotation = ortho_group.rvs(4, random_state=2)
    here = contrast.expansion(rotation)
    height = naive_contrast(name, white, rotation)
    assert here.value == pytest.approx(height, rel=1e-10)
    assert contrast.of_each(rotation).sum() == pytest.approx(height, rel=1e-10)

    def at(angles):
        return naive_contrast(name, white, expm(skew(angles, 4)) @ rotation)

    step, planes = 1e-4, np.eye(6) * 1e-4
    gradient = [(at(e) - at(-e)) / (2 * step) for e in planes]
    np.testing.assert_allclose(here.gradient, gradient, atol=1e-6)
    hessian = [
        [(at(e + f) - at(e - f) - at(f - e) + at(-e - f)) / (4 * step**2) for f in planes]
        for e in planes
    ]
    np.testing.assert_allclose(here.hessian, hessian, atol=2e-5)


@pytest.mark.parametrize("name", ["cube", "logcosh"])
def test_fixed_point_matches_a_pass_over_the_rows(name):
    """One step is the textbook's E[z g(w'z)] - E[g'(w'z)] w."""
    rng = np.random.default_rng(0)
    white = whitened(uniform(rng, 1000, 3))
    rotation = ortho_group.rvs(3, random_state=1)
    expected = np.zeros((3, 3))
    for i, w in enumerate(rotation):
        s = white @ w
        g = s**3 if name == "cube" else np.tanh(s)
        slope = 3 * s**2 if name == "cube" else 1 - np.tanh(s) ** 2
        expected[i] = (white * g[:, None]).mean(axis=0) - slope.mean() * w
    found = contrast_of(name, white).step(rotation[None])[0]
    np.testing.assert_allclose(orthonormalised(found), orthonormalised(expected), atol=1e-10)


def test_log_cosh_over_the_whole_range():
    s = np.array([-1e300, -30.0, -1.0, -1e-9, 0.0, 1e-9, 0.5, 30.0, 1e300])
    value, slope = log_cosh(s)
    np.testing.assert_allclose(slope, np.tanh(s), atol=1e-16)
    small = np.abs(s) < 100
    np.testing.assert_allclose(value[small], np.log(np.cosh(s[small])), atol=1e-15)
    np.testing.assert_allclose(value[~small], 1e300)
    nodes, weights = np.polynomial.hermite_e.hermegauss(100)
    assert weights @ np.log(np.cosh(nodes)) / weights.sum() == pytest.approx(GAUSSIAN, abs=1e-7)


def test_best_angle_is_that_of_a_fine_grid():
    rng = np.random.default_rng(0)
    for _ in range(8):
        white = whitened(rng.exponential(size=(300, 3)) * rng.choice([-1, 1], 3))
        plane = ortho_group.rvs(3, random_state=rng.integers(1000))[:2]
        angles = np.linspace(-np.pi / 4, np.pi / 4, 2001)
        heights = [
            naive_contrast(
                "auto", white, np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]]) @ plane
            )
            for t in angles
        ]
        found = float(contrast_of("auto", white).best_angle(plane[0], plane[1]))
        assert np.interp(found, angles, heights) == pytest.approx(max(heights), rel=1e-5)


@pytest.mark.parametrize("d", [2, 3, 6, 7])
def test_rounds_hold_every_pair_once(d):
    games = rounds(d)
    met = [tuple(sorted(pair)) for first, second in games for pair in zip(first, second)]  # noqa: B905
    assert sorted(met) == [(i, j) for i in range(d) for j in range(i + 1, d)]
    for first, second in games:
        assert len(set(first) | set(second)) == 2 * len(first)
