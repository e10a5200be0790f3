"""What a scenario asks of the fault proxy: many requests over some connections, and what came of each."""

import http.client
import random
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

from support.cleanroom.deadline import Deadline
from support.cleanroom.proxy.running import FaultProxy
from support.cleanroom.proxy.schedules import Schedule
from support.trials.origin import Origin, content
from support.trials.wire import Sight, look

TARGET = "/packages/io.acme.base?size=1000"
_SECONDS = 20.0
_PIECE = 1 << 16
_ATTEMPTS = 4

Outcomes = dict[tuple[str, int], str]


class Wire:
    """An origin with a fault proxy before it."""

    def __init__(self, folder: Path, schedule: Schedule | None = None) -> None:
        self.origin = Origin()
        self.seed = 0
        try:
            self.proxy = FaultProxy(folder, self.origin.netloc, schedule)
        except BaseException:
            self.origin.close()
            raise

    def close(self) -> None:
        """End both."""
        self.proxy.close()
        self.origin.close()

    def see(self, fault: str, *headers: str, method: str = "GET", body: bytes = b"", limit: int = 1 << 20) -> Sight:
        """Send one request that meets the fault."""
        self.proxy.follow(Schedule(self.seed).on("*", fault))
        return look(self.proxy.netloc, TARGET, *headers, method=method, body=body, limit=limit)

    def see_slowly(self, fault: str, size: int, piece: int) -> Sight:
        """Ask for so many bytes, and take few at a time of what comes."""
        self.proxy.follow(Schedule(self.seed).on("*", fault))
        return look(self.proxy.netloc, f"/packages/io.acme.base?size={size}", piece=piece)

    def status(self) -> str:
        """Return what the record says of the last exchange."""
        return self.proxy.received(["status"])[-1][0]

    def uploaded(self) -> int:
        """Wait for an upload to reach the origin, whole or cut, and return how many bytes of it came."""
        found = Deadline.after(_SECONDS).poll(
            lambda: [size for method, _, size in self.origin.received if method == "PUT"]
        )
        return found[0] if found else 0

    def outcomes(self, schedule: Schedule, connections: int, targets: int) -> Outcomes:
        """Ask for each target four times, over so many connections in a drawn order; return what each attempt gave."""
        self.proxy.follow(schedule)
        names = [f"/packages/p{number}?size=10" for number in range(targets)]
        random.Random(connections).shuffle(names)
        found: Outcomes = {}
        with ThreadPoolExecutor(connections) as pool:
            for part in pool.map(lambda n: self._share(names[n::connections]), range(connections)):
                found.update(part)
        return found

    def _share(self, names: Iterable[str]) -> Outcomes:
        connection = http.client.HTTPConnection(self.proxy.netloc, timeout=_SECONDS)
        found = {(name, attempt): outcome(connection, name) for attempt in range(_ATTEMPTS) for name in names}
        connection.close()
        return found


def outcome(connection: http.client.HTTPConnection, target: str) -> str:
    """Return the status and the body's length, or the name of the error; the connection can be used again."""
    try:
        connection.request("GET", target)
        reply = connection.getresponse()
        return f"{reply.status} {len(reply.read())}"
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return type(error).__name__


def brief(sight: Sight) -> str:
    """Return what was seen, the length of an endless body left open."""
    return re.sub(r"\d{7,} of unknown bytes", "more than 1 MB", str(sight))


def is_whole(sight: Sight) -> bool:
    """Say whether the body is what the origin holds."""
    return sight.body == content(len(sight.body))


def failures_before_success(outcomes: Outcomes) -> Counter[int]:
    """Return how many targets failed how often before their first answer with 200."""
    targets = {target for target, _ in outcomes}
    return Counter(
        sum(not outcomes[target, attempt].startswith("200") for attempt in range(_ATTEMPTS)) for target in targets
    )


def together(count: int, action: Callable[[], Any]) -> list[Any]:
    """Do the same `count` times at the same moment; return the results."""
    gate = threading.Barrier(count)

    def one(_number: int) -> Any:
        gate.wait(_SECONDS)
        return action()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def stream(netloc: str, size: int) -> tuple[int, str]:
    """Ask for a body of `size` bytes and return its length and SHA-256, piece by piece."""
    connection = http.client.HTTPConnection(netloc, timeout=_SECONDS)
    connection.request("GET", f"/blob?size={size}")
    reply, hasher, length = connection.getresponse(), sha256(), 0
    while piece := reply.read(_PIECE):
        hasher.update(piece)
        length += len(piece)
    connection.close()
    return length, hasher.hexdigest()


def digest(size: int) -> str:
    """Return the SHA-256 of the origin's body of that size, a multiple of `_PIECE`."""
    hasher, piece = sha256(), content(_PIECE)
    for _ in range(size // _PIECE):
        hasher.update(piece)
    return hasher.hexdigest()


def peak_memory(pid: int) -> int:
    """Return the most memory that a process has held so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


_PARENT = """
import sys
from pathlib import Path
from support.cleanroom.proxy.running import FaultProxy
print(FaultProxy(Path(sys.argv[1]), sys.argv[2]).pid, flush=True)
sys.stdin.read()
"""


def proxy_of_a_killed_parent(folder: Path, upstream: str) -> int:
    """Let another process start a proxy, kill that process, and return the proxy's process id."""
    command = [sys.executable, "-c", _PARENT, str(folder), upstream]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not ends(pid, 0.0)
        parent.kill()
    return pid


def ends(pid: int, seconds: float = _SECONDS) -> bool:
    """Say whether a process that is nobody's child here is gone before the time is up."""
    return bool(Deadline.after(seconds).poll(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid)))


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
