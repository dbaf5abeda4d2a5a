"""Data sets that are made once: what is kept, what is made again, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import hessmap
from hessmap.datasets import cache_folder, cached, swiss_roll

CALLS = []


def counted(n, *shape, scale=1.0, how=None, random_state=None):
    CALLS.append(n)
    rng = np.random.default_rng(random_state)
    return rng.random((n, 3), dtype=np.float32), rng.integers(0, 5, size=(n, 2))


def failing(random_state=None):
    raise RuntimeError("out of luck")


def single(random_state=None):
    return np.zeros((3, 2))


def seedless(n=3):
    return np.zeros((n, 2)), np.zeros((n, 1))


@pytest.fixture(autouse=True)
def _no_calls():
    CALLS.clear()


def entries(folder):
    return sorted(folder.iterdir())


def test_the_second_call_reads_what_the_first_made(tmp_path):
    X, factors = cached(counted, 50, random_state=3, folder=tmp_path)
    again, same = cached(counted, n=50, scale=1.0, random_state=np.int64(3), folder=str(tmp_path))
    assert CALLS == [50]
    wanted, true = counted(50, random_state=3)
    for found in (X, again):
        assert isinstance(found, np.memmap)
        assert found.dtype == np.float32
        assert not found.flags.writeable
        np.testing.assert_array_equal(found, wanted)
    for found in (factors, same):
        assert found.dtype == true.dtype
        np.testing.assert_array_equal(found, true)
    (entry,) = entries(tmp_path)
    assert entry.name.startswith("counted-")
    assert {file.name for file in entry.iterdir()} == {"X.npy", "factors.npy", "settings.json"}
    settings = json.loads((entry / "settings.json").read_text())
    assert settings["function"].endswith("test_cache.counted")
    assert settings["parameters"]["random_state"] == 3
    assert settings["version"] == hessmap.__version__


def test_every_parameter_and_the_version_count(tmp_path, monkeypatch):
    calls = [
        {"random_state": 0},
        {"random_state": 1},
        {"random_state": 0, "scale": 2.0},
        {"random_state": 0, "scale": float("nan")},
        {"random_state": 0, "how": np.arange(3)},
        {"random_state": 0, "how": np.arange(3.0)},
        {"random_state": 0, "how": {"shape": range(2)}},
        {"random_state": 0, "how": ("a", None, np.float64(2), Path("a"))},
    ]
    for _ in range(2):
        for call in calls:
            cached(counted, 5, folder=tmp_path, **call)
    assert len(CALLS) == len(calls) == len(entries(tmp_path))
    cached(counted, 5, 2, random_state=0, folder=tmp_path)
    monkeypatch.setattr(hessmap, "__version__", "99")
    cached(counted, 5, random_state=0, folder=tmp_path)
    assert len(CALLS) == len(calls) + 2


def cut(entry):
    data = (entry / "X.npy").read_bytes()
    (entry / "X.npy").write_bytes(data[:-4])


def replace(entry):
    np.save(entry / "X.npy", np.zeros((3, 50), dtype=np.float32))  # as many bytes


HARM = {
    "rows cut short": cut,
    "rows of another shape": replace,
    "no factors": lambda entry: (entry / "factors.npy").unlink(),
    "no settings": lambda entry: (entry / "settings.json").unlink(),
    "settings that are no JSON": lambda entry: (entry / "settings.json").write_text("{"),
    "settings without sizes": lambda entry: (entry / "settings.json").write_text("{}"),
    "settings of another kind": lambda entry: (entry / "settings.json").write_text("[1]"),
    "rows that are no rows": lambda entry: (entry / "X.npy").write_bytes(b"x" * 728),
}


@pytest.mark.parametrize("harm", HARM)
def test_damaged_entries_are_made_again(harm, tmp_path):
    cached(counted, 50, random_state=3, folder=tmp_path)
    (entry,) = entries(tmp_path)
    HARM[harm](entry)
    with pytest.warns(hessmap.HessmapWarning, match=r"counted-.* is damaged \(.*made again"):
        X, _ = cached(counted, 50, random_state=3, folder=tmp_path)
    np.testing.assert_array_equal(X, counted(50, random_state=3)[0])
    assert entries(tmp_path) == [entry]
    cached(counted, 50, random_state=3, folder=tmp_path)  # and now without a warning
    assert CALLS == [50, 50, 50]


def test_two_processes_at_once(tmp_path):
    program = (
        "from hessmap.datasets import cached, swiss_roll\n"
        f"X, z = cached(swiss_roll, 20_000, random_state=0, folder={str(tmp_path)!r})\n"
        "print(X.shape, float(X.sum()), float(z.sum()))"
    )
    racing = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[0] for process in racing]
    assert said[0]
    assert set(said) == {said[0]}
    assert all(process.returncode == 0 for process in racing)
    assert len(entries(tmp_path)) == 1


def test_another_process_was_faster(tmp_path):
    """While this one was making the data, an entry came to be in its place, whole or damaged."""
    from hessmap.datasets import cache

    cached(counted, 50, random_state=3, folder=tmp_path)
    (entry,) = entries(tmp_path)
    settings = cache._settings(counted, (50,), {"random_state": 3})
    for harm in (None, cut):
        if harm:
            harm(entry)
        with cache._beside(entry) as new:
            cache._write(new, settings, counted(50, random_state=3))
            cache._put(new, entry, settings)
        X, _ = cache._opened(entry, settings)
        np.testing.assert_array_equal(X, counted(50, random_state=3)[0])
        assert entries(tmp_path) == [entry]


def test_nothing_is_left_of_what_fails(tmp_path, monkeypatch):
    with pytest.raises(RuntimeError, match="out of luck"):
        cached(failing, random_state=0, folder=tmp_path / "deep" / "down")
    assert entries(tmp_path) == []

    def full(*args, **kwargs):
        raise OSError("no space left")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="no space left"):
        cached(counted, 5, random_state=0, folder=tmp_path)
    assert entries(tmp_path) == []


def test_where_data_sets_are_kept(tmp_path, monkeypatch):
    monkeypatch.delenv("HESSMAP_DATA", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "hessmap"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == tmp_path / ".cache" / "hessmap"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / ".cache" / "hessmap"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "hessmap"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    assert cache_folder() == tmp_path / "AppData" / "Local" / "hessmap"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "hessmap"
    monkeypatch.setenv("HESSMAP_DATA", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    cached(swiss_roll, 10, random_state=0)
    assert len(entries(tmp_path / "mine")) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(cached, counted, 5), "`random_state` must be an int, so that .*; got None"),
        (partial(cached, counted, 5, random_state=True), "`random_state` must be an int"),
        (
            partial(cached, counted, 5, random_state=np.random.default_rng(0)),
            "`random_state` must be an int",
        ),
        (partial(cached, seedless), "`make` must have a parameter `random_state`; seedless has"),
        (partial(cached, lambda random_state: 1, random_state=0), "`make` must be a function of"),
        (partial(cached, partial(counted, 5), random_state=0), "`make` must be a function of"),
        (partial(cached, counted, 5, how=object(), random_state=0), "`how` must be made of num"),
        (
            partial(cached, counted, 5, how=np.datetime64("2020-01-01"), random_state=0),
            "`how` must be made of numbers",
        ),
        (partial(cached, counted, 5, how={1, 2}, random_state=0), "`how` must be made of numbers"),
        (partial(cached, single, random_state=0), "`make` must return two arrays.*single does not"),
        (partial(cached, counted, random_state=0), "missing a required argument: 'n'"),
    ],
)
def test_what_is_refused(call, message, tmp_path):
    with pytest.raises((TypeError, ValueError), match=message):
        call(folder=tmp_path)
    assert entries(tmp_path) == []


@pytest.mark.parametrize("folder", [3, np.array([]), object()])
def test_a_folder_is_a_path(folder):
    with pytest.raises(TypeError, match="`folder` must be a path or None; got"):
        cached(counted, 5, random_state=0, folder=folder)


def test_a_fit_reads_the_memory_map(tmp_path):
    X, factors = cached(swiss_roll, 800, random_state=0, folder=tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hessmap.AssumptionWarning)
        Y = hessmap.HessianICA(random_state=0).fit_transform(X)
    assert hessmap.metrics.mcc(Y, factors) > 0.95


def of_files(path, random_state):
    """Rows whose number is that of the bytes in a folder's files."""
    return np.zeros((sum(file.stat().st_size for file in Path(path).iterdir()), 2)), np.zeros(1)


def test_a_folder_is_known_by_its_files(tmp_path):
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "one").write_bytes(b"123")
    assert len(cached(of_files, folder, random_state=0, folder=tmp_path)[0]) == 3
    (folder / "one").write_bytes(b"12345")
    assert len(cached(of_files, folder, random_state=0, folder=tmp_path)[0]) == 5


class Maker:
    def rows(self, random_state):
        return np.zeros((2, 2)), np.zeros(2)


def test_a_method_has_more_parameters_than_it_shows(tmp_path):
    with pytest.raises(TypeError, match="`make` must be a function of a module"):
        cached(Maker().rows, random_state=0, folder=tmp_path)
