"""A recording fault proxy for HTTP/1.1: passes requests on, does to some of them what a schedule says, writes all down.

Run as `python -m support.cleanroom.proxy --listen 127.0.0.1:0 --upstream HOST:PORT --schedule FILE --record FILE`. Its
first line on stdout is JSON with its address. It reads the schedule again whenever the file is replaced, and then
counts attempts anew. Its record is JSON lines: `request` before anything is done, so whoever has an answer finds its
request there; `exchange` when over; `schedule` when one came into force; `no-http`, `unreadable`, `trouble` for
what was wrong with a client, with a schedule, or with the proxy itself. SIGTERM ends it; with `--with-parent` so does
the end of stdin, and a killed parent leaves no proxy behind.
"""

import argparse
import asyncio
import hashlib
import itertools
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11

from support.cleanroom.proxy.answers import Reply, made_up, paced, spoilt
from support.cleanroom.proxy.links import PIECE, CutError, Link, Upstream, UpstreamError, end_to_end
from support.cleanroom.proxy.schedules import Plan, Schedule, ScheduleError

_LOOK_SECONDS = 0.02  # between two looks at the schedule's file
_KEPT = (
    "accept", "accept-encoding", "age", "cache-control", "content-encoding", "content-length", "content-range",
    "content-type", "etag", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "location", "range",
    "retry-after", "user-agent", "x-request-id",
)  # fmt: skip


@dataclass(slots=True)
class Exchange:
    """One request and what became of it. `status` is 0 when no head was sent."""

    number: int
    connection: int
    method: str
    target: str
    attempt: int
    headers: dict[str, str]
    fault: str
    at: float
    status: int = 0
    answer: dict[str, str] = field(default_factory=dict)
    received: int = 0
    sent: int = 0
    ended: str = "complete"
    ms: float = 0.0


class Record:
    """A file of JSON lines; each is there before the call returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, event: str, **values: Any) -> None:
        """Add a line."""
        os.write(self._file, json.dumps({"event": event, **values}).encode() + b"\n")


def kept(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers worth recording; of credentials a digest only."""
    found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    chosen = {name: found[name] for name in _KEPT if name in found}
    if "authorization" in found:
        scheme, _, secret = found["authorization"].partition(" ")
        chosen["authorization"] = f"{scheme} sha256:{hashlib.sha256(secret.encode()).hexdigest()[:16]}"
    return chosen


