"""Compiled kernels of the extension stage."""

from __future__ import annotations

import numpy as np

from .._linalg import kernel, orthonormalise

# Relative pivot below which a term of a fit is left out.
PIVOT = 1e-8
STEPS = 2
# Longest step, in units of the spread of the neighbourhood: rows far off stay finite.
LONGEST = 2.0


@kernel
def local_fits(start, stop, nodes, points, embedding, neighborhoods, scale, weights, slopes):
    """Quadratic fits x(y) around the nodes start..stop that go through the node itself.

    Parameters
    ----------
    nodes : (u,) int64
        Nodes to fit.
    points, embedding : (M, q), (M, d) float64
    neighborhoods : (M, k) int64
    scale : (u,) float64
        Receives the root mean square length of the offsets y_j - y_i, the unit of t.
    weights : (u, terms, k) float64
        Receives the coefficients of [t_a, t_a t_b (a <= b)] as weights of the k offsets of any
        function of the nodes from its value at the node.
    slopes : (u, terms, q) float64
        Receives these coefficients for the points.
    """
    k = neighborhoods.shape[1]
    d, q = embedding.shape[1], points.shape[1]
    n_terms = d + d * (d + 1) // 2
    quadratic = k - 1 > n_terms
    used = n_terms if quadratic else d
    design, triangle = np.empty((n_terms, k)), np.zeros((n_terms, n_terms))
    inverse = np.zeros((n_terms, n_terms))
    offset, fitted = np.empty((k, q)), np.empty(q)
    for u in range(start, stop):
        i = nodes[u]
        members = neighborhoods[i]
        square = 0.0
        for j in range(k):
            for a in range(d):
                design[a, j] = embedding[members[j], a] - embedding[i, a]
                square += design[a, j] ** 2
            for f in range(q):
                offset[j, f] = points[members[j], f] - points[i, f]
        scale[u] = np.sqrt(square / k) if square > 0.0 else 1.0
        for a in range(d):
            for j in range(k):
                design[a, j] /= scale[u]
        term = d
        for a in range(d):
            for b in range(a, d):
                for j in range(k):
                    design[term, j] = design[a, j] * design[b, j]
                term += 1
        weights[u] = 0.0
        orthonormalise(design, used, triangle, PIVOT)
        full = quadratic
        for a in range(d, used):
            full = full and triangle[a, a] > PIVOT * triangle[0, 0]
        _solve(triangle, design, d, inverse, weights[u])
        _combine(weights[u], offset, d, slopes[u])
        if not full:
            slopes[u, d:] = 0.0
            continue
        # how much of the second order is more than what noise alone would give
        linear = weights[u, :d].copy()
        _solve(triangle, design, n_terms, inverse, weights[u])
        _combine(weights[u], offset, n_terms, slopes[u])
        noise, variance, observed = 0.0, 0.0, 0.0
        for j in range(k):
            for f in range(q):
                noise += offset[j, f] ** 2
        for a in range(n_terms):
            fitted[:] = 0.0
            for j in range(k):
                for f in range(q):
                    fitted[f] += design[a, j] * offset[j, f]
            for f in range(q):
                noise -= fitted[f] ** 2
        for a in range(d, n_terms):
            for j in range(k):
                variance += weights[u, a, j] ** 2
            for f in range(q):
                observed += slopes[u, a, f] ** 2
        spurious = max(noise, 0.0) / (k - 1 - n_terms) * variance
        trust = max(1.0 - spurious / observed, 0.0) if observed > 0.0 else 0.0
        for a in range(n_terms):
            for j in range(k):
                weights[u, a, j] *= trust
                if a < d:
                    weights[u, a, j] += (1.0 - trust) * linear[a, j]
        _combine(weights[u], offset, n_terms, slopes[u])


@kernel
def _solve(triangle, design, n_terms, inverse, weights):
    """weights[:n_terms] = R^-1 Q of the leading terms; terms without a pivot get none."""
    k = design.shape[1]
    for c in range(n_terms):
        for r in range(n_terms):
            inverse[r, c] = 0.0
        if triangle[c, c] <= PIVOT * triangle[0, 0]:
            continue
        inverse[c, c] = 1.0 / triangle[c, c]
        for r in range(c - 1, -1, -1):
            if triangle[r, r] <= PIVOT * triangle[0, 0]:
                continue
            total = 0.0
            for m in range(r + 1, c + 1):
                total += triangle[r, m] * inverse[m, c]
            inverse[r, c] = -total / triangle[r, r]
    for r in range(n_terms):
        for j in range(k):
            weights[r, j] = 0.0
        for c in range(r, n_terms):
            factor = inverse[r, c]
            for j in range(k):
                weights[r, j] += factor * design[c, j]


@kernel
def _combine(weights, rows, n_terms, result):
    """result[:n_terms] = weights[:n_terms] @ rows."""
    for a in range(n_terms):
        target = result[a]
        target[:] = 0.0
        for j in range(len(rows)):
            factor = weights[a, j]
            row = rows[j]
            for f in range(len(target)):
                target[f] += factor * row[f]


