"""Maps to and from new rows."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from hessmap import AssumptionWarning, HessianEigenmaps, HessianICA, load
from hessmap.datasets import arcs, shapes_xy, swiss_roll
from hessmap.metrics import mcc
from hessmap.pictures import Blur

from .helpers import affine_error

X, factors = swiss_roll(2000, random_state=0)
new, new_factors = swiss_roll(500, random_state=1)


@pytest.fixture(scope="module")
def model():
    return HessianICA(random_state=0, n_nodes=None).fit(X)


def naive_fit(extension, node):
    """Scale and quadratic coefficients of one node's fit through it, by plain least squares."""
    members = extension.neighborhoods[node]
    y = extension.embedding[members] - extension.embedding[node]
    x = extension.points[members] - extension.points[node]
    scale = np.sqrt((y**2).sum() / len(members))
    t = y / scale
    d = t.shape[1]
    quadratic = [t[:, a] * t[:, b] for a in range(d) for b in range(a, d)]
    design = np.column_stack([t, *quadratic])
    inverse = np.linalg.pinv(design)
    full = inverse @ x
    noise = ((x - design @ full) ** 2).sum() / (len(members) - 1 - design.shape[1])
    spurious = noise * (inverse[d:] ** 2).sum()
    trust = max(1 - spurious / (full[d:] ** 2).sum(), 0)
    mixed = trust * inverse
    mixed[:d] += (1 - trust) * np.linalg.pinv(t)
    return scale, mixed


def terms(t):
    d = len(t)
    return np.array([*t, *(t[a] * t[b] for a in range(d) for b in range(a, d))])


def blended(places, place, count):
    """Nearest nodes and their weights, which sum to one."""
    distances = np.linalg.norm(places - place, axis=1)
    nearest = np.argsort(distances)[:count]
    support = distances[nearest[-1]]
    weights = ((support - distances[nearest]) / (support * distances[nearest])) ** 2
    return nearest, weights / weights.sum()


def naive_transform(extension, point):
    """The blend of what each fit says by two steps of Gauss and Newton, term by term."""
    result = 0.0
    for node, weight in zip(*blended(extension.points, point, 9), strict=True):
        scale, inverse = naive_fit(extension, node)
        members = extension.neighborhoods[node]
        coefficients = inverse @ (extension.points[members] - extension.points[node])
        t = np.zeros(extension.embedding.shape[1])
        for _ in range(2):
            step = 1e-6
            jacobian = np.array(
                [
                    (terms(t + step * e) - terms(t - step * e)) @ coefficients / (2 * step)
                    for e in np.eye(len(t))
                ]
            )
            residual = point - extension.points[node] - terms(t) @ coefficients
            t = t + np.linalg.lstsq(jacobian.T, residual, rcond=None)[0]
        result = result + weight * (extension.embedding[node] + scale * t)
    return result


def naive_inverse(extension, rows, code):
    """The blend of the fits at a code."""
    result = 0.0
    for node, weight in zip(*blended(extension.embedding, code, 9), strict=True):
        scale, inverse = naive_fit(extension, node)
        t = (code - extension.embedding[node]) / scale
        members = extension.neighborhoods[node]
        offset = terms(t) @ inverse @ (rows[members] - rows[node])
        result = result + weight * (rows[node] + offset)
    return result


def test_matches_the_naive_maps(model):
    extension = model._extension
    points = model._projection.apply(new[:20])
    found, far = extension.transform(points)
    assert not far.any()
    expected = [naive_transform(extension, point) for point in points]
    np.testing.assert_allclose(found, expected, atol=1e-7)
    rows = extension.inverse_transform(found, extension.points)
    np.testing.assert_allclose(
        rows, [naive_inverse(extension, extension.points, code) for code in found], atol=1e-9
    )


