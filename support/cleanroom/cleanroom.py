"""Rooms: `with Cleanroom.builder().with_policy(...).with_determinism(42).build() as room: room.start_http(...)`.

A room is the only owner of what it starts. Each resource is registered the moment it exists and removed, the last one
first, when the room closes, whatever has happened in between; what a killed run leaves is the watchdog's (see
`support.cleanroom.reaper`).
"""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from support.cleanroom import artefacts, measuring, metrics
from support.cleanroom.containers import SECONDS, GenericContainer, HttpContainer
from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import (
    ROOM_LABEL,
    RUN_LABEL,
    Container,
    ContainerSpec,
    Engine,
    EngineError,
    Mount,
    Network,
    Recipe,
    Volume,
)
from support.cleanroom.engine.files import remove_folder
from support.cleanroom.policy import Policy
from support.cleanroom.reaper import current_run, keep_run
from support.cleanroom.seeded import Seeded
from support.cleanroom.services import DATA, POSTGRES, REDIS, PostgresContainer, RedisContainer, Service
from support.cleanroom.transcript import Transcript
from support.cleanroom.waiting import ForHttp, Wait, wait_until

if TYPE_CHECKING:
    from support.cleanroom.builder import CleanroomBuilder
    from support.cleanroom.peers import NodeProgram, PeerNetwork
    from support.market.marketplace_room import MarketplaceRoom

P2P_NETWORK = "p2p-test-net"
HTTP_NETWORK = "http-test-net"
STORAGE_NETWORK = "storage-test-net"
_IDLE = ("sleep", "infinity")
_ENDING = 3.0  # seconds in which what is measured can write what has run in it
_numbers = itertools.count(1)
C = TypeVar("C", bound=GenericContainer)


class CleanupError(EngineError):
    """A room could not remove all that it had made."""


