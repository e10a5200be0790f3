"""The project's pages: where their links lead."""

import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
_NAMED = re.compile(r"`((?:features|steps|support|marketplace|benchmarks|docs)/[\w./-]+\.\w+)`")
"""Files named in running text; patterns with a `*` and placeholders do not count."""


def pages() -> list[Path]:
    """Return the README, the change log and everything in docs/."""
    return [_ROOT / "README.md", _ROOT / "CHANGELOG.md", *sorted((_ROOT / "docs").rglob("*.md"))]


def dead_ends() -> list[str]:
    """Return each link to a file, and each file named, that is not there, as `page: target`."""
    found = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        links = [target for target in _LINK.findall(text) if "://" not in target]
        wrong = [target for target in links if not (page.parent / target).exists()]
        wrong += [target for target in _NAMED.findall(text) if not (_ROOT / target).exists()]
        found += [f"{page.relative_to(_ROOT)}: {target}" for target in wrong]
    return found
