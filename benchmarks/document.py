"""Put the figures of the last runs into the documentation: `python -m benchmarks.document`.

Reads `build/bench/NAME.json`, or the files of all its parts, and replaces what lies between the two marks in
`docs/benchmarks.md`. A benchmark that was not run here keeps the figures that the page has of it.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.__main__ import KEPT, NAMES, PARTS
from benchmarks.measuring import HEADINGS, Row, cells

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- figures: python -m benchmarks.document -->", "<!-- end of figures -->"


def figures(folder: Path, told: str) -> Iterator[str]:
    """Yield the text of each benchmark: when and how it was run, and its rows; what `told` has where it was not."""
    earlier = {name: text for text in told.split("\n\n**") if (name := text.removeprefix("**").partition("**")[0])}
    for name in NAMES:
        if found := list(_documents(folder, name)):
            yield "\n".join(_section(name, found))
        else:
            yield "**" + earlier.get(name, f"{name}**: not run.").removeprefix("**")


def _documents(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the results of a benchmark: of the whole, or else of all its parts."""
    whole, parts = folder / f"{name}.json", [folder / f"{name}.{part}.json" for part in PARTS.get(name, ())]
    if whole.is_file():
        parts = [whole]
    if all(path.is_file() for path in parts):
        yield from (json.loads(path.read_text("utf-8")) for path in parts)


def _section(name: str, found: Sequence[dict[str, Any]]) -> Iterator[str]:
    machine, loads = found[0]["machine"], sorted({f"{part['machine']['load'][0]:.1f}" for part in found}, key=float)
    how = "quick run" if any(part["quick"] for part in found) else "full run"
    if len(found) > 1:
        how += " in parts"
    load = f"load {' to '.join(dict.fromkeys((loads[0], loads[-1])))} on {machine['cpus']} processors"
    yield f"**{name}**: {how} of {found[-1]['at'][:10]}, Python {machine['python']}, {load}.\n"
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---|--:|---|--:|---|--:|--:|---|"
    yield from (f"| {' | '.join(cells(_row(fields)))} |" for part in found for fields in part["rows"])


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
