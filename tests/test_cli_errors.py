"""The command ``hessmap`` where something is wrong."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import hessmap
from hessmap.cli import arguments, main

from .command_line import (
    LEVELS,
    RUN,
    X,
    error,
    files_of,
    folder,
    npy,
)


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
        (missing_cells, [], "DATA must be finite; row 20, column 1 of .*gaps.csv is NaN"),
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


def test_what_is_no_run_or_no_place(tmp_path, capsys):
    path = npy(tmp_path)
    assert "RUN must be a folder that" in error(capsys, "report", tmp_path)
    assert "--out must end in .npy" in error(
        capsys, "transform", "run", path, "--out", tmp_path / "sources.txt"
    )
    assert "other than the rows" in error(capsys, "transform", "run", path, "--out", path)
    assert "must be a folder; " in error(capsys, "fit", path, "--out", path)
    np.save(tmp_path / "sources.npy", X)
    source = tmp_path / "sources.npy"
    assert "what is read" in error(capsys, "fit", source, "--out", tmp_path)
    np.testing.assert_array_equal(np.load(source), X)
    assert "DATA must be given" in error(capsys, "fit", "--out", tmp_path / "run")


def test_files_of_others_are_not_replaced(tmp_path, capsys, no_figures):
    path, run = npy(tmp_path), tmp_path / "run"
    run.mkdir()
    for name in ("report.txt", "sources.csv"):
        (run / name).write_text("mine")
    assert "run has sources.csv, report.txt. Name" in error(capsys, "fit", path, "--out", run)
    assert (run / "report.txt").read_text() == "mine"
    assert main(["fit", str(path), "--out", str(run), "--quiet", "--force"]) == 0
    assert (run / "sources.csv").read_text() == "mine"  # which no run wrote


def test_a_transform_does_not_write_into_the_run(tmp_path, capsys, no_figures):
    path, run = npy(tmp_path), tmp_path / "run"
    assert main(["fit", str(path), "--out", str(run), "--quiet"]) == 0
    said = error(capsys, "transform", run, path, "--out", run / "sources.npy")
    assert "--out must be a file other than the rows and those of the run" in said
    np.save(run / "sources.npy", np.zeros((3, 2)))
    said = error(capsys, "report", run)
    assert "RUN must be whole; " in said
    assert "sources.npy has 3 rows, its settings say 600" in said


@pytest.mark.parametrize(
    "text",
    [
        '["data", "blur", "estimator"]',
        '{"data": {}, "blur": null, "estimator": {}}',
        '{"data": [1], "blur": null, "estimator": {}}',
        '{"data": {"path": "x", "absolute_path": "x", "rows": 1, "columns": 1, "shape": "ab"}, '
        '"blur": null, "estimator": {}}',
    ],
)
def test_broken_settings_are_named(text, tmp_path, capsys):
    (tmp_path / "settings.json").write_text(text)
    words = ["fit", "--settings", tmp_path / "settings.json", "--out", tmp_path / "run"]
    said = error(capsys, *words)
    assert "settings.json is none: " in said


@pytest.mark.usefixtures("no_figures")
def test_a_terminated_fit_leaves_nothing(tmp_path, capsys, monkeypatch):
    def terminated(*_, **__):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    monkeypatch.setattr("hessmap.conclude.diagnose", terminated)
    words = ["fit", npy(tmp_path), "--out", tmp_path / "run", "--quiet"]
    assert "interrupted" in error(capsys, *words, code=143)
    assert not (tmp_path / "run").exists()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize("stage", ["hessmap.conclude.diagnose", "hessmap.cli.fitting.page"])
@pytest.mark.parametrize("old", [False, True])
def test_an_interrupted_fit_leaves_what_was_there(stage, old, tmp_path, capsys, monkeypatch):
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


def test_unexpected_errors(capsys, monkeypatch):
    def broken(*_, **__):
        raise KeyError("word")

    monkeypatch.setattr("hessmap.cli.showing.opened_run", broken)
    assert "unexpected KeyError: 'word' (--debug shows where)" in error(capsys, "report", "run")
    with pytest.raises(KeyError):
        main(["report", "run", "--debug"])


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

    for name in (*functionals.FUNCTIONALS, "auto"):
        words = ["fit", "rows.npy", "--out", "run", "--operator", name]
        assert arguments.parsed(words).operator == name
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


def test_what_a_killed_run_left_is_cleared(tmp_path, no_figures):
    (tmp_path / "run" / ".hessmap-unfinished").mkdir(parents=True)
    (tmp_path / "run" / ".hessmap-unfinished" / "model.hessmap").write_text("half")
    assert main(["fit", str(npy(tmp_path)), "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert files_of(tmp_path / "run") == RUN
