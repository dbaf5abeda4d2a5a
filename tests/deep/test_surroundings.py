"""What a process does beside a fit changes nothing, and is not changed."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import nn

from hessmap import HessianICA
from hessmap.datasets import arcs
from hessmap.deep import (
    Autoencoder,
    FactorVAE,
    HessianAutoencoder,
)

SHORT = {"max_epochs": 2, "width": 16, "random_state": 0}


def dropout_pair():
    return (
        nn.Sequential(nn.Linear(4, 32), nn.ReLU(inplace=True), nn.Dropout(0.2), nn.Linear(32, 2)),
        nn.Sequential(nn.Linear(2, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 4)),
    )


def test_dropout_and_batch_statistics_are_those_of_the_seed(table):
    """801 rows in batches of 32 leave one row alone, which batch statistics cannot take."""
    X = arcs(801, random_state=0)[0]
    torch.manual_seed(0)
    settings = {"max_epochs": 2, "validation_fraction": 0.0, "patience": None, "random_state": 0}
    pair = dropout_pair()
    before = torch.get_rng_state()
    models = [
        HessianAutoencoder(HessianICA(2, random_state=0), architecture=pair, **settings).fit(X)
        for _ in range(2)
    ]
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(models[0].sources_, models[1].sources_)


def test_fits_in_threads(table):
    X, _ = table
    codes = [Autoencoder(2, FactorVAE(), **SHORT).fit(X[:200]).sources_]
    before = torch.get_rng_state()
    with ThreadPoolExecutor(4) as pool:
        models = [Autoencoder(2, FactorVAE(), **SHORT) for _ in range(6)]
        codes += [model.sources_ for model in pool.map(lambda model: model.fit(X[:200]), models)]
    for found in codes[1:]:
        np.testing.assert_array_equal(found, codes[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_what_torch_is_set_to_does_not_matter(table):
    X, _ = table
    wanted = Autoencoder(2, FactorVAE(), **SHORT).fit(X[:200]).sources_
    torch.set_default_dtype(torch.float64)
    try:
        found = [Autoencoder(2, FactorVAE(), **SHORT).fit(X[:200]).sources_]
    finally:
        torch.set_default_dtype(torch.float32)
    for context in (
        torch.no_grad(),
        torch.inference_mode(),
        torch.autocast("cpu", torch.bfloat16),
        torch.device("meta"),
    ):
        with context:
            found.append(Autoencoder(2, FactorVAE(), **SHORT).fit(X[:200]).sources_)
    for one in found:
        np.testing.assert_array_equal(one, wanted)
