"""The JSON documents among a registry's files: written canonically, read strictly.

Fields that this version does not know are passed over; a document of a newer protocol is refused as a whole. One bad
entry never hides the others: it is reported beside them.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.model import canonical
from marketplace.model.ids import PackageId
from marketplace.model.package import ListedRelease
from marketplace.model.release import Release, YankRecord
from marketplace.model.version import Version
from marketplace.protocol.strict import malformed, too_large
from marketplace.search.base import SearchDocument

PROTOCOL = 1
"""Written into every document; raised when an older client would misread one."""

MAX_DOCUMENT = 16 * 1024 * 1024
"""Most bytes of one document (HOSTILE-INPUT: one metadata document)."""

MAX_CATALOG = 64 * 1024 * 1024
"""Most bytes of the catalog: a hundred thousand packages take 40 to 50 MB."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RegistryDocument:
    """The root document. `origin` and `key` (a verifier key of C2SP signed notes) are the log's, empty without one.

    `api` is the base of the interface relative to the registry's, None where there are files alone.
    """

    name: str
    origin: str
    key: str
    api: str | None


@dataclass(frozen=True, slots=True)
class PackageEntry:
    """A release in a package document: its record, its number in the log (from 1), and the last word on it.

    That is the yank that holds now, or the unyank that took one back; there is neither for most.
    """

    release: Release
    position: int
    yank: YankRecord | None = None
    unyank: YankRecord | None = None

    @property
    def listed(self) -> ListedRelease:
        """The release as a registry lists it."""
        return ListedRelease(self.release, self.yank.reason if self.yank else None)


@dataclass(frozen=True, slots=True)
class BadEntry:
    """An entry that could not be read: its place in the document, from 0, and why."""

    place: int
    error: IntegrityError


@dataclass(frozen=True, slots=True)
class PackageDocument:
    """All releases of a package, from the highest version to the lowest, and the entries that cannot be read."""

    id: PackageId
    entries: tuple[PackageEntry, ...]
    bad: tuple[BadEntry, ...] = ()


def encode_registry(document: RegistryDocument) -> bytes:
    """Write `registry.json`."""
    log = {"origin": document.origin, "key": document.key}
    return _encode({"api": document.api, "log": log, "name": document.name})


def decode_registry(data: bytes) -> RegistryDocument:
    """Read `registry.json`.

    Raises:
        IntegrityError: `document-too-large`, `document-malformed` or `protocol-newer`, as every reader here.
    """
    what = "root document"
    fields = _decode(data, what)
    api = fields.get("api")
    if api is not None and (not isinstance(api, str) or not _is_relative(api)):
        raise malformed(what, "its interface is not below it")
    log = _field(fields, "log", dict, what)
    name, origin, key = (
        _field(fields, "name", str, what),
        _field(log, "origin", str, what),
        _field(log, "key", str, what),
    )
    return RegistryDocument(name, origin, key, api)


def _is_relative(address: str) -> bool:
    """Tell whether an address stays below its base: no scheme, host, query or way up."""
    parts = address.removesuffix("/").split("/")
    return all(part not in ("", ".", "..") and part.replace("-", "").isalnum() for part in parts)


def encode_package(id_: PackageId, entries: Iterable[PackageEntry]) -> bytes:
    """Write a package document; `entries` go from the highest version to the lowest."""
    releases = [
        {
            "position": entry.position,
            "release": {**entry.release.body(), "signature": entry.release.signature},
            **({"unyank": _yank_fields(entry.unyank)} if entry.unyank else {}),
            "yank": _yank_fields(entry.yank) if entry.yank else None,
        }
        for entry in entries
    ]
    return _encode({"id": str(id_), "releases": releases})


def join_package(id_: PackageId, entries: Iterable[tuple[int, bytes, YankRecord | None]]) -> bytes:
    """Write a package document: position, release record as it is encoded already, and the last word on it or None."""
    releases = b",".join(b'{"position":%d,"release":%b,%b}' % (n, release, _last(word)) for n, release, word in entries)
    return b'{"id":"%b","protocol":%d,"releases":[%b]}' % (str(id_).encode("ascii"), PROTOCOL, releases)


def _last(word: YankRecord | None) -> bytes:
    if word is None:
        return b'"yank":null'
    return b'"yank":' + word.encode() if word.action == "yank" else b'"unyank":%b,"yank":null' % word.encode()


def _yank_fields(record: YankRecord) -> dict[str, object]:
    return {**record.body(), "signature": record.signature}


