"""Distortion of lengths where noise asks for larger fits."""

import numpy as np
import pytest

from hessmap import HessianICA
from hessmap.datasets import sphere_patch
from hessmap.diagnosis.metric import distortion_beneath_noise, metric_distortion


def _flat_and_bent(rng, n=2000, noise=0.012):
    """A noisy strip of a roll, as it is and pulled longer by up to a third, with its own codes."""
    z = rng.uniform(0, 1, size=(n, 2))
    rows = np.column_stack([np.sin(2 * z[:, 0]), 1 - np.cos(2 * z[:, 0]), 2 * z[:, 1]])
    spread = noise * rng.standard_normal((n, 3))
    return z, rows + spread, rows * (1 + z[:, 1:] / 3) + spread


def test_larger_fits_see_less_noise_and_the_same_distortion():
    z, flat, bent = _flat_and_bent(np.random.default_rng(0))
    small, large = (metric_distortion(bent, z, equations) for equations in (2.0, 8.0))
    assert large.by_noise < 0.4 * small.by_noise
    assert large.value == pytest.approx(small.value, rel=0.2)
    assert metric_distortion(flat, z, 8.0).value < 0.2 * large.value


def test_fits_grow_until_noise_is_small():
    z, flat, bent = _flat_and_bent(np.random.default_rng(1))
    smallest = metric_distortion(bent, z)
    grown = distortion_beneath_noise(bent, z, smallest.by_noise / 2)
    assert grown.by_noise <= smallest.by_noise / 2
    assert distortion_beneath_noise(bent, z, smallest.by_noise) == smallest
    assert distortion_beneath_noise(bent, z, 0.0) == smallest  # no fit is so large
    assert distortion_beneath_noise(flat, z, 0.02).value < 0.02 < grown.value


def test_noisy_spectra_of_a_moving_line_and_an_offset_are_flat():
    # a long bent direction beside a short one: neighbourhoods of nodes are bent, rows are noisy
    rng = np.random.default_rng(0)
    place, offset = rng.uniform(0.25, 0.75, 2000), rng.uniform(0, 20, 2000)
    channel = np.linspace(0, 1, 21)
    lines = 80 * np.exp(-((channel - place[:, None]) ** 2) / (2 * 0.06**2)) + offset[:, None]
    report = (
        HessianICA(2, random_state=0).fit(lines + 0.5 * rng.standard_normal(lines.shape)).report_
    )
    assert report.ok, report
    assert report.metric_distortion < 0.02


def test_noise_does_not_hide_a_sphere():
    X, _ = sphere_patch(3000, opening=100.0, random_state=1)
    noisy = X + 0.02 * X.std(axis=0).max() * np.random.default_rng(2).standard_normal(X.shape)
    with pytest.warns(match="not-isometric"):
        report = HessianICA(2, random_state=0).fit(noisy).report_
    assert report.metric_distortion == pytest.approx(0.06, abs=0.02)


@pytest.mark.parametrize("d", [2, 3])
def test_a_direction_that_the_rows_do_not_have_hides_the_metric(d):
    rng = np.random.default_rng(3)
    codes = rng.uniform(size=(300, d))
    rows = np.repeat(codes[:, :1], 4, axis=1)  # whatever the other codes are
    assert np.isnan(metric_distortion(rows, codes).value)
