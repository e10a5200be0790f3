"""The interface of an engine: networks, volumes, images and containers, and what it can promise.

Nothing here knows what runs in a container. A resource carries labels from the moment it exists, so that whoever comes
later (the room, the watchdog, the sweep) finds it without being told.
"""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from support.cleanroom.deadline import Deadline
from support.cleanroom.policy import ROOT, Egress, Policy

RUN_LABEL = "cleanroom.run"
ROOM_LABEL = "cleanroom.room"
RUN_FOLDERS = Path("/tmp")  # noqa: S108 - the names below it cannot be guessed, and are made, never opened
RUN_FOLDER_PREFIX = "cleanroom-run-"
Labels = Mapping[str, str]


def run_folder(run: str) -> Path:
    """Return the folder that holds a run's logs, and its volumes where an engine keeps none itself.

    It is in one place for all runs, whatever TMPDIR says, so that the sweep finds what another run has left.
    """
    return RUN_FOLDERS / f"{RUN_FOLDER_PREFIX}{run}"


class EngineError(Exception):
    """An engine could not do what it was asked: harness trouble, never the product's fault."""


class EngineUnavailableError(EngineError):
    """There is no such engine here; the text says why."""


class CapabilityError(EngineError):
    """The engine here cannot promise what was asked for."""


class ExecTimeoutError(EngineError):
    """A command in a container outlived its deadline; it was killed. `stdout` and `stderr` are what it had written."""

    def __init__(self, message: str, stdout: bytes, stderr: bytes) -> None:
        super().__init__(message)
        self.stdout = stdout
        self.stderr = stderr


class Capability(StrEnum):
    """What an engine may promise; the values are what `@use.with_…` tags and reports call them."""

    IMAGES = "images"  # runs what is in an image, not what is installed on the host
    VOLUMES = "volumes"
    PRIVATE_NETWORK = "private_network"  # each container has its own address, rooms do not reach one another
    NO_EGRESS = "no_egress"
    EGRESS = "egress"  # can give a container a way out, where a policy allows one
    HOST_CLOSED = "host_closed"  # services of the host cannot be reached from inside
    READ_ONLY_ROOT = "read_only_root"
    NO_CAPABILITIES = "no_capabilities"
    NO_NEW_PRIVILEGES = "no_new_privileges"
    NON_ROOT = "non_root"
    MEMORY_LIMIT = "memory_limit"
    CPU_LIMIT = "cpu_limit"
    PIDS_LIMIT = "pids_limit"
    PAUSE = "pause"
    STATS = "stats"


def promises(policy: Policy) -> frozenset[Capability]:
    """Return what an engine must be capable of to keep a policy."""
    wanted = {
        Capability.NO_EGRESS: policy.egress is not Egress.ANYWHERE,
        Capability.HOST_CLOSED: not policy.host_services,
        Capability.READ_ONLY_ROOT: policy.read_only_root,
        Capability.NO_CAPABILITIES: not policy.capabilities,
        Capability.NO_NEW_PRIVILEGES: not policy.new_privileges,
        Capability.NON_ROOT: policy.user not in (None, ROOT),
        Capability.MEMORY_LIMIT: policy.memory is not None,
        Capability.CPU_LIMIT: policy.cpu is not None,
        Capability.PIDS_LIMIT: policy.pids is not None,
    }
    return frozenset(capability for capability, needed in wanted.items() if needed)


@dataclass(frozen=True, slots=True)
class Network:
    """A network of a room. `gateway` is the host's address on it, or empty where the host has none."""

    id: str
    name: str
    subnet: str
    gateway: str = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """A folder that outlives containers; `path` is where the host sees it."""

    id: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume, or a file or folder of the host, at a place in a container."""

    source: Volume | Path
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """What to run. `scratch` gives sized writable memory file systems by path, in bytes, beside the policy's /tmp."""

    name: str
    image: str
    command: tuple[str, ...]
    policy: Policy
    environment: Labels = field(default_factory=dict)
    networks: tuple[Network, ...] = ()
    mounts: tuple[Mount, ...] = ()
    scratch: Mapping[str, int] = field(default_factory=dict)
    working_dir: str = "/tmp"  # noqa: S108 - the one folder that every policy leaves writable
    labels: Labels = field(default_factory=dict)
    health_check: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a command in a container did; the two streams apart."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.stdout.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class State:
    """The state of a container: `created`, `running`, `paused`, `exited`; `health` is empty without a health check."""

    status: str
    exit_code: int | None
    oom_killed: bool
    pid: int  # on the host; 0 when it does not run
    health: str = ""