def decode_package(data: bytes, id_: PackageId) -> PackageDocument:
    """Read the document of the package `id_`. No signature is verified here.

    Raises:
        IntegrityError: as `decode_registry`; `document-malformed` too when it is another package's.
    """
    what = f"document of {id_}"
    fields = _decode(data, what)
    if fields.get("id") != str(id_):
        raise malformed(what, f"it is about {str(fields.get('id'))[:200]}")
    entries, bad = _each(_field(fields, "releases", list, what), lambda value: _package_entry(value, id_))
    entries.sort(key=lambda entry: entry.release.version.precedence, reverse=True)
    return PackageDocument(id_, *_without_repetitions(entries, bad))


def _package_entry(value: Any, id_: PackageId) -> PackageEntry:
    what = "entry"
    if not isinstance(value, dict):
        raise malformed(what, "it is no object")
    release = Release.of_fields(value.get("release"))
    if release.id != id_:
        raise malformed(what, f"it is about {release.id}")
    yank, unyank = (_word(value.get(action), action, release) for action in ("yank", "unyank"))
    if yank and unyank:
        raise malformed(what, f"{release} cannot be yanked and not yanked")
    position = _field(value, "position", int, what)
    if position < 1:
        raise malformed(what, "its position is not one in a log")
    return PackageEntry(release, position, yank, unyank)


def _word(value: Any, action: str, release: Release) -> YankRecord | None:
    if value is None:
        return None
    record = YankRecord.of_fields(value)
    if (record.action, record.id, record.version.precedence) != (action, release.id, release.version.precedence):
        raise malformed("entry", f"the {action} in it is not one of {release}")
    return record


def _without_repetitions(
    entries: Sequence[PackageEntry], bad: Sequence[BadEntry]
) -> tuple[tuple[PackageEntry, ...], tuple[BadEntry, ...]]:
    """Take no side where a version occurs twice: a registry holds one release of a precedence, in one place."""
    times: dict[object, int] = {}
    for entry in entries:
        for key in (entry.release.version.precedence, entry.position):
            times[key] = times.get(key, 0) + 1
    twice = [e for e in entries if times[e.release.version.precedence] > 1 or times[e.position] > 1]
    errors = [BadEntry(-1, malformed("entry", f"{entry.release} or its position occurs twice")) for entry in twice]
    return tuple(entry for entry in entries if entry not in twice), (*bad, *errors)


def encode_yanked(yanks: Iterable[YankRecord]) -> bytes:
    """Write `yanked.json`: the yank of every version that is yanked now, sorted by id and version."""
    records = sorted(map(_yank_fields, yanks), key=lambda fields: (str(fields["id"]), str(fields["version"])))
    return _encode({"yanks": records})


def decode_yanked(data: bytes) -> tuple[tuple[YankRecord, ...], tuple[BadEntry, ...]]:
    """Read `yanked.json`: the yanks, and the entries that cannot be read."""
    what = "list of yanks"
    yanks, bad = _each(_field(_decode(data, what), "yanks", list, what), _yank)
    return tuple(yanks), tuple(bad)


def _yank(value: Any) -> YankRecord:
    record = YankRecord.of_fields(value)
    if record.action != "yank":
        raise malformed("entry", "it is no yank")
    return record


def encode_categories(counts: Mapping[str, int]) -> bytes:
    """Write `categories.json`: packages in each category."""
    return _encode({"categories": dict(counts)})


def decode_categories(data: bytes) -> Mapping[str, int]:
    """Read `categories.json`."""
    what = "list of categories"
    counts = _field(_decode(data, what), "categories", dict, what)
    if not all(type(count) is int and count >= 0 for count in counts.values()):
        raise malformed(what, "a number of packages is none")
    return counts


def encode_downloads(id_: PackageId, count: int) -> bytes:
    """Write the number of downloads of a package."""
    return _encode({"downloads": count, "id": str(id_)})


def decode_downloads(data: bytes, id_: PackageId) -> int:
    """Read the number of downloads of the package `id_`."""
    what = f"downloads of {id_}"
    fields = _decode(data, what)
    count: int = _field(fields, "downloads", int, what)
    if fields.get("id") != str(id_) or count < 0:
        raise malformed(what, "it is about another package, or the number is negative")
    return count


def encode_quality(id_: PackageId, version: Version, report: Mapping[str, object]) -> bytes:
    """Write what a registry measured of a release: the report as `info --quality --json` shows it."""
    return _encode({"id": str(id_), "quality": dict(report), "version": str(version)})


