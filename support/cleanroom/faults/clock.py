"""Clock skew inside a node: libfaketime, preloaded, reads its offset from a file that is changed from outside.

The offset is relative, so that time goes on, and the monotonic clock stays real: waits and time-outs are as long as
ever. For programs of our own an injected clock is the better way; this is for all others.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LIBRARY = "libfaketimeMT.so.1"
_PLACES = ("/usr/lib", "/usr/local/lib", "/lib")
_INSIDE = "/faketime"


def library() -> Path | None:
    """Return the path of libfaketime on this machine, or None when it is not installed (Debian: `libfaketime`)."""
    for place in _PLACES:
        found = sorted(Path(place).glob(f"**/faketime/{_LIBRARY}")) if Path(place).is_dir() else []
        if found:
            return found[0]
    return None


@dataclass(frozen=True, slots=True)
class SkewedClock:
    """The clock of one node: a folder with the library and the offset, mounted read-only into the node."""

    folder: Path

    @classmethod
    def prepare(cls, folder: Path, source: Path) -> "SkewedClock":
        """Lay the folder out; the clock is right at first."""
        folder.mkdir(parents=True)
        (folder / _LIBRARY).write_bytes(source.read_bytes())
        for path in (folder, folder / _LIBRARY):
            path.chmod(0o755)
        clock = cls(folder)
        clock.skew(0)
        return clock

    @property
    def mounts(self) -> Mapping[str, Path]:
        """What the node must see, by path inside."""
        return {_INSIDE: self.folder}

    @property
    def environment(self) -> Mapping[str, str]:
        """What the node's programs must be started with."""
        return {
            "LD_PRELOAD": f"{_INSIDE}/{_LIBRARY}", "FAKETIME_TIMESTAMP_FILE": f"{_INSIDE}/offset",
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip

    def skew(self, seconds: float) -> None:
        """Set the clock off by that many seconds, from the next look at it on."""
        offset = self.folder / "offset"
        handle = os.open(offset, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            # In place and in one write: the file is mounted, and a reader must never find it empty.
            os.pwrite(handle, f"{seconds:+020.3f}\n".encode(), 0)
        finally:
            os.close(handle)
        offset.chmod(0o644)
