"""The page of all metrics: which function gives each number, and how it is shown."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from hessmap.metrics import DCIScores, DisentanglementReport, disentanglement_report

NAMES = [field.name for field in fields(DisentanglementReport)][3:-1]
CODES, FACTORS, ROWS = np.zeros((5, 3)), np.ones((5, 2)), np.full((5, 4), 2.0)


@pytest.fixture
def calls(monkeypatch):
    """What every metric was called with, by its name; each returns a number of its own."""
    seen = {}

    def stand_in(name, result):
        def metric(*arguments, **settings):
            seen.setdefault(name, []).append((arguments, settings))
            return result(arguments[0]) if callable(result) else result

        monkeypatch.setattr(f"hessmap.metrics.report.{name}", metric)

    plain = ("beta_vae", "factor_vae", "mig", "modularity", "sap", "total_correlation")
    for k, name in enumerate([*plain, "mi_invariance", "local_isometry"]):
        stand_in(name, k / 8)
    stand_in("mcc", lambda codes: 0.75 + 0.125 * (codes is FACTORS))
    stand_in("dci", DCIScores(0.3, 0.4, 0.5, np.zeros((3, 2))))
    dependence = np.array([[1.0, 0.2, 0.6], [0.2, 1.0, 0.1], [0.6, 0.1, 1.0]])
    stand_in("pairwise_dependence", dependence)
    stand_in("predictability", np.array([0.1, 0.7, -0.2]))
    return seen


def test_each_number_is_that_of_its_function(calls):
    report = disentanglement_report(CODES, FACTORS, ROWS, random_state=7)
    assert report.as_dict() == {
        "n_rows": 5,
        "n_codes": 3,
        "n_factors": 2,
        "mcc": 0.75,
        "mcc_spearman": 0.75,
        "local_isometry": 7 / 8,
        "beta_vae": 0.0,
        "factor_vae": 1 / 8,
        "mig": 2 / 8,
        "modularity": 3 / 8,
        "disentanglement": 0.3,
        "completeness": 0.4,
        "informativeness": 0.5,
        "sap": 4 / 8,
        "total_correlation": 5 / 8,
        "mi_invariance": 6 / 8,
        "dependence": 0.6,
        "predictability": 0.7,
    }
    assert report.of_factors["mcc"] == 0.875
    assert set(report.of_factors) == set(NAMES)


def test_each_function_gets_codes_then_factors_and_the_seed(calls):
    disentanglement_report(CODES, FACTORS, ROWS, random_state=7)
    seed = {"random_state": 7}
    expected = {
        "local_isometry": [("X", "codes", seed)],
        "mcc": [
            ("codes", "factors", seed | {"held_out": True}),
            ("codes", "factors", seed | {"held_out": True, "method": "spearman"}),
        ],
    }
    expected |= {
        name: [("codes", "factors", seed)] for name in ("beta_vae", "factor_vae", "dci", "sap")
    }
    expected |= {name: [("codes", "factors", {})] for name in ("mig", "modularity")}
    alone = ("total_correlation", "mi_invariance", "pairwise_dependence", "predictability")
    expected |= {name: [("codes", {})] for name in alone}
    for name, of_codes in expected.items():
        half = len(calls[name]) // 2
        for codes, of_each in ((CODES, calls[name][:half]), (FACTORS, calls[name][half:])):
            tables = {"codes": codes, "factors": FACTORS, "X": ROWS}
            for (arguments, settings), (*wanted, wanted_settings) in zip(
                of_each, of_codes, strict=True
            ):
                assert settings == wanted_settings, name
                assert all(a is tables[b] for a, b in zip(arguments, wanted, strict=True)), name


def test_without_rows_there_is_no_local_isometry(calls):
    report = disentanglement_report(CODES, FACTORS)
    assert report.local_isometry is None
    assert "local_isometry" not in calls
    assert "isometry" not in str(report)
    assert calls["sap"][0][1] == {"random_state": None}


def test_lists_and_single_columns(calls):
    report = disentanglement_report([1.0, 2.0, 3.0], [[1.0], [2.0], [3.0]])
    assert (report.n_rows, report.n_codes, report.n_factors) == (3, 1, 1)


def test_page():
    numbers = {name: k / 16 for k, name in enumerate(NAMES)}
    ideal = {name: 1 - k / 16 for k, name in enumerate(NAMES)}
    report = DisentanglementReport(500, 3, 2, **numbers, of_factors=ideal)
    head, columns, *lines = str(report).splitlines()
    assert head == "3 codes against 2 factors, 500 rows"
    assert columns.split() == ["codes", "factors", "themselves"]
    assert {len(line) for line in lines} == {len(columns)} == {52}
    shown = {line[:24].rstrip(): (line[24:32].strip(), line[32:].strip()) for line in lines}
    assert len(shown) == len(NAMES) + 1
    assert [shown[name] for name in ("MCC", "1 - MCC", "MCC of ranks", "SAP")] == [
        ("0.0000", "1.0000"),
        ("1.0000", "0.0000"),
        ("0.0625", "0.9375"),
        ("0.6250", "0.3750"),
    ]
    assert [line[:24].rstrip() for line in lines][:3] == ["MCC", "1 - MCC", "MCC of ranks"]


@pytest.mark.parametrize("known", ["codes", "factors"])
def test_numbers_that_are_not_known_of_both_are_left_out(known):
    numbers = dict.fromkeys(NAMES, 0.5)
    unknown = numbers | {"local_isometry": None}
    pair = (numbers, unknown) if known == "codes" else (unknown, numbers)
    report = DisentanglementReport(5, 1, 1, **pair[0], of_factors=pair[1])
    assert "isometry" not in str(report)
    assert len(str(report).splitlines()) == 2 + len(NAMES)
