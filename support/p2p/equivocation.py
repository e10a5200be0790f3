"""A publisher who signs two different releases of one version, and what nodes make of that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from marketplace.model.entry import Entry
from marketplace.model.release import Release
from marketplace.registry.node_client import NodeClient
from marketplace.security.verifier import Ed25519Verifier
from support.cleanroom.deadline import Deadline
from support.p2p.authors import Author, manifest
from support.p2p.homes import User


@dataclass(frozen=True, slots=True)
class Lie:
    """What a publisher tells two sides: the entries for each."""

    key: str
    sides: tuple[Sequence[Entry], Sequence[Entry]]


def _one_number(id_: str, version: str) -> Lie:
    eve = Author("eve")
    first = eve.append(eve.release(id_, version))
    other = eve.entry(eve.release(id_, version, "other content"), first.seq, first.previous)
    return Lie(eve.key, ([first], [other]))


def _two_numbers(id_: str, version: str) -> Lie:
    eve = Author("eve")
    first = eve.append(eve.release(id_, version))
    return Lie(eve.key, ([first], [first, eve.append(eve.release(id_, version, "other content"))]))


LIES: dict[str, Callable[[str, str], Lie]] = {
    "two entries of one number": _one_number,
    "two numbers of one log": _two_numbers,
}


def publish(user: User, entries: Sequence[Entry]) -> None:
    """Have a user's node append entries, as the registry does that signed them."""
    node = NodeClient(Path(user.environ["GGEN_HOME"]))
    items = [
        {
            "entry": entry.encode().decode(),
            "manifest": manifest(str(entry.record.id), str(entry.record.version)).decode(),
        }
        for entry in entries
    ]
    node.ask("append", entries=items)


def check_quarantined(user: User, what: str) -> None:
    """Hold that a user's node comes to quarantine something.

    Raises:
        AssertionError: it does not.
    """
    seen = Deadline.after(90).poll(lambda: bool(proof(user, what)), every=0.1, slowest=0.5)
    assert seen, (user.name, user.json("node", "status")["quarantined"])


def proof(user: User, what: str) -> list[str]:
    """Return what `node status` shows as the proof against something, nothing if it is not quarantined."""
    found = [item["proof"] for item in user.json("node", "status")["quarantined"] if item["what"] == what]
    return list(found[0]) if found else []


def check_proof(texts: Sequence[str], kind: str, key: str) -> None:
    """Hold that a proof convinces whoever has nothing but it: two texts that differ, each with a publisher's signature.

    Raises:
        AssertionError: it does not.
    """
    verify = Ed25519Verifier().verify
    entries = [Entry.decode(text.encode()) for text in texts] if kind == "entries" else []
    for entry in entries:
        entry.verify(verify)
    records = [entry.record for entry in entries] or [Release.decode(text.encode()) for text in texts]
    for record in records:
        verify(record.key, record.signature, record.statement())
    assert {record.key for record in records} == {key} and len(set(texts)) == 2, texts
    assert len({record.content_id for record in records if isinstance(record, Release)}) == 2, texts
