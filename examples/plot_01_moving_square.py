"""
Two factors of 3,000 pictures, without labels
=============================================

Pictures of a square that moves: 2,304 numbers each, but only two of them are free, the place of
the square across and down. HessianICA finds both from the pictures alone.
"""

import matplotlib.pyplot as plt

from hessmap import HessianICA
from hessmap.datasets import shapes_xy
from hessmap.metrics import mcc
from hessmap.pictures import Blur
from hessmap.plotting import contours

pictures, factors = shapes_xy(3000, random_state=0)

figure, panels = plt.subplots(1, 6, figsize=(9, 1.8), layout="constrained")
for ax, picture, (x, y) in zip(panels, pictures, factors, strict=False):
    ax.imshow(picture.reshape(48, 48), cmap="gray")
    ax.set_title(f"x = {x:.0f}, y = {y:.0f}", fontsize="medium")
    ax.set_axis_off()

# %%
# The edges of the square are sharp, so that two pictures differ a lot as soon as the square has
# moved by a pixel. A blur makes the manifold of the pictures smooth. Then the fit, which sees no
# factor:

model = HessianICA(n_components=2, random_state=0)
model.fit(Blur((48, 48), sigma=3.0).fit_transform(pictures))

print(f"MCC of the embedding (HLLE): {mcc(model.embedding_, factors):.4f}")
print(f"MCC of the sources (HLLE + ICA): {mcc(model.sources_, factors):.4f}")

# %%
# MCC is the mean absolute correlation of each factor with the column that is assigned to it. The
# contours show the same thing. Each panel is one column over the two true factors. The embedding
# is flat, its contours are straight and evenly spaced, but both of its columns change with both
# factors. Contours of a source are parallel to an axis: it depends on one factor alone.

figure, panels = plt.subplots(2, 2, figsize=(9, 7.5), layout="constrained")
names = ("true x (pixels)", "true y (pixels)")
for column in range(2):
    codes = model.embedding_[:, column]
    contours(factors, codes, names=names, label="embedding", ax=panels[0, column])
    panels[0, column].set_title(f"HLLE alone, column {column + 1}")
    codes = model.sources_[:, column]
    contours(factors, codes, names=names, label="source", ax=panels[1, column])
    panels[1, column].set_title(f"HLLE and ICA, source {column + 1}")
for ax in panels.flat:
    ax.set_aspect("equal")

plt.show()

# sphinx_gallery_thumbnail_number = 2
