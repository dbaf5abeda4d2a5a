"""Compiled kernels of the functionals, each over a range of nodes; see `hessmap._threads`."""

from __future__ import annotations

import numpy as np

from .._linalg import kernel, leading_eigenvectors, orthonormalise, principal_axes

SMALLEST_EXPONENT = -1000.0  # 2^1000 is still finite


@kernel
def frames(
    start, stop, points, indices, correct, tolerances, coordinates, spread, basis, misfit
):  # fmt: skip
    """Local frames of the nodes start..stop.

    Parameters
    ----------
    points : (n, D) float64
        Nodes.
    indices : (n, k) int64
        Neighbourhoods.
    correct : bool
        Whether to correct principal components to normal coordinates.
    tolerances : (float, float)
        Relative length of an axis without extent, relative pivot of an unsolvable fit.
    coordinates, spread, basis, misfit : (n, k, d), (n, d), (n, d, D), (n,) float64
        Receive the frames, as of ``LocalFrames``.
    """
    k = indices.shape[1]
    d, n_features = basis.shape[1:]
    n_terms = 1 + d + d * (d + 1) // 2
    m = min(k, n_features)
    patch = np.empty((k, n_features))
    across = np.empty((n_features, k))
    gram = np.empty((m, m))
    vectors = np.empty((d, m))
    reflectors, rotated = np.empty((m, m)), np.empty((m, m))
    diagonal, beside = np.empty(m), np.empty(m)
    local = np.empty((d, k))
    turned = np.empty((d, k))
    tangent = np.empty((d, n_features))
    small = np.empty((max(d, n_terms), max(d, n_terms)))
    fit = (np.empty((n_terms, k)), np.empty((n_terms, n_terms)), np.empty((n_terms, n_terms)))
    rows = (np.empty((n_terms, n_features)), np.empty((n_terms, n_features)))
    for i in range(start, stop):
        unit = _gather(points, indices[i], patch, across)
        # 1. principal directions, from whichever of the two Gram matrices is smaller
        if k <= n_features:
            _gram(across, gram)
        else:
            _gram(patch, gram)
        leading_eigenvectors(gram, d, vectors, reflectors, rotated, diagonal, beside)
        axes = basis[i]
        if k <= n_features:
            _combine(vectors, patch, axes)
        else:
            for a in range(d):
                for f in range(n_features):
                    axes[a, f] = vectors[a, f]
        orthonormalise(axes, d, small, 0.0)
        _combine(axes, across, local)
        principal_axes(local, axes, spread[i], tolerances[0])
        left = 0.0
        for j in range(k):
            left += _dot(patch[j], patch[j])
        for a in range(d):
            left -= spread[i, a] ** 2
        misfit[i] = max(left, 0.0)
        # 2. what curvature adds
        if correct:
            trust = _quadratic_fit(patch, local, axes, spread[i], tolerances[1], fit, rows)
            if trust > 0.0:
                _normal(across, local, axes, spread[i], trust, rows[0], tangent, turned, fit)
                principal_axes(turned, tangent, spread[i], tolerances[0])
                _copy(turned, local)
                _copy(tangent, axes)
        misfit[i] *= unit * unit
        for a in range(d):
            spread[i, a] *= unit
            for j in range(k):
                coordinates[i, j, a] = local[a, j]


@kernel
def _copy(matrix, target):
    """Entry by entry: to compile ``target[:] = matrix``, whose error has words, takes seconds."""
    for a in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            target[a, j] = matrix[a, j]


@kernel
def _gather(points, members, patch, across):
    """Centred rows of a neighbourhood (k, D), and their transpose, in a power of two.

    Returns this unit, next to the largest entry: squares of what is small beside the other
    neighbourhoods must not underflow, and division by it rounds nothing.
    """
    k, n_features = patch.shape
    for f in range(n_features):
        patch[0, f] = 0.0
    for j in range(k):
        row = points[members[j]]
        for f in range(n_features):
            patch[0, f] += row[f]
    largest = 0.0
    for f in range(n_features):
        mean = patch[0, f] / k
        for j in range(k):
            across[f, j] = points[members[j], f] - mean
            largest = max(largest, abs(across[f, j]))
    unit = 1.0
    if largest > 0.0:
        unit = 2.0 ** max(np.floor(np.log2(largest)), SMALLEST_EXPONENT)
    for j in range(k):
        for f in range(n_features):
            across[f, j] /= unit
            patch[j, f] = across[f, j]
    return unit


