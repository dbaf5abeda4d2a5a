"""A report against which nothing is found, for tests that change one number of it."""

from __future__ import annotations

import numpy as np

from hessmap.diagnosis import Report
from hessmap.nodes.resolution import Resolution

SOUND = Report(
    n_rows=10_000,
    n_columns=3,
    n_nodes=2000,
    n_neighbors=16,
    n_components=2,
    operator="hessian",
    projected_columns=3,
    projection_agreement=1.0,
    score=0.98765,
    local_isometry=0.95,
    metric_distortion=0.01,
    spectral_gap=0.02,
    eigenvalues=np.array([0.0, 1e-9, 2e-9, 1e-7]),
    eigen_residual=1e-15,
    eigen_sin_bound=1e-9,
    source_kurtosis=np.array([-1.2, -1.1]),
    source_skewness=np.array([0.0, 0.01]),
    source_dependence=0.03,
    dependence_matrix=np.array([[1.0, 0.03], [0.03, 1.0]]),
    source_predictability=0.02,
    ring=0.4,
    cone=None,
    ica_stability=0.999,
    mixing_error=np.array([[0.01, 0.02], [0.03, 0.04]]),
    n_components_connected=1,
    bottleneck=0.8,
    neighbor_recall=1.0,
    n_not_finite=0,
    n_outliers=0,
    n_far=0,
    n_duplicates=7,
    reconstruction_error=0.01,
    noise_share=0.001,
    leftover_direction=0.0,
    disagreement=0.001,
    pair_distances=np.ones((5, 2)),
    resolutions=(
        Resolution(n_nodes=1000, spectral_gap=0.25, disagreement=0.5),
        Resolution(n_nodes=2000, spectral_gap=0.02, disagreement=0.001),
    ),
    choices={"n_neighbors": "the 16 nearest", "n_nodes": "<all> & more"},
    stage_seconds={"rows": 0.125, "graph": 1.0},
    peak_bytes=123_456_789,
)
