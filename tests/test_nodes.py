"""Which rows become nodes: duplicates, outliers and averages of cells."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from hessmap import DisconnectedGraphError, HessianEigenmaps, HessianICA
from hessmap.datasets import arcs, swiss_roll
from hessmap.metrics import mcc
from hessmap.neighbors import knn_graph
from hessmap.nodes.cells import Gather, grow
from hessmap.nodes.duplicates import close_pairs
from hessmap.nodes.outliers import strangers
from hessmap.nodes.resolution import Trial, choose, disagreement, ladder, noise_shares
from hessmap.projection import fit_projection
from hessmap.rows.distinct import merge_duplicates

from .helpers import affine_error


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_matches_a_dictionary(dtype):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, size=(500, 4)).astype(dtype)
    X[::7] *= -1  # brings in -0.0
    nodes = merge_duplicates(X)
    seen: dict[tuple, int] = {}
    expected = [seen.setdefault(tuple(row.tolist()), len(seen)) for row in X]
    np.testing.assert_array_equal(nodes.node_of, expected)
    np.testing.assert_array_equal(nodes.counts, np.bincount(expected))
    np.testing.assert_array_equal(X[nodes.first][nodes.node_of], X)
    assert (np.diff(nodes.first) > 0).all()
    assert nodes.n_duplicates == 500 - len(seen)


def test_distinct_rows_stay_as_they_are():
    X = np.random.default_rng(0).standard_normal((50, 3))
    nodes = merge_duplicates(X)
    np.testing.assert_array_equal(nodes.first, np.arange(50))
    np.testing.assert_array_equal(nodes.node_of, np.arange(50))


@pytest.mark.parametrize(
    "pick",
    [
        pytest.param(lambda n: np.concatenate([np.arange(n), np.arange(0, n, 2)]), id="half twice"),
        pytest.param(lambda n: np.concatenate([np.arange(n), np.full(40, 7)]), id="one 40 times"),
        pytest.param(lambda n: np.concatenate([np.arange(n), np.full(4 * n, 7)]), id="mostly one"),
    ],
)
def test_duplicates_get_the_clean_answer(pick):
    X, factors = swiss_roll(1500, random_state=0)
    picked = pick(1500)
    clean = HessianICA(random_state=0, n_nodes=None).fit(X)
    model = HessianICA(random_state=0, n_nodes=None).fit(X[picked])
    assert model.n_nodes_ == 1500
    assert model.report_.n_duplicates == len(picked) - 1500
    np.testing.assert_array_equal(model.node_of_, picked)
    np.testing.assert_array_equal(model.embedding_[1500:], model.embedding_[picked[1500:]])
    np.testing.assert_array_equal(model.embedding_[:1500], clean.embedding_)
    np.testing.assert_array_equal(model.sources_[:1500], clean.sources_)
    np.testing.assert_allclose(model.sources_ @ model.mixing_.T, model.embedding_, atol=1e-9)
    assert affine_error(model.embedding_[:1500], factors) < 1e-5
    assert mcc(model.sources_[:1500], factors) > 0.999
    assert model.report_.ok


def test_rows_that_nearly_coincide_are_merged():
    X, factors = swiss_roll(3000, random_state=0)
    rng = np.random.default_rng(0)
    nearly = X[:400] + 1e-8 * rng.standard_normal((400, 3))
    heap = X[7] + 1e-8 * rng.standard_normal((60, 3))  # more than a neighbourhood holds
    model = HessianICA(random_state=0, n_nodes=None).fit(np.concatenate([X, nearly, heap]))
    assert model.n_nodes_ == 3000
    np.testing.assert_array_equal(model.node_of_[3000:3400], np.arange(400))
    np.testing.assert_array_equal(model.node_of_[3400:], 7)
    assert affine_error(model.embedding_[:3000], factors) < 1e-5
    assert model.report_.n_duplicates == 460


@pytest.mark.parametrize("d", [1, 2, 3])
def test_independent_rows_are_not_too_close(d):
    X = np.random.default_rng(0).uniform(size=(5000, d))
    graph = knn_graph(X, 16)
    assert np.count_nonzero(close_pairs(graph, d) != np.arange(5000)) <= 2


@pytest.mark.parametrize(
    ("X", "d"),
    [
        pytest.param(swiss_roll(1000, hole=True, random_state=0)[0], 2, id="swiss roll"),
        pytest.param(arcs(3000, 3, random_state=0)[0], 3, id="three arcs"),
        pytest.param(arcs(3000, 2, noise=0.1, random_state=0)[0], 2, id="noise"),
        pytest.param(np.random.default_rng(0).exponential(size=(3000, 2)), 2, id="exponential"),
        pytest.param(np.random.default_rng(0).laplace(size=(3000, 2)), 2, id="laplace"),
        pytest.param(np.random.default_rng(0).standard_normal((500, 2)), 2, id="few"),
        pytest.param(np.stack(np.meshgrid(*[np.arange(30.0)] * 2), 2).reshape(-1, 2), 2, id="grid"),
    ],
)
def test_ordinary_rows_are_no_outliers(X, d):
    k = 16 if d < 3 else 21
    assert np.count_nonzero(strangers(X, knn_graph(X, k), d).aside) <= max(2, 0.002 * len(X))


@pytest.mark.parametrize("seed", range(6))
def test_the_gaps_of_a_curve_are_ordinary(seed):
    t = np.random.default_rng(seed).uniform(size=(20_000, 1))
    X = np.hstack([np.cos(2 * t), np.sin(2 * t)])
    found = strangers(X, knn_graph(X, 12), 1)
    assert not found.aside.any()
    assert found.n_pieces == 1


@pytest.mark.parametrize("n_nodes", ["auto", 100])
def test_averages_do_not_bridge_what_rows_do_not(n_nodes):
    X, _ = arcs(3000, 2, n_features=8, noise=0.01, random_state=0)
    X[:1500, 5] += 10
    with pytest.raises(DisconnectedGraphError, match="2 components of 1500, 1500 nodes"):
        HessianICA(random_state=0, n_nodes=n_nodes).fit(X)


def test_cells_of_single_rows_hold_their_duplicates():
    X, _ = arcs(2000, 2, n_features=8, random_state=0)
    rng = np.random.default_rng(0)
    doubled = np.vstack([X, X + 1e-9 * rng.standard_normal(X.shape)])
    for n_nodes in (1100, 1999):
        model = HessianICA(random_state=0, n_nodes=n_nodes).fit(doubled)
        assert model.report_.n_outliers < 5
        assert model.n_nodes_ == n_nodes


def outlying(kind, X, rng):
    """Fifty rows that do not belong to X (n, 3)."""
    extent = X.std(axis=0).max()
    if kind == "far":
        return X.mean(axis=0) + 10 * extent * rng.standard_normal((50, 3))
    if kind == "in one spot":
        return X.max(axis=0) + extent + 0.1 * rng.standard_normal((50, 3))
    low, high = X.min(axis=0), X.max(axis=0)
    return rng.uniform(low - (high - low) / 2, high + (high - low) / 2, size=(50, 3))


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
@pytest.mark.parametrize("n_nodes", ["auto", None, 1500])
@pytest.mark.parametrize("kind", ["far", "in one spot", "all around"])
def test_outliers_are_set_aside(kind, n_nodes):
    rng = np.random.default_rng(0)
    X, factors = swiss_roll(5000, random_state=0)
    rows = np.concatenate([X, outlying(kind, X, rng)])
    model = HessianICA(random_state=0, n_nodes=n_nodes).fit(rows)
    aside = model.node_of_ < 0
    assert aside[5000:].mean() > 0.85
    assert aside[:5000].mean() < 0.001
    assert model.report_.n_outliers == aside.sum()
    lost = np.isnan(model.embedding_[:, 0])
    np.testing.assert_array_equal(lost, np.isnan(model.sources_[:, 0]))
    assert model.report_.n_far == lost.sum()
    assert not lost[:5000].any()
    assert aside[lost].all()
    codes = {finding.code for finding in model.report_.findings}
    assert ("far-from-manifold" in codes) == lost.any()
    assert mcc(model.sources_[:5000], factors) > 0.999


def test_every_row_is_in_the_cell_that_its_splits_lead_to():
    X, _ = arcs(2000, 2, n_features=6, random_state=0)
    tree = grow(X, 100)
    assert tree.n_leaves == 100
    cell = tree.cell(X)
    for point, found in zip(X[:200], cell, strict=False):
        node = 0
        while tree.split_of[node] >= 0:
            s = tree.split_of[node]
            node = 2 * s + 1 + int(point @ tree.directions[s] > tree.thresholds[s])
        far = ((point - tree.centres[node]) ** 2).sum() > tree.reach[node]
        assert found == (-1 if far else node)
    sizes = np.bincount(cell[cell >= 0])
    sizes = sizes[sizes > 0]
    assert len(sizes) == 100
    assert sizes.max() < 4 * sizes.min()


def test_a_cell_does_not_bridge_two_sheets():
    """The threshold is the gap where there is one, wherever the median lies."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.uniform(size=(700, 1)), 5 + rng.uniform(size=(300, 1))])
    tree = grow(X, 2)
    assert 1 < tree.thresholds[0] * tree.directions[0, 0] < 5