@kernel
def _gram(rows, gram):
    """gram = rows' rows, from rows (r, m)."""
    m = len(gram)
    gram[:] = 0.0
    for r in range(len(rows)):
        row = rows[r]
        for a in range(m):
            factor = row[a]
            target = gram[a]
            for b in range(m):
                target[b] += factor * row[b]


@kernel
def _combine(weights, rows, result):
    """result = weights @ rows, from weights (a, r) and rows (r, m)."""
    for a in range(len(result)):
        target = result[a]
        target[:] = 0.0
        for r in range(len(rows)):
            weight = weights[a, r]
            row = rows[r]
            for c in range(len(target)):
                target[c] += weight * row[c]


@kernel
def _dot(one, two):
    total = 0.0
    for c in range(len(one)):
        total += one[c] * two[c]
    return total


@kernel
def _quadratic_fit(patch, local, axes, spread, tolerance, fit, rows):
    """Least-squares quadratic fit of the rows over the principal components.

    Parameters
    ----------
    patch : (k, D)
        Centred rows.
    local, axes, spread : (d, k), (d, D), (d,)
        Their principal components, as of ``principal_axes``.
    tolerance : float
        Relative pivot below which there is no fit.
    fit, rows : scratch
        rows[0] (terms, D) receives the coefficients of [1, t_a, t_a t_b (a <= b)], where the t_a
        have unit scale.

    Returns
    -------
    float
        How far the second-order terms can be trusted, from 0 to 1: one minus the share of them
        that noise alone, estimated from the residual, would produce.
    """
    d, k = local.shape
    n_features = patch.shape[1]
    design, triangle, inverse = fit
    coefficients, fitted = rows
    n_terms = len(design)
    unit = np.sqrt(k)
    design[0] = 1.0
    for a in range(d):
        for j in range(k):
            design[1 + a, j] = unit * local[a, j]
    term = 1 + d
    for a in range(d):
        for b in range(a, d):
            for j in range(k):
                design[term, j] = design[1 + a, j] * design[1 + b, j]
            term += 1
    orthonormalise(design, n_terms, triangle, 0.0)
    for a in range(n_terms):
        if triangle[a, a] <= tolerance * triangle[0, 0]:
            return 0.0
    _invert_triangle(triangle, inverse)
    _combine(design, patch, fitted)
    total_noise = 0.0
    for a in range(n_terms):
        total_noise -= _dot(fitted[a], fitted[a])
        for b in range(d):
            within = _dot(fitted[a], axes[b])
            total_noise += within * within
    for j in range(k):
        total_noise += _dot(patch[j], patch[j])
    for a in range(d):
        total_noise -= spread[a] * spread[a]
    variance = 0.0
    for a in range(n_terms):
        target = coefficients[a]
        target[:] = 0.0
        for b in range(a, n_terms):
            weight = inverse[a, b]
            if a > d:
                variance += weight * weight
            for f in range(n_features):
                target[f] += weight * fitted[b, f]
    observed = 0.0
    for a in range(1 + d, n_terms):
        observed += _dot(coefficients[a], coefficients[a])
        for b in range(d):
            within = _dot(coefficients[a], axes[b])
            observed -= within * within
    spurious = max(total_noise, 0.0) / (k - n_terms) * variance
    if observed <= 0.0:
        return 0.0
    return max(1.0 - spurious / observed, 0.0)


@kernel
def _invert_triangle(triangle, inverse):
    """Inverse of an upper triangular matrix."""
    n = len(triangle)
    for j in range(n):
        inverse[j, j] = 1.0 / triangle[j, j]
        for i in range(j - 1, -1, -1):
            total = 0.0
            for c in range(i + 1, j + 1):
                total += triangle[i, c] * inverse[c, j]
            inverse[i, j] = -total / triangle[i, i]


