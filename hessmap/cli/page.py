"""The page of a run: one file of HTML that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from importlib.util import find_spec
from struct import unpack
from typing import Any

from ..diagnosis import Report
from ..diagnosis.shown import JUDGED, chosen, numbers, shown
from .figures import DPI, Drawing, drawings, small_png
from .runs import SETTINGS, Run

NO_FIGURES = "Figures need matplotlib: pip install 'hessmap[plot]', then hessmap report RUN --html."
GROUPS = {
    "pictures": "Pictures",
    "sources": "Sources",
    "evidence": "Evidence",
}


def page(run: Run) -> str:
    """The page, with its figures where matplotlib is there."""
    report = run.model.report_
    body = [
        _head(run),
        _findings(report),
        *_figures(run),
        _section("Numbers", _judged(report)),
        _section("Choices made by the package", _choices(report)),
        _section("Seconds", _seconds(report)),
        _section("This run", _settings(run)),
        _section("All numbers", _folded("Show them", _numbers(report))),
    ]
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>hessmap: {escape(run.name)}</title>\n<style>\n{style}</style>\n</head>\n"
        "<body>\n<main>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n"
    )


def _head(run: Run) -> str:
    report, data = run.model.report_, run.settings["data"]
    codes = ", ".join(dict.fromkeys(finding.code for finding in report.findings))
    verdict = (
        '<p class="verdict good">Nothing was found against the assumptions.</p>'
        if report.ok
        else f'<p class="verdict bad">Found against the assumptions: {escape(codes)}.</p>'
    )
    facts = [
        ("expected MCC", f"{report.score:.4f}"),
        ("rows", f"{data['rows']:,}"),
        ("columns", _columns(data)),
        ("nodes", f"{report.n_nodes:,}"),
        ("neighbours", f"{report.n_neighbors}"),
        ("seconds", f"{run.settings['seconds']:.1f}"),
    ]
    if run.settings["blur"] is not None:
        facts.insert(-1, ("blur, pixels", f"{run.settings['blur']['sigma']:g}"))
    cells = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts)
    return (
        f'<header>\n<p class="kind">hessmap report</p>\n<h1>{_counted(report)} of '
        f'<span class="name">{escape(run.name)}</span></h1>\n{verdict}\n'
        f'<dl class="facts">{cells}</dl>\n</header>'
    )


def _counted(report: Report) -> str:
    """How many of what; with findings nobody knows whether they are factors."""
    word = "independent factor" if report.ok else "component"
    return f"{report.n_components} {word}{'s' * (report.n_components != 1)}"


def _columns(data: dict[str, Any]) -> str:
    if data["shape"] is None:
        return f"{data['columns']:,}"
    return " x ".join(map(str, data["shape"]))


def _findings(report: Report) -> str:
    if report.ok:
        return ""
    items = "".join(
        f'<article class="finding"><h3>{escape(finding.code)}</h3>'
        f"<p>{escape(finding.message[:1].upper() + finding.message[1:])}</p></article>"
        for finding in report.findings
    )
    return _section("Read this before you use the sources", items)


def _figures(run: Run) -> list[str]:
    if find_spec("matplotlib") is None:
        return [f'<p class="note">{escape(NO_FIGURES)}</p>']
    found = list(drawings(run))
    return [
        _section(title, _grid(one for one in found if one.group == group), group)
        for group, title in GROUPS.items()
        if any(one.group == group for one in found)
    ]


def _grid(found: Iterable[Drawing]) -> str:
    return f'<div class="figures">{"".join(map(_figure, found))}</div>'


def _figure(drawing: Drawing) -> str:
    image = small_png(drawing)
    # the header of a PNG file; at this scale letters are as large as those of the text
    width, height = (side * 72 // DPI for side in unpack(">II", image[16:24]))
    data = b64encode(image).decode("ascii")
    title, caption = escape(drawing.title), escape(drawing.caption)
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{title}" '
        f'width="{width}" height="{height}">'
        f"<figcaption><b>{title}.</b> {caption}</figcaption></figure>\n"
    )


def _judged(report: Report) -> str:
    rows = [
        (name, shown(getattr(report, name)).replace("-", "\N{MINUS SIGN}"), *JUDGED[name])
        for name in JUDGED
        if getattr(report, name) is not None
    ]
    found = {finding.value for finding in report.findings}
    body = "".join(
        f"<tr><th>{escape(what)}<br><code>{escape(name)}</code></th>"
        f"<td{_marked(getattr(report, name), found)}>{escape(value)}</td>"
        f"<td>{escape(good)}</td></tr>"
        for name, value, what, good in rows
    )
    return (
        '<table class="judged"><thead><tr><th>number</th><td>here</td><td>good</td></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _marked(value: object, found: set[float]) -> str:
    """Class of a number that a finding is about."""
    return ' class="bad"' if isinstance(value, float | int) and value in found else ""


def _choices(report: Report) -> str:
    if not report.choices:
        return "<p>None: everything was given.</p>"
    return _list(chosen(report))


def _seconds(report: Report) -> str:
    longest = max(report.stage_seconds.values()) or 1.0
    body = "".join(
        f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{seconds:.2f}</td>"
        f'<td class="bar"><span style="width:{100 * seconds / longest:.1f}%"></span></td></tr>'
        for name, seconds in report.stage_seconds.items()
    )
    total = sum(report.stage_seconds.values())
    return (
        f'<table class="seconds"><tbody>{body}</tbody>'
        f'<tfoot><tr><th>fit</th><td>{total:.2f}</td><td class="bar"></td></tr></tfoot></table>'
    )


def _settings(run: Run) -> str:
    settings = run.settings
    known = [
        ("data", settings["data"]["path"]),
        ("written", settings["date"]),
        ("command", settings["command"]),
        ("versions", ", ".join(f"{k} {v}" for k, v in settings["versions"].items())),
        ("parameters", ", ".join(f"{k}={v!r}" for k, v in settings["estimator"].items())),
    ]
    again = f"hessmap fit --settings {SETTINGS} --out again"
    return (
        _list(known)
        + f"<p>To repeat it, in the folder of this page:</p><pre>{escape(again)}</pre>"
        + f"<p>In Python:</p><pre>{escape(_python(run))}</pre>"
    )


def _python(run: Run) -> str:
    """Lines that use the run."""
    smooth = "rows"
    lines = ["import hessmap", "", 'model = hessmap.load("model.hessmap")']
    if run.blur is not None:
        lines.insert(1, "from hessmap.pictures import Blur")
        lines.append(f"blur = Blur({run.blur.shape}, {run.blur.sigma:g}).fit(rows)")
        smooth = "blur.transform(rows)"
    return "\n".join([*lines, f"sources = model.transform({smooth})"])


def _numbers(report: Report) -> str:
    return _list(numbers(report))


def _section(title: str, content: str, name: str = "") -> str:
    kind = f' class="{name}"' if name else ""
    return f"<section{kind}>\n<h2>{escape(title)}</h2>\n{content}\n</section>"


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def _list(items: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in items)
    return f'<dl class="list">{rows}</dl>'
