"""What must be seen of networks of nodes: who is connected, what they hold, what they think of an enemy."""

import contextlib
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import ExecResult
from support.p2p.rooms import SECONDS, Enemy, GgenNode, PeerRoom

_READ = 'cd /tmp/project/.ggen/packages/"$0" && cat package.toml text'


def open_room(
    context: Any, engine: str, count: int, flags: Mapping[int, Sequence[str]] | None = None,
    disks: Mapping[int, int] | None = None, *, told: bool = True,
) -> PeerRoom:  # fmt: skip
    """Open a room with nodes, for the rest of the scenario; `told`: each is told the address of the bootstrap."""
    room = context.session.rooms.builder(engine).with_determinism(7).build()
    context.add_cleanup(room.close)
    return PeerRoom(room, count, GgenNode(room.seeded, flags or {}, disks or {}, told=told))


def check_star(peers: PeerRoom) -> None:
    """Hold that the others are connected to node-0 and to nobody else."""
    others = set(peers.nodes) - {"node-0"}
    assert peers.until(lambda: peers.connected("node-0"), others) == others
    for name in sorted(others):
        assert peers.until(lambda name=name: peers.connected(name), {"node-0"}) == {"node-0"}, name  # type: ignore[misc]


def check_mesh(peers: PeerRoom) -> None:
    """Hold that nobody is alone: each node is in somebody's mesh, or has somebody in its own."""

    def alone() -> set[str]:
        meshes = {name: peers.mesh(name) for name in peers.nodes}
        linked = set().union(*meshes.values()) | {name for name, mesh in meshes.items() if mesh}
        return set(meshes) - linked

    assert peers.until(alone, set()) == set()


def check_alike(peers: PeerRoom, count: int, seconds: float, names: Sequence[str] = ()) -> None:
    """Hold that nodes come to the same logs, with so many releases shown; the time begins anew with each new entry.

    A busy machine makes all of it slow; what does not go on at all is at fault.
    """
    wanted = len(names or peers.nodes)
    found: dict[str, tuple[str, int]] = {}
    deadline = Deadline.after(seconds)
    while not (len(found) == wanted and {shown for _, shown in found.values()} == {count} and _equal(found)):
        before, found = found, peers.alike(names, min(2.0, max(0.1, deadline.remaining())))
        if found != before:
            deadline = Deadline.after(seconds)
        assert deadline.remaining() > 0, found


def _equal(found: Mapping[str, tuple[str, int]]) -> bool:
    return len(set(found.values())) == 1


def check_discovered(peers: PeerRoom, least: int, seconds: float) -> None:
    """Hold that every node comes to be connected to some others."""

    def few() -> dict[str, int]:
        counts = {name: len(peers.connected(name)) for name in peers.nodes}
        return {name: count for name, count in counts.items() if count < least}

    assert peers.until(few, {}, seconds) == {}


def check_same_bytes(peers: PeerRoom, id_: str) -> None:
    """Hold that every node can fetch a package, and gets the same."""
    read = set()
    for name in sorted(peers.nodes):
        peers.json(name, "add", id_, "--registry", "p2p")
        read.add(peers.node(name).run("sh", "-c", _READ, id_))
    assert len(read) == 1, read


def add_while_dying(peers: PeerRoom, name: str, id_: str, provider: str) -> ExecResult:
    """Add a package while a provider is killed that has sent something; all are slow, or another may be faster."""
    for other in sorted(set(peers.nodes) - {name}):
        peers.network.faults.bandwidth(3 * 10**6, other)
    done: list[ExecResult] = []
    thread = threading.Thread(target=lambda: done.append(peers.ggen(name, "add", id_, "--registry", "p2p")))
    thread.start()
    try:
        id_of = peers.program.id_of(int(provider.removeprefix("node-")))
        began = peers.until(lambda: peers.standing(name, id_of).get("chunks", 0) > 0, True)
        peers.network.faults.kill(provider)
    finally:
        thread.join(300)
    assert began is True, "the provider was never asked"
    return done[0]


