"""Models in files: the same model comes back, and no damage goes unnoticed."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
import pandas as pd
import pytest
import sklearn

import hessmap
from hessmap import HessianEigenmaps, HessianICA
from hessmap.datasets import arcs, cached, shapes_xy, swiss_roll
from hessmap.storage.container import HEADER_BYTES, read, write
from hessmap.storage.objects import Encoder, decoded


@pytest.fixture(scope="module")
def fitted() -> tuple[HessianICA, np.ndarray]:
    X = arcs(600, random_state=0)[0]
    return HessianICA(n_components=2, random_state=0).fit(X), X


def test_a_loaded_model_is_the_saved_one(fitted, tmp_path: Path):
    model, X = fitted
    model.save(tmp_path / "model.hessmap")
    again = hessmap.load(tmp_path / "model.hessmap")
    assert isinstance(again, HessianICA)
    assert again.get_params() == model.get_params()
    assert set(vars(again)) == set(vars(model))
    for name in ("embedding_", "sources_", "node_of_", "mixing_", "eigenvalues_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    np.testing.assert_array_equal(again.transform(X[:50]), model.transform(X[:50]))
    codes = model.sources_[:20]
    np.testing.assert_array_equal(again.inverse_transform(codes), model.inverse_transform(codes))
    assert str(again.report_) == str(model.report_)
    assert again.report_.choices == model.report_.choices
    np.testing.assert_equal(again.report_.resolutions, model.report_.resolutions)


def test_without_the_rows_it_still_maps(fitted, tmp_path: Path):
    model, X = fitted
    path = tmp_path / "small.hessmap"
    model.save(path, rows=False)
    again = hessmap.load(path)
    assert not hasattr(again, "sources_")
    np.testing.assert_array_equal(again.transform(X[:50]), model.transform(X[:50]))


def test_wide_float32_rows_with_names(tmp_path: Path):
    X = shapes_xy(300, size=32, random_state=0)[0].astype(np.float32)
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(X.shape[1])])
    with pytest.warns(hessmap.HessmapWarning):
        model = HessianEigenmaps(random_state=np.random.RandomState(0)).fit(frame)
    model.save(tmp_path / "wide.hessmap")
    again = hessmap.load(tmp_path / "wide.hessmap")
    assert again.random_state is None
    np.testing.assert_array_equal(again.feature_names_in_, model.feature_names_in_)
    np.testing.assert_array_equal(again.transform(frame[:9]), model.transform(frame[:9]))
    np.testing.assert_array_equal(
        again.inverse_transform(model.embedding_[:9]), model.inverse_transform(model.embedding_[:9])
    )


def test_any_damage_is_noticed(fitted, tmp_path: Path):
    model, _ = fitted
    path = tmp_path / "model.hessmap"
    model.save(path, rows=False)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for case in range(200):
        damaged = bytearray(whole)
        if case % 4 == 0:
            damaged = damaged[: rng.integers(len(whole))]
        elif case % 4 == 1:  # also in the first line
            damaged[rng.integers(HEADER_BYTES)] ^= 1 << int(rng.integers(8))
        else:
            damaged[rng.integers(len(whole))] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged"):
            hessmap.load(path)


def test_the_format_is_read_without_hessmap(fitted, tmp_path: Path):
    model, _ = fitted
    path = tmp_path / "model.hessmap"
    model.save(path)
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        name = manifest["attributes"]["dict"]["sources_"]["array"]
        with archive.open(f"{name}.npy") as member:
            found = np.lib.format.read_array(member, allow_pickle=False)
    np.testing.assert_array_equal(found, model.sources_)


def test_other_files_are_refused(fitted, tmp_path: Path):
    model, _ = fitted
    with pytest.raises(FileNotFoundError, match="there is no"):
        hessmap.load(tmp_path / "nothing")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ValueError, match="no file of hessmap"):
        hessmap.load(tmp_path / "text")
    write(tmp_path / "other", {"kind": "step"}, {})
    with pytest.raises(ValueError, match="must hold a model"):
        hessmap.load(tmp_path / "other")
    model.save(tmp_path / "newer")
    newer = b"hessmap 2" + (tmp_path / "newer").read_bytes()[9:]
    (tmp_path / "newer").write_bytes(newer)
    with pytest.raises(ValueError, match=r"format '2'.*install a newer one"):
        hessmap.load(tmp_path / "newer")
    with pytest.raises(TypeError, match="`path` must be"):
        hessmap.load(3)


def crafted(path: Path, body: bytes) -> Path:
    """A file with a true checksum."""
    path.write_bytes(f"hessmap 1 {sha256(body).hexdigest()}\n".encode() + body)
    return path


def zipped(members: dict[str, bytes], kind: int = ZIP_STORED) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def huge() -> bytes:
    file = BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    )
    return file.getvalue()


HULL = b'{"kind": "model", "class": "HessianICA", "parameters": {"dict": {}}, "attributes": '
EXTENSION = b'{"dict": {"_extension": {"object": "Extension", "fields": {}}}}}'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no archive", id="no archive"),
        pytest.param(zipped({}), id="no manifest"),
        pytest.param(zipped({"manifest.json": b"[1]"}), id="a list"),
        pytest.param(zipped({"manifest.json": b"[" * 100_000}), id="deep"),
        pytest.param(zipped({"manifest.json": HULL + b"{}}"}), id="nothing"),
        pytest.param(zipped({"manifest.json": HULL + EXTENSION}), id="lacking fields"),
        pytest.param(
            zipped({"manifest.json": HULL + b'{"dict": {"a_": {"array": "x"}}}}'}), id="no array"
        ),
        pytest.param(zipped({"manifest.json": HULL + b'{"dict": {"fit": 5}}}'}), id="a method"),
        pytest.param(zipped({"manifest.json": b"{}" + b" " * 9999}, ZIP_DEFLATED), id="packed"),
        pytest.param(zipped({"manifest.json": b"{}", "a.npy": huge()}), id="huge array"),
    ],
)
def test_crafted_files_make_nothing(body, tmp_path: Path):
    with pytest.raises(ValueError, match=r"crafted.*(damaged|compressed)"):
        hessmap.load(crafted(tmp_path / "crafted", body))


def test_what_later_versions_add_is_left_out(fitted, tmp_path: Path):
    model, X = fitted
    model.save(tmp_path / "model", rows=False)
    manifest, arrays = read(tmp_path / "model")
    manifest["parameters"]["dict"]["later"] = 1
    manifest["attributes"]["dict"]["_projection"]["fields"]["later"] = 1
    write(tmp_path / "later", manifest, arrays)
    again = hessmap.load(tmp_path / "later")
    np.testing.assert_array_equal(again.transform(X[:9]), model.transform(X[:9]))


@pytest.mark.parametrize("path", ["\0", "m" * 300])
def test_names_that_no_file_can_have(path, fitted, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, rows = fitted
    for name, call in (
        ("path", lambda: model.save(path)),
        ("path", lambda: hessmap.load(path)),
        ("X", lambda: HessianICA(random_state=0).fit(path)),
        ("out", lambda: HessianICA(random_state=0).fit(rows, out=path)),
        ("checkpoint", lambda: HessianICA(random_state=0).fit(rows, checkpoint=path)),
        ("folder", lambda: cached(swiss_roll, 9, random_state=0, folder=path)),
    ):
        with pytest.raises(ValueError, match=f"`{name}` must be .*; got '.*: .*"):
            call()
    assert not list(tmp_path.iterdir())


def test_a_model_is_saved_to_a_file(fitted, tmp_path: Path):
    with pytest.raises(ValueError, match=r"`path` must be the path of a file; .* is a folder"):
        fitted[0].save(tmp_path)


def test_what_cannot_be_read_again_is_not_written(fitted, tmp_path: Path):
    class Mine(HessianICA):
        pass

    with pytest.raises(TypeError, match="a Mine cannot be saved"):
        Mine(random_state=0).fit(fitted[1]).save(tmp_path / "mine")


def test_how_results_are_shown_is_kept_and_what_is_of_others_is_not(fitted, tmp_path: Path):
    model, X = HessianICA(random_state=0).set_output(transform="pandas").fit(fitted[1]), fitted[1]
    model._note = model.note = object()
    with sklearn.config_context(enable_metadata_routing=True):
        model.set_transform_request(far=True).save(tmp_path / "model.hessmap")
    again = hessmap.load(tmp_path / "model.hessmap")
    pd.testing.assert_frame_equal(again.transform(X[:5]), model.transform(X[:5]))
    assert not {"_note", "note"} & set(vars(again))


def test_no_name_but_ours_is_ever_made():
    for bad in ({"object": "Popen", "fields": {}}, {"pickle": "x"}):
        with pytest.raises(ValueError, match="cannot hold"):
            decoded(bad, {})
    with pytest.raises(TypeError, match="cannot be saved"):
        Encoder().encode(object())
    with pytest.raises(TypeError, match="cannot be saved"):
        Encoder().encode(np.array([object()]))


def test_values_come_back():
    encoder = Encoder()
    shared = np.arange(3.0)
    value = {"a": [1, 2.5, np.nan, -np.inf, None, True], "b": (shared, shared), "c": np.int64(3)}
    json.dumps(packed := encoder.encode(value), allow_nan=False)
    again = decoded(packed, encoder.arrays)
    np.testing.assert_equal(again, value)
    assert again["b"][0] is again["b"][1]


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "file"
    write(path, {"kind": "first"}, {})
    with pytest.raises(ValueError, match="allow_pickle"):
        write(path, {"kind": "second"}, {"a": np.array([object()])})
    assert read(path)[0] == {"kind": "first"}
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_load_is_found_at_first_use(fitted, tmp_path: Path):
    model, _ = fitted
    model.save(tmp_path / "model.hessmap")
    program = f"import hessmap; print(hessmap.load({str(tmp_path / 'model.hessmap')!r}).n_nodes_)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert int(done.stdout) == model.n_nodes_
