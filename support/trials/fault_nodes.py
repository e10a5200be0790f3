"""A room of plain nodes, to prove faults by their effect: each answers by UDP and TCP, and asks others when told."""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from support.cleanroom import P2P_NETWORK, Cleanroom
from support.cleanroom.containers import GenericContainer
from support.cleanroom.deadline import Deadline
from support.cleanroom.faults.clock import SkewedClock, library
from support.cleanroom.faults.vocabulary import Faults
from support.cleanroom.waiting import ForPort

PORT = 7000
DATA, DISK = "/data", "/disk"
_DISK_BYTES = 4 << 20
_PATIENCE = 20.0  # seconds for an answer that must come
_SILENCE = 0.5  # seconds without one after which none comes: a datagram takes less than a hundredth of it

# Answers each datagram with itself, and each TCP connection with what its line asks for: the clocks, whose datagrams
# came (which `forget` forgets), which peers answer a datagram, or so many bytes. `reach` waits for the peers that are
# hoped for as long as it is told, and for the others until all has been silent for a time.
_SERVER = """
import json, socket, socketserver, threading, time
heard = set()
def reach(patience, silence, hoped, peers):
    found, begin = set(), time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for peer in peers:
            s.sendto(b"hello", (peer, 7000))
        last = begin
        while found != set(peers):
            end = last + silence if hoped <= found else begin + patience
            if (left := end - time.monotonic()) <= 0:
                break
            s.settimeout(left)
            try:
                found.add(s.recvfrom(100)[1][0])
                last = time.monotonic()
            except TimeoutError:
                pass
    return sorted(found)
class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        heard.add(self.client_address[0])
        self.request[1].sendto(self.request[0], self.client_address)
class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        verb, *words = (self.rfile.readline().decode() or "bytes 0").split()
        if verb == "clock":
            self.answer([time.time(), time.monotonic()])
        elif verb == "forget":
            heard.clear()
            self.answer([])
        elif verb == "heard":
            self.answer(sorted(heard))
        elif verb == "reach":
            patience, silence, hoped, *peers = words
            self.answer(reach(float(patience), float(silence), set(hoped.split(",")) & set(peers), peers))
        else:
            self.send(int(words[0]))
    def answer(self, value):
        self.wfile.write(json.dumps(value).encode())
    def send(self, left):
        while left > 0:
            left -= self.connection.send(bytes(min(left, 65536)))
class Udp(socketserver.ThreadingUDPServer):
    max_packet_size = 2048
class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
threading.Thread(target=Udp(("0.0.0.0", 7000), Datagram).serve_forever, daemon=True).start()
Tcp(("0.0.0.0", 7000), Stream).serve_forever()
"""

_CLIENT = """
import errno, json, os, socket, sys, time
PORT = 7000
def dial(peer):
    try:
        socket.create_connection((peer, PORT), 1.2).close()
        return "accepted"
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return "no route" if error.errno == errno.EHOSTUNREACH else "no answer"
def count(peer, total):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        for number in range(int(total)):
            s.sendto(b"%d" % number, (peer, PORT))
            time.sleep(0.0005)
        s.settimeout(3)
        came = []
        try:
            while len(came) < int(total):
                came.append(int(s.recv(100)))
        except OSError:
            pass
        return sorted(came)
def times(peer, total):
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        for _ in range(int(total)):
            begin = time.monotonic()
            s.sendto(b"t", (peer, PORT))
            s.recv(10)
            found.append(time.monotonic() - begin)
    return found
def fetch(peer, size):
    with socket.create_connection((peer, PORT), 20) as s:
        begin, got = time.monotonic(), 0
        s.sendall(b"bytes " + size.encode() + b"\\n")
        while piece := s.recv(65536):
            got += len(piece)
        return [got, time.monotonic() - begin]
def work(rounds):
    begin = time.monotonic()
    for _ in range(int(rounds)):
        sum(range(10000))
    return time.monotonic() - begin
def write(path):
    try:
        with open(path, "w") as file:
            file.write("x" * 100)
        os.remove(path)
        return "written"
    except OSError as error:
        return error.strerror
print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
"""


