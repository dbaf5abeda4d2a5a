"""Terms of the losses: functions of tensors, in nats per row where they are likelihoods.

B rows, d codes, D columns. The code of a row is Gaussian with a mean (d,) and the logarithm of a
variance (d,); a row given its code is Gaussian with unit variance.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

LOG_2_PI = math.log(2 * math.pi)


def mean_squares(predicted: Tensor, wanted: Tensor) -> Tensor:
    """Mean of the squared differences of all entries."""
    return (predicted - wanted).square().mean()


def misfit(decoded: Tensor, rows: Tensor) -> Tensor:
    """-log p(x | z) of unit Gaussians, less its constant: half the squares, summed over columns."""
    return 0.5 * (decoded - rows).square().sum(dim=1).mean()


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)) summed over codes (Kingma & Welling 2014, appendix B)."""
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1).mean()


def log_normal(at: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Logarithm of the density of Gaussians, entry by entry."""
    return -0.5 * (LOG_2_PI + log_variance + (at - mean).square() * (-log_variance).exp())


def total_correlation(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(q(z) || prod_j q(z_j)) where q(z) is the mixture of the codes of a batch.

    Equation S4 of Chen et al. (2018) less (d - 1) log n, which has no gradient: with the codes of
    the batch in place of those of all n rows, each sample (B, d) is compared with B Gaussians.
    """
    entries = log_normal(sample[:, None], mean[None], log_variance[None])  # (B, B, d)
    share = math.log(len(mean))
    joint = torch.logsumexp(entries.sum(dim=2), dim=1) - share
    marginals = (torch.logsumexp(entries, dim=1) - share).sum(dim=1)
    return (joint - marginals).mean()


def density_ratio(logits: Tensor) -> Tensor:
    """Total correlation by a discriminator of real codes against shuffled ones (Kim & Mnih 2018).

    ``logits`` (B, 2) of the real codes: the first for "real".
    """
    return (logits[:, 0] - logits[:, 1]).mean()


def discrimination(real: Tensor, shuffled: Tensor) -> Tensor:
    """Cross entropy of a discriminator: logits (B, 2) of real and of shuffled codes."""
    return 0.5 * (
        softplus(real[:, 1] - real[:, 0]).mean() + softplus(shuffled[:, 0] - shuffled[:, 1]).mean()
    )


def shuffled_codes(sample: Tensor, generator: torch.Generator) -> Tensor:
    """Every column of (B, d) permuted by itself: as if the codes were independent."""
    drawn = torch.rand(sample.shape, generator=generator, dtype=torch.float32)
    order = torch.argsort(drawn, dim=0)
    return torch.gather(sample, 0, order.to(sample.device))


def covariance_of_means(mean: Tensor) -> Tensor:
    """Covariance (d, d) of the means of a batch: that of DIP-VAE-I."""
    centred = mean - mean.mean(dim=0)
    return centred.T @ centred / len(mean)


def covariance_of_codes(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Covariance (d, d) of the codes of a batch, by the law of total variance: DIP-VAE-II's."""
    return covariance_of_means(mean) + torch.diag(log_variance.exp().mean(dim=0))


def far_from_identity(covariance: Tensor, off_diagonal: float, diagonal: float) -> Tensor:
    """Weighted squares of a covariance less the identity (Kumar et al. 2018, equations 6 and 7)."""
    spread = covariance.diagonal()
    off = covariance - torch.diag(spread)
    return off_diagonal * off.square().sum() + diagonal * (spread - 1).square().sum()
