"""Choosing from published collections of pictures, whatever file they come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from .._validation import whole
from ._blocks import Seed, generator

Fixed = Mapping[str, int | Sequence[int]] | None
Shape = tuple[int | None, ...]
RUN_ROWS = 512


@dataclass(frozen=True)
class Collection:
    """Pictures that are still in their file.

    Attributes
    ----------
    names : tuple of str
        Names of the K factors.
    factors : ndarray of shape (n_pictures, K)
        Values of the factors.
    shape : tuple of int
        Shape of one picture as it is returned.
    scale : float
        What a white pixel is in the file.
    read : callable
        Increasing picture numbers (m,) -> iterator of blocks of these pictures, each of shape
        (b, *shape).
    """

    names: tuple[str, ...]
    factors: np.ndarray
    shape: tuple[int, ...]
    scale: float
    read: Callable[[np.ndarray], Iterator[np.ndarray]]


@contextmanager
def reading(path: Path, expected: str, source: str) -> Iterator[None]:
    """Turn whatever a parser raises into an error that says what was expected, and where it is."""
    if not path.exists():
        raise FileNotFoundError(
            f"`path` must be {expected}; there is no {path}. It can be downloaded from {source}."
        )
    try:
        yield
    except MemoryError:
        raise
    except Exception as problem:  # a damaged file can raise anything
        raise ValueError(
            f"`path` must be {expected}; {path} is not, or is damaged: {problem}. "
            f"Download it again from {source}."
        ) from problem


def taken(
    collection: Collection, n_samples: int | None, fixed: Fixed, random_state: Seed
) -> tuple[np.ndarray, np.ndarray]:
    """X (n, prod(shape)), float32 in [0, 1], and the factors that still vary."""
    allowed, varies = _allowed(collection, fixed or {})
    numbers = np.flatnonzero(allowed)
    if n_samples is not None:
        n = whole("n_samples", n_samples, at_least=1)
        if n > len(numbers):
            raise ValueError(
                f"`n_samples` must be at most {len(numbers)}, the pictures that there are; got {n}."
            )
        numbers = generator(random_state).choice(numbers, n, replace=False)
    elif not len(numbers):
        raise ValueError(f"`fixed` must leave some pictures; {fixed} leaves none.")
    X = np.empty((len(numbers), int(np.prod(collection.shape))), dtype=np.float32)
    order = np.argsort(numbers)  # a file is read from its beginning to its end
    done = 0
    for block in collection.read(numbers[order]):
        X[order[done : done + len(block)]] = block.reshape(len(block), -1)
        done += len(block)
    X /= np.float32(collection.scale)
    return X, collection.factors[numbers][:, varies].astype(np.float64)


def _allowed(collection: Collection, fixed: Mapping[str, Any]) -> tuple[np.ndarray, list[int]]:
    """Which pictures (n_pictures,) are wanted, and the columns of factors that still vary."""
    unknown = sorted(set(fixed) - set(collection.names))
    if unknown:
        raise ValueError(
            f"`fixed` must name some of the factors {', '.join(collection.names)}; "
            f"got {', '.join(unknown)}."
        )
    allowed = np.ones(len(collection.factors), dtype=bool)
    varies = []
    for column, name in enumerate(collection.names):
        wanted = fixed.get(name)
        if not isinstance(wanted, Integral):
            varies.append(column)
        if wanted is not None:
            # rounded: values that were computed in different ways are still one class
            values = np.round(collection.factors[:, column], 6)
            found, classes = np.unique(values, return_inverse=True)
            allowed &= np.isin(classes, _classes(name, wanted, len(found)))
    return allowed, varies


def _classes(name: str, wanted: Any, n_classes: int) -> list[int]:
    what = f"fixed[{name!r}]"
    listed = [wanted] if isinstance(wanted, Integral | str) else list(wanted)
    classes = [whole(what, k, at_least=0) for k in listed]
    if max(classes, default=0) >= n_classes:
        raise ValueError(f"`{what}` must be at most {n_classes - 1}; got {max(classes)}.")
    return classes


def runs(numbers: np.ndarray, gap: int = 1) -> Iterator[np.ndarray]:
    """Parts of increasing numbers that are read at once: less than ``gap`` lies between two."""
    for run in np.split(numbers, np.flatnonzero(np.diff(numbers) > gap) + 1):
        start = 0
        while start < len(run):
            stop = int(np.searchsorted(run, run[start] + RUN_ROWS))
            yield run[start:stop]
            start = stop


def shrunk(pictures: np.ndarray, size: int) -> np.ndarray:
    """Pictures (m, full, full[, channels]) as (m, size, size[, channels]), averaged over areas."""
    full = pictures.shape[1]
    edges = np.arange(size + 1) * full / size
    pixel = np.arange(full)
    inside = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    weights = (np.clip(inside, 0, 1) * size / full).astype(np.float32)
    narrow = np.moveaxis(np.tensordot(pictures.astype(np.float32), weights, (2, 1)), -1, 2)
    return np.moveaxis(np.tensordot(narrow, weights, (1, 1)), -1, 1)


def small_enough(size: int, full: int) -> int:
    """``size``, or ValueError where it is not between 8 and the size of the file's pictures."""
    if whole("size", size, at_least=8) > full:
        raise ValueError(f"`size` must be at most {full}, as published; got {size}.")
    return int(size)


def shaped(what: str, shape: Shape, expected: Shape) -> None:
    """Raise ValueError unless a shape is as expected, where None is any length."""
    same = len(shape) == len(expected) and all(
        b is None or a == b for a, b in zip(shape, expected, strict=True)
    )
    if not same:
        wanted = ", ".join("n" if length is None else str(length) for length in expected)
        raise ValueError(f"{what} must have the shape ({wanted}), but has {tuple(shape)}")


def as_table(values: Any, shape: Shape, what: str) -> np.ndarray:
    """Labels as finite float64 of a shape, or ValueError."""
    table = np.asarray(values, dtype=np.float64)
    shaped(what, table.shape, shape)
    if not np.isfinite(table).all():
        raise ValueError(f"{what} must be finite")
    return table
