"""Data sets that are made once and kept in files.

An entry is a folder with ``X.npy``, ``factors.npy`` and ``settings.json``. Its name has a hash of
the function and its module's source, of all its parameters, defaults included, and of the version
of hessmap, so that an entry never has to be updated. It is written beside its place and moved there
when it is whole.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from numbers import Integral
from os import PathLike
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import BadZipFile

import numpy as np

from .._validation import path_of
from ..exceptions import HessmapWarning, warn

TABLES = ("X", "factors")
DAMAGE = (OSError, EOFError, ValueError, KeyError, TypeError, TokenError, BadZipFile)
ATTEMPTS = 10


def cache_folder() -> Path:
    """Where `cached` keeps data sets, unless it is told otherwise.

    ``$HESSMAP_DATA`` if it is set, or else ``hessmap`` in the user's cache folder:
    ``$XDG_CACHE_HOME`` or ``~/.cache`` on Linux, ``~/Library/Caches`` on macOS,
    ``%LOCALAPPDATA%`` on Windows.

    Returns
    -------
    folder : Path
        The folder, which may not exist yet.

    Examples
    --------
    >>> from hessmap.datasets import cache_folder
    >>> folder = cache_folder()
    """
    chosen = os.environ.get("HESSMAP_DATA")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "hessmap"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "hessmap"
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # its specification says that a relative path is to be ignored
    return (shared if shared.is_absolute() else Path.home() / ".cache") / "hessmap"


def cached(
    make: Callable[..., tuple[np.ndarray, np.ndarray]],
    *args: Any,
    folder: str | PathLike[str] | None = None,
    **kwargs: Any,
) -> tuple[np.ndarray, np.ndarray]:
    """What ``make(*args, **kwargs)`` returns, from files if it was called like this before.

    Two processes may ask for the same data set at once: both make it, and one of the two results
    is kept. A file that is a parameter is known by its path, its size and when it was changed.

    Parameters
    ----------
    make : callable
        A function of a module, such as those of `hessmap.datasets`, that returns ``(X, factors)``
        and has a parameter ``random_state``. The source of its module is compared, not that of
        what it calls elsewhere: when that changes, name another folder.
    *args, **kwargs
        Parameters of ``make``: numbers, words, None, paths, arrays, and lists, tuples, ranges and
        dicts of these. ``random_state`` must be an int.
    folder : str, path-like or None
        Where data sets are kept; None is `cache_folder`.

    Returns
    -------
    X : memmap of shape (n_samples, n_features)
        The rows, with the dtype that ``make`` gave them: a read-only memory map.
    factors : ndarray of shape (n_samples, d)
        The factors.

    Warns
    -----
    HessmapWarning
        If files are damaged or missing; they are made again.

    Raises
    ------
    TypeError
        If ``make`` is no function of a module or has no ``random_state``, returns anything but
        two arrays, or a parameter or ``folder`` is of another type.
    ValueError
        If ``random_state`` is no int: there is no telling one unseeded draw from another.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from hessmap.datasets import cached, swiss_roll
    >>> with TemporaryDirectory() as folder:
    ...     X, factors = cached(swiss_roll, 100, random_state=0, folder=folder)
    ...     X.shape, factors.shape
    ((100, 3), (100, 2))
    """
    settings = _settings(make, args, kwargs)
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:20]
    root = cache_folder() if folder is None else path_of("folder", folder, "a path or None")
    entry = root / f"{make.__name__}-{digest}"
    if entry.exists():
        try:
            return _opened(entry, settings)
        except DAMAGE as problem:
            warn(f"{entry} is damaged ({problem}); it is made again.", HessmapWarning)
    made = _checked(make, make(*args, **kwargs))
    root.mkdir(parents=True, exist_ok=True)
    with _beside(entry) as new:
        _write(new, settings, made)
        _put(new, entry, settings)
    return _opened(entry, settings)


def _settings(make: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """What makes one data set different from another, as JSON can hold it."""
    from .. import __version__

    name = getattr(make, "__qualname__", "<object>")
    module = inspect.getmodule(make)
    plain = inspect.isfunction(make) and inspect.unwrap(make) is make
    if "<" in name or not plain or module is None:
        raise TypeError(
            "`make` must be a function of a module, which its name tells from all others; "
            f"got {make!r}. Pass its parameters to `cached`."
        )
    bound = inspect.signature(make).bind(*args, **kwargs)
    bound.apply_defaults()
    if "random_state" not in bound.arguments:
        raise TypeError(f"`make` must have a parameter `random_state`; {name} has none.")
    seed = bound.arguments["random_state"]
    if not isinstance(seed, Integral) or isinstance(seed, bool):
        raise ValueError(
            "`random_state` must be an int, so that the same call means the same data; "
            f"got {seed!r}."
        )
    parameters = {key: _plain(key, value) for key, value in bound.arguments.items()}
    return {
        "function": f"{make.__module__}.{name}",
        "source": hashlib.sha256(inspect.getsource(module).encode()).hexdigest(),
        "version": __version__,
        "parameters": parameters,
    }


def _plain(name: str, value: Any) -> Any:
    """A parameter as JSON can hold it, the same for equal values."""
    if isinstance(value, PathLike) or (name == "path" and isinstance(value, str)):
        path = Path(value).absolute()
        # where it is missing, `make` says so
        files = sorted(path.rglob("*")) if path.is_dir() else [path] if path.exists() else []
        known = [(str(file), file.stat()) for file in files]
        return [str(path), *((name, at.st_size, at.st_mtime_ns) for name, at in known)]
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return {"shape": list(value.shape), "dtype": str(value.dtype), "sha256": digest}
    if isinstance(value, list | tuple | range):
        return [_plain(name, item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(name, item) for key, item in value.items()}
    raise TypeError(
        f"`{name}` must be made of numbers, words, paths and arrays, so that two calls can be "
        f"compared; got {value!r}."
    )


def _checked(make: Any, made: Any) -> tuple[np.ndarray, np.ndarray]:
    if not (isinstance(made, tuple) and len(made) == 2 and all(hasattr(a, "dtype") for a in made)):
        raise TypeError(f"`make` must return two arrays, X and factors; {make.__name__} does not.")
    return np.asarray(made[0]), np.asarray(made[1])


@contextmanager
def _beside(entry: Path) -> Iterator[Path]:
    """A folder on the same disk as the entry, which is gone in the end if it was not moved."""
    new = Path(tempfile.mkdtemp(prefix=f".{entry.name}-", dir=entry.parent))
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _write(new: Path, settings: dict[str, Any], made: tuple[np.ndarray, np.ndarray]) -> None:
    held = dict(settings)
    for name, array in zip(TABLES, made, strict=True):
        np.save(new / f"{name}.npy", array, allow_pickle=False)
        held[name] = {
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "bytes": (new / f"{name}.npy").stat().st_size,
        }
    (new / "settings.json").write_text(json.dumps(held, indent=1), encoding="utf-8")


def _put(new: Path, entry: Path, settings: dict[str, Any]) -> None:
    """Move a whole folder to its place, unless another process has put one there."""
    for attempt in range(ATTEMPTS):
        try:
            new.rename(entry)
            return
        except OSError:
            if attempt == ATTEMPTS - 1 or not entry.exists():
                raise
        try:
            _opened(entry, settings)
            return
        except DAMAGE:
            with _beside(entry) as aside, suppress(FileNotFoundError):
                entry.rename(aside / "damaged")


def _opened(entry: Path, settings: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The tables of an entry; an error of some kind where they are not those of its settings."""
    held = json.loads((entry / "settings.json").read_text(encoding="utf-8"))
    if json.dumps({key: held[key] for key in settings}) != json.dumps(settings):
        raise ValueError("settings.json is of other settings")
    for name in TABLES:
        size = (entry / f"{name}.npy").stat().st_size
        if size != held[name]["bytes"]:
            raise ValueError(f"{name}.npy has {size} bytes, not {held[name]['bytes']}")
    X = np.load(entry / "X.npy", mmap_mode="r", allow_pickle=False)
    factors = np.load(entry / "factors.npy", allow_pickle=False)
    for name, array in zip(TABLES, (X, factors), strict=True):
        if [list(array.shape), str(array.dtype)] != [held[name]["shape"], held[name]["dtype"]]:
            raise ValueError(f"{name}.npy has the shape {array.shape} and dtype {array.dtype}")
    return X, factors
