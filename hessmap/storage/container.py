"""Files of arrays and JSON that are whole or refused: a line with a checksum, and a ZIP archive.

The first line is ``hessmap 1 `` and the SHA-256, in hexadecimal, of every byte after the line. The
rest is an uncompressed ZIP archive, which standard tools open as it is: ``manifest.json``, and one
``.npy`` file for each array. Nothing in it is executed when it is read.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4
from zipfile import ZIP_STORED, ZipFile

import numpy as np

VERSION = 1
MAGIC = "hessmap"
HEADER_BYTES = len(f"{MAGIC} {VERSION} ") + 64 + 1
MANIFEST = "manifest.json"
BLOCK_BYTES = 1 << 20


def write(path: Path, manifest: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write a file under its name once it is whole, in place of one that is there."""
    part = path.with_name(f".{path.name}.{uuid4().hex[:8]}.{os.getpid()}.part")
    try:
        with part.open("w+b") as file:
            file.write(b" " * HEADER_BYTES)
            with ZipFile(file, "w") as archive:
                archive.writestr(MANIFEST, json.dumps(manifest, indent=1, allow_nan=False))
                for name, array in arrays.items():
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
            header = f"{MAGIC} {VERSION} {_digest(file)}\n".encode()
            file.seek(0)
            file.write(header)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Manifest and arrays of a file.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is damaged, of a newer version, or something else.
    """
    if path.is_dir():
        raise ValueError(f"{path} must be a file that hessmap wrote; it is a folder.")
    if not path.exists():
        raise FileNotFoundError(f"`path` must be a file that hessmap wrote; there is no {path}.")
    with path.open("rb") as file:
        _check(file, path)
        try:
            return _contents(file)
        except MemoryError:
            raise
        except Exception as problem:  # written on purpose: what we write is read
            raise ValueError(
                f"{path} is damaged: {type(problem).__name__}: {problem}. Nothing was made of it."
            ) from problem


def _contents(file: BinaryIO) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    size = os.fstat(file.fileno()).st_size
    with ZipFile(file) as archive:
        for member in archive.infolist():
            if member.compress_type != ZIP_STORED or member.file_size > size:
                raise ValueError(f"{member.filename} is compressed")
        manifest = json.loads(archive.read(MANIFEST))
        if not isinstance(manifest, dict):
            raise ValueError("the manifest is no object")
        arrays = {}
        for name in archive.namelist():
            if name != MANIFEST:
                with archive.open(name) as member_file:
                    arrays[name.removesuffix(".npy")] = _array(member_file, size)
    return manifest, arrays


def _array(file: Any, size: int) -> np.ndarray:
    """An array that is no larger than the file that it is in says."""
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, _, dtype = readers[version](file)
    if int(np.prod([int(side) for side in shape], dtype=object)) * dtype.itemsize > size:
        raise ValueError(f"an array of shape {shape} does not fit into the file")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def _check(file: BinaryIO, path: Path) -> None:
    """Raise ValueError unless the first line is ours and true."""
    words = file.read(HEADER_BYTES).split(b" ")
    if len(words) != 3 or words[0] != MAGIC.encode():
        raise ValueError(f"{path} is damaged, or no file of hessmap: its first line is not ours.")
    version = words[1].decode("ascii", "replace")
    if version != str(VERSION):
        raise ValueError(
            f"{path} is of format {version!r}, and this version of hessmap reads format {VERSION}: "
            "install a newer one, unless the file is damaged."
        )
    if words[2] != f"{_digest(file)}\n".encode():
        raise ValueError(
            f"{path} is damaged: its checksum is not that of its contents. Use a copy, or make it "
            "again."
        )


def _digest(file: BinaryIO) -> str:
    """SHA-256 of everything after the header."""
    file.flush()
    file.seek(HEADER_BYTES)
    digest = hashlib.sha256()
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()
