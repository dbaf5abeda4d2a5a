"""
Reading the report
==================

``report_`` of a fitted model says what speaks for a fit and what against it. ``print`` shows all
of it, ``report_.plot()`` the four pictures on which most of it rests. Here they are for the same
pictures twice: smoothed, and with the sharp edges that they came with.
"""

import warnings

import matplotlib.pyplot as plt

from hessmap import AssumptionWarning, HessianICA
from hessmap.datasets import shapes_xc
from hessmap.metrics import mcc
from hessmap.pictures import Blur

pictures, factors = shapes_xc(2000, size=32, side=10, random_state=0)
smooth = Blur((32, 32, 2), sigma=2.5).fit_transform(pictures)

# %%
# A good fit
# ----------
#
# The first line is the verdict, with the MCC to be expected; then why each automatic choice was
# made; then the numbers.

good = HessianICA(n_components=2, random_state=0).fit(smooth)
print(good.report_)
print(f"\nTrue MCC, which the report cannot know: {mcc(good.sources_, factors):.4f}")

# %%
# Top left: eigenvalues of the operator. The null space (blue) should lie far below the rest. Top
# right: short distances in the rows and in the embedding should be equal, on the dashed line.
# Bottom left: the dependence of the sources should be near 0. Bottom right: the numbers of nodes
# that were tried; where neighbouring ones disagree least, both are right.

good.report_.plot()

# %%
# A fit that should not be trusted
# --------------------------------
#
# With sharp edges two pictures are far apart as soon as the square has moved by a pixel, and 2,000
# rows are too sparse to follow the manifold. A fit with findings warns, which is expected here.

with warnings.catch_warnings():
    warnings.simplefilter("ignore", AssumptionWarning)
    bad = HessianICA(n_components=2, random_state=0).fit(pictures)
for finding in bad.report_.findings:
    print(f"{finding.code}: {finding.message}\n")
print(f"Expected MCC {bad.report_.score:.2f}, true MCC {mcc(bad.sources_, factors):.2f}")

# %%
# The title names the findings. Far below the line (top right) are pairs of rows that differ, and
# land on the same place. What looks like a second source is a function of the first (bottom left).

bad.report_.plot()

plt.show()
