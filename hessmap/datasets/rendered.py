"""Pictures of real meshes and robots, rendered by pybullet's software renderer.

A scene is a model that comes with pybullet, seen by one camera, and what varies: where the camera
stands, how near it is, where the light comes from, or the angles of joints. Pictures are rendered
larger and averaged down, so that edges are as soft as a pixel.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np

from .._validation import choice, whole
from ._blocks import fill, generator, given, uniform

VIEW_ANGLE = 40.0  # degrees
ROOM = 1.05  # the camera sees so many radii of the thing
LIGHT_HEIGHT = 0.8  # of the light above the thing, over its distance on the floor
FROM_RIGHT = 20.0  # degrees, of the light where it does not vary


@dataclass(frozen=True)
class Scene:
    """What is rendered, and what varies.

    Attributes
    ----------
    model : str
        File of pybullet's data.
    ranges : dict of str to (float, float)
        Lowest and highest value of each factor. ``yaw`` and ``pitch``: of the camera around the
        thing, in degrees; ``light``: of the light from the camera's left to its right, in
        degrees; ``zoom``: logarithm of the magnification; ``joint 2``: angle of a joint, in
        degrees.
    yaw, pitch : float
        Of the camera where they do not vary, in degrees.
    """

    model: str
    ranges: dict[str, tuple[float, float]]
    yaw: float = 35.0
    pitch: float = -25.0


DUCK, MUG = "duck_vhacd.urdf", "objects/mug.urdf"
RACECAR, R2D2 = "racecar/racecar.urdf", "r2d2.urdf"
KUKA, XARM, PANDA = "kuka_iiwa/model.urdf", "xarm/xarm6_robot.urdf", "franka_panda/panda.urdf"
LAIKAGO = "laikago/laikago_toes_zup.urdf"
SCENES = {
    "duck yaw-light": Scene(DUCK, {"yaw": (190, 250), "light": (-45, 45)}),
    "duck yaw-zoom": Scene(DUCK, {"yaw": (190, 250), "zoom": (-0.25, 0.25)}),
    "duck yaw-pitch": Scene(DUCK, {"yaw": (190, 250), "pitch": (-45, -5)}),
    "duck yaw-pitch-light": Scene(
        DUCK, {"yaw": (205, 239), "pitch": (-38, -12), "light": (-34, 34)}
    ),
    "mug yaw-light": Scene(MUG, {"yaw": (50, 110), "light": (-45, 45)}),
    "mug yaw-pitch": Scene(MUG, {"yaw": (50, 110), "pitch": (-50, -10)}),
    "mug yaw-pitch-light": Scene(MUG, {"yaw": (60, 94), "pitch": (-38, -12), "light": (-34, 34)}),
    "ball yaw-pitch-light": Scene(
        "soccerball.urdf", {"yaw": (-20, 20), "pitch": (-20, 20), "light": (-34, 34)}
    ),
    "laikago three legs": Scene(
        LAIKAGO,
        {"joint 1": (-40, 10), "joint 5": (-10, 30), "joint 9": (-40, 20)},
        yaw=0,
        pitch=0,
    ),
    "ball yaw-pitch": Scene("soccerball.urdf", {"yaw": (-20, 20), "pitch": (-20, 20)}),
    "brick yaw-light": Scene("lego/lego.urdf", {"yaw": (10, 60), "light": (-45, 45)}),
    "racecar yaw-zoom": Scene(RACECAR, {"yaw": (20, 60), "zoom": (-0.2, 0.2)}),
    "racecar yaw-pitch": Scene(RACECAR, {"yaw": (20, 60), "pitch": (-60, -20)}),
    "domino yaw-pitch": Scene("domino/domino.urdf", {"yaw": (50, 110), "pitch": (-30, 30)}),
    "r2d2 yaw-light": Scene(R2D2, {"yaw": (120, 180), "light": (-45, 45)}),
    "r2d2 yaw-pitch": Scene(R2D2, {"yaw": (120, 180), "pitch": (-45, -5)}),
    "kuka joints": Scene(KUKA, {"joint 1": (-35, 35), "joint 3": (20, 80)}, yaw=0),
    "kuka far joints": Scene(KUKA, {"joint 3": (-40, 40), "joint 5": (-60, 60)}, yaw=0),
    "xarm joints": Scene(XARM, {"joint 1": (-40, 40), "joint 2": (-60, 0)}),
    "laikago legs": Scene(LAIKAGO, {"joint 1": (-40, 20), "joint 9": (-40, 20)}, yaw=0, pitch=0),
    "panda joints": Scene(PANDA, {"joint 1": (-40, 40), "joint 3": (-90, -20)}),
}


def rendered(
    scene: str = "duck yaw-light",
    n_samples: int = 3000,
    *,
    size: int = 64,
    extent: float | Sequence[float] = 1.0,
    supersampling: int = 2,
    noise: float = 0.0,
    factors: np.ndarray | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a mesh or a robot, whose view, light or joints vary.

    Needs pybullet, of the extra ``bench``. A picture takes some milliseconds: keep what is used
    again with `cached`.

    Parameters
    ----------
    scene : str
        One of ``hessmap.datasets.SCENES``, which says what varies, and in which range.
    n_samples : int
        Number of pictures.
    size : int
        Pixels along each edge of a picture.
    extent : float or sequence of float
        What widens the ranges of all factors, or that of each, about their middles.
    supersampling : int
        Pixels that are rendered along each edge of a pixel and averaged.
    noise : float
        Standard deviation of the Gaussian noise added to each value.
    factors : array-like of shape (n, d) or None
        Pictures of these are made, in place of ``n_samples`` drawn ones.
    random_state : int, RandomState, Generator or None
        Seed.

    Returns
    -------
    X : ndarray of shape (n_samples, size * size * 3), float32
        Flattened pictures, red, green and blue last, in [0, 1] without noise.
    factors : ndarray of shape (n_samples, d), float64
        Those given, or uniform, in the order of the scene's ranges and in their units.

    Raises
    ------
    ImportError
        If pybullet is not installed.
    TypeError, ValueError
        If a parameter is out of its range.
    """
    choice("scene", scene, tuple(SCENES))
    whole("size", size, at_least=8)
    whole("supersampling", supersampling, at_least=1)
    rng = generator(random_state)
    ranges = SCENES[scene].ranges
    factors = uniform(ranges, extent, n_samples, rng) if factors is None else given(factors, ranges)

    def pictures(z: np.ndarray) -> np.ndarray:
        taken = [camera(dict(zip(ranges, row, strict=True)), size * supersampling) for row in z]
        fine = np.stack(taken).reshape(len(z), size, supersampling, size, supersampling, 3)
        return fine.mean(axis=(2, 4)).reshape(len(z), -1) / 255

    with _studio(SCENES[scene]) as camera:
        width = size * size * 3
        rows = fill(factors, pictures, width, noise=noise, rng=rng, dtype=np.float32)
    return rows, factors


