"""Bins, entropies, and the metrics that are made of them, on cases that are fractions of log 2."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hessmap.metrics import (
    mi_invariance,
    mig,
    modularity,
    total_correlation,
)
from hessmap.metrics.columns import columns, standardised
from hessmap.metrics.information import (
    entropy,
    equal_width_bins,
    mutual_information,
    quantile_bins,
)

# every combination of three factors of four values
GRID = np.array(list(product(range(4), repeat=3)))
LOG2, LOG4 = np.log(2), np.log(4)


def masked_records():
    records = np.ma.zeros((2, 3), dtype=[("a", "f8"), ("b", "i8", 2)])
    records[0, 1] = np.ma.masked
    return records


def test_columns_take_lists_and_keep_single_precision():
    assert columns("codes", [1, 2]).tolist() == [[1.0], [2.0]]
    assert columns("codes", [[True], [False]]).dtype == np.float64
    assert columns("codes", np.zeros((2, 3), np.float32)).dtype == np.float32
    assert columns("codes", np.zeros((2, 3), np.float16)).dtype == np.float64
    assert columns("codes", np.array([[1, 2.5]], dtype=object)).tolist() == [[1.0, 2.5]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1j], "^`these` must be real; got complex128"),
        (np.ma.masked_less([1.0, 2.0], 2), "^`these` must be complete; 1 of its cells are masked"),
        (masked_records(), "^`these` must be complete; 3 of its cells are masked"),
        (np.zeros(0), r"^`these` must have the shape \(n, columns\); got \(0, 1\)"),
        (1.0, r"^`these` must have the shape \(n, columns\); got \(\)"),
        ([np.nan], "^`these` must be finite"),
        ([-2e300], r"^`these` must not exceed 1e\+300, .* got 2e\+300"),
        (["a"], "^`these` must be numbers; got <U1"),
        ([b"1"], "^`these` must be numbers; got |S1"),
        (np.array(["2020-01-01"], "M8[D]"), r"^`these` must be numbers; got datetime64\[D\]"),
        (np.array([3], "m8[D]"), r"^`these` must be numbers; got timedelta64\[D\]"),
        (np.array([{}]), "^`these` must be numbers; got object"),
        ([[1], [2, 3]], "`these` cannot be taken"),
    ],
)
def test_columns_that_are_no_numbers(values, message):
    with pytest.raises(ValueError, match=message):
        columns("these", values)


def test_largest_numbers_that_are_taken():
    assert columns("codes", [1e300, -1e300]).ravel().tolist() == [1e300, -1e300]


def test_standardised():
    found = standardised(np.array([[1.0, 5.0, 0.0], [3.0, 5.0, 0.0], [5.0, 5.0, 0.0]]))
    np.testing.assert_allclose(found[:, 0], [-np.sqrt(1.5), 0, np.sqrt(1.5)])
    assert (found[:, 1:] == 0).all()
    assert standardised(np.float32([[1], [2]])).dtype == np.float64
    for size in (1e-300, 1e300):
        np.testing.assert_allclose(standardised(size * np.array([[1.0], [2.0]])), [[-1], [1]])
    nearly = 1 + 1e-15 * np.arange(4)[:, None]
    assert (standardised(nearly) == 0).all()
    assert standardised(1 + 1e-12 * np.arange(4)[:, None]).any()


def test_bins_of_equal_width():
    values = np.array([[0.0], [0.9], [1.0], [1.9], [2.0], [3.0], [4.0]])
    assert equal_width_bins(values, 4).ravel().tolist() == [0, 0, 1, 1, 2, 3, 3]
    assert equal_width_bins(values, 2).ravel().tolist() == [0, 0, 0, 0, 1, 1, 1]
    thirds = np.arange(10)[:, None] / 3  # of which 3 * (1 / 3) is rounded
    assert equal_width_bins(thirds, 9).ravel().tolist() == [*range(9), 8]
    assert equal_width_bins(np.ones((3, 1)), 4).ravel().tolist() == [0, 0, 0]
    assert len(np.unique(equal_width_bins(values, 10**30))) == len(np.unique(values))
    both = np.array([[0, 9], [1, 0], [8, 7]])  # each column between its own ends
    assert equal_width_bins(both, 4).tolist() == [[0, 3], [0, 0], [3, 3]]


def test_bins_of_equal_counts():
    ten = np.arange(10.0)[::-1, None]
    assert quantile_bins(ten, 5).ravel().tolist() == [4, 4, 3, 3, 2, 2, 1, 1, 0, 0]
    assert quantile_bins(ten, 10).ravel().tolist() == [*range(10)][::-1]
    assert quantile_bins(ten, 9).ravel().tolist() == [8, 7, 6, 5, 4, 4, 3, 2, 1, 0]
    # the mean rank of the three equal ones is the middle of the first four
    ties = np.array([[0.0], [1.0], [1.0], [1.0], [7.0], [8.0]])
    assert quantile_bins(ties, 2).ravel().tolist() == [0, 0, 0, 0, 1, 1]
    assert quantile_bins(ties, 3).ravel().tolist() == [0, 1, 1, 1, 2, 2]
    assert quantile_bins(np.array([[5, 1], [7, 1]]), 2).tolist() == [[0, 0], [1, 0]]


def test_entropy_and_mutual_information():
    assert entropy(np.array([3, 3, 3])) == 0
    assert entropy(np.array([0, 1, 2, 3])) == pytest.approx(LOG4)
    assert entropy(np.array([0, 0, 0, 1])) == pytest.approx(LOG4 - 0.75 * np.log(3))
    known = mutual_information(np.column_stack([GRID[:, 1], GRID[:, 0] // 2]), GRID)
    np.testing.assert_allclose(known, [[0, LOG4, 0], [LOG2, 0, 0]], atol=1e-12)


@pytest.mark.parametrize("scale", [1, -1e-6])
def test_gaps_of_information(scale):
    def of(*codes):
        return mig(scale * np.column_stack(codes), GRID)

    a, b, c = GRID.T
    assert of(c, a, b) == pytest.approx(1)
    assert of(c, a) == pytest.approx(2 / 3)
    assert of(c, a, b // 2) == pytest.approx(2.5 / 3)
    assert of(a, a, b, c) == pytest.approx(2 / 3)
    assert of(a, a // 2, b, c) == pytest.approx(2.5 / 3)
    assert mig(a, np.column_stack([a, np.ones(64)])) == pytest.approx(1 / 2)


def test_bins_that_a_gap_is_measured_with():
    values = np.arange(8.0)
    assert mig(values, values) == pytest.approx(1)
    assert mig(values, values, n_code_bins=2) == pytest.approx(LOG2 / np.log(8))
    assert mig(values, values, n_bins=2) == pytest.approx(1)
    assert mig(values, values, n_code_bins=2, n_bins=2) == pytest.approx(1)
    assert mig(values % 2, values, n_bins=2) == pytest.approx(0)


def test_modularity_of_codes_that_know_two_factors():
    a, b, c = GRID.T
    both = 2 * a + b // 2  # knows log 4 of a, and log 2 of b
    assert modularity(both, GRID) == pytest.approx(1 - (1 / 4) / 2)
    assert modularity(both, GRID[:, :2]) == pytest.approx(1 - 1 / 4)
    assert modularity(both, GRID[:, 0]) == pytest.approx(1)
    assert modularity(np.column_stack([both, c]), GRID) == pytest.approx(1 - 1 / 16)
    assert modularity(np.column_stack([both, np.ones(64)]), GRID) == pytest.approx(7 / 16)
    assert modularity(both, GRID, n_code_bins=4) == pytest.approx(1)
    assert modularity(a // 2, GRID) == pytest.approx(1)
    assert modularity(np.ones(64), GRID) == 0
    assert modularity(4 * a + b, np.column_stack([a, b]), n_bins=2) == pytest.approx(0)


def test_spread_of_the_entropy_of_a_code():
    """z_0 is one of two values where z_1 is 0, in three of four rows, and known where it is 1."""
    codes = np.array([[0, 0], [1, 0], [0, 1], [0, 0], [1, 0], [0, 0], [1, 0], [0, 1]])
    mean, shares = 0.75 * LOG2, (0.75, 0.25)
    first = np.sqrt(shares[0] * (LOG2 - mean) ** 2 + shares[1] * mean**2)
    # z_1 where z_0 = 0 is 1 in two of five rows, where z_0 = 1 never
    of_five = -(0.4 * np.log(0.4) + 0.6 * np.log(0.6))
    mean = of_five * 5 / 8
    second = np.sqrt(5 / 8 * (of_five - mean) ** 2 + 3 / 8 * mean**2)
    assert mi_invariance(codes) == pytest.approx((first + second) / 2)
    assert mi_invariance(np.column_stack([codes, np.ones(8)])) == pytest.approx(
        (first + second) / 2
    )
    assert mi_invariance(GRID) == pytest.approx(0, abs=1e-12)
    assert mi_invariance(codes, n_code_bins=2) == pytest.approx((first + second) / 2)


def test_bins_of_the_spread():
    """A triangle: the more of z_1, the fewer values of z_0."""
    codes = np.array([[i, j] for j in range(4) for i in range(4 - j)])
    fine = mi_invariance(codes)
    assert mi_invariance(codes, n_code_bins=4) == pytest.approx(fine)
    assert mi_invariance(codes, n_bins=4) == pytest.approx(fine)
    assert mi_invariance(codes, n_code_bins=2) != pytest.approx(fine)
    assert mi_invariance(codes, n_bins=2) != pytest.approx(fine)


def test_total_correlation_of_three_codes():
    """Correlation 1/2 of one pair, none of the others."""
    a = np.array([[1, 1, 1], [-1, -1, 1], [1, -1, 1], [-1, 1, 1]] * 3)[:, :2]
    pair = np.vstack([a, [[1, 1], [-1, -1], [1, 1], [-1, -1]] * 3])
    third = np.tile([1.0, 1.0, -1.0, -1.0], 6)
    assert np.corrcoef(np.column_stack([pair, third]).T)[0, 1] == pytest.approx(0.5)
    expected = -np.log(0.75) / 2
    assert total_correlation(np.column_stack([pair, third])) == pytest.approx(expected)
    assert total_correlation(np.column_stack([pair, np.ones(24)])) == pytest.approx(expected)
    assert total_correlation(third) == 0
    assert total_correlation(np.column_stack([third, third])) == np.inf
    assert total_correlation(np.column_stack([third, np.tile([1, -1], 12)])) == 0
