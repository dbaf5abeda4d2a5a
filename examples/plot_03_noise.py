"""
Noise: more rows, smaller error, down to a floor
================================================

Classical HLLE gets worse as noisy rows come in: neighbourhoods shrink until noise is all they see.
Nodes are averages of rows, whose noise falls. What remains is the floor, the noise of a single row
along the manifold, which no map of that row can remove.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from hessmap import HessianEigenmaps, HessmapWarning
from hessmap.datasets import blobs

NOISE = 0.1


X, factors = blobs(50_000, noise=NOISE, random_state=0)


def error_of(model, n_rows):
    """1 - R^2 of the worse factor after the best affine map of the embedding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HessmapWarning)  # every row a node is meant to fail
        embedding = model.fit_transform(X[:n_rows])
    design = np.column_stack([embedding, np.ones(n_rows)])
    left = factors[:n_rows] - design @ np.linalg.lstsq(design, factors[:n_rows], rcond=None)[0]
    return float((left.var(axis=0) / factors[:n_rows].var(axis=0)).max())


# %%
# The rows are 30 principal components of pictures of a spot of width 2.5 and height 1 that moves
# over 24 x 24 pixels, each pixel with noise of standard deviation 0.1. For these rows the floor is
# known: it follows from the slope of the spot.

floor = 0.0386 * NOISE**2
sizes = [500, 1000, 2000, 5000, 10_000, 20_000, 50_000]
textbook = HessianEigenmaps(2, n_nodes=None, n_neighbors=16, random_state=0)
averaged = [error_of(HessianEigenmaps(2, random_state=0), n) for n in sizes]
every_row = [error_of(textbook, n) for n in sizes if n <= 10_000]

print(f"error over floor, {sizes[0]:,} rows: {averaged[0] / floor:.2f}")
print(f"error over floor, {sizes[-1]:,} rows: {averaged[-1] / floor:.2f}")
print(f"error over floor, 10,000 rows, every row a node: {every_row[-1] / floor:.0f}")

# %%
# Both axes are logarithmic. With averages (blue) the error comes down to the floor and stays
# there. With every row a node and a fixed number of neighbours (orange), which is HLLE as in a
# textbook, more rows do harm.

figure, ax = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
ax.loglog(sizes, averaged, "o-", color="#0072B2", label='n_nodes="auto", the default')
ax.loglog(sizes[: len(every_row)], every_row, "s--", color="#D55E00", label="every row a node")
ax.axhline(floor, color="#777777", lw=1.2, label="floor: noise of single rows")
ax.set_xlabel("number of rows")
ax.set_ylabel("1 - R² of the worse factor")
ax.legend(frameon=False, loc="upper left")
ax.spines[["top", "right"]].set_visible(False)

plt.show()
