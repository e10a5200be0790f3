"""Named registries: their addresses, the namespaces that are bound to them, and the order in which they are asked."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from marketplace.config import REGISTRIES
from marketplace.errors import ConflictError, InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from marketplace.config import Settings

LOCAL = "local"
"""The name of the embedded registry."""

BUILT_IN = frozenset(("http", "https", "file", "ftp", "ftps", "p2p", "local", "data", "git", "ssh", "ggen"))
"""Schemes of addresses that no plugin can bring."""

_PLUGGED = re.compile(r"([a-z][a-z0-9-]{0,62})://[^?#@\s]+", re.ASCII)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_MAX_URL = 2000


class Known(NamedTuple):
    """A registry that has a name. `namespaces` are bound to it: their packages are asked of no other."""

    name: str
    url: str
    namespaces: tuple[str, ...] = ()


class Member(NamedTuple):
    """A place in the order: a registry, and whether the next is asked too when this one cannot answer (`|`)."""

    name: str
    crosses: bool = False


def known(settings: "Settings") -> dict[str, Known]:
    """Return the registries in the home's settings, by name.

    Raises:
        InvalidInputError: `registries-invalid`, naming the entry; `registry-url-invalid`, `registry-name-invalid`.
    """
    table = settings.registries
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise _invalid("it is not a table of registries")
    return {name: _known(name, value) for name, value in table.items()}


def _known(name: str, value: object) -> Known:
    if not isinstance(value, dict) or not value.keys() <= {"url", "namespaces"} or "url" not in value:
        raise _invalid(f"{name[:80]!r} is not a table with url and namespaces")
    namespaces = value.get("namespaces", [])
    if not isinstance(namespaces, list) or not all(isinstance(item, str) for item in namespaces):
        raise _invalid(f"namespaces of {name[:80]!r} is not a list of texts")
    return Known(checked_name(name), checked_url(value["url"]), tuple(map(checked_namespace, namespaces)))


def _invalid(why: str) -> InvalidInputError:
    hint = "correct config.toml, or remove the entry and use `ggen market registry add`"
    return InvalidInputError("registries-invalid", f"the home's registries cannot be read: {why}", hint=hint)


def checked_name(text: str) -> str:
    """Return a registry's name.

    Raises:
        InvalidInputError: `registry-name-invalid`.
    """
    if not _NAME.fullmatch(text):
        hint = "use a-z, 0-9 and inner hyphens, at most 63"
        raise InvalidInputError("registry-name-invalid", f"{text[:80]!r} is not a registry's name", hint=hint)
    return text


def checked_url(text: object) -> str:
    """Return a registry's address with a slash at its end.

    Raises:
        InvalidInputError: `registry-url-invalid`.
    """
    shown = text if isinstance(text, str) and text.isascii() and text.isprintable() and " " not in text else ""
    if len(shown) > _MAX_URL or not (scheme_of(shown) or _is_http(shown)):
        hint = "write it like https://registry.example.org/; a token is kept by `ggen market registry login`"
        shown = re.sub(r"//[^/@]*@", "//…@", str(text)[:200])
        raise InvalidInputError("registry-url-invalid", f"{shown!r} is not a registry's address", hint=hint)
    return shown.rstrip("/") + "/"


def scheme_of(url: str) -> str | None:
    """Return the scheme of an address that a plugin has to bring; None for one that this program knows."""
    match = _PLUGGED.fullmatch(url)
    return match[1] if match and match[1] not in BUILT_IN else None


def _is_http(text: str) -> bool:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(sound) and not (parts.username or parts.password or parts.query or parts.fragment)


def checked_namespace(text: str) -> str:
    """Return a namespace; `io.acme.*` is `io.acme`, with all below it.

    Raises:
        InvalidInputError: `invalid-namespace`.
    """
    from marketplace.model.ids import PackageId

    namespace = text.removesuffix(".*")
    try:
        PackageId.parse(f"{namespace}.x")
    except InvalidInputError as error:
        hint = "a namespace is a package id without its last segment, such as io.ggen.rust"
        raise InvalidInputError("invalid-namespace", f"{text[:80]!r} is not a namespace", hint=hint) from error
    return namespace


def order_of(text: str) -> tuple[Member, ...]:
    """Read an order such as `corp, public | mirror`: `,` goes on after "not found", `|` also after "no answer".

    Raises:
        InvalidInputError: `registry-order-invalid`.
    """
    parts = re.split(r"([,|])", text)
    names, signs = [part.strip() for part in parts[::2]], [*parts[1::2], ","]
    if not all(_NAME.fullmatch(name) for name in names) or len(set(names)) != len(names):
        hint = "name registries, each once, with , or | between them; `ggen market registry list` shows them"
        raise InvalidInputError("registry-order-invalid", f"{text[:80]!r} is no order of registries", hint=hint)
    return tuple(Member(name, sign == "|") for name, sign in zip(names, signs, strict=True))


def binding_of(known: Mapping[str, Known], id_: str) -> str | None:
    """Return the registry that a package or namespace is bound to: that of the longest namespace it is in."""
    found = [
        (len(namespace), registry.name)
        for registry in known.values()
        for namespace in registry.namespaces
        if id_ == namespace or id_.startswith(f"{namespace}.")
    ]
    return max(found)[1] if found else None


def unknown(name: str, known: Mapping[str, Known]) -> NotFoundError:
    """Return the error for a name that no registry has."""
    from marketplace.search.base import close_matches

    close = close_matches(name, [LOCAL, *known])
    hint = f"did you mean {' or '.join(close)}?" if close else "`ggen market registry add NAME URL` adds one"
    return NotFoundError("registry-unknown", f"there is no registry named {name!r}", hint=hint, registry=name)


def add(settings: "Settings", new: Known) -> "Path":
    """Add a registry to the home's settings, or change the one of that name; return the file.

    Raises:
        ConflictError: `registry-exists`, it has another address; `namespace-taken`, a namespace is another's.
        InvalidInputError: as `known`, and `registry-name-invalid` for `local`.
    """
    if new.name == LOCAL:
        hint = "choose another name"
        raise InvalidInputError("registry-name-invalid", "local is the embedded registry's name", hint=hint)
    there = known(settings)
    if new.name in there and there[new.name].url != new.url:
        hint = f"`ggen market registry remove {new.name}` first: its packages may be locked by this name"
        raise ConflictError("registry-exists", f"{new.name} is at {there[new.name].url} already", hint=hint)
    for other in there.values():
        if other.name != new.name and (shared := set(other.namespaces) & set(new.namespaces)):
            message = f"{', '.join(sorted(shared))} is bound to {other.name} already"
            raise ConflictError("namespace-taken", message, hint="a namespace is bound to one registry")

    def change(document: Any) -> None:
        import tomlkit

        entry = tomlkit.table()
        entry["url"] = new.url
        if new.namespaces:
            entry["namespaces"] = list(new.namespaces)
        document.setdefault(REGISTRIES, tomlkit.table(is_super_table=True))[new.name] = entry

    return settings.change(change)


def remove(settings: "Settings", name: str) -> "Path":
    """Remove a registry from the home's settings; return the file.

    Raises:
        NotFoundError: `registry-unknown`.
    """
    there = known(settings)
    if name not in there:
        raise unknown(name, there)

    def change(document: Any) -> None:
        del document[REGISTRIES][name]

    return settings.change(change)


def namespaces_in(known: Mapping[str, Known], text: str) -> "set[str]":
    """Return the registries whose namespaces a text names, such as what a user types into a search."""
    lowered = text.lower()
    return {registry.name for registry in known.values() for namespace in registry.namespaces if namespace in lowered}
