"""A package of one large file from one node and from three, beside a raw stream of the library and HTTP."""

import hashlib
import http.client
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from urllib.parse import urlsplit

from benchmarks import servers
from benchmarks.homes import new_home, registry_of
from benchmarks.measuring import Contestant, Row, Stage, contest
from benchmarks.p2p_processes import Peer, bare_star, node, until
from marketplace.registry.publishing import blobs_of
from marketplace.source import FolderSource
from marketplace.storage.filesystem import FilesystemStore

_MB = 1_000_000
_GOAL = 1 / 0.9
"""The largest ratio of times: 0.9 of the floor's speed."""


def transfers(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    size, rounds = stage.pick(64, 8) * _MB, stage.pick(5, 2)
    with ExitStack() as stack:
        first = node(stage, stack, "first")
        _connected(first, 0)
        contents = [_stored(stage, first, number, size) for number in range(rounds)]
        second = node(stage, stack, "second", [first])
        _connected(second, 1)
        others = _others(stage, stack, size)
        wanted = iter(contents)
        ours = Contestant("node", lambda: _fetch(second, next(wanted)))
        yield from contest(f"blob of {size // _MB} MB from one node", ours, others, rounds)
        third = node(stage, stack, "third", [first, second])
        _connected(third, 2)
        for content in contents:
            _fetch(third, content)
        fourth = node(stage, stack, "fourth", [first, second, third])
        _connected(fourth, 3)
        again = iter(contents)
        ours = Contestant("node", lambda: _fetch(fourth, next(again)))
        together = [*others, _three_streams(stage, stack, size)]
        yield from contest(f"blob of {size // _MB} MB from three nodes", ours, together, rounds)


def _stored(stage: Stage, peer: Peer, number: int, size: int) -> str:
    """Put the content of a package with one large file into a node's store; return its content id."""
    folder = stage.scratch / f"package-{number}"
    folder.mkdir()
    lines = ["[package]", f'id = "io.bench.blob{number}"', 'version = "1.0.0"', 'description = "x"', 'license = "MIT"']
    (folder / "package.toml").write_text("\n".join(lines) + "\n")
    (folder / "large").write_bytes(random.Random(number).randbytes(size))
    source = FolderSource.read(folder)
    FilesystemStore(peer.home / "node" / "store").put_many(blobs_of(source))
    return source.tree.content_id


def _connected(peer: Peer, count: int) -> None:
    until(lambda: peer.ask("status")["peers"] >= count)


def _fetch(peer: Peer, content: str) -> None:
    told = peer.ask("fetch", content_id=content)
    assert told["files"], told


def _others(stage: Stage, stack: ExitStack, size: int) -> Sequence[Contestant]:
    giver, taker = bare_star(stage, stack, 2)

    def read() -> None:
        taker.tell("read", peer=giver.id, bytes=size)
        taker.await_("read")

    home = new_home(stage.scratch / "served")
    registry = registry_of(home)
    registry.index.close()  # it must be there before anything is stored
    digest = registry.store.put_bytes(random.Random("http").randbytes(size))
    url = stack.enter_context(servers.ours(stage, home)).url
    return [
        Contestant("floor: one raw Noise and Yamux stream of the library", read, goal=_GOAL),
        Contestant("ggen market serve, one GET, hashed", lambda: _get(url, digest)),
    ]


def _three_streams(stage: Stage, stack: ExitStack, size: int) -> Contestant:
    """Return one who reads a third from each of three: what a machine with few processors can do with four peers."""
    taker, *givers = bare_star(stage, stack, 4)

    def read() -> None:
        for giver in givers:
            taker.tell("read", peer=giver.id, bytes=size // len(givers))
        for _ in givers:
            taker.await_("read")

    return Contestant("floor: three such streams at once, a third on each", read)


def _get(url: str, digest: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    state = hashlib.sha256()
    try:
        connection.request("GET", f"/blobs/sha256/{digest.removeprefix('sha256:')}")
        answer = connection.getresponse()
        while data := answer.read(_MB):
            state.update(data)
    finally:
        connection.close()
    assert digest.endswith(state.hexdigest()), digest
