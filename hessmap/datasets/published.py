"""dSprites and 3D Shapes, rendered pictures with known factors, read from files that you have.

Nothing is downloaded. Each loader reads the file as its authors published it, takes a part of it
if asked to, and says in an error what it expected where a file is not that.
"""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path

import numpy as np

from ._binary import of_npz
from ._blocks import Seed
from ._collections import Collection, Fixed, as_table, reading, runs, shaped, taken

DSPRITES_FACTORS = ("shape", "scale", "orientation", "posX", "posY")
SHAPES3D_FACTORS = ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")


def load_dsprites(
    path: str | PathLike[str],
    *,
    n_samples: int | None = None,
    fixed: Fixed = None,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """DSprites (Matthey et al., 2017): white shapes that move, turn and grow.

    Edges are sharp and factors are on a grid: see `hessmap.pictures.Blur`, and `sprites` for
    pictures like these without either.

    Parameters
    ----------
    path : str or path-like
        ``dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz``. It is read as a stream: only the
        pictures that are taken are ever in memory.
    n_samples : int or None
        Number of pictures, drawn without replacement and in random order; None takes all of them
        in the order of the file.
    fixed : dict of str to int or sequence of int, or None
        For names in ``DSPRITES_FACTORS``, the class that the factor is held at, or the classes
        that it may have. Classes count its values in the file from 0, in increasing order.
    random_state : int, RandomState, Generator or None
        Seed of the draw.

    Returns
    -------
    X : ndarray of shape (n, 4096), float32
        Flattened pictures (64, 64), in [0, 1].
    factors : ndarray of shape (n, K), float64
        Values of ``DSPRITES_FACTORS`` in this order, without those that are held at one class,
        and without the colour, which has one value: shape 1 to 3, scale 0.5 to 1, orientation 0
        to 2 pi, positions 0 to 1.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, it is not what was published, or ``fixed`` and ``n_samples`` ask
        for what it does not hold.

    Examples
    --------
    Squares of one size at one angle, which move in x and y::

        X, factors = load_dsprites(path, fixed={"shape": 0, "scale": 5, "orientation": 0})
    """
    path, expected = Path(path), "the file dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
    source = "https://github.com/google-deepmind/dsprites-dataset"
    with reading(path, expected, source):
        pictures = of_npz(path, "imgs")
        shaped("imgs", pictures.shape, (None, 64, 64))
        values = of_npz(path, "latents_values").whole()
        factors = as_table(values, (pictures.shape[0], 6), "latents_values")[:, 1:]

    def read(numbers: np.ndarray) -> Iterator[np.ndarray]:
        with reading(path, expected, source):
            yield from pictures.rows(numbers)

    collection = Collection(DSPRITES_FACTORS, factors, (64, 64), 1.0, read)
    return taken(collection, n_samples, fixed, random_state)


def load_shapes3d(
    path: str | PathLike[str],
    *,
    n_samples: int | None = None,
    fixed: Fixed = None,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """3D Shapes (Burgess and Kim, 2018): a coloured thing in a coloured room.

    Parameters
    ----------
    path : str or path-like
        ``3dshapes.h5``, of which only the pictures that are taken are read.
    n_samples, random_state
        As in `load_dsprites`.
    fixed : dict of str to int or sequence of int, or None
        As in `load_dsprites`, for names in ``SHAPES3D_FACTORS``.

    Returns
    -------
    X : ndarray of shape (n, 12288), float32
        Flattened pictures (64, 64, 3), in [0, 1].
    factors : ndarray of shape (n, K), float64
        Values of ``SHAPES3D_FACTORS`` in this order, without those that are held at one class:
        hues 0 to 1, scale, shape 0 to 3, orientation -30 to 30 degrees.

    Raises
    ------
    FileNotFoundError, ValueError
        As in `load_dsprites`.
    ImportError
        If h5py is not there.

    Examples
    --------
    One thing, seen from different sides in light of different colours::

        fixed = {"floor_hue": 0, "wall_hue": 0, "scale": 7, "shape": 0}
        X, factors = load_shapes3d(path, fixed=fixed)
    """
    try:
        import h5py
    except ImportError:
        raise ImportError(
            "reading 3D Shapes needs the package h5py: pip install hessmap[files]"
        ) from None

    path, expected = Path(path), "the file 3dshapes.h5"
    source = "https://github.com/google-deepmind/3d-shapes"
    with reading(path, expected, source), h5py.File(path, "r") as file:
        images = file["images"]
        shaped("images", images.shape, (None, 64, 64, 3))
        factors = as_table(file["labels"][:], (len(images), 6), "labels")
        gap = (images.chunks or (1,))[0]  # a compressed chunk is read as a whole

    def read(numbers: np.ndarray) -> Iterator[np.ndarray]:
        with reading(path, expected, source), h5py.File(path, "r") as file:
            for run in runs(numbers, gap):
                yield file["images"][run[0] : run[-1] + 1][run - run[0]]

    collection = Collection(SHAPES3D_FACTORS, factors, (64, 64, 3), 255.0, read)
    return taken(collection, n_samples, fixed, random_state)
