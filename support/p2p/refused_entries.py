"""Entries that must be refused, by what is wrong with them, and how they are."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from marketplace.errors import IntegrityError
from marketplace.model import canonical
from marketplace.model.entry import MAX_ENTRY, Entry
from marketplace.model.release import Release
from marketplace.model.version import Version
from marketplace.security.verifier import Ed25519Verifier
from support.p2p.authors import Author

_EVE = Author("eve")


def _newest(author: Author) -> Entry:
    return author.entries[-1]


def _stolen(author: Author) -> bytes:
    entry = _newest(author)
    return replace(entry, record=_EVE.release("io.acme.web", "1.0.0")).signed(author.signer.sign).encode()


def _renamed(author: Author) -> bytes:
    record = _newest(author).record
    assert isinstance(record, Release)
    changed = replace(record, version=Version.parse("9.9.9"))
    return replace(_newest(author), record=changed).signed(author.signer.sign).encode()


def _with_field(author: Author) -> bytes:
    return canonical.encode({**canonical.decode(_newest(author).encode()), "more": 1})


def _numbered_in_words(author: Author) -> bytes:
    return canonical.encode({**canonical.decode(_newest(author).encode()), "seq": "1"})


_MADE: Mapping[str, Callable[[Author], bytes]] = {
    "signed by another key": lambda author: _newest(author).signed(_EVE.signer.sign).encode(),
    "not signed": lambda author: replace(_newest(author), signature="").encode(),
    "of a record signed by another key": _stolen,
    "of a release whose version was changed": _renamed,
    "numbered 0": lambda author: replace(_newest(author), seq=0).signed(author.signer.sign).encode(),
    "with an unknown field": _with_field,
    "with a text for its number": _numbered_in_words,
    "spelled with a space": lambda author: _newest(author).encode().replace(b",", b", ", 1),
    "longer than a record may be": lambda _author: b" " * (MAX_ENTRY + 1),
}


def mangled(author: Author, what: str) -> bytes:
    """Return an author's newest entry with something wrong."""
    return _MADE[what](author)


def refusal(author: Author, what: str) -> str:
    """Return the code with which an entry is refused."""
    try:
        Entry.decode(mangled(author, what)).verify(Ed25519Verifier().verify)
    except IntegrityError as error:
        return error.code
    return "it is taken"