ONE_AT_A_TIME = Lock()  # descriptors belong to all threads
Camera = Callable[[dict[str, float], int], np.ndarray]


@contextmanager
def _studio(scene: Scene) -> Iterator[Camera]:
    """A camera: values of the factors and pixels along an edge -> (pixels, pixels, 3), uint8."""
    with _silence():
        bullet = _bullet()
        client = bullet.connect(bullet.DIRECT)
    try:
        with _silence():
            body = bullet.loadURDF(_path(scene.model), useFixedBase=True, physicsClientId=client)

        def pose(values: dict[str, float]) -> None:
            for name, value in values.items():
                if name.startswith("joint"):
                    joint = int(name.removeprefix("joint"))
                    bullet.resetJointState(body, joint, np.deg2rad(value), physicsClientId=client)

        pose({name: (low + high) / 2 for name, (low, high) in scene.ranges.items()})
        n_joints = bullet.getNumJoints(body, physicsClientId=client)
        boxes = [bullet.getAABB(body, link, physicsClientId=client) for link in range(-1, n_joints)]
        lowest, highest = np.min(boxes, axis=(0, 1)), np.max(boxes, axis=(0, 1))
        radius = float(np.linalg.norm(highest - lowest)) / 2
        usual = ROOM * radius / np.sin(np.deg2rad(VIEW_ANGLE / 2))

        def camera(values: dict[str, float], pixels: int) -> np.ndarray:
            pose(values)
            distance = usual / np.exp(values.get("zoom", 0.0))
            yaw, pitch = values.get("yaw", scene.yaw), values.get("pitch", scene.pitch)
            # at yaw 0 the camera looks along the second axis; the third one is up
            azimuth = np.deg2rad(yaw + values.get("light", FROM_RIGHT))
            middle = ((lowest + highest) / 2).tolist()
            picture = bullet.getCameraImage(
                pixels,
                pixels,
                bullet.computeViewMatrixFromYawPitchRoll(middle, distance, yaw, pitch, 0, 2),
                bullet.computeProjectionMatrixFOV(VIEW_ANGLE, 1, distance / 20, 4 * distance),
                lightDirection=[np.sin(azimuth), -np.cos(azimuth), LIGHT_HEIGHT],
                shadow=0,
                renderer=bullet.ER_TINY_RENDERER,
                physicsClientId=client,
            )[2]
            return np.reshape(picture, (pixels, pixels, 4))[:, :, :3].astype(np.uint8)

        yield camera
    finally:
        bullet.disconnect(client)


def _bullet() -> Any:
    try:
        import pybullet
    except ImportError as error:
        raise ImportError(
            "hessmap.datasets.rendered needs pybullet: pip install hessmap[bench]."
        ) from error
    return pybullet


def _path(model: str) -> str:
    import pybullet_data

    return os.path.join(pybullet_data.getDataPath(), model)


@contextmanager
def _silence() -> Iterator[None]:
    """The library writes to the descriptors of standard output and error, unasked."""
    with ONE_AT_A_TIME:
        yield from _diverted()


def _diverted() -> Iterator[None]:
    targets = (1, 2)
    kept = [os.dup(target) for target in targets]
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        for target in targets:
            os.dup2(sink, target)
        yield
    finally:
        for target, old in zip(targets, kept, strict=True):
            os.dup2(old, target)
            os.close(old)
        os.close(sink)
