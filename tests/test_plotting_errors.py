"""Figures of what cannot be drawn: errors that name the parameter."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from hessmap import HessianICA, plotting

from .figures import (
    SIZE,
    TRIED,
    codes,
    fitted,
)

EVERY = {
    "scatter": lambda ax: plotting.scatter(codes, codes[:, 0], ax=ax),
    "scatter, one code": lambda ax: plotting.scatter(codes[:, 0], codes[:, 1], ax=ax),
    "scatter, constant": lambda ax: plotting.scatter(np.ones((9, 2)), np.ones(9), ax=ax),
    "contours": lambda ax: plotting.contours(codes, codes[:, 0], ax=ax),
    "spectrum": lambda ax: plotting.spectrum(np.array([0, 1e-9, 1e-8, 1e-3]), 2, ax=ax),
    "spectrum of zeros": lambda ax: plotting.spectrum(np.zeros(4), 2, ax=ax),
    "isometry": lambda ax: plotting.isometry(codes, codes, ax=ax),
    "isometry_of": lambda ax: plotting.isometry_of(codes[:, :2], ax=ax),
    "isometry_of nothing": lambda ax: plotting.isometry_of(np.zeros((3, 2)), ax=ax),
    "independence": lambda ax: plotting.independence(codes[:3], ax=ax),
    "resolutions": lambda ax: plotting.resolutions(TRIED, 256, ax=ax),
    "resolutions, all failed": lambda ax: plotting.resolutions(TRIED[:1], ax=ax),
    "pictures_along": lambda ax: plotting.pictures_along(codes, codes, (3, 1), ax=ax),
    "traversals": lambda ax: plotting.traversals(fitted()[2], (SIZE, SIZE), ax=ax),
    "interpolation": lambda ax: plotting.interpolation(
        fitted()[2], *fitted()[0][:2], (SIZE, SIZE), ax=ax
    ),
    "interpolation_grid": lambda ax: plotting.interpolation_grid(
        fitted()[2], fitted()[0][:4], (SIZE, SIZE), ax=ax
    ),
}


def between(start, stop):
    return plotting.interpolation(fitted()[2], start, stop, (SIZE, SIZE))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.scatter(codes[:0], codes[:0, 0]), r"`codes` must have the shape"),
        (lambda: plotting.scatter(codes[:9], codes[:, 0]), r"`values` must have the shape \(9,\)"),
        (lambda: plotting.scatter(codes, ["a"] * 300), "`values` must hold real numbers; got <U1"),
        (lambda: plotting.scatter(codes, [None, "a"] * 150), "`values` must hold real numbers"),
        (lambda: plotting.scatter(codes * 1j, codes[:, 0]), "`codes` must hold real numbers"),
        (lambda: plotting.scatter(codes * np.nan, codes[:, 0]), "got none among 300"),
        (lambda: plotting.contours(codes, codes[:9, 0]), r"`code` must have the shape \(300,\)"),
        (lambda: plotting.contours(codes[:, :1], codes[:, 0]), "`factors` must have two columns"),
        (lambda: plotting.contours(codes[:, :2], np.ones(300)), "`code` must vary"),
        (lambda: plotting.contours(codes[:, [0, 0]], codes[:, 1]), "must not lie on a line"),
        (lambda: plotting.spectrum(np.arange(3.0), 2), r"at least n_components \+ 2 = 4 values"),
        (lambda: plotting.spectrum([0, 1, np.nan, 2], 2), "`eigenvalues` must be finite"),
        (lambda: plotting.spectrum(np.arange(3.0), 0), "`n_components` must be at least 1"),
        (lambda: plotting.isometry(codes, codes[:9]), "`X` and `codes` must have as many rows"),
        (lambda: plotting.isometry(codes[:2], codes[:2]), "`codes` must have at least 3 rows"),
        (lambda: plotting.isometry_of(codes), r"`pairs` must have the shape \(m, 2\)"),
        (lambda: plotting.isometry_of(-codes[:, :2]), "`pairs` must be distances"),
        (lambda: plotting.isometry_of([[1, 1.7e308]]), "`pairs` must be distances, .* at most 1e"),
        (lambda: plotting.independence(codes), r"`matrix` must have the shape \(d, d\)"),
        (lambda: plotting.pictures_along(codes, codes, (2, 2)), "`X` must hold one picture"),
        (lambda: plotting.pictures_along(codes, codes, 3), "`shape` must be"),
        (lambda: plotting.pictures_along(codes, codes, (3, 1), n_steps=1), "`n_steps` must be at"),
        (lambda: plotting.pictures_along(codes, codes * np.nan, (3, 1)), "got none among 300"),
        (lambda: plotting.traversals(fitted()[2], (5, 5)), "`shape` must have a product"),
        (lambda: between(codes[0], codes[0]), "`start` must hold 1 picture of `shape`"),
        (lambda: between(fitted()[0][0], codes[0]), "`stop` must hold 1 picture of `shape`"),
        (
            lambda: plotting.interpolation_grid(fitted()[2], fitted()[0][:3], (SIZE, SIZE)),
            "`corners` must hold 4 pictures of",
        ),
        (
            lambda: plotting.interpolation_grid(fitted()[2], False, (SIZE, SIZE)),
            r"`corners` must hold 4 pictures of `shape` .*; got the shape \(\)",
        ),
        (lambda: plotting.traversals(fitted()[2], np.array(3)), "`shape` must be .*; got 3"),
        (lambda: plotting.scatter([[1, 2], [3]], [1, 2]), "`codes` cannot be taken as it is"),
        (lambda: plotting.traversals(HessianICA(), (5, 5)), "not fitted yet"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises((ValueError, NotFittedError), match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.traversals(codes, (5, 5)), "`model` must be a HessianICA"),
        (lambda: plotting.resolutions([3]), "`tried` must hold resolutions"),
        (lambda: plotting.resolutions(TRIED, 2.5), "`n_nodes` must be a whole number"),
        (lambda: plotting.isometry(codes, codes, max_rows=2.5), "`max_rows` must be a whole"),
        (lambda: plotting.overview("report"), "`report` must be a Report"),
        (lambda: plotting.resolutions(3), "`tried` must be a sequence"),
        (lambda: plotting.contours(codes, codes[:, 0], ax=0), "`ax` must be matplotlib Axes"),
        (lambda: plotting.contours(codes, codes[:, 0], label=9), "`label` must be a word; got 9"),
        (lambda: plotting.scatter(codes, codes[:, 0], label=int), "`label` must be a word"),
        (lambda: plotting.contours(codes, codes[:, 0], names=3), "`names` must be two words"),
        (lambda: plotting.scatter(codes, codes[:, 0], names="ab"), "`names` must be two words"),
        (lambda: plotting.scatter(codes, codes[:, 0], names=[1, 2]), "`names` must be two words"),
        (
            lambda: plotting.scatter(codes, codes[:, 0], equal=np.array([])),
            r"`equal` must be True or False; got array\(\[\]",
        ),
        (
            lambda: plotting.interpolation(
                fitted()[2], *fitted()[0][:2], (SIZE, SIZE), pixels=np.array([])
            ),
            "`pixels` must be True or False",
        ),
        (
            lambda: plotting.interpolation_grid(
                fitted()[2], fitted()[0][:4], (SIZE, SIZE), pixels="no"
            ),
            "`pixels` must be True or False",
        ),
    ],
)
def test_wrong_types(call, message):
    with pytest.raises(TypeError, match=message):
        call()
