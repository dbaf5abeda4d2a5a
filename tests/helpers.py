"""Slow, obvious twins of the package's code, and the yardsticks that the tests share."""

from __future__ import annotations

import numpy as np

from hessmap.operator import LocalForms


def subspace_sine(a: np.ndarray, b: np.ndarray) -> float:
    """Sine of the largest angle between the spans of the columns of a and b."""
    qa, qb = np.linalg.qr(a)[0], np.linalg.qr(b)[0]
    return float(np.linalg.norm(qa - qb @ (qb.T @ qa), 2))


def affine_error(embedding: np.ndarray, factors: np.ndarray) -> float:
    """1 - R^2 of the worse factor after the best affine fit of the embedding."""
    design = np.column_stack([embedding / embedding.std(axis=0), np.ones(len(embedding))])
    residual = factors - design @ np.linalg.lstsq(design, factors, rcond=None)[0]
    return float((residual.var(axis=0) / factors.var(axis=0)).max())


def naive_neighbors(X: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """All distances, sorted, one row at a time; ties by index, self first."""
    indices, distances = [], []
    for i in range(len(X)):
        row = [(-1.0 if j == i else float(np.linalg.norm(X[i] - X[j])), j) for j in range(len(X))]
        row.sort()
        indices.append([j for _, j in row[:k]])
        distances.append([max(distance, 0.0) for distance, _ in row[:k]])
    return np.array(indices), np.array(distances)


def naive_coordinates(patch: np.ndarray, d: int) -> np.ndarray:
    """(k, d) orthonormal principal components of one neighbourhood."""
    left, _, _ = np.linalg.svd(patch - patch.mean(axis=0), full_matrices=False)
    return left[:, :d]


def naive_hessian(coordinates: np.ndarray) -> np.ndarray:
    """Donoho & Grimes' G for one neighbourhood, by Gram-Schmidt, column by column."""
    k, d = coordinates.shape
    columns = [np.ones(k)] + [coordinates[:, a] for a in range(d)]
    columns += [coordinates[:, a] * coordinates[:, b] for a in range(d) for b in range(a, d)]
    done: list[np.ndarray] = []
    for column in columns:
        vector = column / np.linalg.norm(column)
        for _ in range(2):
            for other in done:
                vector = vector - other * (other @ vector)
        done.append(vector / np.linalg.norm(vector))
    return np.array(done[d + 1 :])


def naive_tangent(coordinates: np.ndarray) -> np.ndarray:
    """The projection off [1, tangent coordinates] for one neighbourhood."""
    k = len(coordinates)
    affine = np.column_stack([np.ones(k), coordinates])
    return np.eye(k) - affine @ np.linalg.pinv(affine)


def naive_form(kind: str, rows: np.ndarray) -> np.ndarray:
    """W (k, k) of one neighbourhood from the rows B (r, k) that define it."""
    k = rows.shape[1]
    if kind == "gram":
        return rows.T @ rows
    if kind == "complement":
        return np.eye(k) - rows.T @ rows
    form = np.zeros((k, k))
    for j in range(1, k):
        edge = np.zeros(k)
        edge[0], edge[j] = 1, -1
        form += rows[0, j] * np.outer(edge, edge)
    return form


def naive_operator(forms: LocalForms, indices: np.ndarray) -> np.ndarray:
    """Dense H = sum of S' W S, one entry of the selection at a time."""
    n = len(indices)
    matrix = np.zeros((n, n))
    for rows, members in zip(forms.rows, indices, strict=True):
        selection = np.zeros((len(members), n))
        selection[np.arange(len(members)), members] = 1
        matrix += selection.T @ naive_form(forms.kind, rows) @ selection
    return matrix


def naive_normal_coordinates(patch: np.ndarray, d: int) -> np.ndarray:
    """(k, d) normal coordinates of one neighbourhood, every sum written out.

    The same steps as the package's: quadratic fit over principal components, shrinkage of what
    noise explains, tangent plane at the centre, arc length under the chords.
    """
    k, n_features = patch.shape
    patch = patch - patch.mean(axis=0)
    left, spread, axes = np.linalg.svd(patch, full_matrices=False)
    unit, axes = left[:, :d] * np.sqrt(k), axes[:d]
    pairs = [(a, b) for a in range(d) for b in range(a, d)]
    design = np.column_stack(
        [np.ones(k)] + [unit[:, a] for a in range(d)] + [unit[:, a] * unit[:, b] for a, b in pairs]
    )
    coefficients, *_ = np.linalg.lstsq(design, patch, rcond=None)
    residual = patch - design @ coefficients
    outside_plane = residual - residual @ axes.T @ axes
    noise = (outside_plane**2).sum() / (k - design.shape[1])
    covariance = np.linalg.inv(design.T @ design)
    normal = [c - axes.T @ (axes @ c) for c in coefficients[d + 1 :]]
    observed = sum(float(c @ c) for c in normal)
    trust = min(max(1 - noise * np.trace(covariance[d + 1 :, d + 1 :]) / observed, 0), 1)
    flat = axes * spread[:d, None] / np.sqrt(k)
    plane = flat + trust * (coefficients[1 : d + 1] - flat)
    tangent = np.linalg.qr(plane.T)[0]
    bend = np.zeros((d, d, n_features))
    for (a, b), c in zip(pairs, coefficients[d + 1 :], strict=True):
        outside = c - tangent @ (tangent.T @ c)
        bend[a, b] = bend[b, a] = 2 * outside if a == b else outside
    turn = np.array(
        [[axes[a] @ tangent[:, e] * np.sqrt(k) / spread[a] for e in range(d)] for a in range(d)]
    )
    result = patch @ tangent
    for i in range(k):
        for a in range(d):
            longer = sum(
                float(bend[a, b] @ bend[c, e]) * unit[i, b] * unit[i, c] * unit[i, e]
                for b in range(d)
                for c in range(d)
                for e in range(d)
            )
            result[i] += trust * longer / 6 * turn[a]
    return naive_coordinates(result, d)


def naive_chebyshev(
    A: np.ndarray, B: np.ndarray, b: np.ndarray, *, interval: tuple[float, float], degree: int
) -> np.ndarray:
    """Chebyshev iteration for A x = b from 0 by its residual polynomial: 1 - T(A B) / T(0).

    The residual is the product of (1 - A B / root) over the roots on the interval.
    """
    low, high = interval
    nodes = np.cos(np.pi * (np.arange(degree) + 0.5) / degree)
    roots = (high + low) / 2 + (high - low) / 2 * nodes
    x, r = np.zeros_like(b), b.copy()
    for root in roots:
        x = x + B @ r / root
        r = b - A @ x
    return x


def picture(function, name, values, size=32, **settings):
    """One picture (size, size, 3) of a scene or a view, at some factors."""
    return function(name, size=size, factors=[values], **settings)[0].reshape(size, size, 3)
