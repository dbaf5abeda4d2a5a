"""Slow, obvious twins of the metrics: plain loops, and other formulas where there are any.

The metrics that draw rows share only the draws with the package.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import permutations
from math import inf, log, sqrt
from statistics import fmean, pvariance, variance

import numpy as np
from scipy.optimize import least_squares, minimize
from scipy.special import expit, log_softmax
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from hessmap.metrics.batches import SharedFactor
from hessmap.metrics.columns import standardised
from hessmap.metrics.prediction import split


def as_columns(values):
    return [[float(value) for value in column] for column in np.asarray(values).T]


def is_constant(column):
    return max(column) == min(column)


def scaled(column):
    """Mean 0 and variance 1, or all 0."""
    mean, spread = fmean(column), sqrt(pvariance(column))
    return [(value - mean) / spread if not is_constant(column) else 0.0 for value in column]


def correlation(x, y):
    return fmean(a * b for a, b in zip(scaled(x), scaled(y), strict=True))


def mean_rank(column, value):
    below = sum(other < value for other in column)
    return below + Fraction(column.count(value) + 1, 2)


def mcc(codes, factors, method):
    """Best mean over all assignments, tried one by one."""
    codes, factors = as_columns(codes), as_columns(factors)
    if method == "spearman":
        codes, factors = (
            [[float(mean_rank(column, value)) for value in column] for column in table]
            for table in (codes, factors)
        )
    matrix = [[abs(correlation(code, factor)) for factor in factors] for code in codes]
    matrix += [[0.0] * len(factors)] * len(factors)  # for factors that no code is left for
    chosen = permutations(range(len(matrix)), len(factors))
    return max(fmean(matrix[i][k] for k, i in enumerate(order)) for order in chosen)


def local_isometry(X, codes):
    """All pairs one by one, and scales by a general search from several starts."""
    pairs = sorted(
        (sqrt(sum((a - b) ** 2 for a, b in zip(X[i], X[j], strict=True))), i, j)
        for i in range(len(X))
        for j in range(i)
    )
    pairs = pairs[: max(int(0.05 * len(pairs)), min(100, len(pairs)))]
    distance = np.array([pair[0] for pair in pairs])
    steps = np.array([codes[i] - codes[j] for _, i, j in pairs])
    steps = steps / np.where(steps.any(axis=0), np.abs(steps).max(axis=0), 1)
    starts = [np.full(steps.shape[1], distance.mean()), *np.eye(steps.shape[1])]
    found = [
        least_squares(lambda scale: np.linalg.norm(steps * scale, axis=1) - distance, start + 0.01)
        for start in starts
    ]
    scale = min(found, key=lambda result: result.cost).x
    return correlation(distance.tolist(), np.linalg.norm(steps * scale, axis=1).tolist())


def equal_width(column, n_bins=20):
    """A value's bin is the number of inner edges that it reaches."""
    least, width = min(column), (max(column) - min(column)) / n_bins
    if width == 0:
        return [0] * len(column)
    edges = [least + k * width for k in range(1, n_bins)]
    return [sum(value >= edge - 1e-9 * width for edge in edges) for value in column]


def quantiles(column, n_bins=10):
    if len(set(column)) <= n_bins:
        return [sorted(set(column)).index(value) for value in column]
    return [
        int((mean_rank(column, value) - Fraction(1, 2)) * n_bins / len(column)) for value in column
    ]


def entropy(labels):
    return -sum(c / len(labels) * log(c / len(labels)) for c in Counter(labels).values())


def mutual_information(x, y):
    return entropy(x) + entropy(y) - entropy(list(zip(x, y, strict=True)))


def information_table(codes, factors):
    """Rows of codes, columns of factors, and the entropy of each factor."""
    binned = [quantiles(factor) for factor in as_columns(factors)]
    table = [
        [mutual_information(equal_width(code), factor) for factor in binned]
        for code in as_columns(codes)
    ]
    return table, [entropy(factor) for factor in binned]


def mig(codes, factors):
    table, entropies = information_table(codes, factors)
    gaps = []
    for k, whole in enumerate(entropies):
        best, second = sorted([*(row[k] for row in table), 0.0], reverse=True)[:2]
        gaps.append((best - second) / whole if whole > 0 else 0.0)
    return fmean(gaps)


