"""Small real files of every format that is read, as bytes, and how each is read."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

STEM = "smallnorb-5x46789x9x18x6x2x96x96-training"
KINDS_OF_MATRIX = {"uint8": 0x1E3D4C55, "int32": 0x1E3D4C54}


def table(n: int = 30) -> np.ndarray:
    """Rows (n, 4) that can be fitted."""
    factors = np.random.default_rng(0).uniform(-0.5, 0.5, size=(n, 2))
    return np.hstack([np.cos(factors), np.sin(factors)])


def written(write: Callable[[Any], object]) -> bytes:
    """What something writes to a file-like object."""
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    """An .npy file."""
    return written(lambda file: np.save(file, array))


def npz(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A ZIP archive of files whose checksums are right."""

    def write(file: Any) -> None:
        with zipfile.ZipFile(file, "w", compression) as archive:
            for name, data in members.items():
                archive.writestr(zipfile.ZipInfo(name), data)

    return written(write)


def _csv(_: Path) -> bytes:
    rows = [",".join(f"{number:.6g}" for number in row) for row in table()]
    return "\n".join(["a,b,c,d", *rows, ""]).encode()


def _hdf5(folder: Path) -> bytes:
    import h5py

    with h5py.File(folder / "made.h5", "w") as file:
        file["rows"] = table()
        file["more/labels"] = np.arange(30)
    return (folder / "made.h5").read_bytes()


def _packed_hdf5(folder: Path) -> bytes:
    import h5py

    with h5py.File(folder / "made.h5", "w") as file:
        file.create_dataset("rows", data=table(), chunks=(8, 4), compression="gzip")
    return (folder / "made.h5").read_bytes()


def _shapes3d(folder: Path) -> bytes:
    import h5py

    values = np.array(np.unravel_index(np.arange(16), (2, 2, 2, 2, 1, 1)), dtype=float).T
    with h5py.File(folder / "made.h5", "w") as file:
        pictures = np.zeros((16, 64, 64, 3), np.uint8)
        file.create_dataset("images", data=pictures, chunks=(4, 64, 64, 3), compression="gzip")
        file["labels"] = values
    return (folder / "made.h5").read_bytes()


def _parquet(folder: Path) -> bytes:
    import pyarrow
    from pyarrow import parquet

    columns = dict(zip("abcd", table().T, strict=True))
    parquet.write_table(pyarrow.table(columns), folder / "made.parquet")
    return (folder / "made.parquet").read_bytes()


def _picture(kind: str, mode: str) -> Callable[[Path], bytes]:
    def made(_: Path) -> bytes:
        from PIL import Image

        levels = np.random.default_rng(0).integers(0, 256, size=(6, 8, 3), dtype=np.uint8)
        image = Image.fromarray(levels).convert(mode)
        return written(lambda file: image.save(file, kind))

    return made


def _dsprites_members() -> dict[str, bytes]:
    values = np.array(np.unravel_index(np.arange(16), (1, 1, 2, 2, 2, 2)), dtype=float).T
    pictures = np.random.default_rng(0).integers(0, 2, size=(16, 64, 64), dtype=np.uint8)
    return {"imgs.npy": npy(pictures), "latents_values.npy": npy(values)}


def _cars3d(_: Path) -> bytes:
    from scipy.io import savemat

    views = np.zeros((128, 128, 3, 24, 4), np.uint8)
    return written(lambda file: savemat(file, {"im": views}, do_compression=True))


def _matrix(array: np.ndarray) -> bytes:
    lengths = [*array.shape, 1, 1, 1][: max(3, array.ndim)]
    magic = KINDS_OF_MATRIX[str(array.dtype)]
    return struct.pack(f"<{2 + len(lengths)}i", magic, array.ndim, *lengths) + array.tobytes()


@cache
def smallnorb() -> dict[str, bytes]:
    """The three files of a part of SmallNORB."""
    info = np.array(np.unravel_index(np.arange(8), (2, 2, 2, 1)), dtype=np.int32).T
    pictures = np.random.default_rng(0).integers(0, 256, size=(8, 2, 96, 96), dtype=np.uint8)
    arrays = {"dat": pictures, "cat": info[:, 0].copy(), "info": info}
    return {f"{STEM}-{kind}.mat": _matrix(array) for kind, array in arrays.items()}


def _model(folder: Path) -> bytes:
    import warnings

    from hessmap import HessianICA

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        HessianICA(random_state=0).fit(table(40)).save(folder / "made.hessmap")
    return (folder / "made.hessmap").read_bytes()


def _zarr(folder: Path) -> bytes:
    """A ZIP archive of the files of a Zarr folder; it is unpacked before it is read."""
    import zarr

    zarr.save_array(folder / "made.zarr", table())
    files = sorted(path for path in (folder / "made.zarr").rglob("*") if path.is_file())
    return npz({str(path.relative_to(folder / "made.zarr")): path.read_bytes() for path in files})


# Made by functions of a folder that is theirs.
FORMATS: dict[str, Callable[[Path], bytes]] = {
    "npy": lambda _: npy(table()),
    "npy, Fortran": lambda _: npy(np.asfortranarray(table().astype(np.float32))),
    "npz": lambda _: npz({"rows.npy": npy(table()), "labels.npy": npy(np.arange(30))}),
    "npz, packed": lambda _: npz({"rows.npy": npy(table())}, zipfile.ZIP_DEFLATED),
    "csv": _csv,
    "h5": _hdf5,
    "h5, packed": _packed_hdf5,
    "zarr": _zarr,
    "parquet": _parquet,
    "png": _picture("PNG", "RGB"),
    "png, palette": _picture("PNG", "P"),
    "jpg": _picture("JPEG", "RGB"),
    "tif": _picture("TIFF", "L"),
    "bmp": _picture("BMP", "RGB"),
    "gif": _picture("GIF", "P"),
    "dsprites": lambda _: npz(_dsprites_members(), zipfile.ZIP_DEFLATED),
    "shapes3d": _shapes3d,
    "cars3d": _cars3d,
    "smallnorb dat": lambda _: smallnorb()[f"{STEM}-dat.mat"],
    "smallnorb cat": lambda _: smallnorb()[f"{STEM}-cat.mat"],
    "smallnorb info": lambda _: smallnorb()[f"{STEM}-info.mat"],
    "smallnorb, packed": lambda _: gzip.compress(smallnorb()[f"{STEM}-dat.mat"], mtime=0),
    "model": _model,
    "checkpoint": lambda _: b"plan.hessmap\n",  # name of a step, and its bytes, which are gone
}
# Archives whose members can be changed behind right checksums.
ZIPPED = ("npz", "npz, packed", "dsprites", "model", "zarr")
MODELS = ("model",)


@cache
def real(format_: str) -> bytes:
    """The bytes of a file that can be read."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return FORMATS[format_](Path(folder))
