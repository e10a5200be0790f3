"""The manifest, `package.toml`: what a publisher says about a package."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.errors import InvalidInputError
from marketplace.model.ids import PackageId
from marketplace.model.requirement import Requirement
from marketplace.model.version import Version

FILE_NAME = "package.toml"
MAX_BYTES = 1024 * 1024
"""Longest manifest accepted (HOSTILE-INPUT: 1 MiB)."""

MAX_TEXT = {"title": 200, "description": 4000, "license": 200, "category": 64, "homepage": 2000, "repository": 2000}
MAX_WORDS = 64
MAX_WORD = 64
_TEXTS = ("id", "version", "title", "description", "license", "category", "homepage", "repository", "readme")
_KNOWN = frozenset({*_TEXTS, "authors", "tags", "keywords"})
_CATEGORY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Terminal escapes and bidirectional overrides: never wanted in text that is shown (CVE-2021-42574)."""


@dataclass(frozen=True, slots=True)
class TemplateVariable:
    """A value that a template asks for when it is rendered."""

    name: str
    description: str = ""
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template file of the package: its path, what it is for and the variables it asks for."""

    path: str
    description: str = ""
    output: str = ""
    variables: tuple[TemplateVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The checked content of a `package.toml`.

    `unknown` names keys of `[package]` and top-level tables that this version does not know: they are carried in the
    package, ignored, and shown to the publisher, so that a typo is seen.
    """

    id: PackageId
    version: Version
    title: str
    description: str
    license: str
    authors: tuple[str, ...]
    category: str
    tags: tuple[str, ...]
    keywords: tuple[str, ...]
    homepage: str
    repository: str
    readme: str
    dependencies: tuple[tuple[PackageId, Requirement], ...]
    templates: tuple[Template, ...]
    unknown: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> "Manifest":
        """Read and check a manifest.

        Raises:
            InvalidInputError: `manifest-invalid` (with `field`), `invalid-package-id`, `invalid-version` or
                `invalid-requirement`.
        """
        document = _load(data)
        package = document.get("package")
        if not isinstance(package, dict):
            raise _bad("package", "the table [package] is missing")
        return cls(
            id=PackageId.parse(_text(package, "id", required=True)),
            version=Version.parse(_text(package, "version", required=True)),
            title=_text(package, "title"),
            description=_text(package, "description", required=True),
            license=_text(package, "license"),
            authors=_words(package, "authors"),
            category=_category(package),
            tags=_words(package, "tags"),
            keywords=_words(package, "keywords"),
            homepage=_url(package, "homepage"),
            repository=_url(package, "repository"),
            readme=_text(package, "readme"),
            dependencies=parse_dependencies(document.get("dependencies", {})),
            templates=tuple(_templates(document.get("template", []))),
            unknown=_unknown(document, package),
        )


def parse_dependencies(table: object) -> tuple[tuple[PackageId, Requirement], ...]:
    """Read a `[dependencies]` table, of a manifest or a project; sorted by id.

    An id may be quoted (`"io.ggen.core" = "1"`) or written as a dotted key, which TOML nests.

    Raises:
        InvalidInputError: `manifest-invalid`, `invalid-package-id` or `invalid-requirement`.
    """
    if not isinstance(table, dict):
        raise _bad("dependencies", "[dependencies] is not a table")
    found: dict[PackageId, Requirement] = {}
    for name, value in _flatten(table, ""):
        if not isinstance(value, str):
            raise _bad("dependencies", f"the requirement of {name} is not a text such as '^1.2'")
        id_ = PackageId.parse(name)
        if id_ in found:
            raise _bad("dependencies", f"{name} is required twice")
        found[id_] = Requirement.parse(value)
    return tuple(sorted(found.items()))


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _load(data: bytes) -> dict[str, Any]:
    import tomllib

    if len(data) > MAX_BYTES:
        raise _bad("", f"the manifest is longer than {MAX_BYTES} bytes")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad("", f"{FILE_NAME} is not valid TOML: {error}") from error


def _bad(field: str, message: str) -> InvalidInputError:
    return InvalidInputError(
        "manifest-invalid",
        message,
        hint=f"correct {FILE_NAME} and try again; docs/manifest.md lists the fields",
        field=field,
    )


def _checked(field: str, value: object, limit: int) -> str:
    if not isinstance(value, str):
        raise _bad(field, f"{field} is not a text")
    if len(value) > limit:
        raise _bad(field, f"{field} is longer than {limit} characters")
    if _UNSAFE.search(value):
        raise _bad(field, f"{field} has control characters or bidirectional overrides")
    return value.strip()


def _text(package: Mapping[str, Any], field: str, *, required: bool = False) -> str:
    text = _checked(field, package.get(field, ""), MAX_TEXT.get(field, 4096))
    if required and not text:
        raise _bad(field, f"{field} is missing from [package]")
    return text


def _words(package: Mapping[str, Any], field: str) -> tuple[str, ...]:
    values = package.get(field, [])
    if not isinstance(values, list) or len(values) > MAX_WORDS:
        raise _bad(field, f"{field} is not a list of at most {MAX_WORDS} texts")
    limit = MAX_TEXT["title"] if field == "authors" else MAX_WORD
    return tuple(word for value in values if (word := _checked(field, value, limit)))


def _category(package: Mapping[str, Any]) -> str:
    text = _text(package, "category")
    if text and not _CATEGORY.fullmatch(text):
        raise _bad("category", f"category {text!r} is not of the form a-z, 0-9 and inner hyphens")
    return text


def _url(package: Mapping[str, Any], field: str) -> str:
    text = _text(package, field)
    if text and not text.startswith(("https://", "http://")):
        raise _bad(field, f"{field} is not an http or https address")
    return text


def _templates(items: object) -> Iterator[Template]:
    if not isinstance(items, list):
        raise _bad("template", "[[template]] is not a list of tables")
    for item in items:
        if not isinstance(item, dict):
            raise _bad("template", "[[template]] is not a list of tables")
        path = _text(item, "path")
        if not path:
            raise _bad("template", "a [[template]] has no path")
        variables = item.get("variables", [])
        if not isinstance(variables, list):
            raise _bad("template", f"the variables of {path} are not a list")
        yield Template(
            path, _text(item, "description"), _text(item, "output"), tuple(_variable(path, v) for v in variables)
        )


def _variable(path: str, value: object) -> TemplateVariable:
    if not isinstance(value, dict) or not _text(value, "name"):
        raise _bad("template", f"a variable of {path} has no name")
    default = value.get("default")
    return TemplateVariable(
        _text(value, "name"),
        _text(value, "description"),
        None if default is None else _checked("default", default, MAX_TEXT["description"]),
    )


def _unknown(document: Mapping[str, Any], package: Mapping[str, Any]) -> tuple[str, ...]:
    tables = (name for name in document if name not in ("package", "dependencies", "template"))
    return tuple(sorted([*(f"package.{key}" for key in package if key not in _KNOWN), *tables]))
