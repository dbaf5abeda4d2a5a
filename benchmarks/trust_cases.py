"""Data that meet the theorem's assumptions, and data that break one of them each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from hessmap import datasets
from hessmap.pictures import Blur

Clean = Callable[[int, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Case:
    """One kind of data.

    ``clean(n, seed)`` -> (X, factors); ``settings`` are pairs of a number of rows and a share of
    noise; ``expected`` holds the codes one of which a fit must find,
    none for conforming data. Pictures of some ``shape`` are blurred after noise is added.
    """

    name: str
    clean: Clean
    n_components: int
    settings: tuple[tuple[int, float], ...]
    expected: tuple[str, ...] = ()
    shape: tuple[int, ...] | None = None
    blur: float = 3.0

    def make(self, n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows with noise in units of the largest standard deviation of a column."""
        X, factors = self.clean(n, seed)
        if noise:
            rng = np.random.default_rng(10_000 + seed)
            X = X + noise * X.std(axis=0).max() * rng.standard_normal(X.shape)
        return X if self.shape is None else Blur(self.shape, self.blur).fit_transform(X), factors


def surface(make: Callable, **fixed: object) -> Clean:
    """A data set of the package."""
    return lambda n, seed: make(n, random_state=seed, **fixed)


def on_arcs(draw: Callable[[np.random.Generator, int], np.ndarray], n_features: int = 10) -> Clean:
    """Factors of some distribution on unit-speed arcs."""

    def made(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        factors = draw(rng, n)
        return datasets.on_arcs(factors, n_features=n_features, random_state=rng), factors

    return made


def uniform(rng: np.random.Generator, n: int, d: int = 2) -> np.ndarray:
    return rng.uniform(-0.5, 0.5, size=(n, d))


def stretched(rng: np.random.Generator, n: int) -> np.ndarray:
    return uniform(rng, n) * [3.0, 0.75]


def skewed(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.beta(2, 5, size=(n, 2)) * 1.4


def bimodal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.beta(0.6, 0.6, size=(n, 2))


def peaked(rng: np.random.Generator, n: int) -> np.ndarray:
    u = rng.uniform(-1, 1, size=(n, 2))  # cut off at four, without a pile there
    return -np.sign(u) * np.log1p(-np.abs(u) * (1 - np.exp(-4.0))) / 6


def mixed(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.column_stack(
        [rng.uniform(size=n), rng.beta(2, 5, size=n) * 1.4, rng.triangular(0, 1, 1, size=n)]
    )


FEW = (1000, 3000)
MANY = (1000, 10_000)
LARGE = (1000, 10_000, 100_000)


def conforming(name: str, clean: Clean, d: int, sizes: tuple[int, ...], **more: object) -> Case:
    return Case(name, clean, d, tuple(product(sizes, (0.0, 0.05))), **more)


CONFORMING = (
    conforming("swiss roll", surface(datasets.swiss_roll), 2, (3000, 10_000, 100_000)),
    conforming("arc, d = 1", on_arcs(partial(uniform, d=1)), 1, (1000, 3000, 10_000)),
    conforming("arcs, d = 2", on_arcs(uniform), 2, LARGE),
    conforming("arcs, d = 2, stretched", on_arcs(stretched), 2, FEW),
    conforming("arcs, d = 2, Beta(2, 5)", on_arcs(skewed), 2, FEW),
    conforming("arcs, d = 2, Beta(0.6, 0.6)", on_arcs(bimodal), 2, FEW),
    conforming("arcs, d = 2, Laplace", on_arcs(peaked), 2, FEW),
    conforming("arcs, d = 3", on_arcs(partial(uniform, d=3)), 3, MANY),
    conforming("arcs, d = 3, mixed", on_arcs(mixed), 3, FEW),
    conforming("arcs, d = 5", on_arcs(partial(uniform, d=5), 15), 5, (3000,)),
    conforming("spot", surface(datasets.blobs), 2, LARGE),
    conforming("spot, Beta(2, 5)", surface(datasets.blobs, density="beta"), 2, FEW),
    conforming("square, x and y", surface(datasets.shapes_xy), 2, FEW, shape=(48, 48)),
    conforming("square, position, colour", surface(datasets.shapes_xc), 2, FEW, shape=(48, 48, 2)),
    conforming(
        "square, x, y and turn", surface(datasets.shapes_xyr), 3, (3000,), shape=(32, 32), blur=2.0
    ),
)

DEPENDENT = ("dependent-sources",)
CURVED = ("not-isometric",)
NO_MAP = ("no-spectral-gap", "not-isometric")
TOO_FEW = ("not-isometric",)
TOO_MANY = ("dependent-sources", "no-spectral-gap")
PIECES = ("disconnected",)


def control(name: str, clean: Clean, d: int, expected: tuple[str, ...]) -> Case:
    return Case(name, clean, d, ((3000, 0.0), (3000, 0.02)), expected)


CONTROLS = (
    control("Gaussian factors", surface(datasets.gaussian_factors), 2, ("gaussian-sources",)),
    control("disc", surface(datasets.disc), 2, DEPENDENT),
    control("triangle", surface(datasets.triangle), 2, DEPENDENT),
    control("correlated factors", surface(datasets.correlated_factors), 2, DEPENDENT),
    control("brightness and position", surface(datasets.brightness_position), 2, DEPENDENT),
    control("cylinder", surface(datasets.cylinder), 2, NO_MAP),
    control("torus", surface(datasets.torus), 2, NO_MAP),
    control("sphere, 100 degrees", surface(datasets.sphere_patch, opening=100.0), 2, CURVED),
    control("sphere, 120 degrees", surface(datasets.sphere_patch, opening=120.0), 2, CURVED),
    control("sphere, 150 degrees", surface(datasets.sphere_patch, opening=150.0), 2, CURVED),
    control("bar, position and turn", surface(datasets.rectangle_rotation), 2, CURVED),
    control("two pieces", surface(datasets.two_pieces), 2, PIECES),
    control("two pieces and a thread", surface(datasets.two_pieces, thread=True), 2, PIECES),
    control("d = 2, asked for 1", on_arcs(uniform), 1, TOO_FEW),
    control("d = 3, asked for 2", on_arcs(partial(uniform, d=3)), 2, TOO_FEW),
    control("d = 1, asked for 2", on_arcs(partial(uniform, d=1)), 2, TOO_MANY),
    control("d = 2, asked for 3", on_arcs(uniform), 3, TOO_MANY),
    control("noise", surface(datasets.pure_noise), 2, NO_MAP),
)
