"""A process whose parent is gone, and that becomes another program again and again, as the leak gate sees it."""

import os
import subprocess

import psutil

from support.cleanroom.deadline import Deadline
from support.cleanroom.leaks import MARK, Processes

_AGAIN = 'exec sh -c "$0" "$0"'
_SECONDS = 20.0


def times_overlooked(looks: int) -> int:
    """Return how often such a process was not seen, of so many looks."""
    mark = f"restless-{os.getpid()}"
    started = subprocess.Popen(
        ["sh", "-c", 'sh -c "$0" "$0" & echo $!', _AGAIN], env={**os.environ, MARK: mark}, stdout=subprocess.PIPE
    )
    assert started.stdout is not None
    pid = int(started.stdout.readline())
    started.stdout.close()
    started.wait()
    process, watch = psutil.Process(pid), Processes(mark)
    try:
        assert Deadline.after(_SECONDS).poll(lambda: process.ppid() != started.pid), "its parent is not gone"
        return sum(not watch.describe(pid) for _ in range(looks))
    finally:
        process.kill()
