"""The example of docs/deep.md runs, and does what it says."""

import re
from pathlib import Path

from hessmap.metrics import mcc

GUIDE = Path(__file__).parents[2] / "docs" / "deep.md"


def test_the_example():
    (block,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    exec(compile(block, str(GUIDE), "exec"), names)
    assert mcc(names["model"].sources_, names["factors"]) > 0.98
    assert names["pictures"].shape == (5, 1024)
    assert names["model"].history_["held_out_encoder"][-1] < 0.05
