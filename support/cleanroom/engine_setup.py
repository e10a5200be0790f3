"""`make engine`: makes a Docker engine answer on a bare Debian machine, and tells what it did.

Run again it finds everything in place and changes nothing. Only the standard library is used: this runs before the
project's own environment exists.
"""

import fcntl
import http.client
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from support.cleanroom.deadline import Deadline

SOCKET = "/var/run/docker.sock"
LOG = Path("/var/log/cleanroom-dockerd.log")
_LOCK = Path("/var/lock/cleanroom-engine")
_PROGRAMS = {  # what must be on PATH, and the Debian package that has it
    "dockerd": "docker.io",
    "iptables": "iptables",
    "ip": "iproute2",
    "bwrap": "bubblewrap",
    "nsenter": "util-linux",
    "cgroupfs-mount": "cgroupfs-mount",
    "faketime": "faketime",  # brings the library that sets a container's clock off
}
_READY_SECONDS = 60.0
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CONTROLLERS = ("memory", "cpu", "cpuacct", "pids", "devices", "freezer")


class SetupError(Exception):
    """The engine cannot be made available; the text says what is missing."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def socket_path() -> str:
    """Return the path of the engine's socket: `DOCKER_HOST` if it names one, else the usual place."""
    named = urlsplit(os.environ.get("DOCKER_HOST", ""))
    return named.path if named.scheme == "unix" else SOCKET


def answers(path: str) -> str:
    """Return the API version of the engine behind a socket, or nothing when none answers."""
    connection = _UnixConnection(path)
    try:
        connection.request("GET", "/_ping")
        reply = connection.getresponse()
        return reply.headers.get("Api-Version", "") if reply.status == http.client.OK else ""
    except OSError:
        return ""
    finally:
        connection.close()


def missing_packages() -> list[str]:
    """Return the Debian packages whose programs are not on PATH."""
    return sorted({package for program, package in _PROGRAMS.items() if not shutil.which(program, path=_PATH)})


def install(packages: list[str], tell: Callable[[str], None]) -> None:
    """Install Debian packages."""
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise SetupError(f"apt-get is not here; install by hand: {', '.join(packages)}")
    tell(f"installing {', '.join(packages)}")
    _run("apt-get", "update", "-qq")
    _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)


def mount_cgroups(tell: Callable[[str], None]) -> None:
    """Mount the control groups where nothing has: without them the engine says "Devices cgroup isn't mounted"."""
    root = Path("/sys/fs/cgroup")
    unified = (root / "cgroup.controllers").exists()
    if unified or all((root / name / "tasks").exists() for name in _CONTROLLERS):
        return
    tell("mounting the control groups")
    _run("cgroupfs-mount")


def choose_iptables(tell: Callable[[str], None]) -> None:
    """Let `iptables` use the backend that this kernel has: nf_tables, else the older one."""
    if _works("iptables", "-w", "-t", "nat", "-S"):
        return
    legacy = shutil.which("iptables-legacy", path=_PATH)
    if not legacy or not _works(legacy, "-w", "-t", "nat", "-S"):
        raise SetupError("the kernel lets neither iptables-nft nor iptables-legacy list its nat table")
    tell("choosing iptables-legacy: the kernel has no nf_tables")
    _run("update-alternatives", "--set", "iptables", legacy)


def start(tell: Callable[[str], None]) -> None:
    """Start the daemon, by the init system if there is one, else detached with its log in `LOG`."""
    if Path("/run/systemd/system").is_dir():
        tell("starting docker by systemd")
        _run("systemctl", "start", "docker")
        return
    tell(f"starting dockerd, its log is {LOG}")
    with LOG.open("ab") as log:
        subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
            env={"PATH": _PATH, "HOME": "/root"},
        )  # fmt: skip


def make_available(tell: Callable[[str], None]) -> str:
    """Do what is missing until an engine answers; return its API version.

    Raises:
        SetupError: it cannot be done here, or was not ready in a minute.
    """
    packages = missing_packages()
    version = answers(socket_path())
    if version and not packages:
        return version
    if os.geteuid() != 0:
        lacking = f"; not installed: {', '.join(packages)}" if packages else ""
        raise SetupError(f"no Docker engine answers at {socket_path()} and only root can start one{lacking}")
    install(packages, tell)
    mount_cgroups(tell)
    choose_iptables(tell)
    if not answers(socket_path()):
        start(tell)
    found = Deadline.after(_READY_SECONDS).poll(lambda: answers(socket_path()))
    if not found:
        raise SetupError(f"dockerd was started and did not answer in {_READY_SECONDS:.0f} s\n{_last_lines()}")
    return found


def _run(*command: str) -> None:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": _PATH}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise SetupError(f"{' '.join(command)} gave exit code {done.returncode}\n{done.stdout[-2000:]}")


def _works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False, env={"PATH": _PATH}).returncode == 0


def _last_lines(count: int = 15) -> str:
    return "\n".join(LOG.read_text(errors="replace").splitlines()[-count:]) if LOG.exists() else ""


def main() -> int:
    """Make the engine available; return 0, or 1 with the reason on standard error."""
    try:
        lock = _LOCK.open("w") if os.geteuid() == 0 else None
        if lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
        version = make_available(lambda text: print(f"engine: {text}", flush=True))  # noqa: T201 - this program's output
    except SetupError as error:
        print(f"engine: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"engine: Docker API {version} answers at {socket_path()}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
