"""Reading of files of every format that may be damaged."""

from __future__ import annotations

import io
import shutil
import warnings
import zipfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

import hessmap
from hessmap import HessianEigenmaps, datasets
from hessmap.rows import opened

from ..judge import Verdict, Wrong, finite, judged, require
from .files import STEM, real, smallnorb, table

OPTIONS = {"n_components": 2, "random_state": 0}
LOADERS = {"dsprites": "npz", "shapes3d": "h5", "cars3d": "mat"}
ZARR = ("zarr.json", "c/0/0")
PLACE = Path("read")  # in the folder of the worker
NAMES = ("X", "path", "checkpoint", "n_samples", "fixed")


def judged_reading(format_: str, data: bytes, *, fit: bool, what: str) -> Verdict:
    """Read a file of a format with some bytes."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    path = _laid_down(format_, data)
    return judged(
        lambda: _read(format_, path, fit),
        what=f"{format_}{', fitted' if fit else ''}: {what}",
        names=(*NAMES, str(path), f"{path}/"),
        check=lambda result, _: _check(format_, data, result),
    )


def _laid_down(format_: str, data: bytes) -> Path:
    """The path to give to the reader."""
    kind = format_.partition(",")[0]
    if kind == "zarr":
        for name, part in _unpacked(data).items():
            path = PLACE / "rows.zarr" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(part)
        return PLACE / "rows.zarr"
    if kind in ("png", "jpg", "tif", "bmp", "gif"):
        (PLACE / f"1.{kind}").write_bytes(real(format_))
        (PLACE / f"2.{kind}").write_bytes(data)
        return PLACE
    if kind.startswith("smallnorb"):
        packed = format_.endswith("packed")
        name = f"{STEM}-{kind.partition(' ')[2] or 'dat'}.mat"
        for other, whole in smallnorb().items():
            (PLACE / other).write_bytes(whole)
        (PLACE / name).unlink()
        (PLACE / (f"{name}.gz" if packed else name)).write_bytes(data)
        return PLACE
    if kind == "checkpoint":
        name, _, contents = data.partition(b"\n")
        for step, whole in steps().items():
            same = step == name.decode(errors="replace")
            (PLACE / step).write_bytes(contents if same else whole)
        return PLACE
    if kind == "cars3d":
        (PLACE / "car_001_mesh.mat").write_bytes(data)
        return PLACE
    path = PLACE / f"rows.{LOADERS.get(kind, kind)}"
    path.write_bytes(data)
    return path


def _unpacked(data: bytes) -> dict[str, bytes]:
    """Files of a packed folder; of data that are no archive, one file of its metadata."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist() if name in ZARR}
    except Exception:
        return {"zarr.json": data}


def _read(format_: str, path: Path, fit: bool) -> Any:
    kind = format_.partition(",")[0].partition(" ")[0]
    if kind == "model":
        return hessmap.load(path)
    if kind == "checkpoint":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return HessianEigenmaps(**OPTIONS).fit(table(40), checkpoint=path)
    if kind in ("dsprites", "shapes3d", "cars3d", "smallnorb"):
        options = {"size": 8} if kind == "cars3d" else {}
        return getattr(datasets, f"load_{kind}")(path, **options)
    if fit:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return HessianEigenmaps(1, operator="laplacian", random_state=0).fit(path)
    rows = opened(str(path))
    return rows.whole()


def _check(format_: str, data: bytes, result: Any) -> None:
    if format_ == "model":
        if data != real("model") and not _signed(data):
            raise Wrong("a damaged model was read")
    elif format_ == "checkpoint":
        same = np.array_equal(result.embedding_, undamaged().embedding_)
        require(same, "a damaged checkpoint gave another result")
    elif not hasattr(result, "embedding_"):
        finite(result)


def _signed(data: bytes) -> bool:
    """Whether the checksum was made to fit, which anybody can."""
    header, _, contents = data.partition(b"\n")
    return header.endswith(sha256(contents).hexdigest().encode())


def signed(contents: bytes) -> bytes:
    """A file of hessmap with any contents."""
    return f"hessmap 1 {sha256(contents).hexdigest()}\n".encode() + contents


@cache
def undamaged() -> Any:
    """The fit whose checkpoint is damaged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return HessianEigenmaps(**OPTIONS).fit(table(40))


@cache
def steps() -> dict[str, bytes]:
    """The files of its checkpoint."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        HessianEigenmaps(**OPTIONS).fit(table(40), checkpoint=folder)
        files = Path(folder).glob("*.hessmap")
        return {path.name: path.read_bytes() for path in files}
