"""Kernels are compiled for one kind of arrays: each other one would take seconds of a first fit."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hessmap import _linalg

PROGRAM = """
from hessmap import HessianICA
from hessmap.datasets import arcs
from hessmap.extension import _kernels as extension
from hessmap.functionals import _kernels as functionals
X, _ = arcs(1000, 2, n_features=6, random_state=0)
model = HessianICA(2, random_state=0).fit(X)
model.inverse_transform(model.transform(X[::2].astype("f4"))[:, ::-1])
for module in (functionals, extension):
    for name, kernel in vars(module).items():
        if len(getattr(kernel, "signatures", ())) > 1:
            print(name, kernel.signatures)
"""


@pytest.mark.skipif(not hasattr(_linalg.principal_axes, "signatures"), reason="kernels as Python")
def test_a_fit_and_its_maps_compile_each_kernel_once():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
