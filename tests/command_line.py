"""Data for the command line in every format, and what the tests of it share."""

from __future__ import annotations

import os

import numpy as np
import pytest

from hessmap.cli import main
from hessmap.datasets import arcs, shapes_xy

X, _ = arcs(600, 2, n_features=6, noise=0.02, random_state=0)
LEVELS = np.rint(255 * shapes_xy(400, size=20, side=8, random_state=0)[0]).astype(np.uint8)
PICTURES = LEVELS.astype(np.float32) / np.float32(255)
RUN = {
    "embedding.npy", "model.hessmap", "node_of.npy", "report.html", "report.txt", "settings.json",
    "sources.npy",
}  # fmt: skip


def npy(path):
    np.save(path / "rows.npy", X)
    return path / "rows.npy"


def npz(path):
    np.savez(path / "rows.npz", X)
    return path / "rows.npz"


def zarr(path):
    pytest.importorskip("zarr").save_array(str(path / "rows.zarr"), X)
    return path / "rows.zarr"


def hdf5(path):
    with pytest.importorskip("h5py").File(path / "rows.h5", "w") as file:
        file["rows"] = X
    return path / "rows.h5"


def parquet(path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    table = pyarrow.table({f"c{j}": column for j, column in enumerate(X.T)})
    files.write_table(table, path / "rows.parquet")
    return path / "rows.parquet"


def text(path):
    np.savetxt(path / "rows.csv", X, delimiter=",", fmt="%.17g")
    return path / "rows.csv"


def folder(path, n=400):
    image = pytest.importorskip("PIL.Image")
    (path / "pictures").mkdir()
    for number in range(n):
        levels = LEVELS[number].reshape(20, 20)
        image.fromarray(levels).save(path / "pictures" / f"p{number}.png")
    return path / "pictures"


def files_of(path):
    return set(os.listdir(path))


def error(capsys, *words, code=1):
    """The one line that a command ends with."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == code
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("hessmap: ")
    return said
