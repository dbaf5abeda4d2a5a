"""
A million rows
==============

With ``n_nodes="auto"``, the default, the rows are averaged into nodes, the null space is found on
the nodes, and every row is mapped by the fits around them. Seconds and memory grow with the rows
only where each row has to be looked at.
"""

from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from hessmap import HessianICA
from hessmap.datasets import swiss_roll
from hessmap.metrics import mcc
from hessmap.plotting import scatter

X, factors = swiss_roll(1_000_000, height=45.0, noise=0.1, random_state=0)

start = perf_counter()
model = HessianICA(n_components=2, random_state=0).fit(X)
seconds = perf_counter() - start

print(f"{len(X):,} rows in {seconds:.1f} s, solved on {model.n_nodes_:,} nodes")
print(f"1 - MCC: {1 - mcc(model.sources_, factors):.1e}")

# %%
# Why this number of nodes: coarse problems were solved, finer and finer, until two of them gave
# the same embedding.

print(model.report_.choices["n_nodes"])

# %%
# Left: one row in a hundred, as it lies in space. Right: the embedding of all million rows, in the
# units of the rows. Beyond 20,000 rows ``hessmap.plotting.scatter`` draws the means of small
# cells. The roll is flat, and its sides are straight.

figure = plt.figure(figsize=(11, 3.9), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 1.5])
ax = left.add_subplot(projection="3d")
some = np.arange(0, len(X), 100)
ax.scatter(*X[some].T, c=factors[some, 0], s=1)
ax.view_init(elev=12, azim=-75)
ax.set_box_aspect(None, zoom=1.25)
ax.set(xticks=[], yticks=[], zticks=[], title="rows")
ax = right.subplots()
names = ("embedding 1", "embedding 2")
scatter(model.embedding_, factors[:, 0], names=names, label="true arc length", equal=True, ax=ax)
ax.set_title("embedding of every row")

plt.show()
