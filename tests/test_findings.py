"""Findings: on which side of its limit each number of a report has to lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hessmap.diagnosis.findings import (
    CLEAR_GAP,
    CONE,
    DEPENDENCE_DEVIATION,
    DEPENDENCE_ERRORS,
    FUNCTION_OF_OTHERS,
    GAUSSIAN,
    KNOWN_STABILITY,
    MAX_DEPENDENCE,
    MAX_DISAGREEMENT,
    MAX_DISTORTION,
    MAX_KURTOSIS,
    MAX_LEFTOVER,
    MAX_SPECTRAL_GAP,
    MIN_BOTTLENECK,
    MIN_LOCAL_ISOMETRY,
    MIN_NEIGHBORHOODS,
    MIN_SCORE,
    MIN_STABILITY,
    RING,
    findings,
    n_gaussian,
)

from .reports import SOUND

TOL = 1e-4
INDEPENDENT = np.eye(2)


def found(tol=TOL, **numbers):
    return list(findings(replace(SOUND, **numbers), tol, "Do this instead."))


def codes(**numbers):
    return [finding.code for finding in found(**numbers)]


def dependent(dependence, **numbers):
    """A report of three sources of which the last and the first depend on each other."""
    matrix = np.eye(3)
    matrix[0, 2] = matrix[2, 0] = dependence
    matrix[0, 1] = matrix[1, 0] = dependence / 2
    ends = {"source_kurtosis": np.full(3, -1.2), "source_skewness": np.zeros(3)}
    return found(**ends | {"source_dependence": dependence, "dependence_matrix": matrix} | numbers)


def test_nothing_is_found_against_sound_numbers():
    assert found() == []


NUMBERS = [
    ("bottleneck", MIN_BOTTLENECK, "below", "disconnected", {}),
    ("spectral_gap", MAX_SPECTRAL_GAP, "above", "no-spectral-gap", {}),
    ("disagreement", MAX_DISAGREEMENT, "above", "no-spectral-gap", {"spectral_gap": 0.5}),
    ("leftover_direction", MAX_LEFTOVER, "above", "not-isometric", {}),
    ("metric_distortion", MAX_DISTORTION, "above", "not-isometric", {}),
    ("metric_distortion", MAX_DISTORTION, "above", "not-isometric", {"operator": "laplacian"}),
    (
        "local_isometry",
        MIN_LOCAL_ISOMETRY,
        "below",
        "not-isometric",
        {"metric_distortion": np.nan},
    ),
    ("score", MIN_SCORE, "below", "not-isometric", {"metric_distortion": np.nan}),
    ("eigen_sin_bound", TOL, "above", "eigen-not-converged", {}),
    ("ica_stability", MIN_STABILITY, "below", "ica-unstable", {}),
    ("n_nodes", MIN_NEIGHBORHOODS * 16, "below", "too-few-neighbors", {}),
    ("n_not_finite", 0, "above", "not-finite", {}),
    ("n_far", 0, "above", "far-from-manifold", {"n_outliers": 5}),
]


@pytest.mark.parametrize(("name", "limit", "side", "code", "others"), NUMBERS)
def test_a_number_beyond_its_limit_is_found_and_its_limit_is_not(name, limit, side, code, others):
    step = 1 if isinstance(limit, int) else 1e-9
    beyond = limit + step if side == "above" else limit - step
    assert found(**others | {name: limit}) == []
    (finding,) = found(**others | {name: beyond})
    assert finding.code == code
    assert finding.value == beyond
    assert finding.threshold == limit


def test_largest_kurtosis_counts_and_not_its_size():
    def of(kurtosis):
        return found(source_kurtosis=np.array([-60.0, kurtosis]))

    assert of(MAX_KURTOSIS) == []
    (finding,) = of(MAX_KURTOSIS + 1)
    assert (finding.code, finding.value) == ("ica-unstable", MAX_KURTOSIS + 1)
    assert finding.threshold == MAX_KURTOSIS
    assert "51" in finding.message


def test_pieces_count_where_there_is_more_than_one_component():
    (finding,) = found(n_components_connected=2)
    assert (finding.code, finding.value) == ("disconnected", SOUND.bottleneck)
    assert "neighbourhoods (16) connect 2 pieces" in finding.message
    assert "80% of the usual width" in finding.message
    assert codes(n_components_connected=2, n_components=1) == []
    assert "pieces" not in found(bottleneck=0.0)[0].message


def test_rows_that_took_no_part_are_counted():
    assert "3 of 10000 rows" in found(n_not_finite=3)[0].message
    assert "2 of 5 rows that were set aside" in found(n_far=2, n_outliers=5)[0].message
    assert "40 nodes in neighbourhoods of 16" in found(n_nodes=40)[0].message


def test_advice_of_the_solver_is_passed_on():
    assert "sine 0.01. Do this instead." in found(eigen_sin_bound=0.01)[0].message


def test_a_clear_gap_is_right_whatever_other_resolutions_say():
    assert codes(disagreement=0.5, spectral_gap=CLEAR_GAP) == []
    assert codes(disagreement=0.5, spectral_gap=CLEAR_GAP + 1e-9) == ["no-spectral-gap"]
    assert "differ by 50%" in found(disagreement=0.5, spectral_gap=0.3)[0].message
    assert codes(disagreement=np.nan, spectral_gap=0.3) == []


def test_only_the_first_reason_against_the_gap_and_against_isometry_is_given():
    assert len(found(spectral_gap=0.7, disagreement=0.5)) == 1
    assert "ratio 0.70" in found(spectral_gap=0.7, disagreement=0.5)[0].message
    worst = found(leftover_direction=0.3, metric_distortion=0.2)
    assert [finding.value for finding in worst] == [0.3]
    assert "30% as long" in worst[0].message
    assert "n_components=3" in worst[0].message


def test_only_the_laplacian_is_blamed_itself():
    (finding,) = found(metric_distortion=0.2, operator="laplacian")
    assert (finding.code, finding.value) == ("not-isometric", 0.2)
    assert finding.threshold == MAX_DISTORTION
    assert "operator='hessian'" in finding.message
    assert "20% off" in finding.message
    assert codes(metric_distortion=0.01, operator="laplacian") == []
    assert "Laplacian" not in found(metric_distortion=0.2)[0].message
    assert "20% off" in found(metric_distortion=0.2)[0].message


def test_local_isometry_counts_only_where_noise_hides_the_metric():
    assert codes(local_isometry=0.1) == []
    assert codes(local_isometry=0.1, metric_distortion=0.0) == []
    assert "correlation 0.10" in found(local_isometry=0.1, metric_distortion=np.nan)[0].message


def test_sources_count_only_with_ica():
    without = {"ica_stability": None, "source_kurtosis": None, "source_skewness": None}
    assert codes(**without, source_dependence=0.9) == []


def test_what_is_found_comes_in_the_order_of_its_importance():
    everything = {
        "bottleneck": 0.0,
        "n_not_finite": 1,
        "n_far": 1,
        "n_outliers": 1,
        "n_nodes": 20,
        "eigen_sin_bound": 1.0,
        "spectral_gap": 0.9,
        "leftover_direction": 0.5,
        "source_dependence": 0.9,
        "dependence_matrix": np.array([[1.0, 0.9], [0.9, 1.0]]),
        "ica_stability": 0.5,
        "source_kurtosis": np.zeros(2),
    }
    assert codes(**everything) == [
        "disconnected",
        "not-finite",
        "far-from-manifold",
        "too-few-neighbors",
        "eigen-not-converged",
        "no-spectral-gap",
        "not-isometric",
        "gaussian-sources",
        "dependent-sources",
    ]


def test_stability_counts_only_in_an_embedding_that_is_sound():
    assert codes(ica_stability=0.5) == ["ica-unstable"]
    assert codes(ica_stability=0.5, spectral_gap=0.9) == ["no-spectral-gap"]
    assert codes(ica_stability=0.5, n_far=1) == ["far-from-manifold", "ica-unstable"]
    assert "stability 0.500" in found(ica_stability=0.5)[0].message


# --- Gaussian sources


def test_jarque_and_bera():
    """Of n rows, n (kurtosis^2 / 24 + skewness^2 / 6) is the statistic."""
    at_limit = GAUSSIAN
    for kurtosis, skewness in [(24.0, 0.0), (0.0, 6.0), (12.0, 3.0)]:
        sources = np.sqrt([[kurtosis], [skewness]]) * np.sqrt(at_limit / 100)
        assert n_gaussian(100, *(1.0001 * sources), 0.5) == 0
        assert n_gaussian(100, *(0.9999 * sources), 0.5) == 1
    both = np.array([0.1, 9.0, 0.2]), np.zeros(3)
    assert n_gaussian(100, *both, 0.5) == 2
    assert n_gaussian(100, *both, KNOWN_STABILITY) == 2
    assert n_gaussian(100, *both, KNOWN_STABILITY + 1e-9) == 0


def test_a_source_at_the_limit_of_gaussian_is_not():
    kurtosis = np.array([np.sqrt(24 * GAUSSIAN)])
    value = kurtosis**2 / 24
    assert n_gaussian(1, kurtosis, np.zeros(1), 0.5) == int(value[0] < GAUSSIAN)


def test_two_gaussian_sources_are_named_and_one_is_not():
    shapes = {"source_skewness": np.zeros(3), "ica_stability": 0.97}
    assert found(source_kurtosis=np.array([-1.2, -1.1, 0.0]), **shapes) == []
    (finding,) = found(source_kurtosis=np.array([-1.2, 0.05, 0.01]), **shapes)
    assert finding.code == "gaussian-sources"
    assert finding.value == pytest.approx(10_000 * 0.05**2 / 24)  # the second smallest
    assert finding.threshold == GAUSSIAN
    assert finding.message.startswith("2 sources")


def test_rows_without_a_source_do_not_make_it_less_gaussian():
    """Statistics of 100 rows, of which the report counts 10,000."""
    kurtosis = np.full(2, np.sqrt(24 * GAUSSIAN / 100) * 0.999)
    lost = {"n_outliers": 4900, "n_not_finite": 5000, "ica_stability": 0.97}
    assert codes(source_kurtosis=kurtosis, source_skewness=np.zeros(2), **lost) == [
        "not-finite",
        "gaussian-sources",
    ]


def test_directions_of_gaussian_sources_are_not_called_unstable_as_well():
    gaussian = {"source_kurtosis": np.zeros(2), "source_skewness": np.zeros(2)}
    assert codes(**gaussian, ica_stability=0.5) == ["gaussian-sources"]
    assert codes(**gaussian, ica_stability=0.0) == ["gaussian-sources"]
    assert codes(**gaussian, ica_stability=1.0) == []


# --- dependent sources


def test_dependence_beyond_its_limit():
    most = MAX_DEPENDENCE
    assert dependent(most) == []
    (finding,) = dependent(most + 1e-9)
    assert finding.code == "dependent-sources"
    assert (finding.value, finding.threshold) == (most + 1e-9, pytest.approx(most))


def test_chance_explains_more_dependence_of_few_rows():
    n = 60
    by_chance = np.sqrt(DEPENDENCE_ERRORS * DEPENDENCE_DEVIATION / n)
    assert by_chance > MAX_DEPENDENCE
    kept = {"n_not_finite": 10_000 - n - 20, "n_outliers": 20}
    known = {"source_kurtosis": np.full(3, -20.0)}
    assert [one.code for one in dependent(by_chance - 1e-9, **kept, **known)] == ["not-finite"]
    *_, finding = dependent(by_chance + 1e-9, **kept, **known)
    assert finding.code == "dependent-sources"
    assert finding.threshold == pytest.approx(by_chance)


def test_the_most_dependent_pair_is_named_by_its_numbers():
    assert "sources 1 and 3 say something about each other" in dependent(0.5)[0].message
    assert "(dependence 0.50)" in dependent(0.5)[0].message


def test_words_for_dependence_fit_its_kind():
    """A ring before a cone, a cone before too many components, and these before anything else."""
    ring, cone, function = (
        {"ring": RING - 1e-9},
        {"cone": CONE * 0.5 - 1e-9},
        {"source_predictability": FUNCTION_OF_OTHERS + 1e-9},
    )
    assert "sources 1 and 3 lie on a ring" in dependent(0.5, **ring | cone | function)[0].message
    assert "flat cone" in dependent(0.5, **cone | function)[0].message
    assert "(0.22)" in dependent(0.5, cone=0.2151)[0].message
    assert "(R^2 = 0.30)" in dependent(0.5, **function)[0].message
    limit = {"ring": RING, "cone": CONE * 0.5}
    at_limits = limit | {"source_predictability": FUNCTION_OF_OTHERS}
    assert "say something about each other" in dependent(0.5, **at_limits)[0].message
    unknown = {"ring": None, "cone": None, "source_predictability": None}
    assert "say something about each other" in dependent(0.5, **unknown)[0].message


def test_neither_more_nor_fewer_where_a_direction_is_missing():
    closed = {"leftover_direction": MAX_LEFTOVER + 1e-9, "source_predictability": 0.9}
    text = dependent(0.5, **closed)[-1].message
    assert "Neither more nor fewer components" in text
    assert "ask for fewer" not in text
    enough = closed | {"leftover_direction": MAX_LEFTOVER}
    assert "ask for fewer" in dependent(0.5, **enough)[-1].message


def test_fewer_components_are_advised_unless_that_was_tried():
    function = {"source_predictability": 0.8, "n_components": 3, "choices": {}}
    assert (
        "n_components=3: ask for fewer, unless the data close"
        in dependent(0.5, **function)[0].message
    )
    tried = function | {"choices": {"n_components": "by the gap"}}
    assert "ask for fewer, though" in dependent(0.5, **tried)[0].message