@kernel
def to_embedding(
    start, stop, queries, nearest, fit_of, blend, points, embedding, scale, slopes, result
):
    """Embedding of the points start..stop: the blend of what their nearest nodes say.

    Each of these nodes looks for the t that brings its fit nearest to the point, by two steps of
    Gauss and Newton.

    Parameters
    ----------
    queries : (m, q) float64
    nearest : (m, r) int64
        Nearest nodes.
    fit_of : (m, r) int64
        Where their fits are.
    blend : (m, r) float64
        Weights that sum to one.
    points, embedding : (M, q), (M, d) float64
    scale, slopes : (u,), (u, terms, q) float64
        Of the fits.
    result : (m, d) float64
    """
    q, d = points.shape[1], embedding.shape[1]
    jacobian, residual = np.empty((d, q)), np.empty(q)
    normal, step, t = np.empty((d, d)), np.empty(d), np.empty(d)
    for row in range(start, stop):
        result[row] = 0.0
        for r in range(nearest.shape[1]):
            if blend[row, r] == 0.0:
                continue
            i, u = nearest[row, r], fit_of[row, r]
            t[:] = 0.0
            for iteration in range(STEPS):
                for f in range(q):
                    residual[f] = queries[row, f] - points[i, f]
                for a in range(d):
                    for f in range(q):
                        jacobian[a, f] = slopes[u, a, f]
                        residual[f] -= t[a] * slopes[u, a, f]
                term = d
                for a in range(d if iteration > 0 else 0):  # at t = 0 nothing bends
                    for b in range(a, d):
                        both = t[a] * t[b]
                        for f in range(q):
                            bend = slopes[u, term, f]
                            residual[f] -= both * bend
                            jacobian[a, f] += t[b] * bend
                            jacobian[b, f] += t[a] * bend
                        term += 1
                for a in range(d):
                    # two sums at once: neither waits for the other
                    along, total = 0.0, 0.0
                    for f in range(q):
                        along += jacobian[a, f] * residual[f]
                        total += jacobian[a, f] * jacobian[a, f]
                    step[a], normal[a, a] = along, total
                    for b in range(a):
                        total = 0.0
                        for f in range(q):
                            total += jacobian[a, f] * jacobian[b, f]
                        normal[a, b] = total
                _solve_normal(normal, step)
                square = 0.0
                for a in range(d):
                    square += step[a] ** 2
                shorten = min(1.0, LONGEST / np.sqrt(square)) if square > 0.0 else 1.0
                for a in range(d):
                    t[a] += shorten * step[a]
            for a in range(d):
                result[row, a] += blend[row, r] * (embedding[i, a] + scale[u] * t[a])


@kernel
def _solve_normal(matrix, vector):
    """Solve in place by Cholesky's factorisation of the lower triangle; no step where it is 0."""
    d = len(vector)
    largest = 0.0
    for a in range(d):
        largest = max(largest, matrix[a, a])
    for a in range(d):
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= matrix[a, c] * matrix[b, c]
            if a > b:
                matrix[a, b] = total * matrix[b, b]
            elif total > 1e-14 * largest:
                matrix[a, a] = 1.0 / np.sqrt(total)
            else:
                matrix[a, a] = 0.0
    for a in range(d):
        total = vector[a]
        for c in range(a):
            total -= matrix[a, c] * vector[c]
        vector[a] = total * matrix[a, a]
    for a in range(d - 1, -1, -1):
        total = vector[a]
        for c in range(a + 1, d):
            total -= matrix[c, a] * vector[c]
        vector[a] = total * matrix[a, a]


@kernel
def to_rows(
    start, stop, codes, nearest, fit_of, blend, embedding, neighborhoods, scale, weights, rows,
    result,
):  # fmt: skip
    """Rows of the codes start..stop: the blend of the fits of their nearest nodes.

    Parameters
    ----------
    codes : (m, d) float64
    nearest, fit_of, blend : (m, r)
        As of ``to_embedding``.
    embedding, neighborhoods : (M, d), (M, k)
    scale, weights : (u,), (u, terms, k) float64
        Of the fits.
    rows : (M, D) float32 or float64
        Rows of the nodes.
    result : (m, D), of the dtype of ``rows``
    """
    d, k = embedding.shape[1], neighborhoods.shape[1]
    t, share, total = np.empty(d), np.empty(k), np.empty(rows.shape[1])
    for row in range(start, stop):
        total[:] = 0.0
        for r in range(nearest.shape[1]):
            if blend[row, r] == 0.0:
                continue
            i, u = nearest[row, r], fit_of[row, r]
            square = 0.0
            for a in range(d):
                t[a] = (codes[row, a] - embedding[i, a]) / scale[u]
                square += t[a] ** 2
            if square > LONGEST * LONGEST:  # as far as a row could be mapped
                for a in range(d):
                    t[a] *= LONGEST / np.sqrt(square)
            share[:] = 0.0
            for a in range(d):
                for j in range(k):
                    share[j] += t[a] * weights[u, a, j]
            term = d
            for a in range(d):
                for b in range(a, d):
                    both = t[a] * t[b]
                    for j in range(k):
                        share[j] += both * weights[u, term, j]
                    term += 1
            own = 1.0
            for j in range(k):
                own -= share[j]
            for j in range(k):
                factor = blend[row, r] * share[j]
                if neighborhoods[i, j] == i:
                    factor += blend[row, r] * own
                source = rows[neighborhoods[i, j]]
                for f in range(len(total)):
                    total[f] += factor * source[f]
        for f in range(len(total)):
            result[row, f] = total[f]
