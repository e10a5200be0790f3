"""What is read of a package to judge it: bounded, and nothing of it is run."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

from marketplace.insights.wording import Prose
from marketplace.model.manifest import FILE_NAME, Manifest
from marketplace.model.tree import Tree, TreeEntry, digest_of

MAX_FILE = 64 * 1024
"""Most bytes of one file that are read."""

MAX_TOTAL = 2 * 1024 * 1024
"""Most bytes of all files that are read, 64 of each of the rest included."""

_HEAD = 64
_TEST_FOLDERS = frozenset(("tests", "test", "spec", "specs"))
_DOCUMENTS = re.compile(
    r"(?:readme|changelog|changes|history|licen[cs]e|copying|notice|authors|contributing)(?:[.-].*)?"
)
_CHANGELOG = re.compile(r"(?:changelog|changes|history)(?:\.(?:md|txt|rst))?", re.IGNORECASE)
_LICENSE = re.compile(r"(?:licen[cs]e|copying)(?:[.-].*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """A package as it was read.

    Attributes:
        texts: the first bytes of each file: up to MAX_FILE, or only its head when MAX_TOTAL was used up.
        unread: how many files were not read to their end.
    """

    manifest: Manifest
    tree: Tree
    texts: dict[str, bytes]
    unread: int

    @classmethod
    def read(cls, manifest: Manifest, tree: Tree, opened: Callable[[TreeEntry], BinaryIO]) -> "Facts":
        """Read a package; documents and templates first, so that they are there however much else is.

        Raises:
            MarketError: what `opened` and the reading of what it returns raise.
        """
        texts, left, unread = {}, MAX_TOTAL, 0
        for entry in sorted(tree, key=lambda entry: _order(manifest, entry.path)):
            with opened(entry) as file:
                data = file.read(min(MAX_FILE, max(left, _HEAD)))
            texts[entry.path] = data
            left -= len(data)
            unread += len(data) < entry.size
        return cls(manifest, tree, texts, unread)

    def text(self, path: str) -> str:
        """Return what was read of a file as text; what is not UTF-8 is replaced."""
        return self.texts.get(path, b"").decode("utf-8", "replace")

    @cached_property
    def readme(self) -> str:
        """The text of the README that the manifest names; empty without one."""
        return self.text(self.manifest.readme) if self.manifest.readme else ""

    @cached_property
    def prose(self) -> Prose:
        """What the README says."""
        return Prose.of(self.readme)

    @property
    def changelog(self) -> str | None:
        """The path of the changelog at the top of the package."""
        return next((entry.path for entry in self.tree if _CHANGELOG.fullmatch(entry.path)), None)

    @property
    def license_file(self) -> str | None:
        """The path of the licence's text at the top of the package."""
        return next((entry.path for entry in self.tree if _LICENSE.fullmatch(entry.path)), None)

    @cached_property
    def tests(self) -> tuple[str, ...]:
        """The files below a folder of tests that say something: three different lines or more, each text once."""
        seen: set[str] = set()
        return tuple(entry.path for entry in self.tree if _is_test(entry.path) and self._says(entry, seen))

    @property
    def test_files(self) -> int:
        """How many files there are below folders of tests, empty ones included."""
        return sum(_is_test(entry.path) for entry in self.tree)

    def _says(self, entry: TreeEntry, seen: set[str]) -> bool:
        if entry.digest in seen:
            return False
        seen.add(entry.digest)
        lines = {stripped for line in self.text(entry.path).splitlines() if (stripped := line.strip())}
        return len(lines) >= 3 or (_is_expected(entry.path) and any(map(str.isalnum, self.text(entry.path))))

    @property
    def expected(self) -> tuple[str, ...]:
        """The tests that are outputs to compare with."""
        return tuple(path for path in self.tests if _is_expected(path))

    @property
    def content(self) -> tuple[str, ...]:
        """The files that are no manifest, document, licence or test, and not blank."""
        return tuple(
            entry.path for entry in self.tree
            if not (_is_manifest(entry.path) or _is_test(entry.path) or _DOCUMENTS.fullmatch(entry.path.lower()))
            and self.texts[entry.path].strip()
        )  # fmt: skip

    @property
    def payload(self) -> str:
        """The digest of all files but the manifest and the changelog: what differs when more than a number does."""
        return digest_of(Tree(tuple(_payload(self.tree, self.changelog))).encoded)


def _payload(tree: Tree, changelog: str | None) -> Iterator[TreeEntry]:
    return (entry for entry in tree if entry.path not in (FILE_NAME, changelog))


def _order(manifest: Manifest, path: str) -> tuple[int, str]:
    first = {manifest.readme, *(template.path for template in manifest.templates)}
    return (0 if path in first or "/" not in path else 1 if _is_test(path) else 2, path)


def _is_manifest(path: str) -> bool:
    """Tell whether a file is the manifest, or that of an older catalog, which an import keeps beside it."""
    return "/" not in path and path.endswith(FILE_NAME)


def _is_test(path: str) -> bool:
    return path.partition("/")[0].lower() in _TEST_FOLDERS and "/" in path


def _is_expected(path: str) -> bool:
    return any(part.lower() in ("expected", "golden", "snapshots") for part in path.split("/")[:-1])
