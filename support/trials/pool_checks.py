"""What the scenarios about pools ask of rooms: whether a pooled one can be told from a fresh one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from support.cleanroom import Cleanroom, CleanroomBuilder
from support.cleanroom.containers import GenericContainer
from support.cleanroom.engine.base import ROOM_LABEL, RUN_LABEL, Engine
from support.cleanroom.pool import Pool
from support.cleanroom.reaper import current_run
from support.cleanroom.waiting import ForPort
from support.trials import room_checks

SEED = 42
_COMMANDS = {
    "files": "ls -lAR /tmp /dev/shm | head -n 100",
    "processes": "for each in /proc/[0-9]*; do read -r line < $each/comm && echo $line; done",
    "environment": "env",
    "user": "id; head -n 100 /proc/self/status",
}
_VARYING = (
    "HOSTNAME=", "Pid:", "PPid:", "Tgid:", "Ngid:", "NStgid:", "NSpid:", "NSpgid:", "NSsid:", "Vm", "Rss", "Hug",
    "SigQ:", "voluntary", "nonvoluntary", "Cpus", "Mems", "total ",
)  # fmt: skip


def container_of(room: Cleanroom) -> GenericContainer:
    """Return the one container of a pooled room."""
    (container,) = room.containers.values()
    return container


def pool_of(builder: CleanroomBuilder, size: int) -> Pool:
    """Return a pool of rooms with a container each."""
    return Pool(builder.with_determinism(SEED), lambda room: room.start_generic(), size=size)


def broken_pool(builder: CleanroomBuilder) -> Pool:
    """Return a pool whose rooms cannot be prepared."""
    return Pool(builder, lambda room: room.start_generic(wait=ForPort(9), seconds=0.3), size=1)


def use(room: Cleanroom) -> None:
    """Leave traces in a room, and close it."""
    container = container_of(room)
    container.run("sh", "-c", "echo mark > /tmp/mark; sleep 4321 >/dev/null 2>&1 & exit 0")
    assert "mark" in container.run("ls", "/tmp"), "no trace was left"  # noqa: S108
    room.close()


def answers(rooms: Sequence[Cleanroom], questions: Sequence[str]) -> list[dict[str, str]]:
    """Return what the container of each room answers to each question; the rooms are asked at the same time."""
    with ThreadPoolExecutor(len(rooms)) as askers:
        return list(askers.map(lambda room: {question: answer(room, question) for question in questions}, rooms))


def answer(room: Cleanroom, question: str) -> str:
    """Return what a room's container answers, without what the kernel or the engine makes up each time."""
    container = container_of(room)
    verb, *words = question.split()
    if verb == "write":
        return room_checks.probe(container, "write", *words)
    if verb == "resolve":
        return room_checks.probe(container, "resolve", *words)
    if verb == "connect":
        return room_checks.connect(container, words[0], 80, room_checks.SHORT)
    lines = container.run("sh", "-c", _COMMANDS[verb]).splitlines()
    return "\n".join(sorted(line for line in lines if not line.startswith(_VARYING)))


def reached(first: Cleanroom, second: Cleanroom) -> dict[str, str]:
    """Start a server in the second room; return it and how it was reached from the first one's container, if it was."""
    server = second.start_http()
    return room_checks.reached(container_of(first), [server.address(second.network())], server.port)


def take_together(pool: Pool, count: int) -> list[Cleanroom]:
    """Take rooms in as many threads."""
    with ThreadPoolExecutor(count) as takers:
        return list(takers.map(lambda _: pool.take(), range(count)))


def rooms_known(engine: Engine) -> set[str]:
    """Return the rooms of this run of which the engine has something."""
    found = engine.leftovers(RUN_LABEL, str(current_run().id))
    return {item.labels[ROOM_LABEL] for item in found if ROOM_LABEL in item.labels}


def assert_distinct(rooms: Sequence[Cleanroom], count: int) -> None:
    """See that there are so many rooms, each with a container of its own that runs."""
    containers = [container_of(room) for room in rooms]
    assert len({room.id for room in rooms}) == len({one.engine_container.id for one in containers}) == count, rooms
    assert all(one.state().status == "running" for one in containers), [one.state() for one in containers]
