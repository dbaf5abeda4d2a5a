"""What is behind sprites: nothing, noise, one patch of a photograph, or any patch of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BACKGROUNDS = ("black", "noisy", "photograph", "photographs")
TONES = (0.2, 0.8)
FACE = (54, 112)  # row and column of the photograph that the fixed patch is centred on

Backdrop = Callable[[np.ndarray, np.ndarray], np.ndarray]


def backdrop(background: str, shape: tuple[int, int, int], rng: np.random.Generator) -> Backdrop:
    """A function (cover, light) -> pictures (m, *shape), float32, whose rows use ``rng`` in order.

    ``cover`` (m, height, width, 1) is how much of a pixel is sprite, ``light`` (m, *shape) the
    same times the colour of the sprite.
    """
    if background == "black":
        return lambda cover, light: light
    if background == "noisy":
        return lambda cover, light: light + (1 - cover) * rng.random(light.shape, dtype=np.float32)
    photo = _photograph(shape)
    if background == "photograph":
        patch = _two_tones(photo, shape[0])
        return lambda cover, light: patch + (1 - 2 * patch) * light

    def anywhere(cover: np.ndarray, light: np.ndarray) -> np.ndarray:
        pictures = np.empty_like(light)
        for k, inverted in enumerate(light):
            top, left = rng.integers(0, len(photo) - shape[0] + 1, size=2)
            patch = photo[top : top + shape[0], left : left + shape[1]]
            patch = (patch + rng.random(shape[2], dtype=np.float32)) / 2
            pictures[k] = patch + (1 - 2 * patch) * inverted
        return pictures

    return anywhere


def _two_tones(photo: np.ndarray, size: int) -> np.ndarray:
    """The patch around the face, where inverting a pixel changes it by as much everywhere."""
    top, left = (min(max(0, middle - size // 2), len(photo) - size) for middle in FACE)
    patch = photo[top : top + size, left : left + size]
    bright = patch > np.median(patch, axis=(0, 1))
    dark, light = TONES
    return np.where(bright, np.float32(light), np.float32(dark))


def _photograph(shape: tuple[int, int, int]) -> np.ndarray:
    """(256, 256, 1 or 3) the astronaut at half its resolution, in [0, 1], float32."""
    try:
        from skimage.data import astronaut
    except ImportError:
        raise ImportError(
            "a photograph behind sprites needs the package scikit-image: pip install hessmap[bench]"
        ) from None
    photo = astronaut().astype(np.float32) / 255
    photo = photo.reshape(256, 2, 256, 2, 3).mean(axis=(1, 3))
    if shape[0] > len(photo):
        raise ValueError(f"`size` must be at most {len(photo)} on a photograph; got {shape[0]}.")
    return photo.mean(axis=2, keepdims=True) if shape[2] == 1 else photo
