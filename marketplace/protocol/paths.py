"""The paths of a registry's files, relative to its base address: built here, and read back strictly.

An id, version, digest or number has one spelling in a path, its canonical one; what is spelt otherwise names nothing.
"""

import re
from dataclasses import dataclass
from typing import Literal

from marketplace.errors import InvalidInputError
from marketplace.model.ids import PackageId
from marketplace.model.version import Version

REGISTRY = "registry.json"
YANKED = "yanked.json"
CATEGORIES = "categories.json"
CATALOG = "catalog.json"
CHECKPOINT = "log/checkpoint"
API = "api/v1/"
"""Base of the interface beside the files."""

MAX_NAME = 250
"""Longest version that has a file of its own: with `.json` it fills a file name (255 bytes on common systems)."""

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile, entries in a full bundle of entries (C2SP tlog-tiles)."""

_MAX_INDEX = 2**53
_MAX_LEVEL = 63

Kind = Literal[
    "registry", "package", "release", "blob", "archive", "checkpoint", "tile", "entries",
    "yanked", "categories", "downloads", "catalog", "quality",
]  # fmt: skip

_SINGLE: dict[str, Kind] = {
    REGISTRY: "registry", YANKED: "yanked", CATEGORIES: "categories", CATALOG: "catalog", CHECKPOINT: "checkpoint",
}  # fmt: skip
_IMMUTABLE = frozenset({"release", "blob", "archive", "tile", "entries"})
_BLOB = re.compile(r"sha256/([0-9a-f]{64})", re.ASCII)
_ARCHIVE = re.compile(r"sha256/([0-9a-f]{64})\.gpack", re.ASCII)
_TILE = re.compile(
    r"log/tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Part `index` of the log's level `level`; a partial one has fewer than 256 hashes or entries: `width`."""

    level: int
    index: int
    width: int = TILE_WIDTH


@dataclass(frozen=True, slots=True)
class Place:
    """What a path names: `id` of package, release, quality and downloads, `digest` of blob and archive."""

    kind: Kind
    id: PackageId | None = None
    version: Version | None = None
    digest: str = ""
    tile: Tile | None = None

    @property
    def immutable(self) -> bool:
        """Whether what is under the path never changes once it is there."""
        return self.kind in _IMMUTABLE


def package(id_: PackageId) -> str:
    """Return the path of a package document."""
    return f"packages/{id_}.json"


def release(id_: PackageId, version: Version) -> str:
    """Return the path of a signed release record. A version longer than MAX_NAME has none: see the package document."""
    return f"releases/{id_}/{version}.json"


def quality(id_: PackageId, version: Version) -> str:
    """Return the path of what the registry measured of a release; as with its record, a long version has none."""
    return f"quality/{id_}/{version}.json"


def downloads(id_: PackageId) -> str:
    """Return the path of a package's number of downloads."""
    return f"downloads/{id_}.json"


def blob(digest: str) -> str:
    """Return the path of a blob; `digest` is `sha256:` and 64 digits."""
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def archive(content_id: str) -> str:
    """Return the path of the archive of the tree with that content id."""
    return f"archives/sha256/{content_id.removeprefix('sha256:')}.gpack"


def tile(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile of hashes; `width` below 256 names a partial one."""
    return f"log/tile/{level}/{_numbered(index, width)}"


def entries(index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a bundle of log entries; `width` below 256 names a partial one."""
    return f"log/tile/entries/{_numbered(index, width)}"


def _numbered(index: int, width: int) -> str:
    """Write a number in groups of three digits, all but the last behind an x (C2SP tlog-tiles, "Merkle Tree")."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups) + ("" if width == TILE_WIDTH else f".p/{width}")


def place_of(path: str) -> Place | None:
    """Return what a path names, or None: that is for a 404. `path` is as it came, not unquoted, without a first slash.

    The `+` of a version may be written `%2B`; nothing else is unquoted.
    """
    if kind := _SINGLE.get(path):
        return Place(kind)
    folder, _, rest = path.partition("/")
    match folder:
        case "packages" | "downloads":
            return _of_package("package" if folder == "packages" else "downloads", rest)
        case "releases" | "quality":
            return _release("release" if folder == "releases" else "quality", rest)
        case "blobs" | "archives":
            return _blob(rest) if folder == "blobs" else _archive(rest)
    return _tile(path)


def _of_package(kind: Kind, rest: str) -> Place | None:
    id_ = _id(rest.removesuffix(".json")) if rest.endswith(".json") else None
    return Place(kind, id=id_) if id_ else None


def _id(text: str) -> PackageId | None:
    try:
        return PackageId.parse(text)
    except InvalidInputError:
        return None


def _release(kind: Kind, rest: str) -> Place | None:
    first, slash, last = rest.partition("/")
    id_ = _id(first)
    if not id_ or not slash or not last.endswith(".json"):
        return None
    text = last.removesuffix(".json").replace("%2B", "+")
    try:
        version = Version.parse(text)
    except InvalidInputError:
        return None
    return Place(kind, id=id_, version=version) if len(text) <= MAX_NAME else None


def _blob(rest: str) -> Place | None:
    match = _BLOB.fullmatch(rest)
    return Place("blob", digest=f"sha256:{match[1]}") if match else None


def _archive(rest: str) -> Place | None:
    match = _ARCHIVE.fullmatch(rest)
    return Place("archive", digest=f"sha256:{match[1]}") if match else None


def _tile(path: str) -> Place | None:
    match = _TILE.fullmatch(path)
    if match is None:
        return None
    index = int("".join(filter(str.isdigit, match["index"])))
    width = int(match["width"] or TILE_WIDTH)
    level = 0 if match["level"] == "entries" else int(match["level"])
    built = entries(index, width) if match["level"] == "entries" else tile(level, index, width)
    if built != path or level > _MAX_LEVEL or index >= _MAX_INDEX or width > TILE_WIDTH:
        return None
    return Place("entries" if match["level"] == "entries" else "tile", tile=Tile(level, index, width))
