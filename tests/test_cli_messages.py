"""How commands end where they are not called from a terminal, and what they say of others."""

from __future__ import annotations

import signal
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from hessmap import AssumptionWarning
from hessmap.cli import main
from hessmap.cli.data import opened_data
from hessmap.cli.messages import FAILED, ending, said

from .command_line import folder


def test_a_command_in_a_thread(tmp_path, capsys):
    """Only the main thread may say what a signal does."""
    before = signal.getsignal(signal.SIGTERM)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(main, ["report", str(tmp_path / "none")]).result() == 1
    assert capsys.readouterr().err.startswith("hessmap: RUN must be")
    assert signal.getsignal(signal.SIGTERM) is before


def test_warnings_of_others_are_shown_as_usual(capsys, monkeypatch):
    others = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *_: others.append(str(message)))
    with said():
        warnings.simplefilter("always")
        warnings.warn("of NumPy", UserWarning, stacklevel=1)
        warnings.warn("more `n_neighbors`", AssumptionWarning, stacklevel=1)
    assert others == ["of NumPy"]
    assert capsys.readouterr().err == "hessmap: warning: more --n-neighbors\n"


def test_a_reader_who_has_had_enough(tmp_path, monkeypatch):
    """What is still printed, by the interpreter as it ends, goes nowhere."""
    with open(tmp_path / "out", "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with ending(debug=False) as end:
            raise BrokenPipeError
        out.write("more")
        out.flush()
    assert end.code == FAILED
    assert (tmp_path / "out").read_text() == ""


def test_pictures_that_do_not_fit(tmp_path, monkeypatch):
    path = folder(tmp_path, n=3)
    with pytest.raises(ValueError, match=r"`shape` must be that of the pictures .*20,20, .*19,20"):
        opened_data(path, (19, 20))
    data = opened_data(path, (20, 20))
    assert data.whole().rows.n_rows == 3
    monkeypatch.setattr("hessmap.cli.data.available_bytes", lambda: 1000)
    with pytest.raises(MemoryError, match=r"smoothing 3 pictures takes .*With --blur 0"):
        data.whole()
