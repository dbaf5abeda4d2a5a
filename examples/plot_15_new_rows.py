"""
New rows, far rows, and models in files
=======================================

``transform`` maps rows that were not in the fit. Rows that are farther from those of the fit than
their neighbourhoods reach are mapped to places that mean little: ``far="nan"`` marks them. A
fitted model can be kept in a file, with or without the results of its own rows.
"""

import tempfile
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import hessmap
from hessmap import AssumptionWarning, HessianICA


def spots(places):
    """Pictures (n, 24 * 24) of a spot at some places (n, 2), across and down."""
    across, down = np.exp(-((places.T[:, :, None] - np.arange(24) - 0.5) ** 2) / (2 * 2**2))
    return (down[:, :, None] * across[:, None, :]).reshape(len(places), -1)


rng = np.random.default_rng(0)
model = HessianICA(n_components=2, random_state=0).fit(spots(rng.uniform(8, 16, size=(2000, 2))))

# %%
# In the pictures of the fit the spot stays within a square of 8 x 8 pixels; in the new ones it
# goes beyond. ``transform`` warns about far rows, which is expected here.

places = rng.uniform(4, 20, size=(1000, 2))
new = spots(places)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", AssumptionWarning)
    sources = model.transform(new, far="nan")
far = np.isnan(sources).any(axis=1)
within = np.all(np.abs(places - 12) < 4, axis=1)
print(f"far rows inside of the square: {far[within].sum()} of {within.sum()}")
print(f"far rows outside of it: {far[~within].sum()} of {(~within).sum()}")

# %%
# A file of arrays and JSON with a checksum, and nothing in it that could be executed. With
# ``rows=False`` it is as large as the nodes, and maps rows to the same sources, bit for bit.

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "spots.hessmap"
    model.save(path, rows=False)
    loaded = hessmap.load(path)
    print(f"{path.stat().st_size / 1e6:.1f} MB")
known = new[~far]
print("same sources:", np.array_equal(loaded.transform(known), model.transform(known)))

# %%
# Left: places of the spot in the new pictures. All those inside of the square of the fit (line)
# are mapped, and most of those up to a pixel outside. Right: sources of the mapped ones. Beyond
# the line they are extrapolated.

figure, (ax, beside) = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
ax.plot(*places[far].T, "x", color="#D55E00", ms=5, label="far: NaN")
ax.plot(*places[~far].T, "o", color="#0072B2", ms=4, label="mapped")
ax.plot([8, 16, 16, 8, 8], [8, 8, 16, 16, 8], color="black", lw=1.5, label="range of the fit")
ax.set(xlabel="place across (pixels)", ylabel="place down (pixels)", aspect="equal")
marks = beside.scatter(*sources[~far].T, c=places[~far, 0], s=12)
beside.set(xlabel="source 1", ylabel="source 2", aspect="equal")
low, high = model.sources_.min(axis=0), model.sources_.max(axis=0)
beside.add_patch(plt.Rectangle(low, *(high - low), fill=False, lw=1.5))
figure.colorbar(marks, ax=beside, label="place across (pixels)", shrink=0.85)
figure.legend(loc="outside upper left", ncols=3)

plt.show()
