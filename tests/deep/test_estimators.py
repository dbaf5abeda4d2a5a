"""The scikit-learn face, what a fit finds, and bad input."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
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
def table():
    return arcs(800, random_state=0)


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
        FrozenEstimator(teacher), architecture="conv", shape=(32, 32), width=8, max_epochs=60,
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
    X, _ = table
    model = Autoencoder(2, method, width=32, max_epochs=8, random_state=0).fit(X)
    for name in ("reconstruction", "misfit"):
        if name in model.history_:
            losses = model.history_[name]
            assert losses[-1] < losses[0]
    assert model.sources_.shape == (800, 2)
    np.testing.assert_allclose(model.transform(X), model.sources_, atol=1e-5)
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
    scaled = torch.from_numpy(model._scale.scaled(X))
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


def test_rows_that_the_teacher_sets_aside_teach_nothing(table):
    X, _ = table
    dirty = np.vstack([X, 1e6 * np.ones((3, 4)) * [[1], [2], [3]]])
    teacher = HessianICA(2, random_state=0)
    with pytest.warns(AssumptionWarning):
        model = HessianAutoencoder(
            teacher, architecture="mlp", validation_fraction=0.0, patience=None, **SHORT
        ).fit(dirty)
    assert np.isnan(model.teacher_.sources_[-3:]).any() or (model.teacher_.node_of_[-3:] < 0).all()
    assert np.isfinite(model.sources_[:800]).all()


def test_pickles_and_names(table, fitted):
    X, _ = table
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))
    names = [f"hessianautoencoder{j}" for j in range(2)]
    assert list(fitted.get_feature_names_out()) == names
    assert list(clone(fitted).set_output(transform="pandas").fit_transform(X[:300])) == names


def test_a_new_row_does_not_depend_on_its_neighbours(table, fitted):
    X, _ = table
    whole = fitted.transform(X)
    np.testing.assert_array_equal(fitted.transform(X[700:701]), whole[700:701])
    np.testing.assert_array_equal(fitted.transform(X[::-1])[::-1], whole)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"architecture": "vit"}, ValueError, "`architecture` must be 'conv', 'mlp'"),
        ({"architecture": (nn.Linear(4, 2), "no")}, TypeError, "pair"),
        ({"architecture": (nn.Linear(5, 2), nn.Linear(2, 4))}, ValueError, r"rows \(B, 4\)"),
        ({"architecture": (nn.Linear(4, 3), nn.Linear(2, 4))}, ValueError, r"shape \(2, 3\)"),
        ({"architecture": (nn.Linear(4, 2), nn.Linear(2, 5))}, ValueError, "a decoder"),
        ({"architecture": "conv"}, ValueError, "`shape` must be"),
        ({"architecture": "conv", "shape": (2, 3)}, ValueError, "product"),
        ({"architecture": "conv", "shape": (2, 2)}, ValueError, "multiples of 16"),
        ({"width": 0}, ValueError, "`width`"),
        ({"max_epochs": 0}, ValueError, "`max_epochs`"),
        ({"batch_size": 1.5}, TypeError, "`batch_size`"),
        ({"learning_rate": 0}, ValueError, "`learning_rate`"),
        ({"validation_fraction": 1.0}, ValueError, "`validation_fraction`"),
        ({"validation_fraction": 0.0, "patience": 3}, ValueError, "`patience` must be None"),
        ({"patience": 0}, ValueError, "`patience`"),
        ({"precision": "half"}, ValueError, "`precision`"),
        ({"device": "tpu7"}, ValueError, "`device`"),
        ({"random_state": "no"}, ValueError, "`random_state`"),
        ({"teacher": 3}, TypeError, "`teacher`"),
    ],
)
def test_bad_parameters(table, settings, error, words, monkeypatch):
    def fit(self, *arguments, **more):
        raise AssertionError("work began before the parameters were checked")

    if "architecture" not in settings or isinstance(settings["architecture"], str):
        monkeypatch.setattr(HessianICA, "fit", fit)
    with pytest.raises(error, match=words):
        HessianAutoencoder(**settings).fit(table[0])


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"n_components": 0}, ValueError, "`n_components`"),
        ({"code_width": 1}, ValueError, "`code_width`"),
        ({"method": "AE"}, TypeError, "`method`"),
    ],
)
def test_bad_parameters_of_autoencoders(table, settings, error, words):
    with pytest.raises(error, match=words):
        Autoencoder(**settings).fit(table[0])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: AE(n_linear=-1), "n_linear"),
        (lambda: AE(noise=-1.0), "noise"),
        (lambda: AE(weight_decay=np.nan), "weight_decay"),
        (lambda: BetaVAE(-1.0), "beta"),
        (lambda: AnnealedVAE(share=0.0), "share"),
        (lambda: FactorVAE(np.inf), "gamma"),
        (lambda: DIPVAE("both"), "of"),
    ],
)
def test_bad_methods(make, field):
    with pytest.raises((TypeError, ValueError), match=f"`{field}`"):
        make()


def test_wrong_widths(table, fitted):
    with pytest.raises(ValueError, match="4 features"):
        fitted.transform(table[0][:, :3])
    with pytest.raises(ValueError, match="2 columns"):
        fitted.inverse_transform(np.zeros((3, 5)))
    plain = Autoencoder(2, **SHORT).fit(table[0])
    with pytest.raises(ValueError, match="2 columns"):
        plain.decode(np.zeros((3, 5)))


def test_other_rows_of_the_map_back(table):
    X, _ = table
    model = HessianICA(2, random_state=0).fit(X)
    with pytest.raises(ValueError, match="800"):
        model.inverse_transform(model.sources_, rows=X[:10])


def test_without_torch_the_error_says_what_to_install():
    import subprocess
    import sys

    code = (
        "import sys; sys.modules['torch'] = None\n"
        "try:\n    import hessmap.deep\n"
        "except ImportError as problem:\n    print(problem)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'hessmap[deep]'" in found.stdout
