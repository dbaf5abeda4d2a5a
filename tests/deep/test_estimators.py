"""The scikit-learn face, what a fit finds, and bad input."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from hessmap import AssumptionWarning, HessianICA
from hessmap.datasets import arcs, shapes_xy
from hessmap.deep import (
    AE,
    DIPVAE,
    AnnealedVAE,
    Autoencoder,
    BetaTCVAE,
    BetaVAE,
    FactorVAE,
    HessianAutoencoder,
)
from hessmap.deep.autoencoder import separate
from hessmap.metrics import mcc
from hessmap.pictures import Blur

SHORT = {"max_epochs": 2, "width": 16, "random_state": 0}


# Some checks fit ten rows of noise, or columns of which few vary; the warnings are then right.
@pytest.mark.filterwarnings("ignore::hessmap.HessmapWarning")
@parametrize_with_checks(
    [HessianAutoencoder(max_epochs=2, width=8), Autoencoder(1, max_epochs=2, width=8)]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def fitted(table):
    X, _ = table
    teacher = HessianICA(2, random_state=0)
    return HessianAutoencoder(teacher, max_epochs=40, width=64, random_state=0).fit(X)


@pytest.fixture(scope="module")
def squares():
    """Pictures of a moving square, and the teacher of all of them."""
    X, factors = shapes_xy(600, size=32, side=12, random_state=0)
    teacher = make_pipeline(Blur((32, 32), 3.0), HessianICA(2, random_state=0))
    return X, factors, teacher.fit(X[:500])


def test_it_finds_the_factors_and_the_rows(table, fitted):
    factors = table[1]
    assert mcc(fitted.sources_, factors) > 0.99
    new, new_factors = arcs(300, random_state=1)
    assert mcc(fitted.transform(new), new_factors) > 0.99
    back = fitted.inverse_transform(fitted.transform(new))
    assert np.square(back - new).mean() < 0.01 * new.var(axis=0).mean()
    # in the scale of the teacher's codes
    np.testing.assert_allclose(fitted.sources_.std(axis=0), 1, atol=0.05)
    assert mcc(fitted.sources_, fitted.teacher_.sources_) > 0.99


def test_convolutions_on_held_out_pictures(squares):
    X, factors, teacher = squares
    model = HessianAutoencoder(
        FrozenEstimator(teacher), architecture="conv", shape=(32, 32), width=8, max_epochs=25,
        patience=None, random_state=0,
    ).fit(X[:500])  # fmt: skip
    assert model.teacher_.estimator is teacher
    found = mcc(model.transform(X[500:]), factors[500:])
    assert found > 0.97 * mcc(teacher.transform(X[500:]), factors[500:])
    back = model.inverse_transform(model.transform(X[500:]))
    assert np.square(back - X[500:]).mean() < 0.2 * X.var(axis=0).mean()


def test_own_map_back_to_pictures_before_smoothing(squares):
    X, _, teacher = squares
    codes = teacher.transform(X[500:])
    sharp = teacher[-1].inverse_transform(codes, rows=X[:500])
    smooth = teacher[-1].inverse_transform(codes)

    def error(rows):
        return np.square(rows - X[500:]).mean() / X.var(axis=0).mean()

    assert error(sharp) < 0.5 * error(smooth)
    np.testing.assert_allclose(
        teacher[-1].inverse_transform(codes, rows=teacher[0].transform(X[:500])), smooth, atol=1e-6
    )


@pytest.mark.parametrize(
    "method",
    [
        AE(),
        AE(n_linear=8),
        AE(weight_decay=0.1),
        AE(noise=0.1),
        BetaVAE(1.0),
        AnnealedVAE(capacity=5.0),
        FactorVAE(),
        BetaTCVAE(2.0),
        DIPVAE("means", 1.0),
        DIPVAE("codes", 1.0),
    ],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore:collapsed")
def test_every_method_learns(table, method):
    X = table[0][:300]
    model = Autoencoder(2, method, width=32, max_epochs=8, random_state=0).fit(X)
    for name in ("reconstruction", "misfit"):
        if name in model.history_:
            losses = model.history_[name]
            assert losses[-1] < losses[0]
    assert model.sources_.shape == (300, 2)
    np.testing.assert_array_equal(model.transform(X), model.sources_)
    again = model.decode(model.encode(X))
    np.testing.assert_allclose(model.inverse_transform(model.sources_), again, atol=1e-4)


def test_wide_codes_are_separated_from_their_principal_components(table):
    X, _ = table
    model = Autoencoder(2, code_width=8, width=32, max_epochs=5, random_state=0).fit(X)
    codes = model.encode(X)
    assert codes.shape == (800, 8)
    assert model.sources_.shape == (800, 2)
    np.testing.assert_allclose(model.sources_.std(axis=0), 1, rtol=1e-6)
    centred = codes - codes.mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    scores = centred @ directions.T
    design = np.column_stack([scores, np.ones(800)])
    missing = model.sources_ - design @ np.linalg.lstsq(design, model.sources_, rcond=None)[0]
    assert np.abs(missing).max() < 1e-8


def test_drawn_codes_have_the_spread_of_the_encoder(table):
    X, _ = table
    model = Autoencoder(2, BetaVAE(1.0), width=32, max_epochs=3, random_state=0).fit(X)
    mean = model.encode(X)
    drawn = np.stack([model.encode(X, draw=True, random_state=seed) for seed in range(300)])
    scaled = torch.from_numpy(model.scale_.scaled(X))
    log_variance = model.encoder_(scaled).detach().numpy()[:, 2:]
    np.testing.assert_allclose(drawn.std(axis=0), np.exp(0.5 * log_variance), rtol=0.25)
    np.testing.assert_allclose((drawn.mean(axis=0) - mean).mean(), 0, atol=0.01)
    plain = Autoencoder(2, width=8, max_epochs=1, random_state=0).fit(X)
    np.testing.assert_array_equal(plain.encode(X, draw=True), plain.encode(X))


def test_collapsed_codes_are_said(table):
    line = np.column_stack([np.linspace(0, 1, 50), np.zeros(50)])
    with pytest.warns(AssumptionWarning, match="1 of 2 directions"):
        found = separate(line, 2, 0)
    assert np.isfinite(found.sources).all()
    np.testing.assert_allclose(found.undo(found.sources), line, atol=1e-12)


def test_a_pair_of_modules(table):
    X, factors = table
    pair = (
        nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 2)),
        nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 4)),
    )
    before = [weight.clone() for network in pair for weight in network.parameters()]
    model = HessianAutoencoder(architecture=pair, max_epochs=40, random_state=0).fit(X)
    assert mcc(model.sources_, factors) > 0.98
    after = [weight for network in pair for weight in network.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert clone(model).architecture is not model.encoder_


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_of_rows_and_codes(table, fitted, dtype):
    rows = table[0][:7].astype(dtype)
    codes = fitted.transform(rows)
    assert codes.dtype == fitted.inverse_transform(codes).dtype == dtype


def test_bytes_and_memory_maps_are_read_as_they_are(squares, tmp_path):
    X, _, teacher = squares
    levels = np.round(X * 255).astype(np.uint8)
    np.save(tmp_path / "rows.npy", levels)
    stored = np.load(tmp_path / "rows.npy", mmap_mode="r")
    settings = {**SHORT, "architecture": "conv", "shape": (32, 32)}
    taught = FrozenEstimator(clone(teacher).fit(levels))
    models = [
        HessianAutoencoder(taught, **settings).fit(rows)
        for rows in (levels.astype(float), levels, stored)
    ]
    for model in models[1:]:
        np.testing.assert_array_equal(model.sources_, models[0].sources_)
    assert models[1].sources_.dtype == np.float64


def test_codes_that_are_nan_have_no_rows(fitted):
    rows = fitted.inverse_transform([[0.0, 0.0], [np.nan, 1.0]])
    assert np.isfinite(rows[0]).all()
    assert np.isnan(rows[1]).all()


@pytest.mark.parametrize("piped", [False, True])
def test_rows_that_the_teacher_sets_aside_teach_nothing(table, piped):
    X, factors = table
    dirty = np.vstack([X, np.full((1, 4), 1e6)])
    teacher = HessianICA(2, random_state=0)
    if piped:
        teacher = make_pipeline(FunctionTransformer(), teacher)
    with pytest.warns(AssumptionWarning, match="far-from-manifold"):
        model = HessianAutoencoder(teacher, max_epochs=20, width=64, random_state=0).fit(dirty)
    assert mcc(model.sources_[:800], factors) > 0.99
    assert model.scale_.unit == pytest.approx(np.sqrt(X.var(axis=0).mean()))


def test_a_frozen_teacher_maps_the_rows_of_the_fit(table):
    """Not those that it was fitted to."""
    X, _ = table
    new, factors = arcs(500, random_state=3)
    teacher = FrozenEstimator(HessianICA(2, random_state=0).fit(X))
    for frozen in (teacher, make_pipeline(FunctionTransformer(), teacher)):
        model = HessianAutoencoder(frozen, max_epochs=20, width=64, random_state=0).fit(new)
        assert mcc(model.sources_, factors) > 0.99
    assert model.report_ is teacher.estimator.report_


def test_a_fit_that_fails_leaves_no_mixed_model(table, monkeypatch):
    X, _ = table
    model = HessianAutoencoder(HessianICA(2, random_state=0), **SHORT).fit(X)
    with pytest.raises(FloatingPointError):
        model.set_params(learning_rate=1e20).fit(1000 * X + 5)
    with pytest.raises(NotFittedError):
        model.transform(X)


def test_pictures_stay_within_the_range_of_the_rows(squares):
    X, _, teacher = squares
    model = HessianAutoencoder(
        FrozenEstimator(teacher), architecture="conv", shape=(32, 32), **SHORT
    ).fit(X[:500])
    wild = model.inverse_transform(10 * model.sources_)
    assert wild.min() >= X.min()
    assert wild.max() <= X.max()


def test_networks_by_themselves(table, fitted):
    """As the guide says."""
    X, _ = table
    with torch.no_grad():
        codes = fitted.encoder_(torch.from_numpy(fitted.scale_.scaled(X))).numpy()
        rows = fitted.decoder_(torch.from_numpy(codes)).numpy()
    np.testing.assert_allclose(fitted.code_scale_.restored(codes), fitted.sources_, atol=1e-5)
    back = fitted.inverse_transform(fitted.sources_)
    np.testing.assert_allclose(fitted.scale_.restored(rows), back, atol=1e-4)


def test_extreme_scales(table):
    X, _ = table
    wanted = Autoencoder(2, **SHORT).fit(X).sources_
    for scale in (1e-200, 1e200):
        model = Autoencoder(2, **SHORT).fit(scale * X)
        np.testing.assert_allclose(model.sources_, wanted, atol=1e-3)


def test_pickles_and_names(table, fitted):
    X, _ = table
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))
    names = [f"hessianautoencoder{j}" for j in range(2)]
    assert list(fitted.get_feature_names_out()) == names
    short = clone(fitted).set_params(max_epochs=1).set_output(transform="pandas")
    assert list(short.fit_transform(X[:300])) == names


def test_a_new_row_does_not_depend_on_its_neighbours(table, fitted):
    X, _ = table
    whole = fitted.transform(X)
    np.testing.assert_array_equal(fitted.transform(X[700:701]), whole[700:701])
    np.testing.assert_array_equal(fitted.transform(X[::-1])[::-1], whole)
