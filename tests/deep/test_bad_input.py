"""Bad input is named before any work."""

import numpy as np
import pytest
from torch import nn

from hessmap import HessianICA
from hessmap.deep import (
    AE,
    DIPVAE,
    AnnealedVAE,
    Autoencoder,
    BetaVAE,
    FactorVAE,
    HessianAutoencoder,
)

SHORT = {"max_epochs": 2, "width": 16, "random_state": 0}


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"architecture": "vit"}, ValueError, "`architecture` must be 'conv', 'mlp'"),
        ({"architecture": (nn.Linear(4, 2), "no")}, TypeError, "pair"),
        ({"architecture": (nn.Linear(5, 2), nn.Linear(2, 4))}, ValueError, r"rows \(B, 4\)"),
        ({"architecture": (nn.Linear(4, 3), nn.Linear(2, 4))}, ValueError, "a decoder"),
        ({"architecture": (nn.Identity(), nn.Linear(4, 4))}, ValueError, "weights to train"),
        ({"architecture": (nn.Linear(4, 2), nn.Linear(2, 5))}, ValueError, "a decoder"),
        ({"architecture": "conv"}, ValueError, "`shape` must be"),
        ({"architecture": "conv", "shape": (2, 3)}, ValueError, "product"),
        ({"architecture": "conv", "shape": (2, 2)}, ValueError, "multiples of 16"),
        ({"width": 0}, ValueError, "`width`"),
        ({"max_epochs": 0}, ValueError, "`max_epochs`"),
        ({"batch_size": 1.5}, TypeError, "`batch_size`"),
        ({"learning_rate": 0}, ValueError, "`learning_rate`"),
        ({"validation_fraction": 1.0}, ValueError, "`validation_fraction`"),
        ({"validation_fraction": 0.0, "patience": 3}, ValueError, "`patience` must be None"),
        ({"patience": 0}, ValueError, "`patience`"),
        ({"precision": "half"}, ValueError, "`precision`"),
        ({"device": "tpu7"}, ValueError, "`device`"),
        ({"random_state": "no"}, ValueError, "`random_state`"),
        ({"teacher": 3}, TypeError, "`teacher`"),
    ],
)
def test_bad_parameters(table, settings, error, words, monkeypatch):
    def fit(self, *arguments, **more):
        raise AssertionError("work began before the parameters were checked")

    monkeypatch.setattr(HessianICA, "fit", fit)
    with pytest.raises(error, match=words):
        HessianAutoencoder(**settings).fit(table[0])


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"n_components": 0}, ValueError, "`n_components`"),
        ({"code_width": 1}, ValueError, "`code_width`"),
        ({"method": "AE"}, TypeError, "`method`"),
        ({"method": BetaVAE}, TypeError, "`method`"),
        ({"n_components": 801}, ValueError, "number of rows, 800"),
        ({"architecture": (nn.Linear(4, 3), nn.Linear(2, 4))}, ValueError, r"shape \(2, 3\)"),
    ],
)
def test_bad_parameters_of_autoencoders(table, settings, error, words):
    with pytest.raises(error, match=words):
        Autoencoder(**settings).fit(table[0])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: AE(n_linear=-1), "n_linear"),
        (lambda: AE(noise=-1.0), "noise"),
        (lambda: AE(weight_decay=np.nan), "weight_decay"),
        (lambda: BetaVAE(-1.0), "beta"),
        (lambda: AnnealedVAE(share=0.0), "share"),
        (lambda: FactorVAE(np.inf), "gamma"),
        (lambda: DIPVAE("both"), "of"),
    ],
)
def test_bad_methods(make, field):
    with pytest.raises((TypeError, ValueError), match=f"`{field}`"):
        make()


def test_wrong_widths(table):
    fitted = HessianAutoencoder(HessianICA(2, random_state=0), **SHORT).fit(table[0])
    with pytest.raises(ValueError, match="4 features"):
        fitted.transform(table[0][:, :3])
    with pytest.raises(ValueError, match="2 columns"):
        fitted.inverse_transform(np.zeros((3, 5)))
    plain = Autoencoder(2, **SHORT).fit(table[0])
    with pytest.raises(ValueError, match="2 columns"):
        plain.decode(np.zeros((3, 5)))


def test_without_torch_the_error_says_what_to_install():
    import subprocess
    import sys

    code = (
        "import sys; sys.modules['torch'] = None\n"
        "try:\n    import hessmap.deep\n"
        "except ImportError as problem:\n    print(problem)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'hessmap[deep]'" in found.stdout
