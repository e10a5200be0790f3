"""The README's tour, taken word by word: each line of its block through a shell, as a newcomer types it."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
HEADING = "## A five-minute tour"
_EXIT = re.compile(r"#.*\bexit code (\d+)")
_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the tour and the exit code that its comment names (`# exit code 3`; none: 0)."""

    text: str
    exit_code: int


def lines(page: str) -> list[Line]:
    """Return the lines of the tour: the first indented block below its heading.

    Raises:
        AssertionError: the page has no tour.
    """
    _, found, below = page.partition(f"{HEADING}\n")
    assert found, f"the page has no {HEADING!r}"
    block: list[str] = []
    for line in below.splitlines():
        if line.startswith("    "):
            block.append(line.strip())
        elif block and line.strip():
            break
    assert block, "the tour has no commands"
    return [Line(text, int(code[1]) if (code := _EXIT.search(text)) else 0) for text in block if text]


def take(line: Line, home: Path, project: Path) -> str:
    """Run a line as the user whose home this is, in the project's folder, and return its output.

    Raises:
        AssertionError: it ended otherwise than the page says, or a successful one wrote more than notes to stderr.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GGEN_", "XDG_"))}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["sh", "-c", line.text], cwd=project, env={**kept, "HOME": str(home), "PATH": path}, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False,
    )  # fmt: skip
    assert done.returncode == line.exit_code, f"`{line.text}` ended with {done.returncode}: {done.stdout}{done.stderr}"
    noise = [told for told in done.stderr.splitlines() if not told.startswith("note: ")]
    assert line.exit_code or not noise, f"`{line.text}` said on stderr: {noise}"
    return done.stdout + done.stderr
