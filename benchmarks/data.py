"""The data of the large benchmarks: pictures of a moving spot, and manifolds that curve hard."""

from __future__ import annotations

import numpy as np

from hessmap.datasets import arcs, blobs

COLUMNS = 30


def blob(
    n: int, *, noise: float = 0.0, width: float = 2.5, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A Gaussian spot of some width (pixels) moved over a picture; rows (n, 30), places (n, 2)."""
    return blobs(n, noise=noise, width=width, n_features=COLUMNS, random_state=random_state)


def three_turns(n: int, random_state: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A swiss roll of three turns; rows (n, 3), arc length and height (n, 2)."""
    rng = np.random.default_rng(random_state)
    angles = np.linspace(np.pi, 7 * np.pi, 10_001)
    lengths = np.concatenate([[0], np.cumsum(np.sqrt(1 + angles[1:] ** 2) * np.diff(angles))])
    s, height = rng.uniform(0, lengths[-1], n), rng.uniform(0, 30, n)
    t = np.interp(s, lengths, angles)
    return np.column_stack([t * np.cos(t), height, t * np.sin(t)]), np.column_stack([s, height])


def ribbon(n: int, random_state: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A ribbon wound as a helix in 100 dimensions; rows (n, 100), length and width (n, 2)."""
    rng = np.random.default_rng(random_state)
    s, w = rng.uniform(0, 40, n), rng.uniform(0, 4, n)
    helix = np.column_stack([np.cos(s), np.sin(s), 0.3 * s, w])
    return helix @ np.linalg.qr(rng.standard_normal((100, 4)))[0].T, np.column_stack([s, w])


def curves(
    n: int, d: int, *, noise: float = 0.0, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A product of d arcs in 30 columns, isometric to a box; rows (n, 30), factors (n, d)."""
    return arcs(n, d, n_features=COLUMNS, noise=noise, random_state=random_state)


def error(embedding: np.ndarray, factors: np.ndarray) -> float:
    """1 - R^2 of the worse factor after the best affine fit."""
    design = np.column_stack([embedding / embedding.std(axis=0), np.ones(len(embedding))])
    left = factors - design @ np.linalg.lstsq(design, factors, rcond=None)[0]
    return float((left.var(axis=0) / factors.var(axis=0)).max())
