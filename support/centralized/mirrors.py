"""Mirrors for scenarios: compared with what a server answers, read while they are written."""

import threading
from pathlib import Path

from marketplace.errors import IntegrityError
from marketplace.protocol import documents
from marketplace.protocol.paths import place_of
from marketplace.server.mirror import MARKER
from marketplace.storage.links import clone_error
from support.centralized.servers import Server
from support.centralized.witness import head
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
