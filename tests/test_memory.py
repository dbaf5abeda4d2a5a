"""The estimate of memory, against measured peaks and limits."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from hessmap import HessianEigenmaps, memory
from hessmap.datasets import swiss_roll

PEAK = """
import gc
from hessmap import HessianICA
from hessmap.datasets import arcs
def status(name):
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))
small, _ = arcs(5000, 2, n_features=30, random_state=0)
HessianICA(2, n_neighbors=16, n_nodes=None, random_state=0).fit(small)
X, _ = arcs({n}, 2, n_features=30, noise={noise}, random_state=0)
gc.collect()
with open("/proc/self/clear_refs", "w") as control:
    control.write("5")  # forget the peak so far
before = status("VmRSS")
HessianICA(2, n_neighbors=16, n_nodes=None, random_state=0, neighbors="{search}").fit(X)
print(status("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are reset by /proc")
@pytest.mark.parametrize(("noise", "search"), [(0.0, "kd_tree"), (0.02, "faiss")])
def test_the_estimate_is_not_far_from_the_peak(noise, search):
    """Faiss for noise in 30 columns, of which a k-d tree visits most leaves, for minutes."""
    if search == "faiss":
        pytest.importorskip("faiss")
    program = PEAK.format(n=100_000, noise=noise, search=search)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True, text=True, check=True, timeout=900,
    )  # fmt: skip
    peak = int(done.stdout)
    estimate = memory.estimated_bytes(100_000, 30, 2, 16)
    assert 0.6 * peak < estimate < 2.5 * peak


def test_too_little_memory_is_said_before_the_work_starts(monkeypatch):
    X, _ = swiss_roll(1000, random_state=0)
    monkeypatch.setattr(memory, "available_bytes", lambda: 1_000_000)
    monkeypatch.setattr("hessmap.nodes.clean.nearest", pytest.fail)
    with pytest.raises(MemoryError, match=r"a fit of 1,000 nodes .* takes about .* GB .* free"):
        HessianEigenmaps(random_state=0).fit(X)


def test_limits_of_a_container_count(monkeypatch):
    numbers = {"/sys/fs/cgroup/memory.max": 5_000, "/sys/fs/cgroup/memory.current": 2_000}
    monkeypatch.setattr(memory, "_number", numbers.get)
    assert memory.available_bytes() == 3_000
    monkeypatch.setattr(memory, "_number", lambda path: None)
    assert memory.available_bytes() > 1e8


def test_where_the_system_says_less(monkeypatch):
    """macOS has no /proc, Windows nothing at all: then every fit may begin."""

    def missing(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(memory.Path, "read_text", missing)
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr(memory.os, "sysconf", pages.__getitem__)
    assert memory.available_bytes() == 4_096_000
    with pytest.raises(MemoryError, match=r"and 0\.0 GB are free"):
        memory.check_memory(10**6, 30, 2, 16)
    monkeypatch.delattr(memory.os, "sysconf")
    assert memory.available_bytes() is None
    memory.check_memory(10**12, 30, 2, 16)


def test_words_are_no_limit(tmp_path):
    (tmp_path / "max").write_text("max\n")
    (tmp_path / "number").write_text("4096\n")
    assert memory._number(str(tmp_path / "max")) is None
    assert memory._number(str(tmp_path / "none")) is None
    assert memory._number(str(tmp_path / "number")) == 4096


def test_grows_with_everything_that_is_kept():
    small = memory.estimated_bytes(10_000, 30, 2, 16)
    assert memory.estimated_bytes(1_000_000, 30, 2, 16) == pytest.approx(100 * small, rel=1e-6)
    assert memory.estimated_bytes(10_000, 60, 2, 16) > small
    assert memory.estimated_bytes(10_000, 30, 3, 20) > small
    assert np.isfinite(small)
