"""What a checkpoint remembers of parameters: the same for the same value, else another."""

import json
import math

import numpy as np
import pytest
import torch
from sklearn.preprocessing import FunctionTransformer
from torch import nn

from hessmap import HessianICA
from hessmap.deep import HessianAutoencoder
from hessmap.deep.architectures import Scale
from hessmap.deep.identity import described


def linear(seed=0, width=3):
    torch.manual_seed(seed)
    return nn.Linear(2, width)


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        (linear(), linear(), linear(1)),
        (linear(), linear(), linear(width=4)),
        (nn.LazyLinear(3), nn.LazyLinear(3), nn.LazyLinear(4)),
        ((1, linear()), [1, linear()], (2, linear())),
        (np.random.default_rng(0), np.random.default_rng(0), np.random.default_rng(1)),
        (np.random.RandomState(0), np.random.RandomState(0), np.random.RandomState(1)),
        (HessianICA(3), HessianICA(3, n_jobs=1), HessianICA(2)),
        (math.sin, math.sin, math.cos),
        (0.5, 0.5, 1),
        (np.arange(3), np.arange(3), np.arange(4)),
    ],
)
def test_values_are_told_apart(one, same, other):
    assert described(one) == described(same) != described(other)
    assert json.loads(json.dumps(described(one))) == described(one)


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (lambda X: X[1:], r"`teacher` must give codes of shape \(800, d\); it gave \(799, 4\)"),
        (lambda X: X[:, 0], r"it gave \(800,\)"),
        (lambda X: np.full_like(X, np.nan), "`teacher` must have codes for some rows"),
    ],
)
def test_codes_of_no_use(table, codes, words):
    model = HessianAutoencoder(FunctionTransformer(codes), max_epochs=1, width=4)
    with pytest.raises(ValueError, match=words):
        model.fit(table[0])


def test_half_precision_is_widened_before_the_difference():
    rows = np.array([[60000.0], [-60000.0]], dtype=np.float16)
    found = Scale(-60000.0, 1000.0).scaled(rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, (rows.astype(float) + 60000) / 1000)