def decode_quality(data: bytes, id_: PackageId, version: Version) -> Mapping[str, object]:
    """Read the report of a release, unchecked but for whose it is."""
    what = f"quality of {id_}@{version}"
    fields = _decode(data, what)
    if (fields.get("id"), fields.get("version")) != (str(id_), str(version)):
        raise malformed(what, "it is about another release")
    report: Mapping[str, object] = _field(fields, "quality", dict, what)
    return report


def encode_catalog(documents: Iterable[SearchDocument]) -> bytes:
    """Write `catalog.json`: what search shows of every package, sorted by id, without the index's change numbers."""
    # Each is written at once: as objects they take many times the memory, and a server keeps what it once needed.
    rows = {document.id: _shown(document) for document in documents}
    return b'{"documents":[%b],"protocol":%d}' % (b",".join(rows[id_] for id_ in sorted(rows)), PROTOCOL)


def _shown(document: SearchDocument) -> bytes:
    return canonical.encode({name: value for name, value in document._asdict().items() if name != "revision"})


def decode_catalog(data: bytes) -> tuple[tuple[SearchDocument, ...], tuple[BadEntry, ...]]:
    """Read `catalog.json`; the documents get change numbers by their order, from 1."""
    what = "catalog"
    values = _field(_decode(data, what, MAX_CATALOG), "documents", list, what)
    found, bad = _each(values, _search_document)
    return tuple(document._replace(revision=place) for place, document in enumerate(found, 1)), tuple(bad)


_TEXTS = ("id", "version", "title", "description", "category", "license", "updated_at")
_LISTS = ("tags", "keywords", "authors")


def _search_document(value: Any) -> SearchDocument:
    what = "entry"
    if not isinstance(value, dict):
        raise malformed(what, "it is no object")
    texts: dict[str, Any] = {name: _field(value, name, str, what) for name in _TEXTS}
    lists: dict[str, Any] = {name: tuple(_field(value, name, list, what)) for name in _LISTS}
    downloads, quality = _field(value, "downloads", int, what), value.get("quality")
    if not all(isinstance(word, str) for words in lists.values() for word in words):
        raise malformed(what, "a word is no text")
    if downloads < 0 or not (quality is None or (type(quality) is int and 0 <= quality <= 100)):
        raise malformed(what, "its downloads or its quality are out of range")
    PackageId.parse(texts["id"])
    return SearchDocument(**texts, **lists, downloads=downloads, quality=quality, revision=0)


def _encode(fields: Mapping[str, object]) -> bytes:
    return canonical.encode({"protocol": PROTOCOL, **fields})


def _decode(data: bytes, what: str, limit: int = MAX_DOCUMENT) -> dict[str, Any]:
    """Parse a canonical document of this protocol: canonical means that no key occurs twice, no number is odd."""
    if len(data) > limit:
        raise too_large(what, limit)
    try:
        value = json.loads(data.decode("utf-8"))
        if not isinstance(value, dict):
            raise ValueError("it is no object")  # noqa: TRY004 - one error type for bad values
        _check_protocol(value.get("protocol"), what)
        if canonical.encode(value) != data:
            raise ValueError("it is not in canonical form")
    except (ValueError, RecursionError) as error:
        raise malformed(what, error) from error
    return value


def _check_protocol(number: object, what: str) -> None:
    """Look at the number first: a newer protocol may write otherwise than this one reads."""
    if type(number) is not int or number < 1:
        raise ValueError("it names no protocol")
    if number > PROTOCOL:
        message = f"the {what} is of protocol {str(number)[:20]}, this version knows {PROTOCOL}"
        raise IntegrityError("protocol-newer", message, hint="update this program", protocol=number)


def _field(fields: Mapping[str, Any], name: str, kind: type[_T], what: str) -> _T:
    value = fields.get(name)
    if type(value) is not kind:
        raise malformed(what, f"{name} is missing or of the wrong kind")
    return value


def _each(values: Sequence[Any], read: Callable[[Any], _T]) -> tuple[list[_T], list[BadEntry]]:
    """Read each entry by itself."""
    good: list[_T] = []
    bad: list[BadEntry] = []
    for place, value in enumerate(values):
        try:
            good.append(read(value))
        except IntegrityError as error:
            bad.append(BadEntry(place, error))
        except InvalidInputError as error:
            bad.append(BadEntry(place, malformed("entry", error)))
    return good, bad
