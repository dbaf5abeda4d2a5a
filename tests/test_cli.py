"""The command ``hessmap``."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

import hessmap
from hessmap import HessianICA
from hessmap.cli import arguments, main
from hessmap.datasets import arcs, shapes_xy
from hessmap.pictures import Blur

X, _ = arcs(600, 2, n_features=6, noise=0.02, random_state=0)
LEVELS = np.rint(255 * shapes_xy(400, size=20, side=8, random_state=0)[0]).astype(np.uint8)
PICTURES = LEVELS.astype(np.float32) / np.float32(255)
RUN = {
    "embedding.npy", "model.hessmap", "node_of.npy", "report.html", "report.txt", "settings.json",
    "sources.npy",
}  # fmt: skip


def npy(path):
    np.save(path / "rows.npy", X)
    return path / "rows.npy"


def npz(path):
    np.savez(path / "rows.npz", X)
    return path / "rows.npz"


def zarr(path):
    pytest.importorskip("zarr").save_array(str(path / "rows.zarr"), X)
    return path / "rows.zarr"


def hdf5(path):
    with pytest.importorskip("h5py").File(path / "rows.h5", "w") as file:
        file["rows"] = X
    return path / "rows.h5"


def parquet(path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    table = pyarrow.table({f"c{j}": column for j, column in enumerate(X.T)})
    files.write_table(table, path / "rows.parquet")
    return path / "rows.parquet"


def text(path):
    np.savetxt(path / "rows.csv", X, delimiter=",", fmt="%.17g")
    return path / "rows.csv"


def folder(path, n=400):
    image = pytest.importorskip("PIL.Image")
    (path / "pictures").mkdir()
    for number in range(n):
        levels = LEVELS[number].reshape(20, 20)
        image.fromarray(levels).save(path / "pictures" / f"p{number}.png")
    return path / "pictures"


def files_of(path):
    return set(os.listdir(path))


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


@pytest.fixture
def no_figures(monkeypatch):
    """As if matplotlib were not there."""
    monkeypatch.setattr("hessmap.cli.page.find_spec", lambda name: None)


def error(capsys, *words, code=1):
    """The one line that a command ends with."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == code
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("hessmap: ")
    return said


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


def test_pictures_that_have_moved(picture_run, tmp_path, capsys):
    few = folder(tmp_path, 30)
    said = error(capsys, "plot", picture_run, few, "--out", tmp_path / "figures")
    assert "DATA must be the rows of the run, 400 x 400;" in said


def test_a_run_is_not_replaced_unless_told(tmp_path, capsys, no_figures):
    path, run = npy(tmp_path), tmp_path / "run"
    words = ["fit", str(path), "--out", str(run), "--quiet"]
    assert main([*words, "--csv"]) == 0
    assert "or replace it by --force" in error(capsys, *words)
    assert main([*words, "--force", "--components", "1"]) == 0
    assert np.load(run / "sources.npy").shape == (600, 1)
    assert files_of(run) == RUN  # nothing is left of the run before


def bad_numbers(path):
    (path / "bad.csv").write_text("a,b\n1,2\n3,x\n")
    return path / "bad.csv"


def missing_cells(path):
    (path / "gaps.csv").write_text("a,b\n" + "1,2\n" * 20 + "3,\n")
    return path / "gaps.csv"


def corrupt_picture(path):
    (folder(path, 9) / "p3.png").write_bytes(b"\x89PNG")
    return path / "pictures"


