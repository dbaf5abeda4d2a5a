"""Whole fits: seconds, peak memory, and what the first call in a fresh process costs."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

from hessmap import HessianICA
from hessmap.datasets import arcs
from hessmap.metrics import mcc

FIT = """
from time import perf_counter
from hessmap.datasets import arcs
X, _ = arcs({n}, 2, n_features=30, random_state=0)
start = perf_counter()
from hessmap import HessianICA
HessianICA(random_state=0).fit(X)
print(perf_counter() - start)
"""


class Fit:
    params = [1000, 10_000, 100_000]
    param_names = ("n",)
    timeout = 300

    def setup(self, n: int) -> None:
        self.X, self.factors = arcs(n, 2, n_features=30, random_state=0)
        HessianICA(random_state=0).fit(self.X[:500])

    def time_fit(self, n: int) -> None:
        HessianICA(random_state=0).fit(self.X)

    def peakmem_fit(self, n: int) -> None:
        HessianICA(random_state=0).fit(self.X)

    def track_mcc(self, n: int) -> float:
        return mcc(HessianICA(random_state=0).fit(self.X).sources_, self.factors)


class FirstCall:
    params = [1000, 20_000]
    param_names = ("n",)
    timeout = 300

    def track_seconds(self, n: int) -> float:
        """Import and fit in a fresh process, kernels compiled before."""
        command = [sys.executable, "-c", FIT.format(n=n)]
        subprocess.run(command, check=True, capture_output=True)
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return float(done.stdout)


def track_import_seconds() -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", "import hessmap"], check=True)
    return perf_counter() - start


track_import_seconds.unit = "s"  # type: ignore[attr-defined]
