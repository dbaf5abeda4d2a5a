"""The data of the large benchmarks: pictures of a moving spot, and manifolds that curve hard."""

from __future__ import annotations

import numpy as np

from hessmap.datasets import arcs

SIDE = 24
COLUMNS = 30
BLOCK = 20_000


def blob(
    n: int, *, noise: float = 0.0, width: float = 2.5, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A Gaussian spot of some width (pixels) and peak 1, moved over a 24 x 24 picture.

    Returns rows (n, 30), the pictures' principal components, and the uniform positions (n, 2);
    ``noise`` is the standard deviation of each pixel's.
    """
    rng = np.random.default_rng(random_state)
    z = rng.uniform(4.5, 18.5, size=(n, 2))
    pixels = np.arange(SIDE)

    def pictures(z: np.ndarray) -> np.ndarray:
        across, down = np.exp(-((z[:, :, None] - pixels) ** 2) / (2 * width**2)).transpose(1, 0, 2)
        return (across[:, :, None] * down[:, None, :]).reshape(len(z), -1)

    sample = pictures(z[:BLOCK])
    mean = sample.mean(axis=0)
    axes = np.linalg.eigh((sample - mean).T @ (sample - mean))[1][:, ::-1][:, :COLUMNS]
    X = np.empty((n, COLUMNS))
    for start in range(0, n, BLOCK):
        rows = pictures(z[start : start + BLOCK])
        if noise:
            rows += noise * rng.standard_normal(rows.shape)
        X[start : start + BLOCK] = (rows - mean) @ axes
    return X, z


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
