"""The examples of docs/deep.md run, and do what it says."""

import re
from pathlib import Path

import numpy as np

from hessmap.metrics import mcc

GUIDE = Path(__file__).parents[2] / "docs" / "deep.md"


def test_the_examples():
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), names)
    assert mcc(names["model"].sources_, names["factors"]) > 0.98
    wanted = names["model"].inverse_transform(names["codes"])
    np.testing.assert_allclose(names["pictures"], wanted, atol=1e-5)
    assert names["model"].history_["held_out_encoder"][-1] < 0.05
