"""The namespaces of one room on the host engine: a network, mount and process id namespace that one process holds."""

import contextlib
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import EngineError, Network
from support.cleanroom.engine.processes import children

HOLDER = Path(__file__).with_name("holder.py")
KEEPER = Path(__file__).with_name("keeper.py")
_ROOT = "/run/cleanroom"  # inside the room's mount namespace
_START_SECONDS = 20.0
_BIGGEST_ANSWER = 1 << 20


class Space:
    """Namespaces that live as long as this object, and no longer than this process unless they are kept."""

    def __init__(self, run: str, room: str) -> None:
        self.run_id = run
        self.room = room
        self._lock = threading.Lock()
        self._networks = 0
        self._cables = 0
        self._hosts = 0
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel = ours
        self.user_namespace = not rules_users()
        user = ["--user", "--map-root-user"] if self.user_namespace else []
        command = [
            "unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc", "--",
            sys.executable, "-I", "-S", str(HOLDER), run, room, str(theirs.fileno()),
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True, pass_fds=[theirs.fileno()],
        )  # fmt: skip
        theirs.close()
        self.pid = self._holder_pid()
        self._prepare()

    def _holder_pid(self) -> int:
        found = Deadline.after(_START_SECONDS).poll(lambda: children(self._process.pid), every=0.001, slowest=0.02)
        if not found or self._process.poll() is not None:
            assert self._process.stderr is not None
            self._process.kill()
            raise EngineError(f"no namespaces can be made: {self._process.stderr.read().decode()}")
        return found[0]

    def _prepare(self) -> None:
        # Docker's socket and the like lie in /run: an empty one hides them, and takes the names of our own.
        self.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
        self.run("mkdir", "-p", _ROOT)
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *argv: str, stdin: str = "") -> str:
        """Run a command in the room's namespaces, as their root; return what it prints.

        Raises:
            EngineError: it failed, or the room is gone.
        """
        answer = json.loads(self._ask({"do": "run", "argv": argv, "stdin": stdin}))
        if answer["exit_code"]:
            raise EngineError(f"{' '.join(argv)} gave {answer['exit_code']}: {answer['output'].strip()} {stdin}")
        return str(answer["output"])

    def _ask(self, request: dict[str, object]) -> bytes:
        with self._lock:
            try:
                self._channel.send(json.dumps(request).encode())
                answer = self._channel.recv(_BIGGEST_ANSWER)
            except OSError as error:
                raise EngineError(f"the namespaces of room {self.room} are gone: {error}") from error
        if not answer:
            raise EngineError(f"the namespaces of room {self.room} are gone")
        return answer

    def socket(self) -> socket.socket:
        """Return a TCP socket that belongs to the room's network: it connects where this process itself cannot."""
        with self._lock:
            self._channel.send(b'{"do": "socket"}')
            _answer, handles, _flags, _address = socket.recv_fds(self._channel, 16, 1)
        if not handles:
            raise EngineError(f"the namespaces of room {self.room} are gone")
        return socket.socket(fileno=handles[0])

    def add_network(self, name: str) -> Network:
        """Add a bridge with a /24 of its own. Rooms do not see one another, so all may use the same ones."""
        with self._lock:
            self._networks += 1
            number = self._networks
        bridge, prefix = f"br{number}", f"10.77.{number}"
        self.batch(
            f"link add {bridge} type bridge", f"addr add {prefix}.1/24 dev {bridge}", f"link set {bridge} up",
        )  # fmt: skip
        return Network(f"{self.room}/{bridge}", name, f"{prefix}.0/24", f"{prefix}.1")

    def remove_network(self, network: Network) -> None:
        """Remove a bridge."""
        self.batch(f"link del {bridge_of(network)}")

    def next_name(self) -> str:
        """Return a name for a container's network namespace."""
        with self._lock:
            self._hosts += 1
            return f"c{self._hosts}"

    def add_host(self, name: str) -> str:
        """Add a network namespace for a container; return the path by which this process enters it."""
        self.run("ip", "netns", "add", name)
        self.run("ip", "-n", name, "link", "set", "lo", "up")
        return f"/proc/{self.pid}/root/run/netns/{name}"

    def remove_host(self, name: str) -> None:
        """Remove a container's network namespace."""
        self.run("ip", "netns", "del", name)

    def plug(self, host: str, network: Network, address: str, number: int) -> str:
        """Join a container to a bridge; return the cable's end at the bridge.

        The end inside is `eth<number>`.
        """
        with self._lock:
            self._cables += 1
            outer = f"v{self._cables}"
        self.batch(
            f"link add {outer} type veth peer name eth{number} netns {host}",
            f"link set {outer} master {bridge_of(network)} up",
        )
        self.batch(f"addr add {address}/24 dev eth{number}", f"link set eth{number} up", host=host)
        return outer

    def unplug(self, cable: str) -> None:
        """Remove a cable: a namespace goes slowly, and its cable would be in the way of the next one."""
        self.batch(f"link del {cable}")

    def batch(self, *commands: str, host: str = "") -> None:
        """Run `ip` commands in one process."""
        place = ["-n", host] if host else []
        self.run("ip", *place, "-batch", "-", stdin="\n".join(commands) + "\n")

    def overlay(self, name: str, lower: Path, upper: Path) -> str:
        """Mount a writable view of a tree, whose changes go to `upper`; return its path inside the room."""
        target = f"{_ROOT}/{name}"
        for folder in (upper / "changes", upper / "work"):
            folder.mkdir(parents=True, exist_ok=True)
        options = f"lowerdir={lower},upperdir={upper / 'changes'},workdir={upper / 'work'}"
        self.run("mkdir", "-p", target)
        self.run("mount", "-t", "overlay", "-o", options + (",userxattr" if self.user_namespace else ""), "x", target)
        return target

    def bind(self, name: str, source: Path) -> str:
        """Show a folder at a path inside the room that every user can reach; return that path."""
        target = f"{_ROOT}/{name}"
        self.run("mkdir", "-p", str(Path(target).parent))
        self.run(*(("mkdir", "-p") if source.is_dir() else ("touch",)), target)
        self.run("mount", "--bind", str(source), target)
        return target

    def unmount(self, target: str) -> None:
        """Take away what was shown at a path."""
        self.run("umount", "-l", target)

    def keep(self) -> None:
        """Have the namespaces live on when this process has ended, until their holder is killed."""
        subprocess.Popen(
            [sys.executable, "-I", "-S", str(KEEPER), str(self._channel.fileno())], pass_fds=[self._channel.fileno()],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def close(self) -> None:
        """End the namespaces and all that runs in them."""
        self._channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self._process.kill()
        self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()


def bridge_of(network: Network) -> str:
    """Return the name of a network's bridge."""
    return network.id.rpartition("/")[2]


@functools.cache
def rules_users() -> bool:
    """Say whether this process may become any user: root may, but not the root of a user namespace of one user.

    Where it may not, a room lives in a user namespace of its own.
    """
    command = ["setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "true"]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0


def missing_programs() -> list[str]:
    """Return the programs that namespaces need and that are not installed."""
    return [name for name in ("unshare", "nsenter", "setpriv", "ip", "mount", "bwrap") if not shutil.which(name)]
