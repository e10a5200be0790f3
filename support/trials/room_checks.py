"""What the steps about rooms ask for: the probe's answers, this machine's addresses, strategies by name."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from support.cleanroom import Cleanroom
from support.cleanroom.containers import GenericContainer
from support.cleanroom.engine import firewall
from support.cleanroom.engine.base import ROOM_LABEL, Capability, Engine, Leftover
from support.cleanroom.engine.run_id import RunId
from support.cleanroom.policy import Policy
from support.cleanroom.rooms import Rooms
from support.cleanroom.seeded import Seeded
from support.cleanroom.transcript import Transcript
from support.cleanroom.waiting import (
    AllOf,
    AnyOf,
    ForExec,
    ForExit,
    ForFile,
    ForHealth,
    ForHttp,
    ForLog,
    ForPort,
    Wait,
    WaitTimeoutError,
    get,
)

SLACK = 1.15
"""The kernel hands out processor time in slices, and what was overdrawn is taken back in the periods after."""
_NOT_CONNECTED = frozenset({"TimeoutError", "ETIMEDOUT", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH"})
SHORT = 0.5
"""Seconds after which a connection is known not to come: on one machine the kernel makes it in a thousandth of that."""
_PORT = 8000
ROOT = Path(__file__).resolve().parents[2]


# Lets the birth be read by a process that can open nothing more; the rest of the question needs no file by then.
_WITHOUT_FILES = """
import json, resource, sys
from support.cleanroom.engine import run_id
from support.cleanroom.engine.processes import start_time
run, boot, namespace = run_id.RunId.parse(sys.argv[1]), run_id._boot(), run_id._namespace()
run_id._boot, run_id._namespace = lambda: boot, lambda: namespace
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
try:
    told = start_time(run.pid)
except OSError as error:
    told = error.strerror
print(json.dumps([told, run.dead()]))
"""


@dataclass(frozen=True, slots=True)
class Burn:
    """What a computation was given: cores by the control group's account, and how often it had to wait."""

    cores: float
    throttled_periods: int


class Service:
    """Something that listens on all addresses of this machine."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("0.0.0.0", 0))  # noqa: S104 - that it is reachable is the point
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._listener.accept()[0].close()

    def reach(self, address: str) -> None:
        """Connect from this machine; raises OSError when that fails."""
        socket.create_connection((address, self.port), timeout=5).close()

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def addresses() -> list[str]:
    """Return this machine's IPv4 addresses but the loopback's, and but those on bridges of rooms, which come and go."""
    devices = {name: items for name, items in psutil.net_if_addrs().items() if not name.startswith(firewall.BRIDGE)}
    found = [item.address for items in devices.values() for item in items if item.family == socket.AF_INET]
    return sorted(address for address in found if not address.startswith("127."))


def probe(container: GenericContainer, *argv: str) -> str:
    """Return the line that the probe prints."""
    return container.run("cleanroom-probe", *argv).strip()


def probe_json(container: GenericContainer, *argv: str) -> Any:
    """Return the JSON object that the probe prints."""
    return json.loads(probe(container, *argv))


def connect(container: GenericContainer, host: str, port: int, seconds: float = 10.0) -> str:
    """Return what came of a connection from inside."""
    return probe(container, "connect", host, str(port), str(seconds))


def reached(container: GenericContainer, hosts: Sequence[str], port: int) -> dict[str, str]:
    """Return, of hosts that are not to be reached, those that were, or what else was told but that there is no way."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        told = pool.map(lambda host: connect(container, host, port, SHORT), hosts)
        return {host: outcome for host, outcome in zip(hosts, told, strict=True) if outcome not in _NOT_CONNECTED}


def burn(container: GenericContainer, seconds: float) -> Burn:
    """Compute inside and measure outside."""
    start, before = time.monotonic(), container.stats()
    probe(container, "burn", str(seconds))
    after, end = container.stats(), time.monotonic()
    cores = (after.cpu_seconds - before.cpu_seconds) / (end - start)
    return Burn(cores, after.throttled_periods - before.throttled_periods)


def processes(container: GenericContainer) -> list[str]:
    """Return the command lines of what runs inside, but for the question's own."""
    script = 'for p in /proc/[0-9]*; do [ "$p" = "/proc/$$" ] || { cat "$p/cmdline"; echo; }; done 2>/dev/null || true'
    return [line.replace("\0", " ") for line in container.run("sh", "-c", script).splitlines() if line]


def refusal(limit: str, value: str) -> str:
    """Return what is said when a policy is given a limit; raises AssertionError when nothing is."""
    policy = Policy.strict_isolation()
    try:
        match limit:
            case "memory":
                policy.with_memory_limit(value)
            case "cores":
                policy.with_cpu_limit(float(value))
            case "processes":
                policy.with_pids_limit(int(value))
    except ValueError as error:
        return str(error)
    raise AssertionError(f"{limit} {value} was taken")


def strategy(name: str, argument: str) -> Wait:
    """Return a wait strategy by name; `all` and `any` take several, separated by commas."""
    parts = [part.strip().partition(" ") for part in argument.split(",")]
    makers: dict[str, Callable[[], Wait]] = {
        "log": lambda: ForLog(argument),
        "port": lambda: ForPort(int(argument)),
        "http": lambda: ForHttp(_PORT, argument),
        "health": ForHealth,
        "exec": lambda: ForExec(tuple(argument.split())),
        "file": lambda: ForFile(argument),
        "exit": lambda: ForExit(int(argument)),
        "all": lambda: AllOf(strategy(kind, rest) for kind, _, rest in parts),
        "any": lambda: AnyOf(strategy(kind, rest) for kind, _, rest in parts),
    }
    return makers[name]()


