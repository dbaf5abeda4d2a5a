"""Pictures of soft-edged sprites with 2 to 8 factors: like dSprites, but not dSprites.

Nothing here is read from that data set. Its pictures have sharp edges and a few fixed values of
each factor; these have edges of known softness and factors from a continuous, uniform range.

Why the metric is flat: a shape that only moves changes the picture by the same amount everywhere.
A square looks the same after a quarter turn, so that it changes alike in all directions, whatever
its angle, and may turn as it moves; any other shape may turn where it stands. A colour that goes
along (cos c, sin c) changes at constant speed and leaves all else as bright as it was. Sprites in
cells of their own share no pixel, so that the squares of their changes add up. What is not offered
is what bends: the scale or brightness of a sprite that moves, and a bar that moves and turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import choice, number, whole
from ._backgrounds import BACKGROUNDS, backdrop
from ._blocks import Seed, fill, generator

FAMILIES = (2, 3, 4, 5, 8)
COLOURS = ("grey", "angle", "random")
TAIL = 2.5  # an edge has faded to 0.6 % this many softnesses away
SHARPEST = 0.75  # sharper edges show the grid of pixels: the metric would vary by over 1 %
STEP_ROWS = 256


@dataclass(frozen=True)
class _Sprite:
    """A soft-edged rectangle in a square cell of the picture, which no other sprite enters.

    It moves with two columns of the factors from ``first`` on, and turns with the last one.
    """

    top: int
    left: int
    cell: int
    length: float
    width: float
    softness: float
    first: int | None = None
    turn: float = 0.0

    @property
    def middle(self) -> np.ndarray:
        """(x, y) of the middle of the cell, in pixels of the picture."""
        return np.array([self.left, self.top]) + self.cell / 2

    @property
    def room(self) -> float:
        """How far its centre may go from the middle of the cell, at any angle."""
        reach = np.hypot(self.length, self.width) if self.turn else max(self.length, self.width)
        return float(self.cell / 2 - reach / 2 - TAIL * self.softness)

    def cover(self, z: np.ndarray) -> np.ndarray:
        """(m, cell, cell) how much of each pixel is sprite, for factors (m, d)."""
        centre = self.middle[None] if self.first is None else z[:, self.first : self.first + 2]
        pixel = np.arange(self.cell) + 0.5
        dx = (self.left + pixel - centre[:, :1])[:, None, :]
        dy = (self.top + pixel - centre[:, 1:])[:, :, None]
        if not self.turn:
            return self._edges(dx, self.length) * self._edges(dy, self.width)
        cos, sin = np.cos(z[:, -1])[:, None, None], np.sin(z[:, -1])[:, None, None]
        along = self._edges(cos * dx + sin * dy, self.length)
        return along * self._edges(cos * dy - sin * dx, self.width)

    def _edges(self, offset: np.ndarray, length: float) -> np.ndarray:
        """A box smoothed by a Gaussian, so wide that no grid of pixels shows through."""
        from scipy.special import ndtr

        scaled, half = offset / self.softness, length / (2 * self.softness)
        return np.asarray(ndtr(scaled + half) - ndtr(scaled - half))


def _scene(d: int, size: int, softness: float, turns: bool) -> list[_Sprite]:
    """The sprites of a family, of such sizes that every factor has about the same length."""
    half, quarter = size // 2, size // 4
    if d <= 3:
        side, turn = (3 * size / 8, np.pi / 6) if d == 3 and turns else (size / 4, 0.0)
        scene = [_Sprite(0, 0, size, side, side, softness, 0, turn)]
    else:
        corners = [(0, 0), (0, half), (half, 0), (half, half)]
        places = [(quarter, 0), (quarter, half)] if d == 4 else corners[: d // 2]
        scene = [
            _Sprite(top, left, half, half / 4, half / 4, softness, 2 * k)
            for k, (top, left) in enumerate(places)
        ]
    if d == 5:
        turn = np.pi / 4 if turns else 0.0
        scene.append(_Sprite(half, quarter, half, half / 2, half / 4, softness, None, turn))
    if min(sprite.room for sprite in scene if sprite.first is not None) < 1:
        raise ValueError(
            f"`softness` must leave sprites room to move in {size} pixels; got {softness:g}. "
            "Make them sharper, or `size` larger."
        )
    return scene


def _ranges(scene: list[_Sprite], coloured: bool) -> np.ndarray:
    """(d, 2) lowest and highest value of each factor."""
    ranges = [
        (middle - sprite.room, middle + sprite.room)
        for sprite in scene
        if sprite.first is not None
        for middle in sprite.middle
    ]
    turn = scene[-1].turn
    last = [(0.0, np.pi / 2)] if coloured else [(-turn, turn)] if turn else []
    return np.array(ranges + last)


def _lit(
    scene: list[_Sprite],
    z: np.ndarray,
    tint: np.ndarray,
    shape: tuple[int, int, int],
    coloured: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """How much of each pixel is sprite (m, size, size, 1), and the same in colours (m, *shape)."""
    cover = np.zeros((len(z), *shape[:2], 1), dtype=np.float32)
    light = np.zeros((len(z), *shape), dtype=np.float32)
    for sprite in scene:
        if coloured and sprite is scene[-1]:
            tint = np.column_stack([np.cos(z[:, -1]), np.sin(z[:, -1]), np.zeros(len(z))])
        bottom, right = sprite.top + sprite.cell, sprite.left + sprite.cell
        place = np.s_[:, sprite.top : bottom, sprite.left : right]
        cover[place] = sprite.cover(z)[..., None]
        light[place] = cover[place] * tint[:, None, None]
    return cover, light


def sprites(
    n_samples: int = 3000,
    n_factors: int = 2,
    *,
    size: int = 64,
    softness: float | None = None,
    background: str = "black",
    colour: str = "grey",
    noise: float = 0.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of one to four soft-edged sprites that move, turn or change their colour.

    ========= ===================================================================================
    n_factors what the factors are, in this order
    ========= ===================================================================================
    2         x, y of a square
    3         x, y and angle of a square, within 30 degrees either way
    4         x, y of one square and x, y of another
    5         those of 4, and the angle of a bar that stands still, within 45 degrees either way
    8         x, y of each of four squares
    ========= ===================================================================================

    All of them are uniform and independent, and the metric is flat and diagonal: constant to 1 %.

    Parameters
    ----------
    n_samples : int
        Number of pictures.
    n_factors : {2, 3, 4, 5, 8}
        Number of factors d, as in the table.
    size : int
        Pixels along each edge of a picture.
    softness : float or None
        Standard deviation, in pixels, of the Gaussian that smooths the edges; at least 0.75. None
        is ``size / 25``. The sharper the edges, the more pictures are needed to follow them.
    background : {"black", "noisy", "photograph", "photographs"}
        What is behind the sprites. "photograph" is one patch of a photograph, the same in every
        picture and in two tones, which the sprites invert: every pixel has the same contrast, and
        the manifold is the one on black, moved and made smaller. The other two are *nuisances*,
        new in each picture and no factor, as in Noisy-dSprites and Scream-dSprites (Locatello et
        al., 2019), and break the assumption of d factors: "noisy" has uniform noise in [0, 1]
        behind the sprites, "photographs" a patch of the photograph from anywhere in it, averaged
        with a colour, which the sprites invert.
    colour : {"grey", "angle", "random"}
        "grey" has one channel, the others red, green and blue. "angle" makes the last factor of 3
        or 5 the colour of a sprite in place of its angle, from red (0) through yellow to green
        (pi / 2). "random" is a *nuisance*: each picture has a colour from [0.5, 1]^3 for all of
        its sprites, as in Color-dSprites.
    noise : float
        Standard deviation of the Gaussian noise added to each channel of each pixel.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, size * size) or (n_samples, size * size * 3), float32
        Flattened pictures in C order, with the channels last; in [0, 1] without noise.
    factors : ndarray of shape (n_samples, n_factors), float64
        Centres in pixels of the picture, angles in radians.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its range, or sprites so soft have no room to move.
    ImportError
        If a photograph is asked for and scikit-image is not there.

    Examples
    --------
    >>> from hessmap.datasets import sprites
    >>> X, factors = sprites(100, 4, size=32, random_state=0)
    >>> X.shape, factors.shape
    ((100, 1024), (100, 4))
    """
    n, d = whole("n_samples", n_samples, at_least=1), whole("n_factors", n_factors, at_least=1)
    if d not in FAMILIES:
        raise ValueError(f"`n_factors` must be one of {', '.join(map(str, FAMILIES))}; got {d}.")
    choice("background", background, BACKGROUNDS)
    choice("colour", colour, COLOURS)
    if colour == "angle" and d not in (3, 5):
        raise ValueError(f"`colour` must be 'grey' or 'random' for {d} factors; got 'angle'.")
    whole("size", size, at_least=24)
    soft = size / 25 if softness is None else number("softness", softness, at_least=SHARPEST)
    scene = _scene(d, size, soft, turns=colour != "angle")
    shape = (size, size, 1 if colour == "grey" else 3)

    rng = generator(random_state)
    lowest, highest = _ranges(scene, colour == "angle").T
    factors = rng.uniform(lowest, highest, size=(n, d))
    colours = rng.uniform(0.5, 1, size=(n, 3)) if colour == "random" else np.ones((n, shape[2]))
    # a generator of its own, as the noise is drawn from the other one between blocks
    behind = backdrop(background, shape, np.random.default_rng(rng.integers(0, 2**63, size=4)))

    def render(drawn: np.ndarray) -> np.ndarray:
        rows = []
        for start in range(0, len(drawn), STEP_ROWS):
            z, tint = np.split(drawn[start : start + STEP_ROWS], [d], axis=1)
            rows.append(behind(*_lit(scene, z, tint, shape, colour == "angle")))
        return np.concatenate(rows).reshape(len(drawn), -1)

    drawn, n_features = np.column_stack([factors, colours]), int(np.prod(shape))
    return fill(drawn, render, n_features, noise=noise, rng=rng, dtype=np.float32), factors
