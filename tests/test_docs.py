"""The documentation: its examples run, its commands are understood, its links and targets exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hessmap.cli.arguments import parsed
from hessmap.datasets import arcs, sprites
from hessmap.functionals import FUNCTIONALS

HOME = Path(__file__).parent.parent
PAGES = [HOME / "README.md", HOME / "CONTRIBUTING.md", HOME / "CHANGELOG.md"]
PAGES += sorted((HOME / "docs").glob("*.md")) + sorted((HOME / "docs" / "decisions").glob("*.md"))


FENCED = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> list[str]:
    """What stands between fences of these languages."""
    found = FENCED.findall(page.read_text(encoding="utf-8"))
    return [text for language, text in found if language in languages]


def named(pages):
    return [pytest.param(page, id=str(page.relative_to(HOME))) for page in pages]


def run(page: Path) -> dict:
    """What the examples of a page leave behind, run one after the other as a reader would."""
    scope: dict = {"__name__": page.stem}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), scope)
    return scope


@pytest.fixture
def rows_at_hand(tmp_path, monkeypatch):
    """The files that pages begin with, in a folder that examples may write to."""
    monkeypatch.chdir(tmp_path)
    rows, _ = arcs(2000, 2, n_features=6, random_state=0)
    np.save("rows.npy", rows)
    np.save("pictures.npy", sprites(1000, 2, size=32, random_state=0)[0])
    (tmp_path / "rows").mkdir()
    table = pd.DataFrame(rows, columns=[f"column {j}" for j in range(6)])
    table.to_csv("table.csv", index=False)
    for part in range(2):
        table[part::2].to_parquet(f"rows/{part}.parquet")
    known = dict(FUNCTIONALS)
    yield tmp_path
    FUNCTIONALS.clear()
    FUNCTIONALS.update(known)


def test_the_readme(rows_at_hand):
    names = run(HOME / "README.md")
    assert names["rows"].shape == (3000, 3)
    assert names["mcc"](names["sources"], names["factors"]) > 0.998
    assert names["model"].sources_.compute().shape == (3000, 2)
    assert np.load("results/sources.npy").shape == (2000, 2)


def test_extending(rows_at_hand):
    names = run(HOME / "docs" / "extending.md")
    assert names["mcc"](names["model"].sources_, names["factors"]) > 0.999
    assert names["sign_agreement"](names["model"].sources_, names["factors"]) > 0.99
    assert names["model"].n_nodes_ == 2000


def test_a_functional_of_the_package(tmp_path):
    """The module of the page, where it says that it would be, in a copy of the package."""
    package = tmp_path / "hessmap"
    shutil.copytree(HOME / "hessmap", package, ignore=shutil.ignore_patterns("__pycache__"))
    module, named, *_ = blocks(HOME / "docs" / "extending.md", "python")
    (package / "functionals" / "lle.py").write_text(module, encoding="utf-8")
    stage = package / "functionals" / "__init__.py"
    text = stage.read_text(encoding="utf-8").replace("import hessian,", "import hessian, lle,")
    entry = named.splitlines()[-1].replace("min_neighbors", "lle.min_neighbors")
    stage.write_text(f"{text}{entry.replace(' forms)', ' lle.forms)')}\n", encoding="utf-8")
    words = "import hessmap.cli; from hessmap.functionals import *; print(FUNCTIONALS['lle'].forms)"
    done = subprocess.run(
        [sys.executable, "-c", words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "<function forms" in done.stdout, done.stderr


# deep.md is run where PyTorch is, in tests/deep
EXAMPLES = [page for page in PAGES if blocks(page, "python") and page.name != "deep.md"]
OWN_TESTS = ("README.md", "extending.md")


@pytest.mark.parametrize("page", named(page for page in EXAMPLES if page.name not in OWN_TESTS))
def test_examples(page, rows_at_hand):
    assert "HessianICA" in run(page)  # warnings are errors


@pytest.mark.parametrize("page", named(PAGES))
def test_commands(page):
    """Every command of hessmap that is shown would be accepted."""
    for block in blocks(page, "", "sh", "console"):
        for line in block.splitlines():
            command = re.split(r" {3,}", line.removeprefix("$ "))[0]  # what follows explains it
            words = shlex.split(command, comments=True)
            if words[:1] == ["hessmap"] and "..." not in words:
                for end in ("&&", "|"):
                    words = words[: words.index(end)] if end in words else words
                parsed(words[1:])


@pytest.mark.parametrize("page", named(PAGES))
def test_links(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("gallery/"):  # made with the pages
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", named(PAGES))
def test_targets(page):
    makefile = (HOME / "Makefile").read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_tests_that_the_page_of_reliability_names():
    page = (HOME / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)::(\w+)`", page)
    assert named
    for file, test in named:
        text = (HOME / "tests" / file).read_text(encoding="utf-8")
        assert f"def {test}(" in text, f"{file} has no {test}"
