"""A catalogue to search in scenarios: a list of packages, its stored index, and what may happen to that."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from marketplace.search.base import FACETS, SearchDocument, SearchPage, SearchQuery
from marketplace.search.engine import TantivySearch
from marketplace.search.schema import open_index
from marketplace.search.stored import write_changes
from support.market.catalogs.catalogue_of_words import made_up, vocabulary
from support.market.catalogs.documents import DeadlyList, DocumentList, document

_TUPLES = ("tags", "keywords", "authors")
_NUMBERS = ("min_downloads", "limit", "offset")


class Catalogue:
    """Packages in a list (a real `DocumentSource`) and the engine under test over them.

    Attributes:
        page: the last answer.
        notes: what the engine told beside its answers.
    """

    def __init__(self, root: Path, fingerprint: str | None = None, kind: type[DocumentList] = DocumentList) -> None:
        self.folder = root / "search"
        self.source = kind(fingerprint=fingerprint)
        self.notes: list[str] = []
        self.page = SearchPage(0, (), {})
        self.engine = self.another_engine()

    def another_engine(self) -> TantivySearch:
        """Return an engine that has opened nothing yet, as a new process has."""
        return TantivySearch(self.folder, self.source, self.notes.append)

    def add(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Publish packages given as text; lists are separated by commas."""
        for row in rows:
            fields: dict[str, Any] = {name: value for name, value in row.items() if name != "id"}
            fields |= {name: _listed(fields[name]) for name in _TUPLES if name in fields}
            fields |= {"downloads": int(fields["downloads"] or 0)} if "downloads" in fields else {}
            self.source.put(document(row["id"], **fields))

    def add_made_up(self, count: int, seed: int = 1) -> None:
        """Publish that many made-up packages."""
        for item in made_up(count, seed):
            self.source.put(item)

    def ask(self, text: str = "", options: str = "") -> SearchPage:
        """Search; `options` is `name=value` pairs separated by `, `."""
        given: dict[str, Any] = dict(pair.split("=", 1) for pair in options.split(", ") if pair)
        given |= {name: int(given[name]) for name in _NUMBERS if name in given}
        self.page = self.engine.search(SearchQuery(text, **given))
        return self.page

    def found(self) -> list[str]:
        """Return the ids on the last page."""
        return [hit.document.id for hit in self.page.hits]

    def told(self) -> str:
        """Return everything the engine told with its last answer and beside it."""
        return "\n".join((*self.page.notes, *self.notes))

    def highlighted(self) -> list[str]:
        """Return the first hit's highlights as `field: piece, piece`."""
        hit = self.page.hits[0]
        return [
            f"{name}: " + ", ".join(getattr(hit.document, name)[start:end] for start, end in spans)
            for name, spans in hit.highlights.items()
        ]

    # --- what an answer must be, worked out without the engine -------------------------------------------------------

    def states(self) -> list[SearchDocument]:
        """Return the present packages."""
        return [item for item in self.source.documents() if isinstance(item, SearchDocument)]

    def counted(self, keep: Callable[[SearchDocument], bool] = lambda _item: True) -> dict[str, dict[str, int]]:
        """Return the facets of the packages that `keep` accepts, counted one by one."""
        values: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
        for item in filter(keep, self.states()):
            values["category"][item.category] += 1
            values["license"][item.license] += 1
            values["author"].update(set(item.authors))
            values["tag"].update(set(item.tags))
        return {facet: dict(counter) for facet, counter in values.items()}

    def ordered(self, sort: str) -> list[str]:
        """Return all ids in the order of a sort, equal ones by id."""
        keys: dict[str, Callable[[SearchDocument], Any]] = {
            "downloads": lambda item: (-item.downloads, item.id),
            "relevance": lambda item: (-item.downloads, item.id),
            "updated": lambda item: (-int("".join(filter(str.isdigit, item.updated_at))), item.id),
            "name": lambda item: item.id,
        }
        return [item.id for item in sorted(self.states(), key=keys[sort])]

    def paged(self, text: str, sort: str, size: int) -> list[str]:
        """Return the ids of all pages of that size, one after another."""
        ids: list[str] = []
        total = 1
        while len(ids) < total:
            total = self.ask(text, f"sort={sort}, limit={size}, offset={len(ids)}").total
            assert self.page.hits, f"only {len(ids)} of {total} were paged"
            ids += self.found()
        return ids

    def fresh_order(self, texts: Sequence[str]) -> dict[str, list[str]]:
        """Return what an engine that indexed everything at once finds for each text."""
        engine = TantivySearch(self.folder.with_name("reference"), self.source, self.notes.append)
        return {text: _ids(engine, text) for text in texts}

    def present_order(self, texts: Sequence[str]) -> dict[str, list[str]]:
        """Return what the engine under test finds for each text."""
        return {text: _ids(self.engine, text) for text in texts}

    def change_some(self, count: int) -> None:
        """Publish new states of some packages, remove some, add some; nothing is told to the engine."""
        for place, item in enumerate(self.states()[: 2 * count]):
            if place % 2:
                self.source.put(item._replace(description=f"{item.title} {item.description}", downloads=place))
            elif place % 4 == 0:
                self.source.remove(item.id)
        for item in made_up(count, seed=2):
            self.source.put(item._replace(id=f"{item.id}-new"))


