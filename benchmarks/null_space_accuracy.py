"""The null space of large operators against exact references: angles, bounds, iterations.

    python benchmarks/null_space_accuracy.py [--quick]

The reference is shift-invert where its factors stay small, and otherwise LOBPCG driven on until
the bound of Davis & Kahan, which knows nothing of preconditioners, is a hundredth of what is
tested.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter

import numpy as np
from data import blob, curves, ribbon, three_turns

from hessmap.eigen import Geometry, certify, smallest_eigenpairs
from hessmap.functionals import FUNCTIONALS, local_frames
from hessmap.neighbors import knn_graph
from hessmap.operator import Operator, build_operator
from hessmap.order import spatial_order

Data = tuple[np.ndarray, np.ndarray]


def problem(X: np.ndarray, d: int, k: int, name: str) -> tuple[Operator, Geometry]:
    """Operator and geometry of rows, as a fit would make them."""
    points = X - X.mean(axis=0)
    points = points[spatial_order(points)] / np.abs(points).max()
    functional = FUNCTIONALS[name]
    graph = knn_graph(points, k, random_state=0)
    frames = local_frames(points, graph, d, curvature=functional.curvature)
    operator = build_operator(functional.forms(frames, graph), graph.indices)
    return operator, Geometry(points, graph.indices, d)


def reference(operator: Operator, geometry: Geometry, d: int, direct: bool) -> np.ndarray:
    """Null space (n, d) to at least 1e-6."""
    if direct:
        return smallest_eigenpairs(operator, d + 2, solver="shift-invert", random_state=1).vectors[
            :, 1 : d + 1
        ]
    pairs = smallest_eigenpairs(
        operator, d + 2, solver="multigrid", geometry=geometry, tol=1e-8, random_state=1
    )
    bound = certify(operator, pairs.values, pairs.vectors, d + 1).sin_bound
    print(f"    reference: Davis-Kahan bound {bound:.1e} after {pairs.n_iter} iterations")
    return pairs.vectors[:, 1 : d + 1]


def row(title: str, make: Callable[[], Data], d: int, k: int, *, name: str, direct: bool) -> None:
    """One line of the table."""
    operator, geometry = problem(make()[0], d, k, name)
    start = perf_counter()
    pairs = smallest_eigenpairs(
        operator, d + 2, solver="multigrid", geometry=geometry, random_state=0
    )
    seconds = perf_counter() - start
    exact = reference(operator, geometry, d, direct)
    found = pairs.vectors[:, 1 : d + 1]
    sine = float(np.linalg.norm(found - exact @ (exact.T @ found), 2))
    bound = pairs.certificate.sin_bound
    print(
        f"| {title} | {name} | {d} | {k} | {operator.shape[0]:,} | {pairs.n_iter} | {seconds:.1f} "
        f"| {pairs.certificate.gap_ratio:.1e} | {sine:.1e} | {bound:.1e} | "
        f"{'held' if sine <= bound else 'BROKEN'} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20,000 nodes only")
    quick = parser.parse_args().quick
    print("| data | functional | d | k | nodes | iterations | s | gap ratio | sin | bound | |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for n in (20_000,) if quick else (20_000, 100_000):
        for name in ("hessian", "tangent"):
            for noise in (0.0, 0.1):
                direct = noise == 0
                make = lambda n=n, noise=noise: blob(n, noise=noise)  # noqa: E731
                row(f"blob, noise {noise}", make, 2, 16, name=name, direct=direct)
                make = lambda n=n, noise=noise: curves(n, 3, noise=noise)  # noqa: E731
                row(f"arcs, noise {noise}", make, 3, 20, name=name, direct=direct and n < 50_000)
    if quick:
        return
    curved = (
        ("swiss roll, three turns", three_turns),
        ("ribbon in 100 dimensions", ribbon),
        ("blob, width 1.5", lambda n: blob(n, width=1.5)),
        ("blob, width 1", lambda n: blob(n, width=1.0)),
    )
    for title, make_rows in curved:
        row(
            title,
            lambda make_rows=make_rows: make_rows(100_000),
            2,
            16,
            name="hessian",
            direct=True,
        )


if __name__ == "__main__":
    main()
