"""The page that a report prints, word by word where a reader compares numbers."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from hessmap.diagnosis import Finding
from hessmap.diagnosis.report import ABOUT_SINGLE_ROWS

from .reports import SOUND

BROKEN = replace(
    SOUND,
    findings=(
        Finding("one-code", "this <is> broken.", 2.0, 1.0),
        Finding("two", "that & so.", 1, 0),
    ),
)


def lines(report=SOUND):
    """What is shown of each number, by its name."""
    numbers = [line.split(maxsplit=1) for line in str(report).splitlines()]
    return {name: value for name, value in numbers if not value.startswith("=")}


def test_numbers_of_every_kind():
    shown = lines()
    assert shown["n_rows"] == "10000"
    assert shown["peak_bytes"] == "123456789"
    assert shown["operator"] == "hessian"
    assert shown["score"] == "0.9877"
    assert shown["eigen_residual"] == "1e-15"
    assert shown["source_kurtosis"] == "-1.2, -1.1"
    assert shown["mixing_error"] == "0.01, 0.02; 0.03, 0.04"
    assert shown["stage_seconds"] == "rows 0.12, graph 1.00"
    assert shown["resolutions"] == (
        "1,000 (gap 0.25, disagreement 0.5); 2,000 (gap 0.02, disagreement 0.001)"
    )


def test_digits_of_long_numbers():
    third = 1 / 3
    report = replace(
        SOUND,
        ring=third,
        source_skewness=np.array([third]),
        mixing_error=np.array([[third]]),
        resolutions=(SOUND.resolutions[0]._replace(spectral_gap=third, disagreement=third),),
    )
    shown = lines(report)
    assert shown["ring"] == "0.3333"
    assert shown["source_skewness"] == "0.333"
    assert shown["mixing_error"] == "0.33"
    assert shown["resolutions"] == "1,000 (gap 0.33, disagreement 0.33)"


def test_what_is_not_known_and_what_does_not_apply():
    shown = lines(replace(SOUND, metric_distortion=np.nan, ring=None))
    assert shown["metric_distortion"] == "unknown"
    assert "ring" not in shown
    assert "None" not in str(replace(SOUND, ring=None))


def test_every_number_is_there_but_those_that_are_drawn():
    drawn = {"eigenvalues", "pair_distances", "dependence_matrix", "findings", "choices"}
    unknown = {"cone"}  # None in this report
    assert set(lines()) == {field.name for field in fields(SOUND)} - drawn - unknown | {"hessmap"}


def test_numbers_stand_in_one_column():
    page = str(SOUND).splitlines()[1 + len(SOUND.choices) :]
    width = max(len(line.split()[0]) for line in page)
    for line in page:
        assert line.startswith("  ")
        assert line[2 + width : 4 + width] == "  "
        assert line[4 + width] != " "


def test_choices_and_findings_stand_before_the_numbers():
    text = str(BROKEN).splitlines()
    assert text[:5] == [
        "hessmap report: do not trust this result before reading on (expected MCC 0.9877).",
        "  ! one-code: this <is> broken.",
        "  ! two: that & so.",
        "  n_neighbors = 16: the 16 nearest",
        "  n_nodes = 2000: <all> & more",
    ]
    assert text[5].split() == ["n_rows", "10000"]


@pytest.mark.parametrize("report", [SOUND, BROKEN])
def test_verdict(report):
    words = "nothing was found" if report is SOUND else "do not trust"
    assert report.ok == (report is SOUND)
    assert words in str(report).splitlines()[0]
    assert words in report._repr_html_()
    without = replace(report, source_kurtosis=None)
    assert "(expected MCC" in str(report)
    assert "MCC" not in str(without)
    assert str(without).splitlines()[0].endswith(".")


@pytest.mark.parametrize("code", ABOUT_SINGLE_ROWS)
def test_rows_that_were_left_out_do_not_speak_against_the_others(code):
    aside = Finding(code, "some rows lie far off.", 3, 0)
    first = str(replace(SOUND, findings=(aside,))).splitlines()[0]
    assert "some rows were left out, and nothing was found against the others" in first
    both = replace(BROKEN, findings=(aside, *BROKEN.findings))
    assert "do not trust" in str(both).splitlines()[0]
    assert not replace(SOUND, findings=(aside,)).ok


def test_html_escapes_what_is_shown():
    page = BROKEN._repr_html_()
    assert "<li><b>one-code</b>: this &lt;is&gt; broken.</li><li><b>two</b>: that &amp; " in page
    assert "<li>n_nodes = 2000: &lt;all&gt; &amp; more</li>" in page
    assert "<th style='text-align:left'>n_rows</th><td>10000</td></tr><tr>" in page
    assert page.startswith("<div><b>hessmap report</b><p>do not trust")
    assert page.endswith("</table></div>")


def test_html_has_no_heading_for_choices_that_were_not_made():
    assert "Chosen:" in SOUND._repr_html_()
    assert "Chosen:" not in replace(SOUND, choices={})._repr_html_()
    assert "<ul></ul><table>" in replace(SOUND, choices={})._repr_html_()