def write_index(catalogue: Catalogue) -> object:
    """Write the packages to an index in the catalogue's folder, and remove its locks; return the index, still open."""
    catalogue.folder.mkdir()
    index = open_index(str(catalogue.folder))
    write_changes(index, catalogue.source.documents(), fresh=True)
    assert locks_of(catalogue.folder), "an index that was written to had no lock"
    for lock in locks_of(catalogue.folder):
        lock.unlink()
    return index


def locks_of(folder: Path) -> list[Path]:
    """Return the lock files of an index's folder: whoever writes there, or reads what was written, makes one."""
    return sorted(folder.glob(".tantivy-*.lock"))


def common_queries() -> list[str]:
    """Return texts that made-up packages answer: words, pairs of words, prefixes, misspelt words."""
    words = vocabulary()[:40]
    pairs = [f"{one} {other}" for one, other in zip(words[::2], words[1::2], strict=True)]
    return [*words, *pairs, *(word[:4] for word in words[:10]), *(word[:2] + word[3:] for word in words[:10])]


def _ids(engine: TantivySearch, text: str) -> list[str]:
    return [hit.document.id for hit in engine.search(SearchQuery(text, limit=100)).hits]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


# --- damage ---------------------------------------------------------------------------------------------------------


def damage(catalogue: Catalogue, kind: str) -> None:
    """Do to the stored index what disks, people and other programs do."""
    action, _, what = kind.partition(" ")
    if kind == "the folder is gone":
        shutil.rmtree(catalogue.folder)
    elif kind == "another package index took its place":
        catalogue.source = DocumentList(catalogue.states())
        catalogue.engine = catalogue.another_engine()
    elif action in ("flipped", "truncated", "deleted", "overwritten", "emptied"):
        names = sorted(path for path in catalogue.folder.iterdir() if path.name.endswith(what))
        assert names, f"the index has no file that ends in {what}"
        _spoil(names[-1], action)
    else:
        raise ValueError(kind)


def _spoil(path: Path, action: str) -> None:
    data, times = path.read_bytes(), path.stat()
    changed = {
        "flipped": data[: len(data) // 3] + bytes([data[len(data) // 3] ^ 1]) + data[len(data) // 3 + 1 :],
        "truncated": data[: len(data) // 2],
        "overwritten": b"\xaa" * len(data),
        "emptied": re.sub(rb'"segments": \[.*?\n  \]', b'"segments": []', data, flags=re.DOTALL),
    }
    if action == "deleted":
        path.unlink()
    else:
        # Another file in its place: whoever has the old one mapped would be killed (SIGBUS) while it is cut short here.
        spoilt = path.with_name(f"{path.name}.spoilt")
        spoilt.write_bytes(changed[action])
        spoilt.replace(path)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # a disk that rots tells nobody when


# --- hostile texts ---------------------------------------------------------------------------------------------------


def hostile(kind: str) -> str:
    """Return a text that tries to be more than a search."""
    words = vocabulary()
    texts = {
        "syntax": 'id:* OR (title:"a" AND -description:[* TO *]) ^99 ~2 \\ {} <>',
        "unbalanced": '"(((((((((((((((((((((((((((((([[[[[[[[[[[[[',
        "wildcards": "*?*?*?*?*?*?*?*? a* *b ?",
        "fuzzy bomb": " ".join(f"{word}~2" for word in words[:2000]),
        "one long word": "a" * 1_000_000,
        "a megabyte of words": " ".join(words) * 60,
        "controls": "\x00\x1b[31m\x07\u202e\u200b\ufeff",
        "lone surrogate": "axum \ud800 \udfff",
        "regular expression": ".*(a+)+$ [a-z]{1000,} (?=x)",
        "only punctuation": "!@#$%^&*()_+-=[]{}|;':,./<>?",
        "blanks": " \t\n ",
        "many scripts": "日本語 العربية हिन्दी 🦀🦀 ß ǆ",
        "combining marks": "a" + "\u0301" * 5000,
        "filter": "x' OR 1=1 -- \x00" * 100,
    }
    return texts[kind]


# --- other processes --------------------------------------------------------------------------------------------------


def worker(folder: Path, count: int, text: str, *, killed: bool = False) -> "subprocess.Popen[str]":
    """Start a process that searches `count` made-up packages with the stored index below `folder`.

    With `killed` it is killed when it has read half of them.
    """
    command = [sys.executable, "-m", "support.market.catalogs.searching", str(folder), str(count), text]
    command += ["killed"] if killed else []
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outcomes(workers: Sequence["subprocess.Popen[str]"]) -> list[list[str]]:
    """Wait for the processes; return the ids that each found."""
    found = []
    for process in workers:
        out, errors = process.communicate(timeout=600)
        assert process.returncode == 0, f"a search process failed: {errors}"
        found.append(out.split())
    return found


def kill_while_building(folder: Path, count: int) -> None:
    """Let a process that makes the index of `count` packages be killed when it has begun to write."""
    process = worker(folder, count, "anything", killed=True)
    process.communicate(timeout=600)
    assert process.returncode == -signal.SIGKILL, "the index was complete before the kill"
    assert (folder / "search" / "meta.json").exists(), "the index was not begun"


def main(folder: str, count: str, text: str, *killed: str) -> None:
    """Search as a process of its own; print the ids found."""
    catalogue = Catalogue(Path(folder), "shared", DeadlyList if killed else DocumentList)
    catalogue.add_made_up(int(count))
    catalogue.ask(text)
    print("\n".join(catalogue.found()))  # noqa: T201 - this program's output


if __name__ == "__main__":
    main(*sys.argv[1:])