def modularity(codes, factors):
    scores = []
    for row in information_table(codes, factors)[0]:
        own = max(row)
        if own < 1e-12:
            scores.append(0.0)
        elif len(row) == 1:
            scores.append(1.0)
        else:
            others = sum(m**2 for m in row) - own**2
            scores.append(1 - others / own**2 / (len(row) - 1))
    return fmean(scores)


def logistic(features, labels, seen):
    """Labels by a logistic regression with the penalty |w|^2 / 2, minimised by BFGS."""
    values = sorted(set(labels))
    if len(values) == 1:
        return [values[0]] * len(seen)
    d, m = features.shape[1], len(values) if len(values) > 2 else 1
    truth = np.array([[label == value for value in values] for label in labels], dtype=float)

    def outputs(w, x):
        return x @ w[: d * m].reshape(d, m) + w[d * m :]

    def loss(w):
        z = outputs(w, features)
        if m == 1:
            sign = 2 * truth[:, 1:] - 1
            data, slope = np.logaddexp(0, -sign * z).sum(), -sign * expit(-sign * z)
        else:
            data, slope = -(truth * log_softmax(z, axis=1)).sum(), np.exp(log_softmax(z, 1)) - truth
        penalty = np.append(w[: d * m], np.zeros(m))
        gradient = np.append((features.T @ slope).ravel(), slope.sum(axis=0))
        return data + penalty @ penalty / 2, gradient + penalty

    z = outputs(minimize(loss, np.zeros((d + 1) * m), jac=True, method="BFGS").x, seen)
    return [values[int(row[0] > 0) if m == 1 else int(np.argmax(row))] for row in z]


def drawn_from(factors):
    binned = [quantiles(factor) for factor in as_columns(factors)]
    return SharedFactor(np.array(binned).T)


def beta_vae(codes, factors, seed, *, batch_size, n_train, n_test):
    random, shared = np.random.RandomState(seed), drawn_from(factors)
    codes = [scaled(code) for code in as_columns(codes)]
    drawn = []
    for n_batches in (n_train, n_test):
        factor, first, second = shared.pairs(n_batches, batch_size, random)
        features = [
            [fmean(abs(code[i] - code[j]) for i, j in zip(a, b, strict=True)) for code in codes]
            for a, b in zip(first.tolist(), second.tolist(), strict=True)
        ]
        drawn.append((np.array(features), factor.tolist()))
    (features, labels), (seen, truth) = drawn
    named = logistic(features, labels, seen)
    return fmean(a == b for a, b in zip(named, truth, strict=True))


def factor_vae(codes, factors, seed, *, batch_size, n_train, n_test):
    random, shared = np.random.RandomState(seed), drawn_from(factors)
    codes = [code for code in as_columns(codes) if not is_constant(code)]
    if not codes:
        return 0.0
    overall = [variance(code) for code in codes]
    drawn = []
    for n_batches in (n_train, n_test):
        factor, rows = shared.batches(n_batches, batch_size, random)
        winners = []
        for batch in rows.tolist():
            local = [variance([code[i] for i in batch]) for code in codes]
            ratios = [one / of_all for one, of_all in zip(local, overall, strict=True)]
            winners.append(ratios.index(min(ratios)))
        drawn.append((winners, factor.tolist()))
    votes = {code: Counter() for code in range(len(codes))}
    for code, factor in zip(*drawn[0], strict=True):
        votes[code][factor] += 1
    named = {
        code: max(range(np.shape(factors)[1]), key=lambda k, c=count: c[k])
        for code, count in votes.items()
    }
    return fmean(named[code] == factor for code, factor in zip(*drawn[1], strict=True))


def machine(x, labels, seen):
    """Labels by linear support vector machines, one against the rest, minimised by BFGS.

    Rare values weigh more; with more than two values the rest weighs as it is.
    """
    values, count = sorted(set(labels)), Counter(labels)
    outputs = []
    for value in values[1:] if len(values) == 2 else values:
        sign = np.array([1.0 if label == value else -1.0 for label in labels])
        weight = np.array(
            [
                len(labels) / len(values) / count[label]
                if label == value or len(values) == 2
                else 1.0
                for label in labels
            ]
        )

        def loss(w, sign=sign, weight=weight):
            short = np.maximum(0, 1 - sign * (w[0] * x + w[1]))
            slope = -0.02 * weight * short * sign
            gradient = w + np.array([slope @ x, slope.sum()])
            return w @ w / 2 + 0.01 * (weight * short**2).sum(), gradient

        w = minimize(loss, np.zeros(2), jac=True, method="BFGS").x
        outputs.append([w[0] * place + w[1] for place in seen])
    if len(values) == 2:
        return [values[int(output > 0)] for output in outputs[0]]
    return [values[int(np.argmax(row))] for row in zip(*outputs, strict=True)]


