"""Rows to learn a factor from and rows to judge by, and when a factor is discrete."""

from __future__ import annotations

import numpy as np

MAX_VALUES = 10
TEST_SHARE = 3


def split(n: int, max_rows: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from and rows to judge by, two to one, of at most ``max_rows`` random rows."""
    rows = random.permutation(n)[:max_rows]
    n_test = len(rows) // TEST_SHARE
    return rows[n_test:], rows[:n_test]


def labels(factor: np.ndarray, max_values: int) -> np.ndarray | None:
    """(n,) whole numbers for a factor of at most ``max_values`` values; None for any other."""
    distinct, label = np.unique(factor, return_inverse=True)
    return label if len(distinct) <= max_values else None


def r_squared(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Share of the variance that is predicted, at least 0; 0 of a constant truth."""
    total = ((truth - truth.mean()) ** 2).sum()
    if total == 0:
        return 0.0
    return max(0.0, 1 - float(((truth - predicted) ** 2).sum() / total))
