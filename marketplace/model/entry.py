"""Entries: what a publisher appends to its log among peers, each signed and chained to the one before."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from marketplace.errors import IntegrityError
from marketplace.model import canonical
from marketplace.model.release import MAX_RECORD, LogRecord, Release, YankRecord

ENTRY_DOMAIN = b"ggen-market-entry-v1\n"
MAX_ENTRY = MAX_RECORD + 1024
"""Longest log entry in bytes: the longest record and what is signed around it."""

START = "0" * 64
"""What the first entry of a log has in the place of the hash of the one before."""

Verify = Callable[[str, str, bytes], None]
"""Raises IntegrityError unless a signature (second) over a message (third) is of a key (first)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a publisher's log.

    Attributes:
        author: the publisher's public key; the record is signed with it too.
        seq: its number in the author's log, from 1.
        previous: `hash` of the entry before it, `START` for the first.
        record: the release or yank.
        signature: the author's over `statement`, 128 hexadecimal digits, empty while unsigned.
    """

    author: str
    seq: int
    previous: str
    record: LogRecord
    signature: str = ""

    def statement(self) -> bytes:
        """Return the bytes that are signed."""
        return ENTRY_DOMAIN + canonical.encode(self._body())

    def _body(self) -> dict[str, object]:
        record = {**self.record.body(), "signature": self.record.signature}
        return {"author": self.author, "previous": self.previous, "record": record, "seq": self.seq}

    @property
    def hash(self) -> str:
        """SHA-256 of the statement, in hexadecimal. The signature is not part of it: another valid one is no fork."""
        return hashlib.sha256(self.statement()).hexdigest()

    def signed(self, sign: Callable[[bytes], str]) -> "Entry":
        """Return the same entry with its signature."""
        return replace(self, signature=sign(self.statement()))

    def encode(self) -> bytes:
        """Return the canonical encoding, which `decode` reads."""
        return canonical.encode({**self._body(), "signature": self.signature})

    @classmethod
    def decode(cls, data: bytes) -> "Entry":
        """Read an entry. Its signatures are not verified here.

        Raises:
            IntegrityError: `record-not-canonical`, `record-malformed` or `log-entry-malformed`.
        """
        if len(data) > MAX_ENTRY:
            raise malformed(f"it is longer than {MAX_ENTRY} bytes")
        value = canonical.decode(data)
        if not isinstance(value, dict) or value.keys() != _FIELDS.keys():
            raise malformed("it has missing or unknown fields")
        for name, kind in _FIELDS.items():
            if type(value[name]) is not kind:
                raise malformed(f"its field {name} has the wrong type")
        entry = cls(value["author"], value["seq"], value["previous"], _record(value["record"]), value["signature"])
        if entry.seq < 1 or len(entry.previous) != len(START) or entry.author != entry.record.key:
            raise malformed("its number, link or author cannot be right")
        return entry

    def verify(self, verify: Verify) -> None:
        """Check the signatures of the record and of the entry.

        Raises:
            IntegrityError: what `verify` raises.
        """
        verify(self.author, self.record.signature, self.record.statement())
        verify(self.author, self.signature, self.statement())


_FIELDS = {"author": str, "previous": str, "record": dict, "seq": int, "signature": str}


def _record(value: dict[str, Any]) -> LogRecord:
    data = canonical.encode(value)
    return Release.decode(data) if "content_id" in value else YankRecord.decode(data)


def malformed(why: str) -> IntegrityError:
    """Return the error for bytes that are no entry."""
    return IntegrityError("log-entry-malformed", f"the log entry is malformed: {why}")
