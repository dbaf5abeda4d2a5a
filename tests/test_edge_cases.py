"""Bad input: each a clear error before long work starts, or the right answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from hessmap import AssumptionWarning, DisconnectedGraphError, HessianEigenmaps, HessianICA
from hessmap.datasets import swiss_roll, two_pieces
from hessmap.ica import fit_ica, fit_polar
from hessmap.metrics import mcc
from hessmap.neighbors import knn_graph
from hessmap.operator import LocalForms, build_operator

from .helpers import affine_error

X, factors = swiss_roll(1200, random_state=0)


@pytest.fixture(scope="module")
def usual():
    """The model of X, which a test may ask but not change."""
    return HessianICA(random_state=0).fit(X)


EDGE = LocalForms("gram", np.array([[[1.0, -1.0]], [[1.0, -1.0]]]))


def poisoned(value):
    bad = X.copy()
    bad[3, 1] = value
    return bad


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (poisoned(np.nan), ValueError, "is NaN"),
        (poisoned(np.inf), ValueError, "is an infinity"),
        (X[:, 0], ValueError, "Expected 2D array, got 1D array"),
        (X.reshape(10, 120, 3), ValueError, r"Pass X\.reshape\(len\(X\), -1\)"),
        (X + 1j, ValueError, "Complex data not supported"),
        (np.array([["a", "b"], ["c", "d"]], dtype=object), ValueError, "could not convert"),
        (sparse.csr_array(X), TypeError, "Sparse data was passed"),
        (X[:1], ValueError, "1 sample"),
        (X[:0], ValueError, "0 sample"),
        (X[:5], ValueError, "`X` must have at least 6 distinct rows .* got n_samples = 5"),
        (
            np.ones((50, 3)),
            ValueError,
            "`X` must have at least 6 distinct rows .* got 1 distinct rows of n_samples = 50",
        ),
        (X[:, :1], ValueError, "`n_components` must not exceed .* n_features = 1"),
    ],
)
@pytest.mark.parametrize("estimator", [HessianEigenmaps, HessianICA])
def test_bad_rows(estimator, rows, error, message):
    with pytest.raises(error, match=message):
        estimator().fit(rows)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_components": 0}, ValueError, "`n_components` must be at least 1; got 0"),
        ({"n_components": 2.5}, TypeError, "`n_components` must be a whole number; got 2.5"),
        ({"n_components": True}, TypeError, "`n_components` must be a whole number"),
        ({"n_components": 4}, ValueError, "`n_components` must not exceed .* got 4"),
        (
            {"n_neighbors": 5},
            ValueError,
            r"`n_neighbors` must exceed d\(d\+3\)/2 = 5 for n_components=2 .* got 5",
        ),
        (
            {"n_neighbors": 3, "operator": "tangent"},
            ValueError,
            r"`n_neighbors` must exceed d\+1 = 3 for n_components=2 .* got 3",
        ),
        (
            {"n_neighbors": 1, "operator": "laplacian"},
            ValueError,
            r"`n_neighbors` must exceed 1 = 1 .* got 1",
        ),
        ({"n_neighbors": 1201}, ValueError, "`n_neighbors` must not exceed .* n_samples = 1200"),
        ({"n_neighbors": 0}, ValueError, "`n_neighbors` must be at least 1; got 0"),
        ({"n_neighbors": 12.0}, TypeError, "`n_neighbors` must be a whole number; got 12.0"),
        ({"n_neighbors": "many"}, ValueError, "`n_neighbors` must be 'auto' or a whole number"),
        ({"n_nodes": 5}, ValueError, "`n_nodes` must be at least 6 for n_components=2"),
        ({"n_nodes": 15, "n_neighbors": 16}, ValueError, "`n_nodes` must be at least 16 for"),
        ({"n_nodes": "all"}, ValueError, "`n_nodes` must be 'auto', None .* got 'all'"),
        ({"operator": "hesse"}, ValueError, "`operator` must be one of 'hessian', 'tangent'"),
        ({"operator": None}, ValueError, "`operator` must be one of"),
        ({"neighbors": "ball"}, ValueError, "`neighbors` must be one of"),
        ({"eigen_solver": "amg"}, ValueError, "`eigen_solver` must be one of"),
        ({"tol": 0}, ValueError, "`tol` must be a number between 0 and 1; got 0"),
        ({"tol": "small"}, ValueError, "`tol` must be a number between 0 and 1"),
        ({"n_jobs": 0}, ValueError, "`n_jobs` must be None, positive, or negative"),
        ({"n_jobs": 1.5}, TypeError, "`n_jobs` must be a whole number"),
        ({"n_jobs": True}, TypeError, "`n_jobs` must be a whole number"),
        ({"random_state": "seed"}, ValueError, "`random_state` must be None, an int from 0"),
        ({"random_state": -1}, ValueError, "`random_state` must be None, an int from 0"),
        ({"n_neighbors": np.array([16, 17])}, TypeError, "`n_neighbors` must be a whole number"),
        ({"n_nodes": np.array([16])}, TypeError, "`n_nodes` must be a whole number"),
    ],
)
def test_bad_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        HessianEigenmaps(**parameters).fit(X)


@pytest.mark.parametrize("contrast", [None, 3])
def test_contrast_that_is_no_word(contrast):
    with pytest.raises(ValueError, match="`contrast` must be one of 'auto', 'cube'"):
        HessianICA(contrast=contrast).fit(X)


def test_bad_contrast():
    with pytest.raises(
        ValueError, match="`contrast` must be one of 'auto', 'cube', 'logcosh'; got 'tanh'"
    ):
        HessianICA(contrast="tanh").fit(X)


def test_duplicates_do_not_count_as_rows():
    rows = np.repeat(X[:8], 10, axis=0)
    with pytest.raises(ValueError, match=r"got 12 with 8 distinct rows of n_samples = 80"):
        HessianEigenmaps(n_neighbors=12).fit(rows)


def test_disconnected():
    rows = np.concatenate([X[:700], X[:500] + 1e4])
    with pytest.raises(DisconnectedGraphError, match="Fit each group on its own") as caught:
        HessianEigenmaps(n_neighbors=12).fit(rows)
    assert sum(caught.value.component_sizes) == 1200
    assert caught.value.component_sizes == tuple(sorted(caught.value.component_sizes)[::-1])


def readonly(rows):
    rows = rows.copy()
    rows.flags.writeable = False
    return rows


def memmap(rows, tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, rows)
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda rows, _: rows.tolist(), id="list"),
        pytest.param(lambda rows, _: np.asfortranarray(rows), id="fortran"),
        pytest.param(lambda rows, _: readonly(rows), id="read-only"),
        pytest.param(memmap, id="memmap"),
        pytest.param(lambda rows, _: np.repeat(rows, 2, axis=0)[::2], id="strided"),
        pytest.param(lambda rows, _: rows.astype(object), id="object of numbers"),
        pytest.param(lambda rows, _: rows.astype(">f8"), id="big-endian"),
    ],
)
def test_same_answer_in_any_container(change, tmp_path, usual):
    found = HessianICA(random_state=0).fit(change(X, tmp_path))
    np.testing.assert_allclose(found.sources_, usual.sources_, atol=1e-9)


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.float16, np.longdouble])
def test_other_numbers_become_float64(dtype):
    rows = np.round((X - X.min(axis=0)) * 5).astype(dtype)
    model = HessianEigenmaps(random_state=0, n_neighbors=20).fit(rows)
    assert model.embedding_.dtype == np.float64
    assert np.isfinite(model.embedding_).all()


def test_constant_columns_change_nothing(usual):
    wide = np.column_stack([np.full(1200, 1e6), X, np.zeros(1200)])
    found = HessianICA(random_state=0).fit(wide).sources_
    np.testing.assert_allclose(found, usual.sources_, atol=1e-6)


def test_as_many_components_as_columns():
    flat = np.random.default_rng(0).uniform(size=(400, 2)) @ [[1, 2], [0.3, -1]]
    model = HessianEigenmaps(random_state=0).fit(flat)
    assert affine_error(model.embedding_, flat) < 1e-12
    i, j = np.random.default_rng(1).integers(0, 400, size=(2, 100))
    np.testing.assert_allclose(
        np.linalg.norm(model.embedding_[i] - model.embedding_[j], axis=1),
        np.linalg.norm(flat[i] - flat[j], axis=1),
    )


def test_one_component():
    t = np.sort(np.random.default_rng(0).uniform(0, 3, size=500))
    curve = np.column_stack([np.cos(t), np.sin(t), 0.1 * t])
    model = HessianICA(1, random_state=0).fit(curve)
    assert affine_error(model.embedding_, t[:, None]) < 1e-10


def test_regular_grid_with_all_its_ties():
    grid = np.stack(np.meshgrid(np.arange(30.0), np.arange(20.0)), axis=2).reshape(-1, 2)
    model = HessianEigenmaps(random_state=0).fit(grid)
    assert affine_error(model.embedding_, grid) < 1e-10
    again = HessianEigenmaps(random_state=0, n_jobs=1).fit(grid)
    np.testing.assert_array_equal(model.embedding_, again.embedding_)


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e-8, 1e8, 1e150, 1e300])
def test_any_scale(scale, usual):
    model = HessianICA(random_state=0).fit(X * scale)
    np.testing.assert_allclose(model.embedding_ / scale, usual.embedding_, atol=1e-6)
    np.testing.assert_allclose(model.sources_, usual.sources_, atol=1e-6)
    np.testing.assert_allclose(model.transform(X[:9] * scale), model.sources_[:9], atol=1e-6)
    np.testing.assert_allclose(
        model.inverse_transform(model.sources_[:9]) / scale, X[:9], atol=1e-6
    )
    assert model.report_.ok


def test_far_from_the_origin(usual):
    model = HessianICA(random_state=0).fit(X + 1e7)
    np.testing.assert_allclose(np.abs(model.sources_), np.abs(usual.sources_), atol=1e-3)


@pytest.mark.parametrize("seed", [np.random.RandomState(0), np.random.default_rng(0), None])
def test_any_kind_of_seed(seed, usual):
    model = HessianICA(random_state=seed).fit(X)
    np.testing.assert_allclose(model.sources_, usual.sources_, atol=1e-6)


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
@pytest.mark.parametrize("operator", ["hessian", "tangent", "laplacian"])
def test_seed_order_and_solver_change_nothing_but_rounding(operator):
    order = np.random.default_rng(0).permutation(len(X))
    expected = HessianEigenmaps(operator=operator, random_state=0).fit_transform(X)
    for found in (
        HessianEigenmaps(operator=operator, random_state=1).fit_transform(X),
        HessianEigenmaps(operator=operator, random_state=0, eigen_solver="dense").fit_transform(X),
        HessianEigenmaps(operator=operator, random_state=0).fit_transform(X[order])[
            np.argsort(order)
        ],
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_a_row_beyond_all_arithmetic_is_set_aside():
    clean = HessianEigenmaps(random_state=0, n_nodes=None).fit(X)
    rows = np.concatenate([X, [[1e150] * 3]])
    with pytest.warns(AssumptionWarning, match="far-from-manifold"):
        model = HessianEigenmaps(random_state=0, n_nodes=None).fit(rows)
    assert model.report_.n_far == model.report_.n_outliers == 1
    np.testing.assert_allclose(model.embedding_[:-1], clean.embedding_, atol=1e-6)


def test_rows_changed_after_the_fit_do_not_change_the_model():
    for rows in (X.copy(), np.hstack([X, np.zeros((1200, 90))])):
        model = HessianEigenmaps(random_state=0).fit(rows)
        before = model.inverse_transform(model.embedding_[:5])
        rows[:] = 0
        np.testing.assert_array_equal(model.inverse_transform(model.embedding_[:5]), before)


def test_threads_are_checked_after_the_fit_too():
    model = HessianEigenmaps(random_state=0).fit(X).set_params(n_jobs=0)
    with pytest.raises(ValueError, match="`n_jobs` must be None, positive"):
        model.transform(X[:3])


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("rows", lambda value: HessianICA(random_state=0).fit(X).save("m.hessmap", rows=value)),
        ("held_out", lambda value: mcc(factors, factors, held_out=value)),
        ("hole", lambda value: swiss_roll(10, hole=value)),
        ("thread", lambda value: two_pieces(100, thread=value)),
        (
            "normalized",
            lambda value: build_operator(EDGE, np.array([[0, 1], [1, 0]]), normalized=value),
        ),
    ],
)
@pytest.mark.parametrize("value", [np.array([]), np.array([1, 2]), "no", None])
def test_options_are_true_or_false(name, call, value):
    with pytest.raises(TypeError, match=rf"`{name}` must be True or False; got "):
        call(value)


def test_large_float32_rows():
    rows = (X[:, :2] / np.abs(X).max() * 1e37).astype(np.float32)
    model = HessianEigenmaps(random_state=0).fit(rows)
    assert np.isfinite(model.embedding_).all()
    assert model.report_.local_isometry > 0.99


def test_nothing_the_user_passed_is_changed():
    rows, before = X.copy(), X.copy()
    model = HessianICA(random_state=0).fit(rows)
    np.testing.assert_array_equal(rows, before)
    model.transform(rows)
    np.testing.assert_array_equal(rows, before)


@pytest.mark.filterwarnings("ignore::hessmap.HessmapWarning")
@pytest.mark.parametrize("seed", [0, 5])
def test_rows_over_three_hundred_powers_of_ten(seed):
    """Steps over radii overflowed, and least squares did not converge."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((60, 3)) * 10.0 ** rng.uniform(-150, 150, (60, 3))
    with pytest.raises(ValueError, match=r"`X` must have neighbours whose distances can be"):
        HessianEigenmaps(random_state=0).fit(rows)


