"""Small dense linear algebra for compiled kernels: no allocation, rows contiguous.

LAPACK costs more to call than to run on matrices of a few dozen rows; these are written for
them. See docs/decisions/0008-compiled-kernels.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# A product and a sum may share one rounding; sums keep their order, so that nothing depends on
# how a loop was vectorised (which is no faster on loops this short).
kernel: Any = njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
ROUNDING = np.finfo(np.float64).eps
MAX_SWEEPS = 60
NEGLIGIBLE = 1e-120  # beside the trace


@kernel
def leading_eigenvectors(matrix, n_vectors, vectors, reflectors, rotated, diagonal, beside):
    """Eigenvectors of the largest eigenvalues of a symmetric matrix, into ``vectors``.

    Householder's reduction to tridiagonal form and the implicit QL iteration (Golub & Van Loan,
    Matrix Computations, sections 8.3.1 and 8.3.3).

    Parameters
    ----------
    matrix : (m, m) float64
        Overwritten.
    n_vectors : int
        At most m.
    vectors : (n_vectors, m) float64
        Rows receive unit eigenvectors, largest eigenvalue first.
    reflectors, rotated : (m, m) float64
        Scratch.
    diagonal, beside : (m,) float64
        Scratch.
    """
    m = len(matrix)
    size = 0.0
    for j in range(m):
        size += abs(matrix[j, j])
    # 1. tridiagonal form: matrix <- P matrix P with P = 1 - v v', |v|^2 = 2
    for j in range(m - 2):
        v = reflectors[j]
        norm = 0.0
        for i in range(j + 1, m):
            v[i] = matrix[j, i]
            norm += v[i] * v[i]
        norm = np.sqrt(norm)
        below = norm * norm - v[j + 1] * v[j + 1]
        if below <= (NEGLIGIBLE * size) ** 2:  # already in this form, or it would underflow
            for i in range(j + 1, m):
                v[i] = 0.0
            continue
        sign = 1.0 if v[j + 1] >= 0 else -1.0
        v[j + 1] += sign * norm
        scale = np.sqrt(2.0 / (below + v[j + 1] * v[j + 1]))
        inner = 0.0
        for i in range(j + 1, m):
            v[i] *= scale
        w = beside
        for i in range(j + 1, m):
            total = 0.0
            for c in range(j + 1, m):
                total += matrix[i, c] * v[c]
            w[i] = total
            inner += total * v[i]
        for i in range(j + 1, m):
            w[i] -= 0.5 * inner * v[i]
        for i in range(j + 1, m):
            vi, wi = v[i], w[i]
            for c in range(j + 1, m):
                matrix[i, c] -= vi * w[c] + wi * v[c]
        matrix[j, j + 1] = -sign * norm
    trace = 0.0
    for j in range(m):
        diagonal[j] = matrix[j, j]
        trace += abs(matrix[j, j])
        for c in range(m):
            rotated[j, c] = 0.0
        rotated[j, j] = 1.0
    for j in range(m - 1):
        beside[j] = matrix[j, j + 1]
    beside[m - 1] = 0.0
    # 2. its eigenvectors, as rows of ``rotated``; what rounding hides is not worth a sweep
    negligible = 0.25 * ROUNDING * trace
    for first in range(m):
        for _ in range(MAX_SWEEPS):
            last = first
            while last < m - 1 and abs(beside[last]) > negligible:
                last += 1
            if last == first:
                break
            _implicit_shift(diagonal, beside, rotated, first, last)
    # 3. the largest, mapped back
    for a in range(n_vectors):
        best = a
        for j in range(a + 1, m):
            if diagonal[j] > diagonal[best]:
                best = j
        if best != a:
            diagonal[a], diagonal[best] = diagonal[best], diagonal[a]
            for c in range(m):
                rotated[a, c], rotated[best, c] = rotated[best, c], rotated[a, c]
        vector = vectors[a]
        for c in range(m):
            vector[c] = rotated[a, c]
        for j in range(m - 3, -1, -1):
            v = reflectors[j]
            inner = 0.0
            for c in range(j + 1, m):
                inner += v[c] * vector[c]
            for c in range(j + 1, m):
                vector[c] -= inner * v[c]


@kernel
def _implicit_shift(diagonal, beside, rotated, first, last):
    """One QL sweep over the unreduced block first..last of a tridiagonal matrix."""
    m = rotated.shape[1]
    g = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first])
    r = np.sqrt(g * g + 1.0)
    g = diagonal[last] - diagonal[first] + beside[first] / (g + (r if g >= 0 else -r))
    sine, cosine, shift = 1.0, 1.0, 0.0
    for i in range(last - 1, first - 1, -1):
        f = sine * beside[i]
        b = cosine * beside[i]
        r = np.sqrt(f * f + g * g)
        beside[i + 1] = r
        if r == 0.0:
            diagonal[i + 1] -= shift
            beside[last] = 0.0
            return
        sine, cosine = f / r, g / r
        g = diagonal[i + 1] - shift
        r = (diagonal[i] - g) * sine + 2.0 * cosine * b
        shift = sine * r
        diagonal[i + 1] = g + shift
        g = cosine * r - b
        upper, lower = rotated[i + 1], rotated[i]
        for c in range(m):
            f = upper[c]
            upper[c] = sine * lower[c] + cosine * f
            lower[c] = cosine * lower[c] - sine * f
    diagonal[first] -= shift
    beside[first] = g
    beside[last] = 0.0


@kernel
def orthonormalise(rows, n_rows, triangle, tolerance):
    """Orthonormalise the first rows in their order, by Gram-Schmidt done twice.

    A row that is left with less than ``tolerance`` times its length becomes zero.

    Parameters
    ----------
    rows : (>= n_rows, m) float64
        Overwritten with q.
    n_rows : int
        How many of them.
    triangle : (>= n_rows, >= n_rows) float64
        Receives the upper triangle r with rows = r' q.
    tolerance : float
        Relative to the row's own length.

    Returns
    -------
    int
        Number of rows that became zero.
    """
    m = rows.shape[1]
    n_zero = 0
    for j in range(n_rows):
        row = rows[j]
        length = 0.0
        for c in range(m):
            length += row[c] * row[c]
        length = np.sqrt(length)
        for i in range(j + 1):
            triangle[i, j] = 0.0
        for _ in range(2):
            for i in range(j):
                other = rows[i]
                inner = 0.0
                for c in range(m):
                    inner += other[c] * row[c]
                triangle[i, j] += inner
                for c in range(m):
                    row[c] -= inner * other[c]
        left = 0.0
        for c in range(m):
            left += row[c] * row[c]
        left = np.sqrt(left)
        triangle[j, j] = left
        if left <= tolerance * length:
            n_zero += 1
            for c in range(m):
                row[c] = 0.0
        else:
            inverse = 1.0 / left
            for c in range(m):
                row[c] *= inverse
    return n_zero


@kernel
def principal_axes(coordinates, directions, lengths, tolerance):
    """Turn coordinates to their principal axes, longest first, and divide by their lengths.

    One-sided Jacobi rotations (Golub & Van Loan, section 8.6.3), accurate for short axes too.

    Parameters
    ----------
    coordinates : (d, k) float64
        One row per coordinate; overwritten with orthonormal rows.
    directions : (d, D) float64
        Turned along with them.
    lengths : (d,) float64
        Receives the singular values. An axis shorter than ``tolerance`` times the longest gets
        the length 0 and a row of zeros.
    tolerance : float
        See ``lengths``.
    """
    d, k = coordinates.shape
    n_features = directions.shape[1]
    for _ in range(MAX_SWEEPS):
        turned = False
        for p in range(d):
            for q in range(p + 1, d):
                one, two = coordinates[p], coordinates[q]
                alpha, beta, gamma = 0.0, 0.0, 0.0
                for c in range(k):
                    alpha += one[c] * one[c]
                    beta += two[c] * two[c]
                    gamma += one[c] * two[c]
                if abs(gamma) <= 4.0 * ROUNDING * np.sqrt(alpha * beta):
                    continue
                turned = True
                zeta = (beta - alpha) / (2.0 * gamma)
                tangent = (1.0 if zeta >= 0 else -1.0) / (abs(zeta) + np.sqrt(1.0 + zeta * zeta))
                cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
                sine = cosine * tangent
                for c in range(k):
                    x = one[c]
                    one[c] = cosine * x - sine * two[c]
                    two[c] = sine * x + cosine * two[c]
                for c in range(n_features):
                    x = directions[p, c]
                    directions[p, c] = cosine * x - sine * directions[q, c]
                    directions[q, c] = sine * x + cosine * directions[q, c]
        if not turned:
            break
    for p in range(d):
        total = 0.0
        for c in range(k):
            total += coordinates[p, c] * coordinates[p, c]
        lengths[p] = np.sqrt(total)
    for p in range(d):
        best = p
        for q in range(p + 1, d):
            if lengths[q] > lengths[best]:
                best = q
        if best != p:
            lengths[p], lengths[best] = lengths[best], lengths[p]
            for c in range(k):
                coordinates[p, c], coordinates[best, c] = coordinates[best, c], coordinates[p, c]
            for c in range(n_features):
                directions[p, c], directions[best, c] = directions[best, c], directions[p, c]
    for p in range(d):
        if lengths[p] <= tolerance * lengths[0]:
            lengths[p] = 0.0
        inverse = 1.0 / lengths[p] if lengths[p] > 0 else 0.0
        for c in range(k):
            coordinates[p, c] *= inverse