def check_banned(peers: PeerRoom, name: str, enemy: Enemy, offence: str, seconds: float) -> None:
    """Hold that a node comes to ban an enemy, for what it did."""
    standing = peers.until(lambda: peers.standing(name, enemy.id)["standing"], "banned", seconds)
    found = peers.standing(name, enemy.id)
    assert standing == "banned" and found["offences"].get(offence), (found, enemy.container.logs()[-1500:])


def check_avoided(peers: PeerRoom, name: str, enemy: Enemy, offence: str, seconds: float) -> None:
    """Hold that a node comes to avoid an enemy, for what it did, and stays connected to it."""
    standing = peers.until(lambda: peers.standing(name, enemy.id)["standing"], "avoided", seconds)
    found = peers.standing(name, enemy.id)
    assert standing == "avoided" and found["connected"], (found, enemy.container.logs()[-1500:])
    assert list(found["offences"]) == [offence], found


def check_unasked(peers: PeerRoom, name: str, enemy: Enemy, count: int) -> None:
    """Hold that a node publishes, and syncs with others each time, without asking an enemy that it avoids."""
    asked = json.dumps({"asked": peers.program.id_of(int(name.removeprefix("node-")))})
    before = enemy.container.logs().count(asked)
    assert before > 1, enemy.container.logs()[-1500:]
    for _ in range(count):
        told = peers.publish(name, f"io.unasked.n{peers.ask(name, 'status')['releases']}", "unasked")
        assert all(item.get("peers") for item in told), told
    assert enemy.container.logs().count(asked) == before, enemy.container.logs()[-1500:]


def check_as_before(peers: PeerRoom) -> None:
    """Hold that honest nodes go on as if there were no enemy."""
    before = int(peers.ask("node-1", "status")["releases"])
    told = peers.publish("node-1", f"io.acme.after{before}", "after", 2)
    assert all(item.get("peers") for item in told), told
    check_alike(peers, before + 2, SECONDS)


def check_memory(peers: PeerRoom, most: int) -> None:
    """Hold that no honest node has used more than some bytes."""
    peaks = {name: node.stats().memory_peak_bytes for name, node in peers.nodes.items()}
    assert all(peak < most for peak in peaks.values()), peaks


def wait_for_worst(enemy: Enemy, times: int) -> None:
    """Wait until an enemy has tried so many times."""

    def rounds() -> int:
        return enemy.container.logs().count('{"done"') + enemy.container.logs().count('{"refused"')

    before = rounds()
    assert Deadline.after(120).poll(lambda: rounds() >= before + times, every=0.1, slowest=0.5), enemy.container.logs()


def prefer(peers: PeerRoom, name: str, enemy: Enemy) -> None:
    """Have a node ask an enemy before others: wait until they are connected, and praise it."""
    assert peers.until(lambda: peers.standing(name, enemy.id)["connected"], True) is True
    peers.praise(name, enemy.id)


def check_place(peers: PeerRoom, name: str, enemy: Enemy, standing: str, *, in_mesh: bool) -> None:
    """Hold that a node thinks so of an enemy that it is connected to, and comes to have it in its mesh or out of it."""
    wanted = (standing, True, in_mesh)

    def seen() -> tuple[str, bool, bool]:
        found = peers.standing(name, enemy.id)
        return found["standing"], found["connected"], found["mesh"]

    assert peers.until(seen, wanted) == wanted, peers.standing(name, enemy.id)


def check_still_banned(peers: PeerRoom, name: str, enemy: Enemy) -> None:
    """Hold that a ban holds while the enemy tries to come back."""
    with contextlib.suppress(AssertionError):
        wait_for_worst(enemy, 1)
    found = peers.until(lambda: peers.standing(name, enemy.id)["connected"], False)
    assert found is False
    assert peers.standing(name, enemy.id)["standing"] == "banned", peers.standing(name, enemy.id)
