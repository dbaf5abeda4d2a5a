"""Embedding and sources of every row, block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ica import IcaResult, fit_ica
from ..nodes.assignment import Assignment
from ..projection import Projection
from ..results import Results
from ..rows import Rows, rows_in_block
from ..settings import Settings
from . import Extension

# ICA sees so many rows at most; its sampling error is then far below every other.
ICA_ROWS = 1_000_000
# Points with larger entries have distances whose squares overflow.
LARGEST = 1e150


@dataclass(frozen=True)
class Mapped:
    """Results of every row.

    Attributes
    ----------
    embedding : ndarray of shape (n, d)
        In units and dtype of X; NaN for rows set aside that are too far from the nodes.
    node_of : ndarray of shape (n,), int
        -1 for rows set aside.
    n_outliers, n_far : int
        Rows set aside, and those of them that are NaN.
    """

    embedding: np.ndarray
    node_of: np.ndarray
    n_outliers: int
    n_far: int


def embed_rows(
    rows: Rows,
    assignment: Assignment,
    extension: Extension,
    projection: Projection,
    *,
    n_jobs: int | None,
    kept: Results,
) -> Mapped:
    """One pass over the rows: their node and their embedding.

    A row that is a node has the embedding of the node; others are mapped. Rows set aside are
    mapped too, where the map reaches them.
    """
    d = extension.embedding.shape[1]
    embedding = kept.new("embedding", (rows.n_rows, d), rows.dtype)
    node_of = kept.new("node_of", (rows.n_rows,), np.int64)
    n_outliers = n_far = 0
    for start, block in rows.blocks():
        stop = start + len(block)
        label = assignment(start, block, n_jobs)
        aside = label < 0
        if assignment.exact:
            found = extension.embedding[label]
            mapped = np.flatnonzero(aside)
        else:
            found = np.empty((len(block), d))
            mapped = np.arange(len(block))
        if len(mapped):
            chosen = block if len(mapped) == len(block) else block[mapped]
            found[mapped], far = transformed(extension, projection.apply(chosen), n_jobs)
            lost = mapped[far & aside[mapped]]
            found[lost] = np.nan
            n_far += len(lost)
        n_outliers += int(np.count_nonzero(aside))
        embedding[start:stop] = found * projection.unit
        node_of[start:stop] = assignment.public(label)
    return Mapped(embedding, node_of, n_outliers, n_far)


def transformed(
    extension: Extension, points: np.ndarray, n_jobs: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """As ``extension.transform``, where rows beyond all arithmetic are just far."""
    far = np.ones(len(points), dtype=bool)
    near = np.abs(points).max(axis=1) < LARGEST
    if near.all():
        return extension.transform(points, n_jobs)
    embedding = np.full((len(points), extension.embedding.shape[1]), np.nan)
    embedding[near], far[near] = extension.transform(points[near], n_jobs)
    return embedding, far


def source_rows(
    mapped: Mapped,
    distinct: np.ndarray | None,
    unit: float,
    *,
    settings: Settings,
    seed: int,
    kept: Results,
) -> IcaResult:
    """ICA of the embedding, and the sources of every row.

    ICA sees the rows ``distinct``, or where that is None, all that were not set aside; evenly
    spaced ones of them, which depends on no seed, where they are very many.
    """
    n, d = mapped.embedding.shape
    seen = np.arange(n) if distinct is None else distinct
    if len(seen) > ICA_ROWS:
        seen = seen[np.linspace(0, len(seen) - 1, ICA_ROWS).astype(np.int64)]
    seen = seen[mapped.node_of[seen] >= 0]
    ica = fit_ica(mapped.embedding[seen] / unit, contrast=settings.contrast, random_state=seed)
    sources = kept.new("sources", (n, d), mapped.embedding.dtype)
    step = rows_in_block(d)
    for start in range(0, n, step):
        block = slice(start, start + step)
        sources[block] = (mapped.embedding[block] / unit - ica.mean) @ ica.unmixing.T
    return ica
