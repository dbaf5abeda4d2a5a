"""The page of the scaling benchmark: tables, the model fitted to them, and what it predicts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.optimize import nnls
from store import Store

TEMPLATE = Path(__file__).with_suffix(".md")
STAGES = ("rows", "nodes", "graph", "functionals", "operator", "null_space", "extension", "ica")
PARTITION_ROWS = 500_000  # of 30 columns: 120 MB
WORKERS = (1, 16, 256)
PREDICTED = (10**8, 10**9)
LEAVES = 20_000


def write(store: Store, page: Path) -> None:
    """Fill the template with what was measured."""
    rows = list(store)
    filled = TEMPLATE.read_text(encoding="utf-8")
    averages = [row for row in rows if row["kind"] == "averages"]
    cluster = [row for row in rows if row["kind"] == "cluster"]
    one, many = fitted(averages), fitted_cluster(cluster)
    parts = {
        "averages": measured_table(averages, one),
        "every_row": every_row_table([row for row in rows if row["kind"] == "every row"]),
        "model": model_table(one),
        "cluster": cluster_table(cluster, many),
        "large": large_table([row for row in rows if row["kind"] == "large"], many),
        "cluster_model": cluster_model(many, cluster),
        "predicted": predicted_table(one, many),
    }
    for name, text in parts.items():
        filled = filled.replace("{{" + name + "}}", text)
    page.write_text(filled, encoding="utf-8")


def features(row: dict) -> np.ndarray:
    """What the seconds of the passes over all rows of one machine are a combination of."""
    n, d, D, q = row["n"], row["d"], row["D"], row["q"] or row["D"]
    terms = d + d * (d + 1) // 2
    reading, routing = n * D / 1e9, n * q * np.log2(LEAVES) / 1e9
    return np.array([reading, routing, n * (5 + 2 * d) * terms * (terms + q) / 1e9])


def of_passes(row: dict) -> float:
    """Seconds beyond those of a fit to the sample alone: what all rows add."""
    return row["of_rows"] + row["of_extension"] + row["of_ica"]


def fitted(rows: list[dict]) -> np.ndarray:
    """Non-negative coefficients by least squares of relative errors."""
    design = np.array([features(row) for row in rows])
    seconds = np.array([of_passes(row) for row in rows])
    return nnls(design / seconds[:, None], np.ones(len(rows)))[0]


def cluster_features(n: float, workers: float, partitions: float) -> np.ndarray:
    """What seconds of a cluster are a combination of: fixed, per row, per partition."""
    return np.array([1.0, n / workers / 1e6, partitions / 1e3])


def fitted_cluster(rows: list[dict]) -> dict[str, np.ndarray]:
    """Coefficients of the fit, and of mapping all rows after it."""
    design = np.array(
        [cluster_features(row["n"], row["workers"], row["partitions"]) for row in rows]
    )
    found = {}
    for what in ("seconds", "mapped"):
        seconds = np.array([row[what] for row in rows])
        found[what] = nnls(design / seconds[:, None], np.ones(len(rows)))[0]
    return found


def measured_table(rows: list[dict], model: np.ndarray) -> str:
    lines = []
    for row in sorted(
        rows, key=lambda row: (row["D"] != 30, row["d"], row["D"], row["k"], row["n"])
    ):
        stages = [f"{row[f'of_{stage}']:.2f}" for stage in STAGES]
        passes = [f"{of_passes(row):.2f}", f"{float(features(row) @ model):.2f}"]
        sizes = [f"{row['n']:,}", *(str(row[name]) for name in ("d", "D", "k"))]
        memory = f"{row['beyond_rows']:.2f}"
        lines.append(
            [*sizes, f"{row['nodes']:,}", *stages, f"{row['seconds']:.1f}", *passes, memory]
        )
    head = ["n", "d", "D", "k", "nodes", *STAGES, "seconds", "all rows", "model", "GB beyond X"]
    return table(head, lines)


def every_row_table(rows: list[dict]) -> str:
    lines = []
    for row in sorted(rows, key=lambda row: (row["d"], row["k"], row["n"])):
        stages = [f"{row[f'of_{stage}']:.2f}" for stage in STAGES]
        each = f"{1e6 * row['seconds'] / row['n']:.0f}"
        memory = f"{1e6 * row['beyond_rows'] / row['n']:.1f}"
        sizes = [f"{row['n']:,}", str(row["d"]), str(row["D"]), str(row["k"])]
        lines.append([*sizes, *stages, f"{row['seconds']:.1f}", each, memory])
    head = ["n", "d", "D", "k", *STAGES, "seconds", "µs a node", "kB a node"]
    return table(head, lines)


def model_table(model: np.ndarray) -> str:
    read, route, embed = model
    return (
        f"seconds = {read:.2f} n D + {route:.3f} n q log2 L + {embed:.2f} n r t (t + q), "
        "n in units of 10^9"
    )


def cluster_table(rows: list[dict], models: dict[str, np.ndarray]) -> str:
    lines = []
    for row in rows:
        known = cluster_features(row["n"], row["workers"], row["partitions"])
        lines.append(
            [
                f"{row['n']:,}",
                str(row["workers"]),
                f"{row['partitions']:,}",
                f"{row['seconds']:.1f}",
                f"{float(known @ models['seconds']):.1f}",
                "" if np.isnan(row["mapped"] or np.nan) else f"{row['mapped']:.1f}",
                f"{float(known @ models['mapped']):.1f}",
                f"{1e6 * row['making']:.2f}",
                f"{row['worker_peak']:.2f}",
                f"{row['client_peak']:.2f}",
            ]
        )
    head = ["n", "workers", "partitions", "fit, s", "model", "sources, s", "model"]
    return table([*head, "making a row, µs", "worker, GB", "client, GB"], lines)


def large_table(rows: list[dict], models: dict[str, np.ndarray]) -> str:
    return cluster_table(rows, models) if rows else "(not measured with this version)"


def cluster_model(models: dict[str, np.ndarray], rows: list[dict]) -> str:
    (f0, f1, f2), (m0, m1, m2) = models["seconds"], models["mapped"]
    making = float(np.median([row["making"] for row in rows]))
    return (
        f"fit: {f0:.1f} s + {f1:.2f} s a million rows and worker + {f2:.2f} s a thousand "
        f"partitions; all sources: {m0:.1f} s + {m1:.2f} s + {m2:.2f} s. Of these, making the "
        f"rows takes {1e6 * making:.2f} s a million rows, three times in the fit and once in the "
        "map"
    )


def predicted_table(one: np.ndarray, models: dict[str, np.ndarray]) -> str:
    lines = []
    for n in PREDICTED:
        for workers in WORKERS:
            known = cluster_features(n, workers, n / PARTITION_ROWS)
            fit, mapped = (float(known @ models[what]) for what in ("seconds", "mapped"))
            lines.append(
                [
                    f"10^{round(np.log10(n))}",
                    str(workers),
                    f"{n // PARTITION_ROWS:,}",
                    minutes(fit),
                    minutes(mapped),
                    f"{n * 16 / 1e9:.1f}",
                ]
            )
    head = ["n", "workers", "partitions", "fit", "all sources", "sources, GB"]
    return table(head, lines)


def minutes(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    head = list(head)
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *lines))
