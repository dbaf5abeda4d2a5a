"""Pairs of networks, and the scale of the rows that each kind of pair is made for.

Encoders take rows (B, D), flattened, and decoders give them; float32.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .._validation import whole

# Largest value of a scaled picture: at 1 the hyperbolic tangent of the decoder has no slope left.
REACH = 0.9
KINDS = ("mlp", "conv")
# Sides of a picture are halved four times by the encoder, and doubled three times by the decoder.
DIVISOR = 16
# Rows that are looked at together.
BLOCK = 1024
WIDTHS = {"mlp": 256, "conv": 32}


@dataclass(frozen=True)
class Scale:
    """Rows less ``centre``, (D,) or a number, in units of ``unit``."""

    centre: Any
    unit: float

    def scaled(self, rows: np.ndarray) -> np.ndarray:
        """Rows for the networks, float32."""
        return ((rows - self.centre) / self.unit).astype(np.float32, copy=False)

    def restored(self, rows: np.ndarray) -> np.ndarray:
        """Rows of the networks in the units of X, float64."""
        return rows.astype(np.float64) * self.unit + self.centre


@dataclass(frozen=True)
class Sizes:
    """Numbers of columns, of codes, of the encoder's outputs, and of a parameter ``width``."""

    n_columns: int
    n_codes: int
    n_outputs: int
    width: int | None


def check(architecture: Any, shape: Any, n_columns: int) -> tuple[int, int, int] | None:
    """(height, width, channels) of the pictures, None where they are not looked at.

    Raises
    ------
    TypeError, ValueError
        If the architecture is none, or the pictures do not fit it.
    """
    if isinstance(architecture, tuple | list):
        if len(architecture) != 2 or not all(isinstance(m, nn.Module) for m in architecture):
            raise TypeError(
                "`architecture` must be 'conv', 'mlp' or a pair (encoder, decoder) of torch "
                f"modules; got {architecture!r}."
            )
        return None
    if not isinstance(architecture, str) or architecture not in KINDS:
        raise ValueError(
            "`architecture` must be 'conv', 'mlp' or a pair (encoder, decoder) of torch modules; "
            f"got {architecture!r}."
        )
    if architecture == "mlp":
        return None
    if not isinstance(shape, tuple | list) or len(shape) not in (2, 3):
        raise ValueError(
            "`shape` must be (height, width) or (height, width, channels) of a picture for "
            f"architecture='conv'; got {shape!r}."
        )
    sides = tuple(whole("shape", side, at_least=1) for side in shape)
    if int(np.prod(sides)) != n_columns:
        raise ValueError(
            f"`shape` must have a product equal to the number of columns, {n_columns}; got "
            f"{shape!r} with {int(np.prod(sides))}."
        )
    if any(side % DIVISOR for side in sides[:2]):
        raise ValueError(
            f"`shape` must have a height and a width that are multiples of {DIVISOR} for "
            f"architecture='conv'; got {shape!r}. Pad, crop or resize the pictures, or take 'mlp'."
        )
    return sides[0], sides[1], (sides[2] if len(sides) == 3 else 1)


def scale_of(architecture: Any, rows: np.ndarray) -> Scale:
    """-0.9 to 0.9 for "conv", zero means and unit variance over all for "mlp"; none for a pair."""
    if architecture == "conv":
        low, high = float(rows.min()), float(rows.max())
        return Scale((low + high) / 2, (high - low) / (2 * REACH) or 1.0)
    if architecture == "mlp":
        means = rows.mean(axis=0, dtype=np.float64)
        squares = sum(
            np.square(rows[start : start + BLOCK] - means).sum()
            for start in range(0, len(rows), BLOCK)
        )
        return Scale(means, float(np.sqrt(squares / rows.size)) or 1.0)
    return Scale(0.0, 1.0)


def pair_of(
    architecture: Any, pictures: tuple[int, int, int] | None, sizes: Sizes
) -> tuple[nn.Module, nn.Module]:
    """A new encoder (B, n_columns) -> (B, n_outputs) and a new decoder (B, n_codes) -> back."""
    if not isinstance(architecture, str):
        encoder, decoder = copy.deepcopy(tuple(architecture))
        return encoder, decoder
    width = WIDTHS[architecture] if sizes.width is None else sizes.width
    n_columns, n_codes, n_outputs = sizes.n_columns, sizes.n_codes, sizes.n_outputs
    if pictures is None:
        return _layers(n_columns, width, n_outputs), _layers(n_codes, width, n_columns)
    encoder = _encoder(pictures, n_outputs, width)
    decoder = _decoder(pictures, n_codes, width)
    for network in (encoder, decoder):  # as the rows lie in memory
        network.to(memory_format=torch.channels_last)
    return encoder, decoder


def with_linear(encoder: nn.Module, n_linear: int, n_outputs: int) -> nn.Module:
    """An encoder with linear layers without bias behind it."""
    if not n_linear:
        return encoder
    behind = [nn.Linear(n_outputs, n_outputs, bias=False) for _ in range(n_linear)]
    return nn.Sequential(encoder, *behind)


def _layers(n_in: int, width: int, n_out: int) -> nn.Module:
    """Three hidden layers."""
    return nn.Sequential(
        nn.Linear(n_in, width),
        nn.SiLU(),
        nn.Linear(width, width),
        nn.SiLU(),
        nn.Linear(width, width),
        nn.SiLU(),
        nn.Linear(width, n_out),
    )


class _ToPictures(nn.Module):
    """Rows (B, height * width * channels) as (B, channels, height, width), without a copy."""

    def __init__(self, height: int, width: int, channels: int) -> None:
        super().__init__()
        self.shape = height, width, channels

    def forward(self, rows: Tensor) -> Tensor:
        return rows.unflatten(1, self.shape).permute(0, 3, 1, 2)


class _ToRows(nn.Module):
    """The reverse."""

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.permute(0, 2, 3, 1).flatten(1)


def _encoder(pictures: tuple[int, int, int], n_outputs: int, width: int) -> nn.Module:
    """Four convolutions of 4 x 4, each of stride 2, and a linear layer (Jing et al. 2020)."""
    height, across, channels = pictures
    layers: list[nn.Module] = [_ToPictures(*pictures)]
    before = channels
    for factor in (1, 2, 4, 8):
        layers += [nn.Conv2d(before, factor * width, 4, stride=2, padding=1), nn.ReLU()]
        before = factor * width
    pixels = (height // DIVISOR) * (across // DIVISOR)
    layers += [nn.Flatten(), nn.Linear(before * pixels, n_outputs)]
    return nn.Sequential(*layers)


def _decoder(pictures: tuple[int, int, int], n_codes: int, width: int) -> nn.Module:
    """A linear layer, three transposed convolutions, one of 1 x 1, and a hyperbolic tangent."""
    height, across, channels = pictures
    before = 8 * width
    start = before, height // 8, across // 8
    layers: list[nn.Module] = [
        nn.Linear(n_codes, int(np.prod(start))),
        nn.Unflatten(1, start),
    ]
    for factor in (4, 2, 1):
        layers += [
            nn.ConvTranspose2d(before, factor * width, 4, stride=2, padding=1),
            nn.ReLU(),
        ]
        before = factor * width
    layers += [nn.Conv2d(before, channels, 1), nn.Tanh(), _ToRows()]
    return nn.Sequential(*layers)
