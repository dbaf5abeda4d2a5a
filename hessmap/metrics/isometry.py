"""Local isometry: do short distances in the rows agree with distances in the code?"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize, nnls

from .._validation import seeded, whole
from .columns import columns

# All pairs of this many rows: two million, of which one hundred thousand are kept.
MAX_ROWS = 2000
SHORTEST = 0.05
MIN_PAIRS = 100


def local_isometry(
    X: np.ndarray,
    codes: np.ndarray,
    *,
    max_rows: int = MAX_ROWS,
    random_state: int | np.random.RandomState | None = None,
) -> float:
    """Correlation of short distances in the rows with distances in the rescaled code.

    Among all pairs of a sample of rows, the closest 5 % by distance in X are kept (and at least
    100 pairs, as far as there are any). A scale for
    each code column is fitted to minimise the squared differences of the distances (Horan,
    Richardson & Weiss 2021), and the correlation of the two distances is returned.

    Parameters
    ----------
    X : array-like of shape (n, D)
        Rows.
    codes : array-like of shape (n, d) or (n,)
        Codes of the same rows, in any scale.
    max_rows : int
        Number of rows in the sample.
    random_state : int, RandomState or None
        Seed of the sample.

    Returns
    -------
    float
        In [-1, 1]; 1 means perfectly isometric, 0 is returned for constant distances.

    Raises
    ------
    ValueError
        If the shapes do not agree, a value is not finite or there are fewer than 3 rows.

    Examples
    --------
    >>> import numpy as np
    >>> from hessmap.metrics import local_isometry
    >>> X = np.random.default_rng(0).uniform(size=(200, 2))
    >>> round(local_isometry(X, X * [3.0, 0.1]), 4)
    1.0
    """
    return correlation(pair_distances(X, codes, max_rows=max_rows, random_state=random_state))


def pair_distances(
    X: np.ndarray,
    codes: np.ndarray,
    *,
    max_rows: int = MAX_ROWS,
    random_state: int | np.random.RandomState | None = None,
) -> np.ndarray:
    """(m, 2) distances, in the rows and in the rescaled code, of the pairs of `local_isometry`.

    Takes what `local_isometry` takes, and raises what it raises.
    """
    max_rows = whole("max_rows", max_rows, at_least=3)
    random_state = seeded(random_state)
    X, codes = columns("X", X), columns("codes", codes)
    if len(X) != len(codes) or len(X) < 3:
        raise ValueError(
            "`X` (n, D) and `codes` (n, d) must have as many rows, at least 3; "
            f"got {X.shape} and {codes.shape}."
        )
    if len(X) > max_rows:
        sample = np.sort(random_state.choice(len(X), max_rows, replace=False))
        X, codes = X[sample], codes[sample]
    return rescaled(closest_pairs(X), codes)


def rescaled(pairs: tuple[np.ndarray, np.ndarray, np.ndarray], codes: np.ndarray) -> np.ndarray:
    """(m, 2) distances of pairs, as `closest_pairs` gives them, and those in the rescaled code."""
    distance, i, j = pairs
    # units of the distances and of each column, so that no square over- or underflows
    unit = distance.max() or 1.0
    extent = np.abs(codes[i] - codes[j]).max(axis=0)
    squares = ((codes[i] - codes[j]) / np.where(extent > 0, extent, 1)) ** 2
    scaled = np.sqrt(squares @ _scale(squares, distance / unit))
    return np.column_stack([distance, unit * scaled])


def correlation(pairs: np.ndarray) -> float:
    """Correlation of two distances (m, 2); 0 where one of them is constant."""
    distance, scaled = (pairs / (pairs.max() or 1.0)).T
    if distance.std() == 0 or scaled.std() == 0:
        return 0.0
    return float(np.corrcoef(distance, scaled)[0, 1])


def closest_pairs(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances (m,) and both ends (m,), (m,) of the closest pairs of rows: 5 %, or 100."""
    from sklearn.metrics import euclidean_distances

    i, j = np.triu_indices(len(X), k=1)
    centred = X - X.mean(axis=0, dtype=np.float64)
    largest = float(np.abs(centred).max()) or 1.0  # so that no square over- or underflows
    # by matrix products, which for pictures is fifty times faster than by differences
    distances = largest * euclidean_distances(centred / largest)[i, j].astype(np.float64)
    n_kept = max(int(SHORTEST * len(distances)), min(MIN_PAIRS, len(distances)))
    kept = np.sort(np.argpartition(distances, n_kept - 1)[:n_kept])
    return distances[kept], i[kept], j[kept]


def _scale(squares: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """(d,) weights w >= 0 minimising sum (sqrt(squares @ w) - distance)^2.

    The same problem on squared distances is a non-negative least-squares problem, whose solution
    is the starting point.
    """
    start, _ = nnls(squares, distance**2)
    if squares.shape[1] == 1:
        root = np.sqrt(squares[:, 0])
        return np.array([(root @ distance / (root @ root)) ** 2 if root.any() else 0.0])
    top = start.max()
    if top == 0:
        return start
    unit = squares * top

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        length = np.sqrt(unit @ weights)
        error = length - distance
        slope = np.divide(error, length, out=np.zeros_like(error), where=length > 0)
        return float(error @ error) / norm, (slope @ unit) / norm

    norm = float(distance @ distance)
    found = minimize(
        loss, start / top, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start)
    )
    return found.x * top
