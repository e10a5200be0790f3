"""The real catalog beside the project: 20,000 public packages, a real dependency graph, and ids for their names."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from marketplace.model.ids import MAX_SEGMENT, WINDOWS_RESERVED

ROOT = "npm"
"""First segment of the ids of real names."""

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)
_MARKED = re.compile(r"(.*)-x((?:[0-9]+[a-z])+)", re.ASCII)
_CUT = re.compile(r".*-xl[0-9a-f]{16}", re.ASCII)
_KINDS = {".": "d", "_": "u", "+": "p", "~": "t", "-": "h"}
_CAPITAL, _NOTHING = "c", "n"


def shared_catalog() -> Path | None:
    """Return the folder named by GGEN_SHARED_CATALOG, else `../shared/catalog` beside the project, else None."""
    named = os.environ.get("GGEN_SHARED_CATALOG")
    folder = Path(named) if named else Path(__file__).resolve().parents[4] / "shared" / "catalog"
    return folder if (folder / "ggen-index.json").is_file() else None


@dataclass(frozen=True, slots=True)
class PublicPackage:
    """One row of `public-packages.tsv`; `downloads` are those of a month."""

    name: str
    version: str
    downloads: int
    summary: str


def id_of(name: str, root: str = ROOT) -> str:
    """Return the package id for a real name: `axios` is `npm.axios`, `@types/node` is `npm.types.node`.

    What an id cannot hold is replaced, and a mark at the end of the segment tells where and what it was:
    `lodash.merge` is `npm.lodash-merge-x6d` (place 6 was a dot). So different names never share an id, and `name_of`
    gives the name back; a part too long for a segment is cut and ends in 64 bits of its SHA-256 instead.

    Raises:
        ValueError: an empty part, or a character that no name in the catalog has.
    """
    scope, slash, rest = name.removeprefix("@").partition("/")
    if name.startswith("@") != bool(slash):
        raise ValueError(f"{name!r} is neither a name nor @scope/name")
    return ".".join([root, _segment(scope), _segment(rest)] if slash else [root, _segment(name)])


def name_of(id_: str) -> str:
    """Return the real name that `id_of` made an id for.

    Raises:
        ValueError: the name was too long for an id, and was cut.
    """
    parts = [_original(segment) for segment in id_.split(".")[1:]]
    return f"@{parts[0]}/{parts[1]}" if len(parts) == 2 else parts[0]


def _segment(part: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+~-]+", part, re.ASCII):
        raise ValueError(f"{part!r} has characters that the mapping does not know")
    segment = part
    if not _PLAIN.fullmatch(part) or part in WINDOWS_RESERVED or _MARKED.fullmatch(part) or _CUT.fullmatch(part):
        segment = _marked(part)
    if len(segment) > MAX_SEGMENT:
        digest = hashlib.sha256(part.encode()).hexdigest()[:16]
        segment = f"{segment[: MAX_SEGMENT - 19]}-xl{digest}"
    return segment


def _marked(part: str) -> str:
    shown, marks = [], []
    for place, character in enumerate(part):
        at_end = place in (0, len(part) - 1)
        if character.isupper():
            marks.append(f"{place}{_CAPITAL}")
            shown.append(character.lower())
        elif character in _KINDS and (character != "-" or at_end):
            marks.append(f"{place}{_KINDS[character]}")
            shown.append("0" if at_end else "-")
        else:
            shown.append(character)
    return f"{''.join(shown)}-x{''.join(marks) or '0' + _NOTHING}"


def _original(segment: str) -> str:
    if _CUT.fullmatch(segment):
        raise ValueError(f"{segment!r} was cut")
    found = _MARKED.fullmatch(segment)
    if found is None:
        return segment
    characters = list(found[1])
    kinds = {kind: character for character, kind in _KINDS.items()}
    for place, kind in re.findall(r"([0-9]+)([a-z])", found[2]):
        at = int(place)
        if kind == _CAPITAL:
            characters[at] = characters[at].upper()
        elif kind != _NOTHING:
            characters[at] = kinds[kind]
    return "".join(characters)


def read_public_packages(folder: Path) -> Iterator[PublicPackage]:
    """Yield the rows of `public-packages.tsv` in its order: most downloaded first."""
    with (folder / "public-packages.tsv").open(encoding="utf-8", newline="\n") as lines:
        next(lines)
        for line in lines:
            name, version, downloads, summary = line.rstrip("\n").split("\t")
            yield PublicPackage(name, version, int(downloads), summary)


def read_graph(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return `dependency-graph.jsonl`: for each name the names it depends on."""
    with (folder / "dependency-graph.jsonl").open(encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines)
        return {row["name"]: tuple(row["dependencies"]) for row in rows}
