"""The README's examples run, and say what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def names():
    """What the code blocks leave behind, run one after the other as a reader would."""
    scope: dict = {}
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        exec(compile(block, str(README), "exec"), scope)
    return scope


def test_examples_find_the_factors(names):
    assert names["rows"].shape == (3000, 3)
    assert names["model"].sources_.compute().shape == (3000, 2)
    assert names["mcc"](names["sources"], names["factors"]) > 0.998


def test_links_point_to_files():
    for target in re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (README.parent / target).exists(), target


def test_named_targets_exist():
    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    targets = re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
    assert {"demo", "test", "bench-parity"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
