"""Rows from anywhere: the same answer as from memory, block by block."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import cache
from zipfile import ZipFile

import numpy as np
import pytest

from hessmap import HessianEigenmaps, HessianICA
from hessmap.datasets import arcs
from hessmap.rows import in_memory, opened
from hessmap.rows.draw import Draw, drawn
from hessmap.rows.hashes import hashed
from hessmap.stages import StageClock

X, _ = arcs(3000, 2, n_features=6, noise=0.03, random_state=0)
X = X.astype(np.float32)


@cache
def fitted(n_nodes):
    return HessianICA(random_state=0, n_nodes=n_nodes).fit(X)


def npy(path):
    np.save(path / "rows.npy", X)
    return path / "rows.npy"


def memory_map(path):
    return np.load(npy(path), mmap_mode="r")


def npz(path):
    np.savez_compressed(path / "rows.npz", rows=X, names=np.arange(3))
    return path / "rows.npz"


def fortran_npz(path):
    np.savez(path / "fortran.npz", rows=np.asfortranarray(X))
    return path / "fortran.npz"


def zarr_path(path):
    zarr = pytest.importorskip("zarr")
    zarr.save_array(str(path / "rows.zarr"), X)
    return path / "rows.zarr"


def zarr_array(path):
    return pytest.importorskip("zarr").open_array(str(zarr_path(path)), mode="r")


def hdf5(path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path / "rows.h5", "w") as file:
        file.create_dataset("deep/rows", data=X, chunks=(700, 6))
        file.create_dataset("labels", data=np.arange(9))
    return path / "rows.h5"


def hdf5_dataset(path):
    return pytest.importorskip("h5py").File(hdf5(path), "r")["deep/rows"]


def parquet(path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    table = pyarrow.table({f"c{j}": column for j, column in enumerate(X.T)})
    files.write_table(table, path / "rows.parquet", row_group_size=800)
    return path / "rows.parquet"


def parquet_file(path):
    from pyarrow import parquet as files

    return files.ParquetFile(parquet(path))


EVERYWHERE = [
    npy, memory_map, npz, fortran_npz, zarr_path, zarr_array, hdf5, hdf5_dataset, parquet,
    parquet_file,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
@pytest.mark.parametrize("n_nodes", ["auto", None])
@pytest.mark.parametrize("place", EVERYWHERE)
def test_the_same_answer_from_anywhere(place, n_nodes, tmp_path, monkeypatch):
    monkeypatch.setattr("hessmap.rows.BLOCK_ENTRIES", 6000)
    expected = fitted(n_nodes)
    source = place(tmp_path)
    model = HessianICA(random_state=0, n_nodes=n_nodes).fit(source)
    np.testing.assert_array_equal(model.sources_, expected.sources_)
    np.testing.assert_array_equal(model.node_of_, expected.node_of_)
    assert model.sources_.dtype == np.float32
    assert model.n_features_in_ == 6
    again = place(tmp_path) if "parquet_file" in place.__name__ else source
    np.testing.assert_array_equal(model.transform(again), expected.transform(X))


def test_columns_of_a_parquet_file_are_named(tmp_path):
    model = HessianEigenmaps(random_state=0).fit(parquet(tmp_path))
    assert list(model.feature_names_in_) == [f"c{j}" for j in range(6)]


def test_only_a_sample_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("hessmap.rows.BLOCK_ENTRIES", 3000)
    rows = opened(npy(tmp_path))
    clock = StageClock(verbose=False)
    sample = drawn(rows, 700, 3, clock)
    np.testing.assert_array_equal(sample.X, X[sample.numbers])
    assert len(np.unique(sample.numbers)) == 700
    assert drawn(rows, 3000, 3, clock).numbers is None


def test_a_sample_depends_on_the_rows_alone():
    """Not on their order, nor on the blocks in which they come; copies count once."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 3))
    clock = StageClock(verbose=False)
    whole = drawn(in_memory(X), 400, 1, clock)
    order = rng.permutation(5000)
    shuffled = drawn(in_memory(X[order]), 400, 1, clock)
    np.testing.assert_array_equal(shuffled.X, whole.X)
    np.testing.assert_array_equal(order[shuffled.numbers], whole.numbers)
    other = drawn(in_memory(X), 400, 2, clock)
    assert len(np.intersect1d(other.numbers, whole.numbers)) < 100
    doubled = drawn(in_memory(np.concatenate([X, -0.0 + X])), 400, 1, clock)
    np.testing.assert_array_equal(doubled.X, whole.X)
    assert doubled.n_copies == 400
    work = Draw(400, 1)
    parts = []
    for numbers in np.split(np.arange(5000), [10, 900, 901, 3000]):
        parts.append(work.begin())
        work.add(parts[-1], numbers, X[numbers])
    np.testing.assert_array_equal(work.merge(parts)[0].numbers, whole.numbers)


