"""What normal coordinates change in the Hessian functional, data set by data set.

Median over three seeds of 1 - R^2 of the worse factor, n = 3,000, k = 16, with principal components
as tangent coordinates and with normal coordinates (docs/decisions/0003-normal-coordinates.md), and
for pictures on each number of principal components (docs/decisions/0002-principal-components.md).
"""

from __future__ import annotations

import numpy as np
from against_scikit_learn import K, data_sets, error

from hessmap.eigen import smallest_eigenpairs
from hessmap.functionals import FUNCTIONALS, local_frames
from hessmap.neighbors import knn_graph
from hessmap.operator import build_operator
from hessmap.pictures import Blur
from hessmap.projection import LADDER, _principal_components

SEEDS = 3


def embedding(points: np.ndarray, d: int, *, curvature: bool) -> np.ndarray:
    graph = knn_graph(points, K)
    frames = local_frames(points, graph, d, curvature=curvature)
    operator = build_operator(FUNCTIONALS["hessian"].forms(frames, graph), graph.indices)
    return smallest_eigenpairs(operator, d + 2, random_state=0).vectors[:, 1 : d + 1]


def prepared(X: np.ndarray, shape: tuple[int, ...] | None, sigma: float, widths: tuple[int, ...]):
    """Centred points for each number of columns."""
    if sigma:
        X = Blur(shape, sigma).fit_transform(X)
    centred = X - X.mean(axis=0)
    if shape is None:
        return {centred.shape[1]: centred}
    components = _principal_components(centred, max(widths), np.random.RandomState(0))
    scores = (centred @ components.T).astype(np.float64)
    return {width: scores[:, :width] for width in widths}


def main() -> None:
    print(
        f"{'data set':<18} {'blur':>5} {'noise':>6} {'columns':>8} {'principal':>10} {'normal':>10}"
    )
    results: dict[tuple, list[tuple[float, float]]] = {}
    for seed in range(SEEDS):
        for name, clean, factors, shape in data_sets(3000, seed):
            for sigma in (0.0,) if shape is None else (0.0, 2.0):
                for noise in (0.0, 0.02, 0.1):
                    if shape is not None and noise == 0.1:
                        continue
                    rng = np.random.default_rng(seed + 100)
                    scale = noise * clean.std(axis=0).max()
                    X = clean + scale * rng.standard_normal(clean.shape)
                    widths = LADDER if noise == 0 else (80,)
                    for width, points in prepared(X, shape, sigma, widths).items():
                        pair = tuple(
                            error(embedding(points, factors.shape[1], curvature=c), factors)
                            for c in (False, True)
                        )
                        results.setdefault((name, sigma, noise, width), []).append(pair)
    for (name, sigma, noise, width), pairs in results.items():
        plain, normal = np.median(pairs, axis=0)
        print(f"{name:<18} {sigma:>5.1f} {noise:>6.2f} {width:>8} {plain:>10.1e} {normal:>10.1e}")


if __name__ == "__main__":
    main()
