"""Values to try, drawn by hypothesis or by NumPy: what is asked for, and what nobody would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from hypothesis import strategies as st

T = TypeVar("T")


class Draw(Protocol):
    """Where values come from."""

    def integer(self, low: int, high: int) -> int:
        """From ``low`` to ``high``, both included."""
        ...

    def pick(self, options: Sequence[T]) -> T: ...

    def chance(self, share: float) -> bool: ...

    def rng(self) -> np.random.Generator: ...


class Seeded:
    """Values that follow from a kind and a seed."""

    def __init__(self, kind: str, seed: int) -> None:
        self._rng = np.random.default_rng([seed, *kind.encode()])

    def integer(self, low: int, high: int) -> int:
        """From ``low`` to ``high``, both included."""
        return int(self._rng.integers(low, high, endpoint=True))

    def pick(self, options: Sequence[T]) -> T:
        """One of some options."""
        return options[self.integer(0, len(options) - 1)]

    def chance(self, share: float) -> bool:
        """Whether something happens that does so in a share of all cases."""
        return bool(self._rng.uniform() < share)

    def rng(self) -> np.random.Generator:
        """A generator for arrays."""
        return np.random.default_rng(self.integer(0, 2**32 - 1))


class Hypothesis:
    """Values that hypothesis draws."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def integer(self, low: int, high: int) -> int:
        """From ``low`` to ``high``, both included."""
        return int(self._data.draw(st.integers(low, high)))

    def pick(self, options: Sequence[T]) -> T:
        """One of some options."""
        return options[self.integer(0, len(options) - 1)]

    def chance(self, share: float) -> bool:
        """Whether something happens that does so in a share of all cases."""
        return self.integer(0, 99) < 100 * share

    def rng(self) -> np.random.Generator:
        """A generator for arrays."""
        return np.random.default_rng(self.integer(0, 2**32 - 1))


# Made anew for each case, so that none can change another's. No number is large that a call would
# take for the amount of work to do: to wait for 2**31 trees is what was asked for.
STRANGE: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: True,
    lambda: False,
    lambda: 0,
    lambda: -1,
    lambda: -7,
    lambda: 0.0,
    lambda: -0.0,
    lambda: 0.5,
    lambda: 2.0,
    lambda: -3.5,
    lambda: 1e-320,
    lambda: 1e-9,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: -float("inf"),
    lambda: "auto",
    lambda: "",
    lambda: "no such word",
    lambda: "none",
    lambda: "2",
    lambda: b"2",
    lambda: "\0",
    lambda: "\udc80",
    lambda: "é" * 300,
    lambda: np.int64(3),
    lambda: np.int8(3),
    lambda: np.uint8(3),
    lambda: np.float32(0.5),
    lambda: np.float64("nan"),
    lambda: np.bool_(True),
    lambda: np.str_("auto"),
    lambda: [],
    lambda: [1],
    lambda: (),
    lambda: (2, 3),
    lambda: {},
    lambda: {"a": 1},
    lambda: set(),
    lambda: np.array(3),
    lambda: np.array([2]),
    lambda: np.array([2.0, 3.0]),
    lambda: np.array([]),
    lambda: np.array("auto"),
    lambda: object(),
    lambda: int,
    lambda: Fraction(1, 3),
    lambda: Decimal("0.5"),
    lambda: 2j,
    lambda: range(3),
    lambda: np.random,
    lambda: np.ma.masked,
    lambda: Path("no such place"),
    lambda: slice(3),
    lambda: Ellipsis,
    lambda: iter([1, 2]),
    lambda: np.datetime64("2020-01-01"),
)
HUGE: tuple[Callable[[], Any], ...] = (
    lambda: 2**31,
    lambda: 2**32,
    lambda: 2**63,
    lambda: 10**30,
    lambda: -(10**30),
    lambda: 1e308,
    lambda: np.uint64(2**63),
    lambda: np.float64(1e300),
)


def strange(draw: Draw, *, huge: bool = True) -> Any:
    """A value that nobody would give."""
    pool = STRANGE + HUGE if huge else STRANGE
    return draw.pick(pool)()


def described(value: Any) -> str:
    """A value for the record, in one line."""
    if isinstance(value, np.ndarray):
        return f"array{value.shape} of {value.dtype}" + (f" {value!r}" if value.size < 10 else "")
    text = repr(value).replace("\n", " ")
    return text if len(text) < 160 else f"{text[:150]}..."
