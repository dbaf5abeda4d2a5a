"""What every fit has to fulfil."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..judge import Silent, require

# Of sums of squares in float32, over some hundred rows.
ROUNDING = {np.dtype(np.float32): 1e-3, np.dtype(np.float64): 1e-6}


def check_fit(model: Any, n_rows: int) -> None:
    """Finite results of the right shapes; NaN only for rows that were set aside."""
    embedding, node_of = model.embedding_, model.node_of_
    d = model.n_components_
    require(embedding.shape == (n_rows, d), f"embedding_ has the shape {embedding.shape}")
    require(node_of.shape == (n_rows,), f"node_of_ has the shape {node_of.shape}")
    require(
        bool((node_of >= -1).all() and (node_of < model.n_nodes_).all()), "node_of_ is out of range"
    )
    values = {"embedding_": embedding, "eigenvalues_": model.eigenvalues_}
    if hasattr(model, "sources_"):
        values |= {"sources_": model.sources_, "mixing_": model.mixing_}
    for name, value in values.items():
        known = value[node_of >= 0] if name in ("embedding_", "sources_") else value
        if not np.isfinite(known).all():
            raise Silent(f"{name} has {np.count_nonzero(~np.isfinite(known))} numbers not finite")
    report = model.report_
    for name in ("score", "local_isometry", "spectral_gap", "bottleneck"):
        if not np.isfinite(getattr(report, name)):
            raise Silent(f"report_.{name} is {getattr(report, name)}")
    require(0 <= report.score <= 1, f"report_.score is {report.score}")
    if hasattr(model, "sources_"):
        _check_sources(model)


def _check_sources(model: Any) -> None:
    sources, embedding = model.sources_, model.embedding_
    used = model.node_of_ >= 0
    known = np.isfinite(sources).all(axis=1)
    size = np.abs(embedding[known]).max() or 1.0
    # the smallest numbers that there are have few digits
    rounding = max(ROUNDING[sources.dtype], float(np.spacing(size) / size))
    # rows that share a node are averages or copies, which ICA sees once
    each_a_node = len(np.unique(model.node_of_[used])) == used.sum()
    if each_a_node:
        mean, spread = sources[used].mean(axis=0), sources[used].std(axis=0)
        require(bool((np.abs(mean) < rounding).all()), f"the means of the sources are {mean}")
        require(bool((np.abs(spread - 1) < rounding).all()), f"their deviations are {spread}")
    again = sources[known].astype(float) @ (model.mixing_.T.astype(float) / size)
    error = again - embedding[known] / size
    rest = np.abs(error - error.mean(axis=0)).max()
    require(rest < 10 * rounding, f"sources_ @ mixing_.T is off by {rest:.2g}")
    constant = np.abs(error.mean(axis=0)).max()
    if each_a_node:
        require(constant < 10 * rounding, f"sources_ @ mixing_.T is off by {constant:.2g}")


def subspace_sine(A: np.ndarray, B: np.ndarray) -> float:
    """Sine of the largest angle between the spans of two centred tables."""
    bases = []
    for table in (A, B):
        centred = table.astype(float) - table.mean(axis=0)
        size = np.abs(centred).max() or 1.0
        bases.append(np.linalg.qr(centred / size)[0])
    cosines = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    return float(np.sqrt(max(0.0, 1 - cosines.min() ** 2)))
