"""
Choosing the number of components and of neighbours
===================================================

``n_components="auto"`` takes the fewest coordinates that keep local lengths,
``n_neighbors="auto"`` a number that depends on the components, or a larger one where that is
clearly better. ``report_.choices`` says why. This page tries the other numbers, to see what goes
wrong with them.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from hessmap import HessianICA, HessmapWarning
from hessmap.metrics import mcc

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"

# %%
# 2,000 spectra of a line with two factors, its place and its width. (They are divided by the norm
# of their slope, for a reason that has :ref:`a page of its own
# <sphx_glr_gallery_plot_17_spectra.py>`.)

rng = np.random.default_rng(0)
factors = rng.uniform([35, 3], [65, 7], size=(2000, 2))
X = np.exp(-((np.arange(100) - factors[:, :1]) ** 2) / (2 * factors[:, 1:] ** 2))
X /= np.linalg.norm(np.gradient(X, axis=1), axis=1, keepdims=True)

model = HessianICA(n_components="auto", random_state=0).fit(X)
for name, reason in model.report_.choices.items():
    print(f"{name} = {getattr(model.report_, name)}: {reason}\n")


# %%
# Other numbers. Their findings are what this page is about, so that the warnings are silenced.


def fit(n_components, n_neighbors="auto"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HessmapWarning)
        return HessianICA(n_components, n_neighbors=n_neighbors, random_state=0).fit(X)


components = {d: fit(d).report_ for d in (1, 2, 3, 4)}
for d, report in components.items():
    print(d, ", ".join(finding.code for finding in report.findings) or "no finding")
neighbours = [9, 16, 28, 50, 80, 120]
missing = [1 - mcc(fit(2, k).sources_, factors) for k in neighbours]

# %%
# Left: one coordinate does not keep short distances. Three and four do, but what they add depends
# on the others. Right: around the chosen number of neighbours the result hardly depends on it.
# Very large neighbourhoods are bent, and no tangent plane is near all of their nodes.

figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.9), layout="constrained")
kept = [report.local_isometry for report in components.values()]
dependent = [report.source_dependence for report in components.values()]
left.plot([1, 2, 3, 4], kept, "o-", color=BLUE, label="distances kept (1 is best)")
left.plot(
    [2, 3, 4], dependent[1:], "s--", color=ORANGE, mfc="none", ms=10, label="dependence (0 is best)"
)
left.axvline(model.n_components_, color=GREY, lw=1, label="chosen", zorder=0)
left.set(xlabel="n_components", xticks=[1, 2, 3, 4])
left.legend(loc="lower right")
right.loglog(neighbours, missing, "o-", color=BLUE)
right.axvline(model.n_neighbors_, color=GREY, lw=1, label="chosen", zorder=0)
right.set(xlabel="n_neighbors", ylabel="1 - MCC")
right.set_xticks(neighbours, neighbours)
right.minorticks_off()
right.legend(loc="lower right")

plt.show()
