"""Maps to and from new rows."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap import HessianEigenmaps, HessianICA
from hessmap.datasets import arcs, shapes_xy, swiss_roll
from hessmap.metrics import mcc

from .helpers import affine_error

X, factors = swiss_roll(2000, random_state=0)
new, new_factors = swiss_roll(500, random_state=1)
model = HessianICA(random_state=0).fit(X)


def naive_transform(extension, point):
    """The blend of affine maps for one point, term by term."""
    distances = np.linalg.norm(extension.points - point, axis=1)
    nearest = np.argsort(distances)[: extension.neighborhoods.shape[1]]
    support = distances[nearest[-1]]
    total, result = 0.0, 0.0
    for node in nearest:
        weight = ((support - distances[node]) / (support * distances[node])) ** 2
        along = extension.basis[node] @ (point - extension.points[node])
        result = result + weight * (extension.embedding[node] + along @ extension.slopes[node])
        total += weight
    return result / total


def naive_inverse(extension, rows, code):
    """The same from the embedding to rows, with the slopes by least squares."""
    distances = np.linalg.norm(extension.embedding - code, axis=1)
    nearest = np.argsort(distances)[: extension.neighborhoods.shape[1]]
    support = distances[nearest[-1]]
    total, result = 0.0, 0.0
    for node in nearest:
        weight = ((support - distances[node]) / (support * distances[node])) ** 2
        members = extension.neighborhoods[node]
        y, x = extension.embedding[members], rows[members]
        slopes = np.linalg.lstsq(y - y.mean(axis=0), x - x.mean(axis=0), rcond=None)[0]
        result = result + weight * (rows[node] + (code - extension.embedding[node]) @ slopes)
        total += weight
    return result / total


def test_matches_the_naive_maps():
    extension = model._extension
    points = model._projection.apply(new[:20])
    found = extension.transform(points)
    expected = [naive_transform(extension, point) for point in points]
    np.testing.assert_allclose(found, expected, atol=1e-8)
    rows = extension.inverse_transform(found, X)
    np.testing.assert_allclose(
        rows, [naive_inverse(extension, X, code) for code in found], atol=1e-6
    )


def test_training_rows_return_their_fit():
    np.testing.assert_allclose(model.transform(X), model.sources_, atol=1e-9)
    np.testing.assert_allclose(model.inverse_transform(model.sources_), X, atol=1e-6)
    eigenmaps = HessianEigenmaps(random_state=0).fit(X)
    np.testing.assert_allclose(eigenmaps.transform(X), eigenmaps.embedding_, atol=1e-9)
    np.testing.assert_allclose(eigenmaps.inverse_transform(eigenmaps.embedding_), X, atol=1e-6)


def test_new_rows():
    sources = model.transform(new)
    assert mcc(sources, new_factors) > 0.999
    assert affine_error(sources, new_factors) < 1e-5
    back = model.inverse_transform(sources)
    assert np.linalg.norm(back - new) / np.linalg.norm(new) < 0.005


def test_each_row_by_itself():
    batch = model.transform(new[:50])
    single = np.vstack([model.transform(row[None]) for row in new[:50]])
    np.testing.assert_allclose(batch, single, rtol=0, atol=1e-7)
    back = model.inverse_transform(batch)
    single = np.vstack([model.inverse_transform(code[None]) for code in batch])
    np.testing.assert_allclose(back, single, rtol=0, atol=1e-7)


def test_continuous_along_a_path():
    t = np.linspace(0, 1, 4001)[:, None]
    path = (1 - t) * X[0] + t * X[model._extension.neighborhoods[0, 5]]
    steps = np.abs(np.diff(model.transform(path), axis=0)).max(axis=1)
    assert steps.max() < 20 * np.median(steps)


def test_threads_and_blocks_change_nothing(monkeypatch):
    whole = model.transform(new)
    back = model.inverse_transform(whole)
    monkeypatch.setattr("hessmap.extension.BLOCK_ENTRIES", 2000)
    np.testing.assert_allclose(model.transform(new), whole, atol=1e-12)
    np.testing.assert_allclose(model.inverse_transform(whole), back, atol=1e-9)
    one = HessianICA(random_state=0, n_jobs=1).fit(X)
    two = HessianICA(random_state=0, n_jobs=2).fit(X)
    np.testing.assert_array_equal(one.sources_, two.sources_)
    np.testing.assert_array_equal(one.transform(new), two.transform(new))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_of_the_rows_is_kept(dtype):
    fitted = HessianICA(random_state=0).fit(X.astype(dtype))
    for result in (
        fitted.sources_,
        fitted.embedding_,
        fitted.transform(new.astype(dtype)),
        fitted.inverse_transform(fitted.sources_),
    ):
        assert result.dtype == dtype
    assert mcc(fitted.sources_, factors) > 0.999


def test_pictures_come_back_as_pictures():
    pictures, _ = shapes_xy(3000, random_state=0)
    unseen, unseen_factors = shapes_xy(1000, random_state=1)
    fitted = HessianICA(random_state=0).fit(pictures)
    assert fitted.report_.projected_columns < pictures.shape[1]
    sources = fitted.transform(unseen)
    assert mcc(sources, unseen_factors) > 0.99
    again = fitted.inverse_transform(fitted.transform(pictures))
    assert np.linalg.norm(again - pictures) / np.linalg.norm(pictures) < 1e-5
    back = fitted.inverse_transform(sources)
    assert np.linalg.norm(back - unseen) / np.linalg.norm(unseen) < 0.1


def test_far_away_rows_and_codes_stay_finite():
    assert np.isfinite(model.transform(X[:3] + 1e6)).all()
    assert np.isfinite(model.inverse_transform(model.sources_[:3] + 1e6)).all()


def test_rows_as_far_from_every_node_share_them_equally():
    square, _ = arcs(60, 2, random_state=0)
    fitted = HessianEigenmaps(random_state=0, n_neighbors=10).fit(square)
    nearest, weights = fitted._extension._nearest(
        fitted._extension.point_tree, np.full((1, 4), 1e100), None
    )
    np.testing.assert_allclose(weights, 1 / nearest.shape[1])


def test_codes_of_the_wrong_width():
    with pytest.raises(ValueError, match="`Y` must have 2 columns, one for each component; got 3"):
        model.inverse_transform(np.zeros((4, 3)))


def test_rows_too_large_for_distances():
    with pytest.raises(ValueError, match=r"near enough to the training data .* Remove these rows"):
        model.transform(X[:2] + 1e200)
