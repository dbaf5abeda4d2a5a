"""Runs before anything imports SciPy, so that scikit-learn skips none of its checks."""

import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
