"""The Hessian autoencoder and the autoencoders that it is compared with; needs the extra ``deep``.

A *method* says what a pair of networks is trained for (`methods`, with the terms of its loss in
`losses`), `architectures` makes the networks, `training` has the only training loop, and `student`
is what both estimators share.
"""

from __future__ import annotations

try:
    import torch as _torch  # noqa: F401 - so that what is missing is named here, once
except ImportError as problem:
    raise ImportError(
        "hessmap.deep needs PyTorch, which is not installed: pip install 'hessmap[deep]'. "
        'The page "Autoencoders" of the documentation tells how to get the small build for CPUs.'
    ) from problem

from .autoencoder import Autoencoder
from .hessian_autoencoder import HessianAutoencoder
from .methods import AE, DIPVAE, AnnealedVAE, BetaTCVAE, BetaVAE, FactorVAE

__all__ = [
    "AE",
    "DIPVAE",
    "AnnealedVAE",
    "Autoencoder",
    "BetaTCVAE",
    "BetaVAE",
    "FactorVAE",
    "HessianAutoencoder",
]
