"""The maps of a fitted model: rows to codes, and codes to rows.

Codes are the embedding in the units of the rows, or with ICA the sources. The maps hold nothing
but arrays, so that they can be sent to where the rows are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ica import IcaResult
from ..projection import Projection
from . import Extension
from .all_rows import transformed


@dataclass(frozen=True)
class ToCodes:
    """Rows (m, D) -> codes (m, d), each row by itself; also a pass over rows.

    ``far`` rows are mapped too ("keep") or NaN ("nan"). As a pass it writes the codes to ``into``
    (n, d), and its state is a list of the number of far rows.
    """

    projection: Projection
    extension: Extension
    ica: IcaResult | None
    far: str
    n_jobs: int | None = 1
    into: np.ndarray | None = None

    def __call__(self, numbers: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Codes of rows."""
        return self._codes(rows)[0]

    def _codes(self, rows: np.ndarray) -> tuple[np.ndarray, int]:
        points = self.projection.apply(rows)
        if self.far == "nan":
            embedding, is_far = transformed(self.extension, points, self.n_jobs)
            embedding[is_far] = np.nan
        else:
            embedding, is_far = self.extension.transform(points, self.n_jobs)
        unit = self.projection.unit
        codes = embedding * unit if self.ica is None else self.ica.sources_of(embedding)
        return codes, int(np.count_nonzero(is_far))

    def begin(self) -> list[int]:
        """No far rows yet."""
        return [0]

    def add(self, state: list[int], numbers: np.ndarray, rows: np.ndarray) -> None:
        """Map some rows (m, D) with their numbers (m,)."""
        assert self.into is not None
        self.into[numbers[0] : numbers[-1] + 1], n_far = self._codes(rows)
        state[0] += n_far

    def merge(self, states: list[list[int]]) -> list[int]:
        """All far rows."""
        return [sum(state[0] for state in states)]


@dataclass(frozen=True)
class ToRows:
    """Codes (m, d) -> rows (m, D), of the dtype of the codes; NaN where these are.

    ``wide_rows`` (M, D) are the nodes in all columns, where points are projections of the rows.
    """

    projection: Projection
    extension: Extension
    ica: IcaResult | None
    wide_rows: np.ndarray | None
    n_jobs: int | None = 1

    def __call__(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Rows of codes."""
        projection, extension, ica = self.projection, self.extension, self.ica
        known = np.isfinite(codes).all(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            embedding = codes / projection.unit if ica is None else codes @ ica.mixing.T + ica.mean
        wide = projection.mean if self.wide_rows is None else self.wide_rows[0]
        rows = np.full((len(embedding), len(wide)), np.nan, dtype=codes.dtype)
        if not known.any():
            return rows
        if self.wide_rows is not None:
            rows[known] = extension.inverse_transform(embedding[known], self.wide_rows, self.n_jobs)
        else:
            points = extension.inverse_transform(embedding[known], extension.points, self.n_jobs)
            rows[known] = points * projection.unit + projection.mean
        return rows
