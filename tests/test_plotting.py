"""Figures: that they are drawn, on the axes that were given, from the right numbers."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import pyplot as plt

from hessmap import plotting
from hessmap.metrics import local_isometry
from hessmap.metrics.isometry import pair_distances
from hessmap.nodes.resolution import Resolution
from hessmap.plotting.codes import _triangles
from hessmap.plotting.density import cells

from .figures import (
    MANY,
    SIZE,
    TRIED,
    all_text,
    codes,
    drawn,
    fitted,
    many,
    n_colours,
    overlaps,
    report,
    rng,
)

EVERY = {
    "scatter": lambda ax: plotting.scatter(codes, codes[:, 0], ax=ax),
    "scatter, one code": lambda ax: plotting.scatter(codes[:, 0], codes[:, 1], ax=ax),
    "scatter, constant": lambda ax: plotting.scatter(np.ones((9, 2)), np.ones(9), ax=ax),
    "contours": lambda ax: plotting.contours(codes, codes[:, 0], ax=ax),
    "spectrum": lambda ax: plotting.spectrum(np.array([0, 1e-9, 1e-8, 1e-3]), 2, ax=ax),
    "spectrum of zeros": lambda ax: plotting.spectrum(np.zeros(4), 2, ax=ax),
    "isometry": lambda ax: plotting.isometry(codes, codes, ax=ax),
    "isometry_of": lambda ax: plotting.isometry_of(codes[:, :2], ax=ax),
    "isometry_of nothing": lambda ax: plotting.isometry_of(np.zeros((3, 2)), ax=ax),
    "independence": lambda ax: plotting.independence(codes[:3], ax=ax),
    "resolutions": lambda ax: plotting.resolutions(TRIED, 256, ax=ax),
    "resolutions, all failed": lambda ax: plotting.resolutions(TRIED[:1], ax=ax),
    "pictures_along": lambda ax: plotting.pictures_along(codes, codes, (3, 1), ax=ax),
    "traversals": lambda ax: plotting.traversals(fitted()[2], (SIZE, SIZE), ax=ax),
    "interpolation": lambda ax: plotting.interpolation(
        fitted()[2], *fitted()[0][:2], (SIZE, SIZE), ax=ax
    ),
    "interpolation_grid": lambda ax: plotting.interpolation_grid(
        fitted()[2], fitted()[0][:4], (SIZE, SIZE), ax=ax
    ),
}


@pytest.mark.parametrize("name", EVERY)
def test_every_picture_is_painted_on_given_axes_and_on_new_ones(name):
    before = dict(plt.rcParams)
    _, ax = plt.subplots()
    assert EVERY[name](ax) is ax
    assert ax.has_data()
    new = EVERY[name](None)
    assert new is not ax
    assert n_colours(new) > 1
    assert dict(plt.rcParams) == before


def test_importing_does_not_load_matplotlib():
    program = "import sys, hessmap.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_scatter_places_and_colours_every_row():
    ax = plotting.scatter(codes, codes[:, 2], names=("a", "b"), label="c")
    marks = ax.collections[0]
    np.testing.assert_array_equal(marks.get_offsets(), codes[:, :2])
    np.testing.assert_array_equal(marks.get_array(), codes[:, 2])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")
    assert n_colours(ax) > 50


def test_scatter_of_one_column_is_against_the_values():
    ax = plotting.scatter(codes[:, :1], codes[:, 1], names=("code", ""), label="factor")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("code", "factor")
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), codes[:, :2])


def test_rows_with_nan_are_left_out():
    holed, values = codes.copy(), codes[:, 2].copy()
    holed[5], values[7] = np.nan, np.inf
    known = np.delete(np.arange(300), [5, 7])
    ax = plotting.scatter(holed, values)
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), codes[known, :2])
    np.testing.assert_array_equal(ax.collections[0].get_array(), codes[known, 2])
    plotting.contours(codes[:, :2], holed[:, 0])
    ax = plotting.isometry(codes, holed)
    expected = local_isometry(np.delete(codes, 5, axis=0), np.delete(codes, 5, axis=0))
    assert f"{expected:.4f}" in ax.get_title()
    X, factors, _ = fitted()
    holed = factors.copy()
    last = plotting.pictures_along(X, factors, (SIZE, SIZE), n_steps=2).get_images()[0].get_array()
    holed[np.ptp(holed, axis=1).argmax()] = np.nan
    again = plotting.pictures_along(X, holed, (SIZE, SIZE), n_steps=2).get_images()[0].get_array()
    assert last.shape == again.shape


def test_cells_hold_the_points_nearest_to_their_centres():
    points = rng.standard_normal((3000, 2)) * [1, 5]
    values = rng.standard_normal(3000)
    found = cells(np.column_stack([points, values]), aspect=0.5)
    assert found.counts.sum() == 3000
    # in the units in which the hexagons are regular
    unit = np.array([found.width[0], found.width[1] / np.sqrt(3)])
    apart = ((points[:, None] - found.centres) / unit) ** 2
    nearest = apart.sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(np.bincount(nearest, minlength=len(found.counts)), found.counts)
    sums = np.bincount(nearest, values, minlength=len(found.counts))
    np.testing.assert_allclose(found.means[:, 2], sums / found.counts, atol=1e-12)


def test_scatter_of_a_million_rows_takes_the_mean_of_all_of_them():
    table, factor = many()
    ax = plotting.scatter(table, factor, label="factor")
    marks = ax.collections[0]
    places, means = marks.get_offsets(), marks.get_array()
    assert 2000 < len(places) < 20_000
    # a scatter of single rows would spread by 0.3
    inside = (places.min(axis=1) > 0.02) & (places.max(axis=1) < 0.98)
    assert np.abs(means - places[:, 0])[inside].std() < 0.06
    assert ax.get_figure().axes[1].get_ylabel() == "mean of factor"
    assert n_colours(ax) > 50


def test_one_code_of_a_million_rows_shows_their_number():
    table, factor = many()
    ax = plotting.scatter(table[:, 0], factor)
    assert ax.collections[0].get_array().sum() == np.isfinite(table[:, 0]).sum()


def test_contours_of_a_million_noisy_rows_are_those_of_the_mean():
    ax = plotting.contours(*many())
    inner = np.concatenate([path.vertices for path in ax.collections[-1].get_paths()])
    levels = ax.collections[-1].levels
    apart = np.abs(inner[:, [0]] - levels).min(axis=1)
    assert np.median(apart) < 0.01


def test_contours_follow_the_code():
    ax = plotting.contours(codes[:, :2], 3 * codes[:, 0], names=("x", "y"))
    lines = ax.collections[-1]
    for path in lines.get_paths():
        if len(path.vertices) > 10:
            # the code depends on x alone: between x and y, its contours span only y
            segments = path.to_polygons(closed_only=False)
            assert all(np.ptp(segment[:, 0]) < 1e-6 for segment in segments)
    assert ax.get_xlabel() == "x"


def test_contours_leave_out_holes():
    places = rng.uniform(-1, 1, size=(3000, 2))
    ring = places[np.abs(places).max(axis=1) > 0.5]
    filled = plotting.contours(ring, ring[:, 0]).collections[0]
    paths = filled.get_paths()
    assert not any(path.contains_points([(0.05, 0.05)]).any() for path in paths)
    assert any(path.contains_points([(0.05, 0.75)]).any() for path in paths)


def test_contours_do_not_depend_on_the_units_of_a_factor():
    """Triangles of places in raw units are long in units of the ranges, and were left out."""
    places = np.random.default_rng(0).uniform(size=(3000, 2))
    missing = []
    for units in ([1, 1], [30, 0.01]):
        mesh = _triangles(np.column_stack([places * units, places[:, 0]]))
        missing.append(set() if mesh.mask is None else set(np.flatnonzero(mesh.mask)))
    assert missing[0] == missing[1]
    assert len(missing[0]) < 30


def test_contours_are_solid_below_zero_too():
    lines = plotting.contours(codes[:, :2], codes[:, 0] - 0.5).collections[-1]
    assert lines.levels.min() < 0
    assert all(dashes is None for _, dashes in lines.get_linestyles())


def test_long_names_of_colours_are_wrapped():
    flat = codes[:, :2] * [9, 1]
    figure = plotting.scatter(flat, codes[:, 2], label="long name " * 9, equal=True).get_figure()
    drawn(figure.axes[0])
    box = figure.axes[1].yaxis.label.get_window_extent()
    assert 0 <= box.y0 < box.y1 <= figure.bbox.y1


def test_spectrum_marks_the_gap():
    ax = plotting.spectrum(np.array([1e-17, 1e-8, 2e-8, 1e-4, 2e-4]), 2)
    inside, outside = ax.get_lines()[:2]
    np.testing.assert_allclose(inside.get_ydata(), [1e-8, 2e-8])
    np.testing.assert_allclose(outside.get_ydata(), [1e-4, 2e-4])
    assert "0.0002" in ax.get_title()
    assert ax.get_yscale() == "log"
    ax = plotting.spectrum(np.geomspace(1e-9, 1, 60), 20)
    drawn(ax)
    assert not overlaps(ax.get_xticklabels())


@pytest.mark.parametrize("n", [60, 400])
def test_isometry_draws_the_pairs_of_the_score(n):
    X = rng.uniform(size=(n, 2))
    bent = 3 * X + 0.1 * np.sin(8 * X)
    pairs = pair_distances(X, bent)
    ax = plotting.isometry(X, bent)
    if len(pairs) <= 5000:
        np.testing.assert_array_equal(ax.collections[0].get_offsets(), pairs)
    else:
        assert ax.collections[0].get_array().sum() == len(pairs)
    assert f"{local_isometry(X, bent):.4f}" in ax.get_title()
    np.testing.assert_array_equal(*ax.get_lines()[0].get_data())


def test_pairs_are_distances_in_the_units_of_the_rows():
    X = rng.uniform(size=(200, 2))
    pairs = pair_distances(1e5 * X, X @ np.diag([1e-3, 70]))
    np.testing.assert_allclose(pairs[:, 1], pairs[:, 0], rtol=1e-3)
    assert 100 < pairs.max() < 1e5


def test_many_pairs_are_all_counted():
    pairs = np.abs(rng.standard_normal((MANY, 1))) + rng.uniform(0, 0.1, (MANY, 2))
    pairs[3] = np.nan
    ax = plotting.isometry_of(pairs)
    assert ax.collections[0].get_array().sum() == MANY - 1


def test_isometry_of_a_sample_of_very_many_rows():
    table, _ = many()
    X = np.nan_to_num(table)
    one = plotting.isometry(X, table, max_rows=300, random_state=0).get_title()
    assert one == plotting.isometry(X, table, max_rows=300, random_state=0).get_title()
    assert "1.0000" in one


def test_independence_writes_every_pair_but_the_diagonal():
    matrix = np.array([[1.0, 0.31, -0.001], [0.31, 1.0, np.nan], [-0.001, np.nan, 1.0]])
    given = matrix.copy()
    ax = plotting.independence(matrix)
    np.testing.assert_array_equal(matrix, given)
    image = ax.get_images()[0]
    assert image.get_clim() == (0, 1)
    assert image.get_array().mask.tolist() == np.isnan(matrix + np.diag([np.nan] * 3)).tolist()
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(1, 0): "0.31", (0, 1): "0.31", (2, 0): "0.00", (0, 2): "0.00"}
    assert "0.31" in ax.get_title()


@pytest.mark.parametrize("d", [2, 8, 20, 60])
def test_independence_of_many_sources_stays_legible(d):
    ax = plotting.independence(rng.uniform(size=(d, d)))
    drawn(ax)
    assert len(ax.texts) in (0, d * (d - 1))
    assert (len(ax.texts) > 0) == (d <= 20)
    for names in (ax.get_xticklabels(), ax.get_yticklabels(), ax.texts[: 3 * d]):
        assert not overlaps(names)


def test_independence_of_one_source_says_so():
    ax = plotting.independence(np.ones((1, 1)))
    assert "no pair" in all_text(ax)
    assert not ax.get_images()


def test_resolutions_are_lines_over_the_nodes():
    ax = plotting.resolutions(TRIED, 256)
    gap, apart, failed, taken = ax.get_lines()
    np.testing.assert_array_equal(gap.get_data(), [[128, 256, 512], [0.1, 0.01, 0.02]])
    np.testing.assert_array_equal(apart.get_data(), [[256, 512], [0.003, 0.0005]])
    assert list(failed.get_xdata()) == [64]
    assert set(taken.get_xdata()) == {256}
    assert "taken: 256" in all_text(ax)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


@pytest.mark.parametrize("n", [1, 2, 15])
def test_numbers_of_nodes_do_not_touch(n):
    tried = [Resolution(64 * 2**j, 0.3 / 2**j, 0.0) for j in range(n)]
    ax = plotting.resolutions(tried)
    drawn(ax)
    labels = ax.get_xticklabels()
    assert labels[0].get_text() == f"{tried[-1].n_nodes:,}"
    assert not overlaps(labels)


def test_no_resolutions_are_said():
    assert "one resolution" in all_text(plotting.resolutions(()))


def test_overview_of_a_good_fit():
    axes = plotting.overview(report())
    assert axes.shape == (2, 2)
    figure = axes[0, 0].get_figure()
    assert figure.get_suptitle() == "nothing was found against the assumptions"
    assert "gap ratio" in axes[0, 0].get_title()
    assert "correlation 1.0000" in axes[0, 1].get_title()
    assert "0.20" in axes[1, 0].get_title()
    assert "taken: 256" in all_text(axes[1, 1])
    assert n_colours(axes[0, 0]) > 50


def test_overview_of_rows_that_were_left_out_does_not_blame_the_fit():
    found = (SimpleNamespace(code="far-from-manifold"), SimpleNamespace(code="not-finite"))
    figure = plotting.overview(report(ok=False, findings=found))[0, 0].get_figure()
    assert figure.get_suptitle() == "found against single rows only: far-from-manifold, not-finite"
    assert figure._suptitle.get_color() == "black"


def test_overview_of_a_bad_fit_names_the_findings():
    names = ("not-isometric", "gaussian-sources", "no-spectral-gap", "ica-unstable", "disconnected")
    found = tuple(SimpleNamespace(code=code) for code in (*names, *names))
    axes = plotting.overview(
        report(ok=False, findings=found, dependence_matrix=None, resolutions=())
    )
    figure = axes[0, 0].get_figure()
    title = figure.get_suptitle()
    assert all(title.count(name) == 1 for name in names)
    assert "before ICA" in all_text(axes[1, 0])
    assert "one resolution" in all_text(axes[1, 1])
    drawn(axes[0, 0])
    box = figure._suptitle.get_window_extent()
    assert 0 < box.x0 < box.x1 < figure.bbox.x1
    assert not any(box.overlaps(ax.title.get_window_extent()) for ax in axes[0])


def test_lists_and_frames_are_drawn():
    import pandas as pd

    plotting.scatter(pd.DataFrame(codes), codes[:, 0].tolist())
    plotting.pictures_along(np.ones((20, 12), dtype=bool), codes[:20, :2], (3, 4))
    plotting.scatter(pd.DataFrame(codes, dtype=object), codes[:, 0])
