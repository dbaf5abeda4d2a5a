"""Loaders of published files, on small files of the same format."""

from __future__ import annotations

import gzip
import re
import struct
import sys
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from scipy.io import savemat

from hessmap.datasets import (
    CARS3D_FACTORS,
    DSPRITES_FACTORS,
    SHAPES3D_FACTORS,
    SMALLNORB_FACTORS,
    cached,
    load_cars3d,
    load_dsprites,
    load_shapes3d,
    load_smallnorb,
)
from hessmap.datasets._collections import runs, shrunk

h5py = pytest.importorskip("h5py")
RNG = np.random.default_rng(0)


def grid(*values):
    return np.array(list(product(*values)), dtype=float)


class Case(NamedTuple):
    """A loader, and a function that writes a small file for it: (folder) -> path, X, factors."""

    write: Callable[[Path], tuple[Path, np.ndarray, np.ndarray]]
    load: Callable
    names: tuple[str, ...]


def dsprites(folder, save):
    turns = np.linspace(0, 2 * np.pi, 5)
    values = grid([1], [1, 2, 3], [0.5, 1], turns, np.linspace(0, 1, 4), np.linspace(0, 1, 3))
    pictures = RNG.integers(0, 2, size=(len(values), 64, 64), dtype=np.uint8)
    path = folder / "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
    # the published file has pickled metadata too
    save(path, imgs=pictures, latents_values=values, metadata=np.array({"title": 1}))
    return path, pictures.reshape(len(values), -1), values[:, 1:]


def shapes3d(folder, **storage):
    hues = np.linspace(0, 0.9, 3)
    values = grid(hues, hues, hues[:2], [0.75, 1.25], [0, 1], [-30, 0, 30])
    pictures = RNG.integers(0, 256, size=(len(values), 64, 64, 3), dtype=np.uint8)
    path = folder / "3dshapes.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=pictures, **storage)
        file["labels"] = values
    return path, pictures.reshape(len(values), -1) / 255, values


def cars3d(folder):
    rows = []
    for car in (2, 0, 1):  # the order of names counts, not that of writing
        small = RNG.integers(0, 256, size=(8, 8, 3, 24, 4), dtype=np.uint8)
        views = small.repeat(16, axis=0).repeat(16, axis=1)
        savemat(folder / f"car_{car:03}_mesh.mat", {"im": views}, do_compression=True)
        for elevation, azimuth in product(range(4), range(24)):
            rows.append(([elevation, azimuth, car], small[..., azimuth, elevation].ravel() / 255))
    factors, pictures = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    return folder, pictures, factors


def smallnorb(folder, suffix):
    info = grid(range(3), (4, 6), (0, 8), (0, 2, 34), (0, 5)).astype(np.int32)
    pictures = RNG.integers(0, 256, size=(len(info), 2, 96, 96), dtype=np.uint8)
    stem = "smallnorb-5x46789x9x18x6x2x96x96-training"
    for kind, array in (("dat", pictures), ("cat", info[:, 0].copy()), ("info", info[:, 1:])):
        write_matrix(folder / f"{stem}-{kind}.{suffix}", array)
    factors = info * [1, 1, 5, 10, 1] + [0, 0, 30, 0, 0]
    return folder, pictures[:, 0].reshape(len(info), -1) / 255, factors


def write_matrix(path, array):
    magic = {"uint8": 0x1E3D4C55, "int32": 0x1E3D4C54}[str(array.dtype)]
    lengths = [*array.shape, 1, 1, 1][: max(3, array.ndim)]
    header = struct.pack(f"<{2 + len(lengths)}i", magic, array.ndim, *lengths)
    with (gzip.open if path.suffix == ".gz" else open)(path, "wb") as file:
        file.write(header + array.tobytes())


