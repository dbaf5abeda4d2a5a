"""
Hessian or Laplacian: a factor with a longer range
==================================================

``operator="laplacian"`` is Laplacian eigenmaps (LEM). Its null space is the constant alone, and
the coordinates come from the next eigenvectors, which are waves over the support. Where one factor
has a longer range than the other, the second wave still runs along the longer one, and the shorter
one is missing. The Hessian functional does not care how long a factor is.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from hessmap import AssumptionWarning, HessianICA
from hessmap.metrics import mcc

rng = np.random.default_rng(0)


def spots(n_rows, ratio):
    """Pictures of a spot, 15 pixels wide, whose range across is ``ratio`` times that down."""
    width, height = int(16 + 12 * ratio), 28
    factors = rng.uniform([8, 8], [width - 8, height - 8], size=(n_rows, 2))
    across = np.exp(-((factors[:, :1] - np.arange(width) - 0.5) ** 2) / 12.5)
    down = np.exp(-((factors[:, 1:] - np.arange(height) - 0.5) ** 2) / 12.5)
    return (down[:, :, None] * across[:, None, :]).reshape(n_rows, -1), factors


# %%
# Pictures of a spot that moves over a square, and over an oblong three times as wide as high. The
# theorem does not hold for the Laplacian, and the report says so; these warnings are expected.

figure, panels = plt.subplots(2, 2, figsize=(8.6, 7.4), layout="constrained")
for ratio, column in ((1, 0), (3, 1)):
    X, factors = spots(2000, ratio)
    for operator, ax in zip(("laplacian", "hessian"), panels[:, column], strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AssumptionWarning)
            model = HessianICA(2, operator=operator, random_state=0).fit(X)
        score = mcc(model.sources_, factors)
        print(f"range {ratio} : 1, {operator:9}  MCC {score:.4f}")
        marks = ax.scatter(*model.embedding_.T, c=factors[:, 1], s=4)
        ax.set_aspect("equal", adjustable="datalim")
        ax.set_title(f"{operator}, range {ratio} : 1, MCC {score:.2f}", fontsize="medium")
        ax.set(xlabel="embedding 1", ylabel="embedding 2")
        figure.colorbar(marks, ax=ax, label="true y, the shorter (pixels)")

# %%
# Above on the right the embedding is a curve: both columns are functions of the long factor, and
# the colour, which is the short factor, is mixed all along it. The other three hold both factors.

plt.show()
