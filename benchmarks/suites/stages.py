"""Every stage by itself, on a moving spot (d = 2) and on arcs (d = 3) with their noise."""

from __future__ import annotations

import numpy as np

from hessmap.datasets import arcs
from hessmap.eigen import Geometry, smallest_eigenpairs
from hessmap.functionals import FUNCTIONALS, local_frames
from hessmap.ica import fit_ica
from hessmap.neighbors import knn_graph
from hessmap.operator import build_operator
from hessmap.order import spatial_order

N = 20_000
SETTINGS = ([2, 3], [0.0, 0.05])
NAMES = ("d", "noise")
WIDTH = {2: 16, 3: 21}


def rows(d: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Ordered rows and factors."""
    X, factors = arcs(N, d, n_features=30, noise=noise, random_state=0)
    order = spatial_order(X)
    return X[order], factors[order]


class Neighbors:
    params = (["brute", "kd_tree", "faiss", "auto"], [0.0, 0.3])
    param_names = ("method", "noise")

    def setup(self, method: str, noise: float) -> None:
        self.X, _ = rows(2, noise)
        knn_graph(self.X[:500], 16, method=method, random_state=0)

    def time_search(self, method: str, noise: float) -> None:
        knn_graph(self.X, 16, method=method, random_state=0)


class Stages:
    params = SETTINGS
    param_names = NAMES

    def setup(self, d: int, noise: float) -> None:
        self.X, self.factors = rows(d, noise)
        self.graph = knn_graph(self.X, WIDTH[d])
        self.frames = local_frames(self.X, self.graph, d, curvature=True)
        self.forms = FUNCTIONALS["hessian"].forms(self.frames, self.graph)
        self.operator = build_operator(self.forms, self.graph.indices)
        self.solve(d)  # compiles

    def solve(self, d: int) -> np.ndarray:
        pairs = smallest_eigenpairs(
            self.operator,
            d + 2,
            solver="multigrid",
            geometry=Geometry(self.X, self.graph.indices, d),
            random_state=0,
        )
        self.iterations, self.bound = pairs.n_iter, pairs.certificate.sin_bound
        return pairs.vectors[:, 1 : d + 1]

    def time_order(self, d: int, noise: float) -> None:
        spatial_order(self.X)

    def time_frames(self, d: int, noise: float) -> None:
        local_frames(self.X, self.graph, d, curvature=True)

    def time_forms(self, d: int, noise: float) -> None:
        FUNCTIONALS["hessian"].forms(self.frames, self.graph)

    def time_assembly(self, d: int, noise: float) -> None:
        build_operator(self.forms, self.graph.indices)

    def time_null_space(self, d: int, noise: float) -> None:
        self.solve(d)

    def track_iterations(self, d: int, noise: float) -> int:
        return self.iterations

    def track_angle_bound(self, d: int, noise: float) -> float:
        return self.bound

    def track_error(self, d: int, noise: float) -> float:
        """1 - R^2 of the worse factor."""
        design = np.column_stack([np.ones(N), self.solve(d)])
        left = self.factors - design @ np.linalg.lstsq(design, self.factors, rcond=None)[0]
        return float((left.var(axis=0) / self.factors.var(axis=0)).max())


class Ica:
    def setup(self) -> None:
        rng = np.random.default_rng(0)
        self.mixed = rng.uniform(-1, 1, size=(1_000_000, 3)) @ rng.standard_normal((3, 3))

    def time_million_rows(self) -> None:
        fit_ica(self.mixed, random_state=0)
