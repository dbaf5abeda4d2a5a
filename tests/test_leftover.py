"""A factor that the embedding misses, bent or straight, and noise, which is none."""

import numpy as np
import pytest

from hessmap import HessianICA, HessmapWarning
from hessmap.datasets import sprites
from hessmap.diagnosis.residual import ALIKE, BENT_DIRECTION, _likeness, leftover_direction


def _bent(rng, n=1000, size=0.3):
    """Codes of two factors, and what a third, bent one adds to twelve columns."""
    z = rng.uniform(-1, 1, size=(n, 3))
    turn = 1.3 * z[:, 2]
    curve = size * np.column_stack([np.sin(turn), 1 - np.cos(turn)])
    basis = np.linalg.qr(rng.standard_normal((12, 12)))[0]
    flat = np.column_stack([2 * z[:, :2], np.zeros((n, 10))]) @ basis
    third = np.column_stack([np.zeros((n, 2)), curve, np.zeros((n, 8))]) @ basis
    return z[:, :2], flat, third


def test_bent_factor_is_found_by_rows_that_are_alike():
    rng = np.random.default_rng(0)
    codes, flat, third = _bent(rng)
    found = leftover_direction(flat + third, flat, codes)
    # less than ten times the second direction: only the likeness tells it from noise
    strengths = np.linalg.svd(third, compute_uv=False)[:2] ** 2
    assert BENT_DIRECTION < strengths[0] / strengths[1] < 10
    extent = np.sqrt((((flat + third) - (flat + third).mean(axis=0)) ** 2).sum(axis=1).mean())
    along_first = np.linalg.norm(third, 2) / np.sqrt(len(third)) / extent
    assert found == pytest.approx(along_first, rel=0.25)


def test_same_directions_without_a_factor_are_noise():
    rng = np.random.default_rng(1)
    codes, flat, third = _bent(rng)
    shuffled = third[rng.permutation(len(third))]  # in the same directions, but of no place
    far = flat + shuffled + 0.3 * rng.standard_normal(flat.shape)
    assert leftover_direction(far, flat, codes) == 0
    round_noise = 0.2 * rng.standard_normal(flat.shape)
    assert leftover_direction(flat + round_noise, flat, codes) == 0


def test_likeness_is_a_correlation_with_the_nearest_other_row():
    rng = np.random.default_rng(2)
    points, places = rng.standard_normal((60, 3)), np.arange(0, 60, 7)
    left = rng.standard_normal((60, 3))
    pairs = []
    for place in places:
        gaps = [np.linalg.norm(points[place] - row) for row in points]
        gaps[place] = np.inf
        pairs.append((left[place], left[int(np.argmin(gaps))]))
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    slow = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
    assert _likeness(points, left, places) == pytest.approx(slow)
    assert _likeness(points, np.zeros_like(left), places) == 0
    assert _likeness(points, points, places) > ALIKE > abs(_likeness(points, left, places))


def test_third_factor_of_pictures_is_missed_with_two_and_said():
    X, _ = sprites(1200, 3, size=24, random_state=0)
    with pytest.warns(HessmapWarning, match="not-isometric"):
        report = HessianICA(2, random_state=0).fit(X).report_
    assert report.spectral_gap < 0.1  # nothing else would have told
    (finding,) = report.findings
    assert finding.code == "not-isometric"
    assert "n_components=3" in finding.message
