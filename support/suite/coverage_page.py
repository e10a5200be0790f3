"""The coverage map as an HTML page that loads nothing, and as a result of its own in the Allure report."""

import json
import uuid
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from support.suite.coverage_map import Component, Count, CoverageMap, Function, terminal

_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1c2330 }
h1 { font-size: 1.4rem } summary { cursor: pointer; padding: .2rem 0 } table { border-collapse: collapse; width: 100% }
td, th { padding: .15rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid #e6e9ef }
td.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums } code { font-size: 12px }
.bar { display: inline-block; width: 10rem; height: .7rem; background: #e3e6ec; border-radius: 2px }
.bar span { display: block; height: 100%; border-radius: 2px; background: #2f9e62 }
.part .bar span { background: #d9a21b } .red .bar span { background: #cc3d3d } .red { background: #fdf1f1 }
.label { display: inline-block; width: 9rem; font-weight: 600 } .short { color: #a32020 }
"""


def page(found: CoverageMap, how: str) -> str:
    """Return the map as a page; `how` says what was run for it."""
    short = "".join(f"<li>{escape(text)}</li>" for text in found.shortcomings())
    body = [
        "<h1>Coverage map</h1>",
        f"<p>{escape(how)}. Statements and branches that ran in any of its processes; critical functions bear a *.</p>",
        _line("overall", found.count, f"goal {found.overall:g} %"),
        f'<ul class="short">{short}</ul>' if short else "<p>Every critical function is covered in full.</p>",
        *map(_component, found.components),
    ]
    head = f'<meta charset="utf-8"><title>Coverage map</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(body) + "\n</body></html>\n"


def _line(label: str, count: Count, note: str) -> str:
    figures = f"{count.shown} ({count.ran} of {count.total})"
    return f'<div class="{_kind(count)}"><span class="label">{escape(label)}</span>{_bar(count)} {figures} {note}</div>'


def _bar(count: Count) -> str:
    return f'<span class="bar"><span style="width:{count.percent:.1f}%"></span></span>'


def _kind(count: Count, *, critical: bool = False) -> str:
    return "full" if count.full else "red" if critical else "part"


def _component(component: Component) -> str:
    critical = component.critical
    note = f"· {sum(item.count.full for item in critical)} of {len(critical)} critical functions in full"
    ordered = sorted(component.functions, key=lambda item: (not item.critical, item.file, item.line))
    rows = "\n".join(map(_row, ordered))
    head = "<tr><th>function</th><th></th><th></th><th>missing</th></tr>"
    line = _line(component.name, component.count, note if critical else "")
    return f"<details><summary>{line}</summary><table>{head}\n{rows}</table></details>"


def _row(function: Function) -> str:
    name = f"{'* ' if function.critical else ''}{function.place}"
    return (
        f'<tr class="{_kind(function.count, critical=function.critical)}"><td><code>{escape(name)}</code></td>'
        f'<td>{_bar(function.count)}</td><td class="figure">{function.count.shown}</td>'
        f"<td><code>{escape(', '.join(function.missed))}</code></td></tr>"
    )


def attach(found: CoverageMap, html: str, folder: Path, *, checked: bool, clock: Callable[[], float]) -> None:
    """Write the map as a result into a folder of Allure results: failed when it was checked and falls short.

    `clock` gives seconds since the epoch. A map that nobody asked to check is shown as skipped: it proves nothing.
    """
    short = found.shortcomings()
    status = "skipped" if not checked else "failed" if short else "passed"
    message = "\n".join(short) or f"overall {found.count.shown}, every critical function in full"
    moment = int(clock() * 1000)
    result = {
        "uuid": str(uuid.uuid4()), "name": "Coverage map", "fullName": "coverage map", "historyId": "coverage-map",
        "status": status, "statusDetails": {"message": message if checked else f"not checked: {message}"},
        "stage": "finished", "start": moment, "stop": moment,
        "labels": [{"name": "feature", "value": "Coverage"}, {"name": "suite", "value": "Coverage"}],
        "attachments": list(_attachments(found, html, folder)),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result['uuid']}-result.json").write_text(json.dumps(result), encoding="utf-8")


def _attachments(found: CoverageMap, html: str, folder: Path) -> Iterator[dict[str, str]]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind, suffix, text in (
        ("coverage map", "text/html", "html", html),
        ("coverage map, as text", "text/plain", "txt", terminal(found)),
    ):
        source = f"{uuid.uuid4()}-attachment.{suffix}"
        (folder / source).write_text(text, encoding="utf-8")
        yield {"name": name, "source": source, "type": kind}
