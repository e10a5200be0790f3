"""A plugin that is imported: held to the specifications of the hooks, and called with what came as JSON.

The same code runs in the process of a plugin that is not trusted and, for one that is, in this program's own.
"""

import base64
import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pluggy

from marketplace.plugins.hooks import PROJECT, Hooks
from marketplace.plugins.types import File, Finding, Hit, Package, ReadPiece

MAX_WHY = 300
"""Most characters that are told of what a plugin raised."""


class Loaded:
    """The object of a plugin, registered by itself: what one plugin raises never keeps another from being asked.

    Args:
        name: the plugin's name.
        target: its object, as `module:name` or `module`.
        hooks: the hooks that its metadata names.

    Raises:
        TypeError: what it implements is not what its metadata says, or does not fit the specification.
        BaseException: whatever importing it raises.
    """

    def __init__(self, name: str, target: str, hooks: Sequence[str]) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)
        module, _, attributes = target.partition(":")
        found: Any = importlib.import_module(module)
        for attribute in attributes.split(".") if attributes else ():
            found = getattr(found, attribute)
        try:
            self._manager.register(found, name)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise TypeError(str(error).replace("\n", " ")) from error
        there = sorted(caller.name for caller in self._manager.get_hookcallers(found) or ())
        if there != sorted(hooks):
            said = f"its metadata names {', '.join(sorted(hooks))}"
            raise TypeError(f"{said}, but it implements {', '.join(there) or 'no hook'}")

    def call(self, hook: str, arguments: Mapping[str, Any], piece: ReadPiece) -> Any:
        """Call a hook and return its answer, as JSON has it.

        Raises:
            BaseException: whatever the plugin raises.
        """
        results = getattr(self._manager.hook, hook)(**_given(arguments, piece))
        return plain(results[0]) if results else None


def _given(arguments: Mapping[str, Any], piece: ReadPiece) -> dict[str, Any]:
    given = dict(arguments)
    if package := given.get("package"):
        files = tuple(File(*file) for file in package["files"])
        given["package"] = Package(package["id"], package["version"], package["manifest"], files, piece)
    if "hits" in given:
        given["hits"] = [Hit(*hit) for hit in given["hits"]]
    return given


def plain(value: Any) -> Any:
    """Return an answer without the types that are only for plugins' authors; what JSON has no word for is left."""
    if isinstance(value, Finding):
        return value._asdict()
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def why(error: BaseException) -> str:
    """Return what to tell of an exception: its class and its words, which may fail too."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a plugin's exception may do anything
        text = ""
    return f"{type(error).__name__}: {text}"[:MAX_WHY] if text else type(error).__name__
