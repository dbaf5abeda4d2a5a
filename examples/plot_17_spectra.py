"""
Spectra: a scaling that makes the rows flat
===========================================

Not every smooth table is an isometric image of its factors, but some are after one line of code.
In spectra of a line that moves and broadens, a narrow line changes more when it moves than a wide
one. Divided by the norm of its slope, every spectrum changes alike.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from hessmap import AssumptionWarning, HessianICA
from hessmap.metrics import mcc
from hessmap.plotting import contours

rng = np.random.default_rng(0)
factors = rng.uniform([35, 3], [65, 7], size=(4500, 2))  # place and width of the line
channel = np.arange(100)
spectra = np.exp(-((channel - factors[:, :1]) ** 2) / (2 * factors[:, 1:] ** 2))
spectra += 0.002 * rng.standard_normal(spectra.shape)

# %%
# Why it works. A move by a small step changes a spectrum by its slope times the step: after the
# division that is a change of the same length everywhere. A broadening changes it at right angles
# to that, because the line is symmetric, and by an amount that does not depend on its place. So
# the map from place and (rescaled) width to rows is isometric, whatever the shape of the line and
# its height.

slope = np.linalg.norm(np.gradient(spectra, axis=1), axis=1, keepdims=True)
scaled = spectra / slope

models = {}
for name, rows in {"as measured": spectra, "divided by slope": scaled}.items():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)  # the first has a finding
        model = models[name] = HessianICA(n_components=2, random_state=0).fit(rows)
    found = ", ".join(finding.code for finding in model.report_.findings) or "no finding"
    print(f"{name:17} MCC {mcc(model.sources_, factors):.4f}  {found}")

# %%
# Left: five spectra, before and after. Right: contours of the sources over the true factors. After
# the division they are parallel to the axes, and each source is one factor.

figure = plt.figure(figsize=(12, 6.4), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 2.4])
shown = [np.argmin(np.abs(factors - [40 + 5 * i, 3 + i]).sum(axis=1)) for i in range(5)]
panels = left.subplots(2, 1, sharex=True)
for ax, (name, rows) in zip(
    panels, {"as measured": spectra, "divided": scaled}.items(), strict=True
):
    ax.plot(channel, rows[shown].T, lw=1)
    ax.set(title=name, ylabel="intensity")
panels[1].set_xlabel("channel")
for axes, (name, model) in zip(right.subplots(2, 2), models.items(), strict=True):
    for number, ax in enumerate(axes):
        codes, label = model.sources_[:, number], f"source {number + 1}"
        contours(factors, codes, names=("true place", "true width"), label=label, ax=ax)
        ax.set_title(f"{name}: {label}", fontsize="medium")

plt.show()
