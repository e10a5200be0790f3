"""The name of a run: a process that cannot be mistaken for another, now or after the next boot."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from support.cleanroom.engine.processes import start_time


@dataclass(frozen=True, slots=True)
class RunId:
    """Who made a resource."""

    pid: int
    born: str  # in the kernel's ticks since the boot
    namespace: str  # of process ids: elsewhere the same number is another process
    boot: str
    token: str

    @classmethod
    def mine(cls) -> "RunId":
        """Return the id of the running process."""
        return cls(os.getpid(), start_time(os.getpid()), _namespace(), _boot(), secrets.token_hex(4))

    @classmethod
    def parse(cls, text: str) -> "RunId | None":
        """Return the id that a label holds, or None when it is not one of ours."""
        parts = text.split("-")
        if len(parts) != 5 or not parts[0].isdigit() or not all(part.isalnum() for part in parts):
            return None
        return cls(int(parts[0]), *parts[1:])

    def __str__(self) -> str:
        return f"{self.pid}-{self.born}-{self.namespace}-{self.boot}-{self.token}"

    def dead(self) -> bool:
        """Say whether the run has certainly ended; what cannot be told now, the next sweep can."""
        try:
            return self.boot != _boot() or (self.namespace == _namespace() and start_time(self.pid) != self.born)
        except OSError:
            return False


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip().replace("-", "")[:12]


def _namespace() -> str:
    return str(os.stat("/proc/self/ns/pid").st_ino)  # noqa: PTH116 - a link to no file
