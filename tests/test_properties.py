"""What must not change the answer, on data that hypothesis draws."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group

from hessmap import HessianEigenmaps, HessianICA
from hessmap.datasets import arcs
from hessmap.ica import fit_ica
from hessmap.metrics import local_isometry, mcc
from hessmap.neighbors import knn_graph

from .helpers import subspace_sine

X, _ = arcs(400, 2, n_features=6, noise=0.002, random_state=0)
thorough = settings(max_examples=25, deadline=None, derandomize=True)


def fitted(rows):
    return HessianEigenmaps(random_state=0, n_neighbors=14).fit_transform(rows)


@cache
def base():
    return fitted(X)


def distances(embedding):
    i, j = np.random.default_rng(0).integers(0, len(embedding), size=(2, 300))
    return np.linalg.norm(embedding[i] - embedding[j], axis=1)


@thorough
@given(seed=st.integers(0, 10**6))
def test_rotation_of_the_rows(seed):
    turned = fitted(X @ ortho_group.rvs(6, random_state=seed))
    assert subspace_sine(turned, base()) < 1e-6
    np.testing.assert_allclose(distances(turned), distances(base()), rtol=1e-5)


@thorough
@given(seed=st.integers(0, 10**6), size=st.floats(-3, 3))
def test_translation_of_the_rows(seed, size):
    moved = fitted(X + 10**size * np.random.default_rng(seed).standard_normal(6))
    assert subspace_sine(moved, base()) < 1e-6


@thorough
@given(seed=st.integers(0, 10**6))
def test_order_of_the_rows(seed):
    order = np.random.default_rng(seed).permutation(400)
    shuffled = fitted(X[order])
    assert subspace_sine(shuffled, base()[order]) < 1e-6
    np.testing.assert_allclose(distances(shuffled), distances(base()[order]), rtol=1e-5)


@thorough
@given(exponent=st.floats(-200, 200))
def test_scale_of_the_rows(exponent):
    scaled = fitted(X * 10**exponent) / 10**exponent
    assert subspace_sine(scaled, base()) < 1e-6
    np.testing.assert_allclose(distances(scaled), distances(base()), rtol=1e-5)


@thorough
@given(seed=st.integers(0, 10**6), n_columns=st.integers(1, 5))
def test_columns_that_say_nothing(seed, n_columns):
    constant = np.random.default_rng(seed).standard_normal(n_columns)
    padded = np.hstack([X, np.broadcast_to(constant, (400, n_columns))])
    assert subspace_sine(fitted(padded), base()) < 1e-6


@thorough
@given(seed=st.integers(0, 10**6))
def test_seed_of_the_estimator(seed):
    model = HessianICA(random_state=seed, n_neighbors=14).fit(X)
    assert subspace_sine(model.embedding_, base()) < 1e-8
    np.testing.assert_allclose(model.sources_ @ model.mixing_.T, model.embedding_, atol=1e-9)


@thorough
@given(
    n=st.integers(8, 60),
    n_columns=st.integers(1, 4),
    levels=st.integers(1, 6),
    seed=st.integers(0, 10**6),
    data=st.data(),
)
def test_both_searches_agree_on_any_rows(n, n_columns, levels, seed, data):
    """On few levels almost all distances are ties."""
    rows = np.random.default_rng(seed).integers(0, levels, size=(n, n_columns)).astype(float)
    k = data.draw(st.integers(1, n))
    brute = knn_graph(rows, k, method="brute")
    tree = knn_graph(rows, k, method="kd_tree")
    np.testing.assert_array_equal(brute.indices, tree.indices)
    np.testing.assert_array_equal(brute.indices[:, 0], np.arange(n))


@thorough
@given(d=st.integers(1, 5), seed=st.integers(0, 10**6))
def test_ica_does_not_depend_on_the_mix(d, seed):
    rng = np.random.default_rng(seed)
    factors = rng.uniform(size=(800, d))
    turn = ortho_group.rvs(d, random_state=seed) if d > 1 else np.eye(1)
    mixed = factors @ (turn * 10.0 ** rng.uniform(-1, 1, size=d))
    plain = fit_ica(factors, random_state=0).sources
    found = fit_ica(mixed, random_state=1).sources
    assert mcc(found, plain) > 1 - 1e-6


@thorough
@given(
    d=st.integers(1, 4),
    seed=st.integers(0, 10**6),
    scale=st.floats(-100, 100),
    shift=st.floats(-10, 10),
)
def test_metrics_do_not_depend_on_scale_shift_and_order(d, seed, scale, shift):
    rng = np.random.default_rng(seed)
    factors = rng.uniform(size=(60, d))
    codes = factors + 0.2 * rng.standard_normal((60, d))
    changed = (codes + shift)[:, rng.permutation(d)] * -(10**scale)
    np.testing.assert_allclose(mcc(changed, factors), mcc(codes, factors), atol=1e-7)
    np.testing.assert_allclose(
        local_isometry(factors, changed), local_isometry(factors, codes), atol=1e-3
    )
