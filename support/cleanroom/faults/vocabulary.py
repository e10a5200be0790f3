"""One vocabulary of faults for the nodes of a room: processes, network, files, clock, memory and processor.

    faults = Faults(room, network, {"a": a, "b": b, "c": c})
    with faults.partition(["a"]):
        ...

Every fault returns a handle that heals it, by `with`, by `heal()`, or at the latest when the room closes, the last one
first, also when its node is dead by then. What is drawn (nodes, places, jitter) comes from the seed. Over HTTP faults
are made by `support.cleanroom.proxy`.
"""

import functools
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Protocol

from support.cleanroom.containers import GenericContainer
from support.cleanroom.engine.base import Network, Volume
from support.cleanroom.faults import disk as disk_faults
from support.cleanroom.faults.clock import SkewedClock
from support.cleanroom.faults.network import FaultError, Heal, NetSpace, loss_rules
from support.cleanroom.faults.programs import BURN, DETACH, END, FILL, HOLD, REMOVE


class Owner(Protocol):
    """What closes, and has a timeline: a room."""

    def on_close(self, what: str, action: Callable[[], object]) -> None: ...

    def note(self, what: str) -> None: ...


class NodeSet(StrEnum):
    """How many nodes a fault strikes."""

    ONE = "one"
    MINORITY = "minority"  # the most that are fewer than half
    MAJORITY = "majority"  # the fewest that are more than half
    ALL = "all"


@dataclass(slots=True)
class Fault:
    """A fault in force, until it is healed; healing it again does nothing."""

    name: str
    nodes: tuple[str, ...]
    _heal: Heal
    healed: bool = False
    after_heal: Callable[[], object] | None = None
    tell: Callable[[str], object] = lambda _what: None  # the timeline of the room it is made in

    def heal(self) -> None:
        """Take the fault away."""
        if not self.healed:
            self.healed = True
            self._heal()
            self.tell(f"fault {self} healed")
            if self.after_heal:
                self.after_heal()

    def __enter__(self) -> "Fault":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.heal()

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.nodes)})"


@dataclass(slots=True)
class _Strike:
    """A network fault in one node's namespace; a container that starts again may get another namespace."""

    node: str
    _make: Callable[[NetSpace], Heal]
    _space: NetSpace | None = None
    _undo: Heal | None = None

    def make_in(self, node: GenericContainer) -> None:
        """Make the fault where the node is now."""
        pid = node.state().pid
        if not pid:
            raise FaultError(f"{self.node} does not run: there is no network to disturb")
        space = NetSpace.of(pid)
        try:
            self._undo = self._make(space)
        except BaseException:
            space.close()
            raise
        self._space = space

    def renew(self, node: GenericContainer) -> None:
        """Make the fault again if the node's namespace is not the one that has it."""
        if self._space and self._space.inode != NetSpace.inode_of(node.state().pid):
            self.heal()
            self.make_in(node)

    def heal(self) -> None:
        """Undo it, in the namespace that has it."""
        space, undo, self._space, self._undo = self._space, self._undo, None, None
        if space and undo:
            try:
                undo()
            finally:
                space.close()


