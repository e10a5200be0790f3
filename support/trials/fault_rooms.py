"""What the scenarios about faults do with a room of nodes: make it, disturb it by a short text, look at the effect."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from support.cleanroom import Cleanroom, CleanroomBuilder
from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.processes import children, words_of_all
from support.cleanroom.faults import capabilities
from support.cleanroom.faults.network import FaultError
from support.cleanroom.faults.vocabulary import Fault, Faults, NodeSet
from support.trials.fault_nodes import DATA, DISK, PORT, Nodes

SEED = 42


def lacking(needs: str) -> str:
    """Return why faults that a scenario needs cannot be made here, or nothing."""
    reasons = [f"{need}: {reason}" for need in needs.split(", ") if (reason := capabilities.lacking(need))]
    return "; ".join(reasons)


@dataclass(slots=True)
class FaultRoom:
    """A room with nodes."""

    room: Cleanroom
    nodes: Nodes
    _handles: list[int] = field(default_factory=list)

    @classmethod
    def open(cls, builder: CleanroomBuilder, count: int, *, clocks: bool = False, seed: int = SEED) -> "FaultRoom":
        """Return a room with that many nodes."""
        room = builder.with_determinism(seed).build()
        try:
            return cls(room, Nodes(room, count, seed, clocks=clocks))
        except BaseException:
            room.close()
            raise

    def make(self, text: str) -> Fault:
        """Make the fault that a text names: `partition a b`, `cut a b`, `loss 0.3 b`, `loss-of udp 0.3 b`, …"""
        verb, *words = text.split()
        return _MAKERS[verb](self, words)

    def reach_under(self, text: str, hoped: Mapping[str, str]) -> dict[str, str]:
        """Return who reaches whom while a fault is in force, and heal it. `none` is no fault."""
        with self._in_force(text):
            return self.nodes.reach(hoped)

    def heal_all(self) -> None:
        """Heal what is in force, and wait until every node answers."""
        self.nodes.faults.heal()
        for name in self.nodes.all:
            self.nodes.ready(name)

    def dial_under(self, text: str) -> object:
        """Return how a connection from a to b fares while a fault is in force."""
        with self._in_force(text):
            return self.nodes.ask("a", "dial", self.nodes.address("b"))

    def state_and_reach_under(self, text: str, name: str, hoped: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Return a node's state and whom the others reach while a fault is in force; then wait until it answers."""
        fault = self.make(text)
        wanted = "paused" if text.startswith("pause") else "exited"
        Deadline.after(60).poll(lambda: self.nodes.all[name].state().status == wanted)
        seen = self.nodes.all[name].state().status, self.nodes.reach(hoped)
        fault.heal()
        self.nodes.ready(name)
        return seen

    def arrived(self) -> object:
        """Return which of 200 numbered datagrams came back to a from b."""
        return self.nodes.ask("a", "count", self.nodes.address("b"), "200")

    def arrived_under(self, text: str, seed: int) -> object:
        """Return the same while a fault with its own seed is in force."""
        with self._seeded(text, seed):
            return self.arrived()

    def before_under_after(self, text: str, question: str, number: str) -> list[Any]:
        """Ask the same thing of a about b before a fault, under it, and after it."""

        def ask() -> object:
            return self.nodes.ask("a", question, self.nodes.address("b"), number)

        before = ask()
        with self.make(text):
            under = ask()
        return [before, under, ask()]

    def writing_under(self, text: str) -> dict[str, str]:
        """Return what writing a file gives, by node and disk, while a fault is in force."""
        with self._in_force(text):
            return {
                f"{name} to {disk}": str(self.nodes.ask(name, "write", f"{disk}/{name}.txt"))
                for disk in (DATA, DISK)
                for name in self.nodes.all
            }

    def known_file(self, name: str) -> None:
        """Put a file with known bytes into the nodes' volume."""
        self.room.inject(self.nodes.files, name, known())

    def kept_file(self, name: str, content: bytes) -> Callable[[], bytes]:
        """Put a file into the nodes' volume; return what reads it, also when the room has closed."""
        self.room.inject(self.nodes.files, name, content)
        handle = os.open(self.nodes.files.path / name, os.O_RDONLY)
        self._handles.append(handle)
        return lambda: os.pread(handle, len(content) + 1, 0)

    def file_under(self, text: str, seed: int) -> bytes | None:
        """Return the known file as node a reads it while a fault with its own seed is in force."""
        with self._seeded(text, seed):
            return self.file("data.bin")

    def watch(self, fault: Fault, order: list[str]) -> None:
        """Note a fault's name when it is healed while all containers are still there."""

        def note() -> None:
            for node in self.nodes.all.values():
                node.state()
            if fault.healed:
                order.append(fault.name)

        fault.after_heal = note

    def close(self) -> None:
        """Close the room."""
        self.room.close()
        while self._handles:
            os.close(self._handles.pop())

    def skew(self, name: str) -> float:
        """Return by how many seconds the clock of a node's server is off this machine's."""
        return self._clocks(name)[0] - time.time()

    def monotonic(self, name: str) -> float:
        """Return the monotonic clock of a node's server."""
        return self._clocks(name)[1]

    def _clocks(self, name: str) -> list[float]:
        found: list[float] = self.nodes.told(name, "clock")
        return found

    def _in_force(self, text: str) -> AbstractContextManager[object]:
        return nullcontext() if text == "none" else self.make(text)

    def _seeded(self, text: str, seed: int) -> Fault:
        self.nodes.faults.seed = seed
        return self.make(text)

    def file(self, name: str) -> bytes | None:
        """Return a file of the nodes' volume as node a sees it, or None when it is not there."""
        try:
            return self.nodes.all["a"].copy_out(f"/data/{name}")
        except FileNotFoundError:
            return None

    def busy(self, name: str, seconds: float) -> bool:
        """Say whether a node uses so much processor time before a minute is over."""
        start = self._cpu(name)
        return bool(Deadline.after(60).poll(lambda: self._cpu(name) - start >= seconds))

    def share(self, name: str, action: Callable[[], object]) -> float:
        """Return the share of one processor that a node used while an action ran."""
        begin, start = time.monotonic(), self._cpu(name)
        action()
        return (self._cpu(name) - start) / (time.monotonic() - begin)

    def memory(self, name: str) -> int:
        """Return the bytes of memory that a node holds now."""
        return self.nodes.all[name].stats().memory_bytes

    def _cpu(self, name: str) -> float:
        return self.nodes.all[name].stats().cpu_seconds


