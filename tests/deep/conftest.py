"""Rows that several files of these tests fit."""

import pytest

from hessmap.datasets import arcs


@pytest.fixture(scope="module")
def table():
    """(X, factors) of a flat manifold in four columns."""
    return arcs(800, random_state=0)
