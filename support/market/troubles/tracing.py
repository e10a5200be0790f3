"""Interrupting a real process at any system call it makes, whoever makes it: Python, SQLite or tantivy.

The tracer is strace(1), attached to a process that waits for it: it counts the calls of each name and, at the chosen
one, sends SIGKILL or fails the call, before the call is carried out.
"""

import ctypes
import os
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CHANGES = (
    "openat", "open", "creat", "write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "rename", "renameat",
    "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir",
    "truncate", "ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "copy_file_range", "sendfile",
)  # fmt: skip
"""Every system call of Linux by which this product, SQLite or tantivy changes what a folder or a file holds."""

SYNCING = ("fsync", "fdatasync")
"""Those that change nothing that another process sees."""

_OPENING = ("openat", "open", "creat")
_CALL = re.compile(r"(\d+) +(\w+)\((.*)", re.DOTALL)
_FAILED = re.compile(r"\) = -1 ")
_WRITES = re.compile(r"O_(WRONLY|RDWR|CREAT)")
_SET_PTRACER = 0x59616D61
"""prctl(2) PR_SET_PTRACER: let any process trace this one, where the Yama module asks for it."""

_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that changes files: the `number`-th of its `name` in its thread, and how strace shows it.

    `before` counts the calls of every name up to it, itself included.
    """

    name: str
    number: int
    text: str
    before: Counter[str]


def why_not() -> str:
    """Return why processes cannot be traced here, or an empty text."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    return f"strace cannot trace here: {done.stderr.strip()}" if done.returncode else ""


def run_traced(action: Callable[[], int], log: Path, *inject: str) -> int:
    """Run `action` in a child of this process, traced into `log` and disturbed as `inject` says (strace's syntax).

    Return the child's exit code as `subprocess` does: negative for a signal. The caller must have one thread.
    """
    gate, go = os.pipe()
    child = os.fork()
    if child == 0:
        _become(action, gate)
    os.close(gate)
    options = [part for rule in inject for part in ("-e", f"inject={rule}")]
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-s", "0", "-e", f"trace={','.join(f'?{name}' for name in CHANGES)}", "-e",
         "signal=none", *options, "-o", str(log), "-p", str(child)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert tracer.stderr
    attached = tracer.stderr.readline()
    os.write(go, b"!")
    os.close(go)
    status = os.waitpid(child, 0)[1]
    tracer.communicate(timeout=_TIMEOUT)
    if "attached" not in attached:
        raise RuntimeError(f"strace did not attach: {attached}")
    return os.waitstatus_to_exitcode(status)


def _become(action: Callable[[], int], gate: int) -> None:
    """Wait for the tracer and run `action`; never return."""
    code = 70
    try:
        ctypes.CDLL(None).prctl(_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
        os.read(gate, 1)
        code = action()
    finally:
        os._exit(code)


def changes(log: Path, folder: Path) -> list[Call]:
    """Return the calls in a log that changed something below `folder`, in their order."""
    threads: defaultdict[str, Counter[str]] = defaultdict(Counter)
    found = []
    for line in log.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        thread, name, arguments = match.groups()
        counts = threads[thread]
        counts[name] += 1
        reading = name in _OPENING and not _WRITES.search(arguments)
        if str(folder) in arguments and not reading and not _FAILED.search(arguments):
            text = f"{name}({arguments}".replace(str(folder), "")
            found.append(Call(name, counts[name], text, counts.copy()))
    return found


def killing(call: Call) -> list[str]:
    """Return the rule that kills the process when it is about to make `call`."""
    return [f"{call.name}:signal=KILL:when={call.number}"]


def failing(call: Call, error: str) -> list[str]:
    """Return the rule that fails `call` once with `error`, such as EIO."""
    return [f"{call.name}:error={error}:when={call.number}"]


_GROWING = ("write", "pwrite64", "writev", "pwritev", "link", "linkat", "mkdir", "mkdirat", "fallocate", "rename")


def filling(call: Call, later: Sequence[Call]) -> list[str]:
    """Return the rules of a disk that is full from `call` on: everything that needs room fails with ENOSPC."""
    names = {item.name for item in (call, *later)} & set(_GROWING)
    first = {name: call.before[name] + (name != call.name) for name in names}
    return [f"{name}:error=ENOSPC:when={number}+" for name, number in sorted(first.items())]
