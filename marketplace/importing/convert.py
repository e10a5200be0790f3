"""From a manifest of the older shape to the files of a package: `package.toml`, `README.md` and the original."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.errors import InvalidInputError
from marketplace.importing.dependencies import Dropped, Wanted, id_text, read_dependencies
from marketplace.importing.problems import Problem, RefusedError, refuse, refused_by
from marketplace.model.ids import PackageId
from marketplace.model.manifest import FILE_NAME, MAX_WORD, MAX_WORDS, Manifest

ORIGINAL = "origin.package.toml"
"""Where an imported package keeps the manifest it was made from, byte for byte."""

_INDEX_FIELDS = ("version", "license", "description", "category")


@dataclass(frozen=True, slots=True)
class ImportedPackage:
    """A package made from an entry: its name in the catalog, its manifest, and its files by path."""

    entry: str
    manifest: Manifest
    files: Mapping[str, bytes]

    @property
    def id(self) -> PackageId:
        """The package's id."""
        return self.manifest.id

    def write(self, folder: Path) -> Path:
        """Write the files into `folder`, which is made when missing, and return it."""
        folder.mkdir(parents=True, exist_ok=True)
        for path, data in self.files.items():
            (folder / path).write_bytes(data)
        return folder


@dataclass(frozen=True, slots=True)
class Source:
    """A manifest that is valid TOML: its entry's name, bytes, content, and the index's entry (empty without one)."""

    entry: str
    data: bytes
    document: Mapping[str, Any]
    index: Mapping[str, Any]

    @property
    def package(self) -> Mapping[str, Any]:
        """The table [package]."""
        table: Mapping[str, Any] = self.document["package"]
        return table


def parse_source(entry: str, data: bytes, index: Mapping[str, Any]) -> Source:
    """Parse a manifest.

    Raises:
        RefusedError: `manifest-invalid`, it is not TOML or has no table [package].
    """
    import tomllib

    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"the manifest is not valid TOML: {error}"
        raise refuse(entry, "", "manifest-invalid", message, "correct the manifest at that place") from error
    if not isinstance(document.get("package"), dict):
        raise refuse(entry, "package", "manifest-invalid", "the table [package] is missing", "add it")
    return Source(entry, data, document, index)


def identify(source: Source) -> tuple[PackageId, list[Problem]]:
    """Choose the id: `id` when it is given, else `name`, else the entry's name when `name` cannot be one.

    Raises:
        RefusedError: `invalid-package-id`.
    """
    entry, given, name = source.entry, source.package.get("id"), source.package.get("name")
    if given is not None:
        id_ = _parse_id(entry, "id", given)
    elif name == entry or not isinstance(name, str):
        id_ = _parse_id(entry, "name", entry)
    else:
        try:
            id_ = _parse_id(entry, "name", name)
        except RefusedError:
            id_ = _parse_id(entry, "name", entry)
    return id_, list(_renamed(entry, name, id_))


def _renamed(entry: str, name: object, id_: PackageId) -> Iterator[Problem]:
    if name not in (entry, str(id_)):
        shown = "no name" if name is None else f"the name {str(name)[:80]!r}"
        message = f"the manifest gives {shown}, the catalog {entry!r}; the package is {id_}"
        yield Problem(entry, "name", "name-differs", message, "give both the same name, and the package a title")


def _parse_id(entry: str, field: str, text: object) -> PackageId:
    if not isinstance(text, str):
        raise refuse(entry, field, "invalid-package-id", f"{field} is not a text", "name the package")
    try:
        return PackageId.parse(id_text(text) if field == "name" else text)
    except InvalidInputError as error:
        raise refused_by(entry, error, field) from error


def convert(source: Source, id_: PackageId, known: Mapping[str, PackageId]) -> tuple[ImportedPackage, list[Problem]]:
    """Make the package of an entry; `known` are the catalog's names with their ids.

    Raises:
        RefusedError: a code of `read_dependencies` or of `Manifest.parse`.
    """
    wanted, dropped = _split(read_dependencies(source.entry, source.document, known))
    notes = [*_compare(source), *_compare_dependencies(source, wanted, known), *_dropped(source.entry, dropped)]
    fields = {name: value for name, value in _fields(source, id_, notes).items() if value}
    text = _render(fields, wanted).encode("utf-8", "replace")
    try:
        manifest = Manifest.parse(text)
    except InvalidInputError as error:
        raise refused_by(source.entry, error) from error
    files = {FILE_NAME: text, "README.md": _readme(source, manifest).encode("utf-8", "replace"), ORIGINAL: source.data}
    return ImportedPackage(source.entry, manifest, files), notes


def _split(items: Iterable[Wanted | Dropped]) -> tuple[dict[PackageId, str], list[Dropped]]:
    wanted: dict[PackageId, str] = {}
    dropped: list[Dropped] = []
    for item in items:
        if isinstance(item, Dropped):
            dropped.append(item)
        elif wanted.get(item.id, "*") == "*":
            wanted[item.id] = str(item.requirement)
        else:
            wanted[item.id] += f", {item.requirement}"
    return wanted, dropped


def _dropped(entry: str, dropped: Iterable[Dropped]) -> Iterator[Problem]:
    reasons: dict[str, list[str]] = {}
    for item in dropped:
        reasons.setdefault(item.why, []).append(item.name)
    for why, names in reasons.items():
        message = f"left out, since they are no packages that are required ({why}): {', '.join(names)}"
        yield Problem(entry, "dependencies", "dependency-left-out", message)


