"""Cars3D and SmallNORB, things seen from all sides, read from files that you have."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path

import numpy as np

from .._validation import choice
from ._binary import Binary, of_matrix
from ._blocks import Seed
from ._collections import (
    Collection,
    Fixed,
    Shape,
    as_table,
    reading,
    shaped,
    shrunk,
    small_enough,
    taken,
)

CARS3D_FACTORS = ("elevation", "azimuth", "car")
SMALLNORB_FACTORS = ("category", "instance", "elevation", "azimuth", "lighting")

ELEVATIONS, AZIMUTHS = 4, 24
CAR = (128, 128, 3, AZIMUTHS, ELEVATIONS)
TOYS = (None, 2, 96, 96)
PARTS = {"training": "46789", "testing": "01235"}


def load_cars3d(
    path: str | PathLike[str],
    *,
    size: int = 64,
    n_samples: int | None = None,
    fixed: Fixed = None,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Cars3D (Reed et al., 2015): cars from all sides.

    Parameters
    ----------
    path : str or path-like
        The folder ``data/cars`` with one ``.mat`` file for each of 183 cars, of which only the
        cars that are taken are read. Cars are numbered by the names of their files.
    size : int
        Pixels along each edge that pictures of 128 are averaged down to.
    n_samples, random_state
        As in `load_dsprites`.
    fixed : dict of str to int or sequence of int, or None
        As in `load_dsprites`, for names in ``CARS3D_FACTORS``.

    Returns
    -------
    X : ndarray of shape (n, size * size * 3), float32
        Flattened pictures (size, size, 3), in [0, 1].
    factors : ndarray of shape (n, K), float64
        Values of ``CARS3D_FACTORS`` in this order, without those that are held at one class:
        elevation 0 to 3, azimuth 0 to 23 in steps of one 24th of a full turn, number of the car.

    Raises
    ------
    FileNotFoundError, ValueError
        As in `load_dsprites`.

    Examples
    --------
    One car from the right half::

        X, factors = load_cars3d(path, fixed={"car": 7, "azimuth": range(12)})
    """
    from scipy.io import loadmat

    folder, expected = Path(path), "the folder data/cars of nips2015-analogy-data"
    source = "http://www.scottreed.info"
    with reading(folder, expected, source):
        files = sorted(folder.glob("*.mat"))
        if not files:
            raise ValueError("it holds no .mat file")
    size = small_enough(size, CAR[0])
    counts = len(files), AZIMUTHS, ELEVATIONS
    factors = np.stack(np.unravel_index(np.arange(np.prod(counts)), counts), axis=1)[:, ::-1]

    def read(numbers: np.ndarray) -> Iterator[np.ndarray]:
        for car in np.unique(numbers // (AZIMUTHS * ELEVATIONS)):
            file = files[car]
            with reading(file, "a .mat file of Cars3D", source):
                views = loadmat(file, variable_names=["im"])["im"]
                shaped("im", views.shape, CAR)
            views = views.transpose(3, 4, 0, 1, 2).reshape(-1, *CAR[:3])
            first = car * len(views)
            here = numbers[(first <= numbers) & (numbers < first + len(views))]
            yield shrunk(views[here - first], size)

    collection = Collection(CARS3D_FACTORS, factors, (size, size, 3), 255.0, read)
    return taken(collection, n_samples, fixed, random_state)


def load_smallnorb(
    path: str | PathLike[str],
    *,
    part: str = "training",
    size: int = 64,
    n_samples: int | None = None,
    fixed: Fixed = None,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """SmallNORB (LeCun, Huang and Bottou, 2004): photographs of toys, by the left camera.

    Parameters
    ----------
    path : str or path-like
        The folder with ``smallnorb-5x46789x9x18x6x2x96x96-training-dat.mat`` and the files that
        end in ``-cat.mat`` and ``-info.mat``, or the same with ``.gz``.
    part : {"training", "testing"}
        Five toys of each category, or the other five.
    size : int
        Pixels along each edge that pictures of 96 are averaged down to.
    n_samples, random_state
        As in `load_dsprites`.
    fixed : dict of str to int or sequence of int, or None
        As in `load_dsprites`, for names in ``SMALLNORB_FACTORS``.

    Returns
    -------
    X : ndarray of shape (n, size * size), float32
        Flattened pictures (size, size), in [0, 1].
    factors : ndarray of shape (n, K), float64
        Values of ``SMALLNORB_FACTORS`` in this order, without those that are held at one class:
        category 0 to 4, instance 0 to 9 (which toy), elevation 30 to 70 and azimuth 0 to 340
        degrees, lighting 0 to 5. The azimuths of two toys have nothing to do with each other.

    Raises
    ------
    FileNotFoundError, ValueError
        As in `load_dsprites`.

    Examples
    --------
    One car in one light::

        X, factors = load_smallnorb(path, fixed={"category": 4, "instance": 0, "lighting": 0})
    """
    choice("part", part, tuple(PARTS))
    size = small_enough(size, TOYS[-1])
    source = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small"

    def opened(kind: str, shape: Shape) -> tuple[Path, Binary]:
        file = Path(path) / f"smallnorb-5x{PARTS[part]}x9x18x6x2x96x96-{part}-{kind}.mat"
        packed = file.with_suffix(".mat.gz")
        file = packed if packed.exists() and not file.exists() else file
        with reading(file, f"a folder with {file.name}", source):
            matrix = of_matrix(file)
            shaped(kind, matrix.shape, shape)
        return file, matrix

    file, pictures = opened("dat", TOYS)
    n = pictures.shape[0]
    columns = []
    for kind, shape in (("cat", (n,)), ("info", (n, 4))):
        labels, matrix = opened(kind, shape)
        with reading(labels, f"a folder with {labels.name}", source):
            columns.append(
                as_table(matrix.whole().reshape(n, -1), (n, int(np.prod(shape[1:]))), kind)
            )
    factors = np.hstack(columns) * [1, 1, 5, 10, 1] + [0, 0, 30, 0, 0]

    def read(numbers: np.ndarray) -> Iterator[np.ndarray]:
        with reading(file, f"a folder with {file.name}", source):
            for pairs in pictures.rows(numbers):
                yield shrunk(pairs[:, 0], size)

    collection = Collection(SMALLNORB_FACTORS, factors, (size, size), 255.0, read)
    return taken(collection, n_samples, fixed, random_state)
