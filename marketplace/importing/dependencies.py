"""The dependencies of a manifest of the older shape, which writes them in five ways.

1. `dependencies = ["name", "name@^1"]` under `[package]`: packages.
2. `[dependencies]` with `required = [...]` and `optional = [...]`: packages; optional ones have no counterpart here.
3. `[dependencies]` with `name = "requirement"`: packages, and the generator itself (`ggen`, `ggen-core`).
4. The same with `name = { version = ..., features = ... }` among them: a table of Rust crates.
5. `[dependencies]` with `name = "some/path"`, or with a table per language: files, and packages of other systems.

A name that the catalog has is a package in all of them; what else is in 4 and 5 is not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.errors import InvalidInputError
from marketplace.importing.problems import refuse, refused_by
from marketplace.model.ids import PackageId
from marketplace.model.requirement import ANY, Requirement

NAMESPACE = "io.ggen"
"""Where packages with a name of one segment go: `hello-world` becomes `io.ggen.hello-world`."""

_GENERATOR = frozenset({"ggen", "ggen-core"})
_LANGUAGES = frozenset({"rust", "typescript", "javascript", "python", "java", "go", "cargo", "npm", "pip"})
_CRATE_KEYS = frozenset({"version", "features", "optional", "path", "git", "workspace", "default-features"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A dependency on a package."""

    id: PackageId
    requirement: Requirement


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that is listed as a dependency and is none here; `why` is of a small set of reasons."""

    name: str
    why: str


CRATE = "crates of Rust"
PATH = "paths of files"
FOREIGN = "packages of another language's registry"
GENERATOR = "the generator itself"
OPTIONAL = "optional"
ITSELF = "the package itself"


def id_text(name: str) -> str:
    """Map a name of the catalog to the text of an id: dotted names are ids already, the others go under NAMESPACE."""
    return name if "." in name else f"{NAMESPACE}.{name}"


def read_dependencies(
    entry: str, document: Mapping[str, Any], known: Mapping[str, PackageId]
) -> list[Wanted | Dropped]:
    """Return what a manifest lists, in its order; `known` are the names in the catalog with their ids.

    Raises:
        RefusedError: `dependencies-malformed`, `invalid-package-id` or `invalid-requirement`.
    """
    package = document.get("package", {})
    found = list(_listed(entry, package.get("dependencies", []), known))
    table = document.get("dependencies", {})
    if isinstance(table, list):
        return [*found, *_listed(entry, table, known)]
    if not isinstance(table, dict):
        raise _malformed(entry, "[dependencies] is neither a table nor a list")
    return [*found, *_tabled(entry, table, known)]


def _malformed(entry: str, message: str) -> Exception:
    return refuse(entry, "dependencies", "dependencies-malformed", message, "write name = 'requirement'")


def _listed(entry: str, names: object, known: Mapping[str, PackageId]) -> Iterator[Wanted | Dropped]:
    if isinstance(names, dict):
        yield from _tabled(entry, names, known)
        return
    if not isinstance(names, list):
        raise _malformed(entry, "dependencies is neither a list nor a table")
    for item in names:
        if not isinstance(item, str):
            raise _malformed(entry, "a dependency in the list is not a name")
        name, _, requirement = item.partition("@")
        yield _package(entry, name.strip(), requirement or str(ANY), known)


def _tabled(entry: str, table: Mapping[str, Any], known: Mapping[str, PackageId]) -> Iterator[Wanted | Dropped]:
    crates = any(isinstance(value, dict) and value.keys() & _CRATE_KEYS for value in table.values())
    for name, value in table.items():
        match value:
            case list() if name == "required":
                yield from _listed(entry, value, known)
            case list() if name == "optional":
                yield from (Dropped(str(item), OPTIONAL) for item in value)
            case list() if name == "features":
                continue
            case dict() if name in _LANGUAGES and not value.keys() & _CRATE_KEYS:
                yield from (Dropped(f"{name}: {inner}", FOREIGN) for inner in value)
            case str() if "/" in value:
                yield Dropped(name, PATH)
            case str() if crates and name not in known:
                yield Dropped(name, CRATE)
            case str():
                yield _package(entry, name, value, known)
            case dict() if value.keys() & _CRATE_KEYS:
                yield from _crate(entry, name, value, known)
            case dict():
                yield from _tabled(entry, {f"{name}.{key}": inner for key, inner in value.items()}, known)
            case _:
                raise _malformed(entry, f"the requirement of {name} is not a text")


def _crate(
    entry: str, name: str, value: Mapping[str, Any], known: Mapping[str, PackageId]
) -> Iterator[Wanted | Dropped]:
    if name in known and isinstance(value.get("version"), str):
        yield _package(entry, name, value["version"], known)
    else:
        yield Dropped(name, CRATE)


def _package(entry: str, name: str, requirement: str, known: Mapping[str, PackageId]) -> Wanted | Dropped:
    if name == entry or (name in known and known[name] == known.get(entry)):
        return Dropped(name, ITSELF)
    if name in _GENERATOR and name not in known:
        return Dropped(name, GENERATOR)
    try:
        return Wanted(known.get(name) or PackageId.parse(id_text(name)), Requirement.parse(requirement))
    except InvalidInputError as error:
        raise refused_by(entry, error, "dependencies") from error
