"""Sprites: what the pictures show, and that the metric is as flat as it is said to be."""

from __future__ import annotations

import sys
from importlib import import_module

import numpy as np
import pytest

import hessmap.datasets._blocks as blocks
from hessmap import HessianICA
from hessmap.datasets import sprites
from hessmap.datasets._backgrounds import backdrop
from hessmap.metrics import mcc

module = import_module("hessmap.datasets.sprites")

FLAT = [(2, "grey"), (3, "grey"), (3, "angle"), (4, "grey"), (5, "grey"), (5, "angle"), (8, "grey")]
KINDS = [
    *[(d, {"colour": colour}) for d, colour in FLAT],
    (2, {"background": "noisy"}),
    (3, {"background": "noisy", "colour": "angle"}),
    (4, {"background": "photograph"}),
    (5, {"background": "photograph", "colour": "angle"}),
    (2, {"background": "photographs"}),
    (2, {"background": "photographs", "colour": "random"}),
    (8, {"colour": "random"}),
]


@pytest.mark.parametrize(("d", "kind"), KINDS)
def test_shapes_seeds_and_blocks(d, kind, monkeypatch):
    n_features = 32 * 32 * (1 if kind.get("colour", "grey") == "grey" else 3)
    X, factors = sprites(40, d, size=32, random_state=0, **kind)
    assert X.shape == (40, n_features)
    assert factors.shape == (40, d)
    assert X.dtype == np.float32
    assert factors.dtype == np.float64
    assert X.min() >= 0
    assert X.max() <= 1
    assert X.max() - X.min() > 0.5
    assert np.abs(X - sprites(40, d, size=32, random_state=1, **kind)[0]).max() > 0.1
    noisy, same = sprites(40, d, size=32, noise=0.3, random_state=0, **kind)
    np.testing.assert_array_equal(factors, same)
    assert (noisy - X).std() == pytest.approx(0.3, rel=0.05)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 7)
    monkeypatch.setattr(module, "STEP_ROWS", 3)
    again, same = sprites(40, d, size=32, noise=0.3, random_state=0, **kind)
    np.testing.assert_array_equal(factors, same)
    np.testing.assert_allclose(noisy, again, atol=1e-5)


@pytest.mark.parametrize(("d", "colour"), FLAT)
def test_factors_are_independent_and_fill_their_range(d, colour):
    _, factors = sprites(2000, d, size=24, colour=colour, random_state=0)
    assert np.abs(np.corrcoef(factors.T) - np.eye(d)).max() < 0.08
    assert (np.ptp(factors, axis=0) / factors.std(axis=0) > 3.3).all()


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize(("d", "colour"), FLAT)
def test_metric_is_flat_and_diagonal(d, colour, size):
    """Dot products of changes of the picture, by central differences at random factors."""
    coloured, step = colour == "angle", 1e-2
    scene = module._scene(d, size, size / 25, turns=not coloured)
    low, high = module._ranges(scene, coloured).T
    z = np.random.default_rng(0).uniform(low, high, size=(12, d))
    channels = 3 if coloured else 1

    def pictures(z):
        tint = np.ones((len(z), channels))
        light = module._lit(scene, z, tint, (size, size, channels), coloured)[1]
        return light.reshape(len(z), -1).astype(float)

    moves = step * np.eye(d)
    jacobian = [(pictures(z + move) - pictures(z - move)) / (2 * step) for move in moves]
    metric = np.einsum("inp,jnp->nij", jacobian, jacobian)
    lengths = np.sqrt(np.diagonal(metric.mean(axis=0)))
    np.testing.assert_allclose(
        metric / np.outer(lengths, lengths), np.broadcast_to(np.eye(d), metric.shape), atol=0.01
    )
    along = lengths * (high - low)
    assert along.max() < 3.5 * along.min()  # no factor is too thin to be seen


def test_sprites_are_where_the_factors_say():
    X, factors = sprites(30, 8, random_state=0)
    pictures = X.reshape(-1, 64, 64).astype(float)
    pixel = np.arange(32) + 0.5
    for k, (top, left) in enumerate([(0, 0), (0, 32), (32, 0), (32, 32)]):
        cell = pictures[:, top : top + 32, left : left + 32]
        mass = cell.sum(axis=(1, 2))
        np.testing.assert_allclose(mass, 64, rtol=0.01)
        x, y = left + cell.sum(axis=1) @ pixel / mass, top + cell.sum(axis=2) @ pixel / mass
        np.testing.assert_allclose(x, factors[:, 2 * k], atol=0.02)
        np.testing.assert_allclose(y, factors[:, 2 * k + 1], atol=0.02)


@pytest.mark.parametrize(("d", "order"), [(3, 4), (5, 2)])
def test_sprites_turn_as_the_last_factor_says(d, order):
    """The angle of the mass's second moment follows twice, of the fourth four times the angle."""
    X, factors = sprites(30, d, random_state=0)
    pictures = X.reshape(-1, 64, 64).astype(float)
    x, y = factors[:, :2].T if d == 3 else np.full((2, 30), [[32.0], [48.0]])
    if d == 5:
        pictures[:, :32] = 0
    pixel = np.arange(64) + 0.5
    away = (pixel - x[:, None])[:, None, :] + 1j * (pixel - y[:, None])[:, :, None]
    moment = (pictures * away**order).sum(axis=(1, 2)) * (-1 if order == 4 else 1)
    np.testing.assert_allclose(np.angle(moment) / order, factors[:, -1], atol=0.01)


