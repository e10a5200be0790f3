"""A room of plain nodes, to prove faults by their effect: each answers by UDP and TCP, and asks others when told."""

import json
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from support.cleanroom import P2P_NETWORK, Cleanroom
from support.cleanroom.containers import GenericContainer
from support.cleanroom.deadline import Deadline
from support.cleanroom.faults.clock import SkewedClock, library
from support.cleanroom.faults.vocabulary import Faults
from support.cleanroom.waiting import ForPort

PORT = 7000
DATA, DISK = "/data", "/disk"
_DISK_BYTES = 4 << 20

# Answers each datagram with itself, and each TCP connection with its clocks or as many bytes as the line it got says.
_SERVER = """
import socket, socketserver, threading, time
heard = set()
class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        heard.add(self.client_address[0])
        self.request[1].sendto(self.request[0], self.client_address)
class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().strip() or b"0"
        if line == b"clock":
            self.wfile.write(b"%f %f" % (time.time(), time.monotonic()))
            return
        if line == b"heard":
            self.wfile.write(" ".join(heard).encode())
            heard.clear()
            return
        left = int(line)
        while left > 0:
            left -= self.connection.send(bytes(min(left, 65536)))
        self.connection.close()
class Udp(socketserver.ThreadingUDPServer):
    max_packet_size = 2048
class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
threading.Thread(target=Udp(("0.0.0.0", 7000), Datagram).serve_forever, daemon=True).start()
Tcp(("0.0.0.0", 7000), Stream).serve_forever()
"""

_CLIENT = """
import json, os, socket, sys, time
PORT = 7000
def reach(*peers):
    found = dict.fromkeys(peers, False)
    end = time.monotonic() + 1.2
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for peer in peers:
            s.sendto(b"hello", (peer, PORT))
        while not all(found.values()) and (left := end - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                found[s.recvfrom(100)[1][0]] = True
            except TimeoutError:
                break
    return found
def dial(peer):
    try:
        socket.create_connection((peer, PORT), 1.2).close()
        return "accepted"
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "no answer"
def count(peer, total):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        for number in range(int(total)):
            s.sendto(b"%d" % number, (peer, PORT))
            time.sleep(0.0005)
        s.settimeout(1.2)
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
        s.settimeout(5)
        for _ in range(int(total)):
            begin = time.monotonic()
            s.sendto(b"t", (peer, PORT))
            s.recv(10)
            found.append(time.monotonic() - begin)
    return found
def fetch(peer, size):
    with socket.create_connection((peer, PORT), 5) as s:
        begin, got = time.monotonic(), 0
        s.sendall(size.encode() + b"\\n")
        while piece := s.recv(65536):
            got += len(piece)
        return [got, time.monotonic() - begin]
def clock(peer):
    with socket.create_connection((peer, PORT), 5) as s:
        s.sendall(b"clock\\n")
        return [float(part) for part in s.makefile().read().split()]
def heard(own):
    with socket.create_connection((own, PORT), 5) as s:
        s.sendall(b"heard\\n")
        return s.makefile().read().split()
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
        """Let a node ask: `reach`, `dial`, `count`, `times`, `fetch` a peer or its `clock`, `work`, or `write`."""
        return json.loads(self.all[name].run("python3", "-c", _CLIENT, *question))

    def address(self, name: str) -> str:
        """Return a node's address."""
        return self.all[name].address(self.network)

    def reach(self, names: Iterable[str] = ()) -> dict[str, str]:
        """Return, by node, the others that answer a datagram of its: `b c`, or `-` for none."""
        asking = list(names) or sorted(self.all)
        with ThreadPoolExecutor(len(asking)) as pool:
            return dict(zip(asking, pool.map(self._reached_from, asking), strict=True))

    def hears(self) -> dict[str, str]:
        """Let every node send to every other one; return, by node, whose datagrams came to it."""
        for name in self.all:
            self.ask(name, "heard", self.address(name))
        self.reach()
        return {name: self._names(self.ask(name, "heard", self.address(name))) for name in sorted(self.all)}

    def _names(self, addresses: object) -> str:
        assert isinstance(addresses, list)
        return " ".join(sorted(name for name in self.all if self.address(name) in addresses)) or "-"

    def _reached_from(self, name: str) -> str:
        peers = [self.address(other) for other in self.all if other != name]
        found = self.ask(name, "reach", *peers)
        assert isinstance(found, dict)
        return self._names([ip for ip, reached in found.items() if reached])

    def ready(self, name: str) -> None:
        """Wait until a node answers again."""
        self.all[name].wait(ForPort(PORT))

    def settled(self, name: str, status: str) -> bool:
        """Say whether a node comes into a state before ten seconds are over."""
        return bool(Deadline.after(10).poll(lambda: self.all[name].state().status == status))