def sap(codes, factors, seed):
    codes = [scaled(code) for code in as_columns(codes)]
    train, test = split(len(factors), 15_000, np.random.RandomState(seed))
    gaps = []
    for factor in as_columns(factors):
        n_values = len(set(factor))
        if len({factor[i] for i in train}) == 1:
            gaps.append(0.0)
            continue
        chance = 1 / n_values if n_values <= 10 else 0.0
        scores = [chance] if len(codes) == 1 else []
        for code in codes:
            if is_constant(code):
                scores.append(chance)
            elif n_values > 10:
                line = np.polyfit(code, factor, 1)
                left = [y - np.polyval(line, x) for x, y in zip(code, factor, strict=True)]
                scores.append(1 - pvariance(left) / pvariance(factor))
            else:
                learnt = np.array([code[i] for i in train]), [factor[i] for i in train]
                named = machine(*learnt, [code[i] for i in test])
                scores.append(fmean(factor[i] == name for i, name in zip(test, named, strict=True)))
        second, best = sorted(scores)[-2:]
        gaps.append(best - second)
    return fmean(gaps)


def dci(codes, factors, n_trees, seed):
    """(disentanglement, completeness, informativeness), from the same trees of scikit-learn.

    Few rows have many equally good splits, so the trees must see the same last bits.
    """
    random = np.random.RandomState(seed)
    codes = standardised(codes)
    train, test = split(len(codes), 5000, random)
    importance, scores = [], []
    for factor in standardised(factors).T:
        values = sorted(set(factor))
        discrete = len(values) <= 10
        truth = np.array([values.index(value) for value in factor]) if discrete else factor
        if len(set(truth[train])) == 1:
            importance.append([0.0] * codes.shape[1])
            scores.append(0.0)
            continue
        boosted = GradientBoostingClassifier if discrete else GradientBoostingRegressor
        model = boosted(n_estimators=n_trees, random_state=random).fit(codes[train], truth[train])
        importance.append(model.feature_importances_.tolist())
        pairs = list(zip(truth[test].tolist(), model.predict(codes[test]).tolist(), strict=True))
        if discrete:
            scores.append(fmean(a == b for a, b in pairs))
        else:
            error = fmean((a - b) ** 2 for a, b in pairs)
            scores.append(max(0.0, 1 - error / pvariance([a for a, _ in pairs])))
    by_code = list(zip(*importance, strict=True))
    return concentration(by_code), concentration(importance), fmean(scores)


def concentration(rows):
    total, result = sum(map(sum, rows)), 0.0
    for row in rows:
        if sum(row) > 0:
            shares = [value / sum(row) for value in row if value > 0]
            uncertain = -sum(p * log(p) for p in shares) / log(len(row)) if len(row) > 1 else 0.0
            result += sum(row) / total * (1 - uncertain)
    return result


def total_correlation(codes):
    """By the chain rule: what each code shares with those before it, from least squares."""
    live = [scaled(code) for code in as_columns(codes) if not is_constant(code)]
    total = 0.0
    for j in range(1, len(live)):
        before = np.array(live[:j]).T
        left = live[j] - before @ np.linalg.lstsq(before, np.array(live[j]))[0]
        unexplained = fmean(left**2)
        total += -log(unexplained) / 2 if unexplained > 1e-12 else inf
    return total


def mi_invariance(codes):
    live = [code for code in as_columns(codes) if not is_constant(code)]
    spreads = []
    for i, one in enumerate(live):
        for j, other in enumerate(live):
            if i != j:
                fine, coarse = equal_width(one), quantiles(other)
                of_row = {
                    value: entropy([a for a, b in zip(fine, coarse, strict=True) if b == value])
                    for value in set(coarse)
                }
                spreads.append(sqrt(pvariance([of_row[value] for value in coarse])))
    return fmean(spreads) if spreads else 0.0
