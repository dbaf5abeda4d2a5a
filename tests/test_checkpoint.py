"""Fits that were killed go on from their last finished step, to the identical result."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hessmap import AssumptionWarning, HessianEigenmaps, HessianICA
from hessmap.datasets import arcs, shapes_xy
from hessmap.rows import in_memory
from hessmap.storage.checkpoint import Fingerprint
from hessmap.storage.container import HEADER_BYTES

X = arcs(3000, 2, n_features=5, noise=0.01, random_state=0)[0]
STEPS = ("seeds", "rows", "plan", "cells", "nodes", "extension", "conclusion")


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    """So that a sample is drawn of few rows, too."""
    monkeypatch.setattr("hessmap.settings.SAMPLE_ROWS", 2000)


def finished(folder: Path) -> Counter[str]:
    """How often each step was finished."""
    lines = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
    return Counter(line["step"] for line in lines if line["event"] == "finished")


def assert_identical(found: HessianEigenmaps, wanted: HessianEigenmaps) -> None:
    for name in ("embedding_", "node_of_", "eigenvalues_", "sources_", "mixing_"):
        if hasattr(wanted, name):
            np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    np.testing.assert_array_equal(found.transform(X[:20]), wanted.transform(X[:20]))
    for name in ("findings", "choices", "score", "n_outliers", "spectral_gap"):
        assert getattr(found.report_, name) == getattr(wanted.report_, name)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, id="resolutions"),
        pytest.param({"n_nodes": None}, id="every row"),
        pytest.param({"n_nodes": 300}, id="averages"),
        pytest.param({"n_components": "auto", "operator": "auto"}, id="choices"),
        pytest.param({"random_state": None}, id="no seed"),
    ],
)
def test_a_fit_goes_on_from_every_step(tmp_path: Path, parameters):
    model = HessianICA(**{"n_components": 2, "random_state": 0} | parameters)
    wanted = model.fit(X, checkpoint=tmp_path / "whole")
    if model.random_state == 0:
        plain = HessianICA(**model.get_params()).fit(X)
        assert_identical(wanted, plain)
    there = [step for step in STEPS if (tmp_path / "whole" / f"{step}.hessmap").exists()]
    for number in range(len(there)):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "whole", folder)
        for step in there[number:]:
            (folder / f"{step}.hessmap").unlink()
        if number == 0 and model.random_state is None:
            continue  # nothing is known of the seeds
        assert_identical(HessianICA(**model.get_params()).fit(X, checkpoint=folder), wanted)


def test_a_finished_fit_is_read_back(tmp_path: Path):
    wanted = HessianEigenmaps(random_state=0).fit(X, checkpoint=tmp_path)
    again = HessianEigenmaps(random_state=0, n_jobs=1).fit(X, checkpoint=tmp_path)
    assert_identical(again, wanted)
    assert set(finished(tmp_path).values()) == {1}
    for stage, seconds in wanted.report_.stage_seconds.items():
        assert again.report_.stage_seconds[stage] >= 0.9 * seconds


def test_wide_rows_and_results_in_files(tmp_path: Path):
    pictures = shapes_xy(3000, size=24, random_state=0)[0].astype(np.float32)
    with pytest.warns(AssumptionWarning):
        wanted = HessianEigenmaps(random_state=0).fit(pictures, checkpoint=tmp_path / "stages")
    (tmp_path / "stages" / "conclusion.hessmap").unlink()
    with pytest.warns(AssumptionWarning):
        again = HessianEigenmaps(random_state=0).fit(
            pictures, checkpoint=tmp_path / "stages", out=tmp_path / "run"
        )
    np.testing.assert_array_equal(np.load(tmp_path / "run" / "embedding.npy"), wanted.embedding_)
    np.testing.assert_array_equal(
        again.inverse_transform(again.embedding_[:5]),
        wanted.inverse_transform(again.embedding_[:5]),
    )


@pytest.mark.parametrize("every_row", [False, True])
def test_killed_at_any_moment(tmp_path: Path, every_row):
    """SIGKILL after every step, and in between before a step that is written has its name."""
    out, stages = tmp_path / "sources.npy", tmp_path / "stages"
    program = f"""
import os, signal, sys
import numpy as np
import hessmap.settings
from hessmap import HessianICA
from hessmap.datasets import arcs
from hessmap.storage.checkpoint import Checkpoint
hessmap.settings.SAMPLE_ROWS = 2000
X = arcs(3000, 2, n_features=5, noise=0.01, random_state=0)[0]
save = Checkpoint.save
model = HessianICA(2, n_nodes={"None" if every_row else "'auto'"}, random_state=0)
model.fit(X[::-1])  # loads what every child would load again

def fit(half):
    def killing(self, *arguments):
        if half:  # when the file is written, but has not its name yet
            os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)
        save(self, *arguments)
        os.kill(os.getpid(), signal.SIGKILL)
    Checkpoint.save = killing
    np.save({str(out)!r}, model.fit(X, checkpoint={str(stages)!r}).sources_)