def _compare(source: Source) -> Iterator[Problem]:
    """Note where the index says something else than the manifest, which is the one that counts."""
    for field in _INDEX_FIELDS:
        ours, theirs = source.package.get(field), source.index.get(field)
        if ours and theirs and ours != theirs:
            shown = f"{str(ours)[:80]!r}, the index {str(theirs)[:80]!r}"
            message = f"the manifest has the {field} {shown}; the manifest's was taken"
            yield Problem(source.entry, field, "index-differs", message, "make the index again")


def _compare_dependencies(
    source: Source, wanted: Mapping[PackageId, str], known: Mapping[str, PackageId]
) -> Iterator[Problem]:
    listed = source.index.get("dependencies")
    if not isinstance(listed, list):
        return
    theirs = {str(known.get(str(name), id_text(str(name)))) for name in listed}
    ours = {str(id_) for id_ in wanted}
    if ours != theirs:
        shown = f"{', '.join(sorted(ours)) or 'nothing'}, the index {', '.join(sorted(theirs)) or 'nothing'}"
        message = f"the manifest needs {shown}; the manifest's was taken"
        yield Problem(source.entry, "dependencies", "index-differs", message, "make the index again")


def _fields(source: Source, id_: PackageId, notes: list[Problem]) -> dict[str, object]:
    package, metadata = source.package, source.document.get("metadata", {})
    more = metadata if isinstance(metadata, dict) else {}
    categories = _texts(package.get("categories"))
    category = package.get("category") or more.get("category") or next(iter(categories), source.index.get("category"))
    tags = _texts(package.get("tags")) or _texts(more.get("tags")) or _texts(source.index.get("tags"))
    return {
        "id": str(id_),
        "version": _single(source, "version"),
        "title": _title(source),
        "description": _single(source, "description"),
        "license": _single(source, "license"),
        "authors": _authors(source),
        "category": _category(source.entry, category, notes),
        "tags": _words(source.entry, "tags", [*tags, *categories[1:]], notes),
        "keywords": _words(source.entry, "keywords", _texts(package.get("keywords")), notes),
        "homepage": _address(source.entry, "homepage", package.get("homepage") or more.get("homepage"), notes),
        "repository": _address(source.entry, "repository", package.get("repository") or more.get("repository"), notes),
        "readme": "README.md",
    }


def _single(source: Source, field: str) -> str:
    """Return a field of the manifest, or of the index when the manifest has none."""
    value = source.package.get(field) or source.index.get(field) or ""
    if not isinstance(value, str):
        raise refuse(source.entry, field, "manifest-invalid", f"{field} is not a text", f"write {field} as a text")
    return value


def _texts(value: object) -> list[str]:
    """Flatten `["a"]`, `{tags = ["a"]}` and `"a"` into a list."""
    match value:
        case str():
            return [value]
        case list():
            return [item for item in value if isinstance(item, str)]
        case dict():
            return [text for item in value.values() for text in _texts(item)]
    return []


def _title(source: Source) -> str:
    for name in ("title", "full_name", "name"):
        text = source.package.get(name)
        if isinstance(text, str) and " " in text:
            return text
    words = source.entry.rpartition(".")[2].replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def _authors(source: Source) -> list[str]:
    package = source.package
    return _texts(package.get("authors")) or _texts(package.get("author")) or _texts(source.index.get("author"))


def _category(entry: str, value: object, notes: list[Problem]) -> str:
    text = value if isinstance(value, str) else ""
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if slug != text:
        notes.append(Problem(entry, "category", "category-changed", f"category {text[:80]!r} became {slug!r}"))
    return slug


def _words(entry: str, field: str, words: Iterable[str], notes: list[Problem]) -> list[str]:
    unique = list(dict.fromkeys(words))
    kept = [word for word in unique if len(word) <= MAX_WORD][:MAX_WORDS]
    if len(kept) != len(unique):
        message = f"{len(unique) - len(kept)} of {len(unique)} {field} were left out: longer than {MAX_WORD} characters"
        notes.append(Problem(entry, field, "words-left-out", f"{message}, or more than {MAX_WORDS}"))
    return kept


def _address(entry: str, field: str, value: object, notes: list[Problem]) -> str:
    if not value:
        return ""
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return value
    message = f"{field} {str(value)[:80]!r} was left out: it is no http or https address"
    notes.append(Problem(entry, field, "address-left-out", message))
    return ""


def _render(fields: Mapping[str, object], wanted: Mapping[PackageId, str]) -> str:
    lines = ["[package]", *(f"{name} = {_toml(value)}" for name, value in fields.items())]
    if wanted:
        lines += ["", "[dependencies]", *(f"{_toml(str(id_))} = {_toml(text)}" for id_, text in sorted(wanted.items()))]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """Write a value as TOML: its basic strings take all escapes of JSON, and want DEL escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _readme(source: Source, manifest: Manifest) -> str:
    features = _texts(source.package.get("features")) or _texts(source.document.get("features"))
    lines = [f"# {manifest.title}", "", manifest.description, ""]
    if features:
        lines += ["## Features", "", *(f"- {' '.join(feature.split())}" for feature in features), ""]
    lines += [
        f"Imported from the catalog entry `{source.entry}`, whose manifest is kept as `{ORIGINAL}`.",
        "The catalog held no templates, so this package has none.",
        "",
    ]
    return "\n".join(lines)