def time_out(container: GenericContainer, waits: Sequence[Wait], seconds: float) -> list[str]:
    """Wait in vain for each of some conditions, for all at the same time, and return what is told then."""
    with ThreadPoolExecutor(len(waits)) as pool:
        return list(pool.map(lambda wait: _timed_out(container, wait, seconds), waits))


def _timed_out(container: GenericContainer, wait: Wait, seconds: float) -> str:
    try:
        container.wait(wait, seconds)
    except WaitTimeoutError as error:
        return str(error)
    raise AssertionError(f"{wait} came to hold")


def answer(container: GenericContainer, seconds: float) -> str:
    """Return the status of a GET, or nothing when there is no answer."""
    try:
        return str(get(container.engine_container, _PORT, "/", seconds)[0])
    except (OSError, http.client.HTTPException):
        return ""


def of_room(engine: Engine, room: str) -> list[Leftover]:
    """Return what an engine has of a room."""
    return [item for item in engine.leftovers() if room in item.name or item.labels.get(ROOM_LABEL) == room]


def kinds(engine: Engine, room: str) -> set[str]:
    """Return the kinds of what an engine has of a room."""
    return as_kinds(engine, of_room(engine, room))


def removed_at_once(room: Cleanroom) -> int:
    """Start a container and remove it; return the process that it was."""
    container = room.start_generic()
    pid = container.state().pid
    container.engine_container.remove()
    return pid


def as_kinds(engine: Engine, items: Iterable[Leftover]) -> set[str]:
    """Return the kinds of what an engine has, a host's as a container engine calls them."""
    found = {KINDS.get(item.kind, item.kind) for item in items}
    grouped = engine.name != "host" or Capability.STATS not in engine.missing()
    return found if grouped or "network" not in found else found | {"container"}


KINDS = {"cgroup": "container", "process": "network"}
"""The host engine's containers are found by their control groups, its networks by the process that holds them; where it
has no control groups, that process stands for both: with it go its containers."""


def open_room(context: Any, engine: str, policy: Policy | None = None) -> Cleanroom:
    """Return a room that closes with the scenario, by default a strict one."""
    room: Cleanroom = context.session.rooms.builder(engine).with_policy(policy or Policy.strict_isolation()).build()
    context.add_cleanup(room.close)
    return room


def open_strictest(context: Any, engine: str, user: str = "") -> Cleanroom:
    """Return a room that closes with the scenario, as strict as an engine keeps it; programs run as `user`."""
    policy = context.session.rooms.builder(engine).policy
    return open_room(context, engine, policy.with_user(user) if user else policy)


def begin_another_run() -> None:
    """Begin and end a run in another process: it sweeps."""
    code = "from support.cleanroom.reaper import close_run, current_run; current_run(); close_run()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


def drawn(seed: int, what: str) -> object:
    """Return what a seed gives."""
    seeded = Seeded(seed)
    made: dict[str, object] = {
        "content": seeded.text("a file"),
        "key": seeded.key("publisher"),
        "id": seeded.id("package"),
        "schedule": seeded.schedule("faults", 5, 10.0),
        "jitter": seeded.jitter("retry", 1.0),
        "clock": seeded.clock()(),
    }
    return made[what]


def independent_streams() -> bool:
    """Say whether a stream is the same after another was drawn from, and differs from it."""
    first, second = Seeded(42), Seeded(42)
    first.generator("one").random()
    first.octets("one", 1000)
    return first.octets("two", 100) == second.octets("two", 100) != second.octets("one", 100)


def story(rooms: Rooms, engine: str, seed: int) -> Transcript:
    """Let something happen in a room: made-up files are served and read, a command fails, hashes are asked for."""
    with rooms.builder(engine).with_determinism(seed).build() as room:
        server = room.start_http({"story.txt": room.seeded.text("story").encode()})
        reader = room.start_generic()
        server.exec(["cat", "/data/story.txt"])
        reader.exec(["cleanroom-probe", "connect", server.address(room.network()), str(_PORT), "5"])
        reader.exec(["python3", "-c", "import os; print(hash('x'), os.environ['SOURCE_DATE_EPOCH'])"])
        reader.exec(["sh", "-c", "echo trouble >&2; exit 4"])
        return room.transcript


def published(rooms: Rooms, engine: str, seed: int) -> Transcript:
    """Set up a marketplace and return what was told while its packages were published."""
    with rooms.builder(engine).with_determinism(seed).build() as room:
        room.setup_marketplace()
        return room.transcript


def told_without_files() -> tuple[str, bool]:
    """Return what a process without open files tells of this process's birth, and whether it takes it for dead."""
    command = [sys.executable, "-c", _WITHOUT_FILES, str(RunId.mine())]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
    birth, dead = json.loads(done.stdout)
    return str(birth), bool(dead)


def chosen_without(*missing: str) -> list[str]:
    """Return which engine another process chooses without Docker's socket or without any program, and what it tells."""
    code = "from support.cleanroom.engine.choice import choose; from support.cleanroom.rooms import describe_engines"
    code += "; print(choose().name); print(describe_engines('auto'))"
    environ = dict(os.environ)
    if "docker" in missing:
        environ["DOCKER_HOST"] = "unix:///nonexistent"
    if "host" in missing:
        environ["PATH"] = "/nonexistent"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60, env=environ)
    return done.stdout.splitlines()
