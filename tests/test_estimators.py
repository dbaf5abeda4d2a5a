"""The scikit-learn face: every check that scikit-learn has, and its own promises."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from hessmap import HessianEigenmaps, HessianICA


# Some checks fit ten rows of noise or two far clusters; the warnings are then right.
@pytest.mark.filterwarnings("ignore::hessmap.HessmapWarning")
@parametrize_with_checks([HessianEigenmaps(), HessianICA()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)
