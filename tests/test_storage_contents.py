"""What files of hessmap may hold, and what a folder of steps keeps."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from hessmap import load
from hessmap.storage.checkpoint import folder_of
from hessmap.storage.container import write
from hessmap.storage.objects import Encoder, decoded


def test_a_folder_is_no_model(tmp_path):
    with pytest.raises(ValueError, match=r"must be a file that hessmap wrote; it is a folder"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"kind": "step"}, "must hold a model; it holds a 'step'"),
        ({"kind": "model", "class": "Pickle"}, "must hold one of .*; it holds a 'Pickle'"),
    ],
)
def test_files_that_hold_no_estimator(manifest, words, tmp_path):
    write(tmp_path / "other.hessmap", manifest, {})
    with pytest.raises(ValueError, match=words):
        load(tmp_path / "other.hessmap")


def test_values_come_back_as_they_were():
    graph = sparse.random_array((5, 5), density=0.4, format="csr", rng=np.random.default_rng(0))
    given = {"graph": graph, "numbers": (np.inf, -1, None), "words": ["a", True]}
    encoder = Encoder()
    found = decoded(encoder.encode(given), encoder.arrays)
    np.testing.assert_array_equal(found["graph"].toarray(), graph.toarray())
    assert found["numbers"] == given["numbers"]
    assert found["words"] == given["words"]


@pytest.mark.parametrize("value", [object(), np.array(["a"])])
def test_values_that_cannot_be_kept(value):
    with pytest.raises(TypeError, match="cannot be saved"):
        Encoder().encode(value)


def test_what_processes_that_are_gone_left_is_removed(tmp_path, monkeypatch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    others = os.getppid()
    names = [f".graph.{owner}.part" for owner in (gone.pid, os.getpid(), others, "nobody")]
    for name in [*names, "rows.hessmap"]:
        (tmp_path / name).write_text("half")

    def forbidden(process, signal):
        if process == others:
            raise PermissionError  # which a process of somebody else answers: it is there
        return real(process, signal)

    real = os.kill
    monkeypatch.setattr(os, "kill", forbidden)
    assert folder_of(tmp_path) == tmp_path
    assert sorted(os.listdir(tmp_path)) == sorted([*names[1:], "rows.hessmap"])
    monkeypatch.undo()
    folder_of(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([*names[1:], "rows.hessmap"])


def test_a_checkpoint_is_no_file(tmp_path):
    assert folder_of(None) is None
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"`checkpoint` must be a folder; .*file is a file"):
        folder_of(tmp_path / "file")
    assert folder_of(tmp_path / "new" / "one").is_dir()
