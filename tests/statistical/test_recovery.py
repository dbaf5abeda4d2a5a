"""Slower tests of what the theorem promises: factors are found, whatever their number."""

from __future__ import annotations

import numpy as np
import pytest

from hessmap import HessianICA
from hessmap.datasets import arcs, shapes_xc, shapes_xy, shapes_xyr, swiss_roll
from hessmap.metrics import mcc
from hessmap.pictures import Blur

from ..helpers import affine_error


@pytest.mark.parametrize("d", [2, 3, 5, 8])
def test_arcs_in_any_dimension(d):
    X, factors = arcs(5000, d, random_state=0)
    model = HessianICA(d, random_state=0).fit(X)
    assert mcc(model.sources_, factors) >= 0.999
    assert affine_error(model.embedding_, factors) < 1e-4
    assert model.report_.ok


# a range with a hole in it is not a product, and the report says so
@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
def test_swiss_roll_with_a_hole():
    X, factors = swiss_roll(5000, hole=True, random_state=0)
    model = HessianICA(random_state=0).fit(X)
    assert mcc(model.sources_, factors) >= 0.99
    assert affine_error(model.embedding_, factors) < 1e-6


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")  # sharp edges distort lengths
@pytest.mark.parametrize("seed", range(3))
def test_sharp_pictures(seed):
    X, factors = shapes_xy(3000, random_state=seed)
    assert mcc(HessianICA(random_state=0).fit_transform(X), factors) >= 0.998


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("make", "blur", "least"),
    [
        pytest.param(shapes_xy, Blur((48, 48)), 0.998, id="xy"),
        pytest.param(shapes_xc, Blur((48, 48, 2)), 0.998, id="xc"),
        pytest.param(shapes_xyr, Blur((32, 32), sigma=2), 0.998, id="xyr"),
    ],
)
def test_smooth_pictures(make, blur, least, seed):
    X, factors = make(3000, random_state=seed)
    model = HessianICA(factors.shape[1], random_state=0).fit(blur.fit_transform(X))
    assert mcc(model.sources_, factors) >= least
    assert model.report_.ok


@pytest.mark.filterwarnings("ignore::hessmap.AssumptionWarning")
@pytest.mark.parametrize("operator", ["hessian", "tangent", "laplacian"])
def test_all_operators_walk_the_same_road(operator):
    """A square of arcs is easy enough for Laplacian eigenmaps as well."""
    X, factors = arcs(3000, 2, random_state=0)
    model = HessianICA(operator=operator, random_state=0).fit(X)
    score = mcc(model.sources_, factors)
    assert score >= (0.999 if operator != "laplacian" else 0.9)
    assert mcc(model.transform(X[::7]), factors[::7]) == pytest.approx(score, abs=0.01)


def test_error_falls_with_the_number_of_rows():
    errors = [
        affine_error(HessianICA(random_state=0).fit(X).embedding_, factors)
        for X, factors in (swiss_roll(n, random_state=0) for n in (1000, 3000, 9000))
    ]
    assert errors[0] > 4 * errors[1] > 16 * errors[2]


@pytest.mark.parametrize("seed", range(3))
def test_rescaled_factors_are_still_found(seed):
    """The theorem allows a rescaling of each factor: z enters as exp(z), unit speed in exp(z)."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(0, 1, size=(3000, 2))
    s = np.exp(z)
    X = np.column_stack([np.cos(s), np.sin(s)])
    model = HessianICA(random_state=0).fit(X)
    assert mcc(model.sources_, z, method="spearman") > 0.99