@pytest.mark.filterwarnings("ignore::hessmap.HessmapWarning")
@pytest.mark.parametrize("operator", ["hessian", "tangent"])
def test_columns_over_three_hundred_powers_of_ten(operator):
    """Gram matrices of the small columns underflowed into NaN."""
    rng = np.random.default_rng(31)
    angles = rng.uniform(-0.5, 0.5, (116, 2))
    rows = np.hstack([np.cos(angles), np.sin(angles)]) * 10.0 ** rng.integers(-150, 150, 4)
    model = HessianEigenmaps(random_state=0, operator=operator).fit(rows)
    assert np.isfinite(model.embedding_[model.node_of_ >= 0]).all()


def test_too_few_rows_are_left():
    """The error spoke of neighbours, which nobody had asked for."""
    rows = np.array([[0.9287, -0.3709], [0.9402, 0.3406], [0.9223, -0.3865]])
    with pytest.raises(ValueError, match=r"`X` must have at least 3 distinct rows .* 2 are left"):
        HessianICA(1, random_state=0).fit(rows)


@pytest.mark.parametrize(
    "rows",
    [
        {"a": [1, 2]},
        iter([[1.0, 2.0]]),
        [[1.0, 2.0], [3.0]],
        object(),
        np.zeros(3, dtype=[("a", float), ("b", float)]),
    ],
    ids=["dict", "iterator", "ragged", "object", "records"],
)
def test_what_is_no_table(rows, usual):
    for call in (HessianEigenmaps().fit, usual.transform, lambda rows: knn_graph(rows, 2)):
        with pytest.raises((TypeError, ValueError), match=r"\bX\b"):
            call(rows)
    with pytest.raises((TypeError, ValueError), match=r"\bY\b"):
        usual.inverse_transform(rows)
    for call in (fit_ica, fit_polar):
        with pytest.raises((TypeError, ValueError), match=r"\bembedding\b"):
            call(rows)
