"""Optional packages that are not there: the error names what to install."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from hessmap import HessianICA, stages
from hessmap.datasets import photographs, rendered
from hessmap.plotting import style


@pytest.mark.parametrize(
    ("package", "call", "words"),
    [
        ("matplotlib", style.pyplot, r"plots need matplotlib: pip install 'hessmap\[plot\]'"),
        (
            "skimage.data",
            lambda: photographs(n_samples=2),
            r"needs scikit-image: pip install hessmap\[",
        ),
        (
            "pybullet",
            lambda: rendered(n_samples=2),
            r"needs pybullet: pip install hessmap\[bench\]",
        ),
    ],
)
def test_figures_and_data_sets(package, call, words, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=words):
        call()


@pytest.mark.parametrize(
    ("package", "name"),
    [("h5py", "rows.h5"), ("pyarrow", "rows.csv"), ("pyarrow.parquet", "rows.parquet")],
)
def test_files(package, name, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / name).write_text("1,2\n")
    with pytest.raises(ImportError, match=rf"reading .*{name} needs .*hessmap\[files\]"):
        HessianICA().fit(tmp_path / name)


def test_pictures(tmp_path, monkeypatch):
    from hessmap.rows.images import picture

    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"one\.png needs Pillow: pip install hessmap\[files\]"):
        picture(tmp_path / "one.png")


def test_a_system_that_does_not_tell_the_peak(monkeypatch):
    """A Windows, where there is no `resource`, has fits without this number."""
    monkeypatch.setitem(sys.modules, "resource", None)
    assert stages.peak_bytes() == 0
    X = np.random.default_rng(0).uniform(size=(60, 2))
    assert HessianICA(1, random_state=0, n_neighbors=20).fit(X[:, :1]).report_.peak_bytes == 0
