"""A benchmark of nothing, which starts two processes and waits: what is left of it when it is killed?"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from support.cleanroom.deadline import Deadline

_SECONDS = 60.0
_ROOT = Path(__file__).resolve().parents[2]
_BENCHMARK = """
import os, subprocess, sys
from benchmarks.watchdog import watched

def work():
    server = subprocess.Popen(["sleep", "300"])
    orphan = subprocess.run(
        ["sh", "-c", "setsid sleep 300 >/dev/null 2>&1 & echo $!"], stdout=subprocess.PIPE, text=True, check=True)
    print(os.getpid(), server.pid, orphan.stdout.strip(), flush=True)
    return int(sys.stdin.readline())

sys.exit(watched(work))
"""


class Benchmark:
    """The running command, and the processes that it is about."""

    def __init__(self) -> None:
        self.command = subprocess.Popen(
            [sys.executable, "-c", _BENCHMARK], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            process_group=0,
        )  # fmt: skip
        assert self.command.stdout
        self.worker, *self.servers = map(int, self.command.stdout.readline().split())

    def kill(self, who: str) -> None:
        """Kill `the command`, or `the worker`: the process that does the work."""
        os.kill({"the command": self.command.pid, "the worker": self.worker}[who], signal.SIGKILL)
        self.command.wait(_SECONDS)

    def terminate(self) -> None:
        """Send SIGTERM to all that share the command's process group, as `timeout` does."""
        os.killpg(self.command.pid, signal.SIGTERM)
        self.command.wait(_SECONDS)

    def end(self, code: int) -> None:
        """Let it end by itself."""
        assert self.command.stdin
        self.command.stdin.write(f"{code}\n")
        self.command.stdin.flush()
        self.command.wait(_SECONDS)

    def alive(self) -> list[int]:
        """Return which of its processes are there."""
        return [pid for pid in (self.worker, *self.servers) if Path(f"/proc/{pid}").exists()]

    def check_gone(self) -> None:
        """Check that all of them end soon."""
        assert Deadline.after(_SECONDS).poll(lambda: not self.alive()), self.alive()

    def close(self) -> None:
        """End what the product of this scenario has failed to end."""
        for pid in (*self.alive(), self.command.pid):
            if self.command.poll() is None or pid != self.command.pid:
                os.kill(pid, signal.SIGKILL)
        self.command.communicate()
