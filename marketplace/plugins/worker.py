"""The process of a plugin that is not trusted, and the one that keeps watch over it.

Two processes: the outer one forks the inner one, in which the plugin runs, and adopts whatever that leaves behind
(Linux: PR_SET_CHILD_SUBREAPER). When the inner one ends, or the program that wanted it is gone, it kills all that is
below it and reaps it. What they say to each other is JSON, a line a message: `marketplace.plugins.process` asks.
"""

import base64
import ctypes
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

_PR_SET_CHILD_SUBREAPER = 36
"""linux/prctl.h."""
_MAX_FILE = 16 * 1024 * 1024
"""Longest file that a plugin may write, in bytes."""


def main() -> int:
    """Run the plugin that the first line of standard input describes; return the exit code of its process.

    The argument is the descriptor of a pipe that is closed when the plugin is not wanted any more.
    """
    control = int(sys.argv[1])
    os.set_inheritable(control, False)
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "a plugin's processes cannot be kept together")
    plugin = os.fork()
    if not plugin:
        os.close(control)
        os.setsid()  # what it sends to its own group does not reach the one that keeps watch
        _be_plugin()
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    return _watch(plugin, control)


def _watch(plugin: int, control: int) -> int:
    ended = os.pidfd_open(plugin)
    select.select([ended, control], [], [])
    code = 0
    for pid, status in _end_all():
        if pid == plugin:
            code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _end_all() -> Iterator[tuple[int, int]]:
    """Kill and reap every process below this one; a child's children become this one's when it has ended."""
    while True:
        for pid in _children():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            yield os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> Iterator[int]:
    for entry in os.listdir("/proc"):  # noqa: PTH208 - numbers are wanted
        if entry.isdigit():
            with suppress(OSError), open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                if int(file.read().rpartition(")")[2].split()[1]) == os.getpid():  # proc(5): state, then the parent
                    yield int(entry)


def _be_plugin() -> None:
    """Answer until there are no more questions. The streams of the questions have numbers that a plugin's output has
    not: what it prints goes nowhere."""
    code = 1
    try:
        inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        os.close(nothing)
        serve(inbox, outbox)
        code = 0
    finally:
        os._exit(code)


def serve(inbox: BinaryIO, outbox: BinaryIO) -> None:
    """Load the plugin of the first message and answer the others. Limits hold from the import on."""
    first = json.loads(inbox.readline())
    _limit(first["memory"], first["processor"])

    def say(message: dict[str, Any]) -> None:
        outbox.write(json.dumps(message).encode() + b"\n")
        outbox.flush()

    def piece(path: str, start: int) -> bytes:
        say({"read": [path, start]})
        answer = json.loads(inbox.readline())
        if "data" not in answer:
            raise KeyError(path)
        return base64.b64decode(answer["data"])

    from marketplace.plugins.loaded import why

    try:
        from marketplace.plugins.loaded import Loaded

        plugin = Loaded(first["name"], first["target"], first["hooks"])
        say({"value": None})
    except BaseException as error:  # noqa: BLE001 - whatever a plugin raises is told
        say({"error": why(error)})
        return
    for line in inbox:
        question = json.loads(line)
        try:
            say({"value": plugin.call(question["hook"], question["arguments"], piece)})
        except BaseException as error:  # noqa: BLE001
            say({"error": why(error)})


def _limit(memory: int, processor: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory, resource.RLIMIT_CPU: processor, resource.RLIMIT_FSIZE: _MAX_FILE,
        resource.RLIMIT_CORE: 0,
    }  # fmt: skip
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
