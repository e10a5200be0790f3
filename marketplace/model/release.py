"""Release and yank records: what a publisher signs, and what the index's log is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.model import canonical
from marketplace.model.ids import PackageId
from marketplace.model.requirement import Requirement
from marketplace.model.tree import DIGEST
from marketplace.model.version import Version

RELEASE_DOMAIN = b"ggen-market-release-v1\n"
YANK_DOMAIN = b"ggen-market-yank-v1\n"
MAX_RECORD = 65_535
"""Longest record accepted, in bytes: what the 16-bit lengths of a log's entry bundles can say (C2SP tlog-tiles)."""


@dataclass(frozen=True, slots=True)
class Release:
    """A published version: binds id, version and content together under the publisher's signature.

    Attributes:
        content_id: digest of the tree's canonical encoding.
        size: bytes in all files together.
        files: number of files.
        dependencies: id and requirement, sorted by id.
        manifest: digest of the `package.toml` in the tree.
        published_at: UTC, `YYYY-MM-DDTHH:MM:SSZ`, by the publisher's clock.
        key: the publisher's public key, `ed25519:` and 64 hexadecimal digits.
        signature: 128 hexadecimal digits, empty while unsigned.
    """

    id: PackageId
    version: Version
    content_id: str
    size: int
    files: int
    dependencies: tuple[tuple[PackageId, Requirement], ...]
    manifest: str
    published_at: str
    key: str
    signature: str = ""

    def body(self) -> dict[str, object]:
        """Return the signed fields as a JSON object."""
        return {
            "content_id": self.content_id,
            "dependencies": {str(id_): str(requirement) for id_, requirement in self.dependencies},
            "files": self.files,
            "id": str(self.id),
            "key": self.key,
            "manifest": self.manifest,
            "published_at": self.published_at,
            "size": self.size,
            "version": str(self.version),
        }

    def statement(self) -> bytes:
        """Return the bytes that are signed: the domain tag and the canonical JSON of the body."""
        return RELEASE_DOMAIN + canonical.encode(self.body())

    def signed(self, signature: str) -> "Release":
        """Return the same release with `signature`."""
        return replace(self, signature=signature)

    def encode(self) -> bytes:
        """Return the canonical record: the body and the signature. `Release.decode` reads it back."""
        return canonical.encode({**self.body(), "signature": self.signature})

    @classmethod
    def decode(cls, data: bytes) -> "Release":
        """Read a record. The signature is not verified here (`marketplace.security` does that).

        Raises:
            IntegrityError: `record-not-canonical` or `record-malformed`.
        """
        return cls.of_fields(_parsed(data))

    @classmethod
    def of_fields(cls, value: object) -> "Release":
        """Read a record that was parsed already, as part of a canonical document.

        Raises:
            IntegrityError: `record-malformed`.
        """
        fields = _object(value, _RELEASE_FIELDS)
        try:
            requirements = sorted(fields.pop("dependencies").items())
            for name in ("content_id", "manifest"):
                _match_digest(fields[name])
            return cls(
                id=PackageId.parse(fields.pop("id")),
                version=Version.parse(fields.pop("version")),
                dependencies=tuple((PackageId.parse(i), Requirement.parse(r)) for i, r in requirements),
                **fields,
            )
        except (InvalidInputError, AttributeError) as error:
            raise IntegrityError("record-malformed", f"the release record is malformed: {error}") from error

    def __str__(self) -> str:
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class YankRecord:
    """A publisher's word that a version should not be chosen any more, or (`unyank`) may be again."""

    action: Literal["yank", "unyank"]
    id: PackageId
    version: Version
    reason: str
    at: str
    key: str
    signature: str = ""

    def body(self) -> dict[str, object]:
        """Return the signed fields as a JSON object."""
        return {
            "action": self.action,
            "at": self.at,
            "id": str(self.id),
            "key": self.key,
            "reason": self.reason,
            "version": str(self.version),
        }

    def statement(self) -> bytes:
        """Return the bytes that are signed: the domain tag and the canonical JSON of the body."""
        return YANK_DOMAIN + canonical.encode(self.body())

    def signed(self, signature: str) -> "YankRecord":
        """Return the same record with `signature`."""
        return replace(self, signature=signature)

    def encode(self) -> bytes:
        """Return the canonical record: the body and the signature."""
        return canonical.encode({**self.body(), "signature": self.signature})

    @classmethod
    def decode(cls, data: bytes) -> "YankRecord":
        """Read a record. The signature is not verified here.

        Raises:
            IntegrityError: `record-not-canonical` or `record-malformed`.
        """
        return cls.of_fields(_parsed(data))

    @classmethod
    def of_fields(cls, value: object) -> "YankRecord":
        """Read a record that was parsed already, as part of a canonical document.

        Raises:
            IntegrityError: `record-malformed`.
        """
        fields = _object(value, _YANK_FIELDS)
        if fields["action"] not in ("yank", "unyank"):
            raise IntegrityError("record-malformed", f"unknown action {fields['action']!r} in a yank record")
        try:
            return cls(id=PackageId.parse(fields.pop("id")), version=Version.parse(fields.pop("version")), **fields)
        except InvalidInputError as error:
            raise IntegrityError("record-malformed", f"the yank record is malformed: {error}") from error


LogRecord = Release | YankRecord
"""What an entry of the log holds."""


def check_length(record: LogRecord) -> None:
    """Refuse a record that is too long for a log.

    Raises:
        IntegrityError: `record-too-long`.
    """
    length = len(record.encode())
    if length > MAX_RECORD:
        what = f"the record of {record.id}@{record.version}"
        hint = "require fewer packages directly, or give a shorter reason"
        message = f"{what} has {length:,} bytes, more than the {MAX_RECORD:,} that a log holds"
        raise IntegrityError("record-too-long", message, hint=hint, length=length)


_RELEASE_FIELDS: Mapping[str, type] = {
    "content_id": str,
    "dependencies": dict,
    "files": int,
    "id": str,
    "key": str,
    "manifest": str,
    "published_at": str,
    "signature": str,
    "size": int,
    "version": str,
}
_YANK_FIELDS: Mapping[str, type] = dict.fromkeys(("action", "at", "id", "key", "reason", "signature", "version"), str)


def _parsed(data: bytes) -> object:
    if len(data) > MAX_RECORD:
        raise IntegrityError("record-malformed", f"the record is longer than {MAX_RECORD} bytes")
    return canonical.decode(data)


def _object(value: object, shape: Mapping[str, type]) -> dict[str, Any]:
    """Return a copy of the fields of a record, of these names and types."""
    if not isinstance(value, dict) or value.keys() != shape.keys():
        raise IntegrityError("record-malformed", "the record has missing or unknown fields")
    for name, kind in shape.items():
        if type(value[name]) is not kind or (kind is int and value[name] < 0):
            raise IntegrityError("record-malformed", f"field {name} of the record has the wrong type or range")
    return dict(value)


def _match_digest(text: str) -> None:
    if not DIGEST.fullmatch(text):
        raise IntegrityError("record-malformed", f"{text[:80]!r} is not a sha256 digest")
