"""Rooms beside the bare calls of the Docker API for the same containers, and beside testcontainers-python.

Every contestant uses the same image and the same command, runs `true` in each container, and removes what it made.
testcontainers runs in a process of its own that stays, so that its imports are not timed. Its reaper is off: its image
cannot be had without a registry of images.
"""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import docker

from benchmarks import peers
from benchmarks.measuring import Contestant, Missing, MissingPeerError, Row, Stage, contest
from benchmarks.processes import environment
from support.cleanroom import Cleanroom
from support.cleanroom.containers import GenericContainer
from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import RUN_LABEL, Engine, EngineUnavailableError, Recipe
from support.cleanroom.engine.choice import engine
from support.cleanroom.engine.docker import DockerEngine
from support.cleanroom.images.python import ProbeImage, python_image
from support.cleanroom.pool import Pool
from support.cleanroom.reaper import close_run, current_run

_NODES = 5
_IDLE = ["sleep", "infinity"]
_WORKER = """
import sys
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
image = sys.argv[1]
network, containers = None, []
def stop():
    global network
    while containers:
        containers.pop().stop()
    if network:
        network.remove()
        network = None
for line in sys.stdin:
    if line.startswith("start"):
        network = Network().create()
        for _ in range(int(line.split()[1])):
            made = DockerContainer(image).with_command("sleep infinity").with_network(network).start()
            containers.append(made)
            assert made.exec("true").exit_code == 0
    else:
        stop()
    print("done", flush=True)
stop()
"""


class _Ours:
    """A strict room."""

    def __init__(self, on: Engine) -> None:
        self._builder = Cleanroom.builder().with_engine(on)
        self._room: Cleanroom | None = None

    def start(self, count: int) -> None:
        """Make the room and its containers."""
        self._room = self._builder.build()
        for _ in range(count):
            self._room.start_generic().run("true")

    def stop(self) -> None:
        """Close the room, if there is one."""
        if self._room:
            self._room.close()
            self._room = None


@dataclass(slots=True)
class _Raw:
    """The calls that the Docker API wants for an internal network and containers on it, and no others."""

    client: "docker.APIClient"
    image: str
    _network: str = ""
    _containers: list[str] = field(default_factory=list)

    def start(self, count: int) -> None:
        """Make network and containers."""
        labels = {RUN_LABEL: str(current_run().id)}  # the watchdog is to find them
        made = self.client.create_network(f"bench-{token_hex(4)}", driver="bridge", internal=True, labels=labels)
        self._network = made["Id"]
        for _ in range(count):
            host = self.client.create_host_config(network_mode=self._network, init=True, read_only=True)
            made = self.client.create_container(
                self.image, command=_IDLE, host_config=host, user="10001:10001", labels=labels
            )
            self._containers.append(made["Id"])
            self.client.start(made["Id"])
            ran = self.client.exec_create(made["Id"], ["true"])["Id"]
            self.client.exec_start(ran)
            assert self.client.exec_inspect(ran)["ExitCode"] == 0

    def stop(self) -> None:
        """Remove them."""
        while self._containers:
            self.client.remove_container(self._containers.pop(), force=True, v=True)
        if self._network:
            self.client.remove_network(self._network)
            self._network = ""


