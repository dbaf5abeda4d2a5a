"""The parts of the assembly, entry by entry."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap.operator import FORMS, LocalForms, build_operator
from hessmap.operator._kernels import _sort, count_entries, largest_row_sum, occurrences

from ..helpers import naive_operator

N, K = 25, 6


@pytest.fixture
def indices():
    """Neighbourhoods, each with its own node first."""
    rng = np.random.default_rng(0)
    others = [rng.permutation(np.delete(np.arange(N), i))[: K - 1] for i in range(N)]
    return np.array([[i, *row] for i, row in enumerate(others)])


def test_occurrences(indices):
    first, place = np.empty(N + 1, dtype=np.int64), np.empty(N * K, dtype=np.int64)
    occurrences(indices, first, place)
    for node in range(N):
        found = place[first[node] : first[node + 1]]
        np.testing.assert_array_equal(found, np.flatnonzero(indices.ravel() == node))


def test_counts(indices):
    first, place = np.empty(N + 1, dtype=np.int64), np.empty(N * K, dtype=np.int64)
    occurrences(indices, first, place)
    counts = np.full(N, -1)
    count_entries(3, N, indices, first, place, counts)
    expected = [len(np.unique(indices[(indices == node).any(axis=1)])) for node in range(N)]
    np.testing.assert_array_equal(counts[3:], expected[3:])
    np.testing.assert_array_equal(counts[:3], -1)  # not its rows


@pytest.mark.parametrize("kind", FORMS)
def test_entries(kind, indices):
    rng = np.random.default_rng(1)
    rows = rng.uniform(0.1, 1, size=(N, 1 if kind == "star" else 3, K))
    forms = LocalForms(kind, rows)
    found = build_operator(forms, indices).tocsr()
    np.testing.assert_allclose(found.toarray(), naive_operator(forms, indices), atol=1e-14)
    for node in range(N):
        assert (np.diff(found.indices[found.indptr[node] : found.indptr[node + 1]]) > 0).all()


@pytest.mark.parametrize("n", [0, 1, 2, 13, 60])
def test_sort(n):
    columns = np.random.default_rng(n).permutation(n).astype(np.int32)
    values = columns + 0.5
    _sort(columns, values)
    np.testing.assert_array_equal(columns, np.arange(n))
    np.testing.assert_array_equal(values, np.arange(n) + 0.5)


def test_largest_row_sum():
    begin, values = np.array([0, 2, 2, 3], dtype=np.int32), np.array([1.0, -2.0, -2.5])
    assert largest_row_sum(begin, values) == 3
    assert largest_row_sum(begin[:1], values) == 0
