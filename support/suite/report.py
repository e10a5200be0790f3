"""`make report`: the last run's Allure results as one HTML file that loads nothing from elsewhere.

The generator is the npm package `allure` with its classic report, installed below the build folder the first time.
"""

import base64
import binascii
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

_VERSION = "3.18.0"
_TIMEOUT = 600.0
_LOADING = frozenset({"src", "srcset", "poster", "data", "action", "background", "xlink:href"})
_REMOTE = re.compile(r"\s*(?:https?:|wss?:|ftp:)?//", re.IGNORECASE)
_LOADED_BY_TEXT = re.compile(
    r"""(?:\b(?:fetch|import|importScripts|Worker|EventSource|WebSocket|sendBeacon|load)\s*\(|\.src\s*=|\burl\(|@import|\bfrom)
    \s*["'`]?(?:https?:|wss?:)?//[^"'`)\s]{0,80}""",
    re.VERBOSE,
)
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:\">"
)
_CHARSET = '<meta charset="utf-8">'


class ReportError(Exception):
    """The report cannot be made; the message says what to do."""


class _References(HTMLParser):
    """Collects what a page would load from elsewhere when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_text = tag in ("script", "style")
        for name, value in attrs:
            loads = name in _LOADING or (tag == "link" and name == "href")
            if value and loads:
                self._address(tag, value)
            if value and name == "style":
                self.found += loaded_by_text(value)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - html.parser's signature
        self._in_text = False

    def handle_data(self, data: str) -> None:
        if self._in_text:
            self.found += loaded_by_text(data)

    def _address(self, tag: str, value: str) -> None:
        if value.startswith("data:"):
            self.found += loaded_by_text(_decoded(value))
        elif not value.startswith(("#", "blob:", "about:")):
            self.found.append(f"<{tag}> {value[:80]}")


def loaded_by_text(text: str) -> Iterator[str]:
    """Yield what a script or a style sheet loads from an address written into it."""
    for match in _LOADED_BY_TEXT.finditer(text):
        yield match.group(0)


def _decoded(address: str) -> str:
    """Return the text of a `data:` address; of one that holds no text, nothing that matters."""
    head, _, body = address.partition(",")
    if not head.endswith(";base64"):
        return body
    try:
        return base64.b64decode(body).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def references_elsewhere(page: str) -> list[str]:
    """Return what an HTML page loads from other files or hosts; links that a reader may follow are not meant."""
    parser = _References()
    parser.feed(page)
    parser.close()
    return parser.found


def make_report(build: Path) -> Path:
    """Make `report/index.html` below the build folder of the last run, and return its path.

    Raises:
        ReportError: there are no results, Node.js is missing, the generator fails, or the page loads something.
    """
    results = build / "allure-results"
    if not any(results.glob("*-result.json")):
        raise ReportError(f"there are no results in {results}: run `make test` first")
    generator = _generator(build / "tools" / f"allure-{_VERSION}")
    target = build / "report"
    shutil.rmtree(target, ignore_errors=True)
    _run([str(generator), "allure2", str(results), "--single-file", "--output", str(target)])
    page = target / "index.html"
    text = page.read_text(encoding="utf-8")
    if found := references_elsewhere(text):
        raise ReportError(f"{page} would load from elsewhere: {'; '.join(found)}")
    if _CHARSET not in text:
        raise ReportError(f"{page} has no {_CHARSET} behind which its policy could stand")
    # Belt and braces: the browser itself is told to load nothing that is not in the file.
    page.write_text(text.replace(_CHARSET, _CHARSET + _POLICY, 1), encoding="utf-8")
    return page


def _generator(folder: Path) -> Path:
    """Return the generator's program, installed when it is not there yet."""
    program = folder / "node_modules" / ".bin" / "allure"
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        raise ReportError(f"{' and '.join(missing)} not found: the report needs Node.js 20 or newer, with npm")
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder)]
        _run(["npm", "install", *options, f"allure@{_VERSION}"])
    return program


def _run(command: Sequence[str]) -> None:
    # Without the word `true` every report loads a tag manager.
    environ = {**os.environ, "ALLURE_NO_ANALYTICS": "true"}
    done = subprocess.run(
        command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    if done.returncode:
        raise ReportError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def main(arguments: Sequence[str]) -> int:
    """Make the report and say where it is; return the exit code."""
    try:
        page = make_report(Path(arguments[0] if arguments else "build"))
    except ReportError as error:
        sys.stderr.write(f"no report: {error}\n")
        return 1
    sys.stdout.write(f"{page} ({page.stat().st_size / 1e6:.1f} MB, loads nothing from elsewhere)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
