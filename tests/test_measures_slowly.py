"""Distortion and what is left over beside twins that take one place after the other."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.diagnosis.metric import (
    EQUATIONS,
    MAX_NOISE_SHARE,
    distortion_beneath_noise,
    metric_distortion,
)
from hessmap.diagnosis.residual import (
    ALIKE,
    BENT_DIRECTION,
    N_NEIGHBORS,
    ONE_DIRECTION,
    leftover_direction,
)


def nearest(codes, place, k):
    """The k codes next to one of them, itself first."""
    return np.argsort(np.linalg.norm(codes - codes[place], axis=1), kind="stable")[:k]


def naive_distortion(points, embedding, equations=EQUATIONS, places=None):
    """A quadratic fit by least squares at each place, with the textbook's variances."""
    n, d = embedding.shape
    pairs = [(a, b) for a in range(d) for b in range(a, d)]
    unknowns = 1 + d + len(pairs)
    k = min(n, int(np.ceil(equations * unknowns)) + 4)
    codes = embedding / embedding.std(axis=0)
    metrics, errors = [], []
    for place in range(n) if places is None else places:
        members = nearest(codes, place, k)
        y, x = codes[members] - codes[place], points[members] - points[place]
        design = np.column_stack([np.ones(k), y] + [y[:, a] * y[:, b] for a, b in pairs])
        fit = np.linalg.lstsq(design, x, rcond=None)[0]
        variance = ((x - design @ fit) ** 2).sum() / (k - unknowns)
        error = variance * np.linalg.inv(design.T @ design)[1 : d + 1, 1 : d + 1]
        metric = fit[1 : d + 1] @ fit[1 : d + 1].T - error
        if np.linalg.eigvalsh(metric)[0] > MAX_NOISE_SHARE * np.linalg.eigvalsh(error)[-1]:
            metrics.append(metric)
            errors.append(error)
    common = np.linalg.cholesky(np.median(metrics, axis=0))
    squares, by_noise = [], []
    logs = []
    for metric, error in zip(metrics, errors, strict=True):
        root = np.linalg.inv(common)
        logs.append(np.log(np.linalg.eigvalsh(root @ metric @ root.T)) / 2)
        share = np.trace(np.linalg.inv(metric) @ error) / (d * points.shape[1])
        by_noise.append(share * (1 - 2 / (9 * d)) ** 3)
    for log, noise in zip(logs, by_noise, strict=True):
        squares.append(np.mean((log - np.median(logs)) ** 2) - noise)
    return np.sqrt(max(np.median(squares), 0)), np.sqrt(np.median(by_noise))


def bent(n, d, noise):
    """Codes, and rows in which the lengths of the first one grow by a factor of e^2."""
    rng = np.random.default_rng(n)
    codes = rng.uniform(-1, 1, size=(n, d)) * np.array([1.5, 0.2, 1.0])[:d]
    rows = np.column_stack([np.exp(codes[:, 0] / 3), codes[:, 1:], np.zeros((n, 2))])
    return rows + noise * rng.standard_normal(rows.shape), codes


@pytest.mark.parametrize(("n", "d", "noise"), [(40, 1, 0.005), (90, 2, 0.001), (120, 3, 0.001)])
@pytest.mark.parametrize("equations", [EQUATIONS, 3.0])
def test_distortion(n, d, noise, equations):
    points, codes = bent(n, d, noise)
    found = metric_distortion(points, codes, equations)
    np.testing.assert_allclose(found, naive_distortion(points, codes, equations), rtol=1e-6)
    assert found.value > 0.05


def test_places_that_noise_hides_do_not_count():
    points, codes = bent(90, 2, 0.001)
    hidden = codes[:, 0] > 1
    points[hidden] += 0.5 * np.random.default_rng(0).standard_normal((hidden.sum(), 4))
    found = metric_distortion(points, codes)
    np.testing.assert_allclose(found, naive_distortion(points, codes), rtol=1e-6)
    points += 5 * np.random.default_rng(1).standard_normal(points.shape)
    assert np.isnan(metric_distortion(points, codes)).all()


