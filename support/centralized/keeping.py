"""Kept answers: what happens to their files, and many askers at the same moment."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.centralized.asking import WANTED, Asking, brief, sound
from support.cleanroom.deadline import Deadline

_SECONDS = 120.0
_ASK = """
import sys
from pathlib import Path
from support.centralized.asking import WANTED, brief, plain_client, sound
print("asking", flush=True)
print(brief(plain_client(sys.argv[1], Path(sys.argv[2])).document(WANTED, sound)), flush=True)
"""


def remove(asking: Asking) -> None:
    """Remove the whole cache."""
    shutil.rmtree(asking.folder / "cache")


def threads(asking: Asking, count: int) -> list[str]:
    """Let threads share one client and ask; the answer comes when all of them have had the time to ask."""
    client = asking.client()
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(lambda: brief(client.document(WANTED, sound))) for _ in range(count)]
        _until(lambda: asking.proxy.begun() >= 1)
        asking.shelf.gate.set()
        return [one.result(_SECONDS) for one in running]


def processes(asking: Asking, count: int, *, kill: bool = False) -> list[str]:
    """Let processes ask; with `kill` the one that has sent the request is killed first. Return what the others got."""
    running = [_asker(asking) for _ in range(count)]
    try:
        for process in running:
            assert process.stdout and process.stdout.readline() == "asking\n"
        _until(lambda: asking.proxy.begun() >= 1)
        if kill:
            leader = _leader(asking, running)
            leader.kill()
            leader.communicate(timeout=_SECONDS)
            running.remove(leader)
            _until(lambda: asking.proxy.begun() >= 2)
        asking.shelf.gate.set()
        return [process.communicate(timeout=_SECONDS)[0].strip() for process in running]
    finally:
        for process in running:
            process.kill()
            process.communicate()


def _asker(asking: Asking) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _ASK, asking.proxy.url, str(asking.folder / "cache")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _leader(asking: Asking, running: "list[subprocess.Popen[str]]") -> "subprocess.Popen[str]":
    """Return the process whose name is in the lock that the asker holds."""
    (lock,) = (asking.folder / "cache" / "asking").iterdir()
    text = lock.read_text(encoding="utf-8")
    return next(process for process in running if f"process {process.pid} " in text)


def _until(condition: Callable[[], bool]) -> None:
    assert Deadline.after(_SECONDS).poll(condition), "nobody asked"


def kept_file(asking: Asking) -> Path:
    """Return the file of the one kept answer."""
    (path,) = (asking.folder / "cache" / "answers").iterdir()
    return path


def damage(asking: Asking, how: str) -> None:
    """Do to the kept answer what disks, people and other programs do."""
    path = kept_file(asking)
    data = path.read_bytes()
    head, _, body = data.partition(b"\n")
    fields = json.loads(head)
    changed = {
        "is cut short": data[:-1],
        "is empty": b"",
        "has one wrong bit": data[:-3] + bytes([data[-3] ^ 1]) + data[-2:],
        "is of a newer format": json.dumps({**fields, "format": 2}).encode() + b"\n" + body,
        "is another document's": json.dumps({**fields, "url": "http://other/"}).encode() + b"\n" + body,
        "has a head without an end": head,
    }
    if how in changed:
        path.write_bytes(changed[how])
    elif how == "can be written by others":
        path.chmod(0o666)
    elif how == "is a folder":
        path.unlink()
        path.mkdir()
    else:
        assert how == "is a link to another file", how
        moved = path.with_name("moved")
        path.rename(moved)
        path.symlink_to(moved)
