"""Rows from .csv files and from folders of pictures."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap import HessianEigenmaps, HessianICA
from hessmap.datasets import arcs, shapes_xy
from hessmap.rows import opened

X, _ = arcs(600, 2, n_features=4, random_state=0)
PICTURES, _ = shapes_xy(300, size=16, side=6, random_state=0)
LEVELS = np.rint(255 * PICTURES / PICTURES.max()).astype(np.uint8).reshape(300, 16, 16, 1)


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def csv(path, rows=X, header="a,b,c,d"):
    np.savetxt(path, rows, delimiter=",", header=header, comments="", fmt="%.17g")
    return path


def folder(path, pictures=LEVELS[:, :, :, 0], name="{}.png"):
    image = pytest.importorskip("PIL.Image")
    path.mkdir(exist_ok=True)
    for number, levels in enumerate(pictures):
        image.fromarray(levels).save(path / name.format(number))
    return path


def whole(path):
    return np.concatenate(list(opened(path).read()))


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
@pytest.mark.parametrize("n_nodes", ["auto", None])
def test_the_same_answer_from_csv(n_nodes, tmp_path, monkeypatch):
    monkeypatch.setattr("hessmap.rows.text.BLOCK_BYTES", 5000)
    path = csv(tmp_path / "rows.csv")
    assert len(list(opened(path).read())) > 3
    model = HessianICA(random_state=0, n_nodes=n_nodes).fit(path)
    expected = HessianICA(random_state=0, n_nodes=n_nodes).fit(X)
    np.testing.assert_array_equal(model.sources_, expected.sources_)
    np.testing.assert_array_equal(model.transform(path), expected.transform(X))
    assert list(model.feature_names_in_) == ["a", "b", "c", "d"]
    turned = csv(tmp_path / "turned.csv", header="d,c,b,a")
    with pytest.raises(ValueError, match="must have the columns of the fit in their order, a, b"):
        model.transform(turned)


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("1,2\n3,4\n", None, [[1, 2], [3, 4]]),
        ("\n\n1,2\n\n3,-4e-3", None, [[1, 2], [3, -0.004]]),
        ("\ufeffa, b\r\n1, 2\r\n", ["a", "b"], [[1, 2]]),
        ('"a,\n1",b\n"1",2\n', ["a,\n1", "b"], [[1, 2]]),
        (",0,2\n7,1,2\n", None, "names and|numbers and empty cells"),
        ("0\n1\n", None, [[0], [1]]),
        ("1,0\n1,2\n", None, [[1, 0], [1, 2]]),
        ("a\n1\n2\n", ["a"], [[1], [2]]),
        ("a,a\n1,2\n", ["a", "a"], [[1, 2]]),
    ],
)
def test_the_first_line(text, names, rows, tmp_path):
    path = written(tmp_path / "rows.csv", text)
    if isinstance(rows, str):
        with pytest.raises(ValueError, match=rows):
            opened(path)
        return
    assert opened(path).columns == names
    np.testing.assert_array_equal(whole(path), rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"must have rows and columns; .*rows.csv is empty"),
        ("a,b\n", r"rows.csv has a first line and no row"),
        ("a,b\n1,2\n\n3,x\n", r"row 1 of .*rows.csv \(line 4\) has 'x' in column b"),
        ("1,2\n3,x\n", r"row 1 of .*rows.csv \(line 2\) has 'x' in column 1"),
        ("a,b\n1,2\n3\n", r"row 1 of .*rows.csv \(line 3\) has 1 cells, the first line has 2"),
        ("a,b\n1,2\n3,4,5\n", r"row 1 of .* has 3 cells"),
        ("a;b\n1;2\n", r"separated by commas, .* has ';' \(a;b\)\. .*sep=';'"),
        ("1,5;2,5\n2,5;3,5\n", r"has ';' \(1,5;2,5\)\. .*decimal=','"),
        ("a\tb\n1\t2\n", r"has '\\t' \("),
        ("# of May\na,b\n1,2\n", r"row 0 of .* has 2 cells, .* what is written above the table"),
        ("a,b\n" + "1,2\n" * 9 + "3,\n", r"`X` must be finite; row 9, column 1 of .*rows.csv is N"),
        ("a,b\n1,NA\n" + "1,2\n" * 9, r"row 0, column 1 of .*rows.csv is NaN"),
        ("a,b\n1,inf\n" + "1,2\n" * 9, r"row 0, column 1 of .*rows.csv is an infinity"),
    ],
)
def test_csv_that_is_no_table(text, message, tmp_path):
    path = written(tmp_path / "rows.csv", text)
    with pytest.raises(ValueError, match=message):
        HessianEigenmaps(1).fit(path)


def test_csv_that_is_one_endless_cell(tmp_path):
    path = written(tmp_path / "rows.csv", "1" * 200_000)
    with pytest.raises(ValueError, match=r"`X` must be readable; .*rows\.csv is not: field larger"):
        opened(path)


def test_csv_in_another_encoding(tmp_path):
    (tmp_path / "rows.csv").write_bytes("größe,b\n1,2\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"`X` must be readable; .*rows\.csv is not.*as UTF-8"):
        opened(tmp_path / "rows.csv")


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
def test_the_same_answer_from_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr("hessmap.rows.images.rows_in_block", lambda n_columns: 70)
    path = folder(tmp_path / "pictures")
    rows = (LEVELS[:, :, :, 0].reshape(300, -1) / np.float32(255)).astype(np.float32)
    np.testing.assert_array_equal(whole(path), rows)
    (path / "notes.txt").write_text("no picture")
    (path / "._1.png").write_bytes(b"")
    folder(path / "deeper", LEVELS[:2, :8, :8, 0])
    model = HessianICA(random_state=0).fit(str(path) + "/")
    expected = HessianICA(random_state=0).fit(rows)
    np.testing.assert_array_equal(model.sources_, expected.sources_)
    np.testing.assert_array_equal(model.transform(path), expected.transform(rows))
    assert model.sources_.dtype == np.float32


def test_every_kind_of_pixels(tmp_path):
    image = pytest.importorskip("PIL.Image")
    grey = LEVELS[0, :, :, 0]
    colour = np.stack([grey, 255 - grey, grey // 2], axis=2)
    opaque = np.dstack([colour, np.full_like(grey, 255)])
    clear = np.dstack([colour, np.zeros_like(grey)])
    kinds = {
        "grey": (image.fromarray(grey), grey / 255),
        "grey16": (image.fromarray(grey.astype(np.uint16) * 257), grey / 255),
        "one_bit": (image.fromarray(grey > 99), grey > 99),
        "colour": (image.fromarray(colour), colour / 255),
        "opaque": (image.fromarray(opaque), colour / 255),
        "clear": (image.fromarray(clear), np.zeros_like(colour)),
        "grey_alpha": (image.fromarray(grey).convert("LA"), grey / 255),
        "palette": (image.fromarray(grey).convert("P"), np.dstack([grey] * 3) / 255),
    }
    for kind, (picture, expected) in kinds.items():
        (tmp_path / kind).mkdir()
        picture.save(tmp_path / kind / "one.png")
        found = whole(tmp_path / kind)[0].reshape(expected.shape)
        np.testing.assert_allclose(found, expected, atol=1e-6, err_msg=kind)
    (tmp_path / "floats").mkdir()
    image.fromarray(grey.astype(np.float32) * 3).save(tmp_path / "floats" / "one.tif")
    np.testing.assert_array_equal(whole(tmp_path / "floats")[0], 3.0 * grey.ravel())


def test_pictures_are_sorted_as_people_do(tmp_path):
    from hessmap.rows.images import pictures

    folder(tmp_path, LEVELS[:12, :, :, 0], "view {}.png")
    folder(tmp_path, LEVELS[:2, :, :, 0], "A{}.PNG")
    names = [file.name for file in pictures(tmp_path).files]
    assert names == ["A0.PNG", "A1.PNG", *(f"view {number}.png" for number in range(12))]
    assert pictures(tmp_path).shape == (16, 16)


def damage(path, what):
    image = pytest.importorskip("PIL.Image")
    bad = path / "7.png"
    if what == "truncated":
        bad.write_bytes(bad.read_bytes()[:60])
    elif what == "text":
        bad.write_text("no picture")
    elif what == "size":
        image.fromarray(LEVELS[0, :8, :, 0]).save(bad)
    elif what == "colour":
        image.fromarray(LEVELS[0, :, :, 0]).convert("RGB").save(bad)
    elif what == "film":
        frames = [image.fromarray(LEVELS[k, :, :, 0]) for k in range(2)]
        bad.unlink()
        frames[0].save(path / "7.gif", save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("truncated", r"the picture .*7\.png is not"),
        ("text", r"the picture .*7\.png is not: cannot identify"),
        ("size", r"one shape; .*7\.png has 8 x 16 pixels \(grey\), 0.png has 16 x 16 pixels"),
        ("colour", r"7\.png has 16 x 16 pixels \(colour\), 0.png has 16 x 16 pixels \(grey\)"),
        ("film", r"the picture .*7\.gif is not: it holds 2 pictures"),
    ],
)
def test_a_picture_that_does_not_fit(what, message, tmp_path):
    path = folder(tmp_path / "pictures", LEVELS[:30, :, :, 0])
    damage(path, what)
    with pytest.raises(ValueError, match=message):
        HessianEigenmaps().fit(path)


def test_a_folder_without_pictures(tmp_path):
    (tmp_path / "rows.npy").write_bytes(b"")
    with pytest.raises(ValueError, match=r"folder with pictures \(.png, .* holds none"):
        HessianEigenmaps().fit(tmp_path)
