"""A container of a Docker engine, and the streams of what is run in it."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import docker
import docker.errors
import requests

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.addresses import Addresses
from support.cleanroom.engine.base import (
    ContainerSpec,
    EngineError,
    ExecResult,
    ExecTimeoutError,
    Labels,
    Network,
    State,
    Stats,
)
from support.cleanroom.engine.cgroups import Group
from support.cleanroom.engine.files import check_written, printed, writing
from support.cleanroom.engine.processes import kill_tree

_HEADER = struct.Struct(">BxxxI")  # the engine's frame around a piece of a stream: which one, and its length


class _Owner(Protocol):
    client: "docker.APIClient"

    def remove_container(self, id_: str) -> None: ...


class DockerContainer:
    """A container of a Docker engine."""

    def __init__(self, engine: _Owner, id_: str, spec: ContainerSpec, addresses: Addresses) -> None:
        self.id = id_
        self.spec = spec
        self._engine = engine
        self._client = engine.client
        self._addresses = addresses
        self._log: Path | None = None
        self._log_reader: threading.Thread | None = None

    def start(self) -> None:
        """Start it; its log file is attached first, so that it misses nothing."""
        stream = self._attach() if self._log else None
        try:
            self._client.start(self.id)
        except docker.errors.APIError as error:
            raise EngineError(f"{self.spec.name} cannot be started: {error.explanation or error}") from error
        if stream is not None and self._log:
            self._log_reader = threading.Thread(target=_copy_stream, args=(stream, self._log), daemon=True)
            self._log_reader.start()

    def _attach(self) -> Any:
        return self._client.attach(self.id, stdout=True, stderr=True, stream=True, logs=False)

    def exec(
        self, argv: Iterable[str], deadline: Deadline, environment: Labels | None = None, user: str | None = None
    ) -> ExecResult:
        """Run a command inside to its end, or to the deadline."""
        return self._exec(tuple(argv), deadline, environment, user, None)

    def _exec(
        self,
        argv: tuple[str, ...],
        deadline: Deadline,
        environment: Labels | None,
        user: str | None,
        stdin: bytes | None,
    ) -> ExecResult:
        try:
            made = self._client.exec_create(
                self.id, list(argv), environment=dict(environment or {}), user=user or self.spec.policy.user or "",
                workdir=self.spec.working_dir, stdin=stdin is not None,
            )  # fmt: skip
            raw = self._client.exec_start(made["Id"], socket=True)
        except docker.errors.APIError as error:
            raise EngineError(f"nothing can be run in {self.spec.name}: {error.explanation or error}") from error
        streams = _Demultiplexer(raw)
        try:
            if stdin is not None:
                streams.send(stdin)
            complete = streams.read_all(deadline)
        finally:
            streams.close()
        if not complete:
            self._kill_exec(made["Id"])
            raise ExecTimeoutError(
                f"{' '.join(argv)} in {self.spec.name} outlived its deadline", streams.output(1), streams.output(2)
            )
        return ExecResult(argv, self._exec_code(made["Id"]), streams.output(1), streams.output(2))

    def _exec_code(self, exec_id: str) -> int:
        def ended() -> list[int] | None:
            found = self._client.exec_inspect(exec_id)
            return None if found["Running"] or found["ExitCode"] is None else [found["ExitCode"]]

        code = Deadline.after(30).poll(ended, every=0.005)
        if code is None:
            raise EngineError(f"a command in {self.spec.name} closed its output and does not end")
        return int(code[0])

    def _kill_exec(self, exec_id: str) -> None:
        pid = self._client.exec_inspect(exec_id)["Pid"]
        if pid:
            kill_tree(pid)

    def logs(self) -> bytes:
        """Return what it wrote."""
        return bytes(self._client.logs(self.id, stdout=True, stderr=True))

    def log_to(self, path: Path) -> None:
        """Stream the log to a file, beginning with the next start."""
        path.touch()
        self._log = path

    def copy_in(self, content: bytes, target: str, mode: int = 0o644) -> None:
        """Write a file; the archive API cannot write below a read-only root, so `cat` does."""
        done = self._exec(writing(target, mode), Deadline.after(60), None, None, content)
        check_written(done, target)

    def copy_out(self, source: str) -> bytes:
        """Read a file; the archive API does not see memory file systems, so `cat` does."""
        return printed(self.exec(("cat", source), Deadline.after(60)), source)

    def kill(self, signal: str = "SIGKILL") -> None:
        """Send a signal; after SIGKILL, wait for the end."""
        self._call(self._client.kill, self.id, signal)
        if signal == "SIGKILL":
            self._client.wait(self.id, timeout=30)

    def stop(self, grace: float = 5.0) -> None:
        """SIGTERM, then SIGKILL."""
        self._call(self._client.stop, self.id, timeout=max(1, round(grace)))

    def restart(self) -> None:
        """End it if it runs, and start it."""
        if self.state().status != "exited":
            self.kill()
        self.start()

    def pause(self) -> None:
        """Freeze its processes."""
        self._call(self._client.pause, self.id)

    def unpause(self) -> None:
        """Let them go on."""
        self._call(self._client.unpause, self.id)

    def state(self) -> State:
        """Ask the engine."""
        found = self._call(self._client.inspect_container, self.id)["State"]
        return State(
            "exited" if found["Status"] == "dead" else found["Status"],
            None if found["Status"] in ("created", "running", "paused") else found["ExitCode"],
            found["OOMKilled"] or _oom_killed(found["Pid"]), found["Pid"], found.get("Health", {}).get("Status", ""),
        )  # fmt: skip

    def inspect(self) -> Mapping[str, object]:
        """Return the engine's whole record."""
        found: Mapping[str, object] = self._call(self._client.inspect_container, self.id)
        return found

    def stats(self) -> Stats:
        """Read the control groups: 0.2 ms where the engine's own statistics take a second."""
        pid = self.state().pid
        if not pid:
            raise EngineError(f"{self.spec.name} does not run: it has no statistics")
        return Group.of_process(pid).stats()

    def address(self, network: Network) -> str:
        """Return its address."""
        return self._addresses.on(network)

    def dial(self, port: int, seconds: float) -> socket.socket:
        """Connect to a port inside."""
        return socket.create_connection(self.endpoint(port), timeout=seconds)

    def endpoint(self, port: int) -> tuple[str, int]:
        """Return its own address: the host reaches it on internal networks too."""
        return self._addresses.first(), port

    def entrance(self) -> str:
        """Return the command of the engine's own client."""
        return f"docker exec -it {self.spec.name} sh"

    def connect(self, network: Network) -> None:
        """Connect it, with the address that it has or had there."""
        address = self._addresses.take(network)
        self._call(self._client.connect_container_to_network, self.id, network.id, ipv4_address=address)

    def disconnect(self, network: Network) -> None:
        """Take it off a network; it gets the same address when it comes back."""
        self._call(self._client.disconnect_container_from_network, self.id, network.id, force=True)

    def remove(self) -> None:
        """Kill and remove it, and finish its log file."""
        self._engine.remove_container(self.id)
        if self._log_reader:
            self._log_reader.join(10)

    def _call(self, function: Any, *args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except docker.errors.APIError as error:
            raise EngineError(f"{self.spec.name}: {error.explanation or error}") from error


class _Demultiplexer:
    """The two output streams of a command, from the engine's one."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._socket = raw._sock
        self._buffer = bytearray()
        self._parts: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}

    def send(self, content: bytes) -> None:
        self._socket.settimeout(60)
        self._socket.sendall(content)
        self._socket.shutdown(1)

    def read_all(self, deadline: Deadline) -> bool:
        """Read to the end; False when the deadline comes first."""
        while not deadline.expired():
            self._socket.settimeout(max(deadline.remaining(), 0.001))
            try:
                piece = self._socket.recv(65536)
            except TimeoutError:
                return False
            if not piece:
                return True
            self._buffer += piece
            self._take_frames()
        return False

    def _take_frames(self) -> None:
        while len(self._buffer) >= _HEADER.size:
            stream, length = _HEADER.unpack_from(self._buffer)
            end = _HEADER.size + length
            if len(self._buffer) < end:
                return
            self._parts[stream] += self._buffer[_HEADER.size : end]
            del self._buffer[:end]

    def output(self, stream: int) -> bytes:
        return bytes(self._parts[stream])

    def close(self) -> None:
        self._raw.close()
        self._socket.close()


def _oom_killed(pid: int) -> bool:
    """Say whether a process of the group was killed for want of memory: the engine tells of it after the end alone."""
    try:
        return pid > 0 and Group.of_process(pid).oom_kills() > 0
    except (
        EngineError,
        OSError,
    ):  # it has just ended, or this machine does not show the group: then the engine is right
        return False


def _copy_stream(stream: Iterable[bytes], path: Path) -> None:
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError, requests.RequestException, ValueError):
        for piece in stream:
            file.write(piece)