def _struck(room: FaultRoom, words: list[str]) -> list[str]:
    """Return nodes by name, or drawn: `minority`."""
    if words and words[0] in list(NodeSet):
        return list(room.nodes.faults.pick(words[0]))
    return words


_MAKERS: Mapping[str, Callable[[FaultRoom, list[str]], Fault]] = {
    "partition": lambda room, words: room.nodes.faults.partition(_struck(room, words)),
    "isolate": lambda room, words: room.nodes.faults.isolate(*_struck(room, words)),
    "cut": lambda room, words: room.nodes.faults.cut(*words),
    "no-route": lambda room, words: room.nodes.faults.no_route(*words),
    "refuse": lambda room, words: room.nodes.faults.refuse(words[0], PORT),
    "loss": lambda room, words: room.nodes.faults.loss(float(words[0]), *words[1:]),
    "loss-of": lambda room, words: room.nodes.faults.loss(float(words[1]), *words[2:], protocol=words[0]),
    "latency": lambda room, words: room.nodes.faults.latency(float(words[0]), words[2], jitter=float(words[1])),
    "bandwidth": lambda room, words: room.nodes.faults.bandwidth(int(words[0]), *words[1:]),
    "kill": lambda room, words: room.nodes.faults.kill(*_struck(room, words)),
    "stop": lambda room, words: room.nodes.faults.stop(*_struck(room, words)),
    "pause": lambda room, words: room.nodes.faults.pause(*_struck(room, words)),
    "corrupted": lambda room, words: room.nodes.faults.with_corrupted_file(room.nodes.files, words[0]),
    "truncated": lambda room, words: room.nodes.faults.with_truncated_file(room.nodes.files, words[0]),
    "missing": lambda room, words: room.nodes.faults.with_missing_file(room.nodes.files, words[0]),
    "read-only": lambda room, words: room.nodes.faults.read_only(words[0], *words[1:]),
    "full": lambda room, words: room.nodes.faults.full(words[0], *words[1:]),
    "memory": lambda room, words: room.nodes.faults.exhaust_memory(int(words[0]), *words[1:]),
    "cpu": lambda room, words: room.nodes.faults.exhaust_cpu(int(words[0]), *words[1:]),
}


def known() -> bytes:
    """Return 1000 bytes that a scenario knows."""
    return bytes(number % 251 for number in range(1000))


def refused(action: Callable[[], object]) -> str:
    """Run what cannot be made; return the reason."""
    try:
        action()
    except FaultError as error:
        return str(error)
    raise AssertionError("it was made")


def delayers() -> list[int]:
    """Return the programs that delay packets for this process."""
    found = [pid for pid, words in words_of_all("cmdline") if "support.cleanroom.faults.packet_delay" in words]
    return [pid for pid in found if pid in children(os.getpid())]


def picked(seed: int, nodes: str) -> dict[str, tuple[str, ...]]:
    """Return which of the nodes each set has under a seed."""
    faults = Faults(_Nobody(), Any, dict.fromkeys(nodes.split(), Any), seed)  # type: ignore[arg-type]
    return {how.value: faults.pick(how) for how in NodeSet}


class _Nobody:
    """The owner of faults that are never made."""

    def on_close(self, what: str, action: Callable[[], object]) -> None:
        """Refuse."""
        raise NotImplementedError(what, action)

    def note(self, what: str) -> None:
        """Refuse."""
        raise NotImplementedError(what)
