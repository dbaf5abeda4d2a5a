"""Merging duplicates, against a dictionary of rows."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap import HessianICA
from hessmap.datasets import swiss_roll
from hessmap.metrics import mcc
from hessmap.nodes import merge_duplicates

from .helpers import affine_error


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_matches_a_dictionary(dtype):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, size=(500, 4)).astype(dtype)
    X[::7] *= -1  # brings in -0.0
    nodes = merge_duplicates(X)
    seen: dict[tuple, int] = {}
    expected = [seen.setdefault(tuple(row.tolist()), len(seen)) for row in X]
    np.testing.assert_array_equal(nodes.node_of, expected)
    np.testing.assert_array_equal(nodes.counts, np.bincount(expected))
    np.testing.assert_array_equal(X[nodes.first][nodes.node_of], X)
    assert (np.diff(nodes.first) > 0).all()
    assert nodes.n_duplicates == 500 - len(seen)


def test_distinct_rows_stay_as_they_are():
    X = np.random.default_rng(0).standard_normal((50, 3))
    nodes = merge_duplicates(X)
    np.testing.assert_array_equal(nodes.first, np.arange(50))
    np.testing.assert_array_equal(nodes.node_of, np.arange(50))


@pytest.mark.parametrize(
    "pick",
    [
        pytest.param(lambda n: np.concatenate([np.arange(n), np.arange(0, n, 2)]), id="half twice"),
        pytest.param(lambda n: np.concatenate([np.arange(n), np.full(40, 7)]), id="one 40 times"),
        pytest.param(lambda n: np.concatenate([np.arange(n), np.full(4 * n, 7)]), id="mostly one"),
    ],
)
def test_duplicates_get_the_clean_answer(pick):
    X, factors = swiss_roll(1500, random_state=0)
    picked = pick(1500)
    clean = HessianICA(random_state=0).fit(X)
    model = HessianICA(random_state=0).fit(X[picked])
    assert model.n_nodes_ == 1500
    assert model.report_.n_duplicates == len(picked) - 1500
    np.testing.assert_array_equal(model.node_of_, picked)
    np.testing.assert_array_equal(model.embedding_[1500:], model.embedding_[picked[1500:]])
    np.testing.assert_array_equal(model.embedding_[:1500], clean.embedding_)
    np.testing.assert_array_equal(model.sources_[:1500], clean.sources_)
    np.testing.assert_allclose(model.sources_ @ model.mixing_.T, model.embedding_, atol=1e-9)
    assert affine_error(model.embedding_[:1500], factors) < 1e-5
    assert mcc(model.sources_[:1500], factors) > 0.999
    assert model.report_.ok