@pytest.mark.parametrize("n_features", [6, 80])
def test_nodes_are_the_means_of_their_rows(n_features):
    X, _ = arcs(1000, 2, n_features=n_features, random_state=0)
    projection = fit_projection(X, 2, 16, np.random.RandomState(0))
    tree = grow(projection.apply(X), 64)
    set_aside = np.array([3, 500, 999])
    gather = Gather(tree, projection, set_aside)
    parts = [gather.begin(), gather.begin()]
    for part, numbers in zip(parts, np.split(np.arange(1000), [300]), strict=True):
        gather.add(part, numbers, X[numbers])
    cells = gather.finished(gather.merge(parts))
    cell = tree.cell(projection.apply(X))
    cell[set_aside] = -1
    for n_cells in (64, 20, 1):
        points, counts, node_of_cell = cells.nodes(n_cells)
        rows = cells.rows(node_of_cell)
        np.testing.assert_allclose(
            points, projection.apply(rows * projection.unit + projection.mean), atol=1e-10
        )
        node_of = np.where(cell >= 0, node_of_cell[cell], -1)
        np.testing.assert_array_equal(counts, np.bincount(node_of[node_of >= 0]))
        assert len(rows) == n_cells
        for node in range(n_cells):
            mean = X[node_of == node].mean(axis=0)
            np.testing.assert_allclose(
                rows[node] * projection.unit + projection.mean, mean, atol=1e-10
            )


