"""Delays the packets of one network namespace: latency and jitter where the kernel has no `netem`.

Run inside the namespace as `python -m support.cleanroom.faults.packet_delay --queue N --delay-ms 50 --jitter-ms 10
--seed 42`. It binds a netfilter queue (linux/netfilter/nfnetlink_queue.h), holds each packet's number, never its
content, and lets it go when its time has come, in the order of arrival. It prints `ready` once bound. At SIGTERM, or
when stdin ends, it lets go what it still holds.
"""

import argparse
import random
import select
import signal
import socket
import struct
import sys
import time
from collections import deque

_NETLINK_NETFILTER = 12
_SOL_NETLINK, _NO_ENOBUFS = 270, 5
_QUEUE = 3 << 8  # the queue's subsystem of nfnetlink; the low byte is the message
_PACKET, _VERDICT, _CONFIG = _QUEUE, _QUEUE | 1, _QUEUE | 2
_REQUEST, _ACK = 1, 4
_BIND, _META, _ACCEPT = 1, 1, 1
_CFG_CMD, _CFG_PARAMS, _CFG_MAXLEN = 1, 2, 3
_PACKET_HDR, _VERDICT_HDR = 1, 2
_HEADER = struct.Struct("=IHHII")
_MOST = 1 << 16  # packets held at once
_ERROR = 2


def _message(kind: int, flags: int, queue: int, attribute: int, payload: bytes) -> bytes:
    padded = payload + bytes(-len(payload) % 4)
    body = struct.pack("=BBH", 0, 0, socket.htons(queue)) + struct.pack("=HH", 4 + len(payload), attribute) + padded
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, 0, 0) + body


def _messages(data: bytes) -> list[tuple[int, bytes]]:
    found, start = [], 0
    while start + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, start)
        found.append((kind, data[start + _HEADER.size : start + length]))
        start += (length + 3) & ~3
    return found


def _number(body: bytes) -> int | None:
    """Return the number of a packet from its message: the attributes follow four bytes."""
    start = 4
    while start + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, start)
        if kind & 0x7FFF == _PACKET_HDR:
            return int.from_bytes(body[start + 4 : start + 8])
        start += (length + 3) & ~3
    return None


class PacketQueue:
    """One netfilter queue of the namespace that this process is in."""

    def __init__(self, queue: int) -> None:
        self._queue = queue
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        self.socket.setsockopt(_SOL_NETLINK, _NO_ENOBUFS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._configure(_CFG_CMD, struct.pack(">BBH", _BIND, 0, 0))
        self._configure(_CFG_PARAMS, struct.pack(">IB", 0, _META))
        self._configure(_CFG_MAXLEN, struct.pack(">I", _MOST))

    def arrived(self) -> list[int]:
        """Return the numbers of the packets that came."""
        data = self.socket.recv(1 << 18)
        return [number for kind, body in _messages(data) if kind == _PACKET and (number := _number(body)) is not None]

    def accept(self, number: int) -> None:
        """Let a packet go."""
        payload = struct.pack(">II", _ACCEPT, number)
        self.socket.send(_message(_VERDICT, _REQUEST, self._queue, _VERDICT_HDR, payload))

    def _configure(self, attribute: int, payload: bytes) -> None:
        self.socket.send(_message(_CONFIG, _REQUEST | _ACK, self._queue, attribute, payload))
        for kind, body in _messages(self.socket.recv(1 << 16)):
            code = struct.unpack_from("=i", body)[0] if kind == _ERROR else 0
            if code:
                raise OSError(-code, f"the netfilter queue {self._queue} cannot be had")


class StopError(Exception):
    """The program was asked to end."""


def run(queue: PacketQueue, delay: float, jitter: float, chance: random.Random) -> None:
    """Delay packets until stdin ends or a signal comes; `delay` and `jitter` in seconds."""
    held: deque[tuple[float, int]] = deque()
    last = 0.0
    try:
        while True:
            wait = max(0.0, held[0][0] - time.monotonic()) if held else None
            ready, _, _ = select.select([queue.socket, sys.stdin], [], [], wait)
            if sys.stdin in ready:
                return
            if queue.socket in ready:
                for number in queue.arrived():
                    last = max(last, time.monotonic() + delay + chance.uniform(-jitter, jitter))
                    held.append((last, number))
            while held and held[0][0] <= time.monotonic():
                queue.accept(held.popleft()[1])
    except StopError:
        pass
    finally:
        while held:
            queue.accept(held.popleft()[1])


def _stop(*_args: object) -> None:
    raise StopError


def main() -> int:
    """Read the command line and delay."""
    parser = argparse.ArgumentParser(prog="python -m support.cleanroom.faults.packet_delay", description=__doc__)
    parser.add_argument("--queue", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, required=True)
    parser.add_argument("--jitter-ms", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    queue = PacketQueue(options.queue)
    signal.signal(signal.SIGTERM, _stop)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    run(queue, options.delay_ms / 1000, options.jitter_ms / 1000, random.Random(options.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
