"""How a case ended: right, refused with a message that helps, or a failure."""

from __future__ import annotations

import re
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .surroundings import Surroundings, fingerprint

OK, DOCUMENTED = "ok", "documented"
FAILURES = ("crash", "hang", "exception", "silent", "wrong")
OUTCOMES = (OK, DOCUMENTED, *FAILURES)

# Exactly these: subclasses such as LinAlgError and UnicodeDecodeError are what nobody caught.
REFUSALS = {
    "ValueError",
    "TypeError",
    "MemoryError",
    "ImportError",
    "FileNotFoundError",
    "FileExistsError",
    "IsADirectoryError",
    "NotADirectoryError",
    "PermissionError",
    "DisconnectedGraphError",
    "NotFittedError",
}
# What scikit-learn's validation says, and NumPy of arrays that no machine can hold: clear enough.
KNOWN = re.compile(
    "|".join(
        (
            r"Found array with (dim|\d+ (sample|feature))",
            r"Input \S+ contains (NaN|infinity)",
            r"Input contains (NaN|infinity)",
            r"could not convert string to float",
            r"Expected 2D (array|input)",
            r"(dense|Sparse) data (is required|was passed)",
            r"Complex data not supported",
            r"has \d+ features, but \w+ is expecting",
            r"The feature names should match",
            r"instance is not fitted yet",
            r"np.matrix is not supported",
            r"Input should have at least 1 dimension",
            r"output config must be in \['default', 'pandas', 'polars'\]",
            r"Unable to convert array of bytes/strings",
            r"dtype='numeric' is not compatible",
            r"Unable to allocate .* for an array",
        )
    )
)
SPEAKERS = ("hessmap", "sklearn")


def announce(what: str) -> None:
    """Called before each call; a worker puts something in its place, for if the call kills it."""


@dataclass(frozen=True)
class Verdict:
    """Outcome of a case, and for a failure what it was and where it came from."""

    outcome: str
    what: str = ""
    why: str = ""
    where: str = ""
    trace: str = ""
    stray: tuple[str, ...] = field(default=())


class Silent(Exception):  # noqa: N818 - an outcome
    """A result that is not finite, without a word."""


class Wrong(Exception):  # noqa: N818 - an outcome
    """A property that does not hold."""


def judged(
    call: Callable[[], Any],
    *,
    what: str,
    names: Iterable[str] = (),
    inputs: Iterable[Any] = (),
    check: Callable[[Any, list[Any]], None] | None = None,
    state: bool = True,
) -> Verdict:
    """Call something and say how it ended.

    Parameters
    ----------
    call : callable
    what : str
        For the record.
    names : iterable of str
        Words, parameters and names of files, one of which a refusal has to mention.
    inputs : iterable
        What must not be changed.
    check : callable or None
        (result, warnings) -> None; raises `Silent` or `Wrong`.
    state : bool
        Whether to compare the state of the process before and after.
    """
    announce(what)
    inputs = list(inputs)
    before = [fingerprint(value) for value in inputs]
    around = Surroundings() if state else None
    stray: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            if around is not None:
                around.note_filters()
            result, problem = None, None
            try:
                result = call()
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as caught:
                problem = caught
            if around is not None:
                around.check_filters()
        stray = [f"{w.category.__name__}: {w.message}" for w in given if not _ours(w)]
        if around is not None:
            around.check()
        for value, was in zip(inputs, before, strict=True):
            if fingerprint(value) != was:
                raise Wrong(f"an input was changed: {type(value).__name__}")
        if problem is not None:
            return _of_exception(problem, what, set(names), stray)
        if check is not None:
            check(result, given)
    except Silent as problem:
        return _failure("silent", what, problem, stray)
    except Wrong as problem:
        return _failure("wrong", what, problem, stray)
    return Verdict(OK, what, stray=_short(stray))


def documented(problem: BaseException, names: set[str]) -> bool:
    """Whether an exception is one that users are told of, with a message that tells them."""
    if type(problem).__name__ not in REFUSALS:
        return False
    message = str(problem)
    if KNOWN.search(message):
        return True
    quoted = set(re.findall(r"`([\w.]+)", message))
    if quoted & names or any(len(name) > 3 and name in message for name in names if "/" in name):
        return True
    frames = traceback.extract_tb(problem.__traceback__)
    last = frames[-1].filename if frames else ""
    if not any(f"/{speaker}/" in last for speaker in SPEAKERS):
        return False
    words = set(re.findall(r"[\w.]+", message))
    return bool(words & names)


def finite(result: Any, what: str = "the result") -> None:
    """Raise `Silent` where a number or an array of floats is not finite."""
    if isinstance(result, tuple | list):
        for part in result:
            finite(part, what)
    elif isinstance(result, float | np.floating | np.ndarray):
        values = np.asarray(result)
        if values.dtype.kind in "fc" and not np.isfinite(values).all():
            bad = np.argwhere(~np.isfinite(values))
            raise Silent(f"{what}: {len(bad)} of {values.size} values are not finite")


def require(holds: bool, text: str) -> None:
    """Raise `Wrong` unless something holds."""
    if not holds:
        raise Wrong(text)


def _of_exception(problem: BaseException, what: str, names: set[str], stray: list[str]) -> Verdict:
    if documented(problem, names):
        return Verdict(DOCUMENTED, what, str(problem)[:300], stray=_short(stray))
    return _failure("exception", what, problem, stray)


def _failure(outcome: str, what: str, problem: BaseException, stray: list[str]) -> Verdict:
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if "/hessmap/" in frame.filename]
    where = ""
    if ours:
        where = f"{ours[-1].filename.rpartition('/hessmap/')[2]}:{ours[-1].name}"
    trace = "".join(traceback.format_exception(problem))
    return Verdict(
        outcome,
        what[:2000],
        f"{type(problem).__name__}: {problem}"[:500],
        where,
        trace[-4000:],
        _short(stray),
    )


def _ours(given: Any) -> bool:
    from hessmap import HessmapWarning

    return issubclass(given.category, HessmapWarning)


def _short(texts: list[str]) -> tuple[str, ...]:
    return tuple(sorted({text.splitlines()[0][:120] for text in texts if text}))
