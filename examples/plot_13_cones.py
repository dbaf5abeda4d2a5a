"""
Flat cones: one factor scales the other
=======================================

A star drifts over a row of pixels, and its brightness varies. The brighter it is, the more its
drift changes the pixels: one factor scales the effect of the other. The rows lie on a flat cone,
which HLLE unrolls, but no rotation of the embedding gives the factors. Polar coordinates do.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from hessmap import AssumptionWarning, HessianICA
from hessmap.ica import fit_polar
from hessmap.metrics import mcc
from hessmap.plotting import scatter

rng = np.random.default_rng(0)
brightness, place = rng.uniform([0.4, 22], [1, 42], size=(2500, 2)).T
star = np.exp(-((np.arange(64) - place[:, None]) ** 2) / (2 * 7**2))
X = brightness[:, None] * star + 0.002 * rng.standard_normal((2500, 64))

# %%
# The report notices that the sources are dependent, and that polar coordinates of the embedding
# are less so, which is the advice in its finding. The warning is expected here.

with warnings.catch_warnings():
    warnings.simplefilter("ignore", AssumptionWarning)
    model = HessianICA(n_components=2, random_state=0).fit(X)
for finding in model.report_.findings:
    print(f"{finding.code}: {finding.message}\n")

polar = fit_polar(model.embedding_)
factors = np.column_stack([np.log(brightness), place])
print(f"MCC of the sources {mcc(model.sources_, factors):.4f}, of the polar codes ", end="")
print(f"{mcc(polar.codes, factors):.4f}")

# %%
# Which is which: the first polar code is the logarithm of the distance from the apex of the cone,
# and goes with the factor that scales, here the brightness. The second is the angle about the
# apex, and goes with the factor that is scaled.
#
# Left: the embedding is a sector of a ring about the apex (cross). Middle: the sources are that
# sector turned, and where one of them is large the other cannot be. Right: the polar codes fill a
# rectangle, and the colour, which is the true place, runs along one of its sides.

figure, panels = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
views = [
    (model.embedding_, ("embedding 1", "embedding 2"), True),
    (model.sources_, ("source 1", "source 2"), False),
    (polar.codes, ("log distance from apex", "angle about apex (rad)"), False),
]
for ax, (codes, names, equal) in zip(panels, views, strict=True):
    scatter(codes, place, names=names, label="true place (pixels)", equal=equal, ax=ax)
panels[0].plot(*polar.apex, "x", color="#D55E00", ms=10, mew=3)

plt.show()
