"""Trees: the sorted list of a package's files, whose canonical encoding has the content id."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from marketplace.errors import IntegrityError

MAGIC = b"ggen-market-tree-v1\n"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_LINE = re.compile(rb"(644|755) (0|[1-9][0-9]{0,15}) ([0-9a-f]{64}) ([^\n\x00]+)")


def digest_of(data: bytes) -> str:
    """Return `sha256:` and the 64 hexadecimal digits of the SHA-256 of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file: its path (relative, `/` between components), mode bit, size in bytes and `sha256:` digest."""

    path: str
    executable: bool
    size: int
    digest: str

    @property
    def mode(self) -> int:
        """0o755 for an executable file, else 0o644."""
        return 0o755 if self.executable else 0o644


@dataclass(frozen=True)
class Tree:
    """The files of a package, sorted by the UTF-8 bytes of their paths. Build one with `of` or `decode`."""

    entries: tuple[TreeEntry, ...]
    _by_path: dict[str, TreeEntry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_path", {entry.path: entry for entry in self.entries})

    @classmethod
    def of(cls, entries: Iterable[TreeEntry]) -> "Tree":
        """Sort `entries` into a tree. Path rules are `marketplace.paths`'; here only duplicates are refused.

        Raises:
            IntegrityError: `tree-malformed` when a path occurs twice.
        """
        tree = cls(tuple(sorted(entries, key=lambda entry: entry.path.encode("utf-8"))))
        if len(tree._by_path) != len(tree.entries):
            raise IntegrityError("tree-malformed", "a path occurs twice in the tree")
        return tree

    @classmethod
    def decode(cls, data: bytes) -> "Tree":
        """Read a canonical encoding back; any other spelling of the same tree is refused.

        Raises:
            IntegrityError: `tree-malformed`.
        """
        if not data.startswith(MAGIC) or not data.endswith(b"\n"):
            raise IntegrityError("tree-malformed", "the tree does not start with its format line or is cut short")
        tree = cls.of(_entries(data[len(MAGIC) : -1]))
        if tree.encoded != data:
            raise IntegrityError("tree-malformed", "the tree is not in canonical order")
        return tree

    @cached_property
    def encoded(self) -> bytes:
        """The canonical encoding: a format line, then `mode size sha256 path` a line."""
        lines = (
            f"{entry.mode:o} {entry.size} {entry.digest.removeprefix('sha256:')} {entry.path}\n"
            for entry in self.entries
        )
        return MAGIC + "".join(lines).encode("utf-8")

    @cached_property
    def content_id(self) -> str:
        """`sha256:` digest of the canonical encoding: the identity of the whole package content."""
        return digest_of(self.encoded)

    @property
    def size(self) -> int:
        """Bytes in all files together."""
        return sum(entry.size for entry in self.entries)

    def get(self, path: str) -> TreeEntry | None:
        """Return the entry at `path`, or None."""
        return self._by_path.get(path)

    def __iter__(self) -> Iterator[TreeEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def _entries(body: bytes) -> Iterator[TreeEntry]:
    for line in body.split(b"\n") if body else ():
        match = _LINE.fullmatch(line)
        if match is None:
            raise IntegrityError("tree-malformed", f"the tree has a malformed line: {line[:80]!r}")
        mode, size, sha, path = match.groups()
        try:
            text = path.decode("utf-8")
        except UnicodeDecodeError as error:
            raise IntegrityError("tree-malformed", f"a path in the tree is not UTF-8: {path[:80]!r}") from error
        yield TreeEntry(text, mode == b"755", int(size), "sha256:" + sha.decode("ascii"))