def test_few_places_stand_for_all(monkeypatch):
    monkeypatch.setattr("hessmap.diagnosis.metric.N_PLACES", 20)
    points, codes = bent(90, 2, 0.001)
    places = np.linspace(0, 89, 20).astype(int)
    slowly = naive_distortion(points, codes, places=places)
    np.testing.assert_allclose(metric_distortion(points, codes), slowly, rtol=1e-6)


def test_fits_need_more_points_than_unknowns():
    """A quadratic of two codes has six unknowns, and a variance takes two more equations."""
    points, codes = bent(90, 2, 0.0)
    assert np.isnan(metric_distortion(points[:7], codes[:7]).value)
    assert np.isfinite(metric_distortion(points[:8], codes[:8]).value)
    flat = codes * [1.0, 0.0]
    assert np.isnan(metric_distortion(points, flat)).all()


def test_fits_are_doubled_up_to_a_sixteenth_of_the_points():
    points, codes = bent(600, 1, 0.001)
    smallest = metric_distortion(points, codes)
    sizes = [EQUATIONS * 2**j for j in range(6)]
    found = [metric_distortion(points, codes, size) for size in sizes]
    noises = [one.by_noise for one in found]
    assert (np.diff(noises) < 0).all()
    for one, noise in zip(found[:3], noises[:3], strict=True):
        assert distortion_beneath_noise(points, codes, noise) == one
    # three unknowns: 8 equations for each of them and 4 more are below 600 / 16, 16 are not
    assert distortion_beneath_noise(points, codes, noises[3]) == smallest
    assert distortion_beneath_noise(points, codes, 0.0) == smallest
    assert distortion_beneath_noise(points[:448], codes[:448], 0.0) == metric_distortion(
        points[:448], codes[:448]
    )


def naive_leftover(points, back, codes, places):
    """Strongest and second direction at each place, by singular values."""
    extent = np.linalg.norm(points - points.mean(axis=0)) / np.sqrt(len(points))
    left, codes = (points - back) / extent, codes / codes.std(axis=0)
    values = [
        np.linalg.svd(left[nearest(codes, place, N_NEIGHBORS)], compute_uv=False) ** 2
        for place in places
    ]
    first, second = np.median(np.array(values)[:, :2], axis=0) / N_NEIGHBORS
    one, other = [], []
    for place in places:
        gaps = np.linalg.norm(points - points[place], axis=1)
        gaps[place] = np.inf
        one.append(left[place])
        other.append(left[gaps.argmin()])
    alike = np.sum(np.array(one) * other) / np.sqrt(
        np.sum(np.square(one)) * np.sum(np.square(other))
    )
    bends = first > BENT_DIRECTION * second and alike > ALIKE
    return np.sqrt(first) if bends or first > ONE_DIRECTION * second else 0.0


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("n", [80, 230])
def test_leftover(n, strength):
    """A factor that the codes miss, straight and bent, beside noise."""
    rng = np.random.default_rng(n)
    codes, third = rng.uniform(-1, 1, size=(n, 2)) * [5.0, 0.1], rng.uniform(-1, 1, n)
    back = np.column_stack([codes, np.zeros((n, 3))])
    points = back + 0.1 * rng.standard_normal(back.shape)
    points[:, 2] += strength * third
    points[:, 3] += 0.3 * strength * third**2
    places = np.linspace(0, n - 1, min(n, 200)).astype(int)
    expected = naive_leftover(points, back, codes, places)
    assert leftover_direction(points, back, codes) == pytest.approx(expected)
    assert (expected > 0) == (strength > 0.3)


def test_leftover_that_cannot_be_told():
    rng = np.random.default_rng(0)
    codes = rng.uniform(size=(2 * N_NEIGHBORS, 2))
    points = np.column_stack([codes, rng.uniform(-9, 9, size=len(codes)), 0 * codes[:, 0]])
    back = points * [1, 1, 0, 1]
    assert leftover_direction(points, back, codes) > 0
    assert leftover_direction(points[1:], back[1:], codes[1:]) == 0
    assert leftover_direction(points[:, :3], back[:, :3], codes) == 0
    assert leftover_direction(points, back, codes * [1, 0]) == 0
    same = np.ones_like(points)
    assert leftover_direction(same, back, codes) == 0