class Proxy:
    """The proxy's state: the schedule in force, the attempts counted under it, and the open connections."""

    def __init__(self, upstream: Upstream, schedule: Path, record: Record) -> None:
        self._upstream, self._file, self._record = upstream, schedule, record
        self._stamp: tuple[int, ...] = ()
        self._schedule = Schedule()
        self._attempts: Counter[str] = Counter()
        self._requests, self._connections = itertools.count(1), itertools.count(1)
        self._clients: set[Link] = set()
        self._server: asyncio.Server | None = None
        self._begin = time.monotonic()
        self._address = ("127.0.0.1", 0)

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Bind the address, and keep it for later; return it with its real port."""
        self._address = (host, port)
        await self._open()
        self.look()
        return self._address

    async def watch(self) -> None:
        """Follow the schedule's file, and listen or refuse as it says, until cancelled."""
        while True:
            self.look()
            if self._schedule.refuse and self._server:
                self._refuse()
            elif not self._schedule.refuse and not self._server:
                await self._open()
            await asyncio.sleep(_LOOK_SECONDS)

    def look(self) -> None:
        """Take the schedule's file if it is another one than before; one that cannot be read changes nothing."""
        found = self._file.stat()
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._schedule = Schedule.loads(self._file.read_text(encoding="utf-8"))
        except ScheduleError as error:
            self._record.write("unreadable", error=str(error))
            return
        self._attempts.clear()
        if self._server and not self._schedule.refuse:
            self._record.write("schedule", serial=self._schedule.serial)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, *self._address, limit=PIECE, backlog=1024)
        self._address = self._server.sockets[0].getsockname()[:2]
        if self._stamp:
            self._record.write("schedule", serial=self._schedule.serial)

    def _refuse(self) -> None:
        assert self._server is not None
        self._server.close()
        self._server = None
        for client in self._clients:
            client.close()
        self._record.write("schedule", serial=self._schedule.serial)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client, number = Link.over(reader, writer, role=h11.SERVER), next(self._connections)
        self._clients.add(client)
        try:
            with suppress(ConnectionError):  # the client went away; its exchange says so
                while await self._next(client, number):
                    client.state.start_next_cycle()
        except h11.RemoteProtocolError as error:
            self._record.write("no-http", connection=number, error=str(error))
        finally:
            self._clients.discard(client)
            client.close()

    async def _next(self, client: Link, connection: int) -> bool:
        """Serve one exchange; say whether another may follow on the connection."""
        request = await client.event()
        if not isinstance(request, h11.Request):
            return False
        self.look()
        client.received = 0
        method, target = request.method.decode("latin-1"), request.target.decode("latin-1")
        attempt = self._attempts[key := f"{method} {target}"]
        self._attempts[key] += 1
        plan = self._schedule.plan(method, target, attempt)
        entry = Exchange(
            next(self._requests), connection, method, target, attempt, kept(request.headers), str(plan.fault),
            round(self._now(), 6),
        )  # fmt: skip
        self._record.write("request", **_line(entry))
        try:
            await self._exchange(client, request, plan, entry)
        except (ConnectionError, h11.RemoteProtocolError):
            entry.ended = "client closed"
            raise
        finally:
            entry.received = client.received
            entry.ms = round((self._now() - entry.at) * 1000, 3)
            self._record.write("exchange", **_line(entry))
        return client.state.our_state is h11.DONE and client.state.their_state is h11.DONE

    async def _exchange(self, client: Link, request: h11.Request, plan: Plan, entry: Exchange) -> None:
        await asyncio.sleep(plan.delay)
        fault, kind = plan.fault, plan.fault.kind
        reply = made_up(fault, random.Random(self._schedule.draw("noise", entry.target, entry.attempt)))
        if reply is not None:
            await client.drain()
            await self._answer(client, reply, plan, entry)
        elif kind == "hangup" or (kind == "reset" and fault.number("after") < 0):
            await client.drain()
            await _end(client, "reset" if kind == "reset" else "close", entry)
        else:
            await self._pass_on(client, request, plan, entry)

    async def _pass_on(self, client: Link, request: h11.Request, plan: Plan, entry: Exchange) -> None:
        fault = plan.fault
        cut = fault.number("after") if fault.kind == "cut-upload" else -1
        headers = end_to_end(request.headers, b"range", b"if-range") if fault.kind == "whole" else None
        asked = h11.Request(method=request.method, target=request.target, headers=headers) if headers else request
        try:
            head, link = await self._upstream.ask(asked, client, cut)
        except CutError:
            await _end(client, "reset", entry)
            return
        except UpstreamError as error:
            entry.ended = f"no answer from the registry: {error}"
            await client.send(h11.Response(status_code=502, headers=[("Content-Length", "0"), ("Connection", "close")]))
            await client.send(h11.EndOfMessage())
            return
        try:
            if fault.kind == "lose":
                await link.drain()
                await _end(client, "reset", entry)
                return
            reply = Reply(head.status_code, end_to_end(head.headers), link.body(), bytes(head.reason))
            await self._answer(client, spoilt(reply, fault), plan, entry)
        finally:
            self._upstream.done(link)

    async def _answer(self, client: Link, reply: Reply, plan: Plan, entry: Exchange) -> None:
        slow = plan.fault.number("rate") if plan.fault.kind == "slow" else plan.bandwidth
        body = paced(reply.body, slow, plan.slow_start, self._now) if slow else reply.body
        entry.status, entry.answer = reply.status, kept(reply.headers)
        if reply.sound:
            await client.send(h11.Response(status_code=reply.status, headers=reply.headers, reason=reply.reason))
            async for piece in body:
                entry.sent += len(piece)
                await client.send(h11.Data(data=piece))
            await client.send(h11.EndOfMessage())
            return
        chunked = reply.status and not reply.header(b"content-length")
        await client.write(reply.head() if reply.status else b"")
        async for piece in body:
            entry.sent += len(piece)
            await client.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        await _end(client, reply.ending, entry)

    def _now(self) -> float:
        return time.monotonic() - self._begin


async def _end(client: Link, ending: str, entry: Exchange) -> None:
    entry.ended = {"close": "closed", "reset": "reset", "stall": "stalled"}[ending]
    if ending == "reset":
        await client.reset()
    elif ending == "stall":
        await client.gone()
    client.close()


def _line(entry: Exchange) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Exchange.__slots__}


def address(text: str) -> tuple[str, int]:
    """Read HOST:PORT."""
    host, _, port = text.rpartition(":")
    return host, int(port)


async def run(options: argparse.Namespace) -> None:
    """Serve until told to stop."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if options.with_parent:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    record = Record(options.record)
    loop.set_exception_handler(lambda _, what: record.write("trouble", error=repr(what.get("exception", what))))
    proxy = Proxy(Upstream(*options.upstream), options.schedule, record)
    host, port = await proxy.listen(*options.listen)
    sys.stdout.write(json.dumps({"listening": f"http://{host}:{port}"}) + "\n")
    sys.stdout.flush()
    watching = asyncio.create_task(proxy.watch())
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([watching, waiting], return_when=asyncio.FIRST_COMPLETED)
    if watching.done():
        watching.result()


def main() -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m support.cleanroom.proxy", description=__doc__)
    parser.add_argument("--listen", type=address, default=("127.0.0.1", 0), metavar="HOST:PORT")
    parser.add_argument("--upstream", type=address, required=True, metavar="HOST:PORT")
    parser.add_argument("--schedule", type=Path, required=True, metavar="FILE")
    parser.add_argument("--record", type=Path, required=True, metavar="FILE")
    parser.add_argument("--with-parent", action="store_true", help="end when stdin ends")
    options = parser.parse_args()
    try:
        Schedule.loads(options.schedule.read_text(encoding="utf-8"))
    except (OSError, ScheduleError) as error:
        parser.error(str(error))
    asyncio.run(run(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
