"""Averaged nodes, the choice among resolutions, and the maps of other rows."""

from __future__ import annotations

import numpy as np

from hessmap import HessianICA
from hessmap.datasets import blobs
from hessmap.neighbors import knn_graph
from hessmap.nodes.cells import Gather, grow
from hessmap.nodes.outliers import strangers
from hessmap.projection import fit_projection
from hessmap.rows import in_memory

N = 100_000


class Nodes:
    params = [0.02, 0.3]
    param_names = ("noise",)

    def setup(self, noise: float) -> None:
        self.X, _ = blobs(N, noise=noise, random_state=0)
        self.projection = fit_projection(self.X, 2, 16, np.random.RandomState(0))
        self.sample = self.projection.apply(self.X[:20_000])
        self.graph = knn_graph(self.sample, 16)
        self.tree = grow(self.sample, 5000)
        self.model = HessianICA(random_state=0).fit(self.X)

    def time_tree(self, noise: float) -> None:
        grow(self.sample, 5000)

    def time_gather(self, noise: float) -> None:
        gather = Gather(self.tree, self.projection, np.zeros(0, dtype=int))
        gather.finished(in_memory(self.X).passed(gather))

    def time_outliers(self, noise: float) -> None:
        strangers(self.sample, self.graph, 2)

    def time_fit(self, noise: float) -> None:
        HessianICA(random_state=0).fit(self.X)

    def time_transform(self, noise: float) -> None:
        self.model.transform(self.X)

    def time_inverse_transform(self, noise: float) -> None:
        self.model.inverse_transform(self.model.sources_)

    def track_n_nodes(self, noise: float) -> int:
        return self.model.n_nodes_
