"""Announcements: what is gossiped about a new release or yank. A signed log entry, and the manifest if it fits."""

from dataclasses import dataclass

from marketplace.errors import IntegrityError
from marketplace.model.entry import Entry, Verify
from marketplace.model.release import Release
from marketplace.model.tree import digest_of
from marketplace.p2p.limits import MAX_ANNOUNCE
from marketplace.p2p.messages import LENGTH_BYTES


@dataclass(frozen=True, slots=True)
class Announcement:
    """An entry, and its release's manifest; empty for a yank, and where the two together are too long."""

    entry: Entry
    manifest: bytes = b""

    def encode(self) -> bytes | None:
        """Return the message: the entry's length (4 bytes, big-endian), the entry, the manifest.

        The manifest is left out of a message that would be too long; None when the entry alone is: sync brings it.
        """
        entry = self.entry.encode()
        for data in (len(entry).to_bytes(LENGTH_BYTES, "big") + entry + rest for rest in (self.manifest, b"")):
            if len(data) <= MAX_ANNOUNCE:
                return data
        return None

    @classmethod
    def decode(cls, data: bytes, verify: Verify) -> "Announcement":
        """Read a message and check all that can be checked without knowing the author's log.

        Raises:
            IntegrityError: `log-entry-malformed`, or what `Entry.decode` and `verify` raise.
        """
        if len(data) > MAX_ANNOUNCE:
            raise _refused(f"it is longer than {MAX_ANNOUNCE} bytes")
        length = int.from_bytes(data[:LENGTH_BYTES], "big")
        entry = Entry.decode(data[LENGTH_BYTES : LENGTH_BYTES + length])
        manifest = data[LENGTH_BYTES + length :]
        if manifest and not (isinstance(entry.record, Release) and digest_of(manifest) == entry.record.manifest):
            raise _refused("its manifest is not that of the release")
        entry.verify(verify)
        return cls(entry, manifest)


def _refused(why: str) -> IntegrityError:
    return IntegrityError("log-entry-malformed", f"the announcement is malformed: {why}")
