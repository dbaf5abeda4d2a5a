"""More data make it better, and dirty data give the clean answer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hessmap import HessianICA
from hessmap.datasets import arcs, blobs, swiss_roll
from hessmap.metrics import mcc

from ..helpers import affine_error

pytestmark = [
    pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning"),
    pytest.mark.filterwarnings("ignore::hessmap.DisconnectedWarning"),
]
SLOW = pytest.mark.slow


def floor(noise):
    """What no map of single rows can fall below, for blobs."""
    return 0.0386 * noise**2


def median_error(n, noise, seeds):
    errors = []
    for seed in range(seeds):
        X, factors = blobs(n, noise=noise, random_state=seed)
        model = HessianICA(random_state=0).fit(X)
        errors.append(affine_error(model.embedding_, factors))
    return float(np.median(errors))


@pytest.mark.parametrize(
    ("noise", "limits"),
    [
        (0.02, {5000: 2.0}),
        (0.1, {5000: 1.5, 50_000: 1.2}),
        (0.3, {5000: 1.7}),
        pytest.param(0.02, {5000: 2.0, 50_000: 1.6, 500_000: 1.4}, marks=SLOW),
        pytest.param(0.1, {5000: 1.5, 50_000: 1.2, 500_000: 1.2}, marks=SLOW),
        pytest.param(0.3, {5000: 1.7, 50_000: 1.35, 500_000: 1.3}, marks=SLOW),
    ],
)
def test_the_error_comes_down_to_its_floor(noise, limits):
    seeds = 5 if len(limits) == 3 else 1
    errors = [median_error(n, noise, seeds) / floor(noise) for n in limits]
    for error, limit in zip(errors, limits.values(), strict=True):
        assert error <= limit
    # it never rises: beyond sampling error of the factors themselves
    assert all(late <= 1.02 * early for early, late in itertools.pairwise(errors))


def spoil(X, factors, how, rng):
    """Rows, factors and the mask of what was spoiled."""
    n, width = X.shape
    extent = X.std(axis=0).max()
    bad = np.zeros(n, dtype=bool)
    kind, share = how
    m = int(share * n)
    X, factors = X.copy(), factors.copy()
    if kind in ("far", "near", "one spot"):
        picked = rng.permutation(n)[:m]
        bad[picked] = True
        direction = rng.standard_normal((m, width))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        if kind == "far":
            X[picked] = X.mean(axis=0) + 10 * extent * rng.standard_normal((m, width))
        elif kind == "near":
            X[picked] += 3 * np.median(np.linalg.norm(X[:, None][:50] - X[None], axis=2).min(
                axis=1, where=np.arange(n) != np.arange(50)[:, None], initial=np.inf
            )) * direction  # fmt: skip
        else:
            X[picked] = X.mean(axis=0) + extent * (5 / np.sqrt(width) + 0.1 * direction)
    elif kind == "duplicates":
        X[n - m :], factors[n - m :] = X[:m], factors[:m]
    else:
        X[n - 40 :], factors[n - 40 :] = X[3], factors[3]
    return X, factors, bad


WAYS = [
    ("far", 0.01),
    ("far", 0.05),
    ("near", 0.01),
    ("near", 0.05),
    ("one spot", 0.01),
    ("one spot", 0.05),
    ("duplicates", 0.1),
    ("duplicates", 0.5),
    ("identical", 0),
]


@pytest.mark.parametrize("how", WAYS, ids=str)
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: blobs(20_000, noise=0.02, random_state=0), id="blobs", marks=SLOW),
        pytest.param(
            lambda: swiss_roll(20_000, hole=True, noise=0.02, random_state=0),
            id="swiss roll, hole",
            marks=SLOW,
        ),
        pytest.param(lambda: blobs(4000, noise=0.02, random_state=0), id="few blobs"),
    ],
)
def test_dirty_rows_give_the_clean_answer(make, how):
    X, factors, bad = spoil(*make(), how, np.random.default_rng(0))
    model = HessianICA(random_state=0).fit(X)
    assert np.isfinite(model.embedding_[~bad]).all()
    assert affine_error(model.embedding_[~bad], factors[~bad]) <= 0.005
    assert mcc(model.sources_[~bad], factors[~bad]) >= 0.99


@pytest.mark.parametrize("n", [4000, pytest.param(20_000, marks=SLOW)])
def test_uneven_density(n):
    X, factors = blobs(n, noise=0.02, density="beta", random_state=0)
    model = HessianICA(random_state=0).fit(X)
    assert affine_error(model.embedding_, factors) <= 0.005
    assert mcc(model.sources_, factors) >= 0.99


@pytest.mark.parametrize(
    ("make", "d"),
    [
        pytest.param(lambda n: blobs(n, noise=0.1, random_state=0), 2, id="blobs"),
        pytest.param(lambda n: swiss_roll(n, hole=True, noise=0.1, random_state=0), 2, id="roll"),
        pytest.param(
            lambda n: arcs(n, 3, n_features=30, noise=0.005, random_state=0), 3, id="arcs"
        ),
    ],
)
def test_held_out_rows_are_mapped_as_well_as_those_of_the_fit(make, d):
    X, factors = make(12_000)
    model = HessianICA(d, random_state=0).fit(X[:8000])
    own = affine_error(model.embedding_, factors[:8000])
    assert affine_error(model.transform(X[8000:]), factors[8000:]) <= 1.1 * own
