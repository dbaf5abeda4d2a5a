"""How much memory a fit takes, told before it starts."""

from __future__ import annotations

import os
from pathlib import Path

# Numbers of eight bytes for each node, beside what is counted below; fitted to measured peaks.
SPARE_NUMBERS = 40
# Non-zeros in a row of H over k (d + 1): 1.0 measured without noise, 1.8 with noise at d = 2.
FILL = 1.8
# Bytes for each non-zero: value and column in H, and what a hierarchy holds beside it.
BYTES_PER_NONZERO = 12
HIERARCHY_SHARE = 0.6


def estimated_bytes(n_nodes: int, n_columns: int, d: int, k: int) -> int:
    """Largest memory of a fit beyond its rows, in bytes.

    Parameters
    ----------
    n_nodes, n_columns : int
        Nodes, and columns of the points that the stages after the rows work on.
    d, k : int
        Components and size of a neighbourhood.
    """
    points = 3 * n_columns
    graph = 2 * k
    frames = k * d + d * n_columns + d * (d + 1)
    forms = k * max(d + 1, d * (d + 1) // 2)
    numbers = 8 * (points + graph + frames + SPARE_NUMBERS)
    nonzeros = min(n_nodes, k * k, FILL * k * (d + 1))
    operator = BYTES_PER_NONZERO * nonzeros
    eigenvectors = 8 * 14 * (d + 2)
    assembly = 8 * forms + operator
    solving = (1 + HIERARCHY_SHARE) * operator + eigenvectors
    return int(n_nodes * (numbers + max(assembly, solving)))


def available_bytes() -> int | None:
    """Memory that this process can still get, or None where the system does not tell."""
    free = _of_system()
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        (
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        ),
    ):
        bound, taken = _number(limit), _number(used)
        if bound is not None and taken is not None:
            left = max(bound - taken, 0)
            free = left if free is None else min(free, left)
    return free


def _of_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("MemAvailable:"):
            return 1024 * int(line.split()[1])
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        return None


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):  # no such file, or the word "max"
        return None


def check_memory(n_nodes: int, n_columns: int, d: int, k: int) -> None:
    """Raise MemoryError, with the way out, if a fit needs more than there is."""
    free = available_bytes()
    needed = estimated_bytes(n_nodes, n_columns, d, k)
    if free is not None and needed > free:
        raise MemoryError(
            f"a fit of {n_nodes:,} nodes with n_neighbors={k} and n_components={d} takes about "
            f"{needed / 1e9:.1f} GB beyond the rows, and {free / 1e9:.1f} GB are free. Ask "
            "for fewer `n_nodes`, or leave their number at 'auto'."
        )
