"""What the tests of figures share: data, fitted models, and ways to look at what was drawn."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
from sklearn.pipeline import make_pipeline

from hessmap import HessianICA
from hessmap.datasets import shapes_xy
from hessmap.metrics.isometry import pair_distances
from hessmap.nodes.resolution import Resolution
from hessmap.pictures import Blur

rng = np.random.default_rng(0)
codes = rng.uniform(size=(300, 3))
MANY = 1_000_000
SIZE = 12  # pixels of a picture in the models below
TRIED = tuple(
    Resolution(n, gap, apart)
    for n, gap, apart in [
        (64, np.nan, np.nan),
        (128, 0.1, np.nan),
        (256, 0.01, 0.003),
        (512, 0.02, 0.0005),
    ]
)


@cache
def many():
    """A million rows of two codes, some of them NaN, and a noisy factor."""
    table = np.random.default_rng(1).uniform(size=(MANY, 2))
    factor = table[:, 0] + 0.3 * np.random.default_rng(2).standard_normal(MANY)
    table[::1000] = np.nan
    return table, factor


@cache
def fitted():
    """Small blurred pictures of a moving square, their factors, and a pipeline fitted to them."""
    X, factors = shapes_xy(600, size=SIZE, side=4, random_state=0)
    model = make_pipeline(Blur((SIZE, SIZE), 1.5), HessianICA(random_state=0))
    return X, factors, model.fit(X)


def at(factors, *places):
    """Rows whose factors are nearest to places, in shares of their range."""
    shares = (factors - factors.min(axis=0)) / np.ptp(factors, axis=0)
    return [int(((shares - place) ** 2).sum(axis=1).argmin()) for place in places]


def report(**changed):
    matrix = np.array([[1, 0.2], [0.2, 1]])
    numbers = {
        "eigenvalues": np.array([1e-17, 1e-8, 2e-8, 1e-4, 2e-4]),
        "n_components": 2,
        "pair_distances": pair_distances(codes, codes, random_state=0),
        "dependence_matrix": matrix,
        "resolutions": TRIED,
        "n_nodes": 256,
        "ok": True,
        "findings": (),
    }
    return SimpleNamespace(**{**numbers, **changed})


def drawn(ax):
    """Pixels of the figure: something must have been painted inside the axes."""
    figure = ax.get_figure()
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())


def n_colours(ax):
    """Number of different colours in the figure, each pixel one number of four bytes."""
    return len(np.unique(drawn(ax).view(np.uint32)))


def all_text(ax):
    texts = [*ax.texts, *(ax.get_legend().get_texts() if ax.get_legend() else [])]
    return " ".join(text.get_text() for text in texts)


def overlaps(texts):
    """Whether two texts of a drawn figure touch."""
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    return any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def tiles(canvas, size, rows, columns, seam=1):
    """Pictures (rows, columns, size, size) of a canvas."""
    step = size + seam
    assert canvas.shape == (rows * step - seam, columns * step - seam, 3)
    starts = [(r * step, c * step) for r in range(rows) for c in range(columns)]
    cut = [canvas[top : top + size, left : left + size, 0] for top, left in starts]
    return np.reshape(cut, (rows, columns, size, size))


def centres(pictures):
    """Centre of light (..., 2), across and down, of pictures (..., size, size)."""
    places = np.arange(pictures.shape[-1])
    pictures = (pictures - np.median(pictures, axis=(-2, -1), keepdims=True)).clip(0)
    light = pictures.sum(axis=(-2, -1))
    across = (pictures.sum(axis=-2) @ places) / light
    return np.stack([across, (pictures.sum(axis=-1) @ places) / light], axis=-1)
