"""What a pair of networks is trained for, one small dataclass each.

A method has ``n_outputs(d)``, the width of the encoder's last layer for d codes; ``helper(d)``, a
network that is trained beside the pair, or None; and ``terms(networks, batch)``, whose sum is the
loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.func import functional_call

from .._validation import choice, number, whole
from . import losses
from .architectures import DTYPE

LEAK = 0.2
HELPER_WIDTH = 1000


@dataclass(frozen=True)
class Batch:
    """Some rows, scaled, and what a loss may depend on beside them.

    Attributes
    ----------
    rows : Tensor of shape (B, D)
    codes : Tensor of shape (B, d) or None
        What a teacher says of these rows.
    generator : torch.Generator
        For everything random; on the CPU.
    progress : float
        Share of the training that has passed, 0 to 1.
    """

    rows: Tensor
    codes: Tensor | None
    generator: torch.Generator
    progress: float

    def normal(self, like: Tensor) -> Tensor:
        """Standard normal numbers of the shape of ``like``, the same on every device."""
        drawn = torch.randn(like.shape, generator=self.generator, dtype=torch.float32)
        return drawn.to(like.device)


class Networks(nn.Module):
    """An encoder (B, D) -> (B, outputs), a decoder (B, d) -> (B, D), and a method's helper.

    What comes out of the first two is float32, whatever the ``precision`` that they compute in.
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, helper: nn.Module | None, precision: str
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.helper = helper
        self.precision = precision

    def encode(self, rows: Tensor) -> Tensor:
        """What the encoder makes of scaled rows; of a copy, as layers may work in place."""
        with self._precisely(rows):
            return self.encoder(rows.clone()).float()

    def decode(self, codes: Tensor) -> Tensor:
        """Scaled rows of codes."""
        with self._precisely(codes):
            return self.decoder(codes.clone()).float()

    def _precisely(self, like: Tensor) -> torch.autocast:
        mixed = self.precision == "bfloat16"
        # no cache: that of weights would outlive a step where the caller is in autocast, too
        return torch.autocast(like.device.type, torch.bfloat16, mixed, cache_enabled=False)


class Method(Protocol):
    """What every method has."""

    @property
    def weight_decay(self) -> float: ...

    @property
    def n_linear(self) -> int: ...

    def n_outputs(self, n_codes: int) -> int: ...

    def helper(self, n_codes: int) -> nn.Module | None: ...

    def terms(self, networks: Networks, batch: Batch) -> dict[str, Tensor]: ...


class _Plain:
    """Encoders that end in the codes themselves."""

    weight_decay = 0.0
    n_linear = 0

    def n_outputs(self, n_codes: int) -> int:
        return n_codes

    def helper(self, n_codes: int) -> nn.Module | None:
        return None


