"""What happened in a room, without what differs from run to run: two rooms with one seed must tell the same story."""

import hashlib
import json
import threading
from dataclasses import dataclass, field

from support.cleanroom.engine.base import ExecResult


@dataclass(slots=True)
class Transcript:
    """Commands and their outcomes in the order in which they ended; addresses of the room are shown by name."""

    lines: list[str] = field(default_factory=list)
    _aliases: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def alias(self, text: str, name: str) -> None:
        """Show `text`, such as an address that the engine chose, as `<name>`."""
        with self._lock:
            self._aliases[text] = f"<{name}>"

    def note(self, container: str, done: ExecResult) -> None:
        """Note a command's outcome."""
        entry = {
            "container": container, "argv": done.argv, "exit_code": done.exit_code,
            "stdout": done.stdout.decode(errors="replace"), "stderr": done.stderr.decode(errors="replace"),
        }  # fmt: skip
        self.add(json.dumps(entry, ensure_ascii=False))

    def add(self, text: str) -> None:
        """Note a line."""
        with self._lock:
            for found, shown in sorted(self._aliases.items(), key=lambda pair: -len(pair[0])):
                text = text.replace(found, shown)
            self.lines.append(text)

    def digest(self) -> str:
        """Return the SHA-256 of all lines."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()
