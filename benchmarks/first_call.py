"""Seconds of a fresh process: ``import hessmap``, then import and fit of the demo pictures.

scikit-learn's fit of the same pictures is timed in a process of its own, for the ratio. Run with
``make bench-first-call``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median

HEAVY = ("numba", "pynndescent", "pyamg", "matplotlib", "torch", "dask", "sklearn", "scipy")

IMPORT = """
import sys, time
start = time.perf_counter()
import hessmap
seconds = time.perf_counter() - start
heavy = {heavy!r}
print([seconds, [name for name in heavy if name in sys.modules]])
"""

FIT = """
import time
from hessmap.datasets import shapes_xy
X, _ = shapes_xy(3000, random_state=0)
start = time.perf_counter()
from hessmap import HessianICA
HessianICA(random_state=0).fit(X)
print([time.perf_counter() - start])
"""

SCIKIT_LEARN = """
import time
from hessmap.datasets import shapes_xy
X, _ = shapes_xy(3000, random_state=0)
start = time.perf_counter()
from sklearn.manifold import LocallyLinearEmbedding
LocallyLinearEmbedding(n_neighbors=16, n_components=2, method="hessian", random_state=0).fit(X)
print([time.perf_counter() - start])
"""


def run(code: str) -> list:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.replace("'", '"'))


def main() -> None:
    imports = [run(IMPORT.replace("{heavy!r}", repr(HEAVY))) for _ in range(5)]
    fits = [run(FIT)[0] for _ in range(5)]
    theirs = [run(SCIKIT_LEARN)[0] for _ in range(3)]
    print(f"import hessmap: {median(s for s, _ in imports):.3f} s, loads {imports[0][1] or 'none'}")
    print(f"  of {', '.join(HEAVY)}")
    print(
        f"import and fit, 3,000 demo pictures: first {fits[0]:.2f} s, median {median(fits):.2f} s"
    )
    print(f"scikit-learn, import and fit: median {median(theirs):.2f} s")
    print(f"ratio {median(theirs) / median(fits):.1f}")


if __name__ == "__main__":
    main()