@dataclass(frozen=True)
class Taught(_Plain):
    """HAE: both networks learn from a teacher's codes (Horan et al. 2021, equation 1)."""

    def terms(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        assert batch.codes is not None
        return {
            "encoder": losses.mean_squares(networks.encode(batch.rows), batch.codes),
            "decoder": losses.mean_squares(networks.decode(batch.codes), batch.rows),
        }


@dataclass(frozen=True)
class AE(_Plain):
    """Autoencoder: mean squared error of the rows decoded from their codes.

    Parameters
    ----------
    n_linear : int, default=0
        Linear layers without bias after the encoder; the implicit rank-minimizing autoencoder
        (IRMAE, Jing, Zbontar & LeCun 2020) has 8.
    weight_decay : float, default=0.0
        Decoupled weight decay (AdamW, Loshchilov & Hutter 2019).
    noise : float, default=0.0
        Standard deviation of Gaussian noise that is added to what the encoder sees, in units of
        the scaled rows: the denoising autoencoder (Vincent et al. 2008).
    """

    n_linear: int = 0
    weight_decay: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        whole("n_linear", self.n_linear, at_least=0)
        number("weight_decay", self.weight_decay)
        number("noise", self.noise)

    def terms(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        seen = batch.rows
        if self.noise:
            seen = seen + self.noise * batch.normal(seen)
        decoded = networks.decode(networks.encode(seen))
        return {"reconstruction": losses.mean_squares(decoded, batch.rows)}


@dataclass(frozen=True)
class Coded:
    """What a variational autoencoder makes of a batch: Tensors (B, d), and decoded rows (B, D)."""

    mean: Tensor
    log_variance: Tensor
    sample: Tensor
    decoded: Tensor


class _Variational:
    """Encoders that end in the means and the logarithms of the variances of the codes."""

    weight_decay = 0.0
    n_linear = 0

    def n_outputs(self, n_codes: int) -> int:
        return 2 * n_codes

    def helper(self, n_codes: int) -> nn.Module | None:
        return None

    def terms(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        """Misfit, and what the method adds to it."""
        mean, log_variance = networks.encode(batch.rows).chunk(2, dim=1)
        sample = sampled(mean, log_variance, batch)
        coded = Coded(mean, log_variance, sample, networks.decode(sample))
        misfit = losses.misfit(coded.decoded, batch.rows)
        return {"misfit": misfit} | self.penalties(coded, networks, batch)

    def penalties(self, coded: Coded, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        raise NotImplementedError


def sampled(mean: Tensor, log_variance: Tensor, batch: Batch) -> Tensor:
    """Codes drawn from their Gaussians, differentiable in mean and variance."""
    return mean + (0.5 * log_variance).exp() * batch.normal(mean)


@dataclass(frozen=True)
class BetaVAE(_Variational):
    """beta-VAE (Higgins et al. 2017): misfit + beta KL.

    Parameters
    ----------
    beta : float, default=4.0
        Weight of the divergence; 1 is the VAE.
    """

    beta: float = 4.0

    def __post_init__(self) -> None:
        number("beta", self.beta)

    def penalties(self, coded: Coded, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        return {"kl": self.beta * losses.kl_to_normal(coded.mean, coded.log_variance)}


@dataclass(frozen=True)
class AnnealedVAE(_Variational):
    """AnnealedVAE (Burgess et al. 2018): misfit + gamma abs(KL - C), where C grows in time.

    Parameters
    ----------
    gamma : float, default=1000.0
        Weight.
    capacity : float, default=25.0
        Last value of C, in nats.
    share : float, default=0.5
        Share of the training in which C grows from 0 to it, linearly.
    """

    gamma: float = 1000.0
    capacity: float = 25.0
    share: float = 0.5

    def __post_init__(self) -> None:
        number("gamma", self.gamma)
        number("capacity", self.capacity)
        number("share", self.share, above=0.0)

    def penalties(self, coded: Coded, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        wanted = self.capacity * min(1.0, batch.progress / self.share)
        kl = losses.kl_to_normal(coded.mean, coded.log_variance)
        return {"capacity": self.gamma * (kl - wanted).abs()}


@dataclass(frozen=True)
class FactorVAE(_Variational):
    """FactorVAE (Kim & Mnih 2018): misfit + KL + gamma TC, with TC by a discriminator.

    Shuffled codes are those of the batch itself.

    Parameters
    ----------
    gamma : float, default=10.0
        Weight of the total correlation.
    """

    gamma: float = 10.0

    def __post_init__(self) -> None:
        number("gamma", self.gamma)

    def helper(self, n_codes: int) -> nn.Module:
        layers: list[nn.Module] = []
        width = n_codes
        for _ in range(5):
            layers += [nn.Linear(width, HELPER_WIDTH, dtype=DTYPE), nn.LeakyReLU(LEAK)]
            width = HELPER_WIDTH
        return nn.Sequential(*layers, nn.Linear(width, 2, dtype=DTYPE))

    def penalties(self, coded: Coded, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        helper = networks.helper
        assert helper is not None
        # the codes do not train the discriminator, and the discriminator does not train the codes
        still = {name: weight.detach() for name, weight in helper.named_parameters()}
        sample = coded.sample.detach()
        shuffled = losses.shuffled_codes(sample, batch.generator)
        ratio = losses.density_ratio(functional_call(helper, still, (coded.sample,)))
        return {
            "kl": losses.kl_to_normal(coded.mean, coded.log_variance),
            "total_correlation": self.gamma * ratio,
            "discriminator": losses.discrimination(helper(sample), helper(shuffled)),
        }


@dataclass(frozen=True)
class BetaTCVAE(_Variational):
    """beta-TCVAE (Chen et al. 2018): misfit + KL + (beta - 1) TC, with TC from the batch.

    Parameters
    ----------
    beta : float, default=6.0
        Weight of the total correlation.
    """

    beta: float = 6.0

    def __post_init__(self) -> None:
        number("beta", self.beta)

    def penalties(self, coded: Coded, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        mean, log_variance = coded.mean, coded.log_variance
        correlation = losses.total_correlation(coded.sample, mean, log_variance)
        return {
            "kl": losses.kl_to_normal(mean, log_variance),
            "total_correlation": (self.beta - 1) * correlation,
        }


@dataclass(frozen=True)
class DIPVAE(_Variational):
    """DIP-VAE (Kumar, Sattigeri & Balakrishnan 2018): misfit + KL + a covariance's distance to 1.

    Parameters
    ----------
    of : {"means", "codes"}, default="means"
        Whose covariance: of the means (DIP-VAE-I) or of the codes (DIP-VAE-II).
    off_diagonal : float, default=10.0
        Weight of the squares off the diagonal.
    diagonal : float or None, default=None
        Weight of those on it; None for ten times ``off_diagonal`` with the means and as much with
        the codes, as Locatello et al. (2019) have it.
    """

    of: str = "means"
    off_diagonal: float = 10.0
    diagonal: float | None = None

    def __post_init__(self) -> None:
        choice("of", self.of, ("means", "codes"))
        number("off_diagonal", self.off_diagonal)
        if self.diagonal is not None:
            number("diagonal", self.diagonal)

    def penalties(self, coded: Coded, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        means = self.of == "means"
        covariance = (
            losses.covariance_of_means(coded.mean)
            if means
            else losses.covariance_of_codes(coded.mean, coded.log_variance)
        )
        diagonal = self.diagonal
        if diagonal is None:
            diagonal = (10 if means else 1) * self.off_diagonal
        return {
            "kl": losses.kl_to_normal(coded.mean, coded.log_variance),
            "covariance": losses.far_from_identity(covariance, self.off_diagonal, diagonal),
        }
