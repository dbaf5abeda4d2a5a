"""ICA: recovery, saddles, certificates and conventions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import ortho_group

from hessmap import ConvergenceWarning
from hessmap.ica import CONTRASTS, cumulants, fit_ica
from hessmap.ica.certificate import jackknife_of_rows
from hessmap.ica.cube import Kurtosis, fixed_point
from hessmap.ica.cumulants import cumulants_of, group_moments, packed, random_groups
from hessmap.ica.logcosh import GAUSSIAN, LogCosh, log_cosh
from hessmap.ica.planes import Negentropy, rounds, sweep
from hessmap.ica.search import best_start, curvature, settle
from hessmap.ica.tangent import orthonormalised, skew
from hessmap.ica.whitening import whitening_of
from hessmap.metrics import mcc


def uniform(rng, n, d):
    return rng.uniform(-1, 1, size=(n, d))


def laplace(rng, n, d):
    return rng.laplace(size=(n, d))


def bimodal(rng, n, d):
    return rng.choice([-1.0, 1.0], size=(n, d)) + 0.3 * rng.standard_normal((n, d))


def mixed(rng, n, d):
    return np.column_stack([(uniform, laplace, bimodal)[j % 3](rng, n, 1) for j in range(d)])


def whitened(rows):
    centred = rows - rows.mean(axis=0)
    return centred @ whitening_of(centred).T


def cumulants_from(white):
    return cumulants_of(*group_moments(white, [np.arange(len(white))]).mean())[0]


def contrast_of(name, white):
    if name == "logcosh":
        return LogCosh(white)
    return (Kurtosis if name == "cube" else Negentropy)(cumulants_from(white))


def naive_contrast(name, white, rotation):
    """The contrast from the rows, one source at a time."""
    total = 0.0
    for direction in rotation:
        s = white @ direction
        kurt = np.mean(s**4) - 3 * np.mean(s**2) ** 2
        if name == "auto":
            total += 4 * np.mean(s**3) ** 2 + kurt**2
        elif name == "cube":
            total += abs(kurt)
        else:
            total += abs(np.mean(np.log(np.cosh(s))) - GAUSSIAN)
    return total


# --- recovery


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


# --- fast formulas beside slow ones


def test_cumulants_match_their_definition():
    """Of the rows that a left-out group leaves, which are neither centred nor white."""
    white = whitened(np.random.default_rng(0).exponential(size=(500, 3)))
    groups = random_groups(500, 7, np.random.RandomState(0))
    found, whiten = cumulants_of(*group_moments(white, groups).without(2))
    rest = np.delete(white, groups[2], axis=0)
    rest = (rest - rest.mean(axis=0)) @ whiten.T
    np.testing.assert_allclose(rest.T @ rest / len(rest), np.eye(3), atol=1e-10)
    third, fourth = np.zeros((3,) * 3), np.zeros((3,) * 4)
    for index in np.ndindex(3, 3, 3, 3):
        a, b, c, d = index
        gaussian = (a == b) * (c == d) + (a == c) * (b == d) + (a == d) * (b == c)
        fourth[index] = np.prod([rest[:, i] for i in index], axis=0).mean() - gaussian
        third[index[:3]] = np.prod([rest[:, i] for i in index[:3]], axis=0).mean()
    expected = packed(third, fourth)
    np.testing.assert_allclose(found.third, expected.third, atol=1e-10)
    np.testing.assert_allclose(found.fourth, expected.fourth, atol=1e-10)


def test_packed_cumulants_along_directions_are_those_of_the_projections():
    rng = np.random.default_rng(0)
    white = whitened(laplace(rng, 400, 4))
    packed_cumulants = cumulants_from(white)
    rotation = ortho_group.rvs(4, random_state=1)
    s = white @ rotation.T
    gaussian = np.eye(4)[:, None, :] + 0 * s[0]
    third, fourth = cumulants.rotated(packed_cumulants, rotation)
    np.testing.assert_allclose(third, np.einsum("ni,nj,nk->ijk", s, s, s) / 400, atol=1e-10)
    expected = np.einsum("ni,ni,nj,nk->ijk", s, s, s, s) / 400
    for i, j, k in np.ndindex(4, 4, 4):
        gaussian = float(j == k) + 2.0 * (i == j) * (i == k)
        assert fourth[i, j, k] == pytest.approx(expected[i, j, k] - gaussian, abs=1e-10)
    u, v = s[:, 0], s[:, 1]
    skews, kurts = cumulants.in_planes(packed_cumulants, rotation[0], rotation[1])
    np.testing.assert_allclose(skews, [np.mean(u ** (3 - m) * v**m) for m in range(4)], atol=1e-10)
    moments = [np.mean(u ** (4 - m) * v**m) for m in range(5)]
    np.testing.assert_allclose(kurts, np.array(moments) - [3, 0, 1, 0, 3], atol=1e-10)


@pytest.mark.parametrize("name", CONTRASTS)
def test_contrast_and_expansion_match_the_rows_and_finite_differences(name):
    rng = np.random.default_rng(1)
    white = whitened(np.column_stack([mixed(rng, 700, 3), rng.exponential(size=700)]))
    contrast = contrast_of(name, white)
    rotation = ortho_group.rvs(4, random_state=2)
    here = contrast.expansion(rotation)
    height = naive_contrast(name, white, rotation)
    assert here.value == pytest.approx(height, rel=1e-10)
    assert contrast.of_each(rotation).sum() == pytest.approx(height, rel=1e-10)

    def at(angles):
        return naive_contrast(name, white, expm(skew(angles, 4)) @ rotation)

    step, planes = 1e-4, np.eye(6) * 1e-4
    gradient = [(at(e) - at(-e)) / (2 * step) for e in planes]
    np.testing.assert_allclose(here.gradient, gradient, atol=1e-6)
    hessian = [
        [(at(e + f) - at(e - f) - at(f - e) + at(-e - f)) / (4 * step**2) for f in planes]
        for e in planes
    ]
    np.testing.assert_allclose(here.hessian, hessian, atol=2e-5)


@pytest.mark.parametrize("name", ["cube", "logcosh"])
def test_fixed_point_matches_a_pass_over_the_rows(name):
    """One step is the textbook's E[z g(w'z)] - E[g'(w'z)] w."""
    rng = np.random.default_rng(0)
    white = whitened(uniform(rng, 1000, 3))
    rotation = ortho_group.rvs(3, random_state=1)
    expected = np.zeros((3, 3))
    for i, w in enumerate(rotation):
        s = white @ w
        g = s**3 if name == "cube" else np.tanh(s)
        slope = 3 * s**2 if name == "cube" else 1 - np.tanh(s) ** 2
        expected[i] = (white * g[:, None]).mean(axis=0) - slope.mean() * w
    found = contrast_of(name, white).step(rotation[None])[0]
    np.testing.assert_allclose(orthonormalised(found), orthonormalised(expected), atol=1e-10)


def test_log_cosh_over_the_whole_range():
    s = np.array([-1e300, -30.0, -1.0, -1e-9, 0.0, 1e-9, 0.5, 30.0, 1e300])
    value, slope = log_cosh(s)
    np.testing.assert_allclose(slope, np.tanh(s), atol=1e-16)
    small = np.abs(s) < 100
    np.testing.assert_allclose(value[small], np.log(np.cosh(s[small])), atol=1e-15)
    np.testing.assert_allclose(value[~small], 1e300)
    nodes, weights = np.polynomial.hermite_e.hermegauss(100)
    assert weights @ np.log(np.cosh(nodes)) / weights.sum() == pytest.approx(GAUSSIAN, abs=1e-7)


def test_best_angle_is_that_of_a_fine_grid():
    rng = np.random.default_rng(0)
    for _ in range(8):
        white = whitened(rng.exponential(size=(300, 3)) * rng.choice([-1, 1], 3))
        plane = ortho_group.rvs(3, random_state=rng.integers(1000))[:2]
        angles = np.linspace(-np.pi / 4, np.pi / 4, 2001)
        heights = [
            naive_contrast(
                "auto", white, np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]]) @ plane
            )
            for t in angles
        ]
        found = float(contrast_of("auto", white).best_angle(plane[0], plane[1]))
        assert np.interp(found, angles, heights) == pytest.approx(max(heights), rel=1e-5)


@pytest.mark.parametrize("d", [2, 3, 6, 7])
def test_rounds_hold_every_pair_once(d):
    games = rounds(d)
    met = [tuple(sorted(pair)) for first, second in games for pair in zip(first, second)]  # noqa: B905
    assert sorted(met) == [(i, j) for i in range(d) for j in range(i + 1, d)]
    for first, second in games:
        assert len(set(first) | set(second)) == 2 * len(first)


# --- saddles


@pytest.mark.parametrize("name", ["cube", "logcosh"])
def test_the_45_degree_saddle_is_stationary_and_is_repaired(name):
    """Sources half and half: the plain iteration stays there, the pair test leaves."""
    side = np.linspace(-1, 1, 101)
    grid = np.stack(np.meshgrid(side, side), axis=2).reshape(-1, 2)
    contrast = contrast_of(name, grid / grid.std(axis=0))
    half = np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2)
    stuck, taken = fixed_point(half[None], contrast.step)
    assert taken < 50
    np.testing.assert_allclose(np.abs(stuck[0] @ half.T), np.eye(2), atol=1e-6)
    assert curvature(contrast.expansion(half)) > 0
    _, turned = sweep(stuck, contrast.best_angle)
    np.testing.assert_allclose(turned, np.pi / 4, atol=0.02)
    for start in (contrast.approach(half[None])[0][0], settle(contrast, half).rotation):
        np.testing.assert_allclose(np.abs(start).max(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("make", [Kurtosis, Negentropy])
def test_a_saddle_of_three_directions_is_seen_and_left(make):
    """Every plane is at its optimum: only turns in several planes at once go up.

    K_iiii = 1 and K_iijk = c couple the planes (i, j) and (i, k) and enter in no single plane.
    """
    fourth = np.zeros((3,) * 4)
    for index in np.ndindex(3, 3, 3, 3):
        counts = sorted(index.count(i) for i in range(3))
        fourth[index] = {(0, 0, 4): 1.0, (1, 1, 2): 0.8}.get(tuple(counts), 0.0)
    contrast = make(packed(np.zeros((3,) * 3), fourth))
    saddle = np.eye(3)
    here = contrast.expansion(saddle)
    np.testing.assert_allclose(here.gradient, 0, atol=1e-12)
    assert (np.diag(here.hessian) < 0).all()
    assert curvature(here) > 0.5
    _, turned = sweep(saddle[None], contrast.best_angle)
    np.testing.assert_allclose(turned, 0, atol=1e-12)
    optimum = settle(contrast, saddle)
    assert optimum.maximum
    assert optimum.value > 1.1 * float(here.value)
    again = contrast.expansion(optimum.rotation)
    np.testing.assert_allclose(again.gradient, 0, atol=1e-8)
    assert optimum.curvature == pytest.approx(np.linalg.eigvalsh(again.hessian)[-1] / again.value)


@pytest.mark.parametrize("contrast", CONTRASTS)
@pytest.mark.parametrize("d", [2, 5])
def test_no_rotation_ends_on_a_saddle(d, contrast):
    rng = np.random.default_rng(d)
    factors = uniform(rng, 500, d)
    scores = [
        mcc(
            fit_ica(
                factors @ ortho_group.rvs(d, random_state=seed),
                contrast=contrast,
                random_state=seed,
            ).sources,
            factors,
        )
        for seed in range(20)
    ]
    assert max(scores) - min(scores) < 1e-6


def test_restarts_find_the_best_of_several_optima():
    """500 rows of eight Beta(2, 5) factors: the starts disagree, the results do not."""
    rng = np.random.default_rng([3, 500, 8])
    white = whitened(rng.beta(2, 5, size=(500, 8)))
    contrast = contrast_of("auto", white)
    ends, _ = contrast.approach(orthonormalised(rng.standard_normal((100, 8, 8))))
    heights = contrast.of_each(ends).sum(axis=1)
    found = [fit_ica(white, random_state=seed) for seed in range(4)]
    for result in found:
        assert result.contrast_value > heights.max() * (1 - 1e-9)
        assert result.restarts in (10, 40)
        np.testing.assert_allclose(result.sources, found[0].sources, atol=1e-6)


def test_starts_that_disagree_are_followed_by_more():
    """Two optima: K_1111 and K_2222, or the same a little lower at 45 degrees."""
    white = whitened(np.random.default_rng(2).standard_normal((200, 6)))
    contrast = contrast_of("auto", white)
    _, _, starts = best_start(contrast, 6, np.random.RandomState(0))
    assert starts == 40
    white = whitened(uniform(np.random.default_rng(0), 2000, 3))
    assert best_start(contrast_of("auto", white), 3, np.random.RandomState(0))[2] == 10
    assert fit_ica(uniform(np.random.default_rng(0), 50, 1), random_state=0).restarts == 1


# --- conventions


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


# --- certificates


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_standard_errors_are_the_real_spread(contrast):
    mix = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.3, -0.5, 1.5]])
    truth = mix * np.sqrt([1 / 3, 2, 1.09])
    found, errors = [], []
    for seed in range(100):
        factors = mixed(np.random.default_rng(seed), 1500, 3)
        result = fit_ica(factors @ mix.T, contrast=contrast, random_state=seed)
        cosines = np.linalg.solve(truth, result.mixing)
        order = np.abs(cosines).argmax(axis=1)
        sign = np.sign(cosines[np.arange(3), order])
        found.append(result.mixing[:, order] * sign)
        errors.append(result.mixing_error[:, order])
    np.testing.assert_allclose(np.mean(errors, axis=0), np.std(found, axis=0), rtol=0.3)


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_errors_of_the_directions_are_the_real_ones(contrast):
    """Of a rotation of white factors, to which the directions found are compared."""
    truth = ortho_group.rvs(3, random_state=0)
    turns, errors = [], []
    for seed in range(100):
        factors = mixed(np.random.default_rng(seed), 1500, 3) / np.sqrt([1 / 3, 2, 1.09])
        embedding = factors @ truth
        result = fit_ica(embedding, contrast=contrast, random_state=seed)
        whitening = whitening_of(embedding - embedding.mean(axis=0))
        cosines = np.abs(truth @ np.linalg.solve(whitening.T, result.unmixing.T))
        turns.append(np.arccos(np.minimum(cosines.max(axis=1), 1)))
        errors.append(result.rotation_error[cosines.argmax(axis=1)])
    spread = np.sqrt(np.mean(np.square(turns), axis=0))
    np.testing.assert_allclose(np.mean(errors, axis=0), spread, rtol=0.3)


def test_one_step_of_logcosh_is_its_refit():
    """A refit without each group, from scratch, beside the one Newton step of all equations."""
    rng = np.random.default_rng(0)
    white = whitened(np.column_stack([mixed(rng, 4000, 2), rng.exponential(size=4000)]))
    groups = random_groups(4000, 10, np.random.RandomState(0))
    rotation = settle(LogCosh(white), np.eye(3)).rotation
    refits = jackknife_of_rows(LogCosh(white), rotation, groups)
    for group, mixing in zip(groups, refits.mixing, strict=True):
        rest = np.delete(white, group, axis=0)
        rest = rest - rest.mean(axis=0)
        whiten = whitening_of(rest)
        refit = settle(LogCosh(rest @ whiten.T), rotation).rotation
        exact = np.linalg.solve(whiten, refit.T)
        moved = np.abs(exact - rotation.T).max()
        np.testing.assert_allclose(mixing, exact, atol=0.1 * moved)


@pytest.mark.filterwarnings("ignore::hessmap.ConvergenceWarning")
@pytest.mark.parametrize("contrast", CONTRASTS)
def test_gaussian_sources_are_unstable(contrast):
    rng = np.random.default_rng(0)
    gaussian = fit_ica(rng.standard_normal((3000, 5)), contrast=contrast, random_state=0)
    conforming = fit_ica(rng.uniform(size=(3000, 5)), contrast=contrast, random_state=0)
    assert gaussian.stability < 0.95
    assert conforming.stability > 0.99
    assert np.abs(gaussian.kurtosis).max() < 0.5


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_a_circle_has_no_maximum_and_that_is_said(contrast):
    angles = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    with pytest.warns(ConvergenceWarning, match="largest curvature of the contrast"):
        result = fit_ica(circle, contrast=contrast, random_state=0)
    assert not result.converged
    assert abs(result.curvature) < 1e-6


def test_two_valued_sources():
    corners = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)] * 10)
    np.testing.assert_allclose(np.abs(fit_ica(corners, random_state=0).sources), 1)


def test_too_few_rows_to_leave_any_out():
    result = fit_ica(np.random.default_rng(0).uniform(size=(12, 11)), random_state=0)
    assert np.isinf(result.mixing_error).all()
    assert result.stability == pytest.approx(0)


def test_not_reaching_the_optimum_is_said(monkeypatch):
    monkeypatch.setattr("hessmap.ica.search.MAX_STEPS", 0)
    with pytest.warns(ConvergenceWarning, match=r"did not reach an optimum: \d+ iterations"):
        result = fit_ica(np.random.default_rng(0).uniform(size=(500, 3)), random_state=0)
    assert not result.converged


@pytest.mark.parametrize(
    ("embedding", "arguments", "message"),
    [
        (np.zeros((5, 0)), {}, r"shape \(n, d\) with more rows|minimum of 1"),
        (np.full((9, 2), np.nan), {}, "contains NaN"),
        (np.random.default_rng(0).uniform(size=(9, 2)) + 1j, {}, "Complex data not supported"),
        (np.zeros(5), {}, r"shape \(n, d\) with more rows"),
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


@pytest.mark.parametrize("contrast", ["auto", "cube", "logcosh"])
@pytest.mark.filterwarnings("ignore::hessmap.ConvergenceWarning")
def test_so_few_rows_that_none_can_be_left_out(contrast):
    rows = np.random.default_rng(0).standard_normal((4, 3))
    result = fit_ica(rows, contrast=contrast, random_state=0)
    assert result.stability == pytest.approx(0, abs=1e-9)
    assert np.isinf(result.mixing_error).all()


def test_columns_of_very_different_size():
    rng = np.random.default_rng(0)
    factors = rng.uniform(size=(1000, 2))
    result = fit_ica(factors * [1e150, 1e-150], random_state=0)
    assert mcc(result.sources, factors) > 0.999
