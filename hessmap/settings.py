"""What a fit was asked for, checked before any long work starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from ._validation import choice, n_threads, seeded, whole
from .eigen import SOLVERS
from .functionals import FUNCTIONALS, Functional
from .ica import CONTRASTS
from .neighbors import METHODS

# Rows that the cells of averaged nodes are laid out on, and so many of them for each node.
SAMPLE_ROWS = 40_000
SAMPLE_OF_NODE = 8


@dataclass(frozen=True)
class Settings:
    """Parameters of the road; see `hessmap.HessianICA` for their meaning.

    ``ica`` tells whether the road goes on to it; ``contrast`` is not looked at otherwise.
    ``preferred_n_neighbors`` is what "auto" was found to be best at, once that is known.
    """

    n_components: int | str
    operator: str
    n_neighbors: int | str
    n_nodes: int | str | None
    neighbors: str
    eigen_solver: str
    tol: float
    n_jobs: int | None
    random_state: int | np.random.RandomState | np.random.Generator | None
    verbose: bool
    contrast: str = "auto"
    ica: bool = False
    preferred_n_neighbors: int | None = None

    @property
    def d(self) -> int:
        """``n_components`` as a number; 1, the least that it can be, for "auto"."""
        return 1 if _is_auto(self.n_components) else int(self.n_components)

    @property
    def functional(self) -> Functional:
        """The local functional; for "auto" the one that is tried first."""
        return FUNCTIONALS["hessian" if self.operator == "auto" else self.operator]

    def check(self, n_rows: int, n_columns: int, n_distinct: int | None = None) -> None:
        """Raise ValueError or TypeError if a parameter cannot be used with rows of this shape.

        Asked again with the number of distinct rows once that is known.
        """
        choice("operator", self.operator, (*FUNCTIONALS, "auto"))
        choice("neighbors", self.neighbors, METHODS)
        choice("eigen_solver", self.eigen_solver, SOLVERS)
        if self.ica:
            choice("contrast", self.contrast, CONTRASTS)
        if not _is_auto(self.n_components):
            if isinstance(self.n_components, str):
                raise ValueError(
                    f"`n_components` must be 'auto' or a whole number; got {self.n_components!r}."
                )
            whole("n_components", self.n_components, at_least=1)
        if self.d > n_columns:
            raise ValueError(
                f"`n_components` must not exceed the number of columns; got {self.n_components} "
                f"with n_features = {n_columns}. Ask for fewer components."
            )
        self._check_n_nodes()
        if not (isinstance(self.tol, Real) and 0 < self.tol < 1):
            raise ValueError(f"`tol` must be a number between 0 and 1; got {self.tol!r}.")
        n_threads(self.n_jobs)
        seeded(self.random_state)
        if n_distinct is None:
            self._check_sizes(n_rows, f"n_samples = {n_rows}")
        else:
            self._check_sizes(n_distinct, f"{n_distinct} distinct rows of n_samples = {n_rows}")

    def check_left(self, n_points: int) -> None:
        """Raise ValueError where too few points are left of the rows."""
        needed = max(self.choose_n_neighbors(n_points), self.d + 2)
        if n_points < needed:
            raise ValueError(
                f"`X` must have at least {needed} distinct rows for n_components="
                f"{self.n_components} and n_neighbors={self.n_neighbors!r}; {n_points} are left "
                "without outliers and near-duplicates. Pass more rows, or ask for fewer "
                "components or neighbours."
            )

    def _check_n_nodes(self) -> None:
        if self.n_nodes is None or _is_auto(self.n_nodes):
            return
        if isinstance(self.n_nodes, str):
            raise ValueError(
                "`n_nodes` must be 'auto', None (every distinct row a node) or a whole number; "
                f"got {self.n_nodes!r}."
            )
        given = self.given_n_neighbors() if isinstance(self.n_neighbors, Integral) else None
        least = max(given or 0, self.min_neighbors(), self.d + 2)
        if whole("n_nodes", self.n_nodes, at_least=1) < least:
            raise ValueError(
                f"`n_nodes` must be at least {least} for n_components={self.n_components}, "
                f"n_neighbors={self.n_neighbors!r} and operator={self.operator!r}; got "
                f"{self.n_nodes}. Ask for more nodes, or leave it at 'auto'."
            )

    def _check_sizes(self, n_rows: int, got: str) -> None:
        least, rule = self.min_neighbors(), self.functional.neighbors_rule
        if not _is_auto(self.n_neighbors):
            if isinstance(self.n_neighbors, str):
                raise ValueError(
                    f"`n_neighbors` must be 'auto' or a whole number; got {self.n_neighbors!r}."
                )
            k = whole("n_neighbors", self.n_neighbors, at_least=1)
            if k < least:
                raise ValueError(
                    f"`n_neighbors` must exceed {rule} = {least - 1} for n_components="
                    f"{self.n_components} with operator={self.operator!r}; got {k}. It counts "
                    "the node itself."
                )
            if k > n_rows:
                raise ValueError(
                    f"`n_neighbors` must not exceed the number of distinct rows; got {k} with "
                    f"{got}. Pass more rows or fewer neighbours."
                )
        # the null space, the constant and the eigenvalue that closes the gap
        needed = max(least, self.d + 2)
        if n_rows < needed:
            raise ValueError(
                f"`X` must have at least {needed} distinct rows for n_components="
                f"{self.n_components} with operator={self.operator!r}; got {got}. "
                "Pass more rows or ask for fewer components."
            )

    def min_neighbors(self) -> int:
        """Smallest neighbourhood that the functional can use, self included."""
        return self.functional.min_neighbors(self.d)

    def given_n_nodes(self) -> int | None:
        """``n_nodes`` as a number, None for "auto" and for every distinct row."""
        return None if self.n_nodes is None or _is_auto(self.n_nodes) else int(self.n_nodes)

    def with_given_graph(self) -> Settings:
        """The same for a neighbourhood graph of the rows, which only distinct rows can have."""
        if self.given_n_nodes() is not None:
            raise ValueError(
                "`n_nodes` must be None or 'auto' with `precomputed_knn`, whose lists are those of "
                f"the rows; got {self.n_nodes}. Leave one of them out."
            )
        return replace(self, n_nodes=None)

    def solves_as(self, other: Settings, n_nodes: int) -> bool:
        """Whether both have the same functional and neighbourhood size on so many nodes."""
        return self.functional is other.functional and (
            self.choose_n_neighbors(n_nodes) == other.choose_n_neighbors(n_nodes)
        )

    def sample_size(self, n_rows: int) -> int:
        """Rows that the nodes are laid out on: all of them, or a sample for averaged nodes."""
        if self.n_nodes is None:
            return n_rows
        return min(n_rows, max(SAMPLE_ROWS, SAMPLE_OF_NODE * (self.given_n_nodes() or 0)))

    def given_n_neighbors(self) -> int | None:
        """``n_neighbors`` as a number, None for "auto"."""
        return None if _is_auto(self.n_neighbors) else int(self.n_neighbors)

    def choose_n_neighbors(self, n_rows: int) -> int:
        """``n_neighbors``, or for "auto" what is preferred, or a rule of d and n.

        A neighbourhood holds 1 + d + d(d+1)/2 unknowns of a second-order expansion; a quarter
        more equations, and eight on top, serve from d = 1 to 8. Few rows get fewer neighbours,
        so that a neighbourhood stays smaller than the data.
        """
        given = self.given_n_neighbors()
        if given is not None:
            return given
        unknowns = 1 + self.d + self.d * (self.d + 1) // 2
        wanted = self.preferred_n_neighbors or int(np.ceil(1.25 * unknowns)) + 8
        return min(wanted, max(self.min_neighbors(), 2 * n_rows // 3))


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"
