"""The page that a report prints, word by word where a reader compares numbers."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from html import escape, unescape

import numpy as np
import pytest

from hessmap.diagnosis import Finding
from hessmap.diagnosis.shown import ABOUT_SINGLE_ROWS, JUDGED

from .reports import SOUND

BROKEN = replace(
    SOUND,
    findings=(
        Finding("one-code", "this <is> broken.", 2.0, 1.0),
        Finding("two", "that & so.", 1, 0),
    ),
)


def lines(report=SOUND):
    """What is shown of each number, by its name: one value, or several in lines of their own."""
    found: dict[str, str] = {}
    name = ""
    for line in str(report).splitlines()[1 + len(report.choices) :]:
        if line.startswith("   "):
            found[name] += "; " + line.strip()
        else:
            name, value = line.split(maxsplit=1)
            found[name] = value
    return found


def cells(report=SOUND):
    """The same of the table of HTML, with what is good."""
    found = re.findall(
        r"<tr><th[^>]*>(\w+)</th><td>(.*?)</td><td>(.*?)</td></tr>", report._repr_html_()
    )
    return {name: (value, good) for name, value, good in found[1:]}


def test_numbers_of_every_kind():
    shown = lines()
    assert shown["n_rows"] == "10000"
    assert shown["peak_bytes"] == "123456789"
    assert shown["operator"] == "hessian"
    assert shown["score"] == "0.9877  (good: near 1)"
    assert shown["eigen_residual"] == "1e-15"
    assert shown["source_kurtosis"] == "-1.2, -1.1  (good: not 0, or skewed)"
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
    assert shown["source_skewness"] == "0.333  (good: not 0, or kurtosis)"
    assert shown["mixing_error"] == "0.33"
    assert shown["resolutions"] == "1,000 (gap 0.33, disagreement 0.33)"


def test_what_is_not_known_and_what_does_not_apply():
    shown = lines(replace(SOUND, metric_distortion=np.nan, ring=None))
    assert shown["metric_distortion"] == "unknown  (good: < 0.035)"
    assert "ring" not in shown
    assert "None" not in str(replace(SOUND, ring=None))


def test_every_number_is_there_but_those_that_are_drawn():
    drawn = {"eigenvalues", "pair_distances", "dependence_matrix", "findings", "choices"}
    unknown = {"cone"}  # None in this report
    assert set(lines()) == {field.name for field in fields(SOUND)} - drawn - unknown


def test_numbers_stand_in_one_column():
    page = str(SOUND).splitlines()[1 + len(SOUND.choices) :]
    width = max(len(line.split()[0]) for line in page)
    for line in page:
        assert line.startswith("  ")
        assert line[2 + width : 4 + width] == "  "
        assert line[4 + width] != " "


def test_numbers_stand_beside_where_they_are_good():
    assert lines()["bottleneck"].endswith("  (good: > 0.22)")
    for name, value in lines().items():
        assert ("(good: " in value) == (name in JUDGED)
    for name, (value, good) in cells().items():
        assert good == escape(JUDGED[name][1] if name in JUDGED else "")
        assert lines()[name].startswith(unescape(value))
    assert set(cells()) == set(lines())
    assert cells()["resolutions"][0] == lines()["resolutions"]


def test_no_resolution_was_tried():
    assert lines(replace(SOUND, resolutions=()))["resolutions"] == "none"


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
    assert "<th style='text-align:left'>n_rows</th><td>10000</td><td></td></tr><tr>" in page
    assert page.startswith("<div><b>hessmap report</b><p>do not trust")
    assert page.endswith("</table></div>")


def test_html_has_no_heading_for_choices_that_were_not_made():
    assert "Chosen:" in SOUND._repr_html_()
    assert "Chosen:" not in replace(SOUND, choices={})._repr_html_()
    assert "<ul></ul><table>" in replace(SOUND, choices={})._repr_html_()