def test_noise_is_removed_by_the_way_there_and_back():
    noisy, _ = arcs(20_000, 2, n_features=20, noise=0.05, random_state=0)
    clean, _ = arcs(20_000, 2, n_features=20, random_state=0)
    fitted = HessianEigenmaps(random_state=0).fit(noisy)
    back = fitted.inverse_transform(fitted.embedding_)
    # what is left is the noise along the manifold: two of twenty columns
    assert np.linalg.norm(back - clean) < 0.4 * np.linalg.norm(noisy - clean)
    assert fitted.report_.reconstruction_error == pytest.approx(
        np.linalg.norm(back - noisy) / np.linalg.norm(noisy - noisy.mean(axis=0)), rel=0.05
    )


def test_training_rows_return_their_fit(model):
    np.testing.assert_allclose(model.transform(X), model.sources_, atol=1e-9)
    np.testing.assert_allclose(model.inverse_transform(model.sources_), X, atol=1e-6)
    eigenmaps = HessianEigenmaps(random_state=0).fit(X)
    np.testing.assert_allclose(eigenmaps.transform(X), eigenmaps.embedding_, atol=1e-9)
    np.testing.assert_allclose(eigenmaps.inverse_transform(eigenmaps.embedding_), X, atol=1e-6)


@pytest.mark.parametrize("n_features", [4, 100])
@pytest.mark.parametrize("n_nodes", [None, "auto", 300])
def test_other_columns_of_the_rows(n_nodes, n_features):
    """X itself in place of X: the same; shuffled rows, duplicates and an outlier among them."""
    rows, _ = arcs(900, n_features=n_features, random_state=0)
    rows = np.vstack([rows, rows[:20], np.full((1, n_features), 50.0)])
    rows = np.random.default_rng(0).permutation(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)
        fitted = HessianICA(n_nodes=n_nodes, random_state=0).fit(rows)
    codes = fitted.sources_[fitted.node_of_ >= 0]
    usual = fitted.inverse_transform(codes)
    np.testing.assert_allclose(fitted.inverse_transform(codes, rows=rows), usual, atol=1e-9)
    # and what is linear in the rows is so afterwards
    other = rows @ np.random.default_rng(1).normal(size=(n_features, 3))
    wanted = usual @ np.random.default_rng(1).normal(size=(n_features, 3))
    np.testing.assert_allclose(fitted.inverse_transform(codes, rows=other), wanted, atol=1e-8)


def test_other_columns_after_a_file(tmp_path, model):
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_allclose(again.inverse_transform(model.sources_, rows=X), X, atol=1e-6)
    model.save(tmp_path / "small", rows=False)
    with pytest.raises(ValueError, match="`rows` must be None"):
        load(tmp_path / "small").inverse_transform(model.sources_, rows=X)
    with pytest.raises(ValueError, match="`rows` must have a row for each of the"):
        model.inverse_transform(model.sources_, rows=X[:10])


def test_new_rows(model):
    sources = model.transform(new)
    assert mcc(sources, new_factors) > 0.999
    assert affine_error(sources, new_factors) < 1e-5
    back = model.inverse_transform(sources)
    assert np.linalg.norm(back - new) / np.linalg.norm(new) < 0.005


def test_each_row_by_itself(model):
    batch = model.transform(new[:50])
    single = np.vstack([model.transform(row[None]) for row in new[:50]])
    np.testing.assert_allclose(batch, single, rtol=0, atol=1e-7)
    back = model.inverse_transform(batch)
    single = np.vstack([model.inverse_transform(code[None]) for code in batch])
    np.testing.assert_allclose(back, single, rtol=0, atol=1e-7)


def test_continuous_along_a_path(model):
    t = np.linspace(0, 1, 4001)[:, None]
    path = (1 - t) * X[0] + t * X[model._extension.neighborhoods[0, 5]]
    steps = np.abs(np.diff(model.transform(path), axis=0)).max(axis=1)
    assert steps.max() < 20 * np.median(steps)


def test_threads_and_blocks_change_nothing(monkeypatch, model):
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


