"""The only formatter: tables, sizes, notes, progress and JSON documents.

Text that comes from packages is made printable first: a terminal escape in a description must not reach the terminal.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO

SCHEMA = 1
"""Version of the JSON documents: raised when a field changes its meaning or goes away, not when one is added."""

Advance = Callable[[str, int, int], None]
"""Called with what is being worked on, how much is done and how much there is."""


def printable(text: str) -> str:
    """Return `text` with control characters and bidirectional overrides shown as escapes; new lines stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def size(count: int) -> str:
    """Return a number of bytes as people read it, in powers of 1000."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.1f} kB"
    return f"{count / 1e6:.1f} MB" if count < 1_000_000_000 else f"{count / 1e9:.1f} GB"


def plural(count: int, word: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{count:,} {word}" + ("" if count == 1 else "s")


_BOLD, _DIM, _RED, _GREEN, _YELLOW, _RESET = (f"\x1b[{code}m" for code in (1, 2, 31, 32, 33, 0))


def bold(text: str) -> str:
    """Return `text` in bold."""
    return _BOLD + text + _RESET


def dim(text: str) -> str:
    """Return `text` dimmed."""
    return _DIM + text + _RESET


def good(text: str) -> str:
    """Return `text` in the colour of success."""
    return _GREEN + text + _RESET


def bad(text: str) -> str:
    """Return `text` in the colour of failure."""
    return _RED + text + _RESET


def doubtful(text: str) -> str:
    """Return `text` in the colour of warnings."""
    return _YELLOW + text + _RESET


def unstyled(text: str) -> str:
    """Return `text` without styles."""
    for style in (_BOLD, _DIM, _RED, _GREEN, _YELLOW, _RESET):
        text = text.replace(style, "")
    return text


def echo(text: str, stream: TextIO, *, color: bool | None = None) -> None:
    """Print a line; styles are kept when `color` is True, or None and `stream` is a terminal.

    When the reader (head, a pager) has seen enough, the rest goes nowhere: the command ends with its own exit code.
    """
    keep = stream.isatty() if color is None else color
    try:
        stream.write((text if keep else unstyled(text)) + "\n")
        stream.flush()
    except BrokenPipeError:
        discard(stream)


def discard(stream: TextIO) -> None:
    """Let what is still written to `stream` go nowhere, also what Python flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Output:
    """Where a verb's result and notes go: the result to stdout, everything else to stderr.

    Args:
        as_json: print one JSON document and nothing else on stdout.
        quiet: print no notes and no progress.
        color: True, False, or None for "only on a terminal".
    """

    def __init__(self, *, as_json: bool, quiet: bool, color: bool | None = None) -> None:
        self.as_json = as_json
        self._quiet = quiet
        self.color = color

    def result(self, document: Mapping[str, object], text: Callable[[], Iterable[str]]) -> None:
        """Print the result: `document` under --json, else the lines of `text()`."""
        if self.as_json:
            import json

            echo(json.dumps({"schema": SCHEMA, **document}), sys.stdout)
            return
        if lines := list(text()):
            echo("\n".join(lines), sys.stdout, color=self.color)

    def note(self, text: str) -> None:
        """Tell the user something that is not the result."""
        if not self._quiet:
            echo(dim("note: ") + printable(text), sys.stderr, color=self.color)

    def warn(self, text: str) -> None:
        """Tell the user something that needs attention."""
        echo(doubtful("warning: ") + printable(text), sys.stderr, color=self.color)

    @contextmanager
    def progress(self, title: str) -> Iterator[Advance]:
        """Show a bar on a terminal while the block runs; elsewhere, and under --json, nothing."""
        if self.as_json or self._quiet or not sys.stderr.isatty():
            yield lambda _what, _done, _total: None
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=None)
            yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, width: int | None = None) -> Iterator[str]:
    """Yield an aligned table; the last column is cut to the terminal's width (160 columns where there is none)."""
    plain = [tuple(printable(cell).replace("\n", " ") for cell in row) for row in rows]
    widths = [max(len(row[i]) for row in [tuple(headings), *plain]) for i in range(len(headings))]
    total = width or _terminal_width()
    yield bold("  ".join(heading.ljust(widths[i]) for i, heading in enumerate(headings)).rstrip())
    for row in plain:
        line = "  ".join(cell.ljust(widths[i]) for i, cell in enumerate(row)).rstrip()
        yield line if len(line) <= total else line[: total - 1] + "…"


def fields(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield `name  value` lines, aligned; pairs with an empty value are left out."""
    kept = [(name, printable(value)) for name, value in pairs if value]
    widest = max((len(name) for name, _ in kept), default=0)
    for name, value in kept:
        yield f"  {dim(name.ljust(widest))}  {value}"


def _terminal_width() -> int:
    if not sys.stdout.isatty():
        return 160
    given = os.environ.get("COLUMNS", "")
    columns = int(given) if given.isdecimal() else 0
    return columns or os.get_terminal_size(sys.stdout.fileno()).columns or 100
