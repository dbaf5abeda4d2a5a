"""The demonstration that ``make demo`` runs."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hessmap import demo
from hessmap.datasets import arcs, shapes_xc, shapes_xy
from hessmap.metrics import mcc

FILES = {
    "embedding.png",
    "sources.png",
    "spectrum.png",
    "sources.npy",
    "embedding.npy",
    "report.txt",
}


def test_default_data(tmp_path, capsys):
    demo.main(["--out", str(tmp_path)])
    printed = capsys.readouterr().out
    with_ica = [float(v) for v in re.findall(r"MCC, HLLE \+ ICA +([\d.]+)", printed)]
    alone = [float(v) for v in re.findall(r"MCC, HLLE alone +([\d.]+)", printed)]
    assert len(with_ica) == len(alone) == 2
    assert min(with_ica) >= 0.998
    # how far off the embedding is by itself is chance: the axes of a square are arbitrary
    assert 1 - alone[0] > 100 * (1 - with_ica[0])
    for folder, with_, without in zip(("xy", "xc"), with_ica, alone, strict=True):
        _, factors = (shapes_xy if folder == "xy" else shapes_xc)(3000, random_state=0)
        for name, printed_score in (("sources", with_), ("embedding", without)):
            score = mcc(np.load(tmp_path / folder / f"{name}.npy"), factors)
            assert score == pytest.approx(printed_score, abs=1e-4)
    assert "local isometry" in printed
    assert "null_space" in printed
    for folder in ("xy", "xc"):
        written = {path.name for path in (tmp_path / folder).iterdir()}
        assert written == FILES | {"contours.png", "pictures.png"}
        assert all(path.stat().st_size > 5000 for path in (tmp_path / folder).glob("*.png"))
        assert np.load(tmp_path / folder / "sources.npy").shape == (3000, 2)
    assert "nothing was found against" in printed


def test_own_table(tmp_path, capsys):
    np.save(tmp_path / "rows.npy", arcs(400, 3, random_state=0)[0])
    out = tmp_path / "out"
    demo.main(["--data", str(tmp_path / "rows.npy"), "--components", "3", "--out", str(out)])
    assert {path.name for path in (out / "rows").iterdir()} == FILES
    assert "hessmap report" in (out / "rows" / "report.txt").read_text()
    assert "rows.npy: 400 rows x 6 columns" in capsys.readouterr().out


def test_own_pictures(tmp_path):
    pictures = (255 * shapes_xy(600, size=24, side=8, random_state=0)[0]).astype(np.uint8)
    np.save(tmp_path / "stack.npy", pictures.reshape(-1, 24, 24))
    out = tmp_path / "out"
    demo.main(["--data", str(tmp_path / "stack.npy"), "--blur", "2", "--out", str(out)])
    assert {path.name for path in (out / "stack").iterdir()} == FILES | {"pictures.png"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read"),
        (b"not numbers", "not a .npy file, or holds objects"),
        (b"", "it is empty"),
        (np.array([{}]), "not a .npy file, or holds objects"),
        (np.zeros((0, 4, 4)), "must hold a table"),
        (np.zeros(5), "must hold a table"),
        (np.zeros((3, 2)), "at least 6 distinct rows"),
    ],
)
def test_bad_files_end_in_one_line(tmp_path, content, message):
    path = tmp_path / "rows.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content)
    with pytest.raises(SystemExit, match=message):
        demo.main(["--data", str(path), "--out", str(tmp_path / "out")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--blur", "-1"], "`--blur` must be a finite number of at least 0; got -1"),
        (["--blur", "nan"], "`--blur` must be a finite number"),
        (["--components", "5"], "--components goes with --data"),
        (["--data", "{table}", "--blur", "2"], "--blur needs pictures"),
        (["--out", "{table}"], "--out must be a folder; .* is a file"),
    ],
)
def test_bad_options_end_in_one_line(tmp_path, arguments, message):
    table = tmp_path / "rows.npy"
    np.save(table, np.zeros((30, 4)))
    arguments = [argument.replace("{table}", str(table)) for argument in arguments]
    if "--out" not in arguments:
        arguments += ["--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit, match=message):
        demo.main(arguments)


def test_other_formats_are_named(tmp_path):
    with pytest.raises(SystemExit, match=r"must be a \.npy file"):
        demo.main(["--data", str(tmp_path / "rows.csv")])
