"""Views of photographs that come with scikit-image: pan, zoom, rotation and light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._validation import choice, whole
from ._blocks import fill, generator, given, uniform

SOFTNESS = 0.6  # of a pixel: the photograph is smoothed so far before it is sampled


@dataclass(frozen=True)
class View:
    """Which photograph is seen, and what varies.

    Attributes
    ----------
    photograph : str
        Name of the function of ``skimage.data``.
    ranges : dict of str to (float, float)
        Lowest and highest value of each factor. ``x`` and ``y``: of the middle of the window, as
        shares of the photograph's shorter side; ``zoom``: logarithm of the magnification;
        ``turn``: of the window, in degrees; ``light``: angle that mixes a light from the left with
        one from the right, in degrees.
    window : float
        Side of the window, as a share of the photograph's shorter side.
    """

    photograph: str
    ranges: dict[str, tuple[float, float]]
    window: float = 0.5


PAN = {"x": (-0.1, 0.1), "y": (-0.1, 0.1)}
VIEWS = {
    "astronaut pan": View("astronaut", PAN),
    "cat pan": View("chelsea", PAN),
    "coffee pan": View("coffee", PAN),
    "gravel pan": View("gravel", PAN),
    "rocket pan": View("rocket", PAN),
    "tissue pan": View("immunohistochemistry", PAN),
    "retina x-zoom": View("retina", {"x": (-0.1, 0.1), "zoom": (-0.2, 0.2)}, window=0.3),
    "astronaut x-turn": View("astronaut", {"x": (-0.1, 0.1), "turn": (-20, 20)}),
    "cat zoom-turn": View("chelsea", {"zoom": (-0.2, 0.2), "turn": (-20, 20)}),
    "coffee zoom-turn": View("coffee", {"zoom": (-0.2, 0.2), "turn": (-20, 20)}),
    "astronaut x-light": View("astronaut", {"x": (-0.1, 0.1), "light": (-45, 45)}),
    "cat x-light": View("chelsea", {"x": (-0.1, 0.1), "light": (-45, 45)}),
}


def photographs(
    view: str = "cat pan",
    n_samples: int = 3000,
    *,
    size: int = 64,
    extent: float | Sequence[float] = 1.0,
    noise: float = 0.0,
    factors: np.ndarray | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """What is seen of a photograph through a moving, turning or growing window.

    Needs scikit-image, of the extra ``bench``, and no download.

    Parameters
    ----------
    view : str
        One of ``hessmap.datasets.VIEWS``, which says what varies, and in which range.
    n_samples : int
        Number of pictures.
    size : int
        Pixels along each edge of a picture.
    extent : float or sequence of float
        What widens the ranges of all factors, or that of each, about their middles. Beyond the
        edges of the photograph its outermost pixels go on.
    noise : float
        Standard deviation of the Gaussian noise added to each value.
    factors : array-like of shape (n, d) or None
        Pictures of these are made, in place of ``n_samples`` drawn ones.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, size * size * 3), float32
        Flattened pictures, red, green and blue last, in [0, 1] without noise.
    factors : ndarray of shape (n_samples, d), float64
        Those given, or uniform, in the order of the view's ranges and in their units.

    Raises
    ------
    ImportError
        If scikit-image is not installed.
    TypeError, ValueError
        If a parameter is out of its range.
    """
    choice("view", view, tuple(VIEWS))
    whole("size", size, at_least=8)
    rng = generator(random_state)
    ranges = VIEWS[view].ranges
    factors = uniform(ranges, extent, n_samples, rng) if factors is None else given(factors, ranges)
    window = _Window(VIEWS[view], size)

    def pictures(z: np.ndarray) -> np.ndarray:
        seen = [window.seen(dict(zip(ranges, row, strict=True))) for row in z]
        return np.stack(seen).reshape(len(z), -1)

    width = size * size * 3
    return fill(factors, pictures, width, noise=noise, rng=rng, dtype=np.float32), factors


class _Window:
    """A square window over a photograph."""

    def __init__(self, view: View, size: int) -> None:
        from scipy.ndimage import gaussian_filter

        photograph = _photograph(view.photograph)
        self.height, self.width = photograph.shape[:2]
        self.side = min(self.height, self.width)
        self.step = view.window * self.side / size  # pixels of the photograph in one of the window
        soft = SOFTNESS * self.step
        self.photograph = gaussian_filter(photograph, (soft, soft, 0))
        offset = np.arange(size) + 0.5 - size / 2
        self.down, self.right = np.meshgrid(offset, offset, indexing="ij")

    def seen(self, values: dict[str, float]) -> np.ndarray:
        """(size, size, 3) picture, for values of the factors."""
        from scipy.ndimage import map_coordinates

        turn = np.deg2rad(values.get("turn", 0.0))
        step = self.step / np.exp(values.get("zoom", 0.0))
        column = self.width / 2 + self.side * values.get("x", 0.0)
        column = column + step * (np.cos(turn) * self.right - np.sin(turn) * self.down)
        row = self.height / 2 + self.side * values.get("y", 0.0)
        row = row + step * (np.sin(turn) * self.right + np.cos(turn) * self.down)
        channels = [
            map_coordinates(self.photograph[:, :, c], [row, column], order=1, mode="nearest")
            for c in range(3)
        ]
        picture = np.stack(channels, axis=2)
        return picture * self._light(values["light"]) if "light" in values else picture

    def _light(self, angle: float) -> np.ndarray:
        """(size, size, 1) brightness under two lights, mixed so that no angle is brighter."""
        from_left = 0.5 + self.right / len(self.right)
        mixed = np.deg2rad(angle + 45)
        brightness = np.cos(mixed) * (1 - from_left) + np.sin(mixed) * from_left
        return np.maximum(brightness, 0)[:, :, None]


def _photograph(name: str) -> np.ndarray:
    """(height, width, 3) float64 in [0, 1]."""
    try:
        import skimage.data
    except ImportError as error:
        raise ImportError(
            "hessmap.datasets.photographs needs scikit-image: pip install hessmap[bench]."
        ) from error
    photograph = getattr(skimage.data, name)()
    if photograph.ndim == 2:
        photograph = np.repeat(photograph[:, :, None], 3, axis=2)
    return photograph / 255