for killed in range(60):
    child = os.fork()
    if child == 0:
        fit(killed % 3 == 1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
print(killed)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
        cwd=Path(__file__).parents[1],
    )
    assert int(done.stdout) > 6
    model = HessianICA(2, n_nodes=None if every_row else "auto", random_state=0).fit(X)
    np.testing.assert_array_equal(np.load(out), model.sources_)
    assert set(finished(stages).values()) == {1}
    assert not [file for file in os.listdir(stages) if file.endswith(".part")]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"n_neighbors": 20}, "n_neighbors: 'auto', not 20"),
        ({"random_state": 1}, "random_state"),
        ({"contrast": "cube"}, "contrast"),
        ({"n_components": 3}, "n_components"),
    ],
)
def test_another_fit_is_refused(tmp_path: Path, change, named):
    HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="`checkpoint` must be a folder of the same fit") as caught:
        HessianICA(2, random_state=0).set_params(**change).fit(X, checkpoint=tmp_path)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(X[::-1], id="another order"),
        pytest.param(X[:-1], id="fewer"),
        pytest.param(X.astype(np.float32), id="another dtype"),
        pytest.param(np.where(np.arange(3000)[:, None] == 17, X + 1e-12, X), id="one digit"),
    ],
)
def test_other_rows_are_refused(tmp_path: Path, rows):
    HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="of one with another rows: '3000 x 5, float64"):
        HessianICA(2, random_state=0).fit(rows, checkpoint=tmp_path)


def test_another_estimator_or_graph_is_refused(tmp_path: Path):
    from hessmap.neighbors import knn_graph

    Y = arcs(500, random_state=0)[0]
    graph = knn_graph(Y, 16)
    knn = graph.indices, graph.distances
    HessianEigenmaps(random_state=0, precomputed_knn=knn).fit(Y, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="another estimator"):
        HessianICA(random_state=0, precomputed_knn=knn).fit(Y, checkpoint=tmp_path)
    longer = graph.indices, graph.distances * 1.001
    with pytest.raises(ValueError, match="another precomputed_knn"):
        HessianEigenmaps(random_state=0, precomputed_knn=longer).fit(Y, checkpoint=tmp_path)
    HessianEigenmaps(random_state=0, precomputed_knn=knn).fit(Y, checkpoint=tmp_path)


@pytest.mark.parametrize("step", STEPS)
def test_a_damaged_step_is_refused(tmp_path: Path, step):
    model = HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)
    path = tmp_path / f"{step}.hessmap"
    whole = path.read_bytes()
    for following in STEPS[STEPS.index(step) + 1 :]:
        (tmp_path / f"{following}.hessmap").unlink()
    damaged = bytearray(whole)
    damaged[HEADER_BYTES + len(whole) // 2] ^= 4
    for harmed in (bytes(damaged), whole[:-1]):
        path.write_bytes(harmed)
        with pytest.raises(ValueError, match=r"damaged.* Without the file its step is done again"):
            HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)
    path.unlink()
    again = HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)
    assert_identical(again, model)


def test_a_step_in_the_place_of_another_is_refused(tmp_path: Path):
    HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)
    shutil.copy(tmp_path / "plan.hessmap", tmp_path / "nodes.hessmap")
    with pytest.raises(ValueError, match=r"nodes\.hessmap must hold the step 'nodes'"):
        HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)


def test_rows_in_partitions_are_another_fit(tmp_path: Path):
    da = pytest.importorskip("dask.array")
    HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="another partitions: False, not True"):
        HessianICA(2, random_state=0).fit(da.from_array(X, chunks=1000), checkpoint=tmp_path)


def test_generators_are_told_apart(tmp_path: Path):
    HessianICA(2, random_state=np.random.RandomState(3)).fit(X, checkpoint=tmp_path)
    HessianICA(2, random_state=np.random.RandomState(3)).fit(X, checkpoint=tmp_path)
    for other in (np.random.RandomState(4), np.random.default_rng(3), None):
        with pytest.raises(ValueError, match="another random_state"):
            HessianICA(2, random_state=other).fit(X, checkpoint=tmp_path)


def test_two_fits_at_once(tmp_path: Path):
    found = []

    def fit():
        found.append(HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path).sources_)

    threads = [threading.Thread(target=fit) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_no_place_for_a_checkpoint(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="`checkpoint` must be a folder"):
        HessianICA().fit(X, checkpoint=tmp_path / "file")
    with pytest.raises(TypeError, match="`checkpoint` must be None or the path"):
        HessianICA().fit(X, checkpoint=3)


def test_an_error_keeps_what_was_finished(tmp_path: Path, monkeypatch):
    """Nothing already computed is lost when a later stage fails."""
    with monkeypatch.context() as patch:
        patch.setattr("hessmap.conclude.diagnose", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)
    before = finished(tmp_path)
    assert before["nodes"] == before["extension"] == 1
    HessianICA(2, random_state=0).fit(X, checkpoint=tmp_path)
    assert set(finished(tmp_path).values()) == {1}


def test_the_fingerprint_is_that_of_the_slow_way():
    from hessmap.rows.hashes import hashed

    rows = in_memory(X[:300])
    expected = sum(int(one) * (2 * i + 1) for i, one in enumerate(hashed(X[:300]))) % 2**64
    assert rows.passed(Fingerprint()) == [expected]
    work = Fingerprint()
    parts = []
    for numbers in np.split(np.arange(300), [7, 200]):
        parts.append(work.begin())
        work.add(parts[-1], numbers, X[numbers])
    assert work.merge(parts) == [expected]
