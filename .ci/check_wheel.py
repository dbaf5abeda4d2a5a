"""Used by ``make wheel``: the installed package works without its source."""

import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import hessmap
from hessmap.datasets import arcs
from hessmap.metrics import mcc

home = Path(hessmap.__file__).resolve()
assert "site-packages" in home.parts, f"not the installed package: {home}"
assert version("hessmap") == hessmap.__version__
assert files("hessmap").joinpath("py.typed").is_file()
assert files("hessmap.cli").joinpath("page.css").is_file()
X, factors = arcs(1000, random_state=0)
score = mcc(hessmap.HessianICA(random_state=0).fit_transform(X), factors)
assert score > 0.99, score
assert "matplotlib" not in sys.modules
print(f"wheel of hessmap {hessmap.__version__} works: MCC {score:.4f}")
