"""Runs before anything imports SciPy, so that scikit-learn skips none of its checks."""

import os
import sys

import pytest

os.environ.setdefault("SCIPY_ARRAY_API", "1")
os.environ.setdefault("MPLBACKEND", "Agg")


def pytest_collection_modifyitems(items):
    """Tests marked ``first``; the others stay in their order."""
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


@pytest.fixture(autouse=True)
def _no_open_figures():
    """Figures that a test draws are closed after it."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def no_figures(monkeypatch):
    """Pages of the command line without their figures, which take most of the time."""
    monkeypatch.setattr("hessmap.cli.page.find_spec", lambda name: None)
