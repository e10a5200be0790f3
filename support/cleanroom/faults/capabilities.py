"""What this machine lets the faults do, found by trying it once for each process; a skip tells the reason."""

import functools
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

from support.cleanroom.faults.clock import library
from support.cleanroom.faults.network import FaultError, NetSpace, missing_programs

_HOLD = "import sys; print('here', flush=True); sys.stdin.read()"


def _with_space(attempt: Callable[[NetSpace], object]) -> str:
    """Try something in a fresh network namespace; return why it failed, or nothing."""
    if reason := missing_programs():
        return reason
    command = ["unshare", "--net", sys.executable, "-c", _HOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stderr
        if not holder.stdout.readline():
            return f"no network namespace can be made: {holder.stderr.read().decode().strip()}"
        space = NetSpace.of(holder.pid)
        try:
            space.run("ip", "link", "set", "lo", "up")
            attempt(space)
        except FaultError as error:
            return str(error).strip()
        finally:
            space.close()
    return ""


def _netem(space: NetSpace) -> None:
    space.run("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms")


def _clock() -> str:
    return "" if library() else "libfaketime is not installed (Debian package libfaketime)"


def _mounts() -> str:
    with suppress(FileNotFoundError):
        done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
        return done.stderr.strip()
    return "unshare is not installed"


_PROBES: Mapping[str, Callable[[], str]] = {
    "partition": lambda: _with_space(lambda space: space.rules("INPUT -s 10.9.9.9 -j DROP")),
    "refusal": lambda: _with_space(lambda space: space.rules("INPUT -p tcp -j REJECT --reject-with tcp-reset")),
    "loss": lambda: _with_space(
        lambda space: space.rules("INPUT -m statistic --mode nth --every 2 --packet 0 -j DROP")
    ),
    "bandwidth": lambda: _with_space(lambda space: space.narrow("127.0.0.1", 100_000)),
    "latency": lambda: _with_space(lambda space: space.delay(1, 0, 0)()),
    "netem": lambda: _with_space(_netem),
    "clock": _clock,
    "remount": _mounts,
}


@functools.cache
def lacking(what: str) -> str:
    """Return why a fault cannot be made on this machine, or nothing when it can.

    The names are `partition refusal loss bandwidth latency netem clock remount`.
    """
    return _PROBES[what]()


def survey() -> dict[str, str]:
    """Return every name with its reason, empty where the fault can be made."""
    return {name: lacking(name) for name in _PROBES}


if __name__ == "__main__":
    for name, reason in survey().items():
        sys.stdout.write(f"{name:10} {reason or 'can be made'}\n")
