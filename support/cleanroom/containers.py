"""The containers of a room, each with what its users need to know: an address, an URL, a command's outcome."""

from collections.abc import Iterable
from pathlib import Path

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import (
    Container,
    EngineError,
    ExecResult,
    ExecTimeoutError,
    Labels,
    Network,
    State,
    Stats,
)
from support.cleanroom.transcript import Transcript
from support.cleanroom.waiting import Wait, get, wait_until

SECONDS = 60.0


class GenericContainer:
    """A running container of a room."""

    def __init__(self, name: str, engine_container: Container, transcript: Transcript, log_file: Path) -> None:
        self.name = name
        self.engine_container = engine_container
        self.log_file = log_file
        self._transcript = transcript

    def exec(
        self,
        argv: Iterable[str],
        deadline: Deadline | float = SECONDS,
        environment: Labels | None = None,
        user: str | None = None,
    ) -> ExecResult:
        """Run a command to its end, and note it in the room's transcript. A number is a deadline in seconds.

        Raises:
            ExecTimeoutError: it was not done by the deadline, and was killed.
        """
        limit = deadline if isinstance(deadline, Deadline) else Deadline.after(deadline)
        words = tuple(argv)
        try:
            done = self.engine_container.exec(words, limit, environment, user)
        except ExecTimeoutError:
            self._transcript.add(f"{self.name}: {' '.join(words)} outlived its deadline")
            raise
        self._transcript.note(self.name, done)
        return done

    def run(self, *argv: str, environment: Labels | None = None) -> str:
        """Run a command that must succeed; return what it prints.

        Raises:
            EngineError: its exit code is not 0.
        """
        done = self.exec(argv, environment=environment)
        if done.exit_code:
            raise EngineError(f"{' '.join(argv)} in {self.name} gave {done.exit_code}: {done.stderr.decode()[-2000:]}")
        return done.text

    def wait(self, wait: Wait, seconds: float = SECONDS) -> None:
        """Wait until a condition holds (see `support.cleanroom.waiting`)."""
        wait_until(self.engine_container, wait, Deadline.after(seconds))

    def logs(self) -> str:
        """Return all that it wrote."""
        return self.engine_container.logs().decode(errors="replace")

    def copy_in(self, content: bytes, target: str, mode: int = 0o644) -> None:
        """Write a file at a path that is writable inside."""
        self.engine_container.copy_in(content, target, mode)

    def copy_out(self, source: str) -> bytes:
        """Return the content of a file inside. Raises FileNotFoundError."""
        return self.engine_container.copy_out(source)

    def kill(self, signal: str = "SIGKILL") -> None:
        """Send a signal."""
        self.engine_container.kill(signal)

    def stop(self, grace: float = 5.0) -> None:
        """Ask it to end, and kill it after `grace` seconds."""
        self.engine_container.stop(grace)

    def restart(self) -> None:
        """Start it again; it keeps its address and volumes."""
        self.engine_container.restart()

    def pause(self) -> None:
        """Freeze it."""
        self.engine_container.pause()

    def unpause(self) -> None:
        """Let it go on."""
        self.engine_container.unpause()

    def state(self) -> State:
        """Return its state."""
        return self.engine_container.state()

    def stats(self) -> Stats:
        """Return what it has used."""
        return self.engine_container.stats()

    def address(self, network: Network) -> str:
        """Return its address on a network, as its peers there see it."""
        return self.engine_container.address(network)

    def endpoint(self, port: int) -> tuple[str, int]:
        """Return host and port by which this machine reaches a port inside."""
        return self.engine_container.endpoint(port)


class HttpContainer(GenericContainer):
    """A container that serves HTTP on one port."""

    port = 8000

    @property
    def url(self) -> str:
        """The URL of its root, as this machine reaches it."""
        host, port = self.endpoint(self.port)
        return f"http://{host}:{port}"

    def get(self, path: str = "/", seconds: float = SECONDS) -> tuple[int, bytes]:
        """Return status and body of a GET."""
        return get(self.engine_container, self.port, path, seconds)