@kernel
def _normal(across, local, axes, spread, trust, coefficients, tangent, turned, fit):
    """Normal coordinates: arc length over the tangent plane at the centre.

    Parameters
    ----------
    across : (D, k)
        Centred rows, transposed.
    local, axes, spread : (d, k), (d, D), (d,)
        Their principal components.
    trust : float
        Factor of what the fit adds to them.
    coefficients : (terms, D)
        Of the quadratic fit; its second-order rows are overwritten.
    tangent, turned : (d, D), (d, k)
        Receive the tangent plane's orthonormal directions and the coordinates along them.
    fit : scratch
        Of the quadratic fit.
    """
    d, k = local.shape
    n_features = len(across)
    n_pairs = d * (d + 1) // 2
    design, turn, products = fit
    unit = np.sqrt(k)
    for a in range(d):
        scale = spread[a] / unit
        for f in range(n_features):
            flat = axes[a, f] * scale
            tangent[a, f] = flat + trust * (coefficients[1 + a, f] - flat)
    orthonormalise(tangent, d, turn, 0.0)
    _combine(tangent, across, turned)
    # inner products of the curvature vectors; B_aa is twice the coefficient of t_a^2, and
    # t_a t_b with a < b stands for two terms: all that is left of both factors is a 2
    bend = coefficients[1 + d :]
    for p in range(n_pairs):
        for e in range(d):
            along = _dot(bend[p], tangent[e])
            for f in range(n_features):
                bend[p, f] -= along * tangent[e, f]
    for p in range(n_pairs):
        for q in range(n_pairs):
            products[p, q] = 2.0 * trust * _dot(bend[p], bend[q])
    # from the axes of the fit to those of the tangent plane, with the sixth of the cubic term
    for a in range(d):
        scale = unit**4 / (6.0 * spread[a]) if spread[a] > 0 else 0.0
        for e in range(d):
            turn[a, e] = scale * _dot(axes[a], tangent[e])
    squares, towards = design[0], design[1]
    for j in range(k):
        p = 0
        for c in range(d):
            for g in range(c, d):
                squares[p] = local[c, j] * local[g, j]
                towards[p] = 0.0
                p += 1
        for p in range(n_pairs):
            for q in range(n_pairs):
                towards[q] += products[p, q] * squares[p]
        for a in range(d):
            longer = 0.0
            for b in range(d):
                doubled = 2.0 if a == b else 1.0
                longer += doubled * towards[_pair(a, b, d)] * local[b, j]
            for e in range(d):
                turned[e, j] += longer * turn[a, e]
    for e in range(d):
        mean = 0.0
        for j in range(k):
            mean += turned[e, j]
        mean /= k
        for j in range(k):
            turned[e, j] -= mean


@kernel
def _pair(a, b, d):
    """Place of (a, b) among the pairs (0, 0), (0, 1), ..., (d - 1, d - 1)."""
    low, high = min(a, b), max(a, b)
    return low * d - low * (low - 1) // 2 + high - low


@kernel
def hessian_rows(start, stop, coordinates, tolerance, rows):
    """Orthonormal second-derivative estimates of the nodes start..stop.

    Parameters
    ----------
    coordinates : (n, k, d) float64
        Tangent coordinates.
    tolerance : float
        A quadratic column with less than this share of its length outside the columns before it
        is left out.
    rows : (n, d(d+1)/2, k) float64
        Receives them.
    """
    k, d = coordinates.shape[1:]
    n_pairs = rows.shape[1]
    n_terms = 1 + d + n_pairs
    design = np.empty((n_terms, k))
    triangle = np.empty((n_terms, n_terms))
    for i in range(start, stop):
        design[0] = 1.0
        for a in range(d):
            for j in range(k):
                design[1 + a, j] = coordinates[i, j, a]
        term = 1 + d
        for a in range(d):
            for b in range(a, d):
                for j in range(k):
                    design[term, j] = design[1 + a, j] * design[1 + b, j]
                term += 1
        orthonormalise(design, n_terms, triangle, tolerance)
        _copy(design[1 + d :], rows[i])
