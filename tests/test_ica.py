"""ICA: recovery and conventions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ortho_group

from hessmap.ica import CONTRASTS, fit_ica
from hessmap.metrics import mcc

from .ica_cases import bimodal, laplace, mixed, naive_contrast, uniform


@pytest.mark.parametrize("contrast", CONTRASTS)
@pytest.mark.parametrize("d", [1, 2, 5, 8])
@pytest.mark.parametrize("make", [uniform, laplace, bimodal, mixed])
def test_recovers_sources_from_any_mix(make, d, contrast):
    rng = np.random.default_rng(d)
    factors = make(rng, 4000, d)
    sizes = 10.0 ** rng.uniform(-3, 3, size=d)
    mixing = sizes[:, None] * (ortho_group.rvs(d, random_state=d) if d > 1 else np.ones((1, 1)))
    result = fit_ica(factors @ mixing.T + 5, contrast=contrast, random_state=0)
    assert result.converged
    assert result.curvature < -0.01
    assert mcc(result.sources, factors) > 0.98
    assert result.stability > 0.98


@pytest.mark.parametrize("d", [2, 3, 5])
def test_skewed_factors_with_no_kurtosis_are_found(d):
    """Beta(2, 5) has an excess kurtosis of -0.12 and a skewness of 0.6."""
    rng = np.random.default_rng(d)
    factors = rng.beta(2, 5, size=(5000, d))
    result = fit_ica(factors @ rng.standard_normal((d, d)), random_state=0)
    assert mcc(result.sources, factors) > 0.995
    np.testing.assert_allclose((result.sources**3).mean(axis=0), result.skewness, atol=1e-8)


def test_logcosh_bears_rows_far_from_all_others():
    rng = np.random.default_rng(0)
    factors = uniform(rng, 3000, 2)
    rows = np.vstack([factors, [[4.0, 3.5]] * 3])
    found = {c: fit_ica(rows, contrast=c, random_state=0).sources[:3000] for c in CONTRASTS}
    assert mcc(found["logcosh"], factors) > 0.99 > mcc(found["cube"], factors)


def test_logcosh_on_more_rows_than_its_sample(monkeypatch):
    monkeypatch.setattr("hessmap.ica.SAMPLE_ROWS", 1000)
    rng = np.random.default_rng(0)
    embedding = mixed(rng, 6000, 3) @ rng.standard_normal((3, 3))
    found = fit_ica(embedding, contrast="logcosh", random_state=0)
    monkeypatch.undo()
    expected = fit_ica(embedding, contrast="logcosh", random_state=0)
    np.testing.assert_allclose(found.sources, expected.sources, atol=1e-7)


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_parts_of_the_result_agree(contrast):
    rng = np.random.default_rng(0)
    factors = np.column_stack([mixed(rng, 2003, 3), -rng.exponential(size=2003)])
    embedding = factors @ rng.standard_normal((4, 4)).T + [1, 2, 3, 4]
    result = fit_ica(embedding, contrast=contrast, random_state=0)
    np.testing.assert_allclose(result.sources @ result.mixing.T + result.mean, embedding)
    np.testing.assert_allclose((embedding - result.mean) @ result.unmixing.T, result.sources)
    np.testing.assert_allclose(result.sources.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.cov(result.sources.T, ddof=0), np.eye(4), atol=1e-10)
    s = result.sources
    np.testing.assert_allclose(result.kurtosis, (s**4).mean(axis=0) - 3, atol=1e-10)
    np.testing.assert_allclose(result.skewness, (s**3).mean(axis=0), atol=1e-10)
    each = np.array([naive_contrast(contrast, s, [e]) for e in np.eye(4)])
    assert (np.diff(each) <= 0).all()
    assert result.contrast_value == pytest.approx(each.sum(), rel=1e-9)
    assert result.stability == np.cos(result.rotation_error.max())


def test_signs_follow_the_skewness_where_it_is_significant():
    rng = np.random.default_rng(0)
    factors = np.column_stack([-rng.exponential(size=3000), uniform(rng, 3000, 1)])
    result = fit_ica(factors @ [[1.0, 2.0], [3.0, -1.0]], random_state=0)
    skewed = int(np.abs(result.skewness).argmax())
    assert result.skewness[skewed] > 1
    symmetric = result.mixing[:, 1 - skewed]
    assert symmetric[np.abs(symmetric).argmax()] > 0
    skewed_column = result.mixing[:, skewed]
    assert skewed_column[np.abs(skewed_column).argmax()] < 0


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_neither_the_seed_nor_the_order_of_rows_matters(contrast):
    rng = np.random.default_rng(0)
    embedding = mixed(rng, 2001, 3) @ rng.standard_normal((3, 3))
    first = fit_ica(embedding, contrast=contrast, random_state=0)
    for seed in range(1, 5):
        order = rng.permutation(2001)
        again = fit_ica(embedding[order], contrast=contrast, random_state=seed)
        np.testing.assert_allclose(again.sources, first.sources[order], atol=1e-6)
        np.testing.assert_allclose(again.mixing, first.mixing, atol=1e-6)


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_same_seed_same_bits_and_blocks_do_not_matter(monkeypatch, contrast):
    rng = np.random.default_rng(0)
    embedding = mixed(rng, 3000, 2)
    one = fit_ica(embedding, contrast=contrast, random_state=0)
    same = fit_ica(embedding, contrast=contrast, random_state=0)
    for name in ("sources", "mixing", "mixing_error", "rotation_error", "curvature"):
        np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
    for module in ("cumulants", "logcosh", "signs"):
        monkeypatch.setattr(f"hessmap.ica.{module}.BLOCK_ROWS", 100)
    blocks = fit_ica(embedding, contrast=contrast, random_state=0)
    np.testing.assert_allclose(blocks.sources, one.sources, atol=1e-9)
    np.testing.assert_allclose(blocks.mixing_error, one.mixing_error, rtol=1e-6)


@pytest.mark.parametrize("contrast", CONTRASTS)
@pytest.mark.parametrize("scale", [1e-250, 1e250])
def test_any_scale(scale, contrast):
    embedding = np.random.default_rng(0).uniform(size=(500, 2))
    expected = fit_ica(embedding, contrast=contrast, random_state=0)
    found = fit_ica(embedding * scale, contrast=contrast, random_state=0)
    np.testing.assert_allclose(found.sources, expected.sources, atol=1e-9)
    np.testing.assert_allclose(found.mixing / scale, expected.mixing, atol=1e-9)
    np.testing.assert_allclose(found.mixing_error / scale, expected.mixing_error, rtol=1e-4)


def test_two_valued_sources():
    corners = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)] * 10)
    np.testing.assert_allclose(np.abs(fit_ica(corners, random_state=0).sources), 1)


@pytest.mark.parametrize(
    ("embedding", "arguments", "message"),
    [
        (np.zeros((5, 0)), {}, r"shape \(n, d\) with more rows|minimum of 1"),
        (np.full((9, 2), np.nan), {}, "contains NaN"),
        (np.random.default_rng(0).uniform(size=(9, 2)) + 1j, {}, "Complex data not supported"),
        (np.zeros((4, 3, 2)), {}, r"shape \(n, d\) with more rows .* got \(4, 3, 2\)"),
        (np.zeros(5), {}, r"shape \(n, d\) with more rows"),
        (np.array([[1e308, 1], [-1e308, 2], [1e308, 3]]), {}, "number between 1e-300 and 1e.300"),
        (np.array([[1e-310, 0], [0, 2e-310], [3e-310, 0]]), {}, "number between 1e-300 and 1e"),
        (np.zeros((2, 2)), {}, r"shape \(n, d\) with more rows"),
        (np.column_stack([np.arange(9.0), np.ones(9)]), {}, "must vary in every column"),
        (np.column_stack([np.arange(9.0), 2 * np.arange(9.0)]), {}, "span as many dimensions"),
        (np.random.default_rng(0).uniform(size=(9, 2)), {"contrast": "tanh"}, "`contrast` must be"),
    ],
)
def test_bad_input(embedding, arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_ica(embedding, **arguments)


def test_equal_contrasts_are_ordered_by_their_mixing():
    """On a regular grid both sources are the same, up to rounding."""
    side = np.linspace(-1, 1, 18)
    grid = np.stack(np.meshgrid(side, side), axis=2).reshape(-1, 2)
    rng = np.random.default_rng(0)
    expected = fit_ica(grid, random_state=0).sources
    for seed in range(6):
        shuffled = rng.permutation(len(grid))
        found = fit_ica(grid[shuffled], random_state=seed).sources
        np.testing.assert_allclose(found, expected[shuffled], atol=1e-6)


def test_columns_of_very_different_size():
    rng = np.random.default_rng(0)
    factors = rng.uniform(size=(1000, 2))
    result = fit_ica(factors * [1e150, 1e-150], random_state=0)
    assert mcc(result.sources, factors) > 0.999


def test_single_precision_and_whole_numbers_are_computed_in_double_precision():
    rows = np.random.default_rng(0).integers(0, 9, size=(200, 2))
    expected = fit_ica(rows.astype(np.float64), random_state=0)
    for other in (rows, rows.astype(np.float32), rows.tolist()):
        found = fit_ica(other, random_state=0)
        assert found.sources.dtype == np.float64
        np.testing.assert_array_equal(found.sources, expected.sources)
