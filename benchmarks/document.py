"""Put the figures of the last runs into the documentation: `python -m benchmarks.document`.

Reads `build/bench/NAME.json` and replaces what lies between the two marks in `docs/benchmarks.md`. A benchmark that was
not run here keeps the figures that the page has of it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.__main__ import KEPT, NAMES
from benchmarks.measuring import HEADINGS, Row, cells

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- figures: python -m benchmarks.document -->", "<!-- end of figures -->"


def figures(folder: Path, told: str) -> Iterator[str]:
    """Yield the text of each benchmark: when and how it was run, and its rows; what `told` has where it was not."""
    earlier = {name: text for text in told.split("\n\n**") if (name := text.removeprefix("**").partition("**")[0])}
    for name in NAMES:
        path = folder / f"{name}.json"
        if path.is_file():
            yield "\n".join(_section(name, json.loads(path.read_text("utf-8"))))
        else:
            yield "**" + earlier.get(name, f"{name}**: not run.").removeprefix("**")


def _section(name: str, found: dict[str, Any]) -> Iterator[str]:
    machine = found["machine"]
    how = "quick run" if found["quick"] else "full run"
    load = f"load {machine['load'][0]:.1f} on {machine['cpus']} processors"
    yield f"**{name}**: {how} of {found['at'][:10]}, Python {machine['python']}, {load}.\n"
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---|--:|---|--:|---|--:|--:|---|"
    yield from (f"| {' | '.join(cells(_row(fields)))} |" for fields in found["rows"])


def _row(fields: dict[str, Any]) -> Row:
    return Row(**{name: value for name, value in fields.items() if name not in ("ratio", "verdict")})


def main() -> int:
    """Rewrite the page."""
    head, _, rest = PAGE.read_text("utf-8").partition(_BEGIN)
    told, mark, tail = rest.partition(_END)
    if not mark:
        print(f"{PAGE} lacks the marks around its figures", file=sys.stderr)
        return 1
    PAGE.write_text("\n\n".join([head + _BEGIN, *figures(KEPT, told.strip()), _END + tail]), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
