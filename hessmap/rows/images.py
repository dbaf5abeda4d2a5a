"""Rows from a folder of pictures, each flattened: read by Pillow, a block at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from . import Rows, rows_in_block

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif")
# What Pillow calls the pixels -> what they are converted to, and the value that becomes 1.
LEVELS_16 = ("I;16", "I;16B", "I;16L", "I;16N")
LEVELS = {"L": 255.0, "RGB": 255.0, "F": 1.0} | dict.fromkeys(LEVELS_16, 65535.0)
CONVERTED = {"1": "L", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB"}


@dataclass(frozen=True)
class Pictures:
    """Pictures of one shape in a folder.

    Attributes
    ----------
    folder : Path
    files : list of Path
        In the order of the rows: by name, numbers in it by their value.
    shape : tuple of int
        (height, width) of grey pictures, (height, width, 3) of coloured ones.
    """

    folder: Path
    files: list[Path]
    shape: tuple[int, ...]

    @property
    def n_columns(self) -> int:
        """Numbers of one picture."""
        return int(np.prod(self.shape))

    def rows(self) -> Rows:
        """All of them as rows."""
        dtype = np.dtype(np.float32)
        return Rows(str(self.folder), len(self.files), self.n_columns, dtype, self.blocks)

    def blocks(self) -> Iterator[np.ndarray]:
        """Rows (m, n_columns), float32.

        Raises ValueError that names the first picture that cannot be read or has another shape.
        """
        step = rows_in_block(self.n_columns)
        for start in range(0, len(self.files), step):
            files = self.files[start : start + step]
            block = np.empty((len(files), self.n_columns), dtype=np.float32)
            for row, file in zip(block, files, strict=True):
                row[:] = self._checked(file, picture(file)).ravel()
            yield block

    def _checked(self, file: Path, pixels: np.ndarray) -> np.ndarray:
        if pixels.shape != self.shape:
            raise ValueError(
                f"`X` must hold pictures of one shape; {file} has {_sides(pixels.shape)}, "
                f"{self.files[0].name} has {_sides(self.shape)}. Convert or remove such pictures."
            )
        return pixels


def pictures(folder: Path) -> Pictures:
    """The pictures that lie in a folder, not in folders of it.

    Raises
    ------
    ValueError
        If there is none, or the first one cannot be read.
    ImportError
        If Pillow is not there.
    """
    files = [
        file
        for file in folder.iterdir()
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()
    ]
    if not files:
        raise ValueError(
            f"`X` must be a folder with pictures ({', '.join(SUFFIXES)}) right in it, or end in "
            f".zarr; {folder} holds none. Tables in several files are fitted in Python: "
            "HessianICA().fit(dask.dataframe.read_parquet(folder))."
        )
    files.sort(key=_natural)
    return Pictures(folder, files, picture(files[0]).shape)


def picture(file: Path) -> np.ndarray:
    """One picture, (height, width) or (height, width, 3), float32.

    Levels of 8 and 16 bits become 0 to 1, floats stay as they are. Black and white becomes grey,
    a palette and every other colour space red, green and blue. Transparent pixels are laid on
    black, since their colour is arbitrary. Photographs are turned as their camera says.

    Raises
    ------
    ValueError
        If it cannot be read, or holds more than one picture.
    ImportError
        If Pillow is not there.
    """
    pillow = _pillow(file)
    try:
        with pillow.open(file) as image:
            if getattr(image, "n_frames", 1) > 1:
                raise ValueError(f"it holds {image.n_frames} pictures; write each to its own file")
            return _pixels(image)
    # Pillow's readers fail in many ways on damaged files, SyntaxError and struct.error among them
    except Exception as problem:
        if isinstance(problem, MemoryError):
            raise
        reason = str(problem) or type(problem).__name__
        raise ValueError(f"`X` must be readable; the picture {file} is not: {reason}") from problem


def _pixels(image: Any) -> np.ndarray:
    from PIL import ImageOps

    is_png = image.format == "PNG"
    image = ImageOps.exif_transpose(image)
    if image.mode == "I" and is_png:
        image = image.convert("I;16")  # what older Pillow makes of grey levels of 16 bits
    if image.has_transparency_data and image.mode not in LEVELS_16:
        image = _on_black(image)
    if image.mode in CONVERTED:
        image = image.convert(CONVERTED[image.mode])
    white = LEVELS.get(image.mode)
    if white is None:
        raise ValueError(f"pixels of the kind {image.mode!r} have no known range")
    return np.asarray(image).astype(np.float32) / np.float32(white)


def _on_black(image: Any) -> Any:
    """The picture without its transparency."""
    from PIL import Image

    grey = image.mode in ("1", "L", "LA", "La")
    layered = image.convert("RGBA")
    black = Image.new("RGBA", layered.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, layered).convert("L" if grey else "RGB")


def _natural(file: Path) -> tuple[list[str | int], str]:
    """Key that sorts 2 before 10."""
    parts = re.split(r"([0-9]+)", file.name.casefold())
    return [int(part) if part.isdecimal() else part for part in parts], file.name


def _sides(shape: tuple[int, ...]) -> str:
    """Height x width, and whether it is grey or coloured."""
    colour = "grey" if len(shape) == 2 else "colour"
    return f"{shape[0]} x {shape[1]} pixels ({colour})"


def _pillow(file: Path) -> Any:
    try:
        return import_module("PIL.Image")
    except ImportError:
        raise ImportError(f"reading {file} needs Pillow: pip install hessmap[files].") from None