class Cleanroom:
    """A room: networks, volumes and containers under one policy, seed and owner."""

    def __init__(self, engine: Engine, policy: Policy, seeded: Seeded, image: Recipe) -> None:
        run = current_run()
        self.engine = engine
        self.policy = policy
        self.seeded = seeded
        self.clock = seeded.clock()
        self.transcript = Transcript()
        self.id = f"{run.id.pid}-{run.id.token}-{next(_numbers)}"
        self.folder = run.folder / self.id
        self.folder.mkdir()
        self.labels = {RUN_LABEL: str(run.id), ROOM_LABEL: self.id}
        self.events: list[tuple[float, str]] = []
        self.containers: dict[str, GenericContainer] = {}
        self._image = image
        self._networks: dict[str, Network] = {}
        self._volumes: dict[str, Volume] = {}
        self._cleanups: list[tuple[str, Callable[[], object]]] = []
        self._counts: dict[str, int] = {}
        self._lock = threading.RLock()
        self.closed = self.kept = False
        if witness := artefacts.current():
            witness.rooms.append(self)

    @staticmethod
    def builder() -> "CleanroomBuilder":
        """Return a builder, set to strict isolation."""
        from support.cleanroom.builder import CleanroomBuilder

        return CleanroomBuilder(Policy.strict_isolation())

    def __enter__(self) -> "Cleanroom":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        witness = artefacts.current()
        if witness and error is not None:
            witness.failing(self)
            if witness.keeps:
                witness.kept.append(self.keep())
        self.close()

    def on_close(self, what: str, action: Callable[[], object]) -> None:
        """Run `action` when the room closes, before what was registered earlier: a fault to be healed, for instance."""
        with self._lock:
            self._cleanups.append((what, action))

    def note(self, what: str) -> None:
        """Note in the timeline that something happens now."""
        self.events.append((time.monotonic(), what))

    def volumes(self) -> list[Volume]:
        """Return the volumes made so far."""
        return list(self._volumes.values())

    def network(self, name: str = HTTP_NETWORK) -> Network:
        """Return one of the room's networks by name; it is made on first use, reached by nobody outside the room."""
        with self._lock:
            if name not in self._networks:
                network = self.engine.create_network(self._full_name(name), self.labels, self.policy)
                self._networks[name] = network
                self.on_close(f"network {name}", lambda: self.engine.remove_network(network))
                self.note(f"network {name}")
            return self._networks[name]

    def volume(self, name: str) -> Volume:
        """Return one of the room's volumes by name; it is made on first use, writable for every user."""
        with self._lock:
            if name not in self._volumes:
                volume = self.engine.create_volume(self._full_name(name), self.labels)
                self._volumes[name] = volume
                self.on_close(f"volume {name}", lambda: self.engine.remove_volume(volume))
                self.note(f"volume {name}")
            return self._volumes[name]

    def inject(self, volume: Volume, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file into a volume; containers see it at once.

        Raises:
            ValueError: the path leads out of the volume.
        """
        relative = PurePosixPath(path)
        if relative.is_absolute() or ".." in relative.parts:
            raise ValueError(f"{path} is not a path inside a volume")
        target = volume.path / relative
        for folder in reversed(target.relative_to(volume.path).parents[:-1]):
            (volume.path / folder).mkdir(exist_ok=True)
            (volume.path / folder).chmod(0o777)
        target.write_bytes(content)
        target.chmod(mode)

    def start_generic(
        self,
        command: tuple[str, ...] = _IDLE,
        *,
        name: str = "generic",
        image: Recipe | None = None,
        policy: Policy | None = None,
        networks: tuple[str, ...] = (HTTP_NETWORK,),
        mounts: Mapping[str, Volume | Path] | None = None,
        environment: Mapping[str, str] | None = None,
        scratch: Mapping[str, int] | None = None,
        wait: Wait | None = None,
        health_check: tuple[str, ...] = (),
        seconds: float = SECONDS,
    ) -> GenericContainer:
        """Start a container and wait until it is ready; `mounts` gives what is seen at a path inside.

        A folder or file of this machine is mounted read-only, a volume is not. `scratch` gives sized memory file
        systems by path, in bytes.

        Raises:
            WaitTimeoutError: it is not ready after `seconds`.
            CapabilityError: the engine here cannot keep what the policy promises.
        """
        spec = ContainerSpec(
            self._full_name(self._next_name(name)), self.engine.image(image or self._image), command,
            policy or self.policy, {**self._environment(), **(environment or {})},
            tuple(self.network(network) for network in networks),
            tuple(Mount(source, target, isinstance(source, Path)) for target, source in (mounts or {}).items()),
            scratch or {}, labels=self.labels, health_check=health_check,
        )  # fmt: skip
        return self._start(GenericContainer, spec, wait, seconds)

    def start_http(
        self,
        files: Mapping[str, bytes] | None = None,
        *,
        command: tuple[str, ...] = (),
        name: str = "http",
        path: str = "/",
        content: Volume | None = None,
        policy: Policy | None = None,
        image: Recipe | None = None,
        environment: Mapping[str, str] | None = None,
        wait: Wait | None = None,
        seconds: float = SECONDS,
    ) -> HttpContainer:
        """Start a server on port 8000 of `http-test-net` and wait until GET of `path` gives 200, or for another sign.

        It finds `content`, by default a volume of its own, at /data. Without a command it serves what lies there,
        `files` by their paths among it.
        """
        name = self._next_name(name)
        content = content or self.volume(f"{name}-files")
        for place, data in (files or {}).items():
            self.inject(content, place, data)
        spec = ContainerSpec(
            self._full_name(name), self.engine.image(image or self._image),
            command or ("cleanroom-probe", "serve", str(HttpContainer.port), DATA), policy or self.policy,
            {**self._environment(), **(environment or {})}, (self.network(HTTP_NETWORK),), (Mount(content, DATA),),
            labels=self.labels,
        )  # fmt: skip
        return self._start(HttpContainer, spec, wait or ForHttp(HttpContainer.port, path), seconds)

    def start_postgres(self, *, policy: Policy | None = None, seconds: float = SECONDS) -> PostgresContainer:
        """Start PostgreSQL on `storage-test-net`, with its data on a volume, and wait until it lets its role in."""
        return self._serve(POSTGRES, policy, seconds)

    def start_redis(self, *, policy: Policy | None = None, seconds: float = SECONDS) -> RedisContainer:
        """Start Redis on `storage-test-net`, with its data on a volume, and wait until it answers PING."""
        return self._serve(REDIS, policy, seconds)

    def _serve(self, service: Service[C], policy: Policy | None, seconds: float) -> C:
        name = self._next_name(service.name)
        spec = ContainerSpec(
            self._full_name(name), self.engine.image(service.image), service.command, policy or self.policy,
            self._environment(), (self.network(STORAGE_NETWORK),), (Mount(self.volume(f"{name}-data"), DATA),),
            labels=self.labels,
        )  # fmt: skip
        return self._start(service.kind, spec, service.wait, seconds)

    def start_p2p_network(self, count: int = 5, program: "NodeProgram | None" = None) -> "PeerNetwork":
        """Start nodes on `p2p-test-net`: node 0 is the bootstrap, which the others join, started in parallel.

        Without a program they are the cleanroom's own small peers (see `support.cleanroom.peers`).
        """
        from support.cleanroom.peers import SmallPeer, start

        return start(self, count, program or SmallPeer())

    def setup_marketplace(self) -> "MarketplaceRoom":
        """Return a marketplace: `ggen` in containers, and the sample catalog in a registry on a volume.

        This is the one place that knows of the product; who lifts the cleanroom out leaves it behind.
        """
        from support.market.marketplace_room import set_up

        return set_up(self)

    def close(self) -> None:
        """Remove all that the room has made, the last one first; a room that is kept stays.

        Raises:
            CleanupError: something could not be removed; the rest was, all the same.
        """
        if self.kept:
            return
        self.note("closes")
        troubles = []
        while self._cleanups:
            what, action = self._cleanups.pop()
            try:
                action()
            except Exception as error:  # noqa: BLE001 - whatever happens, the rest must be removed
                troubles.append(f"{what}: {type(error).__name__}: {error}")
                self._tell_witness()
        self.closed = True
        self.note("closed")
        remove_folder(self.folder)
        self.containers.clear()
        if troubles:
            raise CleanupError(f"room {self.id} is not clean:\n" + "\n".join(troubles))

    def _tell_witness(self) -> None:
        if witness := artefacts.current():
            witness.failing(self)

    def keep(self) -> str:
        """Have all of the room stay after this process's end; return how to enter it, and how to remove it."""
        self.closed = self.kept = True
        self.note("kept")
        keep_run()
        self.engine.keep(self.labels)
        entrances = [container.engine_container.entrance() for container in self.containers.values()]
        return artefacts.how_to_leave(self.labels[RUN_LABEL], self.id, entrances)

    def _start(self, kind: type[C], spec: ContainerSpec, wait: Wait | None, seconds: float) -> C:
        deadline = Deadline.after(seconds)
        short = spec.name.removesuffix(f"-{self.id}")
        made = self.engine.create(measuring.measured(spec))
        self.on_close(f"container {short}", made.remove)
        if measuring.on():
            self.on_close(f"the end of {short}", partial(_end, made))
        meter = metrics.current()
        if meter:
            self.on_close(f"figures of {short}", partial(meter.ending, made))
        self.note(f"container {short} created")
        log_file = self.folder / f"{short}.log"
        made.log_to(log_file)
        for network in spec.networks:
            self.transcript.alias(made.address(network), f"address of {short}")
        container = kind(short, made, self.transcript, log_file)
        self.containers[short] = container
        made.start()
        if wait:
            wait_until(made, wait, deadline)
        if meter:
            meter.started(seconds - deadline.remaining())
        self.note(f"container {short} ready")
        return container

    def _environment(self) -> dict[str, str]:
        """Return what makes programs inside deterministic: hashes, and the time that is signed."""
        epoch = str(int(self.clock().timestamp()))
        return {"PYTHONHASHSEED": str(self.seeded.seed % 2**32), "SOURCE_DATE_EPOCH": epoch,
                "CLEANROOM_SEED": str(self.seeded.seed), "TZ": "UTC"}  # fmt: skip

    def _next_name(self, name: str) -> str:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + 1
            return name if self._counts[name] == 1 else f"{name}-{self._counts[name]}"

    def _full_name(self, name: str) -> str:
        return f"{name}-{self.id}"


def _end(container: Container) -> None:
    if container.state().status == "running":
        container.stop(_ENDING)
