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
