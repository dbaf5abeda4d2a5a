"""How a report is shown: as text, as HTML, and beside the limits that a reader judges it by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from html import escape

import numpy as np

from .findings import (
    MAX_DEPENDENCE,
    MAX_DISTORTION,
    MAX_LEFTOVER,
    MAX_SPECTRAL_GAP,
    MIN_BOTTLENECK,
    MIN_STABILITY,
)
from .report import Report

# Kept for the pictures, or shown in sentences of their own.
NOT_SHOWN = ("eigenvalues", "pair_distances", "dependence_matrix", "findings", "choices")
# Findings about rows that were left out, and not about what the others follow.
ABOUT_SINGLE_ROWS = ("far-from-manifold", "not-finite")
# Numbers that a reader judges a fit by: what they are, and where they are good.
JUDGED = {
    "score": ("MCC that can be expected, judged without labels", "near 1"),
    "local_isometry": ("agreement of short distances in rows and embedding", "near 1"),
    "metric_distortion": ("deviation of local lengths, noise taken off", f"< {MAX_DISTORTION:g}"),
    "leftover_direction": ("what the embedding misses of the rows", f"< {MAX_LEFTOVER:g}"),
    "spectral_gap": (
        "eigenvalues within and after the null space",
        f"near 0, < {MAX_SPECTRAL_GAP:g}",
    ),
    "source_dependence": (
        "largest dependence of two sources",
        f"< {MAX_DEPENDENCE:g}, or more by chance where rows are few",
    ),
    "source_kurtosis": ("excess kurtosis of each source", "not 0, or skewed"),
    "source_skewness": ("skewness of each source", "not 0, or kurtosis"),
    "ica_stability": ("how surely the directions are known", f"> {MIN_STABILITY:g}"),
    "bottleneck": ("narrowest place of the data, as a share", f"> {MIN_BOTTLENECK:g}"),
    "eigen_sin_bound": ("error of the null space", "< tol"),
    "n_far": ("rows that no map reaches", "0"),
}


def text(report: Report) -> str:
    """Verdict, findings, choices and numbers, those that are judged beside where they are good."""
    lines = [f"hessmap report: {verdict(report)}"]
    lines += [f"  ! {finding.code}: {finding.message}" for finding in report.findings]
    lines += [f"  {name} = {value}" for name, value in chosen(report)]
    known = dict(_known(report))
    width = max(map(len, known))
    for name, values in known.items():
        good = f"  (good: {JUDGED[name][1]})" if name in JUDGED else ""
        lines.append(f"  {name:<{width}}  {values[0]}{good}")
        lines += [f"  {'':<{width}}  {value}" for value in values[1:]]
    return "\n".join(lines)


def html(report: Report) -> str:
    """The same for notebooks."""
    findings = "".join(
        f"<li><b>{escape(finding.code)}</b>: {escape(finding.message)}</li>"
        for finding in report.findings
    )
    choices = "".join(
        f"<li>{escape(name)} = {escape(value)}</li>" for name, value in chosen(report)
    )
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td>"
        f"<td>{escape(JUDGED[name][1] if name in JUDGED else '')}</td></tr>"
        for name, value in numbers(report)
    )
    return (
        f"<div><b>hessmap report</b><p>{escape(verdict(report))}</p><ul>{findings}</ul>"
        + (f"<p>Chosen:</p><ul>{choices}</ul>" if choices else "")
        + "<table><thead><tr><th style='text-align:left'>number</th><td>here</td><td>good</td>"
        + f"</tr></thead>{rows}</table></div>"
    )


def verdict(report: Report) -> str:
    """One sentence on whether the fit can be trusted."""
    expected = "" if report.source_kurtosis is None else f" (expected MCC {report.score:.4f})"
    if report.ok:
        return f"nothing was found against the assumptions{expected}."
    if all(finding.code in ABOUT_SINGLE_ROWS for finding in report.findings):
        return f"some rows were left out, and nothing was found against the others{expected}."
    return f"do not trust this result before reading on{expected}."


def chosen(report: Report) -> Iterator[tuple[str, str]]:
    """Parameters that the package chose, and why so."""
    for name, reason in report.choices.items():
        yield name, f"{getattr(report, name)}: {reason}"


def numbers(report: Report) -> Iterator[tuple[str, str]]:
    """Every number that is known and not drawn."""
    for name, values in _known(report):
        yield name, "; ".join(values)


def shown(value: object) -> str:
    """One number, or several that belong together."""
    return "; ".join(_lines(value))


def _known(report: Report) -> Iterator[tuple[str, list[str]]]:
    for field in fields(report):
        value = getattr(report, field.name)
        if field.name not in NOT_SHOWN and value is not None:
            yield field.name, _lines(value)


def _lines(value: object) -> list[str]:
    if isinstance(value, float) and np.isnan(value):
        return ["unknown"]
    if isinstance(value, tuple):
        return [
            f"{one.n_nodes:,} (gap {one.spectral_gap:.2g}, disagreement {one.disagreement:.2g})"
            for one in value
        ] or ["none"]
    if isinstance(value, dict):
        return [", ".join(f"{name} {seconds:.2f}" for name, seconds in value.items())]
    if isinstance(value, np.ndarray) and value.ndim == 2:
        return ["; ".join(", ".join(f"{v:.2g}" for v in row) for row in value)]
    if isinstance(value, np.ndarray):
        return [", ".join(f"{v:.3g}" for v in value)]
    return [f"{value:.4g}" if isinstance(value, float) else str(value)]
