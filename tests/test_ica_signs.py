"""ICA: signs and order of the sources, and errors of known refits."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.ica.certificate import Refits, jackknife, standard_errors
from hessmap.ica.cube import Kurtosis
from hessmap.ica.cumulants import Moments, group_moments, random_groups
from hessmap.ica.planes import Negentropy
from hessmap.ica.search import settle
from hessmap.ica.signs import definite_order, definite_signs

from .ica_cases import cumulants_from, turned, uniform, whitened


def test_signs_by_the_skewness_or_else_by_the_mixing(monkeypatch):
    skewed = np.random.default_rng(0).exponential(size=200)
    even = np.tile([1.0, -1.0], 100)
    sources = np.column_stack([-skewed + skewed.mean(), skewed - skewed.mean(), even, even])
    sources /= sources.std(axis=0)
    mixing = np.array([[1.0, -1.0, 1.0, 1.0], [0.5, 0.5, -2.0, 2.0]])
    for _ in range(2):
        assert definite_signs(sources, mixing).tolist() == [-1, 1, -1, 1]
        monkeypatch.setattr("hessmap.ica.signs.BLOCK_ROWS", 33)


def test_first_of_equally_large_entries_gives_the_sign():
    even = np.tile([1.0, -1.0], 20)[:, None]
    for first, expected in [(-1.0, -1), (-1.0 + 1e-9, -1), (-0.99, 1)]:
        assert definite_signs(even, np.array([[first], [1.0]])).tolist() == [expected]


def test_skewness_is_significant_from_three_standard_errors():
    """Evenly spaced values x, made skewed by more and more of x^2."""
    x = np.linspace(-1, 1, 400)
    known = []
    for part in np.linspace(0, 0.4, 41):
        s = x + part * x**2
        s = (s - s.mean()) / s.std()
        third = (s**3).mean()
        influence = s**3 - 3 * s - third - 1.5 * third * (s**2 - 1)
        known.append(third > 3 * np.sqrt((influence**2).mean() / 400))
        assert definite_signs(s[:, None], -np.ones((1, 1))) == (1 if known[-1] else -1)
        assert definite_signs(-s[:, None], np.ones((1, 1))) == (-1 if known[-1] else 1)
    assert 5 < sum(known) < 36


def test_order_by_contrast_and_of_equals_by_the_mixing():
    mixing = np.eye(3)[:, [2, 0, 1]]
    assert definite_order(np.array([1.0, 3.0, 2.0]), mixing).tolist() == [1, 2, 0]
    equal = np.array([1.0, 1.0 + 1e-9, 1.0])
    assert definite_order(equal, mixing).tolist() == definite_order(equal[::-1], mixing).tolist()
    assert definite_order(equal, mixing).tolist() == [1, 2, 0]
    assert definite_order(equal, -mixing).tolist() == [1, 2, 0]
    two = np.array([1.0, 5.0, 1.0])
    assert definite_order(two, mixing).tolist() == [1, 2, 0]
    assert definite_order(np.array([1.0, 1.0 - 1e-5, 1.0 - 2e-5]), mixing).tolist() == [0, 1, 2]
    assert definite_order(np.zeros(3), mixing).tolist() == [1, 2, 0]
    assert definite_order(np.ones(2), np.array([[1.0, 2.0], [1.0, 1.0]])).tolist() == [0, 1]
    assert definite_order(np.ones(2), np.zeros((2, 2)) + 1e-300).tolist() == [0, 1]


def test_standard_errors_of_known_refits():
    """Turns by t of the plane, and mixings that differ by a constant, of five groups."""
    angles = np.array([0.1, -0.1, 0.2, 0.0, -0.3])
    rotation = turned(0.5)
    off = np.array([[1.0, 2.0], [3.0, 4.0]])
    refits = Refits(
        3.0 * np.array([turned(0.5 + t) for t in angles]),
        np.array([rotation.T + t * off for t in angles]),
    )
    size = np.sqrt(4 / 5 * (angles**2).sum())
    for unit in (1.0, 1e-200, 1e200):
        direction, mixing = standard_errors(refits, rotation, unit * np.eye(2))
        np.testing.assert_allclose(direction, [size, size])
        np.testing.assert_allclose(mixing, unit * size * off)
    swapped = standard_errors(refits, rotation, np.array([[0.0, 1.0], [1.0, 0.0]]))[1]
    np.testing.assert_allclose(swapped, size * off[::-1])


def test_standard_errors_are_at_most_a_right_angle_and_unknown_without_refits():
    wild = Refits(np.array([turned(1.5)] * 9), np.array([np.eye(2)] * 9))
    assert standard_errors(wild, np.eye(2), np.eye(2))[0].tolist() == [np.pi / 2] * 2
    mirrored = Refits(np.array([-np.eye(2)] * 9), np.array([np.eye(2)] * 9))
    direction, mixing = standard_errors(mirrored, np.eye(2), np.eye(2))
    assert direction.tolist() == [0, 0]
    assert mixing.tolist() == [[0, 0], [0, 0]]
    direction, mixing = standard_errors(None, np.eye(3), np.eye(3))
    assert direction.tolist() == [np.pi / 2] * 3
    assert np.isinf(mixing).all()
    assert mixing.shape == (3, 3)


@pytest.mark.parametrize("make", [Kurtosis, Negentropy])
def test_refits_are_fits_of_the_rows_that_are_left(make):
    white = whitened(uniform(np.random.default_rng(0), 600, 2))
    groups = random_groups(600, 4, np.random.RandomState(0))
    rotation = settle(make(cumulants_from(white)), np.eye(2)).rotation
    refits = jackknife(group_moments(white, groups), rotation, make)
    for k, group in enumerate(groups):
        rest = np.delete(white, group, axis=0)
        rest = rest - rest.mean(axis=0)
        values, vectors = np.linalg.eigh(rest.T @ rest / len(rest))
        whiten = (vectors / np.sqrt(values)) @ vectors.T
        exact = settle(make(cumulants_from(rest @ whiten)), rotation).rotation
        np.testing.assert_allclose(refits.rotation[k], exact, atol=1e-7)
        np.testing.assert_allclose(refits.mixing[k], np.linalg.inv(whiten) @ exact.T, atol=1e-7)


def test_no_refits_where_no_rows_can_be_spared():
    white = whitened(np.random.default_rng(0).standard_normal((3, 2)))
    groups = random_groups(3, 3, np.random.RandomState(0))
    assert jackknife(group_moments(white, groups), np.eye(2), Kurtosis) is None
    few = Moments(*(part[:1] for part in group_moments(white, groups)))
    assert few.size.tolist() == [1]