def test_coinciding_points_end_the_tree():
    X = np.repeat(np.arange(5.0)[:, None], 20, axis=0)
    assert grow(X, 50).n_leaves == 5


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
@pytest.mark.parametrize("n_nodes", [300, "auto"])
def test_the_same_whatever_the_threads_and_blocks(n_nodes, monkeypatch):
    X, _ = arcs(3000, 2, n_features=8, noise=0.05, random_state=0)
    one = HessianICA(random_state=0, n_nodes=n_nodes, n_jobs=1).fit(X)
    two = HessianICA(random_state=0, n_nodes=n_nodes, n_jobs=2).fit(X)
    np.testing.assert_array_equal(one.sources_, two.sources_)
    np.testing.assert_array_equal(one.node_of_, two.node_of_)
    monkeypatch.setattr("hessmap.rows.BLOCK_ENTRIES", 5000)
    small = HessianICA(random_state=0, n_nodes=n_nodes).fit(X)
    np.testing.assert_array_equal(one.node_of_, small.node_of_)
    np.testing.assert_allclose(one.sources_, small.sources_, atol=1e-9)


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
def test_as_many_nodes_as_asked_for():
    X, _ = arcs(3000, 2, noise=0.02, random_state=0)
    model = HessianEigenmaps(n_nodes=400, random_state=0).fit(X)
    assert model.n_nodes_ == model.report_.n_nodes == 400
    np.testing.assert_array_equal(np.unique(model.node_of_), np.arange(400))
    every = HessianEigenmaps(n_nodes=5000, random_state=0).fit(X)
    assert every.n_nodes_ == 3000


def test_a_sample_lays_out_the_cells_of_all_rows(monkeypatch):
    monkeypatch.setattr("hessmap.settings.SAMPLE_ROWS", 1500)
    X, factors = arcs(6000, 2, n_features=8, noise=0.01, random_state=0)
    X[:30] += 100
    with pytest.warns(match="far-from-manifold"):
        model = HessianICA(random_state=0).fit(X)
    aside = model.node_of_ < 0
    assert aside[:30].all()
    assert aside[30:].mean() < 0.002
    assert mcc(model.sources_[30:], factors[30:]) > 0.999
    assert model.n_nodes_ <= 750


@pytest.mark.filterwarnings("ignore::hessmap.HessmapWarning")
@pytest.mark.parametrize("n_distinct", [12, 60, 300])
def test_many_rows_few_of_which_differ(n_distinct, monkeypatch):
    monkeypatch.setattr("hessmap.settings.SAMPLE_ROWS", 2000)
    rng = np.random.default_rng(0)
    distinct, _ = arcs(n_distinct, 2, random_state=0)
    X = distinct[np.r_[:n_distinct, rng.integers(0, n_distinct, 5000)]]
    model = HessianICA(random_state=0).fit(X)
    assert model.n_nodes_ <= n_distinct
    assert model.report_.n_outliers < 0.02 * len(X)
    assert np.isfinite(model.sources_).all()


