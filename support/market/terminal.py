"""Running a command on a terminal of its own (a pty), as a user sits before one."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Mapping

from support.market.world import World

BAR = "━"
"""What a progress bar is drawn with."""
_DEADLINE = 300.0


def on_terminal(world: World, command: str, extra: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run a command with its three streams on a terminal; return the exit code and all that it wrote."""
    args, environ = world.command(command)
    controller, terminal = pty.openpty()
    try:
        process = subprocess.Popen(
            args, cwd=world.project, env={**environ, "TERM": "xterm", **(extra or {})}, stdin=terminal,
            stdout=terminal, stderr=terminal, start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(terminal)
    try:
        return _read_all(process, controller)
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def _read_all(process: "subprocess.Popen[bytes]", controller: int) -> tuple[int, str]:
    written, end = b"", time.monotonic() + _DEADLINE
    while time.monotonic() < end:
        ended = process.poll() is not None  # before it is looked for more: what it wrote last is there then
        ready, _, _ = select.select([controller], [], [], 0.1)
        try:
            piece = os.read(controller, 65536) if ready else b""
        except OSError:
            piece = b""  # Linux says EIO when the last writer has closed the terminal
        written += piece
        if not piece and ended:
            return process.returncode, written.decode("utf-8", "replace")
    raise TimeoutError(f"{process.args!r} did not end; it wrote {written[-500:]!r}")


def in_pipe(world: World, command: str, extra: Mapping[str, str]) -> str:
    """Run a command with its output in a pipe; return what it wrote to both streams."""
    args, environ = world.command(command)
    done = subprocess.run(
        args, cwd=world.project, env={**environ, **extra}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=_DEADLINE, check=False,
    )  # fmt: skip
    return done.stdout
