"""Small catalogs of the older shape, written entry by entry with the dirt that a scenario is about."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from marketplace.importer import ImportedPackage, ImportPlan, Problem
from marketplace.importing.convert import Source, convert, identify
from marketplace.importing.problems import RefusedError
from marketplace.model.manifest import Manifest

SOUND = '[package]\nname = "{name}"\nversion = "1.0.0"\ndescription = "A sound package"\nlicense = "MIT"\n'


class LegacyCatalog:
    """A catalog below `folder`: `write` makes `manifests/` and `ggen-index.json` of what was added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: list[object] = []
        self._index: bytes | None = None
        (folder / "manifests").mkdir(parents=True)

    def manifest_of(self, name: str) -> Path:
        """Return where the manifest of an entry lies."""
        return self.folder / "manifests" / f"{name}.package.toml"

    def add(self, name: str, manifest: bytes | None, *, listed: bool = True, **index: object) -> None:
        """Add an entry; `index` are its fields in the index, of which name and version are given otherwise."""
        if manifest is not None:
            self.manifest_of(name).write_bytes(manifest)
        if listed:
            self._entries.append({"name": name, "version": "1.0.0", **index})

    def add_sound(self, name: str) -> None:
        """Add an entry without any dirt."""
        self.add(name, SOUND.format(name=name).encode())

    def list_entry(self, entry: object) -> None:
        """Add something to the index alone."""
        self._entries.append(entry)

    def set_index(self, data: bytes) -> None:
        """Write the index as it is given instead of making it."""
        self._index = data

    def write(self) -> Path:
        """Write the index, unless something lies in its place already, and return the folder."""
        path = self.folder / "ggen-index.json"
        if self._index is not None:
            path.write_bytes(self._index)
        elif not path.exists() and not path.is_symlink():
            path.write_text(json.dumps({"version": "1.0.0", "packages": self._entries}), encoding="utf-8")
        return self.folder


def accepted(plan: ImportPlan, entry: str) -> ImportedPackage:
    """Return the package made of an entry; an AssertionError tells why there is none."""
    found = [package for package in plan.accepted if package.entry == entry]
    assert len(found) == 1, [problem.to_json() for problem in plan.refused]
    return found[0]


def refusal(plan: ImportPlan, entry: str) -> Problem:
    """Return why an entry was refused."""
    found = [problem for problem in plan.refused if problem.entry == entry]
    assert len(found) == 1, [problem.to_json() for problem in plan.refused]
    return found[0]


def notes(plan: ImportPlan, entry: str, code: str) -> list[Problem]:
    """Return the notes of one kind on an entry."""
    return [problem for problem in plan.notes if (problem.entry, problem.code) == (entry, code)]


def shown(manifest: Manifest, field: str) -> str:
    """Return a field of a manifest as the tables of the features write it."""
    value = getattr(manifest, field)
    if field == "dependencies":
        return ", ".join(f"{id_} {requirement}" for id_, requirement in value) or "(none)"
    return (", ".join(value) if isinstance(value, tuple) else str(value)) or "(none)"


_FIELDS = (
    "id", "name", "version", "title", "full_name", "description", "license", "author", "authors", "category",
    "categories", "tags", "keywords", "features", "homepage", "repository", "dependencies",
)  # fmt: skip
_odd = (
    None, True, False, 0, -1, 2**70, 0.5, float("nan"), float("-inf"), "", " ", "\x00", "\x1b[2J", "\u202e", "\ud800",
    "web", "io.ggen.web", "1.0.0", "^1", "a/b", "https://example.org",
    datetime(1, 1, 1, tzinfo=UTC), datetime(2026, 1, 1),  # noqa: DTZ001 - TOML has dates without a zone
)  # fmt: skip
_scalars = st.sampled_from(_odd) | st.text(max_size=12) | st.integers() | st.floats()
_keys = st.text(max_size=5) | st.sampled_from(["version", "required", "optional", "rust"])


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _scalars | st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3)


_anything = _nested(_nested(_scalars))
_tables = st.dictionaries(st.sampled_from(_FIELDS), _anything, max_size=6)


def _mostly(value: object) -> st.SearchStrategy[Any]:
    """Yield `value` four times of five, else anything."""
    return st.integers(0, 4).flatmap(lambda drawn: st.just(value) if drawn else _anything)


_likely = st.fixed_dictionaries(
    {"name": _mostly("web"), "version": _mostly("1.0.0"), "description": _mostly("It makes webs")}
)
_documents = st.builds(
    lambda likely, package, dependencies, metadata: {
        "package": {**package, **likely}, "dependencies": dependencies, "metadata": metadata
    },
    _likely, _tables, _mostly({"web-core": "^1"}), _anything,
)  # fmt: skip


def check_any_manifest() -> None:
    """Whatever a manifest and the index hold, the entry is accepted, or refused with a reason."""
    outcomes = {"accepted": 0, "refused": 0}

    @settings(
        max_examples=1500, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(_documents, _tables)
    @example({"package": {"name": "web", "version": "1.0.0", "description": "-", "features": "\ud800"}}, {})
    def law(document: dict[str, Any], index: dict[str, Any]) -> None:
        outcomes[_outcome(Source("web", b"", document, index))] += 1

    law()
    assert min(outcomes.values()) > 100, outcomes  # else the values tried say little


def _outcome(source: Source) -> str:
    try:
        id_, _ = identify(source)
        package, _ = convert(source, id_, {"web": id_})
    except RefusedError as error:
        assert error.problem.code and error.problem.message
        return "refused"
    assert Manifest.parse(package.files["package.toml"]) == package.manifest
    return "accepted"


def make_in_place(path: Path, something: str) -> None:
    """Put something that is no regular file at `path`."""
    import os

    secret = path.parent.parent / "secret"
    secret.write_text(SOUND.format(name="secret"), encoding="utf-8")
    path.unlink(missing_ok=True)
    makers: dict[str, Callable[[], object]] = {
        "a link": lambda: path.symlink_to(secret),
        "a folder": path.mkdir,
        "a fifo": lambda: os.mkfifo(path),
    }
    makers[something]()