@dataclass(frozen=True, slots=True)
class Stats:
    """The resources that a container has used so far, read from its control groups."""

    cpu_seconds: float
    throttled_periods: int  # of 0.1 s each, in which the limit was reached and the container had to wait
    throttled_seconds: float
    memory_bytes: int
    memory_peak_bytes: int
    pids: int


class Recipe(Protocol):
    """How to make an image, on any engine and without the network. See `support.cleanroom.images`."""

    @property
    def name(self) -> str: ...

    def key(self) -> str:
        """Return a digest of all that goes into it: equal keys, equal images."""

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write a Dockerfile and what it copies into a folder; return the build arguments."""

    def base(self) -> "Recipe | None":
        """Return the recipe of the image that `ARG BASE` stands for, or None for a base itself."""

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Make the root file system in a folder, from the base's: what the host engine runs in."""


class Container(Protocol):
    """A container, from its creation to its removal. A call that it is too late for raises EngineError."""

    @property
    def id(self) -> str: ...

    @property
    def spec(self) -> ContainerSpec: ...

    def start(self) -> None: ...

    def exec(
        self, argv: Iterable[str], deadline: Deadline, environment: Labels | None = None, user: str | None = None
    ) -> ExecResult:
        """Run a command inside to its end. Raises ExecTimeoutError at the deadline, and kills it."""

    def logs(self) -> bytes:
        """Return all that was written so far, standard output and error as they came."""

    def log_to(self, path: Path) -> None:
        """Stream the log to a file from now on; call it between creation and start to miss nothing."""

    def copy_in(self, content: bytes, target: str, mode: int = 0o644) -> None:
        """Write a file at a path that is writable inside."""

    def copy_out(self, source: str) -> bytes:
        """Return the content of a file inside. Raises FileNotFoundError."""

    def kill(self, signal: str = "SIGKILL") -> None: ...

    def stop(self, grace: float = 5.0) -> None:
        """Ask it to end by SIGTERM, and kill it after `grace` seconds."""

    def restart(self) -> None:
        """Start it again after a kill or stop; it keeps its volumes and addresses."""

    def pause(self) -> None: ...

    def unpause(self) -> None: ...

    def state(self) -> State: ...

    def inspect(self) -> Mapping[str, object]:
        """Return all that the engine knows about it, for a failure's artefacts."""

    def stats(self) -> Stats: ...

    def address(self, network: Network) -> str:
        """Return its address on a network, as its peers there see it."""

    def dial(self, port: int, seconds: float) -> socket.socket:
        """Return a TCP connection from this machine to a port inside. Raises OSError as `connect` does."""

    def endpoint(self, port: int) -> tuple[str, int]:
        """Return host and port by which a process of this machine reaches a port inside."""

    def entrance(self) -> str:
        """Return the command by which a person at this machine gets a shell inside."""

    def connect(self, network: Network) -> None: ...

    def disconnect(self, network: Network) -> None: ...

    def remove(self) -> None:
        """Kill and remove it; doing so twice is no error."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A resource that an engine found by its labels."""

    kind: str  # container, network, volume, image, rule, process, cgroup
    id: str
    name: str
    labels: Labels


class Engine(Protocol):
    """An engine. Everything it makes carries the labels of its run."""

    @property
    def name(self) -> str:
        """`docker`, `host` or `loopback`."""

    @property
    def version(self) -> str: ...

    def missing(self) -> Mapping[Capability, str]:
        """Return what cannot be promised here, each with the reason that a probe found."""

    def image(self, recipe: Recipe) -> str:
        """Return the image of a recipe, building it the first time."""

    def prune(self, before: float) -> list[str]:
        """Remove images of ours that nobody has wanted since a time (in seconds since the epoch); return which."""

    def create_network(self, name: str, labels: Labels, policy: Policy) -> Network: ...

    def remove_network(self, network: Network) -> None: ...

    def create_volume(self, name: str, labels: Labels) -> Volume: ...

    def remove_volume(self, volume: Volume) -> None: ...

    def create(self, spec: ContainerSpec) -> Container:
        """Create a container, without starting it.

        Raises:
            CapabilityError: its policy asks for what is missing here.
        """

    def leftovers(self, label: str = RUN_LABEL, value: str | None = None) -> list[Leftover]:
        """Return what exists with a label, of one run or of all."""

    def remove_leftovers(self, found: Iterable[Leftover]) -> None:
        """Remove what was found: containers first, then what they used; what is gone already is no error."""

    def lines(self) -> Iterable[object]:
        """Return the addresses, as `getpeername` tells them, to which it keeps connections for later use."""

    def keep(self, labels: Labels) -> None:
        """Have the room with these labels stay when this process ends."""

    def close(self) -> None: ...
