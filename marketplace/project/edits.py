"""Changing `[dependencies]` in ggen.toml as a careful user would: comments, order and spelling stay."""

from collections.abc import Mapping
from typing import Any

from marketplace.errors import ConflictError
from marketplace.model.ids import PackageId
from marketplace.model.requirement import Requirement

NEW_PROJECT = "[dependencies]\n"
_HINT = "edit ggen.toml by hand, then run `ggen market install`"


def edit(text: str, changes: Mapping[PackageId, Requirement | None], wanted: Mapping[PackageId, Requirement]) -> str:
    """Return `text` with the requirements of `changes` set, or removed where they are None.

    Args:
        text: a ggen.toml.
        changes: what to change.
        wanted: all requirements as they must read afterwards: the edit is checked against it.

    Raises:
        ConflictError: `project-not-editable`; the file is written in a way that this edit would damage.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        table = document.setdefault("dependencies", tomlkit.table())
        for id_, requirement in changes.items():
            holder, key = _place(table, id_.text)
            if requirement is not None:
                holder[key] = str(requirement)
            elif key in holder:
                del holder[key]
        edited = tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, AttributeError) as error:
        raise ConflictError("project-not-editable", f"ggen.toml cannot be edited: {error}", hint=_HINT) from error
    _check(edited, text, wanted)
    return edited


def _place(table: Any, id_: str) -> tuple[Any, str]:
    """Return the table and key where an id stands, spelled as one quoted key or as a dotted one; else where to put it."""
    if id_ in table:
        return table, id_
    parts = id_.split(".")
    for length in range(1, len(parts)):
        holder = table.get(".".join(parts[:length]))
        if isinstance(holder, dict):
            inner, key = _place(holder, ".".join(parts[length:]))
            if key in inner:
                return inner, key
    return table, id_


def _check(edited: str, before: str, wanted: Mapping[PackageId, Requirement]) -> None:
    import tomllib

    from marketplace.model.manifest import parse_dependencies

    old, new = tomllib.loads(before), tomllib.loads(edited)
    old.pop("dependencies", None)
    found = {id_: str(requirement) for id_, requirement in parse_dependencies(new.pop("dependencies", {}))}
    if new != old or found != {id_: str(requirement) for id_, requirement in wanted.items()}:
        raise ConflictError("project-not-editable", "ggen.toml is written in a way that cannot be edited", hint=_HINT)
