"""Batches for scenarios: asked for, taken apart, compared with what is stored here."""

import io
import json

from marketplace.model.ids import PackageId
from marketplace.model.tree import Tree
from marketplace.model.version import Version
from marketplace.protocol import bundle, documents
from marketplace.storage.base import read_tree
from marketplace.storage.memory import MemoryStore
from support.centralized.exchange import Answer
from support.centralized.servers import Server
from support.cleanroom.deadline import Deadline
from support.market.packages import local_registry

_LIMITS = bundle.Limits(10_000, 10**9, 10**9)


def ask_batch(server: Server, request: str | dict[str, list[str]]) -> Answer:
    """Send a batch request."""
    text = request if isinstance(request, str) else json.dumps(request)
    return server.ask("/api/v1/batch", "POST", text.encode())


def batch(server: Server, **request: list[str]) -> list[str]:
    """Send a batch request and return the digests in its bundle, all verified."""
    answer = ask_batch(server, request)
    assert answer.status == 200, answer
    assert answer.headers["content-length"] == str(len(answer.body)), answer.headers
    found: list[str] = []
    bundle.keep(
        io.BytesIO(answer.body), MemoryStore(10**9), _LIMITS, advance=lambda digest, _size: found.append(digest)
    )
    return found


def tree_of(server: Server, spec: str) -> Tree:
    """Return the tree of a release, as it is stored here."""
    id_, _, version = spec.partition("@")
    registry = local_registry(server.world.home)
    release = registry.get_release(PackageId(id_), Version.parse(version)).release
    registry.index.close()
    return read_tree(registry.store, release.content_id)


def check_whole(server: Server, spec: str) -> None:
    """Check that a batch for a tree is the tree and then each file once."""
    tree = tree_of(server, spec)
    found = batch(server, want=[tree.content_id, tree.content_id])
    assert found[0] == tree.content_id
    assert sorted(found[1:]) == sorted({entry.digest for entry in tree}), found


def check_upgrade(server: Server, new: str, old: str) -> None:
    """Check that somebody who has the old tree is sent only what the new one has beyond it."""
    trees = {spec: tree_of(server, spec) for spec in (new, old)}
    had = {entry.digest for entry in trees[old]}
    lacking = {entry.digest for entry in trees[new]} - had
    assert lacking and {entry.digest for entry in trees[new]} & had, "the two versions share no file, or all"
    found = batch(server, want=[trees[new].content_id], have=[trees[old].content_id, "sha256:" + "0" * 64])
    assert found[0] == trees[new].content_id
    assert set(found[1:]) == lacking, found


def check_shared(server: Server, specs: list[str]) -> None:
    """Check that a batch of several trees begins with them and has each file once."""
    trees = [tree_of(server, spec) for spec in specs]
    found = batch(server, want=[tree.content_id for tree in trees])
    assert set(found[: len(trees)]) == {tree.content_id for tree in trees}
    files = {entry.digest for tree in trees for entry in tree}
    assert sorted(found[len(trees) :]) == sorted(files), found


def check_single(server: Server, spec: str) -> None:
    """Check that single blobs are sent as asked for."""
    digests = [entry.digest for entry in tree_of(server, spec)][:2]
    assert batch(server, blobs=[*digests, digests[0]]) == digests


def download(server: Server, spec: str, batches: int, archives: int) -> None:
    """Ask for a tree in batches and archives; and for its archive in ways that are no download."""
    content_id = tree_of(server, spec).content_id
    path = f"/archives/sha256/{content_id[7:]}.gpack"
    for _ in range(batches):
        batch(server, want=[content_id])
    answers = [server.ask(path) for _ in range(archives)]
    assert {answer.status for answer in answers} <= {200}, answers
    server.ask(path, "HEAD")
    server.ask(path, range="bytes=10-20")
    batch(server, blobs=[content_id])
    if answers:
        assert server.ask(path, if_none_match=answers[0].headers["etag"]).status == 304


def downloads(server: Server, id_: str) -> int:
    """Return the downloads that a registry tells of a package."""
    return documents.decode_downloads(server.body(f"downloads/{id_}.json"), PackageId(id_))


def until_downloaded(server: Server, id_: str, count: int) -> None:
    """Wait until a registry tells so many downloads; they are written every two seconds."""
    reached = Deadline.after(60).poll(lambda: downloads(server, id_) >= count)
    assert reached and downloads(server, id_) == count, downloads(server, id_)
