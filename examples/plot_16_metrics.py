"""
All metrics at once, where factors are known
============================================

``disentanglement_report`` scores codes against true factors with every metric of
``hessmap.metrics``. Three codes of the same pictures: two principal components, the embedding
(HLLE alone), and the sources (HLLE and ICA).
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA

from hessmap import HessianICA
from hessmap.datasets import sprites
from hessmap.metrics import disentanglement_report

X, factors = sprites(1500, 2, size=32, random_state=5)  # a square that moves across and down
model = HessianICA(n_components=2, random_state=0).fit(X)
codes = {
    "principal components": PCA(2, random_state=0).fit_transform(X),
    "embedding": model.embedding_,
    "sources": model.sources_,
}
reports = {
    name: disentanglement_report(code, factors, X, random_state=0) for name, code in codes.items()
}

# %%
# The report is a table. Its last column is what the true factors would score if they were the
# codes: the highest that can be expected of these rows.

print(reports["sources"])

# %%
# The numbers of all three, for the metrics of which 1 is best. The embedding is the factors,
# turned by nearly 45 degrees: it keeps distances as well as the sources do, and everything can be
# computed from it (informativeness), but neither column is a factor, and MIG, SAP and DCI say so
# most clearly. BetaVAE and FactorVAE scores are perfect for all three.

shown = {
    "mcc": "MCC",
    "beta_vae": "BetaVAE score",
    "factor_vae": "FactorVAE score",
    "mig": "MIG",
    "sap": "SAP",
    "modularity": "modularity",
    "disentanglement": "DCI disentanglement",
    "completeness": "DCI completeness",
    "informativeness": "DCI informativeness",
    "local_isometry": "local isometry",
}
styles = {
    "principal components": {"marker": "s", "color": "#777777", "mfc": "none"},
    "embedding": {"marker": "^", "color": "#D55E00", "mfc": "none"},
    "sources": {"marker": "o", "color": "#0072B2"},
}
figure, ax = plt.subplots(figsize=(7.6, 4.6), layout="constrained")
places = np.arange(len(shown))[::-1]
ax.hlines(places, 0, 1, color="#DDDDDD", lw=1)
for name, report in reports.items():
    values = [getattr(report, metric) for metric in shown]
    ax.plot(values, places, ls="none", ms=8, label=name, **styles[name])
ideal = [report.of_factors[metric] for metric in shown]
ax.plot(ideal, places, "k|", ms=16, label="true factors")
ax.set_yticks(places, shown.values())
ax.set(xlabel="score (1 is best)", xlim=(-0.02, 1.03))
ax.spines[["top", "right", "left"]].set_visible(False)
figure.legend(loc="outside upper center", ncols=4, frameon=False)

plt.show()
