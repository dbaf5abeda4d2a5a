"""Models and unfinished fits in files: arrays and JSON, nothing that runs when it is read.

`container` is the file, `objects` turns what the stages leave behind into its parts and back,
`model` knows what a fitted estimator is made of, and `checkpoint` keeps the stages of a fit.
"""

from __future__ import annotations

from .model import load, save

__all__ = ["load", "save"]
