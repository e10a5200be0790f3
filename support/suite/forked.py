"""Processes that a fork server makes (`support.suite.fork_server`), as who shares out the work sees them."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

LONGEST = 1 << 20  # bytes of a request


class ForkServer:
    """The server, seen from the process that shares out the work; it runs one shard at a time."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "support.suite.fork_server", str(theirs.fileno())], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def start(self, argv: Sequence[str], log: Path, temporary: Path) -> "Forked":
        """Run behave with these arguments in a session of its own; output goes to `log`, TMPDIR is `temporary`.

        Raises:
            OSError: the server has died.
        """
        request = {"argv": list(argv), "log": str(log.absolute()), "temporary": str(temporary)}
        self._channel.settimeout(None)
        self._channel.send(json.dumps(request).encode())
        told = self._channel.recv(LONGEST)
        if not told:
            raise ConnectionResetError("the fork server has died")
        return Forked(self._channel, int(told))

    def lives(self) -> bool:
        """Say whether it can be asked for more."""
        return self._process.poll() is None

    def close(self) -> None:
        """Let the server end, once the process that it has forked has ended."""
        self._channel.close()
        self._process.wait()


class Forked:
    """A process that the server has forked: its `pid`, and its end."""

    def __init__(self, channel: socket.socket, pid: int) -> None:
        self.pid = pid
        self._channel = channel
        self._code: int | None = None
        self._lock = threading.Lock()

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code, a signal's number below zero. Several threads may wait.

        Raises:
            subprocess.TimeoutExpired: it has not ended after so many seconds.
        """
        late = subprocess.TimeoutExpired("behave", timeout or 0.0)
        if not self._lock.acquire(timeout=-1 if timeout is None else timeout):
            raise late
        with contextlib.ExitStack() as stack:
            stack.callback(self._lock.release)
            if self._code is None:
                self._channel.settimeout(timeout)
                try:
                    told = self._channel.recv(LONGEST)
                except TimeoutError:
                    raise late from None
                self._code = int(told) if told else self._orphaned()
            return self._code

    def _orphaned(self) -> int:
        """End what nobody can wait for any more: the server has died."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return -signal.SIGKILL