def another_size(path):
    image = pytest.importorskip("PIL.Image")
    image.fromarray(LEVELS[0].reshape(20, 20)[:9]).save(folder(path, 9) / "p10.png")
    return path / "pictures"


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda path: path / "none.npy", [], "DATA must be .* there is no .*none.npy"),
        (lambda path: path, [], "holds none"),
        (lambda path: Path(__file__), [], "DATA must be a file that ends in .npy, .npz"),
        (bad_numbers, [], r"row 1 of .*bad.csv \(line 3\) has 'x' in column b"),
        (missing_cells, [], "DATA must be finite; row 20, column 1 of .*gaps.csv is nan"),
        (corrupt_picture, ["--blur", "0"], "the picture .*p3.png is not"),
        (corrupt_picture, [], "the picture .*p3.png is not"),
        (another_size, [], r"p10.png has 9 x 20 pixels \(grey\), p0.png has 20 x 20"),
        (npy, ["--components", "9"], "--components must not exceed the number of columns; got 9"),
        (npy, ["--n-neighbors", "3"], "--n-neighbors must exceed"),
        (npy, ["--blur", "2"], "--blur needs the shape of a picture .* add --shape"),
        (npy, ["--shape", "2,2", "--blur", "2"], "--shape must be .* product of 6, .* got 2,2"),
        (npy, ["--shape", "2,3", "--blur", "-1"], "--blur must be a finite number of at least 0"),
        (npy, ["--seed", "-1"], "--seed must be"),
        (npy, ["--settings", __file__], "--settings must be a settings.json of a run"),
    ],
)
def test_what_cannot_be_fitted_ends_in_one_line(make, options, message, tmp_path, capsys):
    (tmp_path / "data").mkdir()
    path, run = make(tmp_path / "data"), tmp_path / "run"
    assert re.search(message, error(capsys, "fit", path, "--out", run, "--quiet", *options))
    assert not run.exists()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fit"],
        ["fit", "rows.npy"],
        ["fit", "rows.npy", "--out", "run", "--components", "two"],
        ["fit", "rows.npy", "--out", "run", "--operator", "hess"],
        ["fit", "rows.npy", "--out", "run", "--verbose", "--quiet"],
        ["draw"],
    ],
)
def test_wrong_usage(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "usage: hessmap" in capsys.readouterr().err


def test_what_is_no_run_or_no_place(table_run, tmp_path, capsys):
    path = npy(tmp_path)
    assert "RUN must be a folder that" in error(capsys, "report", tmp_path)
    assert "--out must end in .npy" in error(
        capsys, "transform", table_run, path, "--out", tmp_path / "sources.txt"
    )
    assert "other than the rows" in error(capsys, "transform", table_run, path, "--out", path)
    assert "must be a folder; " in error(capsys, "fit", path, "--out", path)
    np.save(tmp_path / "sources.npy", X)
    source = tmp_path / "sources.npy"
    assert "what is read" in error(capsys, "fit", source, "--out", tmp_path)
    np.testing.assert_array_equal(np.load(source), X)
    assert "DATA must be given" in error(capsys, "fit", "--out", tmp_path / "run")


@pytest.mark.parametrize("stage", ["hessmap.pipeline.diagnose", "hessmap.cli.fitting.page"])
@pytest.mark.parametrize("old", [False, True])
def test_an_interrupted_fit_leaves_what_was_there(stage, old, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hessmap.cli.page.find_spec", lambda name: None)
    path, run = npy(tmp_path), tmp_path / "run"
    words = ["fit", str(path), "--out", str(run), "--quiet"]
    if old:
        assert main(words) == 0
        before = {name: (run / name).read_bytes() for name in RUN}

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(stage, interrupted)
    said = error(capsys, *words, "--force", "--components", "1", code=130)
    assert "interrupted" in said
    if old:
        assert {name: (run / name).read_bytes() for name in files_of(run)} == before
    else:
        assert not run.exists()


def test_unexpected_errors(table_run, capsys, monkeypatch):
    def broken(*_, **__):
        raise KeyError("word")

    monkeypatch.setattr("hessmap.cli.showing.opened_run", broken)
    assert "unexpected KeyError: 'word' (--debug shows where)" in error(capsys, "report", table_run)
    with pytest.raises(KeyError):
        main(["report", str(table_run), "--debug"])


@pytest.mark.parametrize("command", [[], ["fit"], ["transform"], ["report"], ["plot"], ["demo"]])
def test_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: {' '.join(['hessmap', *command])}")
    assert command == ["demo"] or ("examples:" in said and "exit codes: 0 ok" in said)


def test_options_are_those_of_the_package():
    from hessmap import eigen, functionals, ica, neighbors

    assert set(arguments.OPERATORS) == {*functionals.FUNCTIONALS, "auto"}
    assert arguments.NEIGHBORS == neighbors.METHODS
    assert arguments.SOLVERS == eigen.SOLVERS
    assert arguments.CONTRASTS == ica.CONTRASTS


def test_as_a_process(tmp_path):
    command = [sys.executable, "-m", "hessmap"]
    done = subprocess.run(
        [*command, "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == f"hessmap {hessmap.__version__}\n"
    done = subprocess.run(
        [*command, "fit", str(tmp_path / "none.npy"), "--out", str(tmp_path / "run")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("hessmap: DATA must be rows")
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == []


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom hessmap.cli import main\ntry: main(['fit', '--help'])\n"
        "except SystemExit: pass\nassert not {'numpy', 'numba', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, timeout=60)
