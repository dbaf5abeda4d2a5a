"""What a fit was asked for, checked before any long work starts."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from .eigen import SOLVERS
from .functionals import FUNCTIONALS
from .ica import CONTRASTS
from .neighbors import METHODS


@dataclass(frozen=True)
class Settings:
    """Parameters of the road; see `hessmap.HessianICA` for their meaning.

    ``contrast`` is None where the road ends with the embedding.
    """

    n_components: int
    operator: str
    n_neighbors: int | str
    n_nodes: int | str | None
    neighbors: str
    eigen_solver: str
    tol: float
    n_jobs: int | None
    random_state: int | np.random.RandomState | None
    verbose: bool
    contrast: str | None = None

    def check(self, n_rows: int, n_columns: int) -> None:
        """Raise ValueError or TypeError if a parameter cannot be used with rows of this shape."""
        _choice("operator", self.operator, tuple(FUNCTIONALS))
        _choice("neighbors", self.neighbors, METHODS)
        _choice("eigen_solver", self.eigen_solver, SOLVERS)
        if self.contrast is not None:
            _choice("contrast", self.contrast, CONTRASTS)
        _whole("n_components", self.n_components, at_least=1)
        if self.n_components > n_columns:
            raise ValueError(
                f"`n_components` must not exceed the number of columns; got {self.n_components} "
                f"with n_features = {n_columns}. Ask for fewer components."
            )
        if self.n_nodes not in ("auto", None):
            raise ValueError(
                "`n_nodes` must be 'auto' or None (every distinct row a node) in this version; "
                f"got {self.n_nodes!r}."
            )
        if not (isinstance(self.tol, Real) and 0 < self.tol < 1):
            raise ValueError(f"`tol` must be a number between 0 and 1; got {self.tol!r}.")
        if self.n_jobs is not None:
            _whole("n_jobs", self.n_jobs, at_least=-1)
            if self.n_jobs == 0:
                raise ValueError("`n_jobs` must be None, -1 or at least 1; got 0.")
        self._check_neighbors(n_rows)

    def _check_neighbors(self, n_rows: int) -> None:
        least, rule = self.min_neighbors(), FUNCTIONALS[self.operator].neighbors_rule
        if self.n_neighbors != "auto":
            _whole("n_neighbors", self.n_neighbors, at_least=1)
            if int(self.n_neighbors) < least:
                raise ValueError(
                    f"`n_neighbors` must exceed {rule} = {least - 1} for n_components="
                    f"{self.n_components} with operator={self.operator!r}; got "
                    f"{self.n_neighbors}. It counts the node itself."
                )
            if int(self.n_neighbors) > n_rows:
                raise ValueError(
                    f"`n_neighbors` must not exceed the number of distinct rows; got "
                    f"{self.n_neighbors} with n_samples = {n_rows}. Pass more rows or fewer "
                    "neighbours."
                )
        # the null space, the constant and the eigenvalue that closes the gap
        needed = max(least, self.n_components + 2)
        if n_rows < needed:
            raise ValueError(
                f"`X` must have at least {needed} distinct rows for n_components="
                f"{self.n_components} with operator={self.operator!r}; got n_samples = {n_rows}. "
                "Pass more rows or ask for fewer components."
            )

    def min_neighbors(self) -> int:
        """Smallest neighbourhood that the functional can use, self included."""
        return FUNCTIONALS[self.operator].min_neighbors(self.n_components)

    def choose_n_neighbors(self, n_rows: int) -> int:
        """``n_neighbors``, or for "auto" a rule of d and n.

        A neighbourhood holds 1 + d + d(d+1)/2 unknowns of a second-order expansion; a quarter
        more equations, and eight on top, serve from d = 1 to 8. Few rows get fewer neighbours,
        so that a neighbourhood stays smaller than the data.
        """
        if self.n_neighbors != "auto":
            return int(self.n_neighbors)
        d = self.n_components
        unknowns = 1 + d + d * (d + 1) // 2
        wanted = int(np.ceil(1.25 * unknowns)) + 8
        return min(wanted, max(self.min_neighbors(), 2 * n_rows // 3))


def _choice(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, allowed))}; got {value!r}.")


def _whole(name: str, value: Any, *, at_least: int) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"`{name}` must be a whole number; got {value!r}.")
    if value < at_least:
        raise ValueError(f"`{name}` must be at least {at_least}; got {value}.")
