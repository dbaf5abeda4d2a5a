"""
Rows in partitions: Dask arrays
===============================

A Dask array may be larger than memory, or lie on a cluster. ``fit`` passes over its partitions and
gathers sums, never rows; what has a value for every row is a Dask array again, computed where the
rows are, when it is asked for.
"""

import dask.array as da
import matplotlib.pyplot as plt
import numpy as np

from hessmap import HessianICA
from hessmap.datasets import swiss_roll
from hessmap.metrics import mcc
from hessmap.plotting import contours

ROWS, PARTS = 20_000, 10


def part(block_id):
    """The rows of one partition, made where they are needed."""
    return swiss_roll(ROWS, noise=0.1, random_state=block_id[0])[0]


chunks = ((ROWS,) * PARTS, (3,))
X = da.map_blocks(part, chunks=chunks, dtype=np.float64)
print(X)

# %%
# The fit is that of rows in one piece. Nothing of ``sources_`` has been computed when it returns.

model = HessianICA(n_components=2, random_state=0).fit(X)
print(model.sources_)
print(f"{model.report_.n_rows:,} rows on {model.n_nodes_:,} nodes")

# %%
# One partition of the sources, and only that one, for which its rows are made again. To keep all
# of them: ``model.sources_.to_zarr("sources.zarr")``.

last = model.sources_.blocks[PARTS - 1].compute()
factors = swiss_roll(ROWS, noise=0.1, random_state=PARTS - 1)[1]
print(f"1 - MCC of the last partition: {1 - mcc(last, factors):.1e}")

# %%
# The same rows in one piece, for comparison (where they do fit into memory).

whole = HessianICA(n_components=2, random_state=0).fit(X.compute())
one_piece = whole.sources_[-ROWS:]
print(f"1 - MCC between both fits: {1 - mcc(last, one_piece):.1e}")

# %%
# Contours of both sources of the last partition over the true factors: parallel to an axis, as
# each source is one factor.

figure, panels = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
names = ("true arc length", "true height")
for number, ax in enumerate(panels):
    contours(factors, last[:, number], names=names, label=f"source {number + 1}", ax=ax)
    ax.set_title(f"source {number + 1}, last of {PARTS} partitions", fontsize="medium")

plt.show()
