"""Used by ``make wheel``: the installed package works without its source."""

import sys
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from subprocess import check_output

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
# an installation brings none of the extras with it
extras = ("dask", "distributed", "h5py", "matplotlib", "PIL", "pyarrow", "torch", "zarr")
assert not [name for name in extras if find_spec(name)], "installed without being asked for"
command = Path(sys.executable).with_name("hessmap")
assert hessmap.__version__ in check_output([command, "--version"], text=True)
print(f"wheel of hessmap {hessmap.__version__} works: MCC {score:.4f}")
