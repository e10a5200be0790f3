"""What the containers of the host and of the loopback engine share: their command is a process of this machine."""

import contextlib
import os
import signal as signals
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.addresses import Addresses, AddressPool
from support.cleanroom.engine.base import (
    RUN_LABEL,
    ContainerSpec,
    EngineError,
    ExecResult,
    ExecTimeoutError,
    Network,
    State,
    run_folder,
)


class ProcessContainer(ABC):
    """A process that this process started, its log and its folder. An engine says how it is started and ended."""

    _engine_name: str

    def __init__(self, spec: ContainerSpec, pool: AddressPool) -> None:
        self.id = spec.name
        self.spec = spec
        self._folder = run_folder(spec.labels[RUN_LABEL]) / "containers" / spec.name
        self._log = self._folder / "log"
        self._addresses = Addresses(spec.name, pool)
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False

    @abstractmethod
    def start(self) -> None:
        """Start its command."""

    @abstractmethod
    def _main(self) -> int:
        """Return the command's process id, as this machine numbers it; 0 when it does not run."""

    @abstractmethod
    def _details(self) -> Mapping[str, object]:
        """Return what the engine knows about it beside what every engine does."""

    @abstractmethod
    def _kill_all(self) -> None:
        """Kill all that belongs to it, paused or not, and wait for its end."""

    @abstractmethod
    def _freeze(self, frozen: bool) -> None:
        """Stop all that belongs to it where it is, or let it go on."""

    def _oom_killed(self) -> bool:
        """Say whether a process of it was killed for want of memory, where that is known."""
        return False

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _require_running(self) -> None:
        if not self._main():
            raise EngineError(f"{self.spec.name} does not run")

    def _refuse_running(self) -> None:
        if self._runs():
            raise EngineError(f"{self.spec.name} runs already")

    def _launch(self, command: Sequence[str], folder: str, environment: Mapping[str, str] | None = None) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment,
                cwd=folder,
            )  # fmt: skip
        self._paused = False

    def _run_beside(
        self,
        argv: tuple[str, ...],
        command: Sequence[str],
        deadline: Deadline,
        *,
        kill: Callable[[int], None],
        folder: str,
        environment: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> ExecResult:
        """Run `command`, which is `argv` as this machine says it, to its end; at the deadline `kill` gets its id."""
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, env=environment, cwd=folder,
        )  # fmt: skip
        try:
            stdout, stderr = process.communicate(stdin, timeout=max(deadline.remaining(), 0.001))
        except subprocess.TimeoutExpired:
            kill(process.pid)
            stdout, stderr = process.communicate()
            text = f"{' '.join(argv)} in {self.spec.name} outlived its deadline"
            raise ExecTimeoutError(text, stdout, stderr) from None
        return ExecResult(argv, _exit_code(process.returncode), stdout, stderr)

    def logs(self) -> bytes:
        """Return what it wrote."""
        return self._log.read_bytes() if self._log.exists() else b""

    def log_to(self, path: Path) -> None:
        """Write the log to a file, beginning with the next start."""
        path.touch()
        self._log = path

    def kill(self, signal: str = "SIGKILL") -> None:
        """Send a signal to the command; SIGKILL goes to all of the container, and its end is waited for."""
        if signal == "SIGKILL":
            self._kill_all()
            return
        self._require_running()
        os.kill(self._main(), signals.Signals[signal])

    def stop(self, grace: float = 5.0) -> None:
        """SIGTERM, then SIGKILL."""
        if self._process is None or not self._runs():
            return
        with contextlib.suppress(EngineError, ProcessLookupError):
            self.kill("SIGTERM")
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._kill_all()

    def restart(self) -> None:
        """End it if it runs, and start it."""
        self._kill_all()
        self.start()

    def pause(self) -> None:
        """Stop its processes where they are."""
        self._set_frozen(True)

    def unpause(self) -> None:
        """Let them go on."""
        self._set_frozen(False)

    def _set_frozen(self, frozen: bool) -> None:
        self._require_running()
        self._freeze(frozen)
        self._paused = frozen

    def state(self) -> State:
        """Look at its process."""
        if self._process is None:
            return State("created", None, False, 0)
        code = self._process.poll()
        if code is None:
            return State("paused" if self._paused else "running", None, self._oom_killed(), self._main())
        return State("exited", _exit_code(code), self._oom_killed(), 0)

    def inspect(self) -> Mapping[str, object]:
        """Return what is known about it."""
        return {
            "engine": self._engine_name, "spec": asdict(self.spec), "state": asdict(self.state()),
            "addresses": self._addresses.by_network(), **self._details(),
        }  # fmt: skip

    def address(self, network: Network) -> str:
        """Return its address."""
        return self._addresses.on(network)


def _exit_code(code: int) -> int:
    """Return an exit code as a shell tells it: a signal's number above 128."""
    return 128 - code if code < 0 else code
