"""Faults of the network, made inside a node's network namespace from outside: no tool is needed in the node's image.

Packets are dropped or rejected by iptables, slowed by a token bucket (tc tbf), delayed by `packet_delay.py`. The
namespace is held open by a handle, so a fault can be healed after its node has died.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

_SECONDS = 20.0
_PARTS = 20  # a loss rate is kept to within a twentieth's fraction
_QUEUE = 77
Heal = Callable[[], None]


class FaultError(Exception):
    """A fault could not be made or healed: harness trouble."""


class NetSpace:
    """A network namespace, entered by a handle; `close` lets it go."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    @classmethod
    def of(cls, pid: int) -> "NetSpace":
        """Return the namespace that a process is in."""
        return cls(f"/proc/{pid}/ns/net")

    @staticmethod
    def inode_of(pid: int) -> int:
        """Return the number of the namespace that a process is in."""
        return Path(f"/proc/{pid}/ns/net").stat().st_ino

    @property
    def inode(self) -> int:
        """The namespace's number."""
        return os.fstat(self._handle).st_ino

    def run(self, *argv: str, stdin: str = "") -> str:
        """Run a program of this machine inside the namespace; return what it prints.

        Raises:
            FaultError: it failed.
        """
        done = subprocess.run(
            self._enter(argv), input=stdin, capture_output=True, text=True, timeout=_SECONDS, check=False,
            pass_fds=[self._handle],
        )  # fmt: skip
        if done.returncode:
            raise FaultError(f"{' '.join(argv)} gave {done.returncode}: {done.stderr.strip()} {stdin}")
        return done.stdout

    def start(self, *argv: str) -> "subprocess.Popen[str]":
        """Start a program inside that ends when its stdin does, and wait until it prints a line.

        Raises:
            FaultError: it ended first.
        """
        process = subprocess.Popen(
            self._enter(argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[self._handle]
        )
        assert process.stdout is not None
        if not process.stdout.readline():
            raise FaultError(f"{' '.join(argv)} ended with {process.wait(_SECONDS)}")
        return process

    def rules(self, *rules: str) -> Heal:
        """Put iptables rules before all others, the first one first; return what takes them away.

        A rule is a chain and what `iptables` takes after it: `INPUT -s 10.0.0.2 -j DROP`.
        """
        apart = [rule.partition(" ") for rule in rules]
        self._restore(f"-I {chain} 1 {rest}" for chain, _, rest in reversed(apart))
        return lambda: self._restore(f"-D {chain} {rest}" for chain, _, rest in apart)

    def narrow(self, address: str, rate: int) -> Heal:
        """Let the device with an address send `rate` bytes a second at most."""
        device = self.device(address)
        # A burst of 32 KiB holds what one segmented packet of a virtual cable may be; what waits longer is dropped.
        self.run("tc", "qdisc", "add", "dev", device, "root", "tbf", "rate", f"{8 * rate}bit", "burst", "32k",
                 "latency", "400ms")  # fmt: skip

        def heal() -> None:
            if any(link["ifname"] == device for link in self._links()):  # else it went with a node that has ended
                self.run("tc", "qdisc", "del", "dev", device, "root")

        return heal

    def delay(self, ms: float, jitter: float, seed: int, peers: Sequence[str] = ()) -> Heal:
        """Delay what leaves, all of it or what goes to some addresses, by `ms` ± `jitter`."""
        program = "support.cleanroom.faults.packet_delay"
        command = [sys.executable, "-m", program, "--queue", str(_QUEUE), "--delay-ms", str(ms)]
        process = self.start(*command, "--jitter-ms", str(jitter), "--seed", str(seed))
        goal = f"-j NFQUEUE --queue-num {_QUEUE} --queue-bypass"
        try:
            undo = self.rules(*([f"OUTPUT -d {peer} {goal}" for peer in peers] or [f"OUTPUT ! -o lo {goal}"]))
        except BaseException:
            _end(process)
            raise

        def heal() -> None:
            try:
                undo()
            finally:
                _end(process)

        return heal

    def device(self, address: str) -> str:
        """Return the name of the device that has an address."""
        for link in self._links():
            if any(item.get("local") == address for item in link["addr_info"]):
                return str(link["ifname"])
        raise FaultError(f"no device has the address {address}")

    def close(self) -> None:
        """Let the namespace go."""
        os.close(self._handle)

    def _links(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("ip", "-j", "addr", "show"))
        return found

    def _enter(self, argv: Iterable[str]) -> list[str]:
        return ["nsenter", f"--net=/proc/self/fd/{self._handle}", *argv]

    def _restore(self, lines: Iterable[str]) -> None:
        text = "\n".join(["*filter", *lines, "COMMIT", ""])
        self.run("iptables-restore", "--noflush", "--wait", stdin=text)


def loss_rules(rate: float, chance: random.Random, protocol: str = "") -> list[str]:
    """Return rules that drop a share of what comes in: of every n packets k, at drawn places, the same for one seed.

    Packets of another protocol than the one that is given are not counted.

    `statistic` in its random mode has no seed; its nth mode counts. A rule counts what the ones before it let through,
    so k rules that take one of n, of n-1, … drop k of n.
    """
    share = Fraction(rate).limit_denominator(_PARTS)
    match = f"! -i lo -p {protocol}" if protocol else "! -i lo"
    counted = [(share.denominator - number) for number in range(share.numerator)]
    return [
        f"INPUT {match} -m statistic --mode nth --every {every} --packet {chance.randrange(every)} -j DROP"
        if every > 1
        else f"INPUT {match} -j DROP"
        for every in counted
    ]


def missing_programs() -> str:
    """Return why network faults cannot be made here, or nothing."""
    if os.geteuid() != 0:
        return "entering a node's network namespace needs root"
    lacking = [name for name in ("nsenter", "iptables-restore", "tc", "ip") if not shutil.which(name)]
    return f"{', '.join(lacking)} not installed" if lacking else ""


def _end(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    process.wait(_SECONDS)
    process.stdout.close()
