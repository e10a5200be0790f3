"""A container of the host engine: a process tree in namespaces of its own, wrapped by bubblewrap."""

import contextlib
import os
import signal as signals
import socket
import subprocess
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.addresses import AddressPool
from support.cleanroom.engine.base import (
    ContainerSpec,
    EngineError,
    ExecResult,
    Labels,
    Mount,
    Network,
    Stats,
    Volume,
)
from support.cleanroom.engine.bubblewrap import become, wrap
from support.cleanroom.engine.cgroups import Group
from support.cleanroom.engine.files import check_written, printed, remove_folder, writing
from support.cleanroom.engine.forward import Forwarder
from support.cleanroom.engine.process_container import ProcessContainer
from support.cleanroom.engine.processes import children, kill_tree
from support.cleanroom.engine.space import Space
from support.cleanroom.policy import USER

PATH = "/opt/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Moves itself into control groups, given before `--`, and becomes the command after it.
_ENTER = 'while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done; shift; exec "$@"'
_KILL_SECONDS = 30.0
_LAYERS = 3  # nsenter, bubblewrap, and its first process inside, which starts the command


class _Owner(Protocol):
    @property
    def addresses(self) -> AddressPool: ...

    def leave(self, room: str) -> None: ...


class HostContainer(ProcessContainer):
    """Processes that see an image's tree, their own network, and nothing else of this machine."""

    _engine_name = "host"

    def __init__(self, engine: _Owner, space: Space, spec: ContainerSpec, group: Group | None) -> None:
        super().__init__(spec, engine.addresses)
        self._engine = engine
        self._space = space
        self._group = group
        self._user = spec.policy.user or USER
        self._net = space.next_name()
        self._net_path = ""
        self._root = ""
        self._mounts: list[tuple[str, Mount]] = []
        self._cables: dict[str, str] = {}
        self._removed = False
        self._oom_before = 0
        self._forwarders: dict[int, Forwarder] = {}
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Make all that it needs before its first start."""
        self._folder.mkdir(parents=True)
        self._folder.chmod(0o711)
        self._log.touch()
        self._net_path = self._space.add_host(self._net)
        for network in self.spec.networks:
            self.connect(network)
        tree = Path(self.spec.image)
        if self.spec.policy.read_only_root:
            self._root = self._space.bind(f"{self.spec.name}/root", tree)
        else:
            self._root = self._space.overlay(f"{self.spec.name}/root", tree, self._folder / "changes")
        for number, mount in enumerate(self.spec.mounts):
            source = mount.source.path if isinstance(mount.source, Volume) else mount.source
            self._mounts.append((self._space.bind(f"{self.spec.name}/{number}", source), mount))

    def start(self) -> None:
        """Start its command."""
        self._refuse_running()
        wrapping = wrap(
            self._root, Path(self.spec.image), self._user, self._options(),
            writable=not self.spec.policy.read_only_root,
        )  # fmt: skip
        command = [
            *self._enter(), "nsenter", f"--target={self._space.pid}", *self._user_option(), "--mount", "--pid",
            f"--net={self._net_path}", *self._become(), *wrapping,
            *self._environment({}), *self.spec.command,
        ]  # fmt: skip
        self._oom_before = self._group.oom_kills() if self._group else 0
        self._launch(command, "/", {"PATH": PATH})
        found = Deadline.after(20).poll(lambda: self._first() or not self._runs(), every=0.001, slowest=0.02)
        if not found:
            raise EngineError(f"{self.spec.name} did not start: {self.logs().decode(errors='replace')[-1000:]}")

    def _enter(self) -> list[str]:
        groups = [str(path) for path in self._group.entries()] if self._group else []
        return ["sh", "-c", _ENTER, "enter", *groups, "--"]

    def _user_option(self) -> list[str]:
        return ["--user", "--preserve-credentials"] if self._space.user_namespace else []

    def _enter_room(self) -> list[str]:
        """Return the words that make a command root of the room: only that may enter what bubblewrap has made."""
        option = self._user_option()
        return ["nsenter", f"--target={self._space.pid}", *option] if option else []

    def _become(self) -> list[str]:
        """Return the words that make a command run as another user of this machine, where that is ours to decide."""
        return [] if self._space.user_namespace else become(self._user)

    def _options(self) -> list[str]:
        policy = self.spec.policy
        options = ["--hostname", self.spec.name[:63]]
        sizes = {"/tmp": policy.scratch, **self.spec.scratch}  # noqa: S108
        for path, size in sizes.items():
            options += ["--perms", "1777", "--size", str(size), "--tmpfs", path]
        for source, mount in self._mounts:
            options += ["--ro-bind" if mount.read_only else "--bind", source, mount.target]
        if policy.read_only_root:
            options += ["--remount-ro", "/", *(() if "/dev/shm" in sizes else ("--remount-ro", "/dev"))]  # noqa: S108
        return [*options, "--chdir", self.spec.working_dir]

    def _environment(self, more: Labels) -> list[str]:
        values = {"PATH": PATH, "PYTHONUNBUFFERED": "1", "HOME": "/tmp", **self.spec.environment, **more}  # noqa: S108
        return ["env", "-i", *(f"{name}={value}" for name, value in values.items())]

    def _layer(self) -> list[int]:
        """Return the process ids from the one that we started down to the command."""
        chain = [self._process.pid] if self._process and self._runs() else []
        while chain and (below := children(chain[-1])) and len(chain) <= _LAYERS:
            chain.append(below[0])
        return chain

    def _first(self) -> int:
        """Return the first process inside, as this machine numbers it, once the command below it has started."""
        chain = self._layer()
        return chain[_LAYERS - 1] if len(chain) > _LAYERS else 0

    def _main(self) -> int:
        """Return the command's process id, as this machine numbers it; 0 when it does not run."""
        chain = self._layer()
        return chain[_LAYERS] if len(chain) > _LAYERS else 0

    def exec(
        self, argv: Iterable[str], deadline: Deadline, environment: Labels | None = None, user: str | None = None
    ) -> ExecResult:
        """Run a command inside to its end, or to the deadline."""
        if user not in (None, self._user):
            raise EngineError(f"host runs commands as {self._user} alone: no other user exists inside")
        return self._exec(tuple(argv), deadline, environment or {}, None)

    def _exec(self, argv: tuple[str, ...], deadline: Deadline, environment: Labels, stdin: bytes | None) -> ExecResult:
        first = self._first()
        if not first or self._paused:
            raise EngineError(f"nothing can be run in {self.spec.name}: it does not run")
        uid, _, gid = self._user.partition(":")
        # The user is set by nsenter itself: an unknown user would lose what it may do inside by starting a program.
        groups = [] if self._space.user_namespace else ["setpriv", f"--regid={gid or uid}", "--clear-groups"]
        command = [
            *self._enter(), *groups, *self._enter_room(), "nsenter", f"--target={first}", "--user",
            "--preserve-credentials", f"--setuid={uid}", "--mount", "--pid", "--ipc", "--uts", "--net",
            "setpriv", "--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all",
            *self._environment(environment)[:1], f"--chdir={self.spec.working_dir}",
            *self._environment(environment)[1:], *argv,
        ]  # fmt: skip
        return self._run_beside(
            argv, command, deadline, kill=_kill_below, folder="/", environment={"PATH": PATH}, stdin=stdin
        )

    def copy_in(self, content: bytes, target: str, mode: int = 0o644) -> None:
        """Write a file."""
        check_written(self._exec(writing(target, mode), Deadline.after(60), {}, content), target)

    def copy_out(self, source: str) -> bytes:
        """Read a file."""
        return printed(self.exec(("cat", source), Deadline.after(60)), source)

    def _kill_all(self) -> None:
        if self._paused and self._group:
            self._group.freeze(False)
        self._paused = False
        # The first process inside takes all others of the container along, and those outside end in their turn, each
        # buried by its parent. Killed all at once, some would be left to the machine's first process, which may take
        # seconds, and the room's namespaces would wait for it.
        first = self._first()
        if first and self._process:
            os.kill(first, signals.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_KILL_SECONDS)
        if self._group:
            self._group.kill()
        elif self._process and self._runs():
            kill_tree(self._process.pid)
        if self._process:
            self._process.wait(_KILL_SECONDS)

    def _freeze(self, frozen: bool) -> None:
        if self._group:
            self._group.freeze(frozen)
        else:
            for pid in _tree(self._first()):
                os.kill(pid, signals.SIGSTOP if frozen else signals.SIGCONT)

    def _oom_killed(self) -> bool:
        return self._group is not None and not self._removed and self._group.oom_kills() > self._oom_before

    def _details(self) -> Mapping[str, object]:
        groups = [str(path) for path in self._group.entries()] if self._group else []
        return {"processes": self._layer(), "control groups": groups, "root": self._root}

    def stats(self) -> Stats:
        """Read its control groups."""
        if not self._group or not self._main():
            raise EngineError(f"{self.spec.name} does not run, or has no control group: it has no statistics")
        return self._group.stats()

    def dial(self, port: int, seconds: float) -> socket.socket:
        """Return a connection to a port inside, made from within the room."""
        address = self._addresses.first()
        connection = self._space.socket()
        try:
            connection.settimeout(seconds)
            connection.connect((address, port))
        except BaseException:
            connection.close()
            raise
        return connection

    def endpoint(self, port: int) -> tuple[str, int]:
        """Return a port of this machine's loopback that is forwarded into the room."""
        with self._lock:
            if port not in self._forwarders:
                self._forwarders[port] = Forwarder(lambda: self.dial(port, 5.0))
            return self._forwarders[port].address

    def entrance(self) -> str:
        """Return the command that enters the namespaces of its first process."""
        uid = self._user.partition(":")[0]
        first = self._first()
        if not first:
            return f"{self.spec.name} does not run"
        options = f"--user --preserve-credentials --setuid={uid} --mount --pid --ipc --uts --net"
        room = " ".join([*self._enter_room(), ""])
        return f"{room}nsenter --target={first} {options} env -i PATH={PATH} HOME=/tmp sh"

    def connect(self, network: Network) -> None:
        """Plug it into a network, with the address that it has or had there."""
        address = self._addresses.take(network)
        self._cables[network.id] = self._space.plug(self._net, network, address, self._addresses.place(network))

    def disconnect(self, network: Network) -> None:
        """Pull its cable."""
        self._space.unplug(self._cables.pop(network.id))

    def remove(self) -> None:
        """Kill and remove it."""
        if self._removed:
            return
        for forwarder in self._forwarders.values():
            forwarder.close()
        self._kill_all()
        self._oom_before = 0
        self._removed = True
        if self._group:
            self._group.remove()
        with contextlib.suppress(EngineError):  # what is left goes with the room
            for cable in self._cables.values():
                self._space.unplug(cable)
            if self._net_path:
                self._space.remove_host(self._net)
            for target in [self._root, *(source for source, _ in self._mounts)]:
                if target:
                    self._space.unmount(target)
        remove_folder(self._folder)
        self._engine.leave(self._space.room)


def _kill_below(pid: int) -> None:
    """Kill what nsenter started; it stays itself to bury it."""
    for child in children(pid):
        kill_tree(child)
    os.kill(pid, signals.SIGCONT)  # it stops when its child is stopped


def _tree(pid: int) -> list[int]:
    return [pid, *(below for child in children(pid) for below in _tree(child))]
