"""Documents of a registry for scenarios: made, changed, damaged."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from marketplace.model import canonical
from marketplace.model.ids import PackageId
from marketplace.model.release import YankRecord
from marketplace.protocol import documents
from marketplace.protocol.documents import PackageDocument, PackageEntry, RegistryDocument
from marketplace.search.base import SearchDocument
from support.market.signing import code_of, release_by, signer_of, yank_by

ID = PackageId("io.acme.web")


@dataclass(slots=True)
class Document:
    """The document of the package io.acme.web, as a registry might send it."""

    fields: dict[str, Any]

    @classmethod
    def of(cls, versions: str) -> "Document":
        """Return the document that lists Alice's releases of these versions."""
        entries = [
            PackageEntry(release_by("Alice", f"{ID}@{version}"), position)
            for position, version in enumerate(versions.split(", "), 1)
        ]
        return cls(json.loads(documents.encode_package(ID, entries)))

    def change(self, path: str, value: str) -> None:
        """Set the field at a dotted path to the JSON in `value`, or take it away for `(gone)`."""
        put(self.fields, path, value)

    def change_entry(self, version: str, path: str, value: str) -> None:
        """Change a field in the entry of a version; `(entry)` is the entry itself."""
        releases = self.fields["releases"]
        (place,) = (n for n, entry in enumerate(releases) if entry["release"]["version"] == version)
        if path == "(entry)":
            releases[place] = json.loads(value)
        else:
            put(releases[place], path, value)

    def read(self) -> PackageDocument:
        """Read the document as a client does."""
        return documents.decode_package(canonical.encode(self.fields), ID)

    def told(self) -> str:
        """Say what a client sees in it: the versions listed and the codes of the bad entries."""
        found = self.read()
        listed = ", ".join(str(entry.release.version) for entry in found.entries)
        codes = sorted({bad.error.code for bad in found.bad})
        words = {0: "no bad entry", 1: "a bad entry"}.get(len(found.bad), "bad entries")
        return f"{listed} and {words}" + "".join(f', "{code}"' for code in codes)


def put(fields: dict[str, Any], path: str, value: str) -> None:
    """Set what is at a dotted path to the JSON in `value`, or take it away for `(gone)`."""
    *folders, name = path.split(".")
    for folder in folders:
        fields = fields[folder]
    if value == "(gone)":
        del fields[name]
    else:
        fields[name] = json.loads(value)


def yank_fields(record: str) -> str:
    """Return the JSON of `a yank of VERSION` or `an unyank of VERSION` by Alice."""
    words = record.split()
    found = replace(yank_by("Alice", f"{ID}@{words[-1]}"), action="unyank" if words[1] == "unyank" else "yank")
    found = found.signed(signer_of("Alice").sign(found.statement()))
    return found.encode().decode()


def search_document(name: str) -> SearchDocument:
    """Return what the search shows of a package of that name."""
    return SearchDocument(
        id=f"io.acme.{name}", version="1.0.0", title=name, description="Ein Päckchen", category="web", tags=("a", "b"),
        keywords=(), license="MIT", authors=("Alice",), downloads=7, updated_at="2026-01-01T00:00:00Z", revision=1,
    )  # fmt: skip


def read_back() -> None:
    """Write every kind of document and read it back."""
    yank = yank_by("Alice", f"{ID}@2.0.0")
    root = RegistryDocument("acme", "acme.example", "acme.example+00000000+AQ==", None)
    assert documents.decode_registry(documents.encode_registry(root)) == root
    unyank = YankRecord.decode(yank_fields("an unyank of 3.0.0").encode())
    words: dict[str, dict[str, YankRecord]] = {"3.0.0": {"unyank": unyank}, "2.0.0": {"yank": yank}, "1.0.0": {}}
    entries = tuple(PackageEntry(release_by("Alice", f"{ID}@{v}"), n, **words[v]) for n, v in enumerate(words, 3))
    read = documents.decode_package(documents.encode_package(ID, entries), ID)
    parts = ((e.position, e.release.encode(), e.yank or e.unyank) for e in entries)
    assert documents.join_package(ID, parts) == documents.encode_package(ID, entries)
    assert (read.entries, read.bad) == (entries, ())
    assert [entry.listed.yanked for entry in read.entries] == [None, "it is broken", None]
    assert documents.decode_yanked(documents.encode_yanked([yank])) == ((yank,), ())
    assert documents.decode_categories(documents.encode_categories({"web": 3, "": 1})) == {"web": 3, "": 1}
    assert documents.decode_downloads(documents.encode_downloads(ID, 12), ID) == 12
    assert code_of(lambda: documents.decode_downloads(documents.encode_downloads(PackageId("io.acme.b"), 12), ID)).code
    shown = [search_document("a"), search_document("b")._replace(quality=50, revision=2)]
    assert documents.decode_catalog(documents.encode_catalog(reversed(shown))) == (tuple(shown), ())


def one_bad_entry_hides_no_other(
    kind: str, encode: Callable[..., bytes], decode: Callable[[bytes], tuple[tuple[Any, ...], tuple[Any, ...]]],
    good: Any, damages: list[tuple[str, str]],
) -> None:  # fmt: skip
    """Damage the first of two entries in each of these ways; the second must be read."""
    for path, value in damages:
        fields = json.loads(encode(good))
        put(fields[kind][0], path, value)
        found, bad = decode(canonical.encode(fields))
        assert (len(found), [entry.place for entry in bad]) == (1, [0]), (path, value, found, bad)


def catalog_damaged() -> None:
    """Damage a document of the catalog in many ways."""
    damages = [
        ("id", '"web"'), ("id", "(gone)"), ("title", "7"), ("downloads", "-1"), ("downloads", "true"),
        ("quality", "101"), ("tags", '"a"'), ("tags", "[1]"), ("authors", "null"),
    ]  # fmt: skip
    good = [search_document("a"), search_document("b")]
    one_bad_entry_hides_no_other("documents", documents.encode_catalog, documents.decode_catalog, good, damages)


def yanks_damaged() -> None:
    """Damage a record of the list of yanks in many ways."""
    damages = [("action", '"unyank"'), ("id", '"web"'), ("signature", "(gone)"), ("version", '"1"')]
    good = [yank_by("Alice", f"{ID}@1.0.0"), yank_by("Alice", f"{ID}@2.0.0")]
    one_bad_entry_hides_no_other("yanks", documents.encode_yanked, documents.decode_yanked, good, damages)