@dataclass(slots=True)
class Faults:
    """The faults of a room's nodes on one network."""

    room: Owner
    network: Network
    nodes: Mapping[str, GenericContainer]
    seed: int = 0
    history: list[Fault] = field(default_factory=list)
    _strikes: list["_Strike"] = field(default_factory=list)

    def pick(self, how: NodeSet | str, name: str = "") -> tuple[str, ...]:
        """Return nodes, drawn by the seed and a name; the same every time."""
        count = len(self.nodes)
        sizes = {NodeSet.ONE: 1, NodeSet.MINORITY: (count - 1) // 2, NodeSet.MAJORITY: count // 2 + 1,
                 NodeSet.ALL: count}  # fmt: skip
        return tuple(sorted(self._chance("pick", how, name).sample(sorted(self.nodes), sizes[NodeSet(how)])))

    def active(self) -> list[Fault]:
        """Return the faults that are in force, the oldest first."""
        return [fault for fault in self.history if not fault.healed]

    def heal(self) -> None:
        """Heal all, the last one first."""
        for fault in reversed(self.active()):
            fault.heal()

    # Processes

    def kill(self, *names: str) -> Fault:
        """SIGKILL; healed by starting the nodes again."""
        return self._each("kill", names, lambda name: self._down(name, lambda node: node.kill()))

    def stop(self, *names: str) -> Fault:
        """SIGTERM, then SIGKILL; healed by starting the nodes again."""
        return self._each("stop", names, lambda name: self._down(name, lambda node: node.stop()))

    def pause(self, *names: str) -> Fault:
        """Freeze the nodes: they hold their connections and answer nothing."""
        return self._each("pause", names, self._freeze)

    def restart(self, *names: str) -> None:
        """End the nodes and start them again. Network faults in force are made anew if their namespace is a new one."""
        for name in names:
            self.nodes[name].restart()
            for strike in self._strikes:
                if strike.node == name:
                    strike.renew(self.nodes[name])

    def _down(self, name: str, end: Callable[[GenericContainer], None]) -> Heal:
        end(self.nodes[name])
        return lambda: self.restart(name)

    def _freeze(self, name: str) -> Heal:
        node = self.nodes[name]
        node.pause()
        return lambda: node.unpause() if node.state().status == "paused" else None

    # Network

    def partition(self, side: Iterable[str]) -> Fault:
        """Cut the nodes of one side off from all others, both ways; each side still reaches its own."""
        inside = tuple(side)
        outside = tuple(name for name in self.nodes if name not in inside)
        return self._deafen(f"partition from {', '.join(outside)}", inside, {
            **dict.fromkeys(inside, outside), **dict.fromkeys(outside, inside),
        })  # fmt: skip

    def isolate(self, *names: str) -> Fault:
        """Cut each of the nodes off from every other node."""
        others = {name: tuple(other for other in self.nodes if other != name) for name in self.nodes}
        near = {name: tuple(other for other in names if other != name) for name in self.nodes if name not in names}
        return self._deafen("isolation", names, {**near, **{name: others[name] for name in names}})

    def cut(self, source: str, target: str) -> Fault:
        """Lose what `source` sends to `target`; the other way works."""
        return self._deafen(f"cut from {source} to", (target,), {target: (source,)})

    def _deafen(self, what: str, struck: tuple[str, ...], sources: Mapping[str, Sequence[str]]) -> Fault:
        """Drop what comes to each node from its sources. A drop on the way out would be told to the sender (EPERM)."""
        rules = {name: [f"INPUT -s {self._address(source)} -j DROP" for source in sources[name]] for name in sources}
        return self._each(
            what, tuple(sources), lambda name: self._in_space(name, lambda s: s.rules(*rules[name])), struck=struck
        )

    def refuse(self, name: str, port: int) -> Fault:
        """Answer what comes to a TCP port with a reset: new connections are refused, open ones break."""
        rule = f"INPUT -p tcp --dport {port} -j REJECT --reject-with tcp-reset"
        return self._each("refuse", (name,), lambda node: self._in_space(node, lambda space: space.rules(rule)))

    def no_route(self, source: str, target: str) -> Fault:
        """Tell `source` that no way leads to `target`, as a router does: its attempts to connect fail at once."""
        rule = f"OUTPUT -p tcp --syn -d {self._address(target)} -j REJECT --reject-with icmp-host-unreachable"
        return self._each(
            f"no route to {target}", (source,), lambda name: self._in_space(name, lambda space: space.rules(rule))
        )

    def loss(self, rate: float, *names: str, protocol: str = "") -> Fault:
        """Lose that share (in twentieths) of the packets that come to the nodes: counted, at drawn places.

        With a `protocol` (`udp`, `tcp`, `icmp`) only its packets are counted, and none of the others is lost.
        """

        def rules(name: str) -> list[str]:
            return loss_rules(rate, self._chance("loss", name), protocol)

        return self._each(
            f"loss {rate}", names, lambda name: self._in_space(name, lambda space: space.rules(*rules(name)))
        )

    def bandwidth(self, rate: int, *names: str) -> Fault:
        """Let the nodes send at most `rate` bytes a second."""
        return self._each(
            f"bandwidth {rate}", names,
            lambda name: self._in_space(name, lambda space: space.narrow(self._address(name), rate)),
        )  # fmt: skip

    def latency(self, ms: float, *names: str, jitter: float = 0.0) -> Fault:
        """Delay what the nodes send by `ms` ± `jitter` milliseconds; the order is kept."""
        return self._each(
            f"latency {ms}", names,
            lambda name: self._in_space(
                name, lambda space: space.delay(ms, jitter, self._chance("jitter", name).getrandbits(32))
            ),
        )  # fmt: skip

    def _in_space(self, name: str, make: Callable[[NetSpace], Heal]) -> Heal:
        strike = _Strike(name, make)
        strike.make_in(self.nodes[name])
        self._strikes.append(strike)
        return strike.heal

    # Files, disks, clock

    def with_corrupted_file(self, volume: Volume, path: str) -> Fault:
        """Flip one bit of a file at a drawn place."""
        return self._file("corrupted", volume, path, disk_faults.corrupt)

    def with_truncated_file(self, volume: Volume, path: str) -> Fault:
        """Cut a file at a drawn place."""
        return self._file("truncated", volume, path, disk_faults.truncate)

    def with_missing_file(self, volume: Volume, path: str) -> Fault:
        """Take a file away."""
        return self._file("missing", volume, path, lambda place, _chance: disk_faults.missing(place))

    def read_only(self, target: str, *names: str) -> Fault:
        """Make a mount of the nodes read-only while it is in use."""
        return self._each(
            f"read-only {target}", names, lambda name: disk_faults.read_only(self.nodes[name].state().pid, target)
        )

    def full(self, folder: str, *names: str) -> Fault:
        """Fill a file system of the nodes to its last byte; give it a size of its own, by a room's `scratch`."""
        return self._each(f"full {folder}", names, lambda name: self._fill(name, f"{folder}/.full"))

    def skew(self, clock: SkewedClock, seconds: float, name: str) -> Fault:
        """Set a node's clock off; the node was started with the clock's mounts and environment."""
        clock.skew(seconds)
        return self._keep(Fault(f"clock {seconds:+}", (name,), lambda: clock.skew(0)))

    def _file(self, what: str, volume: Volume, path: str, make: Callable[[Path, random.Random], Heal]) -> Fault:
        relative = PurePosixPath(path)
        if relative.is_absolute() or ".." in relative.parts:
            raise FaultError(f"{path} is not a path inside a volume")
        return self._keep(Fault(what, (path,), make(volume.path / relative, self._chance(what, path))))

    def _fill(self, name: str, path: str) -> Heal:
        node = self.nodes[name]
        node.run("python3", "-c", FILL, path)
        return lambda: _ignore_the_dead(node, "python3", "-c", REMOVE, path)

    # Memory and processor

    def exhaust_memory(self, megabytes: int, *names: str) -> Fault:
        """Hold that much memory inside the nodes, in a process beside theirs; the limit's killer may take it."""
        return self._each(f"memory {megabytes} MB", names, lambda name: self._hog(name, HOLD, str(megabytes)))

    def exhaust_cpu(self, processes: int, *names: str) -> Fault:
        """Keep so many processes inside the nodes busy."""
        return self._each(f"cpu {processes}", names, lambda name: self._hog(name, BURN, str(processes)))

    def _hog(self, name: str, program: str, *args: str) -> Heal:
        node = self.nodes[name]
        started = node.run("python3", "-c", DETACH, program, *args).strip()
        return lambda: _ignore_the_dead(node, "python3", "-c", END, started)

    def _each(
        self, what: str, names: Sequence[str], make: Callable[[str], Heal], *, struck: Sequence[str] | None = None
    ) -> Fault:
        """Do what makes the fault at each node; if it cannot be done at one, heal the others.

        The fault is said to strike `struck`, all of them unless told.
        """
        heals: list[Heal] = []
        try:
            for name in names:
                heals.append(make(name))
        except BaseException:
            _run_all(heals)
            raise
        return self._keep(Fault(what, tuple(struck or names), functools.partial(_run_all, heals)))

    def _keep(self, fault: Fault) -> Fault:
        self.history.append(fault)
        fault.tell = self.room.note
        fault.tell(f"fault {fault}")
        self.room.on_close(f"fault {fault}", fault.heal)
        return fault

    def _address(self, name: str) -> str:
        return self.nodes[name].address(self.network)

    def _chance(self, *purpose: str) -> random.Random:
        return random.Random("\0".join([str(self.seed), *purpose]))


def _ignore_the_dead(node: GenericContainer, *argv: str) -> None:
    """Run what heals a node, if it is still there: what a dead node held went with it."""
    if node.state().status == "running":
        node.run(*argv)


def _run_all(actions: list[Heal]) -> None:
    """Run all, the last one first, and raise the first trouble at the end."""
    troubles: list[Exception] = []
    for action in reversed(actions):
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the others must be healed whatever happens
            troubles.append(error)
    if troubles:
        raise troubles[0]