def test_a_sample_of_few_distinct_rows_is_all_of_them():
    X = np.repeat(np.random.default_rng(0).normal(size=(50, 2)), 40, axis=0)
    sample = drawn(in_memory(X), 100, 0, StageClock(verbose=False))
    assert len(sample.X) == 50
    assert sample.n_copies == 50 * 39
    np.testing.assert_array_equal(np.unique(sample.X, axis=0), np.unique(X, axis=0))


def test_a_sample_is_even():
    """The rows drawn look like all rows: hashes know nothing of the numbers that they are of."""
    X = np.arange(20000.0)[:, None] * [1, 2]
    sample = drawn(in_memory(X), 2000, 0, StageClock(verbose=False))
    counts = np.bincount(sample.numbers // 1000, minlength=20)
    assert ((counts - 100.0) ** 2 / 100).sum() < 44  # chi-squared, 19 degrees: one in a thousand


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_hashes_are_those_of_the_slow_way(dtype):
    def mix(one):
        for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
            one = ((one ^ (one >> 33)) * factor) % 2**64
        return one ^ (one >> 33)

    X = np.random.default_rng(0).normal(size=(50, 4)).astype(dtype)
    X[3, 1] = -0.0
    salt, start = 7, 0x9E3779B97F4A7C15
    expected = []
    for row in X + dtype(0):
        mixed = mix(start ^ salt)
        for bits in row.view(f"u{row.itemsize}").tolist():
            mixed = (mix(mixed ^ bits) + start) % 2**64
        expected.append(mixed)
    assert hashed(X, salt).tolist() == expected


def test_results_are_written_when_they_are_whole(tmp_path):
    out = tmp_path / "run"
    model = HessianICA(random_state=0).fit(npy(tmp_path), out=out)
    assert isinstance(model.embedding_, np.memmap)
    assert sorted(os.listdir(out)) == ["embedding.npy", "node_of.npy", "sources.npy"]
    np.testing.assert_array_equal(np.load(out / "sources.npy"), model.sources_)
    expected = HessianICA(random_state=0).fit(X)
    np.testing.assert_array_equal(model.sources_, expected.sources_)
    mapped = model.transform(X[:50], out=tmp_path / "new")
    np.testing.assert_array_equal(np.load(tmp_path / "new" / "sources.npy"), mapped)


def test_an_error_leaves_nothing_behind(tmp_path):
    path = npy(tmp_path)
    bad = np.load(path)
    bad[2900, 4] = np.nan
    np.save(path, bad)
    model = HessianICA(random_state=0).fit(X)
    with pytest.raises(ValueError, match=r"`X` must be finite; row 2900, column 4 of .*rows.npy"):
        model.transform(path, out=tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []
    with pytest.raises(ValueError, match="row 2900, column 4"):
        HessianICA(random_state=0).fit(path, out=tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


KILLED = """
import sys, time
import hessmap.extension.all_rows as all_rows
from hessmap import HessianICA
def slowly(*arguments, original=all_rows.transformed):
    print("half", flush=True)
    time.sleep(60)
    return original(*arguments)
all_rows.transformed = slowly
HessianICA(random_state=0, n_nodes=300).fit(sys.argv[1], out=sys.argv[2])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_fit_leaves_the_old_results_and_the_data(tmp_path):
    path, out = npy(tmp_path), tmp_path / "out"
    before = path.read_bytes()
    old = HessianICA(random_state=0, n_nodes=200).fit(path, out=out).sources_.copy()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), str(out)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "half\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert path.read_bytes() == before
    np.testing.assert_array_equal(np.load(out / "sources.npy"), old)
    visible = sorted(name for name in os.listdir(out) if not name.startswith("."))
    assert visible == ["embedding.npy", "node_of.npy", "sources.npy"]
    HessianICA(random_state=0).fit(path, out=out)
    assert sorted(os.listdir(out)) == visible


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda p: p / "none.npy", FileNotFoundError, "there is no .*none.npy"),
        (lambda p: p / "rows.txt", ValueError, "must be a file that ends in .npy, .npz"),
        (lambda p: p / "damaged.npy", ValueError, "`X` must be readable; .*damaged.npy is not"),
        (lambda p: p / "damaged.npz", ValueError, "`X` must be readable; .*damaged.npz is not"),
        (lambda p: p / "header.npy", ValueError, "`X` must be readable; .*header.npy is not"),
        (lambda p: p / "header.npz", ValueError, "`X` must be readable; .*header.npz is not"),
        (lambda p: p / "two.npz", ValueError, r"holds 2 two-dimensional arrays \(a.npy, b.npy"),
        (
            lambda p: p / "cube.npy",
            ValueError,
            r"has the shape \(2, 3, 4\). Write it with the rows",
        ),
        (lambda p: p / "text.npy", ValueError, "must hold real numbers; .*text.npy has the dtype"),
        (lambda p: p / "empty.npy", ValueError, r"must have rows and columns; .*empty.npy has"),
        (lambda p: p / "short.npz", ValueError, "must be readable|as it says"),
    ],
)
def test_files_that_are_no_table(make, error, message, tmp_path):
    (tmp_path / "rows.txt").write_text("1 2 3")
    (tmp_path / "damaged.npy").write_bytes(b"\x93NUMPY garbage")
    (tmp_path / "damaged.npz").write_bytes(b"PK garbage")
    np.savez(tmp_path / "two.npz", a=X, b=X)
    np.save(tmp_path / "cube.npy", np.zeros((2, 3, 4)))
    np.save(tmp_path / "text.npy", np.array([["a", "b"], ["c", "d"]]))
    np.save(tmp_path / "empty.npy", np.empty((10, 0)))
    header = b"\x93NUMPY\x01\x00" + bytes([12, 0]) + b"{'descr': ((\n"  # a TokenError
    (tmp_path / "header.npy").write_bytes(header)
    with ZipFile(tmp_path / "header.npz", "w") as archive:
        archive.writestr("X.npy", header)
    np.savez(tmp_path / "short.npz", X)
    whole = (tmp_path / "short.npz").read_bytes()
    (tmp_path / "short.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(error, match=message):
        HessianEigenmaps().fit(make(tmp_path))


def test_parquet_with_words_in_it(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    table = pyarrow.table({"a": [1.0, 2.0], "name": ["x", "y"]})
    files.write_table(table, tmp_path / "words.parquet")
    with pytest.raises(ValueError, match=r"must have columns of numbers; .* name are none"):
        HessianEigenmaps().fit(tmp_path / "words.parquet")


def test_a_file_of_another_width(tmp_path):
    model = HessianEigenmaps(random_state=0).fit(X)
    np.save(tmp_path / "narrow.npy", X[:, :4])
    with pytest.raises(ValueError, match=r"`X` must have 6 columns, as in the fit; .* has 4"):
        model.transform(tmp_path / "narrow.npy")


def test_columns_of_another_file_must_be_the_same(tmp_path):
    pandas = pytest.importorskip("pandas")
    from pyarrow import parquet as files

    table = pandas.DataFrame(X, columns=[f"c{j}" for j in range(6)])
    model = HessianEigenmaps(random_state=0).fit(table)
    table[table.columns[::-1]].to_parquet(tmp_path / "turned.parquet")
    with pytest.raises(
        ValueError, match=r"must have the columns of the fit in their order, c0, c1"
    ):
        model.transform(tmp_path / "turned.parquet")
    shuffled = table.sample(frac=1, random_state=0)
    shuffled.to_parquet(tmp_path / "shuffled.parquet")  # writes its index too
    assert "__index_level_0__" in files.read_schema(tmp_path / "shuffled.parquet").names
    expected = model.transform(shuffled)
    np.testing.assert_array_equal(model.transform(tmp_path / "shuffled.parquet"), expected)


def test_the_rows_are_never_written_over(tmp_path):
    np.save(tmp_path / "embedding.npy", X)
    before = (tmp_path / "embedding.npy").read_bytes()
    for source in (tmp_path / "embedding.npy", np.load(tmp_path / "embedding.npy", mmap_mode="r")):
        with pytest.raises(ValueError, match=r"`out` must not be the folder of the rows: .*embed"):
            HessianICA(random_state=0).fit(source, out=tmp_path)
    assert (tmp_path / "embedding.npy").read_bytes() == before
    (tmp_path / "run" / "sources.npy").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"`out` must have room for .*sources.npy"):
        HessianICA(random_state=0).fit(X, out=tmp_path / "run")


def test_one_row_and_rows_beyond_all_arithmetic(tmp_path):
    model = HessianEigenmaps(random_state=0).fit(X)
    np.save(tmp_path / "one.npy", X[:1])
    np.testing.assert_array_equal(model.transform(tmp_path / "one.npy"), model.transform(X[:1]))
    with pytest.raises(ValueError, match=r"must have at least 2 rows; .*one.npy has 1"):
        HessianEigenmaps().fit(tmp_path / "one.npy")
    rows = X[:4].astype(np.float64)
    rows[2] = 1e200
    with pytest.raises(ValueError, match="mark them with far='nan'"):
        model.transform(rows)
    with pytest.warns(match="1 of 4 rows"):
        marked = model.transform(rows, far="nan")
    np.testing.assert_array_equal(np.isnan(marked[:, 0]), [False, False, True, False])


def test_out_is_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"`out` must be a folder; .* is a file"):
        HessianEigenmaps().fit(X, out=tmp_path / "file")
    with pytest.raises(TypeError, match="`out` must be None or the path of a folder; got 3"):
        HessianEigenmaps().fit(X, out=3)
