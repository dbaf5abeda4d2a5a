"""Pairs of networks, and the scale of the rows that each kind of pair is made for.

Encoders take rows (B, D), flattened, and decoders give them; float32.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .._validation import whole

# Whatever torch's default is: first weights are drawn in it.
DTYPE = torch.float32
KINDS = ("mlp", "conv")
# Sides of a picture are halved four times by the encoder, and doubled three times by the decoder.
DIVISOR = 16
# Rows that are looked at together.
BLOCK = 1024
WIDTHS = {"mlp": 256, "conv": 32}


@dataclass(frozen=True)
class Scale:
    """Rows less a centre, in a unit.

    Attributes
    ----------
    centre, unit : float or ndarray of one entry for each column
        What is taken off, and what is divided by.
    limits : (float, float) or None
        Lowest and highest value of restored rows; they are cut off there.
    """

    centre: Any
    unit: Any
    limits: tuple[float, float] | None = None

    def scaled(self, rows: np.ndarray) -> np.ndarray:
        """Rows for the networks, float32."""
        if rows.dtype == np.float16:  # whose range is too short for the difference
            rows = rows.astype(np.float32)
        return ((rows - self.centre) / self.unit).astype(np.float32, copy=False)

    def restored(self, rows: np.ndarray) -> np.ndarray:
        """Rows of the networks in their own units, float64."""
        restored = rows.astype(np.float64) * self.unit + self.centre
        return restored if self.limits is None else restored.clip(*self.limits)


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


def scale_of(architecture: Any, rows: np.ndarray, known: np.ndarray) -> Scale:
    """-1 to 1 for "conv", zero means and unit variance over all for "mlp"; none for a pair.

    Only the ``known`` rows count: one that was set aside may be a million times as large.
    """
    if not isinstance(architecture, str):
        return Scale(0.0, 1.0)

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, len(known), BLOCK):
            yield rows[known[start : start + BLOCK]].astype(np.float64)

    if architecture == "conv":
        low = min(block.min() for block in blocks())
        high = max(block.max() for block in blocks())
        limits = float(low), float(high)
        return Scale(float(low / 2 + high / 2), float(high / 2 - low / 2) or 1.0, limits)
    means = sum(block.sum(axis=0) / len(known) for block in blocks())
    largest = float(max(np.abs(block - means).max() for block in blocks())) or 1.0
    squares = sum(np.square((block - means) / largest).sum() for block in blocks())
    return Scale(means, largest * float(np.sqrt(squares / (len(known) * rows.shape[1]))) or 1.0)


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


def probe_pair(
    encoder: nn.Module, decoder: nn.Module, n_columns: int, widths: tuple[int, int] | None
) -> None:
    """Raise ValueError unless an encoder takes rows, and a decoder gives them of its codes."""
    n_outputs, n_codes = widths or (None, None)
    found = probe(encoder, n_columns, n_outputs, "encoder")
    probe(decoder, found if n_codes is None else n_codes, n_columns, "decoder")


def probe(network: nn.Module, n_in: int, n_out: int | None, name: str) -> int:
    """Width of what a network makes of rows; ValueError unless it is ``n_out``."""
    try:
        with torch.no_grad():
            shape = tuple(network.eval()(torch.zeros(2, n_in, dtype=torch.float32)).shape)
    except Exception as problem:  # what a module of the user raises can be anything
        raise ValueError(
            f"`architecture` must have {_article(name)} that takes flattened rows (B, {n_in}), "
            f"float32; it raised {type(problem).__name__}: {problem}"
        ) from problem
    if len(shape) != 2 or shape[0] != 2 or n_out not in (None, shape[1]):
        wanted = "d" if n_out is None else n_out
        raise ValueError(
            f"`architecture` must have {_article(name)} from (B, {n_in}) to (B, {wanted}); for 2 "
            f"rows it gave the shape {shape}."
        )
    if not any(weight.requires_grad for weight in network.parameters()):
        raise ValueError(f"`architecture` must have {_article(name)} with weights to train.")
    return shape[1]


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def with_linear(encoder: nn.Module, n_linear: int, n_outputs: int) -> nn.Module:
    """An encoder with linear layers without bias behind it."""
    if not n_linear:
        return encoder
    behind = [nn.Linear(n_outputs, n_outputs, bias=False, dtype=DTYPE) for _ in range(n_linear)]
    return nn.Sequential(encoder, *behind)


def _layers(n_in: int, width: int, n_out: int) -> nn.Module:
    """Three hidden layers."""
    return nn.Sequential(
        nn.Linear(n_in, width, dtype=DTYPE),
        nn.SiLU(),
        nn.Linear(width, width, dtype=DTYPE),
        nn.SiLU(),
        nn.Linear(width, width, dtype=DTYPE),
        nn.SiLU(),
        nn.Linear(width, n_out, dtype=DTYPE),
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
        layers += [
            nn.Conv2d(before, factor * width, 4, stride=2, padding=1, dtype=DTYPE),
            nn.ReLU(),
        ]
        before = factor * width
    pixels = (height // DIVISOR) * (across // DIVISOR)
    layers += [nn.Flatten(), nn.Linear(before * pixels, n_outputs, dtype=DTYPE)]
    return nn.Sequential(*layers)


def _decoder(pictures: tuple[int, int, int], n_codes: int, width: int) -> nn.Module:
    """A linear layer, three transposed convolutions, and one of 1 x 1.

    The paper's ends in a hyperbolic tangent, which is left out: where the background is black or
    white it saturates, and has no slope to come back by (docs/decisions/0023-deep.md).
    """
    height, across, channels = pictures
    before = 8 * width
    start = before, height // 8, across // 8
    layers: list[nn.Module] = [
        nn.Linear(n_codes, int(np.prod(start)), dtype=DTYPE),
        nn.Unflatten(1, start),
    ]
    for factor in (4, 2, 1):
        layers += [
            nn.ConvTranspose2d(before, factor * width, 4, stride=2, padding=1, dtype=DTYPE),
            nn.ReLU(),
        ]
        before = factor * width
    layers += [nn.Conv2d(before, channels, 1, dtype=DTYPE), _ToRows()]
    return nn.Sequential(*layers)