def test_disagreement_is_blind_to_affine_maps():
    rng = np.random.default_rng(0)
    one = rng.standard_normal((500, 2))
    assert disagreement(one, one @ [[3.0, 1.0], [0.5, -2.0]] + 7) < 1e-20
    other = one + [[0.1, 0.0]] * rng.standard_normal((500, 2))
    assert disagreement(one, other) == pytest.approx(0.01, rel=0.2)
    assert disagreement(one, np.zeros((500, 2))) == 1


def trials(gaps, errors, floor=0.0):
    """Resolutions 100, 200, ... whose embeddings have independent errors of some variance."""
    rng = np.random.default_rng(0)
    true = rng.standard_normal((2000, 2))
    made = {}
    for i, (gap, error) in enumerate(zip(gaps, errors, strict=True)):
        size = 100 << i
        found = true + np.sqrt(error) * rng.standard_normal((2000, 2))
        made[size] = Trial(size, gap, found, floor)
    return made


def chosen(made):
    return choose([(size, partial(made.get, size)) for size in made], complete=False)


@pytest.mark.parametrize(
    ("gaps", "errors", "expected"),
    [
        ([1e-2, 1e-3, 1e-3, 1e-1, 0.5], [1e-1, 1e-4, 1e-4, 1e-2, 1e-1], 2),
        ([1e-2, 1e-3, 1e-2, 1e-1, 0.5], [1e-1, 1e-4, 1e-4, 1e-2, 1e-1], 1),
        ([0.5, 0.6, 0.4, 0.9, 0.01], [10, 10, 10, 10, 1e-6], 4),
        ([1e-3, 1e-3, 1e-3, 1e-3, 1e-3], [1e-2, 1e-3, 1e-4, 1e-5, 1e-6], 4),
    ],
)
def test_the_resolution_that_agrees_is_chosen(gaps, errors, expected):
    made = trials(gaps, errors)
    choice = chosen(made)
    assert choice.solved == expected
    assert [one.n_nodes for one in choice.tried] == list(made)[: len(choice.tried)]


def test_what_noise_hides_is_not_worth_finer_nodes():
    errors = [1e-2, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8]
    flat = trials([1e-3] * 6, errors)
    assert chosen(flat).solved == 5
    gaps = [1e-2, 2e-3, 1e-3, 1.2e-3, 2e-3, 4e-3]
    noisy = trials(gaps, errors, floor=1e-3)
    choice = chosen(noisy)
    assert choice.solved == 3
    assert "embeddings of 400, 800, 1,600, 3,200 nodes agree best" in choice.reason
    assert "within a factor of 1.3" in choice.reason


def test_the_share_of_noise():
    rng = np.random.default_rng(0)
    embedding = rng.standard_normal((20_000, 2)) * [1.0, 3.0]
    residual = 0.1 * rng.standard_normal((20_000, 10))
    residual[:, :2] *= 1e-6  # what lies along the manifold cannot be seen
    shares = noise_shares(residual, embedding)  # along the axes, the shortest first
    np.testing.assert_allclose(shares, [0.01, 0.01 / 9], rtol=0.05)
    constant = np.hstack([residual, np.zeros((20_000, 5))])
    np.testing.assert_array_equal(noise_shares(constant, embedding), shares)
    np.testing.assert_array_equal(noise_shares(residual[:, :2], embedding), 0)


def test_resolutions_that_fall_into_pieces_are_passed_over():
    made = trials([1e-3] * 4, [1e-3, 1e-4, 1e-5, 1e-6])

    def in_pieces():
        raise DisconnectedGraphError("in pieces", (3, 2))

    attempts = [(size, in_pieces if size < 300 else partial(made.get, size)) for size in made]
    choice = choose(attempts, complete=False)
    assert choice.solved == 1
    assert np.isnan(choice.tried[0].spectral_gap)
    with pytest.raises(DisconnectedGraphError):
        choose(attempts[:2], complete=False)


def test_ladder_keeps_neighbourhoods_small_beside_the_data():
    assert ladder(3000, 16) == [128, 181, 256, 362, 512, 724, 1024, 1448]
    assert ladder(3000, 60) == [362, 512, 724, 1024, 1448]
    assert ladder(100, 16) == []
