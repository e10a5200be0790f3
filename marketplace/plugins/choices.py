"""What the user decided about plugins: blocked, trusted, required. One JSON file in the home, shared by its processes.

Trust holds for one version of one distribution: what takes a plugin's name later is not trusted. A file that cannot be
read is an error and never taken for "nothing was decided".
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from marketplace.errors import IntegrityError
from marketplace.plugins.found import CHECKS, Plugin
from marketplace.storage.files import disk_error, write_atomic
from marketplace.storage.locks import FileLock
from marketplace.storage.own_files import read_own

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Choices:
    """The decisions: `trusted` has distribution and version by plugin, `required` the hooks that must answer."""

    blocked: frozenset[str] = frozenset()
    trusted: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def state(self, plugin: Plugin) -> str:
        """Return `refused`, `blocked`, `trusted` or `untrusted`."""
        if plugin.name in self.blocked:
            return "blocked"
        if plugin.problem:
            return "refused"
        return "trusted" if self.trusted.get(plugin.name) == plugin.origin else "untrusted"

    def block(self, name: str) -> "Choices":
        """Never start the plugin of that name, installed or not."""
        return replace(self, blocked=self.blocked | {name})

    def unblock(self, name: str) -> "Choices":
        """Let the plugin be used again."""
        return replace(self, blocked=self.blocked - {name})

    def trust(self, plugin: Plugin) -> "Choices":
        """Let this version of the plugin run in this program's own process."""
        return replace(self, trusted={**self.trusted, plugin.name: plugin.origin})

    def untrust(self, name: str) -> "Choices":
        """Have the plugin run in a process of its own."""
        return replace(self, trusted={key: value for key, value in self.trusted.items() if key != name})

    def require(self, plugin: Plugin) -> "Choices":
        """Publish and install nothing that the plugin has not looked at."""
        hooks = tuple(hook for hook in plugin.hooks if hook in CHECKS)
        return replace(self, required={**self.required, plugin.name: hooks})

    def unrequire(self, name: str) -> "Choices":
        """Go on without the plugin when it fails."""
        return replace(self, required={key: value for key, value in self.required.items() if key != name})


class ChoiceStore:
    """The file of the decisions.

    Args:
        path: the file.
        lock_timeout: seconds to wait for another process that changes it.
    """

    def __init__(self, path: Path, *, lock_timeout: float = 30.0) -> None:
        self._path = path
        self._lock_timeout = lock_timeout

    def load(self) -> Choices:
        """Return the decisions; none when there is no file.

        Raises:
            IntegrityError: `plugin-choices-damaged` or `plugin-choices-unsafe`.
        """
        try:
            hint = "look whether it says what you decided (ggen market plugins list), then"
            data = read_own(self._path, "plugin-choices-unsafe", hint=hint)
        except FileNotFoundError:
            return Choices()
        try:
            return _parse(data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            hint = "restore it from a backup, or move it away and decide again (ggen market plugins)"
            message = f"{self._path} cannot be read: {error}"
            raise IntegrityError("plugin-choices-damaged", message, hint=hint) from error

    def change(self, change: Callable[[Choices], Choices]) -> Choices:
        """Replace the decisions by what `change` makes of them, and return that.

        Raises:
            IntegrityError: as `load`.
            UnavailableError: `lock-timeout`, `disk-full` or `store-unwritable`.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = self._path.with_suffix(".lock")
            with FileLock(lock, purpose="changing what plugins may do", timeout=self._lock_timeout):
                changed = change(self.load())
                write_atomic(self._path, _encoded(changed), mode=0o600)
        except OSError as error:
            raise disk_error(error, str(self._path)) from error
        return changed


def _encoded(choices: Choices) -> bytes:
    document = {
        "format": _FORMAT, "blocked": sorted(choices.blocked), "trusted": choices.trusted, "required": choices.required,
    }  # fmt: skip
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


def _parse(data: bytes) -> Choices:
    document = json.loads(data)
    if document["format"] != _FORMAT:
        raise ValueError(f"format {document['format']!r} is not known to this version")
    trusted = {name: tuple(_texts(origin)) for name, origin in document["trusted"].items()}
    required = {name: tuple(_texts(hooks)) for name, hooks in document["required"].items()}
    origins = {name: (origin[0], origin[1]) for name, origin in trusted.items() if len(origin) == 2}
    if len(origins) != len(trusted):
        raise ValueError("a trusted plugin has no distribution and version")
    return Choices(frozenset(_texts(document["blocked"])), origins, required)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts was expected")
    return value
