"""
Sources as features of a regression
===================================

HessianICA is a scikit-learn transformer: it works in pipelines, cross-validation and grid
searches. Here the sources of pictures become the features of a regression. Where each source is
one factor, a sum of curves, one for each source, says as much as any model, and can be read.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

from hessmap import HessianICA
from hessmap.datasets import shapes_xy
from hessmap.pictures import Blur

# %%
# Pictures of a square that moves across and down, and a response that is a sum of a function of
# each and a little noise.

rng = np.random.default_rng(0)
pictures, factors = shapes_xy(1000, size=32, side=10, random_state=0)
across, down = ((factors - 16) / 9).T  # from -1 to 1
y = np.sin(5 * across) + down**2 + 0.05 * rng.standard_normal(len(down))

features = {
    "2 principal\ncomponents": PCA(2),
    "10 principal\ncomponents": PCA(10, random_state=0),
    "2 sources": HessianICA(2, random_state=0),
}
pipelines = {
    name: make_pipeline(
        Blur((32, 32), sigma="auto" if name == "2 sources" else 2.0, random_state=0),
        step,
        SplineTransformer(n_knots=9, extrapolation="linear"),
        RidgeCV(np.logspace(-6, 2, 9)),
    )
    for name, step in features.items()
}

# %%
# Every fold of the last pipeline chooses its own blur, finds its own sources from its training
# pictures, and maps the held-out pictures with ``transform``.

scores = {
    name: cross_val_score(pipeline, pictures, y, cv=KFold(3, shuffle=True, random_state=0))
    for name, pipeline in pipelines.items()
}
for name, values in scores.items():
    print(f"{' '.join(name.split()):24} R^2 {values.mean():.3f}, worst fold {values.min():.3f}")

# %%
# Left: R² of the held-out pictures, a mark for each fold. Right: the two curves of the regression
# on sources, each over its source, with what the response leaves for it as dots: the sine and the
# parabola that the response was made of, found without the factors.

pipeline = pipelines["2 sources"].fit(pictures, y)
sources = pipeline[1].sources_
splines = pipeline[2].transform(sources) * pipeline[3].coef_
curves = np.column_stack([half.sum(axis=1) for half in np.hsplit(splines, 2)])
left = y - y.mean() - curves.sum(axis=1) + curves.sum(axis=1).mean()
order = np.argsort([abs(np.corrcoef(source, down)[0, 1]) for source in sources.T])
figure, panels = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
for number, values in enumerate(scores.values()):
    panels[0].plot([number] * 3, values, "o", color="#0072B2", mfc="none")
panels[0].set_xticks(range(3), scores, fontsize="small")
panels[0].set(ylabel="R² of held-out pictures", xlim=(-0.5, 2.5), ylim=(0, 1.05))
for ax, column, name in zip(panels[1:], order, ("across", "down"), strict=True):
    along = np.argsort(sources[:, column])
    centred = curves[:, column] - curves[:, column].mean()
    ax.plot(sources[:, column], centred + left, ".", color="#56B4E9", ms=3, label="pictures")
    ax.plot(sources[along, column], centred[along], color="#D55E00", lw=2, label="fitted curve")
    ax.set(xlabel=f"source {column + 1} ({name})", ylabel="part of the response")
panels[2].legend(loc="upper center")

plt.show()
