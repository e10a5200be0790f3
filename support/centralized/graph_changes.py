"""Publishers and listeners in GraphQL."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from marketplace.model.ids import PackageId
from marketplace.model.release import YankRecord
from marketplace.model.version import Version
from support.centralized import graph
from support.centralized.exchange import Answer
from support.centralized.publishers import Publishers
from support.centralized.registries import Offer, bearer, send_blobs
from support.centralized.servers import Server
from support.cleanroom.deadline import Deadline
from support.market.signing import signer_of

_SECONDS = 60.0
PUBLISH = "mutation($record: String!) { publish(record: $record) { new release { version position package { id } } } }"
_QUERY = "query($namespace: String) { registry { packages } search(tag: $namespace) { totalCount } }"
YANK = "mutation($record: String!) { yank(record: $record) { new action release { version yanked } } }"
LISTEN = (
    "subscription($namespace: String) { released(namespace: $namespace) { version package { id latest { version } } } }"
)


def offered(server: Server, spec: str, header: Mapping[str, str]) -> Offer:
    """Make a package of Alice's and send its blobs."""
    offer = Publishers(server).offer("Alice", spec)
    assert send_blobs(server, offer, dict(header)).status == 200
    return offer


def publish(server: Server, record: str, header: Mapping[str, str]) -> dict[str, Any]:
    """Publish in GraphQL; return the whole answer."""
    return graph.ask(server, PUBLISH, {"record": record}, **header)


def yank_record(spec: str, reason: str) -> str:
    """Return Alice's signed yank."""
    id_, _, version = spec.partition("@")
    signer = signer_of("Alice")
    record = YankRecord("yank", PackageId(id_), Version.parse(version), reason, "2026-01-01T00:00:00Z", signer.public)
    return record.signed(signer.sign(record.statement())).encode().decode()


def _altered(offer: Offer) -> str:
    return replace(offer.release, size=offer.release.size + 1).encode().decode()


_SPOILT: Mapping[str, Callable[[Offer], str]] = {
    "a signature of other words": _altered,
    "a record that is not canonical": lambda offer: offer.release.encode().decode() + " ",
    "a record of 100,000 bytes": lambda _offer: "x" * 100_000,
}
_TOKENS = {
    "no token": "no token", "a token that nobody made": "a token that nobody made",
    "a token for another namespace": 'a token for "io.other"',
}  # fmt: skip


def codes_both_ways(server: Server, what: str) -> tuple[str, str]:
    """Publish with something wrong, in GraphQL and by REST; return both codes."""
    header = Publishers(server).token(_TOKENS.get(what, 'a token for "io.acme"'))
    offer = Publishers(server).offer("Alice", "io.acme.web@1.0.0")
    if what != "blobs that are missing":
        send_blobs(server, offer, bearer(server, "io.acme"))
    record = _SPOILT[what](offer) if what in _SPOILT else offer.release.encode().decode()
    (code,) = graph.codes(publish(server, record, header))
    return code, server.ask("/api/v1/releases", "POST", record.encode(), **header).code


class Listener:
    """Somebody who has subscribed; events are read when they are wanted."""

    def __init__(self, server: Server, namespace: str | None, query: str = LISTEN) -> None:
        place = urlsplit(server.url)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_SECONDS)
        server.world.defer(self.close)
        body = json.dumps({"query": query, "variables": {"namespace": namespace}})
        headers = {"content-type": "application/json", "accept": "text/event-stream"}
        self._connection.request("POST", "/graphql", body, headers)
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self.kind = self._response.getheader("content-type", "")
        if self.status == 200 and query == LISTEN:
            assert self._response.readline() == b":\n", "the stream did not begin with a comment"

    def refusal(self) -> Any:
        """Return the body of an answer that is no stream."""
        return json.loads(self._response.read())

    def event(self) -> tuple[str, Any]:
        """Wait for an event; return its kind and what it says."""
        kind, data = "", b""
        while line := self._response.readline():
            text = line.rstrip(b"\n")
            if text.startswith(b"event: "):
                kind = text.removeprefix(b"event: ").decode()
            elif text.startswith(b"data:"):
                data = text.removeprefix(b"data:").strip()
            elif not text and kind:
                return kind, json.loads(data) if data else None
        raise AssertionError("the stream ended without an event")

    def hears(self, count: int) -> list[str]:
        """Wait for so many releases."""
        found = []
        for _ in range(count):
            kind, said = self.event()
            assert kind == "next" and "errors" not in said, (kind, said)
            release = said["data"]["released"]
            found.append(f"{release['package']['id']}@{release['version']}")
        return found

    def close(self) -> None:
        """Go away."""
        self._response.close()
        self._connection.close()


def until_room(server: Server) -> bool:
    """Try to listen until there is room."""

    def look() -> bool:
        listener = Listener(server, None)
        listener.close()
        return listener.status == 200

    return bool(Deadline.after(_SECONDS).poll(look))


def streamed_query(server: Server) -> list[tuple[str, Any]]:
    """Ask a query as a stream; return its events."""
    listener = Listener(server, None, _QUERY)
    assert listener.kind.startswith("text/event-stream"), listener.kind
    return [listener.event(), listener.event()]


def refused_streams(server: Server) -> list[tuple[int, str, list[str]]]:
    """Subscribe wrongly; return status, type and codes of the answers."""
    wrong = [Listener(server, None, "subscription { colour }"), Listener(server, "No Namespace", LISTEN)]
    return [(one.status, one.kind, graph.codes(one.refusal())) for one in wrong]


def code_of_one_more(server: Server) -> tuple[int, str]:
    """Listen where there should be no room; return status and code, which is empty where there was room."""
    listener = Listener(server, None)
    return listener.status, "" if listener.status == 200 else str(listener.refusal()["code"])


def found_by_rest(server: Server, offer: Offer) -> Answer:
    """Check that REST has a release; return the record."""
    id_, version = offer.release.id, offer.release.version
    assert server.ask(f"/api/v1/search?q={id_}").json()["results"][0]["id"] == str(id_)
    return server.ask(f"/releases/{id_}/{version}.json")
