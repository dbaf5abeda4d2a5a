"""Rows in Dask collections: the same result as in one piece, whatever runs it."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hessmap import AssumptionWarning, HessianEigenmaps, HessianICA, load
from hessmap.datasets import arcs, shapes_xy
from hessmap.metrics import mcc
from hessmap.rows.draw import Draw
from hessmap.rows.partitions import partitions_of

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")

# Dask's own reader of Parquet, with pandas 3.1
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
N_NODES = 300
ROWS = arcs(6000, 2, n_features=5, noise=0.01, random_state=0)


def model(**parameters) -> HessianICA:
    return HessianICA(2, **{"n_nodes": N_NODES, "random_state": 0} | parameters)


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    """So that a sample is drawn of few rows, too."""
    monkeypatch.setattr("hessmap.settings.SAMPLE_ROWS", 2000)


@pytest.fixture(scope="module")
def single() -> HessianICA:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hessmap.settings.SAMPLE_ROWS", 2000)
        return model().fit(ROWS[0])


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with (
        # a killed worker may take longer than the 15 seconds after which it is given up
        dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=50,
        ) as running,
        distributed.Client(running) as client,
    ):
        yield client


def assert_same(found: HessianICA, single: HessianICA) -> None:
    np.testing.assert_allclose(found.sources_.compute(), single.sources_, atol=1e-9)
    np.testing.assert_allclose(found.embedding_.compute(), single.embedding_, atol=1e-9)
    np.testing.assert_array_equal(found.node_of_.compute(), single.node_of_)
    assert found.report_.n_outliers == single.report_.n_outliers
    assert found.report_.n_nodes == single.report_.n_nodes
    np.testing.assert_allclose(found.report_.score, single.report_.score, rtol=1e-6)


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
@pytest.mark.parametrize("chunks", [(700, 5), (6000, 5), (1500, 2)])
def test_the_result_is_that_of_one_piece(single, scheduler, chunks):
    with dask.config.set(scheduler=scheduler):
        found = model().fit(da.from_array(ROWS[0], chunks=chunks))
        assert found.sources_.shape == (6000, 2)
        assert found.sources_.npartitions == -(-6000 // chunks[0])
        assert_same(found, single)
    assert mcc(found.sources_.compute(), ROWS[1]) > 0.99


def test_the_order_of_partitions_does_not_matter(single):
    parts = np.split(np.arange(6000), [100, 101, 2500, 4000])
    order = np.concatenate([parts[i] for i in (3, 0, 4, 2, 1)])
    found = model().fit(da.from_array(ROWS[0][order], chunks=777))
    np.testing.assert_allclose(found.sources_.compute(), single.sources_[order], atol=1e-9)


def test_automatic_choices_are_the_same():
    X = arcs(9000, 2, n_features=5, noise=0.05, random_state=1)[0]
    one = HessianICA("auto", random_state=0).fit(X)
    found = HessianICA("auto", random_state=0).fit(da.from_array(X, chunks=2000))
    assert found.report_.choices == one.report_.choices
    np.testing.assert_allclose(found.sources_.compute(), one.sources_, atol=1e-8)


def test_unknown_lengths(single):
    whole = da.from_array(ROWS[0], chunks=1000)
    unknown = whole[da.from_array(np.ones(6000, dtype=bool), chunks=1000)]
    assert np.isnan(unknown.shape[0])
    assert_same(model().fit(unknown), single)
    codes = single.transform(unknown)
    assert np.isnan(codes.shape[0])
    np.testing.assert_allclose(codes.compute(), single.transform(ROWS[0]), atol=1e-12)


def parquet(folder: Path) -> dd.DataFrame:
    """The rows in five files."""
    frame = pd.DataFrame(ROWS[0], columns=list("abcde"))
    for i in range(5):
        frame[1200 * i : 1200 * (i + 1)].to_parquet(folder / f"part.{i}.parquet", index=False)
    return dd.read_parquet(folder)


def test_parquet_files(single, tmp_path: Path):
    rows = parquet(tmp_path)
    found = model().fit(rows)
    assert list(found.feature_names_in_) == list("abcde")
    assert_same(found, single)
    with pytest.raises(ValueError, match=r"columns of the fit in their order"):
        found.transform(rows[list("edcba")])


@pytest.mark.parametrize("harm", ["corrupt", "missing"])
def test_a_bad_file_is_named(tmp_path: Path, harm):
    rows = parquet(tmp_path)
    bad = tmp_path / "part.3.parquet"
    bad.unlink()
    if harm == "corrupt":
        bad.write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match=r"partition 3 of .*part\.3\.parquet\) is not") as caught:
        model().fit(rows)
    assert "part.2" not in str(caught.value)


def test_rows_that_are_no_numbers_take_no_part():
    X = ROWS[0].copy()
    bad = np.array([0, 17, 2999, 5999])
    X[bad, [0, 1, 2, 3]] = [np.nan, np.inf, -np.inf, np.nan]
    with pytest.warns(AssumptionWarning, match="not-finite"):
        found = model().fit(da.from_array(X, chunks=1000))
    assert found.report_.n_not_finite == 4
    assert "4 of 6000 rows hold a NaN" in str(found.report_)
    good = np.setdiff1d(np.arange(6000), bad)
    sources, node_of = found.sources_.compute(), found.node_of_.compute()
    assert np.isnan(sources[bad]).all()
    assert (node_of[bad] == -1).all()
    alone = model().fit(X[good])
    np.testing.assert_allclose(sources[good], alone.sources_, atol=1e-9)
    assert np.isnan(found.transform(da.from_array(X, chunks=1000)).compute()[bad]).all()


def test_all_rows_bad():
    with pytest.raises(ValueError, match="all rows of the Dask array are NaN or infinite"):
        model().fit(da.full((5000, 5), np.nan, chunks=1000))


def test_outliers_are_set_aside():
    X = np.concatenate([ROWS[0], 30 + np.random.default_rng(0).normal(size=(20, 5))])
    with pytest.warns(AssumptionWarning, match="far-from-manifold"):
        one = model().fit(X)
    with pytest.warns(AssumptionWarning, match="far-from-manifold"):
        found = model().fit(da.from_array(X, chunks=1000))
    assert found.report_.n_outliers == one.report_.n_outliers >= 20
    assert found.report_.n_far == one.report_.n_far
    np.testing.assert_array_equal(found.node_of_.compute(), one.node_of_)
    np.testing.assert_allclose(found.sources_.compute(), one.sources_, atol=1e-9)


def test_wide_float32_rows():
    X = shapes_xy(3000, size=24, random_state=0)[0].astype(np.float32)
    one = HessianEigenmaps(n_nodes=200, random_state=0)
    found = HessianEigenmaps(n_nodes=200, random_state=0)
    with pytest.warns(AssumptionWarning):
        one.fit(X)
    with pytest.warns(AssumptionWarning):
        found.fit(da.from_array(X, chunks=500))
    assert found.embedding_.dtype == np.float32
    np.testing.assert_allclose(found.embedding_.compute(), one.embedding_, atol=1e-4)


def test_maps_are_lazy(single, tmp_path: Path):
    X = da.from_array(ROWS[0], chunks=1000)
    codes = single.transform(X)
    assert codes.npartitions == 6
    np.testing.assert_allclose(codes.compute(), single.transform(ROWS[0]), atol=1e-12)
    back = single.inverse_transform(codes)
    assert back.shape == (6000, 5)
    np.testing.assert_allclose(
        back[:1000].compute(), single.inverse_transform(single.transform(ROWS[0][:1000])), atol=1e-9
    )
    other = np.column_stack([ROWS[0], ROWS[0]])
    both = single.inverse_transform(codes, rows=other)
    np.testing.assert_allclose(both[:9].compute(), np.tile(back[:9].compute(), 2), atol=1e-9)
    found = model().fit(X)
    np.testing.assert_allclose(found.transform(ROWS[0]), single.transform(ROWS[0]), atol=1e-9)
    found.sources_.to_zarr(str(tmp_path / "sources.zarr"))
    np.testing.assert_array_equal(
        da.from_zarr(str(tmp_path / "sources.zarr")).compute(), found.sources_.compute()
    )
    found.save(tmp_path / "model.hessmap")
    again = load(tmp_path / "model.hessmap")
    assert not hasattr(again, "sources_")
    np.testing.assert_array_equal(again.transform(ROWS[0]), found.transform(ROWS[0]))


def test_what_cannot_be_is_said_at_once(tmp_path: Path):
    X = da.from_array(ROWS[0], chunks=1000)
    with pytest.raises(ValueError, match="`out` must be None with a Dask collection"):
        model().fit(X, out=tmp_path)
    with pytest.raises(ValueError, match="`n_nodes` must not ask for every row"):
        model(n_nodes=None).fit(X)
    with pytest.raises(ValueError, match="`precomputed_knn` must not ask"):
        model(n_nodes="auto", precomputed_knn=(np.zeros((6000, 9)),) * 2).fit(X)
    with pytest.raises(ValueError, match="must be a table"):
        model().fit(da.zeros((10, 4, 4)))
    with pytest.raises(ValueError, match="real numbers; the Dask array has the dtype complex128"):
        model().fit(X.astype(complex))
    frame = dd.from_pandas(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), npartitions=1)
    with pytest.raises(ValueError, match="in column 'b'"):
        model().fit(frame)
    with pytest.raises(ValueError, match="`n_components` must not exceed"):
        model(n_nodes="auto").set_params(n_components=9).fit(X)
    fitted = model().fit(X)
    with pytest.raises(ValueError, match="`X` must have 5 columns, as in the fit"):
        fitted.transform(X[:, :3])
    with pytest.raises(ValueError, match="`Y` must have 2 columns"):
        fitted.inverse_transform(X)


def pieces(lengths: list[int], held: int = 1200) -> da.Array:
    """Five partitions of 1,200 rows that claim to have other lengths."""
    made = dask.delayed(lambda i: ROWS[0][held * i : held * (i + 1)])
    return da.concatenate([da.from_delayed(made(i), (n, 5), float) for i, n in enumerate(lengths)])


def test_partitions_that_are_not_what_they_say():
    with pytest.raises(ValueError, match="partition 1 has 1200 rows, not 1000"):
        model().fit(pieces([1200, 1000, 1200, 1200, 1200]))
    fitted = model().fit(pieces([1200] * 5))
    with pytest.raises(ValueError, match="partition 0 has 1200 rows, not 7"):
        fitted.transform(pieces([7, 1200])).compute()

    def swapped(i):
        frame = pd.DataFrame(ROWS[0][1200 * i : 1200 * (i + 1)], columns=list("abcde"))
        return frame[list("bacde")] if i == 2 else frame

    frame = dd.from_map(swapped, range(5), meta=swapped(0).iloc[:0], enforce_metadata=False)
    with pytest.raises(ValueError, match=r"the same columns in every partition; partition 2 has b"):
        model().fit(frame)
    lying = da.from_array(ROWS[0], chunks=1200).map_blocks(lambda b: b + 1j, dtype=float)
    with pytest.raises(ValueError, match=r"partition \d has the dtype complex128"):
        model().fit(lying)


def test_frames_of_delayed_parts(single):
    made = dask.delayed(
        lambda i: pd.DataFrame(ROWS[0][1200 * i : 1200 * (i + 1)], columns=list("abcde"))
    )
    meta = pd.DataFrame(ROWS[0][:0], columns=list("abcde"))
    frame = dd.from_delayed([made(i) for i in range(5)], meta=meta, verify_meta=False)
    assert_same(model().fit(frame), single)


@pytest.mark.parametrize("problem", [EOFError("no data left"), AssertionError("mine")])
def test_any_error_of_a_partition_is_named(problem):
    def fails(block, block_info=None):
        if block_info and block_info[0]["chunk-location"][0] == 2:
            raise problem
        return block

    rows = da.from_array(ROWS[0], chunks=1200).map_blocks(fails, dtype=float, meta=np.empty((0, 0)))
    with pytest.raises(ValueError, match=f"partition 2 of .*{type(problem).__name__}: {problem}"):
        model().fit(rows)


def test_no_rows_and_no_table():
    with pytest.raises(ValueError, match="the Dask array has 0"):
        model().fit(da.zeros((0, 5)))
    with pytest.raises(TypeError, match=r"a Dask array or data frame, .* got a Delayed"):
        model().fit(dask.delayed(ROWS[0]))


def test_masked_and_missing_values_are_no_numbers():
    X = ROWS[0].copy()
    X[5, 1] = 99
    masked = da.ma.masked_equal(da.from_array(X, chunks=1200), 99)
    frame = pd.DataFrame(ROWS[0], columns=list("abcde")).astype("Float64")
    frame.iloc[5, 1] = pd.NA
    for rows in (masked, dd.from_pandas(frame, npartitions=3)):
        with pytest.warns(AssumptionWarning, match="not-finite"):
            assert model().fit(rows).report_.n_not_finite == 1


def test_nothing_whole_comes_to_the_client(monkeypatch):
    """Not the partitions, nor anything as long as the rows."""
    sizes = []

    def weighed(task, **kwargs):
        (result,) = original(task, **kwargs)
        sizes.append(len(__import__("cloudpickle").dumps(result)))
        return (result,)

    original = dask.compute
    monkeypatch.setattr(dask, "compute", weighed)
    X = arcs(60_000, 2, n_features=5, noise=0.01, random_state=0)[0]
    model().fit(da.from_array(X, chunks=10_000))
    sample = 2400 * 5 * 8
    assert max(sizes) < 10 * sample < X.nbytes / 2


def test_a_draw_is_that_of_one_piece():
    rows = partitions_of(da.from_array(ROWS[0], chunks=(450, 2)))
    work = Draw(500, 3)
    state = work.begin()
    work.add(state, np.arange(6000), ROWS[0])
    found = rows.passed(work)[0]
    np.testing.assert_array_equal(found.numbers, state[0].numbers)
    np.testing.assert_array_equal(found.X, ROWS[0][found.numbers])


def test_a_bad_file_is_named_on_a_cluster(cluster, tmp_path: Path):
    rows = parquet(tmp_path)
    (tmp_path / "part.3.parquet").unlink()
    with pytest.raises(ValueError, match=r"partition 3 of .*part\.3\.parquet\) is not"):
        model().fit(rows)


def test_a_cluster_of_processes(cluster, single):
    X = da.from_array(ROWS[0], chunks=500)
    assert_same(model().fit(X), single)
    assert_same(model().fit(cluster.persist(X)), single)  # partitions that are futures


def test_a_checkpoint_of_a_cluster(cluster, single, tmp_path: Path):
    X = da.from_array(ROWS[0], chunks=500)
    first = model().fit(X, checkpoint=tmp_path)
    (tmp_path / "conclusion.hessmap").unlink()
    again = model().fit(X, checkpoint=tmp_path)
    np.testing.assert_array_equal(again.sources_.compute(), first.sources_.compute())
    assert_same(again, single)


def slow(block: np.ndarray) -> np.ndarray:
    """A partition that takes its time, so that a worker can be killed while it is read."""
    time.sleep(0.15)
    return block


@pytest.mark.parametrize("which", ["Draw", "Gather", "Embed"])
def test_a_worker_killed_during_a_pass(cluster, single, which, monkeypatch):
    """The scheduler does its tasks again elsewhere; the result is the undisturbed one."""
    killed = []
    cluster.wait_for_workers(2, timeout=300)  # one that was killed before comes back in its time
    pids = cluster.run(os.getpid)
    X = da.from_array(ROWS[0], chunks=500).map_blocks(slow, dtype=float)
    original = type(partitions_of(X)).passed

    def passed(self, work, *, there=False):
        if type(work).__name__ == which and not killed:
            victim = next(iter(pids.values()))
            killed.append(victim)
            threading.Timer(0.5, os.kill, (victim, signal.SIGKILL)).start()
        return original(self, work, there=there)

    monkeypatch.setattr(type(partitions_of(X)), "passed", passed)
    found = model().fit(X)
    assert killed
    cluster.wait_for_workers(2, timeout=300)
    assert killed[0] not in cluster.run(os.getpid).values()
    assert_same(found, single)