def test_colour_follows_the_last_factor_or_chance():
    X, factors = sprites(30, 5, colour="angle", random_state=0)
    red, green, blue = np.moveaxis(X.reshape(30, 64, 64, 3)[:, 32:].sum(axis=(1, 2)), 1, 0)
    np.testing.assert_allclose(np.arctan2(green, red), factors[:, 4], atol=1e-5)
    assert (blue == 0).all()
    X, _ = sprites(30, 2, colour="random", random_state=0)
    colours = X.reshape(30, -1, 3).max(axis=1)
    assert (colours > 0.45).all()
    assert (colours.std(axis=0) > 0.1).all()


def test_noise_is_behind_the_sprite():
    black, _ = sprites(20, 2, random_state=0)
    noisy, _ = sprites(20, 2, background="noisy", random_state=0)
    behind = noisy[black < 1e-6]
    assert behind.mean() == pytest.approx(0.5, abs=0.01)
    assert behind.std() == pytest.approx(12**-0.5, rel=0.02)
    np.testing.assert_allclose(noisy[black > 0.999], 1, atol=1e-3)


@pytest.mark.parametrize(("d", "colour"), [(3, "grey"), (3, "angle"), (4, "grey")])
def test_on_one_photograph_the_manifold_is_the_same(d, colour):
    black, _ = sprites(40, d, colour=colour, random_state=0)
    photo, _ = sprites(40, d, colour=colour, background="photograph", random_state=0)
    np.testing.assert_allclose(
        np.linalg.norm(photo[1:] - photo[:-1], axis=1),
        0.6 * np.linalg.norm(black[1:] - black[:-1], axis=1),
        rtol=1e-4,
    )
    assert photo.mean(axis=0).std() > 0.1  # and yet it is a photograph


def test_photographs_differ_and_are_inverted_under_the_sprite():
    shape, light = (32, 32, 3), np.zeros((20, 32, 32, 3), dtype=np.float32)
    light[:, 8:24, 8:24] = [1, 0.5, 0]
    patches, shown = (
        backdrop("photographs", shape, np.random.default_rng(0))(light[..., :1], lit)
        for lit in (0 * light, light)
    )
    assert np.abs(np.diff(patches, axis=0)).mean(axis=(1, 2, 3)).min() > 0.02
    np.testing.assert_array_equal(shown[:, :8], patches[:, :8])
    inside = np.s_[:, 8:24, 8:24]
    np.testing.assert_allclose(shown[inside][..., 0], 1 - patches[inside][..., 0], atol=1e-6)
    np.testing.assert_allclose(shown[inside][..., 1], 0.5, atol=1e-6)
    np.testing.assert_array_equal(shown[..., 2], patches[..., 2])


@pytest.mark.parametrize("softness", [0.75, 2.0, 4.0])
def test_softness_is_the_width_of_the_edges(softness):
    """A square of width w, smoothed by s, has a mass of variance w^2 / 12 + s^2."""
    X, factors = sprites(20, 2, softness=softness, random_state=0)
    mass = X.reshape(20, 64, 64).sum(axis=1).astype(float)
    away = (np.arange(64) + 0.5 - factors[:, :1]) ** 2
    variance = (mass * away).sum(axis=1) / mass.sum(axis=1)
    np.testing.assert_allclose(variance, 16**2 / 12 + softness**2, rtol=0.06)


def test_hessian_ica_finds_the_factors():
    X, factors = sprites(2000, 2, size=32, random_state=0)
    assert mcc(HessianICA(random_state=0).fit_transform(X), factors) > 0.99


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sprites(0), "`n_samples` must be at least 1; got 0"),
        (lambda: sprites(10, 6), "`n_factors` must be one of 2, 3, 4, 5, 8; got 6"),
        (lambda: sprites(10, 2.0), "`n_factors` must be a whole number; got 2.0"),
        (lambda: sprites(10, size=16), "`size` must be at least 24; got 16"),
        (lambda: sprites(10, softness=0.5), "`softness` must be a finite number of at least 0.75"),
        (lambda: sprites(10, softness=10), "`softness` must leave sprites room to move in 64 pix"),
        (lambda: sprites(10, background="white"), "`background` must be one of 'black', 'noisy'"),
        (lambda: sprites(10, colour="red"), "`colour` must be one of 'grey', 'angle', 'random'"),
        (lambda: sprites(10, 4, colour="angle"), "`colour` must be 'grey' or 'random' for 4 fac"),
        (lambda: sprites(9, size=300, background="photograph"), "`size` must be at most 256 on a"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_photographs_need_scikit_image(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    sprites(5, background="noisy")
    with pytest.raises(ImportError, match=r"pip install hessmap\[bench\]"):
        sprites(5, background="photograph")
