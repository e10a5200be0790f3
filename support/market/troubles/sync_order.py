"""Whether content was synced before it was named, and its name before the index told of it: read from a trace."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_BEGUN = re.compile(r"(\d+) +(fsync|fdatasync|linkat)\((.*)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (fsync|fdatasync|linkat) resumed>")
_SYNCED = re.compile(r"\d+<([^>]+)>")
_LINKED = re.compile(r'AT_FDCWD(?:<[^>]*>)?, "([^"]+)", \d+<([^>]+/blobs/[^>]+)>, "([^"]+)"')


@dataclass(slots=True)
class SyncOrder:
    """When (as a line number) files and folders were synced and blobs were named.

    `named` has for each blob the line, its staged file and its folder. A sync counts from the line where it returned.
    """

    synced: dict[str, int] = field(default_factory=dict)
    named: list[tuple[int, str, str]] = field(default_factory=list)
    index_synced: int = 0

    @classmethod
    def of(cls, lines: Sequence[str]) -> "SyncOrder":
        """Read a trace of strace with the paths of descriptors shown."""
        order, begun = cls(), dict[tuple[str, str], str]()
        for number, line in enumerate(lines):
            if match := _BEGUN.match(line):
                thread, name, arguments = match.groups()
                if arguments.endswith("<unfinished ...>"):
                    begun[thread, name] = arguments
                else:
                    order._note(number, name, arguments)
            elif match := _RESUMED.match(line):
                thread, name = match.groups()
                order._note(number, name, begun.pop((thread, name)))
        return order

    def _note(self, number: int, name: str, arguments: str) -> None:
        if name == "linkat":
            if match := _LINKED.match(arguments):
                self.named.append((number, match[1], match[2]))
        elif match := _SYNCED.match(arguments):
            if match[1].endswith("index.sqlite-wal"):
                self.index_synced = number
            self.synced[match[1]] = number

    def named_unsynced(self) -> list[str]:
        """Return the staged files that got their names before they were on the disk."""
        return [staged for line, staged, _ in self.named if not self.synced.get(staged, line) < line]

    def told_unsynced(self) -> list[str]:
        """Return the folders of names that were not on the disk when the index was synced for the last time."""
        return [
            folder for line, _, folder in self.named
            if not line < self.synced.get(folder, -1) < self.index_synced
        ]  # fmt: skip
