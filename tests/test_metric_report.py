"""The page of all metrics, and what metrics say of arguments that they cannot take."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from hessmap.metrics import (
    beta_vae,
    dci,
    disentanglement_report,
    factor_vae,
    local_isometry,
    mcc,
    mi_invariance,
    mig,
    modularity,
    pairwise_dependence,
    predictability,
    sap,
    total_correlation,
)

rng = np.random.default_rng(0)
uniform = rng.uniform(size=(2000, 2))
steps = rng.integers(0, 5, size=(2000, 2)) / 4
three = rng.uniform(size=(2000, 3))


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """The problems are so small that threads only wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.mark.parametrize("factors", [uniform, steps])
def test_report(factors):
    factors = factors[:500]
    codes, X = factors[:, ::-1] + 0.01 * three[:500, :2], np.hstack([factors, factors**2])
    report = disentanglement_report(codes, factors, X, random_state=3)
    trees = dci(codes, factors, random_state=3)
    expected = {
        "n_rows": 500,
        "n_codes": 2,
        "n_factors": 2,
        "mcc": mcc(codes, factors, held_out=True, random_state=3),
        "mcc_spearman": mcc(codes, factors, method="spearman", held_out=True, random_state=3),
        "local_isometry": local_isometry(X, codes, random_state=3),
        "beta_vae": beta_vae(codes, factors, random_state=3),
        "factor_vae": factor_vae(codes, factors, random_state=3),
        "mig": mig(codes, factors),
        "modularity": modularity(codes, factors),
        "disentanglement": trees.disentanglement,
        "completeness": trees.completeness,
        "informativeness": trees.informativeness,
        "sap": sap(codes, factors, random_state=3),
        "total_correlation": total_correlation(codes),
        "mi_invariance": mi_invariance(codes),
        "dependence": pairwise_dependence(codes)[0, 1],
        "predictability": predictability(codes).max(),
    }
    assert report.as_dict() == expected
    assert [field.name for field in fields(report)] == [*expected, "of_factors"]
    ideal = disentanglement_report(factors, factors, X, random_state=3).as_dict()
    assert {**report.of_factors} == {name: ideal[name] for name in report.of_factors}
    assert len(report.of_factors) == len(expected) - 3
    page = str(report)
    assert page.startswith("2 codes against 2 factors, 500 rows")
    assert f"{1 - report.mcc:.4f}" in page
    assert len({len(line) for line in page.splitlines()[1:]}) == 1


def test_report_of_awkward_codes():
    dead = np.column_stack([np.ones(60), uniform[:60]])
    report = disentanglement_report(dead, uniform[:60], random_state=0)
    assert report.local_isometry is None
    assert "isometry" not in str(report)
    assert all(np.isfinite(v) for v in report.as_dict().values() if v is not None)
    single = disentanglement_report(uniform[:60, 0].tolist(), uniform[:60, 0], random_state=0)
    assert (single.n_codes, single.n_factors, single.mi_invariance) == (1, 1, 0)
    assert single.mcc == pytest.approx(1)
    repeated = disentanglement_report(uniform[:60, [0, 0]], uniform[:60], random_state=0)
    assert "inf" in str(repeated)
    constant = disentanglement_report(np.ones((60, 2)), np.ones((60, 2)), random_state=0)
    assert all(np.isfinite(v) for v in constant.as_dict().values() if v is not None)
    least = disentanglement_report(uniform[:4], uniform[:4], uniform[:4], random_state=0)
    assert np.isfinite(least.mcc)


def test_seeds():
    noisy = uniform + 0.4 * np.random.default_rng(1).standard_normal(uniform.shape)
    first, again = (beta_vae(noisy, uniform, random_state=1) for _ in range(2))
    assert first == again
    different = {factor_vae(noisy, uniform, random_state=seed) for seed in range(5)}
    assert len(different) > 1
    assert max(different) - min(different) < 0.05


WITH_FACTORS = [beta_vae, factor_vae, mig, modularity, dci, sap, disentanglement_report]


@pytest.mark.parametrize("metric", WITH_FACTORS)
@pytest.mark.parametrize(
    ("codes", "factors", "message"),
    [
        (uniform, uniform[:-1], "as many rows; got 2000 and 1999"),
        (np.full((9, 2), np.nan), uniform[:9], "`codes` must be finite"),
        (uniform[:9], np.full((9, 2), np.inf), "`factors` must be finite"),
        (uniform[None], uniform, "`codes` must have the shape"),
        (uniform[:1], uniform[:1], r"`codes` must have at least \d rows; got 1"),
        (uniform[:2], np.array(["red", "blue"]), "`factors` must be numbers; got <U4. Number"),
        (
            np.array([[1, "b"]] * 9, dtype=object),
            uniform[:9],
            "`codes` must be numbers; got object",
        ),
    ],
)
def test_bad_codes_and_factors(metric, codes, factors, message):
    with pytest.raises(ValueError, match=message):
        metric(codes, factors)


