"""Real files with bytes changed, lost and repeated; behind right checksums, too."""

from __future__ import annotations

import io
import re
import zipfile

from ..draws import Draw, Seeded
from ..judge import Verdict
from .files import FORMATS, MODELS, ZIPPED, npz, real
from .reading import judged_reading, signed, steps

NUMBERS = (
    *(0, 1, 2, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31),
    *(2**32 - 1, 2**63 - 1, 2**64 - 1),
)
WORDS = (
    b"", b"nan", b"inf", b"-1", b"1e400", b"99999999999999999999", b"'", b'"', b",", b",,", b"\n",
    b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"(", b")", b"{", b"}", b"[]", b"null", b"True",
    b"<f8", b">f4", b"|O", b"<c16", b"<i8", b"|S5", b"<U1", b"<m8", b"descr", b"float64", b"object",
)  # fmt: skip
EXPENSIVE = ("cars3d", "shapes3d", "checkpoint", "dsprites")
HEADER = 75  # bytes of the first line of a file of hessmap
FITTED = 0.2


def run(seed: int) -> list[Verdict]:
    """One damaged file."""
    draw = Seeded("loaders", seed)
    format_ = draw.pick(sorted(FORMATS))
    if format_ in EXPENSIVE and draw.chance(0.6):
        format_ = draw.pick(["csv", "npy", "npz", "model", "png", "parquet"])
    prefix = b""
    if format_ == "checkpoint":
        name = draw.pick(sorted(steps()))
        data, prefix = steps()[name], f"{name}\n".encode()
    else:
        data = real(format_)
    done = [] if draw.chance(0.02) else [""] * draw.pick([1, 1, 2, 4, 12])
    # a Zarr folder is packed by us; the archive of a checkpoint is refused unless it is its own
    inside = format_ == "zarr" or (format_ in ZIPPED and draw.chance(0.6))
    if inside:
        data = _inside(draw, format_, data, done)
    else:
        for index in range(len(done)):
            data, done[index] = _changed(draw, data)
    what = f"{'inside, ' if inside else ''}{'; '.join(done)}"
    return [judged_reading(format_, prefix + data, fit=draw.chance(FITTED), what=what)]


def _inside(draw: Draw, format_: str, data: bytes, done: list[str]) -> bytes:
    """Change members of an archive, so that its checksums are right."""
    if format_ in MODELS:
        data = data[HEADER:]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for index in range(len(done)):
        name = draw.pick(sorted(members))
        if draw.chance(0.05):
            del members[name]
            done[index] = f"no {name}"
            if not members:
                break
            continue
        members[name], what = _changed(draw, members[name], head=draw.chance(0.7))
        done[index] = f"{name}: {what}"
    packed = format_ in ("npz, packed", "dsprites")
    data = npz(members, zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED)
    return signed(data) if format_ in MODELS else data


def _changed(draw: Draw, data: bytes, head: bool = False) -> tuple[bytes, str]:
    """Data with one change, and its name. ``head``: within the first bytes, where headers are."""
    changes = (_flip, _byte, _number, _word, _cut, _drop, _repeat, _insert, _swap, _digits)
    change = draw.pick(changes)
    at = draw.integer(0, max(0, min(len(data), 160 if head else len(data)) - 1))
    return change(draw, data, at), f"{change.__name__.strip('_')} at {at} of {len(data)}"


def _flip(draw: Draw, data: bytes, at: int) -> bytes:
    bit = 1 << draw.integer(0, 7)
    return data[:at] + bytes(byte ^ bit for byte in data[at : at + 1]) + data[at + 1 :]


def _byte(draw: Draw, data: bytes, at: int) -> bytes:
    return data[:at] + bytes([draw.integer(0, 255)]) + data[at + 1 :]


def _number(draw: Draw, data: bytes, at: int) -> bytes:
    width, order = draw.pick([1, 2, 4, 8]), draw.pick(["little", "big"])
    number = draw.pick(NUMBERS) % 256**width
    return data[:at] + number.to_bytes(width, order) + data[at + width :]


def _word(draw: Draw, data: bytes, at: int) -> bytes:
    word = draw.pick(WORDS)
    return data[:at] + word + data[at + (len(word) if draw.chance(0.5) else 0) :]


def _cut(draw: Draw, data: bytes, at: int) -> bytes:
    return data[:at] if draw.chance(0.5) else data[at:]


def _drop(draw: Draw, data: bytes, at: int) -> bytes:
    return data[:at] + data[at + draw.integer(1, 64) :]


def _repeat(draw: Draw, data: bytes, at: int) -> bytes:
    part = data[at : at + draw.integer(1, 256)]
    return data[:at] + part * draw.pick([2, 3, 20]) + data[at + len(part) :]


def _insert(draw: Draw, data: bytes, at: int) -> bytes:
    return data[:at] + draw.rng().bytes(draw.integer(1, 32)) + data[at:]


def _swap(draw: Draw, data: bytes, at: int) -> bytes:
    other = draw.integer(0, max(0, len(data) - 1))
    first, second = sorted((at, other))
    width = draw.integer(1, 64)
    one, two = data[first : first + width], data[second : second + width]
    return data[:first] + two + data[first + width : second] + one + data[second + width :]


def _digits(draw: Draw, data: bytes, at: int) -> bytes:
    """Another number in the place of one that is written in digits, near ``at``."""
    found = re.search(rb"-?\d+(\.\d+)?", data[at : at + 4096])
    if found is None:
        return _byte(draw, data, at)
    options = [b"0", b"-1", b"1", b"3", b"1000000000000", b"1e999", b"9" * 30, b"0.5", b""]
    start, stop = at + found.start(), at + found.end()
    return data[:start] + draw.pick(options) + data[stop:]
