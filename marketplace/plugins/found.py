"""Which plugins are installed, by their metadata alone: nothing of them is imported.

Looking costs a scan of the folders on `sys.path`; the parser of metadata is loaded when a plugin is there. A
distribution is read from the first folder that has it, as Python imports it.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "ggen."
"""How the groups of entry points begin: the name of a hook follows."""

HOOKS = ("validate_package", "scan_package", "rank_hits", "transform_manifest", "read_location")
"""The names of the hooks."""

CHECKS = frozenset({"validate_package", "scan_package"})
"""The hooks that can keep a package out: plugins with one of them can be required."""

_METADATA = (".dist-info", ".egg-info")
_MAX_BYTES = 1024 * 1024
_MARK = b"[" + GROUP.encode()


class Plugin(NamedTuple):
    """A plugin that is installed: `target` is the object, as `module:name`; `problem` says why it cannot be used."""

    name: str
    version: str
    distribution: str
    folder: str
    hooks: tuple[str, ...]
    target: str
    problem: str = ""

    @property
    def origin(self) -> tuple[str, str]:
        """What trust is bound to: the distribution and its version."""
        return self.distribution, self.version


def plugins(path: Sequence[str] | None = None) -> tuple[Plugin, ...]:
    """Return the plugins of the distributions in the folders of `path` (`sys.path`), sorted by name."""
    seen: set[str] = set()
    found = [plugin for place in _places(sys.path if path is None else path) for plugin in _of(place, seen)]
    return tuple(sorted(_judged(found)))


def concerned(hook: str, found: Iterable[Plugin]) -> bool:
    """Say whether one of the plugins has a hook, or is to be told of because it cannot be used."""
    return any(hook in plugin.hooks or plugin.problem for plugin in found)


def _places(path: Iterable[str]) -> Iterator[str]:
    """Yield the folders of metadata that name a group of ours."""
    for folder in dict.fromkeys(path):
        try:
            with os.scandir(folder or ".") as entries:
                names = sorted(entry.name for entry in entries if entry.name.endswith(_METADATA))
        except OSError:
            continue  # a zip file, or a folder that is not there
        yield from (place for name in names if _MARK in _read(place := f"{folder or '.'}/{name}"))


def _read(place: str) -> bytes:
    try:
        handle = os.open(f"{place}/entry_points.txt", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(handle, _MAX_BYTES)
    except OSError:
        return b""
    finally:
        os.close(handle)


def _of(place: str, seen: set[str]) -> Iterator[Plugin]:
    """Yield the plugins of one distribution, unless an earlier folder had it."""
    folder, _, name = place.rpartition("/")
    try:
        distribution, version, points = _read_metadata(place)
    except Exception as error:  # noqa: BLE001 - whatever the parser raises for what somebody has put there
        yield Plugin(name, "", name, folder, (), "", f"its metadata cannot be read: {type(error).__name__}: {error}")
        return
    if distribution.lower() in seen:
        return
    seen.add(distribution.lower())
    by_name: dict[str, list[EntryPoint]] = {}
    for point in points:
        by_name.setdefault(point.name, []).append(point)
    for name, own in by_name.items():
        yield _plugin(name, own, distribution, version, folder)


def _read_metadata(place: str) -> "tuple[str, str, list[EntryPoint]]":
    from importlib.metadata import PathDistribution
    from pathlib import Path

    found = PathDistribution(Path(place))
    name, version = found.metadata["Name"], found.metadata["Version"]
    if not name or not version:
        raise ValueError("it has no name or no version")
    return name, version, [point for point in found.entry_points if point.group.startswith(GROUP)]


def _plugin(name: str, points: "list[EntryPoint]", distribution: str, version: str, folder: str) -> Plugin:
    hooks = tuple(sorted(point.group.removeprefix(GROUP) for point in points))
    targets = sorted({point.value for point in points})
    plugin = Plugin(name, version, distribution, folder, hooks, targets[0])
    return plugin._replace(problem=_problem(plugin, targets))


def _problem(plugin: Plugin, targets: list[str]) -> str:
    unknown = [hook for hook in plugin.hooks if hook not in HOOKS]
    if not _is_name(plugin.name):
        return f"{plugin.name[:80]!r} is not a plugin's name: a-z, 0-9 and inner hyphens, at most 63"
    if unknown:
        return f"there is no hook {unknown[0][:80]!r}: the hooks are {', '.join(HOOKS)}"
    if len(targets) > 1 or not all(part.isidentifier() for part in targets[0].replace(":", ".").split(".")):
        return f"its entry points name {' and '.join(targets)[:80]!r}, not one object as module:name"
    if "read_location" in plugin.hooks and not _is_scheme(plugin.name):
        return f"{plugin.name} is no scheme that a plugin can bring: another name is needed, which begins with a letter"
    return ""


def _is_scheme(name: str) -> bool:
    from marketplace.registries import BUILT_IN

    return name[0].isalpha() and name not in BUILT_IN


def _is_name(text: str) -> bool:
    inner = text.isascii() and text.replace("-", "a").isalnum() and text == text.lower()
    return inner and len(text) <= 63 and text[:1].isalnum() and text[-1:].isalnum()


def _judged(found: list[Plugin]) -> Iterator[Plugin]:
    """Refuse a name that two distributions want: neither may take the other's place."""
    for plugin in found:
        others = [other for other in found if other.name == plugin.name and other is not plugin]
        if others and not plugin.problem:
            who = " and ".join(sorted({other.distribution for other in others}))
            yield plugin._replace(problem=f"{who} has a plugin of that name too: remove one of them")
        else:
            yield plugin
