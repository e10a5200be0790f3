"""Wait strategies: what must hold before a container counts as ready, all under one deadline.

A strategy looks once and says what it saw; `wait_until` asks again until it holds, the container ends, or the time is
up. A time-out carries what was seen last, the container's state and the last lines of its log.
"""

import http.client
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import Container, EngineError, ExecTimeoutError, State

TAIL = 20
_PROBE_SECONDS = 2.0


class WaitTimeoutError(EngineError):
    """What was waited for did not happen in time, or cannot any more."""

    def __init__(self, container: Container, wanted: str, seen: str, state: State, log: bytes) -> None:
        tail = log.decode(errors="replace").splitlines()[-TAIL:]
        self.state = state
        self.log_tail = tail
        lines = "\n".join(f"  | {line}" for line in tail) or "  | (nothing)"
        super().__init__(
            f"{container.spec.name}: waited for {wanted}, last saw {seen}\n"
            f"state {state.status}, exit code {state.exit_code}, out of memory {state.oom_killed}\n"
            f"last lines of its log:\n{lines}"
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at a container showed."""

    holds: bool
    saw: str
    cut_off: bool = False  # the time was up before it was seen


class Wait(Protocol):
    """A condition on a container."""

    @property
    def ends(self) -> bool:
        """Whether it may hold after the container has ended."""

    def look(self, container: Container, deadline: Deadline) -> Sight:
        """Look once, never longer than the deadline."""

    def __str__(self) -> str: ...


def wait_until(container: Container, wait: Wait, deadline: Deadline) -> None:
    """Return when the condition holds.

    Raises:
        WaitTimeoutError: the time is up, or the container has ended and the condition can hold no more.
    """
    seen = Sight(False, "nothing yet", cut_off=True)
    state = container.state()

    def look() -> bool:
        nonlocal seen, state
        sight = wait.look(container, deadline)
        seen = sight if not sight.cut_off or seen.cut_off else seen
        if seen.holds:
            return True
        state = container.state()
        return state.status == "exited" and not wait.ends

    deadline.poll(look, every=0.01, slowest=0.1)
    if not seen.holds and not wait.look(container, deadline.sooner(_PROBE_SECONDS)).holds:
        raise WaitTimeoutError(container, str(wait), seen.saw, container.state(), container.logs())


@dataclass(frozen=True, slots=True)
class ForLog:
    """A line of the log matches a regular expression."""

    pattern: str
    ends: bool = False

    def look(self, container: Container, deadline: Deadline) -> Sight:  # noqa: ARG002
        """Search the log."""
        log = container.logs().decode(errors="replace")
        return Sight(re.search(self.pattern, log, re.MULTILINE) is not None, f"{len(log.splitlines())} lines of log")

    def __str__(self) -> str:
        return f"a log line that matches {self.pattern!r}"


@dataclass(frozen=True, slots=True)
class ForPort:
    """A TCP port accepts connections from this machine."""

    port: int
    ends: bool = False

    def look(self, container: Container, deadline: Deadline) -> Sight:
        """Connect once, unless nothing can listen any more: who dials an address that has gone waits long."""
        if _over(container):
            return Sight(False, "no listener")
        open_ = listens(container, self.port, deadline)
        return Sight(open_, "it accepts" if open_ else "no listener")

    def __str__(self) -> str:
        return f"port {self.port}"


def _over(container: Container) -> bool:
    return container.state().status == "exited"


def listens(container: Container, port: int, deadline: Deadline) -> bool:
    """Say whether a port inside accepts a connection."""
    try:
        container.dial(port, seconds_left(deadline)).close()
    except OSError:
        return False
    return True


def get(container: Container, port: int, path: str, seconds: float) -> tuple[int, bytes]:
    """Return status and body of a GET from a port inside.

    Raises:
        OSError, http.client.HTTPException: there is no answer.
    """
    connection = http.client.HTTPConnection("room", timeout=seconds)
    connection.sock = container.dial(port, seconds)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def seconds_left(deadline: Deadline) -> float:
    """Return how long one look may take."""
    return min(deadline.remaining() + 0.05, _PROBE_SECONDS)


def receive(connection: socket.socket, count: int) -> bytes:
    """Return that many bytes from a connection, or fewer where it ends before. Raises OSError as `recv` does."""
    received = b""
    while len(received) < count and (piece := connection.recv(count - len(received))):
        received += piece
    return received


@dataclass(frozen=True, slots=True)
class ForHttp:
    """A GET of a path answers with a status."""

    port: int
    path: str = "/"
    status: int = 200
    ends: bool = False

    def look(self, container: Container, deadline: Deadline) -> Sight:
        """Ask once, unless nothing can answer any more."""
        if _over(container):
            return Sight(False, "no answer")
        try:
            status, _body = get(container, self.port, self.path, seconds_left(deadline))
        except (OSError, http.client.HTTPException) as error:
            return Sight(False, f"no answer ({type(error).__name__})")
        return Sight(status == self.status, f"status {status}")

    def __str__(self) -> str:
        return f"status {self.status} of GET {self.path} on port {self.port}"


@dataclass(frozen=True, slots=True)
class ForHealth:
    """The container's own health check says that it is healthy."""

    ends: bool = False

    def look(self, container: Container, deadline: Deadline) -> Sight:  # noqa: ARG002
        """Read the state of health."""
        health = container.state().health
        return Sight(health == "healthy", f"health {health or 'unknown: there is no health check'}")

    def __str__(self) -> str:
        return "health"


@dataclass(frozen=True, slots=True)
class ForExec:
    """A command inside ends with exit code 0."""

    argv: tuple[str, ...]
    ends: bool = False

    def look(self, container: Container, deadline: Deadline) -> Sight:
        """Run it once."""
        if container.state().status != "running":
            return Sight(False, "it does not run")
        try:
            done = container.exec(self.argv, deadline)
        except ExecTimeoutError:
            return Sight(False, "the command did not end", cut_off=True)
        return Sight(done.exit_code == 0, f"exit code {done.exit_code} {done.stderr.decode(errors='replace')[-200:]}")

    def __str__(self) -> str:
        return f"success of {' '.join(self.argv)}"


@dataclass(frozen=True, slots=True)
class ForFile:
    """A file exists inside."""

    path: str
    ends: bool = False

    def look(self, container: Container, deadline: Deadline) -> Sight:
        """Look for the file."""
        return ForExec(("test", "-e", self.path)).look(container, deadline)

    def __str__(self) -> str:
        return f"the file {self.path}"


@dataclass(frozen=True, slots=True)
class ForExit:
    """The container has ended with an exit code; None takes any."""

    exit_code: int | None = 0
    ends: bool = True

    def look(self, container: Container, deadline: Deadline) -> Sight:  # noqa: ARG002
        """Read the state."""
        state = container.state()
        ended = state.status == "exited" and self.exit_code in (None, state.exit_code)
        return Sight(ended, f"{state.status}, exit code {state.exit_code}")

    def __str__(self) -> str:
        return "its end" if self.exit_code is None else f"its end with exit code {self.exit_code}"


class AllOf:
    """Every condition holds."""

    def __init__(self, waits: Iterable[Wait]) -> None:
        self._waits = tuple(waits)
        self.ends = all(wait.ends for wait in self._waits)

    def look(self, container: Container, deadline: Deadline) -> Sight:
        """Look for each until one does not hold."""
        for wait in self._waits:
            sight = wait.look(container, deadline)
            if not sight.holds:
                return Sight(False, f"{sight.saw} for {wait}", sight.cut_off)
        return Sight(True, "all of them")

    def __str__(self) -> str:
        return "all of (" + ", ".join(map(str, self._waits)) + ")"


class AnyOf:
    """One of the conditions holds."""

    def __init__(self, waits: Iterable[Wait]) -> None:
        self._waits = tuple(waits)
        self.ends = any(wait.ends for wait in self._waits)

    def look(self, container: Container, deadline: Deadline) -> Sight:
        """Look for each until one holds."""
        sights = []
        for wait in self._waits:
            sight = wait.look(container, deadline)
            if sight.holds:
                return sight
            sights.append(f"{sight.saw} for {wait}")
        return Sight(False, "; ".join(sights))

    def __str__(self) -> str:
        return "any of (" + ", ".join(map(str, self._waits)) + ")"
