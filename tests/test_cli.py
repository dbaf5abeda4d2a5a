"""The command ``hessmap``: what it writes is what Python gives."""

from __future__ import annotations

import csv
import json
import re
import sys

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

import hessmap
from hessmap import HessianICA
from hessmap.cli import main
from hessmap.cli.figures import drawings, png
from hessmap.cli.runs import opened_run
from hessmap.pictures import Blur

from .command_line import (
    PICTURES,
    RUN,
    X,
    error,
    files_of,
    folder,
    hdf5,
    npy,
    npz,
    parquet,
    text,
    zarr,
)


@pytest.fixture(scope="module")
def table_run(tmp_path_factory):
    """A run on a table, without its figures, which take most of the time."""
    path = tmp_path_factory.mktemp("table")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hessmap.cli.page.find_spec", lambda name: None)
        assert main(["fit", str(text(path)), "--out", str(path / "run"), "--quiet", "--csv"]) == 0
    return path / "run"


@pytest.fixture(scope="module")
def picture_run(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures")
    words = ["fit", str(folder(path)), "--out", str(path / "run"), "--blur", "2", "--quiet"]
    assert main(words) == 0
    return path / "run"


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
@pytest.mark.parametrize("place", [npy, npz, zarr, hdf5, parquet, text])
def test_every_format_gives_what_python_gives(place, tmp_path, no_figures):
    path, run = place(tmp_path), tmp_path / "run"
    assert main(["fit", str(path), "--components", "2", "--out", str(run), "--quiet"]) == 0
    expected = HessianICA(2, random_state=0).fit(X)
    for name in ("sources", "embedding", "node_of"):
        found = np.load(run / f"{name}.npy")
        np.testing.assert_array_equal(found, getattr(expected, f"{name}_"))
    assert files_of(run) == RUN
    assert hessmap.load(run / "model.hessmap").n_components_ == 2


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
def test_pictures_give_what_python_gives(picture_run):
    model = make_pipeline(Blur((20, 20), 2.0), HessianICA(2, random_state=0))
    np.testing.assert_array_equal(
        np.load(picture_run / "sources.npy"), model.fit_transform(PICTURES)
    )
    settings = json.loads((picture_run / "settings.json").read_text())
    assert settings["blur"] == {"asked": 2.0, "sigma": 2.0}
    assert settings["data"]["shape"] == [20, 20]
    assert settings["data"]["kind"] == "folder of pictures"


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
def test_pictures_without_smoothing_and_in_a_table(tmp_path, no_figures, monkeypatch):
    monkeypatch.setattr("hessmap.cli.data.Data.whole", None)  # nothing asks for all of them
    path = folder(tmp_path)
    assert main(["fit", str(path), "--blur", "0", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    expected = HessianICA(2, random_state=0).fit(PICTURES).sources_
    np.testing.assert_array_equal(np.load(tmp_path / "run" / "sources.npy"), expected)
    monkeypatch.undo()
    monkeypatch.setattr("hessmap.cli.page.find_spec", lambda name: None)
    np.save(tmp_path / "rows.npy", PICTURES)
    words = ["--shape", "20,20", "--blur", "auto", "--out", str(tmp_path / "auto"), "--quiet"]
    assert main(["fit", str(tmp_path / "rows.npy"), *words]) == 0
    model = make_pipeline(Blur((20, 20), "auto", random_state=0), HessianICA(2, random_state=0))
    expected = model.fit_transform(PICTURES)
    np.testing.assert_array_equal(np.load(tmp_path / "auto" / "sources.npy"), expected)


def test_a_run_is_repeated_exactly(picture_run, tmp_path, no_figures):
    again = tmp_path / "again"
    words = ["fit", "--settings", str(picture_run / "settings.json"), "--out", str(again)]
    assert main([*words, "--quiet"]) == 0
    np.testing.assert_array_equal(
        np.load(again / "sources.npy"), np.load(picture_run / "sources.npy")
    )
    before, after = (
        json.loads((path / "settings.json").read_text()) for path in (picture_run, again)
    )
    assert before["estimator"] == after["estimator"]
    assert before["blur"]["sigma"] == after["blur"]["sigma"]
    other = tmp_path / "other"
    assert main([*words[:-1], str(other), "--quiet", "--contrast", "cube", "--blur", "1"]) == 0
    settings = json.loads((other / "settings.json").read_text())
    assert settings["estimator"]["contrast"] == "cube"
    assert settings["blur"]["sigma"] == 1


def test_a_run_repeated_on_other_rows_is_said(table_run, tmp_path, no_figures, capsys):
    np.save(tmp_path / "fewer.npy", X[:500])
    settings = str(table_run / "settings.json")
    words = [str(tmp_path / "fewer.npy"), "--settings", settings, "--out", str(tmp_path / "run")]
    assert main(["fit", *words, "--quiet"]) == 0
    said = capsys.readouterr().err
    assert "hessmap: warning: the run that is repeated had 600 rows x 6 columns" in said


def test_what_is_printed(table_run, capsys, tmp_path, no_figures):
    path = npy(tmp_path)
    assert main(["fit", str(path), "--out", str(tmp_path / "run"), "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{path}: 600 rows x 6 columns\n2 components, ")
    assert "expected MCC 0." in said.out
    assert str(tmp_path / "run" / "report.html") in said.out
    assert said.err == ""
    with (table_run / "sources.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["row", "source_1", "source_2"]
    table = np.array(rows[1:], dtype=np.float64)
    np.testing.assert_array_equal(table[:, 0], np.arange(600))
    np.testing.assert_array_equal(table[:, 1:], np.load(table_run / "sources.npy"))


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".parquet"])
def test_new_rows(suffix, table_run, tmp_path, capsys):
    np.savetxt(tmp_path / "new.csv", X[:40], delimiter=",", fmt="%.17g")
    out = tmp_path / "deeper" / f"sources{suffix}"
    assert main(["transform", str(table_run), str(tmp_path / "new.csv"), "--out", str(out)]) == 0
    expected = hessmap.load(table_run / "model.hessmap").transform(X[:40])
    if suffix == ".npy":
        found = np.load(out)
    elif suffix == ".csv":
        found = np.loadtxt(out, delimiter=",", skiprows=1)[:, 1:]
    else:
        found = pytest.importorskip("pandas").read_parquet(out).to_numpy()[:, 1:]
    np.testing.assert_array_equal(found, expected)
    assert files_of(out.parent) == {out.name}
    assert "40 rows to 2 sources" in capsys.readouterr().out


def test_new_pictures_are_smoothed_like_the_old(picture_run, tmp_path, monkeypatch):
    monkeypatch.setattr("hessmap.rows.images.rows_in_block", lambda n_columns: 7)
    new = folder(tmp_path, 20)
    out = tmp_path / "sources.csv"
    assert main(["transform", str(picture_run), str(new), "--out", str(out)]) == 0
    blur = Blur((20, 20), 2.0).fit(PICTURES)
    expected = hessmap.load(picture_run / "model.hessmap").transform(blur.transform(PICTURES[:20]))
    rows = list(csv.reader(out.read_text().splitlines()))
    assert [row[0] for row in rows[1:4]] == ["p0.png", "p1.png", "p2.png"]
    found = np.array([row[1:] for row in rows[1:]], dtype=np.float32)
    np.testing.assert_array_equal(found, expected)


def test_rows_far_off(table_run, tmp_path, capsys):
    rows = X[:5].copy()
    rows[2] += 100
    np.save(tmp_path / "new.npy", rows)
    words = ["transform", str(table_run), str(tmp_path / "new.npy"), "--far", "nan"]
    assert main([*words, "--out", str(tmp_path / "out.npy")]) == 0
    assert np.isnan(np.load(tmp_path / "out.npy")[:, 0]).tolist() == [
        False,
        False,
        True,
        False,
        False,
    ]
    said = capsys.readouterr().err
    assert said.startswith("hessmap: warning: far-from-manifold: 1 of 5 rows")
    assert said.count("\n") == 1


def test_the_report(table_run, picture_run, tmp_path, capsys, no_figures):
    assert main(["report", str(table_run)]) == 0
    assert capsys.readouterr().out == (table_run / "report.txt").read_text()
    page = tmp_path / "page.html"
    model = hessmap.load(table_run / "model.hessmap")
    code = main(["report", str(table_run), "--html", str(page), "--strict"])
    assert code == (0 if model.report_.ok else 3)
    assert "<title>hessmap: rows.csv</title>" in page.read_text()


def test_a_page_takes_the_place_of_nothing_else(table_run, tmp_path, capsys):
    rows = table_run.parent / "rows.csv"
    before = {path: path.read_bytes() for path in (rows, *table_run.iterdir())}
    for path, rule in (
        (rows, "--html must end in .html, .htm"),
        (table_run / "model.hessmap", "--html must end in"),
        (tmp_path, "must end in"),
    ):
        assert rule in error(capsys, "report", table_run, "--html", path)
    (tmp_path / "page.html").mkdir()
    said = error(capsys, "report", table_run, "--html", tmp_path / "page.html")
    assert "--html must be a file; " in said
    assert {path: path.read_bytes() for path in before} == before
    named = tmp_path / "rows.html"
    named.symlink_to(rows)
    assert "other than the rows" in error(capsys, "report", table_run, "--html", named)
    assert rows.read_bytes() == before[rows]


def test_places_that_are_none_are_said(table_run, tmp_path, capsys):
    rows = table_run.parent / "rows.csv"
    assert "--out must be a folder; " in error(capsys, "plot", table_run, "--out", rows)
    said = error(capsys, "fit", rows, "--out", rows / "run")
    assert "rows.csv/run/.hessmap-unfinished cannot be read or written: not a directory. N" in said
    with pytest.raises(SystemExit, match=r"demo: --out must be a folder; .* is a file"):
        main(["demo", "--out", str(rows)])


def test_settings_are_found_in_the_folder_of_a_run(table_run, tmp_path, no_figures):
    out = tmp_path / "again"
    assert main(["fit", "--settings", str(table_run), "--out", str(out), "--quiet"]) == 0
    again, before = (np.load(run / "sources.npy") for run in (out, table_run))
    np.testing.assert_array_equal(again, before)


def test_findings_are_printed_and_count_with_strict(tmp_path, capsys, no_figures):
    noise = np.random.default_rng(0).normal(size=(500, 5))
    np.save(tmp_path / "noise.npy", noise)
    words = [str(tmp_path / "noise.npy"), "--out", str(tmp_path / "run"), "--quiet"]
    assert main(["fit", *words, "--n-nodes", "none"]) == 0
    said = capsys.readouterr()
    model = hessmap.load(tmp_path / "run" / "model.hessmap")
    assert not model.report_.ok
    assert model.n_nodes is None
    for finding in model.report_.findings:
        assert f"! {finding.code}: {finding.message}\n" in said.out
    assert "print `report_`" not in said.err
    assert main(["report", str(tmp_path / "run"), "--strict"]) == 3
    assert main(["report", str(tmp_path / "run")]) == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "components of" in page
    assert "independent factors of" not in page


def test_the_page_of_pictures(picture_run):
    page = (picture_run / "report.html").read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    assert "url(" not in page
    images = re.findall(r"<img [^>]*>", page)
    assert len(images) >= 8
    assert all('alt="' in image and "base64," in image for image in images)
    for part in ("Pictures along each source", "Spectrum", "settings.json", "Blur((20, 20), 2)"):
        assert part in page


def test_the_page_without_matplotlib(table_run):
    page = (table_run / "report.html").read_text()
    assert "<img" not in page
    assert "pip install &#x27;hessmap[plot]&#x27;" in page


def test_names_are_escaped(tmp_path, no_figures):
    path = tmp_path / "<b>&.npy"
    np.save(path, X)
    assert main(["fit", str(path), "--out", str(tmp_path / "run"), "--quiet"]) == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "<b>&.npy" not in page
    assert "&lt;b&gt;&amp;.npy" in page


def test_figures(picture_run, table_run, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    assert main(["plot", str(picture_run), "--out", str(tmp_path / "figures")]) == 0
    names = files_of(tmp_path / "figures")
    assert {"pictures.png", "traversals.png", "spectrum.png", "summary.png"} <= names
    printed = capsys.readouterr().out.splitlines()
    assert sorted(printed) == sorted(str(tmp_path / "figures" / name) for name in names)
    assert main(["plot", str(table_run), "--out", str(tmp_path / "table")]) == 0
    assert "pictures.png" not in files_of(tmp_path / "table")


def test_few_of_very_many_pictures_are_drawn(picture_run, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr("hessmap.cli.figures.MAX_PICTURES", 50)
    run = opened_run(picture_run, with_data=True)
    some, which = run.data.some(50)
    np.testing.assert_array_equal(some, PICTURES[which])
    drawing = next(iter(drawings(run)))
    assert drawing.name == "pictures"
    assert png(drawing).startswith(b"\x89PNG")


def test_pictures_that_have_moved(picture_run, tmp_path, capsys):
    few = folder(tmp_path, 30)
    said = error(capsys, "plot", picture_run, few, "--out", tmp_path / "figures")
    assert "DATA must be the rows of the run, 400 x 400;" in said


def test_without_matplotlib(table_run, picture_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = tmp_path / "page.html"
    assert main(["report", str(picture_run), "--html", str(page)]) == 0
    assert "<img" not in page.read_text()
    assert "Figures need matplotlib" in page.read_text()
    said = error(capsys, "plot", table_run, "--out", tmp_path / "figures")
    assert "plots need matplotlib: pip install" in said


def test_new_rows_must_look_like_the_old(picture_run, table_run, tmp_path, capsys):
    image = pytest.importorskip("PIL.Image")
    (tmp_path / "wide").mkdir()
    image.fromarray(np.zeros((10, 40), dtype=np.uint8)).save(tmp_path / "wide" / "one.png")
    words = [tmp_path / "wide", "--out", tmp_path / "out.npy"]
    said = error(capsys, "transform", picture_run, *words)
    assert "like the rows of the fit, pictures of 20 x 20; " in said
    np.save(tmp_path / "narrow.npy", X[:, :3])
    said = error(capsys, "transform", table_run, tmp_path / "narrow.npy", "--out", words[-1])
    assert "DATA must have 6 columns, as in the fit" in said
