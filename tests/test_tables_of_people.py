"""Tables as people have them: an index that was written along, words among numbers, gaps."""

import numpy as np
import pandas as pd
import pytest

import hessmap
from hessmap import HessianICA
from hessmap.datasets import arcs
from hessmap.plotting import interpolation
from hessmap.rows import opened

X, _ = arcs(400, 2, n_features=4, random_state=0)
TABLE = pd.DataFrame(X, columns=list("abcd"))


@pytest.mark.parametrize("index", [None, [f"particle {i}" for i in range(400)]])
def test_the_index_of_a_frame_is_left_out_of_csv_and_said(index, tmp_path):
    path = tmp_path / "rows.csv"
    TABLE.set_axis(index or range(400)).to_csv(path)
    with pytest.warns(hessmap.HessmapWarning, match="first column of .*rows.csv has no name"):
        rows = opened(path)
    assert rows.columns == list("abcd")
    np.testing.assert_array_equal(np.concatenate(list(rows.read())), X)


def test_cells_beside_an_index_are_named_by_their_columns(tmp_path):
    path = tmp_path / "rows.csv"
    TABLE.astype(object).replace(X[7, 2], "wet").to_csv(path)
    with (
        pytest.warns(hessmap.HessmapWarning, match="no name"),
        pytest.raises(ValueError, match=r"row 7 of .* has 'wet' in column c"),
    ):
        opened(path)


@pytest.mark.parametrize("index", [True, False])
def test_names_that_count_the_columns_are_no_row(index, tmp_path):
    path = tmp_path / "rows.csv"
    pd.DataFrame(X).to_csv(path, index=index)
    with pytest.warns(hessmap.HessmapWarning) as said:
        rows = opened(path)
    words = " ".join(str(one.message) for one in said)
    assert "first line of" in words
    assert "counts the columns, 0 to 3" in words
    assert ("has no name" in words) == index
    assert rows.columns == ["0", "1", "2", "3"]
    np.testing.assert_array_equal(np.concatenate(list(rows.read())), X)


def test_columns_without_names_are_no_index(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,,c\n1,2,3\n", encoding="utf-8")
    assert opened(path).n_columns == 3


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (-np.inf, "an infinity")])
@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame])
def test_gaps_are_named_by_row_and_column(value, word, form):
    gaps = X.copy()
    gaps[12, 3] = value
    with pytest.raises(ValueError, match=f"`X` must be finite; row 12, column 3 is {word}"):
        HessianICA().fit(form(gaps))
    model = HessianICA(random_state=0).fit(X)
    with pytest.raises(ValueError, match=f"row 2, column 3 is {word}"):
        model.transform(gaps[10:20])


@pytest.mark.parametrize("cells", [slice(3), slice(None)])
def test_masked_cells_are_gaps(cells):
    mask = np.zeros(X.shape, dtype=bool)
    mask[cells, 1] = True
    gaps = np.ma.masked_array(X, mask)
    model = HessianICA(random_state=0).fit(np.ma.masked_array(X, mask=False))
    message = f"`X` must be complete; {mask.sum()} of its cells are masked"
    for function in (HessianICA().fit, model.transform):
        with pytest.raises(ValueError, match=message):
            function(gaps)
    with pytest.raises(ValueError, match="`rows` must be complete"):
        model.inverse_transform(model.sources_, rows=gaps)
    with pytest.raises(ValueError, match="`Y` must be complete"):
        model.inverse_transform(gaps[:, :2])


def test_a_column_may_have_any_name():
    names = [f"_{j}" for j in range(X.shape[1])]
    one, other = (
        HessianICA(random_state=0).fit(pd.DataFrame(X, columns=[first, *names[1:]]))
        for first in ("_mask", "_0")
    )
    np.testing.assert_array_equal(one.sources_, other.sources_)


TIMES = pd.date_range("2020", periods=400)


@pytest.mark.parametrize("times", [TIMES, TIMES.tz_localize("UTC"), TIMES - TIMES[0]])
def test_times_are_no_numbers(times):
    with pytest.raises(ValueError, match=r"column 'when' does not .*\. Leave it out, or write"):
        HessianICA().fit(TABLE.assign(when=times))


def test_arrays_of_times_are_no_numbers():
    with pytest.raises(ValueError, match=r"hold numbers; it holds datetime64\[D\]\. Leave"):
        HessianICA().fit(np.zeros((400, 3), dtype="datetime64[D]"))


def test_what_could_be_made_a_table_is_told_how(tmp_path):
    with pytest.raises(TypeError, match=r"column 'a' is not .*X\.sparse\.to_dense\(\)"):
        HessianICA().fit(TABLE.astype(pd.SparseDtype(float)))
    np.savez(tmp_path / "rows.npz", rows=X)
    with np.load(tmp_path / "rows.npz") as file, pytest.raises(TypeError, match="npz file of rows"):
        HessianICA().fit(file)
    polars = pytest.importorskip("polars")
    with pytest.raises(TypeError, match=r"got a LazyFrame\. Pass X\.collect\(\)"):
        HessianICA().fit(polars.from_pandas(TABLE).lazy())
    dates = polars.from_pandas(TABLE.assign(when=TIMES))
    with pytest.raises(ValueError, match="column 'when' does not"):
        HessianICA().fit(dates)


def test_codes_of_a_frame_have_to_be_in_order():
    model = HessianICA(random_state=0).set_output(transform="pandas").fit(TABLE)
    codes = model.transform(TABLE)
    np.testing.assert_allclose(model.inverse_transform(codes), X, atol=1e-6)
    with pytest.raises(ValueError, match=r"in the order hessianica0, .*got hessianica1, "):
        model.inverse_transform(codes[codes.columns[::-1]])


def test_a_fit_that_fails_leaves_the_one_before():
    model = HessianICA(random_state=0).fit(TABLE)
    before = model.transform(TABLE[:5])
    for table, rule in ((np.ones((3, 5)), "distinct rows|n_samples"), (X[:, :1], "n_components")):
        with pytest.raises(ValueError, match=rule):
            model.fit(table)
    assert model.n_features_in_ == 4
    assert list(model.feature_names_in_) == list("abcd")
    np.testing.assert_array_equal(model.transform(TABLE[:5]), before)


def test_columns_of_words_are_named():
    named = TABLE.assign(sample=[f"particle {i}" for i in range(400)])
    with pytest.raises(ValueError, match="`X` must hold numbers; column 'sample' does not"):
        HessianICA().fit(named)
    numbers = TABLE.astype(object)
    found = HessianICA(random_state=0).fit(numbers).sources_
    np.testing.assert_array_equal(found, HessianICA(random_state=0).fit(TABLE).sources_)


def test_pictures_of_a_frame_are_drawn_without_a_warning_about_names():
    model = HessianICA(random_state=0).fit(TABLE)
    interpolation(model, TABLE.iloc[0], TABLE.iloc[1], (2, 2), n_steps=3)
