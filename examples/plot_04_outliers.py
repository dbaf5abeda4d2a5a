"""
Outliers and duplicates are set aside
=====================================

A camera freezes, the light goes out, the sensor returns noise: real collections hold rows that are
copies, and rows that do not belong to the others. They need not be removed before the fit.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from hessmap import AssumptionWarning, HessianICA
from hessmap.datasets import sprites
from hessmap.metrics import mcc

rng = np.random.default_rng(0)
X, factors = sprites(3000, 2, size=32, noise=0.01, random_state=0)
frozen, dark, bright, torn = np.split(rng.permutation(3000)[:300], [150, 200, 230])
X[frozen], factors[frozen] = X[frozen[0]], factors[frozen[0]]  # 150 times the same picture
X[dark] = 0.0  # 50 pictures without light
X[bright] *= 5.0  # 30 pictures with far too much
X[torn] = rng.uniform(size=(len(torn), X.shape[1]))  # 70 pictures of noise
spoiled = np.concatenate([dark, bright, torn])

# %%
# The fit warns, with the finding ``far-from-manifold``, that some rows have no sources. Here this
# is expected, and the warning is silenced.

with warnings.catch_warnings():
    warnings.simplefilter("ignore", AssumptionWarning)
    model = HessianICA(n_components=2, random_state=0).fit(X)

aside = model.node_of_ == -1
clean = np.setdiff1d(np.arange(len(X)), spoiled)
print(f"rows set aside: {aside.sum()}, of them spoiled: {aside[spoiled].sum()} of {len(spoiled)}")
print(f"copies merged into one node: {model.report_.n_duplicates}")
print(f"MCC of the other {len(clean):,} rows: {mcc(model.sources_[clean], factors[clean]):.4f}")

# %%
# Above: one picture of each kind. Below: sources of the rows that belong, coloured by the true x
# and y. The frozen picture is one place (cross), with no pull on the others, however often it was
# copied. Rows that were set aside have the node -1, and sources only where the map reaches them.

kinds = {
    "good": clean[0],
    "frozen, 150 times": frozen[0],
    "dark, 50": dark[0],
    "too bright, 30": bright[0],
    "noise, 70": torn[0],
}
figure = plt.figure(figsize=(9, 6), layout="constrained")
above, below = figure.subfigures(2, 1, height_ratios=[1, 1.9])
for ax, (name, row) in zip(above.subplots(1, len(kinds)), kinds.items(), strict=True):
    ax.imshow(X[row].reshape(32, 32), cmap="gray", vmin=0, vmax=1)
    ax.set_title(f"{name}\nset aside: {'yes' if aside[row] else 'no'}", fontsize="medium")
    ax.set_axis_off()
for ax, factor, name in zip(below.subplots(1, 2), factors.T, ("x", "y"), strict=True):
    marks = ax.scatter(*model.sources_[clean].T, c=factor[clean], s=5)
    ax.plot(*model.sources_[frozen[0]], "x", color="#D55E00", ms=11, mew=3)
    ax.set(xlabel="source 1", ylabel="source 2", aspect="equal")
    below.colorbar(marks, ax=ax, label=f"true {name} (pixels)", shrink=0.85)

plt.show()
