"""Operators at the limits of what can be solved."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import sparse

from hessmap.eigen import direct, hierarchy, smallest_eigenpairs
from hessmap.eigen.aggregation import Moments
from hessmap.eigen.certificate import Certificate
from hessmap.eigen.hierarchy import Hierarchy
from hessmap.eigen.smoother import largest_eigenvalue


def test_what_is_no_operator():
    with pytest.raises(TypeError, match=r"`operator` must be an Operator of .*; got a csr_array"):
        smallest_eigenpairs(sparse.csr_array(np.eye(9)), 3)


def test_a_filled_matrix_without_an_inverse(monkeypatch):
    monkeypatch.setattr(direct, "MIN_FILLED_SHARE", 0.0)
    half = np.zeros((6, 6))
    half[:3, :3] = np.eye(3)
    with pytest.raises(ValueError, match=r"cannot be factorised \(pivot 4 vanishes\)"):
        direct.factorised(sparse.csr_array(half), 0.0)


def test_nodes_that_nothing_couples_are_solved_as_they_are(monkeypatch):
    """Levels that would be no smaller are not made, however many nodes there are."""
    monkeypatch.setattr(hierarchy, "MAX_DIRECT", 10)
    diagonal = np.linspace(1, 3, 40)
    matrix = sparse.csr_array(np.diag(diagonal))
    moments = Moments(np.arange(40.0)[:, None], np.ones(40))
    found = Hierarchy(matrix, sparse.csr_array(np.eye(40)), moments, 0, 1)
    assert found.sizes == [40, 40]
    b = np.random.default_rng(0).standard_normal((40, 2))
    b -= b.mean(axis=0)
    # the coarsest level leaves the constant out, and what it leaves is smoothed
    assert np.linalg.norm(b - matrix @ found.cycle(0, b)) < 0.5 * np.linalg.norm(b)


def test_an_operator_of_nothing_has_no_largest_eigenvalue():
    assert largest_eigenvalue(np.zeros_like, lambda r: r, 4) == 1


@pytest.mark.parametrize(
    ("relative_gap", "tol", "words"),
    [
        (1e-16, 1e-3, "below what double precision resolves"),
        (1e-10, 1e-6, r"Rounding alone leaves about 2e-06: raise `tol`"),
        (1e-3, 1e-6, "Use more rows, more `n_neighbors` or fewer components"),
    ],
)
def test_advice_names_what_would_help(relative_gap, tol, words):
    certificate = Certificate(1e-9, 0.5, 1e-2, relative_gap)
    assert re.search(words, certificate.advice(tol))
