"""A node of js-libp2p in a room, and what must be seen of it."""

import base64
import json
from typing import Any

from marketplace.model.release import Release
from marketplace.p2p.announce import Announcement
from marketplace.p2p.directory import record_key
from marketplace.p2p.messages import KAD, TOPIC
from marketplace.security.verifier import Ed25519Verifier
from support.cleanroom.cleanroom import P2P_NETWORK
from support.cleanroom.waiting import ForPort
from support.p2p.js_image import HOME, js_peer_image
from support.p2p.rooms import PORT, SECONDS, PeerRoom

_CONTROL = 4702
_ANSWER_SECONDS = 30.0


class JsPeer:
    """A node of js-libp2p among those of a room."""

    def __init__(self, peers: PeerRoom, *flags: str) -> None:
        self._peers = peers
        self._container = peers.room.start_generic(
            ("node", f"{HOME}/peer.mjs", *flags), name="js-peer", image=js_peer_image(), networks=(P2P_NETWORK,),
            wait=ForPort(_CONTROL),
        )  # fmt: skip

    def ask(self, do: str, **arguments: str) -> dict[str, Any]:
        """Ask the node for something.

        Raises:
            AssertionError: it could not do it.
        """
        with self._container.engine_container.dial(_CONTROL, _ANSWER_SECONDS) as connection:
            connection.sendall(json.dumps({"do": do, **arguments}).encode() + b"\n")
            told: dict[str, Any] = json.loads(connection.makefile().readline())
        assert "error" not in told, (told, self._container.logs()[-1500:])
        return told

    @property
    def id(self) -> str:
        """The peer id of the node."""
        return str(self.ask("tell")["id"])

    def join(self, number: int) -> None:
        """Dial a node, and ping it."""
        place = self._peers.network.address(f"node-{number}")
        told = self.ask("dial", address=f"/ip4/{place}/tcp/{PORT}/p2p/{self._id_of(number)}")
        assert told["milliseconds"] >= 0, told

    def _id_of(self, number: int) -> str:
        return self._peers.program.id_of(number)

    def check_speaks(self, number: int) -> None:
        """Hold that it comes to know a node, by identify, to speak the DHT's protocol and gossip."""

        def lacking() -> set[str]:
            return {KAD, "/meshsub/1.1.0"} - set(self.ask("tell")["identified"].get(self._id_of(number), ()))

        assert self._peers.until(lacking, set()) == set(), self.ask("tell")["identified"]

    def check_mesh(self, number: int) -> None:
        """Hold that it and a node come to be in each other's gossip mesh."""

        def linked() -> tuple[bool, bool]:
            theirs = self._peers.standing(f"node-{number}", self.id).get("mesh", False)
            return self._id_of(number) in self.ask("tell")["mesh"], bool(theirs)

        assert self._peers.until(linked, (True, True)) == (True, True), self.ask("tell")

    def check_heard(self, release: str) -> None:
        """Hold that it comes to hear of a release, `ID VERSION`, and of nothing else."""

        def heard() -> list[str]:
            return [_told_of(item["data"]) for item in self.ask("tell")["heard"] if item["topic"] == TOPIC]

        assert self._peers.until(lambda: sorted(set(heard())), [release]) == [release], heard()

    def check_providers(self, id_: str, number: int) -> None:
        """Hold that it comes to find a node as the provider of a package, each time by asking another node."""
        listed = self._peers.json(f"node-{number}", "versions", id_, "--registry", "p2p")["versions"]
        digest = str(listed[0]["content_id"]).removeprefix("sha256:")

        def found() -> set[str]:
            return {item["id"] for item in self.ask("providers", digest=digest)["providers"] if item["from"] != self.id}

        assert self._peers.until(lambda: self._id_of(number) in found(), True), found()

    def check_record(self, release: str) -> None:
        """Hold that it comes to find a release, `ID VERSION`, as the newest one in the DHT."""
        key = f"/{record_key(release.split(maxsplit=1)[0]).lstrip('/')}"

        def found() -> str:
            record = self.ask("record", key=key)["record"]
            return _told_of(record) if record else ""

        assert self._peers.until(found, release) == release, found()

    def check_found_by(self, number: int) -> None:
        """Hold that a node comes to be connected to it."""
        found = self._peers.until(lambda: self._peers.standing(f"node-{number}", self.id)["connected"], True, SECONDS)
        assert found is True, self.ask("tell")

    def check_discovered(self, number: int) -> None:
        """Hold that it comes to find a node at its address."""
        wanted = f"/ip4/{self._peers.network.address(f'node-{number}')}/tcp/{PORT}"

        def found() -> bool:
            addresses = self.ask("tell")["discovered"].get(self._id_of(number), ())
            return any(address.startswith(wanted) for address in addresses)

        assert self._peers.until(found, True) is True, self.ask("tell")["discovered"]


def _told_of(data: str) -> str:
    """Return the release that is announced, once its signatures are verified."""
    record = Announcement.decode(base64.b64decode(data), Ed25519Verifier().verify).entry.record
    assert isinstance(record, Release), record
    return f"{record.id} {record.version}"
