"""Whole fits: seconds, peak memory, and what the first call in a fresh process costs."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

import numpy as np

from hessmap import HessianICA

FIT = """
from time import perf_counter
import numpy as np
z = np.random.default_rng(0).uniform(-0.5, 0.5, size=({n}, 2))
X = np.hstack([np.cos(z), np.sin(z)])
start = perf_counter()
from hessmap import HessianICA
HessianICA(random_state=0).fit(X)
print(perf_counter() - start)
"""


def rows(n: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Two arcs of unit speed in 30 columns, with noise, made here so that every revision of the
    package is given the same numbers; and their factors."""
    rng = np.random.default_rng(0)
    z = rng.uniform(-0.5, 0.5, size=(n, 2))
    frame = np.linalg.qr(rng.standard_normal((30, 30)))[0][:4]
    return np.hstack([np.cos(z), np.sin(z)]) @ frame + noise * rng.standard_normal((n, 30)), z


class Fit:
    params = ([1000, 10_000, 100_000], [0.0, 0.02])
    param_names = ("n", "noise")
    timeout = 300

    def setup(self, n: int, noise: float) -> None:
        self.X, self.factors = rows(n, noise)
        HessianICA(random_state=0).fit(self.X[:1000])

    def time_fit(self, n: int, noise: float) -> None:
        HessianICA(random_state=0).fit(self.X)

    def peakmem_fit(self, n: int, noise: float) -> None:
        HessianICA(random_state=0).fit(self.X)

    def track_error(self, n: int, noise: float) -> float:
        """1 - R^2 of the worse factor, of the one source that is most like it."""
        sources = HessianICA(random_state=0).fit(self.X).sources_
        return float(1 - (np.corrcoef(sources.T, self.factors.T)[:2, 2:] ** 2).max(axis=0).min())


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