class _Testcontainers:
    """The same by testcontainers-python, in a process that stays."""

    def __init__(self, stage: Stage, image: str) -> None:
        python = peers.testcontainers(stage.kept) / "python"
        env = environment(stage.scratch, TESTCONTAINERS_RYUK_DISABLED="true")
        self._process = subprocess.Popen(
            [str(python), "-c", _WORKER, image], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def _ask(self, what: str) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if answer != "done\n":
            raise RuntimeError(f"testcontainers did not {what}: exit code {self._process.wait(10)}")

    def start(self, count: int) -> None:
        """Make network and containers."""
        self._ask(f"start {count}")

    def stop(self) -> None:
        """Remove them."""
        self._ask("stop")

    def close(self) -> None:
        """Remove what is there and end the process."""
        if self._process.poll() is None:
            self.stop()
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


class _Pooled:
    """Rooms of a pool; `wait` lets one become ready, which is not timed: it happens while others work."""

    def __init__(self, on: Engine) -> None:
        self._pool = Pool(Cleanroom.builder().with_engine(on), lambda room: room.start_generic(), size=1, workers=1)
        self._room: Cleanroom | None = None

    def start(self) -> None:
        """Take a room and use it."""
        self._room = self._pool.take()
        container: GenericContainer = self._room.containers["generic"]
        container.run("true")

    def wait(self) -> None:
        """Give the last room back to nobody, and wait for the next."""
        self._drop()
        if not Deadline.after(120).poll(lambda: self._pool.ready() == 1):
            raise RuntimeError("the pool does not fill")

    def _drop(self) -> None:
        if self._room:
            self._room.close()
            self._room = None

    def close(self) -> None:
        """Close room and pool."""
        self._drop()
        self._pool.close()


_Peer = _Ours | _Raw | _Testcontainers


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    try:
        on = engine("docker")
    except EngineUnavailableError as error:
        yield Row("rooms on docker", None, "the bare engine", None, 1.15, why=str(error))
        return
    assert isinstance(on, DockerEngine)
    image = on.image(python_image())
    with ExitStack() as stack:
        stack.callback(close_run)
        current_run()  # its sweep of what dead runs have left happens once, and is nobody's room
        ours, raw = _Ours(on), _Raw(on.client, image)
        stack.callback(raw.stop)
        stack.callback(ours.stop)
        peer = _testcontainers(stage, image, stack)
        rounds = stage.pick(9, 2)
        for count, what in ((1, "1 container"), (_NODES, f"{_NODES} containers on a network")):
            yield from _starting(what, count, (ours, raw, peer), rounds)
            yield from _removing(what, count, (ours, raw, peer), rounds)
        yield from _pooled(on, peer, stack, rounds)
        yield from _hosted(ours, stack, rounds)
        yield from _building(on, stage.scratch, stage.pick(5, 1))


def _testcontainers(stage: Stage, image: str, stack: ExitStack) -> "_Testcontainers | Missing":
    try:
        made = _Testcontainers(stage, image)
    except MissingPeerError as error:
        return Missing("testcontainers-python", str(error))
    stack.callback(made.close)
    return made


def _starting(what: str, count: int, all_of: tuple[_Ours, _Raw, _Testcontainers | Missing], rounds: int) -> list[Row]:
    def starts(name: str, who: _Peer, goal: float | None) -> Contestant:
        return Contestant(name, lambda: who.start(count), prepare=who.stop, goal=goal)

    ours, raw, peer = all_of
    others = [
        starts("bare Docker API", raw, 1.15),
        peer if isinstance(peer, Missing) else starts("testcontainers-python", peer, None),
    ]
    rows = contest(f"a room of {what}, to the first answer", starts("ours", ours, None), others, rounds)
    _clear(all_of)
    return rows


def _removing(what: str, count: int, all_of: tuple[_Ours, _Raw, _Testcontainers | Missing], rounds: int) -> list[Row]:
    def stops(name: str, who: _Peer) -> Contestant:
        return Contestant(name, who.stop, prepare=lambda: who.start(count))

    ours, raw, peer = all_of
    others = [
        stops("bare Docker API", raw),
        peer if isinstance(peer, Missing) else stops("testcontainers-python", peer),
    ]
    return contest(f"removing a room of {what}", stops("ours", ours), others, rounds)


def _clear(all_of: tuple[_Ours, _Raw, _Testcontainers | Missing]) -> None:
    for who in all_of:
        if not isinstance(who, Missing):
            who.stop()


def _pooled(on: Engine, peer: "_Testcontainers | Missing", stack: ExitStack, rounds: int) -> list[Row]:
    pool = _Pooled(on)
    stack.callback(pool.close)
    name, goal = "testcontainers-python", 0.3
    other = Missing(name, peer.why, goal) if isinstance(peer, Missing) else Contestant(
        name, lambda: peer.start(1), prepare=peer.stop, goal=goal)  # fmt: skip
    rows = contest(
        "a room of the pool, to the first answer", Contestant("ours", pool.start, pool.wait), [other], rounds
    )
    if not isinstance(peer, Missing):
        peer.stop()
    return rows


def _hosted(docker_room: _Ours, stack: ExitStack, rounds: int) -> list[Row]:
    name = "a room on docker"
    other = Contestant(name, lambda: docker_room.start(1), prepare=docker_room.stop)
    try:
        hosted = _Ours(engine("host"))
    except EngineUnavailableError as error:
        return [Row("a room on the host engine", None, name, None, why=str(error))]
    stack.callback(hosted.stop)
    ours = Contestant("ours", lambda: hosted.start(1), prepare=hosted.stop)
    return contest("a room on the host engine, to the first answer", ours, [other], rounds)


@dataclass(slots=True)
class _Fresh:
    """The probe's image under a key of its own: the engine has never built it, though it may have its layers."""

    nonce: str
    _recipe: ProbeImage = field(default_factory=ProbeImage)

    @property
    def name(self) -> str:
        """The name of the probe's image."""
        return "bench"

    def key(self) -> str:
        """Return the nonce."""
        return self.nonce

    def base(self) -> Recipe | None:
        """Return the probe's base."""
        return self._recipe.base()

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write the probe's context, with a file that makes the cache of layers useless."""
        arguments = self._recipe.build_context(folder)
        file = folder / "Dockerfile"
        text = file.read_text(encoding="utf-8").replace("COPY", f'LABEL bench="{self.nonce}"\nCOPY', 1)
        file.write_text(text, encoding="utf-8")
        return arguments

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Make the probe's tree."""
        self._recipe.build_tree(folder, base)


def _building(on: DockerEngine, scratch: Path, rounds: int) -> Iterator[Row]:
    recipe, context = _Fresh(token_hex(16)), scratch / "context"
    context.mkdir()
    base = recipe.base()
    arguments = {"BASE": on.image(base)} if base else {}
    arguments |= recipe.build_context(context)
    made: list[str] = []

    def ours() -> None:
        made.append(on.image(_Fresh(token_hex(16))))

    def bare() -> None:
        tag = f"cleanroom-bench:{token_hex(8)}"
        list(on.client.build(path=str(context), tag=tag, buildargs=arguments, nocache=True, rm=True, decode=True))
        made.append(tag)

    try:
        others = [Contestant("bare build without cache", bare)]
        yield from contest("an image, cold", Contestant("ours", ours), others, rounds)
        on.image(recipe)
        made.append(f"cleanroom-bench:{recipe.key()[:16]}")
        others = [Contestant("asking the engine for it", lambda: on.client.inspect_image(made[-1]))]
        yield from contest("an image, warm", Contestant("ours", lambda: on.image(recipe)), others, rounds * 3)
    finally:
        for tag in made:
            on.client.remove_image(tag, force=True)
