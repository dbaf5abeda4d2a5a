"""ICA: whitening, turns, and the moments of groups of rows, on known cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import ortho_group

from hessmap.ica import cumulants
from hessmap.ica.cumulants import cumulants_of, group_moments, packing, random_groups
from hessmap.ica.planes import powers
from hessmap.ica.tangent import orthonormalised, planes, skew, turn
from hessmap.ica.whitening import whitening_of

from .ica_cases import turned


def test_whitening_is_symmetric_in_units_of_the_columns():
    rows = np.random.default_rng(0).standard_normal((50, 3)) @ np.diag([1e-200, 1.0, 1e150])
    rows = rows - rows.mean(axis=0)
    found = whitening_of(rows)
    white = rows @ found.T
    np.testing.assert_allclose(white.T @ white / 50, np.eye(3), atol=1e-12)
    sizes = np.abs(rows).max(axis=0)
    deviation = sizes * (rows / sizes).std(axis=0)
    np.testing.assert_allclose(found * deviation, (found * deviation).T, atol=1e-12)
    assert (np.linalg.eigvalsh(found * deviation) > 0).all()


def test_columns_that_are_nearly_the_same():
    x, y = np.random.default_rng(0).standard_normal((2, 100))
    x, y = x - x.mean(), y - y.mean()
    y -= x * (x @ y) / (x @ x)
    with pytest.raises(ValueError, match=r"must span .* eigenvalues of its correlation are"):
        whitening_of(np.column_stack([x, x + 1e-7 * y]))
    assert np.isfinite(whitening_of(np.column_stack([x, x + 1e-5 * y]))).all()


def test_turns_are_rotations_and_exponentials_to_second_order():
    rng = np.random.default_rng(0)
    rotation = ortho_group.rvs(4, random_state=0)
    for angles in (np.zeros(6), rng.standard_normal(6), 50 * rng.standard_normal(6)):
        found = turn(rotation, angles)
        np.testing.assert_allclose(found @ found.T, np.eye(4), atol=1e-12)
    small = 1e-3 * rng.standard_normal((5, 6))
    exact = [expm(skew(one, 4)) @ rotation for one in small]
    np.testing.assert_allclose(turn(rotation, small), exact, atol=1e-8)
    np.testing.assert_array_equal(turn(rotation, np.zeros(6)), rotation)


def test_a_turn_of_the_plane():
    """Cayley's transform of an angle t turns by 2 arctan(t / 2)."""
    for angle in (0.3, -2.0):
        np.testing.assert_allclose(
            turn(np.eye(2), np.array([angle])), turned(2 * np.arctan(angle / 2)), atol=1e-12
        )


def test_skew_matrices():
    i, j = planes(3)
    assert (i.tolist(), j.tolist()) == ([0, 0, 1], [1, 2, 2])
    expected = [[0, 1, 2], [-1, 0, 3], [-2, -3, 0]]
    assert skew(np.array([1.0, 2.0, 3.0]), 3).tolist() == expected
    assert skew(np.array([[1.0, 2.0, 3.0]] * 2), 3).tolist() == [expected] * 2


def test_nearest_orthonormal_matrix():
    rotation = ortho_group.rvs(3, random_state=0)
    stretch = np.diag([3.0, 1.0, 0.2])
    around = rotation.T @ stretch @ rotation
    np.testing.assert_allclose(orthonormalised(around @ rotation), rotation, atol=1e-12)
    np.testing.assert_allclose(orthonormalised(np.array([7.0 * rotation] * 2)), [rotation] * 2)


def test_pairs_of_indices():
    a, b, pair = packing(3)
    assert (a.tolist(), b.tolist()) == ([0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2])
    assert pair.tolist() == [[0, 1, 2], [1, 3, 4], [2, 4, 5]]
    for shared in (a, b, pair):
        with pytest.raises(ValueError, match="read-only"):
            shared[...] = 0


def test_moments_of_groups_are_sums_in_blocks_or_not(monkeypatch):
    rows = np.random.default_rng(0).standard_normal((40, 3))
    groups = [np.arange(3), np.arange(3, 40)]
    whole = group_moments(rows, groups)
    for part, of_group in zip(groups, zip(*whole, strict=True), strict=True):
        s = rows[part]
        size, *moments = of_group
        assert size == len(part)
        for order, found in enumerate(moments, start=1):
            letters = "abcd"[:order]
            by_hand = np.einsum(",".join(f"n{c}" for c in letters) + f"->{letters}", *[s] * order)
            np.testing.assert_allclose(found, by_hand, atol=1e-10)
    monkeypatch.setattr(cumulants, "BLOCK_ROWS", 7)
    for one, other in zip(group_moments(rows, groups), whole, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)
    for one, other in zip(whole.without(0), group_moments(rows, [groups[1]]).mean(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)


def test_random_groups_share_the_rows():
    groups = random_groups(23, 5, np.random.RandomState(0))
    assert sorted(map(len, groups)) == [4, 4, 5, 5, 5]
    assert sorted(np.concatenate(groups)) == list(range(23))
    for group in groups:
        assert (np.diff(group) > 0).all()
    assert any((np.diff(group) != 5).any() for group in groups)


def test_rows_that_span_too_little_have_no_cumulants():
    line = np.outer([1.0, -1.0, 2.0, -2.0], [1.0, 1.0])
    moments = group_moments(line, [np.arange(4)])
    with pytest.raises(np.linalg.LinAlgError, match="do not span"):
        cumulants_of(*moments.mean())


def test_powers_of_a_turned_direction():
    """(u cos + v sin)^m, by the binomial theorem."""
    u, v, angles = 0.7, -1.3, np.array([0.0, 0.4, 2.0])
    for order in (3, 4):
        along = [u ** (order - m) * v**m for m in range(order + 1)]
        expected = (u * np.cos(angles) + v * np.sin(angles)) ** order
        np.testing.assert_allclose(along @ powers(order, angles), expected)
