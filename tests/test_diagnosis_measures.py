"""What the report is made of: distortion, what is left over, the narrowest place, the score."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.diagnosis.connection import bottleneck
from hessmap.diagnosis.metric import metric_distortion
from hessmap.diagnosis.residual import leftover_direction


def test_distortion_of_known_maps():
    rng = np.random.default_rng(0)
    z = rng.uniform(-1, 1, size=(4000, 2))
    rows = np.column_stack([z, np.zeros((4000, 3))])
    assert metric_distortion(rows, z).value < 1e-6
    mixed = z @ rng.standard_normal((2, 2))  # a common linear map is no distortion
    assert metric_distortion(rows, mixed).value < 1e-6
    # dx = exp(h) dy with h uniform on +-0.5 in one of the two directions, and none in the other
    bent = np.column_stack([np.exp(z[:, 0] / 2), z[:, 1]])
    for both in (bent, bent @ rng.standard_normal((2, 2))):
        assert 0.1 < metric_distortion(rows, both).value < 0.3
    curve = np.column_stack([z[:, :1], np.zeros((4000, 3))])
    found = metric_distortion(curve, np.exp(z[:, :1] / 2)).value
    h = -z[:, 0] / 2  # the logarithm of dx/dy, up to a constant
    assert found == pytest.approx(np.median(np.abs(h - np.median(h))), rel=0.1)
    noise = 0.005 * rng.standard_normal(rows.shape)
    assert metric_distortion(rows + noise, z).value < 0.05
    assert metric_distortion(rows + noise, both).value > 0.1


def test_distortion_that_cannot_be_told():
    rng = np.random.default_rng(0)
    z = rng.uniform(-1, 1, size=(500, 2))
    assert np.isnan(metric_distortion(rng.standard_normal((500, 5)), z).value)
    assert np.isnan(metric_distortion(z, np.column_stack([z[:, 0], np.zeros(500)])).value)
    assert np.isnan(metric_distortion(z[:6], z[:6]).value)


def test_bottleneck():
    rng = np.random.default_rng(0)
    box = rng.uniform(size=(2000, 2)) * [5, 1]
    assert bottleneck(box, 16) > 0.5
    assert bottleneck(rng.uniform(size=(900, 5)), 35) > 0.5
    assert bottleneck(np.sort(rng.uniform(size=(900, 1)), axis=0), 12) > 0.4
    apart = box + [3, 0] * (box[:, :1] > 2.5)
    assert bottleneck(apart, 16) == 0
    waist = box[(np.abs(box[:, 0] - 2.5) > 0.5) | (np.abs(box[:, 1] - 0.5) < 0.05)]
    assert 0 < bottleneck(waist, 16) < 0.2
    assert bottleneck(box[:20], 16) == 1


def test_leftover_direction():
    """A missing factor leaves one direction at each place, noise leaves none."""
    rng = np.random.default_rng(0)
    z = rng.uniform(-1, 1, size=(1500, 2)) * [1, 0.2]
    flat = np.column_stack([z, np.zeros((1500, 4))])
    turned = flat @ np.linalg.qr(rng.standard_normal((6, 6)))[0]
    noise = 0.005 * rng.standard_normal(turned.shape)
    missing = turned * 1.0
    missing -= np.outer(z[:, 1], turned.T @ z[:, 1] / (z[:, 1] @ z[:, 1]))
    extent = np.sqrt((turned**2).sum(axis=1).mean())
    found = leftover_direction(turned + noise, missing, z[:, :1])
    assert found == pytest.approx(z[:, 1].std() / extent, rel=0.1)
    wider = [np.pad(rows, ((0, 0), (0, 60))) for rows in (turned + noise, missing)]
    assert leftover_direction(*wider, z[:, :1]) == pytest.approx(found)
    assert leftover_direction(turned + noise, turned, z) == 0
    assert leftover_direction(turned[:, :2], turned[:, :2], z[:, :1]) == 0
    assert leftover_direction(turned[:50], missing[:50], z[:50, :1]) == 0
