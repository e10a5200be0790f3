"""Mirrors for scenarios: compared with what a server answers, read while they are written."""

import threading
from collections.abc import Callable
from pathlib import Path

from marketplace.errors import IntegrityError
from marketplace.model.ids import PackageId
from marketplace.model.tree import Tree
from marketplace.protocol import documents, paths
from marketplace.protocol.paths import Place, place_of
from marketplace.server.content import Content
from marketplace.server.log import log_key
from marketplace.server.mirror import MARKER, Mirror
from marketplace.server.options import LOG_KEY
from marketplace.storage.links import clone_error
from support.centralized.servers import Server
from support.centralized.witness import check_log, head
from support.market.packages import local_registry
from support.market.world import World


def files(root: Path) -> dict[str, bytes]:
    """Return the files of a mirror by their paths."""
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def check_against(server: Server, root: Path, *, kinds: set[str]) -> None:
    """Compare every file of a mirror with what the server answers for its path."""
    found = {path: data for path, data in files(root).items() if path != MARKER}
    places = {path: place_of(path) for path in found}
    assert {place.kind for place in places.values() if place} == kinds, sorted(found)
    assert all(places.values()), [path for path, place in places.items() if place is None]
    last = sorted(found.items(), key=lambda item: item[0].startswith("archives"))  # asking for these counts a download
    for path, data in last:
        answer = server.ask("/" + path.replace("+", "%2B"))
        assert answer.status == 200, (path, answer)
        if path == "registry.json":
            assert documents.decode_registry(data).api is None
            assert answer.body == data.replace(b'"api":null', b'"api":"api/v1/"'), answer
        elif path == "log/checkpoint":
            key = str(documents.decode_registry(found["registry.json"]).key)
            ours, theirs = head(data, key), head(answer.body, key)
            assert (ours.size, ours.root) == (theirs.size, theirs.root), path
        else:
            assert answer.body == data, path


def shared(root: Path) -> set[int]:
    """Return how many names the files of the blobs in a mirror have."""
    return {path.stat().st_nlink for path in (root / "blobs").rglob("*") if path.is_file()}


class Watcher:
    """Reads the documents of a mirror again and again while it is written; what it could not read is in `broken`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stop = threading.Event()
        self.read = 0
        self.broken: list[str] = []
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.is_set():
            for path in self._root.rglob("*"):
                self._look(path)

    def _look(self, path: Path) -> None:
        place = place_of(path.relative_to(self._root).as_posix())
        if place is None or place.kind not in ("package", "registry", "catalog"):
            return
        data = path.read_bytes()
        try:
            if place.kind == "package" and place.id:
                found = documents.decode_package(data, place.id)
                lacking = [e for e in found.entries if not self._has(e.release.content_id)]
                self.broken += [f"{path} names {entry.release}, which is not there" for entry in lacking]
            elif place.kind == "registry":
                documents.decode_registry(data)
            else:
                documents.decode_catalog(data)
        except IntegrityError as error:
            self.broken.append(f"{path}: {error}")
        self.read += 1

    def _has(self, content_id: str) -> bool:
        return (self._root / "blobs" / "sha256" / content_id[7:]).is_file()

    def stop(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join()


def check_whole(root: Path) -> None:
    """Check that a mirror can be believed: a log that the witness verifies, each release that a document names at its
    place in it, all its files there, and a document for each package of the catalog.
    """
    key = str(documents.decode_registry((root / paths.REGISTRY).read_bytes()).key)
    records = check_log(lambda path: (root / path).read_bytes(), key)
    named = set[str]()
    for path in sorted((root / "packages").glob("*.json")):
        id_ = PackageId.parse(path.stem)
        named.add(str(id_))
        for entry in documents.decode_package(path.read_bytes(), id_).entries:
            covered = entry.position <= len(records)
            assert covered, f"{root}: {entry.release} is number {entry.position} of a log of {len(records)}"
            assert records[entry.position - 1] == entry.release.encode(), f"{root}: {entry.release}"
            tree = (root / paths.blob(entry.release.content_id)).read_bytes()
            lacking = [item.path for item in Tree.decode(tree) if not (root / paths.blob(item.digest)).is_file()]
            assert not lacking, f"{root}: {entry.release} lacks {lacking}"
    shown = {document.id for document in documents.decode_catalog((root / paths.CATALOG).read_bytes())[0]}
    assert shown <= named, f"{root}: the catalog names {shown - named}, which are not there"


def write_while(home: Path, target: Path, publish: Callable[[], object]) -> None:
    """Write a mirror; when its first package is at hand, `publish`."""
    key = log_key(home / "registry" / LOG_KEY)
    waiting = [publish]

    def advance(_what: str, _done: int, _all: int) -> None:
        if waiting:
            waiting.pop()()

    Mirror(Content(local_registry(home), key, None), key, target, archives=False, advance=advance).run(lock_timeout=5)
    assert not waiting, "there was no package"


def write_after_head(home: Path, target: Path, publish: Callable[[], object]) -> None:
    """Write a mirror; when it has taken the log's checkpoint, and before it looks for packages, `publish`."""
    key = log_key(home / "registry" / LOG_KEY)
    content = _Head(local_registry(home), key, None)
    content.taken = publish
    Mirror(content, key, target, archives=False, advance=lambda *_: None).run(lock_timeout=5)
    assert content.taken is None, "no checkpoint was asked for"


class _Head(Content):
    """Calls `taken` once, when the checkpoint was made."""

    taken: Callable[[], object] | None = None

    def of(self, place: Place) -> bytes | None:
        """Return a file's content; see `Content`."""
        data = super().of(place)
        if place.kind == "checkpoint" and self.taken:
            self.taken()
            self.taken = None
        return data


def clones(folder: Path) -> bool:
    """Tell whether the file system can clone files."""
    one, two = folder / "clone-one", folder / "clone-two"
    one.write_bytes(b"x" * 4096)
    with one.open("rb") as source, two.open("wb") as target:
        return clone_error(source.fileno(), target.fileno()) == 0


def make_foreign(world: World, folder: Path, what: str) -> None:
    """Make a folder that holds `somebody's pages` or `the mirror of another registry`."""
    if what == "somebody's pages":
        folder.mkdir()
        (folder / "index.html").write_text("<p>hello</p>", encoding="utf-8")
        return
    world.run(f"ggen market mirror {folder} --home {world.root / 'other'}")


def leftovers(root: Path) -> list[str]:
    """Return the files of a mirror that no path names."""
    return [path for path in files(root) if path != MARKER and place_of(path) is None]


def modes(root: Path) -> set[int]:
    """Return the permissions of the files that are not shared with the store."""
    shown = [*root.rglob("*.json"), root / "log" / "checkpoint"]
    return {path.stat().st_mode & 0o777 for path in shown}
