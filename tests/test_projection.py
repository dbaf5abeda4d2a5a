"""Choice of the columns that the later stages see."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

import hessmap.projection
from hessmap.datasets import arcs, shapes_xy
from hessmap.pictures import Blur
from hessmap.projection import fit_projection


def random_state():
    return np.random.RandomState(0)


def test_narrow_rows_are_centred_and_kept():
    X, _ = arcs(100, 2, n_features=20, random_state=0)
    projection = fit_projection(X + 7, 2, 16, random_state())
    assert projection.components is None
    assert projection.n_columns == 20
    assert projection.agreement == 1
    np.testing.assert_allclose(
        projection.apply(X + 7) * projection.unit, X - X.mean(axis=0), atol=1e-12
    )


def test_unit_is_a_power_of_two_next_to_the_extent():
    X, _ = arcs(100, 2, n_features=20, random_state=0)
    for scale in (1e-300, 1e-5, 1, 1e300):
        unit = fit_projection(X * scale, 2, 16, random_state()).unit
        assert np.log2(unit) % 1 == 0
        assert 0.5 < np.abs(X * scale - (X * scale).mean(axis=0)).max() / unit < 2
    assert fit_projection(np.ones((9, 3)), 2, 6, random_state()).unit == 1


def test_wide_rows_of_low_rank_lose_nothing():
    X, _ = arcs(400, 3, n_features=500, random_state=0)
    projection = fit_projection(X, 3, 21, random_state())
    assert projection.n_columns == 20
    assert projection.agreement > 0.9999
    points = projection.apply(X) * projection.unit
    i, j = np.random.default_rng(0).integers(0, 400, size=(2, 100))
    np.testing.assert_allclose(
        np.linalg.norm(points[i] - points[j], axis=1), np.linalg.norm(X[i] - X[j], axis=1)
    )


def test_components_span_those_of_scikit_learn():
    X, _ = arcs(400, 3, n_features=100, random_state=0)
    components = fit_projection(X, 3, 21, random_state()).components
    reference = PCA(6, svd_solver="full").fit(X).components_
    np.testing.assert_allclose(np.linalg.svd(reference @ components[:6].T)[1], 1, atol=1e-9)


def test_pictures_keep_their_short_distances():
    X, _ = shapes_xy(2000, random_state=0)
    sharp = fit_projection(X, 2, 16, random_state())
    smooth = fit_projection(Blur((48, 48), 3).fit_transform(X), 2, 16, random_state())
    assert sharp.agreement >= hessmap.projection.MIN_AGREEMENT
    assert smooth.agreement > 0.999
    # the last components of sharp pictures are the most strongly curved ones
    assert sharp.n_columns <= 40


def test_never_so_few_components_that_the_manifold_folds(monkeypatch):
    """Four components of these pictures fold the manifold; the first figure sees that."""
    X, _ = shapes_xy(2000, random_state=0)
    monkeypatch.setattr(hessmap.projection, "LADDER", (4, 40))
    assert fit_projection(X, 2, 16, random_state()).n_columns == 40
    monkeypatch.setattr(hessmap.projection, "LADDER", (4,))
    assert fit_projection(X, 2, 16, random_state()).agreement < hessmap.projection.MIN_AGREEMENT


def test_noise_is_left_out():
    X, _ = arcs(1000, 2, n_features=300, noise=0.02, random_state=0)
    assert fit_projection(X, 2, 16, random_state()).n_columns == 20


@pytest.mark.parametrize("shape", [(8, 200), (3, 500)])
def test_fewer_rows_than_components(shape):
    X = np.random.default_rng(0).standard_normal(shape)
    projection = fit_projection(X, 1, 3, random_state())
    assert projection.n_columns <= shape[0]
    assert np.isfinite(projection.apply(X)).all()


def test_large_rows_do_not_overflow():
    X, _ = arcs(50, 2, random_state=0)
    large = (X + 1) * 8e307
    assert np.isfinite(fit_projection(large, 2, 16, random_state()).apply(large)).all()


def test_blocks_change_nothing(monkeypatch):
    X, _ = arcs(200, 2, n_features=100, random_state=0)
    projection = fit_projection(X, 2, 16, random_state())
    whole = projection.apply(X)
    monkeypatch.setattr(hessmap.projection, "BLOCK_ENTRIES", 700)
    np.testing.assert_allclose(projection.apply(X), whole, atol=1e-14)