@pytest.mark.parametrize("kind", ["float32", "Float32", "polars"])
def test_frames_of_float32_are_float32_rows(kind):
    """scikit-learn's checks know it of a pandas frame of NumPy's float32 only."""
    names, single = [f"c{j}" for j in range(X.shape[1])], X.astype(np.float32)
    if kind == "polars":
        frame = pytest.importorskip("polars").DataFrame(single, schema=names)
    else:
        frame = pd.DataFrame(single, columns=names).astype(kind)
    found = HessianICA(random_state=0).fit(frame)
    expected = HessianICA(random_state=0).fit(single)
    for one, other in (
        (found.sources_, expected.sources_),
        (found.transform(frame), expected.transform(single)),
        (found.inverse_transform(frame[names[:2]]), expected.inverse_transform(single[:, :2])),
        (Blur((1, 1), sigma=0).fit_transform(frame[names[:1]]), single[:, :1]),
    ):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=1e-5 * np.abs(other).max())


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")  # sharp edges distort lengths
def test_pictures_come_back_as_pictures():
    pictures, _ = shapes_xy(3000, random_state=0)
    unseen, unseen_factors = shapes_xy(1000, random_state=1)
    fitted = HessianICA(random_state=0, n_nodes=None).fit(pictures)
    assert fitted.report_.projected_columns < pictures.shape[1]
    sources = fitted.transform(unseen)
    assert mcc(sources, unseen_factors) > 0.99
    again = fitted.inverse_transform(fitted.transform(pictures))
    assert np.linalg.norm(again - pictures) / np.linalg.norm(pictures) < 1e-5
    back = fitted.inverse_transform(sources)
    assert np.linalg.norm(back - unseen) / np.linalg.norm(unseen) < 0.1


def test_far_away_rows_are_said_and_marked(model):
    rows = np.concatenate([new[:5], X[:3] + 1e6])
    with pytest.warns(AssumptionWarning, match="far-from-manifold: 3 of 8 rows lie farther"):
        kept = model.transform(rows)
    assert np.isfinite(kept).all()
    with pytest.warns(AssumptionWarning, match="far-from-manifold: 3 of 8"):
        marked = model.transform(rows, far="nan")
    np.testing.assert_array_equal(marked[:5], kept[:5])
    assert np.isnan(marked[5:]).all()
    assert np.isfinite(model.inverse_transform(model.sources_[:3] + 1e6)).all()
    with pytest.raises(ValueError, match="`far` must be one of 'keep', 'nan'; got 'drop'"):
        model.transform(rows, far="drop")


def test_rows_as_far_from_every_node_share_them_equally():
    square, _ = arcs(60, 2, random_state=0)
    extension = HessianEigenmaps(random_state=0, n_neighbors=10).fit(square)._extension
    _, nearest, weights = extension._nearest("X", extension.point_tree, np.full((1, 4), 1e100), 1)
    np.testing.assert_allclose(weights, 1 / nearest.shape[1])


def test_codes_of_the_wrong_width(model):
    with pytest.raises(ValueError, match="`Y` must have 2 columns, one for each component; got 3"):
        model.inverse_transform(np.zeros((4, 3)))


@pytest.mark.parametrize("size", [1e200, 1.7e308])
def test_rows_too_large_for_distances(size, model):
    signs = np.where(np.arange(X.shape[1]) % 2, -1, 1)
    with pytest.raises(ValueError, match=r"`X` must be near enough to the .*far='nan'"):
        model.transform(np.full((2, X.shape[1]), size) * signs)
    with pytest.raises(ValueError, match=r"`Y` must be near enough to the .*Remove these rows"):
        model.inverse_transform(np.full((2, 2), size))


def test_codes_that_are_nan_have_no_rows(model):
    codes = model.sources_[:5].copy()
    codes[2, 1] = np.nan
    rows = model.inverse_transform(codes)
    assert np.isnan(rows[2]).all()
    np.testing.assert_array_equal(
        np.delete(rows, 2, 0), model.inverse_transform(codes)[[0, 1, 3, 4]]
    )
    np.testing.assert_allclose(np.delete(rows, 2, 0), X[[0, 1, 3, 4]], atol=1e-6)
