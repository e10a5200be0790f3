"""A plugin that is not trusted, seen from the program that asks it: bounded in time, memory and in what it may answer.

This holds faults off, and what is written to fail. It is no wall against a plugin that sets out to read the user's
files: it runs as the same user.
"""

import base64
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from marketplace.plugins.found import Plugin
from marketplace.plugins.types import PluginFailedError, Question, ReadPiece, no_files

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
    "from marketplace.plugins.worker import main; sys.exit(main())"
)
_CHUNK = 64 * 1024
_ENDING = 5.0
"""Seconds that the watching process has to end what it watches."""

MAX_ANSWER = 8 * 1024 * 1024
"""Longest line that a plugin may say, in bytes."""


class Limits(NamedTuple):
    """What a plugin gets: seconds for its import and for each answer, seconds of processor in all, bytes of memory.

    A question about a package may take a second more for each `rate` bytes of it.
    """

    seconds: float = 10.0
    processor: int = 600
    memory: int = 512 * 1024 * 1024
    rate: float = 10_000_000.0


class Process:
    """A plugin in a process of its own.

    Args:
        plugin: which.
        path: the folders that it may import from.
        clock: seconds that never go back.

    Raises:
        PluginFailedError: it cannot be imported, or is not what its metadata says.
    """

    def __init__(
        self, plugin: Plugin, limits: Limits, path: list[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._buffer = bytearray()
        inner, self._control = os.pipe2(os.O_CLOEXEC)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-c", _START, str(inner), json.dumps(path)], pass_fds=[inner], cwd="/",
                env={"LANG": "C.UTF-8", "PATH": os.defpath}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, bufsize=0, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            os.close(self._control)
            raise PluginFailedError(f"its process cannot be started: {error.strerror}") from error
        finally:
            os.close(inner)
        assert self._process.stdin and self._process.stdout  # noqa: S101 - they are pipes
        self._inbox, self._outbox = self._process.stdout, self._process.stdin
        os.set_blocking(self._inbox.fileno(), False)
        os.set_blocking(self._outbox.fileno(), False)
        self._load(plugin)

    def _load(self, plugin: Plugin) -> None:
        first = {
            "name": plugin.name, "target": plugin.target, "hooks": plugin.hooks, "memory": self._limits.memory,
            "processor": self._limits.processor,
        }  # fmt: skip
        try:
            self._ask(first, no_files, self._limits.seconds)
        except BaseException:
            self.close()
            raise

    def call(self, question: Question) -> Any:
        """Return what the plugin answers, unchecked.

        Raises:
            PluginFailedError: it raised, died, took too long or answered what is no answer; close it then.
        """
        seconds = self._limits.seconds + question.size / self._limits.rate
        return self._ask({"hook": question.hook, "arguments": question.arguments}, question.piece, seconds)

    def close(self) -> None:
        """End the plugin and all that it has started. May be called again."""
        if self._process.returncode is not None:
            return
        os.close(self._control)
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:  # something below it cannot be killed by this user
            self._process.kill()
            self._process.wait()
        self._inbox.close()
        self._outbox.close()

    # --- messages ----------------------------------------------------------------------------------------------------

    def _ask(self, question: Mapping[str, Any], piece: ReadPiece, seconds: float) -> Any:
        deadline = self._clock() + seconds
        late = PluginFailedError(f"it took longer than {seconds:.3g} s")
        self._say(question, deadline, late)
        while True:
            message = _message(self._line(deadline, late))
            if "value" in message:
                return message["value"]
            if "error" in message:
                raise PluginFailedError(f"it raised {str(message['error'])[:400]}")
            self._say(_piece(message["read"], piece), deadline, late)

    def _say(self, message: Mapping[str, Any], deadline: float, late: PluginFailedError) -> None:
        rest = memoryview(json.dumps(message).encode() + b"\n")
        while rest:
            self._wait(self._outbox.fileno(), select.POLLOUT, deadline, late)
            try:
                rest = rest[os.write(self._outbox.fileno(), rest[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise self._ended() from None

    def _line(self, deadline: float, late: PluginFailedError) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_ANSWER:
                raise PluginFailedError(f"its answer is longer than {MAX_ANSWER} bytes")
            self._wait(self._inbox.fileno(), select.POLLIN, deadline, late)
            piece = os.read(self._inbox.fileno(), _CHUNK)
            if not piece:
                raise self._ended()
            self._buffer += piece
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _wait(self, number: int, event: int, deadline: float, late: PluginFailedError) -> None:
        poll = select.poll()
        poll.register(number, event)
        left = deadline - self._clock()
        if left <= 0 or not poll.poll(left * 1000):
            raise late

    def _ended(self) -> PluginFailedError:
        """Return what to tell of a process that has gone while it was asked."""
        self.close()
        code = self._process.returncode
        if code == 128 + signal.SIGXCPU:
            return PluginFailedError(f"it used more than {self._limits.processor} s of processor")
        return PluginFailedError(f"its process ended with exit code {code}")


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or len(message) != 1 or not message.keys() <= {"value", "error", "read"}:
        raise PluginFailedError("it said what is no answer")
    return message


def _piece(wanted: object, piece: ReadPiece) -> dict[str, Any]:
    path, start = wanted if isinstance(wanted, list) and len(wanted) == 2 else (None, None)
    if not isinstance(path, str) or not isinstance(start, int) or isinstance(start, bool) or start < 0:
        raise PluginFailedError("it asked for what is no part of a file")
    try:
        return {"data": base64.b64encode(piece(path, start)).decode("ascii")}
    except KeyError:
        return {"absent": path}