toys = partial(load_smallnorb, size=96)
packed = {"chunks": (7, 64, 64, 3), "compression": "gzip"}
CASES = {
    "dsprites": Case(partial(dsprites, save=np.savez_compressed), load_dsprites, DSPRITES_FACTORS),
    "dsprites, plain": Case(partial(dsprites, save=np.savez), load_dsprites, DSPRITES_FACTORS),
    "shapes3d": Case(shapes3d, load_shapes3d, SHAPES3D_FACTORS),
    "shapes3d, packed": Case(partial(shapes3d, **packed), load_shapes3d, SHAPES3D_FACTORS),
    "cars3d": Case(cars3d, partial(load_cars3d, size=8), CARS3D_FACTORS),
    "smallnorb": Case(partial(smallnorb, suffix="mat"), toys, SMALLNORB_FACTORS),
    "smallnorb, packed": Case(partial(smallnorb, suffix="mat.gz"), toys, SMALLNORB_FACTORS),
}
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def in_order(X, factors):
    order = np.lexsort(factors.T)
    return X[order], factors[order]


@each
def test_all_pictures_a_draw_and_a_part(case, tmp_path):
    path, pictures, values = case.write(tmp_path)
    load, names = case.load, case.names
    X, factors = load(path)
    assert X.dtype == np.float32
    assert factors.dtype == np.float64
    assert factors.shape[1] == len(names)
    pictures, values = in_order(pictures, values)
    for found, wanted in zip(in_order(X, factors), (pictures, values), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)

    Y, drawn = load(str(path), n_samples=40, random_state=0)
    again, _ = load(path, n_samples=40, random_state=0)
    np.testing.assert_array_equal(Y, again)
    assert len(np.unique(drawn, axis=0)) == 40
    assert (np.diff(drawn[:, 0]) < 0).any()  # in random order
    assert (np.diff(drawn[:, -1]) < 0).any()
    for y, z in zip(Y, drawn, strict=True):
        here = np.flatnonzero(np.isclose(values, z).all(axis=1))
        np.testing.assert_allclose(y, pictures[here[0]], atol=1e-6)

    fixed = {names[0]: 1, names[1]: [0, 1]}
    Z, part = load(path, fixed=fixed)
    first, second = (np.unique(values[:, k]) for k in (0, 1))
    kept = (values[:, 0] == first[1]) & np.isin(values[:, 1], second[:2])
    assert part.shape == (kept.sum(), len(names) - 1)
    for found, wanted in zip(
        in_order(Z, part), in_order(pictures[kept], values[kept, 1:]), strict=True
    ):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


@each
def test_what_the_file_does_not_hold(case, tmp_path):
    path, pictures, _ = case.write(tmp_path)
    load, names = case.load, case.names
    listed = re.escape(", ".join(names))
    with pytest.raises(ValueError, match=f"some of the factors {listed}; got colour, size"):
        load(path, fixed={"size": 0, "colour": 1})
    with pytest.raises(ValueError, match=rf"`fixed\['{names[0]}'\]` must be at most [23]; got 7"):
        load(path, fixed={names[0]: 7})
    with pytest.raises(TypeError, match=r"must be a whole number; got 0\.5"):
        load(path, fixed={names[0]: [0, 0.5]})
    with pytest.raises(ValueError, match=f"`n_samples` must be at most {len(pictures)}, the pict"):
        load(path, n_samples=10**6)
    with pytest.raises(ValueError, match="`fixed` must leave some pictures"):
        load(path, fixed={names[0]: []})
    with pytest.raises(FileNotFoundError, match=r"there is no .*nowhere.*downloaded from http"):
        load(path / "nowhere")