class Nodes:
    """The nodes `a`, `b`, `c`, … of a room on one network, and their faults."""

    def __init__(self, room: Cleanroom, count: int, seed: int = 0, *, clocks: bool = False) -> None:
        self.room = room
        self.network = room.network(P2P_NETWORK)
        self.files = room.volume("files")
        self.clocks: dict[str, SkewedClock] = {}
        self._lock = threading.Lock()
        names = [chr(ord("a") + number) for number in range(count)]
        source = library() if clocks else None
        if source:
            self.clocks = {name: SkewedClock.prepare(room.folder / f"clock-{name}", source) for name in names}
        with ThreadPoolExecutor(2) as pool:
            started = pool.map(self._start, names)
        self.all: Mapping[str, GenericContainer] = dict(zip(names, started, strict=True))
        self.faults = Faults(room, self.network, self.all, seed)

    def _start(self, name: str) -> GenericContainer:
        clock = self.clocks.get(name)
        return self.room.start_generic(
            ("python3", "-c", _SERVER), name=name, networks=(P2P_NETWORK,), scratch={DISK: _DISK_BYTES},
            mounts={DATA: self.files, **(clock.mounts if clock else {})},
            environment=clock.environment if clock else {}, wait=ForPort(PORT),
        )  # fmt: skip

    def ask(self, name: str, *question: str) -> object:
        """Let a node ask in a process of its own: `dial`, `count`, `times`, `fetch` a peer, `work`, or `write`."""
        return json.loads(self.all[name].run("python3", "-c", _CLIENT, *question))

    def told(self, name: str, *question: str) -> Any:
        """Return what a node's server tells this machine, which no fault of the network keeps away but `refuse`."""
        with self.all[name].engine_container.dial(PORT, _PATIENCE) as connection:
            connection.settimeout(2 * _PATIENCE)
            connection.sendall(" ".join(question).encode() + b"\n")
            with connection.makefile("rb") as answer:
                return json.load(answer)

    def address(self, name: str) -> str:
        """Return a node's address."""
        return self.all[name].address(self.network)

    def reach(self, hoped: Mapping[str, str]) -> dict[str, str]:
        """Return, for some nodes, the others that answer a datagram of theirs: `b c`, or `-` for none.

        `hoped` names for each node those that are waited for longer: a busy machine is no fault. Of the others a short
        silence tells that they do not answer.
        """
        with ThreadPoolExecutor(len(hoped)) as pool:
            return dict(zip(hoped, pool.map(self._reached_from, hoped, hoped.values()), strict=True))

    def hears(self, hoped: Mapping[str, str]) -> dict[str, str]:
        """Let every node send to every other one; return, by node, whose datagrams came to it. `hoped` as above."""
        for name in self.all:
            self.told(name, "forget")
        self.reach(dict.fromkeys(self.all, "-"))
        Deadline.after(_PATIENCE).poll(
            lambda: all(set(hoped[name].split()) - {"-"} <= self._heard(name) for name in hoped)
        )
        return {name: _list(self._heard(name)) for name in sorted(self.all)}

    def _heard(self, name: str) -> set[str]:
        return self._names(self.told(name, "heard"))

    def _names(self, addresses: Sequence[str]) -> set[str]:
        return {name for name in self.all if self.address(name) in addresses}

    def _reached_from(self, name: str, hoped: str) -> str:
        peers = {other: self.address(other) for other in self.all if other != name}
        wanted = ",".join(peers[other] for other in hoped.split() if other != "-") or "-"
        return _list(self._names(self.told(name, "reach", str(_PATIENCE), str(_SILENCE), wanted, *peers.values())))

    def ready(self, name: str) -> None:
        """Wait until a node answers again."""
        self.all[name].wait(ForPort(PORT))

    def settled(self, name: str, status: str) -> bool:
        """Say whether a node comes into a state before ten seconds are over."""
        return bool(Deadline.after(60).poll(lambda: self.all[name].state().status == status))


def _list(names: Iterable[str]) -> str:
    return " ".join(sorted(names)) or "-"