@pytest.mark.parametrize("metric", [total_correlation, mi_invariance])
def test_bad_codes(metric):
    with pytest.raises(ValueError, match="`codes` must be finite"):
        metric(np.full((9, 2), np.nan))
    with pytest.raises(ValueError, match="`codes` must have at least 2 rows; got 1"):
        metric(uniform[:1])


@pytest.mark.parametrize(
    ("metric", "arguments", "message"),
    [
        (beta_vae, {"n_bins": 1}, "`n_bins` must be at least 2; got 1"),
        (beta_vae, {"batch_size": 0}, "`batch_size` must be at least 1; got 0"),
        (factor_vae, {"batch_size": 1}, "`batch_size` must be at least 2; got 1"),
        (factor_vae, {"n_train": 0}, "`n_train` must be at least 1; got 0"),
        (factor_vae, {"n_test": 0}, "`n_test` must be at least 1; got 0"),
        (mig, {"n_code_bins": 1}, "`n_code_bins` must be at least 2; got 1"),
        (modularity, {"n_bins": 0}, "`n_bins` must be at least 2; got 0"),
        (dci, {"n_trees": 0}, "`n_trees` must be at least 1; got 0"),
        (dci, {"max_rows": 3}, "`max_rows` must be at least 4; got 3"),
        (sap, {"max_values": 1}, "`max_values` must be at least 2; got 1"),
        (sap, {"random_state": -1}, "`random_state` must be None"),
        (dci, {"random_state": "a"}, "`random_state` must be None"),
    ],
)
def test_bad_arguments(metric, arguments, message):
    with pytest.raises(ValueError, match=message):
        metric(uniform, uniform, **arguments)


# the least whole number that each argument may be
LEAST = [
    (beta_vae, {"n_bins": 2, "batch_size": 1, "n_train": 1, "n_test": 1}),
    (factor_vae, {"n_bins": 2, "batch_size": 2, "n_train": 1, "n_test": 1}),
    (mig, {"n_code_bins": 2, "n_bins": 2}),
    (modularity, {"n_code_bins": 2, "n_bins": 2}),
    (dci, {"max_values": 2, "max_rows": 4, "n_trees": 1}),
    (sap, {"max_values": 2}),
    (
        lambda codes, _, **settings: mi_invariance(codes, **settings),
        {"n_code_bins": 2, "n_bins": 2},
    ),
    (local_isometry, {"max_rows": 3}),
    (lambda codes, _, **settings: predictability(codes, **settings), {"n_neighbors": 1}),
]


@pytest.mark.parametrize(
    ("metric", "name", "least"),
    [(metric, name, least) for metric, limits in LEAST for name, least in limits.items()],
)
def test_least_whole_numbers(metric, name, least):
    few = uniform[:12]
    metric(few, few, **{name: least})
    with pytest.raises(ValueError, match=f"^`{name}` must be at least {least}; got {least - 1}"):
        metric(few, few, **{name: least - 1})
    with pytest.raises(TypeError, match=f"^`{name}` must be a whole number; got 7.5"):
        metric(few, few, **{name: 7.5})


@pytest.mark.parametrize(
    ("metric", "least"),
    [(beta_vae, 2), (factor_vae, 2), (mig, 2), (modularity, 2), (dci, 4), (sap, 4), (mcc, 2)],
)
def test_least_rows(metric, least):
    sampled = {"n_train": 5, "n_test": 5} if metric in (beta_vae, factor_vae) else {}
    metric(uniform[:least], uniform[:least], **sampled)
    with pytest.raises(ValueError, match=f"`codes` must have at least {least} rows; got"):
        metric(uniform[: least - 1], uniform[: least - 1], **sampled)


@pytest.mark.parametrize("metric", [total_correlation, mi_invariance, pairwise_dependence])
def test_least_rows_of_codes_alone(metric):
    assert np.isfinite(metric(uniform[:2, :1])).all()
    with pytest.raises(ValueError, match="`codes` must have at least 2 rows; got 1"):
        metric(uniform[:1])
