"""Announcements: what fits into one, and what must be refused."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from marketplace.errors import IntegrityError
from marketplace.model.entry import Entry
from marketplace.model.release import Release
from marketplace.model.tree import digest_of
from marketplace.p2p.announce import Announcement
from marketplace.p2p.limits import MAX_ANNOUNCE
from marketplace.p2p.messages import LENGTH_BYTES
from marketplace.security.verifier import Ed25519Verifier
from support.p2p.authors import Author, manifest
from support.p2p.refused_entries import mangled

_ID = "io.ann.web"


def read(data: bytes) -> Announcement:
    """Read an announcement as a node does that is to forward it."""
    return Announcement.decode(data, Ed25519Verifier().verify)


def encoded(announcement: Announcement) -> bytes:
    """Return an announcement that fits, as bytes."""
    data = announcement.encode()
    assert data is not None
    return data


def newest(author: Author) -> Announcement:
    """Return the announcement of an author's newest release, with its manifest."""
    entry = author.entries[-1]
    assert isinstance(entry.record, Release)
    return Announcement(entry, manifest(str(entry.record.id), str(entry.record.version)))


def sized(author: Author, size: int) -> Announcement:
    """Return an announcement of a release that is `size` bytes long with its manifest."""
    room = size - LENGTH_BYTES - len(_release(author, b"").encode())
    text = b"x" * room
    return Announcement(_release(author, text), text)


def _release(author: Author, text: bytes) -> Entry:
    """Return an entry of a release with such a manifest; however long that is, the entry is equally long."""
    release = replace(author.release(_ID, "9.0.0"), manifest=digest_of(text))
    return author.entry(release.signed(author.signer.sign(release.statement())), 9, author.entries[-1].hash)


def lone(author: Author, size: int) -> Announcement:
    """Return an announcement of a yank, for a reason so long that it is `size` bytes long without anything more."""
    bare = _yank(author, "")
    return Announcement(_yank(author, "x" * (size - LENGTH_BYTES - len(bare.encode()))))


def _yank(author: Author, reason: str) -> Entry:
    record = replace(author.yank(_ID, "1.0.0"), reason=reason)
    return author.entry(record.signed(author.signer.sign(record.statement())), 9, author.entries[-1].hash)


def _written(entry: bytes, rest: bytes = b"") -> bytes:
    """Write an announcement as `Announcement.encode` does, whatever is in it and however long it is."""
    return len(entry).to_bytes(LENGTH_BYTES, "big") + entry + rest


def _too_long(author: Author) -> bytes:
    long = sized(author, MAX_ANNOUNCE + 1)
    return _written(long.entry.encode(), long.manifest)


_MADE: Mapping[str, Callable[[Author], bytes]] = {
    "of one byte more than 64 KiB": _too_long,
    "with the manifest of another release": lambda author: _written(
        author.entries[-1].encode(), manifest(_ID, "1.0.0")
    ),
    "of a yank, with something after it": lambda author: _written(_yank(author, "x").encode(), b"x"),
    "of an entry that another key has signed": lambda author: _written(mangled(author, "signed by another key")),
    "of an entry that nobody has signed": lambda author: _written(mangled(author, "not signed")),
    "of a release that was changed afterwards": lambda author: _written(
        mangled(author, "of a release whose version was changed")
    ),
    "that ends in the middle of its entry": lambda author: _written(author.entries[-1].encode())[:-100],
    "of nothing": lambda _author: b"",
}


def refusal(author: Author, what: str) -> str:
    """Return the code with which an announcement is refused."""
    try:
        read(_MADE[what](author))
    except IntegrityError as error:
        return error.code
    return "it is taken"
