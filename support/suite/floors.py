"""The floors of `marketplace/`: who may import whom. Each part can be read with what is below it, and nothing more."""

import ast
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[2]

FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split())
    for names in (
        "__init__ errors clock",
        "model",
        "paths",
        "storage",
        "security search config",
        "source archiving scaffold protocol registries",
        "archive index importing http insights plugins",
        "registry",
        "project importer doctor p2p server",
        "cli",
    )
)
"""Rooms (modules and folders of `marketplace/`) from the lowest floor to the highest; a floor's rooms do not meet."""

LIFTABLE = "cleanroom"
"""The room of `support/` that other projects may take with them: it knows neither the product nor the other rooms."""

_DOOR = ("support/cleanroom/cleanroom.py", "support.market.marketplace_room")
"""The one import that leads out of it: `setup_marketplace` loads it when it is called, and stays behind."""


def imports(file: Path) -> Iterator[str]:
    """Yield the full name of each module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module in ("marketplace", "support"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms() -> frozenset[str]:
    """Return the rooms of `marketplace/` as they are on disk."""
    package = _ROOT / "marketplace"
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    return frozenset(folders | {path.stem for path in package.glob("*.py")})


def upward(root: Path = _ROOT / "marketplace") -> list[str]:
    """Return each import that does not lead to a lower floor, as `file imports module`."""
    height = {room: floor for floor, names in enumerate(FLOORS) for room in names}
    found = []
    for file in sorted(root.rglob("*.py")):
        room = file.relative_to(root).with_suffix("").parts[0]
        for module in imports(file):
            other = [*module.split("."), "__init__"][1] if module.startswith("marketplace") else room
            other = other if other in height else "__init__"  # a name of the package itself, such as its version
            if other != room and height[other] >= height[room]:
                found.append(f"{file.relative_to(root)} imports {module}")
    return found


def not_liftable() -> list[str]:
    """Return each import by the liftable room of what is not in it, as `file imports module`."""
    own, home = f"support.{LIFTABLE}", _ROOT / "support" / LIFTABLE
    found = [
        (file.relative_to(_ROOT).as_posix(), module) for file in sorted(home.rglob("*.py")) for module in imports(file)
    ]
    return [
        f"{file} imports {module}"
        for file, module in found
        if module.split(".")[0] in ("marketplace", "support")
        and not f"{module}.".startswith(f"{own}.")
        and (file, module) != _DOOR
    ]
