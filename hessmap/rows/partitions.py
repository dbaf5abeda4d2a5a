"""Rows in the partitions of a Dask collection: every pass is a map over them and a tree of merges.

Whatever scheduler Dask is set to runs it; no partition is ever taken to where the call was made.
Rows that are not finite take no part: their results are NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np

from .._threads import one_blas_thread
from ..exceptions import HessmapWarning, warn
from ..stages import StageClock
from . import Pass, RowFunction, rows_in_block

State = TypeVar("State")
Result = TypeVar("Result")
# Results of so many partitions are merged at a time.
FAN_IN = 8


@dataclass(frozen=True)
class Place:
    """Number of a partition, number of its first row, and what its rows must be like.

    ``length`` is None where the number of rows is not known, ``columns`` where they have no names.
    """

    index: int
    start: int
    length: int | None
    n_columns: int
    dtype: np.dtype
    columns: tuple[str, ...] | None


@dataclass(frozen=True)
class Partitions:
    """A table of rows in partitions.

    Attributes
    ----------
    name : str
        For messages.
    graph : dict
        Tasks, by key, that make the partitions, each an array or a data frame.
    keys : list
        Those of the partitions.
    known_lengths : tuple of int, or None
        Their numbers of rows, where they are known.
    n_columns : int
    dtype : dtype
        float32 or float64: what blocks are converted to.
    columns : list of str or None
        Names of the columns, where they have some.
    narrow : Partitions or None
        The same with fewer columns, where its rows are sooner counted.
    """

    name: str
    graph: dict[Any, Any]
    keys: list[Any]
    known_lengths: tuple[int, ...] | None
    n_columns: int
    dtype: np.dtype
    columns: list[str] | None = None
    narrow: Partitions | None = None
    path: Path | None = None

    @property
    def at_hand(self) -> bool:
        """Results of every row are computed when they are asked for."""
        return False

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Numbers of rows of the partitions, counted where they are not known."""
        if self.known_lengths is not None:
            return self.known_lengths
        counted = self.narrow or self
        name = f"hessmap-lengths-{uuid4().hex}"
        tasks: dict[Any, Any] = {(name, i): (len, key) for i, key in enumerate(counted.keys)}
        tasks[name] = (list, list(tasks))
        return tuple(self._computed(counted._delayed(name, tasks), reads=True))

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(self.lengths)

    def whole(self) -> np.ndarray:
        """Not to be had: rows stay in their partitions."""
        raise NotImplementedError

    def passed(self, work: Pass[State], *, there: bool = False) -> State:
        """Read all rows once: fold every partition, and merge what comes of them."""
        name = f"hessmap-{type(work).__name__.lower()}-{uuid4().hex}"
        tasks: dict[Any, Any] = {f"{name}-work": work}
        level, states = 0, []
        for key, place in zip(self.keys, self._places(self.lengths), strict=True):
            states.append((name, level, place.index))
            tasks[states[-1]] = (partial(_folded, place), key, f"{name}-work")
        while len(states) > 1:
            level, parts = level + 1, states
            states = [(name, level, first) for first in range(0, len(parts), FAN_IN)]
            for state in states:
                group = parts[state[-1] : state[-1] + FAN_IN]
                tasks[state] = (_merged, f"{name}-work", group)
        result = self._delayed(states[0], tasks)
        return result if there else self._computed(result, reads=True)

    def run(
        self, function: Callable[..., Result], *arguments: Any, clock: StageClock, **named: Any
    ) -> Result:
        """``function(*arguments, clock=clock, **named)`` as one task."""
        from dask import delayed
        from dask.delayed import Delayed

        def one(argument: Any) -> Any:
            known = isinstance(argument, Delayed)
            return argument if known else delayed(argument, traverse=False)

        task = delayed(_ran, pure=False)(
            function, *map(one, arguments), **{name: one(value) for name, value in named.items()}
        )
        reads = any(isinstance(argument, Delayed) for argument in arguments)
        start = perf_counter()
        result, seconds, warned = self._computed(task, reads=reads)
        if reads:  # it waited for the pass that it ends
            seconds["extension"] += perf_counter() - start - sum(seconds.values())
        clock.add(seconds)
        for message, category in warned:
            warn(message, category)
        return result

    def lazily(self, function: RowFunction, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """``function(numbers, rows)`` of every partition, as a Dask array."""
        import dask.array as da
        from dask.highlevelgraph import HighLevelGraph

        dtype = self.dtype if dtype is None else np.dtype(dtype)
        known = self.known_lengths is not None or "lengths" in self.__dict__
        lengths = self.lengths if known else None
        name = f"hessmap-{type(function).__name__.lower()}-{uuid4().hex}"
        tasks: dict[Any, Any] = {f"{name}-function": function}
        for key, place in zip(self.keys, self._places(lengths), strict=True):
            task = partial(_mapped, place, shape, dtype)
            tasks[name, place.index, *(0 for _ in shape)] = (task, key, f"{name}-function")
        rows = (np.nan,) * len(self.keys) if lengths is None else lengths
        graph = HighLevelGraph.from_collections(name, {**self.graph, **tasks})
        return da.Array(graph, name, (rows, *((side,) for side in shape)), dtype=dtype)

    def _delayed(self, key: Any, tasks: dict[Any, Any]) -> Any:
        """One of some tasks on the partitions."""
        from dask.delayed import Delayed

        return Delayed(key, {**self.graph, **tasks})

    def _places(self, lengths: tuple[int, ...] | None) -> list[Place]:
        known = (0,) * len(self.keys) if lengths is None else lengths
        starts = [0, *np.cumsum(known)[:-1].tolist()]
        columns = None if self.columns is None else tuple(self.columns)
        return [
            Place(
                index, start, None if lengths is None else known[index], self.n_columns,
                self.dtype, columns,
            )
            for index, start in enumerate(starts)
        ]  # fmt: skip

    def _computed(self, task: Any, *, reads: bool) -> Any:
        """What comes of a task; errors of one that ``reads`` name the partition that is to blame.

        A task cannot see that a partition it was to be given failed.
        """
        import sys

        import dask

        # the model goes to the scheduler once, however large Dask thinks that is
        limit = {"distributed.admin.large-graph-warning-threshold": "1GB"}
        with dask.config.set(limit if "distributed" in sys.modules else {}):
            try:
                return dask.compute(task, traverse=False)[0]
            except Exception:
                if reads:
                    self._check_readable()
                raise

    def _check_readable(self) -> None:
        """Raise ValueError with the name of the first partition that cannot be read."""
        import dask

        for index, key in enumerate(self.keys):
            name = f"hessmap-look-{uuid4().hex}"
            try:
                dask.compute(self._delayed(name, {name: (len, key)}), traverse=False)
            except Exception as problem:
                files = "".join(f" ({file})" for file in _files_of(self.graph, key))
                raise ValueError(
                    f"`X` must be readable; partition {index} of {self.name}{files} is not: "
                    f"{type(problem).__name__}: {problem}"
                ) from problem


def partitions_of(X: Any) -> Partitions | None:
    """A Dask array (n, D) or data frame as Partitions; None for other collections."""
    readers = {"Array": _of_array, "DataFrame": _of_frame}
    reader = readers.get(type(X).__name__)  # a Delayed has every attribute
    return None if reader is None else reader(X)


def _of_array(X: Any) -> Partitions:
    if X.ndim != 2:
        raise ValueError(
            f"`X` must be a table (n_samples, n_features), one row each; got a Dask array of shape "
            f"{X.shape}. Pass X.reshape((len(X), -1))."
        )
    _check_numbers([X.dtype], "the Dask array")
    X = X.rechunk({1: -1})
    lengths = None if np.isnan(X.chunks[0]).any() else tuple(map(int, X.chunks[0]))
    dtype = np.dtype(np.float32 if X.dtype == np.float32 else np.float64)
    # optimised, the graph of a persisted array would lose its futures, and these their data
    graph, keys = _tasks(X.to_delayed(optimize_graph=False).ravel().tolist())
    return Partitions("the Dask array", graph, keys, lengths, int(X.shape[1]), dtype)


def _of_frame(X: Any) -> Partitions:
    _check_numbers(list(X.dtypes), "the Dask data frame", list(X.columns))
    single = all(dtype == np.float32 for dtype in X.dtypes)
    dtype = np.dtype(np.float32 if single else np.float64)
    names = list(X.columns) if all(isinstance(name, str) for name in X.columns) else None
    graph, keys = _tasks(X.to_delayed())
    first = X[X.columns[:1].tolist()]
    narrow = Partitions("", *_tasks(first.to_delayed()), None, 1, dtype)
    name = "the Dask data frame"
    return Partitions(name, graph, keys, None, len(X.columns), dtype, names, narrow)


def _tasks(blocks: list[Any]) -> tuple[dict[Any, Any], list[Any]]:
    """Graph of the tasks that make some partitions, and the keys of these."""
    from dask.optimization import cull

    graph = dict(blocks[0].dask)
    keys = [_target(graph, block.key) for block in blocks]
    return cull(graph, keys)[0], keys


def _target(graph: dict[Any, Any], key: Any) -> Any:
    """The task that a key is another name of: Dask cannot fuse all such names."""
    seen = {key}
    while type(graph[key]).__name__ == "Alias":
        target = graph[key].target
        if target in seen or target not in graph:
            break
        seen.add(target)
        key = target
    return key


def _check_numbers(dtypes: list[Any], name: str, columns: list[Any] | None = None) -> None:
    for number, dtype in enumerate(dtypes):
        if getattr(dtype, "kind", "O") not in "fiub":
            column = "" if columns is None else f" in column {columns[number]!r}"
            raise ValueError(
                f"`X` must hold real numbers; {name} has the dtype {dtype}{column}. Drop or "
                "convert it."
            )


def _pieces(block: Any, place: Place) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Numbers and rows of a partition, those that are finite, some ten megabytes at a time."""
    rows = _numbers_of(block, place)
    if rows.ndim != 2 or rows.shape[1] != place.n_columns:
        raise ValueError(
            f"`X` must have {place.n_columns} columns in every partition; partition {place.index} "
            f"has the shape {rows.shape}."
        )
    if place.length is not None and len(rows) != place.length:
        raise ValueError(
            f"`X` must have partitions of the lengths that it says; partition {place.index} has "
            f"{len(rows)} rows, not {place.length}. Call X.compute_chunk_sizes(), or look whether "
            "the data changed during the fit."
        )
    step = rows_in_block(place.n_columns)
    for first in range(0, len(rows), step):
        piece = np.ascontiguousarray(rows[first : first + step], dtype=place.dtype)
        numbers = place.start + np.arange(first, first + len(piece))
        finite = np.isfinite(piece).all(axis=1)
        if not finite.all():
            numbers, piece = numbers[finite], piece[finite]
        if len(piece):
            yield numbers, piece


def _numbers_of(block: Any, place: Place) -> np.ndarray:
    """A partition as an array of numbers, missing ones NaN."""
    if hasattr(block, "to_numpy"):
        names = tuple(str(name) for name in block.columns)
        if place.columns is not None and names != place.columns:
            raise ValueError(
                f"`X` must have the same columns in every partition; partition {place.index} has "
                f"{', '.join(names[:5])}, not {', '.join(place.columns[:5])}."
            )
        return block.to_numpy(dtype=place.dtype, na_value=np.nan)
    if np.ma.isMaskedArray(block):
        block = np.ma.filled(block.astype(place.dtype), np.nan)
    rows = np.asarray(block)
    if rows.dtype.kind not in "fiub":
        raise ValueError(
            f"`X` must hold real numbers; partition {place.index} has the dtype {rows.dtype}."
        )
    return rows


def _folded(place: Place, block: Any, work: Pass[State]) -> State:
    state = work.begin()
    with one_blas_thread():
        for numbers, rows in _pieces(block, place):
            work.add(state, numbers, rows)
    return state


def _merged(work: Pass[State], states: list[State]) -> State:
    return work.merge(states)


def _mapped(
    place: Place, shape: tuple[int, ...], dtype: np.dtype, block: Any, function: RowFunction
) -> np.ndarray:
    missing = -1 if dtype.kind == "i" else np.nan
    result = np.full((len(block), *shape), missing, dtype=dtype)
    with one_blas_thread():
        for numbers, rows in _pieces(block, place):
            result[numbers - place.start] = function(numbers, rows)
    return result


def _ran(function: Callable[..., Result], *arguments: Any, **named: Any) -> Any:
    """Result, seconds of its stages, and our warnings, which nobody would see on a worker."""
    import warnings

    clock = StageClock(verbose=False)
    with warnings.catch_warnings(record=True) as caught, one_blas_thread():
        warnings.simplefilter("always")
        result = function(*arguments, clock=clock, **named)
    ours = [
        (str(one.message), one.category)
        for one in caught
        if issubclass(one.category, HessmapWarning)
    ]
    return result, clock.seconds, ours


def _files_of(graph: dict[Any, Any], key: Any) -> list[str]:
    """Files that the tasks of a partition name, as far as they tell."""
    from dask.optimization import cull

    found: list[str] = []

    def look(item: Any, depth: int) -> None:
        if depth > 6:
            return
        if isinstance(item, str | Path) and Path(item).suffix and "/" in str(item):
            found.append(str(item))
        elif isinstance(item, dict):
            for value in item.values():
                look(value, depth + 1)
        elif isinstance(item, list | tuple | set):
            for value in item:
                look(value, depth + 1)
        elif hasattr(item, "args") or hasattr(item, "kwargs"):
            look(getattr(item, "args", ()), depth + 1)
            look(getattr(item, "kwargs", {}), depth + 1)
        elif hasattr(item, "path"):
            look(item.path, depth + 1)

    look(cull(graph, [key])[0], 0)
    return sorted(set(found))
