"""The expected MCC and the narrowest place, by the formulas that they come from."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.diagnosis.connection import SMALLEST_PART, bottleneck
from hessmap.diagnosis.findings import DEPENDENCE_DEVIATION, MAX_LEFTOVER
from hessmap.diagnosis.score import (
    NEGLIGIBLE_DISTORTION,
    OF_CHANCE,
    OF_DEPENDENCE,
    SAMPLING,
    USUAL_ERRORS,
    score,
)

FLAWLESS = {
    "n_rows": 10**12,
    "local_isometry": 1.0,
    "metric_distortion": 0.0,
    "noise_share": 0.0,
    "leftover": 0.0,
    "n_components": 2,
    "disagreement": 0.0,
    "spectral_gap": 1.0,
    "rotation_error": np.zeros(2),
    "dependence": 0.0,
    "n_gaussian": 0,
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, 1),
        ({"n_rows": 10, "dependence": None}, 1 - SAMPLING / 10),
        ({"noise_share": 0.4}, 0.8),
        ({"noise_share": 3.0}, 0.5),
        ({"disagreement": 0.4}, 0.8),
        ({"disagreement": 3.0, "spectral_gap": 2.0}, 0.5),
        ({"disagreement": 0.4, "spectral_gap": 0.1}, 0.9),
        ({"disagreement": np.nan}, 1),
        ({"metric_distortion": NEGLIGIBLE_DISTORTION + 0.5}, 0.75),
        ({"metric_distortion": NEGLIGIBLE_DISTORTION / 2}, 1),
        ({"metric_distortion": 5.0}, 0),
        ({"metric_distortion": 0.0, "local_isometry": 0.3}, 1),
        ({"metric_distortion": np.nan, "local_isometry": 0.3}, 0.3),
        ({"metric_distortion": np.nan, "local_isometry": -0.3}, 0),
        ({"rotation_error": np.array([0.0, np.pi / 3])}, 0.75),
        ({"rotation_error": np.array([np.pi, np.pi / 3])}, 0.25),
        ({"rotation_error": None, "dependence": None}, 1),
        ({"dependence": 0.5}, 1 - OF_DEPENDENCE / 2),
        ({"leftover": MAX_LEFTOVER}, 1),
        ({"leftover": MAX_LEFTOVER * 1.01}, 2 / 3),
        ({"leftover": 0.5, "n_components": 4}, 4 / 5),
        ({"n_gaussian": 1}, 1),
        ({"n_gaussian": 2}, OF_CHANCE),
        ({"n_gaussian": 3, "noise_share": 0.8}, 0.6),
        ({"noise_share": 0.4, "disagreement": 0.4, "leftover": 0.5}, 0.8 * 0.8 * 2 / 3),
    ],
)
def test_score_is_a_product_of_one_factor_for_each_error(changed, expected):
    assert score(**FLAWLESS | changed) == pytest.approx(expected, abs=1e-9)


def test_dependence_that_chance_explains_costs_nothing():
    n = 1000
    by_chance = USUAL_ERRORS * DEPENDENCE_DEVIATION / n
    few = FLAWLESS | {"n_rows": n}
    best = 1 - SAMPLING / n
    assert score(**few | {"dependence": np.sqrt(by_chance)}) == pytest.approx(best)
    assert score(**few | {"dependence": 0.0}) == pytest.approx(best)
    more = np.sqrt(by_chance + 0.04)
    assert score(**few | {"dependence": more}) == pytest.approx(best * (1 - OF_DEPENDENCE * 0.2))


def naive_bottleneck(points, k):
    """Edges that cross from the first i points along the Fiedler vector, counted one by one."""
    n = len(points)
    edges = set()
    for i in range(n):
        order = np.argsort(np.linalg.norm(points - points[i], axis=1))
        edges |= {frozenset((i, int(j))) for j in order[:k] if j != i}
    linked = np.zeros((n, n))
    for i, j in map(tuple, edges):
        linked[i, j] = linked[j, i] = 1
    degree = linked.sum(axis=1)
    laplacian = np.eye(n) - linked / np.sqrt(np.outer(degree, degree))
    fiedler = np.linalg.eigh(laplacian)[1][:, 1] / np.sqrt(degree)
    order = np.argsort(fiedler)
    crossing = [linked[order[:i]][:, order[i:]].sum() for i in range(1, n)]
    smallest = int(SMALLEST_PART * n)
    middle = [count for i, count in enumerate(crossing, 1) if min(i, n - i) >= smallest]
    return min(middle) / np.median(middle)


@pytest.mark.parametrize(("n", "k"), [(60, 32), (60, 40), (37, 5), (30, 50)])
def test_bottleneck_counts_edges(n, k):
    points = np.random.default_rng(n).uniform(size=(n, 2)) * [4, 1]
    points[points[:, 0] > 2, 0] += 0.5
    used = min(max(k, 32), n - 1)
    assert bottleneck(points, k) == pytest.approx(naive_bottleneck(points, used))


@pytest.mark.parametrize("case", ["box", "curve", "waist", "pieces"])
def test_bottleneck_of_shapes(case):
    points = np.random.default_rng(0).uniform(size=(400, 2)) * [4, 1]
    if case == "curve":
        points = np.sort(points[:, :1], axis=0)
    elif case == "waist":
        points = points[(np.abs(points[:, 0] - 2) > 0.5) | (np.abs(points[:, 1] - 0.5) < 0.1)]
    elif case == "pieces":
        points[:, 0] += 5 * (points[:, 0] > 2) + 5 * (points[:, 0] > 3)
    assert bottleneck(points, 32) == pytest.approx(naive_bottleneck(points, 32), abs=1e-12)


def test_bottleneck_of_pieces_and_of_few_points():
    points = np.random.default_rng(0).uniform(size=(80, 2))
    apart = points + 100 * (np.arange(80)[:, None] >= 40)
    assert bottleneck(apart, 10) == 0
    assert bottleneck(apart[:29], 10) == 1
    assert bottleneck(points[:30], 10) < 1


def test_many_points_are_taken_evenly_spaced(monkeypatch):
    monkeypatch.setattr("hessmap.diagnosis.connection.MAX_POINTS", 45)
    points = np.random.default_rng(0).uniform(size=(89, 2)) * [4, 1]
    assert bottleneck(points, 10) == bottleneck(points[::2], 10)


def test_the_score_falls_with_every_error():
    good = FLAWLESS | {"n_rows": 10_000, "spectral_gap": 0.3}
    best = score(**good)
    assert best == pytest.approx(1 - 2.5e-5)
    worse = {
        "n_rows": 100,
        "metric_distortion": 0.3,
        "noise_share": 0.1,
        "disagreement": 0.1,
        "rotation_error": np.full(2, 0.3),
        "dependence": 0.5,
        "leftover": 0.2,
        "n_gaussian": 2,
    }
    for name, value in worse.items():
        assert score(**good | {name: value}) < best, name
    clear = good | {"disagreement": 0.5, "spectral_gap": 0.0}
    assert score(**clear) == pytest.approx(best)
    hidden = good | {"metric_distortion": np.nan, "disagreement": np.nan}
    assert score(**hidden) == pytest.approx(best)
    assert score(**hidden | {"local_isometry": 0.4}) == pytest.approx(0.4 * best)
    without_ica = score(**good | {"rotation_error": None, "dependence": None})
    assert without_ica == pytest.approx(best)