@each
@pytest.mark.parametrize("harm", ["cut", "text", "empty"])
def test_damaged_files(case, harm, tmp_path):
    path, _, _ = case.write(tmp_path)
    files = [path] if path.is_file() else list(path.iterdir())
    for file in files:
        data = file.read_bytes()
        file.write_bytes(
            {"cut": data[: len(data) // 2], "text": b"<html>" * 99, "empty": b""}[harm]
        )
    with pytest.raises(ValueError, match=r"`path` must be .*is not, or is damaged: .*http"):
        case.load(path)


def test_files_of_other_things(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, X=np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"no item named 'imgs\.npy'"):
        load_dsprites(path)
    np.savez(path, imgs=np.zeros((3, 32, 32)), latents_values=np.zeros((3, 6)))
    with pytest.raises(ValueError, match=r"the shape \(n, 64, 64\), but has \(3, 32, 32\)"):
        load_dsprites(path)
    np.savez(path, imgs=np.zeros((3, 64, 64)), latents_values=np.zeros((2, 6)))
    with pytest.raises(ValueError, match=r"the shape \(3, 6\), but has \(2, 6\)"):
        load_dsprites(path)
    np.savez(path, imgs=np.zeros((3, 64, 64)), latents_values=np.full((3, 6), np.nan))
    with pytest.raises(ValueError, match="latents_values must be finite"):
        load_dsprites(path)
    np.savez(path, imgs=np.zeros((3, 64, 64), order="F"), latents_values=np.zeros((3, 6)))
    with pytest.raises(ValueError, match="Fortran order"):
        load_dsprites(path)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["pictures"] = np.zeros(3)
    with pytest.raises(ValueError, match="images"):
        load_shapes3d(tmp_path / "other.h5")
    with pytest.raises(ValueError, match=r"holds no \.mat file"):
        load_cars3d(tmp_path)
    savemat(tmp_path / "car.mat", {"im": np.zeros((2, 3))})
    with pytest.raises(ValueError, match=r"im must have the shape \(128, 128, 3, 24, 4\)"):
        load_cars3d(tmp_path)
    with pytest.raises(FileNotFoundError, match="5x01235x9x18x6x2x96x96-testing-dat"):
        load_smallnorb(tmp_path, part="testing")
    with pytest.raises(ValueError, match="`part` must be one of 'training', 'testing'"):
        load_smallnorb(tmp_path, part="both")
    with pytest.raises(ValueError, match="`size` must be at most 96, as published; got 128"):
        load_smallnorb(tmp_path, size=128)


def test_shapes3d_need_h5py(monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"h5py: pip install hessmap\[files\]"):
        load_shapes3d("3dshapes.h5")


def test_pictures_shrink_by_areas():
    """As if every pixel were split into so many that they can be counted out."""
    for shape, size in (((3, 12, 12), 8), ((2, 12, 12, 3), 9), ((2, 9, 9), 9)):
        pictures, full = RNG.uniform(size=shape), shape[1]
        fine = pictures.repeat(size, axis=1).repeat(size, axis=2)
        counted = fine.reshape(shape[0], size, full, size, full, *shape[3:]).mean(axis=(2, 4))
        np.testing.assert_allclose(shrunk(pictures, size), counted, atol=1e-6)


def test_runs_are_short_and_leave_nothing_out():
    numbers = np.unique(RNG.integers(0, 9000, size=3000))
    for gap in (1, 5, 10_000):
        parts = list(runs(numbers, gap))
        np.testing.assert_array_equal(np.concatenate(parts), numbers)
        assert max(part[-1] - part[0] for part in parts) < 512
    assert [list(part) for part in runs(np.array([1, 2, 5, 9, 10]), 3)] == [[1, 2, 5], [9, 10]]


def test_a_file_that_changes_is_another_data_set(tmp_path):
    path = tmp_path / "sprites.npz"
    for n in (3, 4):
        np.savez(path, imgs=np.zeros((n, 64, 64)), latents_values=np.zeros((n, 6)))
        X, _ = cached(load_dsprites, str(path), random_state=0, folder=tmp_path)
        assert X.shape == (n, 4096)
    with pytest.raises(FileNotFoundError, match="`path` must be the file dsprites_ndarray"):
        cached(load_dsprites, tmp_path / "none", random_state=0, folder=tmp_path)
