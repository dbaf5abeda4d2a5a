"""Suites for airspeed velocity: ``make bench-quick``, or ``asv run`` in ``benchmarks/``."""
