"""What importing costs, seen from a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("numba", "pynndescent", "pyamg", "matplotlib", "torch", "dask", "sklearn", "scipy")


def loaded_by(code: str) -> list[str]:
    program = (
        f"{code}\nimport sys, json\nprint(json.dumps([n for n in {HEAVY} if n in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(done.stdout)


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import hessmap") == []


def test_a_fit_loads_only_what_it_uses():
    loaded = loaded_by(
        "from hessmap import HessianICA\n"
        "from hessmap.datasets import arcs\n"
        "HessianICA(random_state=0).fit(arcs(300, random_state=0)[0])"
    )
    assert set(loaded) <= {"sklearn", "scipy", "numba"}


def test_every_module_can_be_the_first():
    """As on a worker, which imports what a task needs: no module waits for another that waits."""
    program = """
import os, pkgutil, sys
import numba, numpy, scipy.sparse, sklearn.base
import hessmap
names = [m.name for m in pkgutil.walk_packages(hessmap.__path__, "hessmap.")]
bad = []
for name in names:
    if name.endswith(("__main__",)):
        continue
    child = os.fork()
    if child == 0:
        try:
            __import__(name)
        except ImportError as problem:
            print(name, problem)
            os._exit("circular" in str(problem))
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        bad.append(name)
sys.exit(", ".join(bad) or None)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_public_names():
    import hessmap

    for name in dir(hessmap):
        assert getattr(hessmap, name) is not None
    assert {"HessianICA", "HessianEigenmaps", "metrics", "datasets", "ica"} <= set(dir(hessmap))
    with pytest.raises(AttributeError, match="no attribute 'hlle'"):
        _ = hessmap.hlle
