"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint and tlog-cosignature, all v1): written and verified.

A log signs its checkpoints with one Ed25519 key in two ways: plainly (type 0x01), and as a cosignature that bears the
time (type 0x04). The messages differ in their first line, so the one key serves both, as signed-note allows.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from marketplace.errors import IntegrityError
from marketplace.security.verifier import Ed25519Verifier

ED25519, COSIGNATURE = b"\x01", b"\x04"
MAX_NOTE = 64 * 1024
"""Most bytes of a note that are read: sixteen signatures of the largest kinds fit."""

_MAX_SIGNATURES = 64
_MAX_SIZE = 2**53 - 1
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,198}[A-Za-z0-9])?", re.ASCII)
_KEY = re.compile(r"(?P<name>[^\s+]{1,200})\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]{44})")
_LINE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)

Sign = Callable[[bytes], bytes]
"""Returns the 64 bytes of an Ed25519 signature over a message."""


def is_name(text: str) -> bool:
    """Tell whether a text can be the origin of a log that this program makes: an address without a scheme."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a log's key: its name, and the 32 bytes of the Ed25519 key."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read `<name>+<key id>+<base64 of type and key>`.

        Raises:
            IntegrityError: `log-key-malformed`.
        """
        match = _KEY.fullmatch(text)
        data = _decoded(match["key"]) if match else b""
        if match is None or len(data) != 33 or data[:1] != ED25519:
            raise IntegrityError("log-key-malformed", f"{text[:300]!r} is not an Ed25519 verifier key of signed notes")
        key = cls(match["name"], data[1:])
        if key.id_of(ED25519).hex() != match["id"]:
            raise IntegrityError("log-key-malformed", f"the key id in {text[:300]!r} is not that of the key")
        return key

    def id_of(self, kind: bytes) -> bytes:
        """Return the four bytes that name this key in signatures of that kind."""
        return hashlib.sha256(self.name.encode("utf-8") + b"\n" + kind + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id_of(ED25519).hex()}+{base64.b64encode(ED25519 + self.public).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its origin, its size, its Merkle root, and `time` (Unix seconds) at which it was its head."""

    origin: str
    size: int
    root: bytes
    time: int

    def text(self) -> str:
        """Return the note's text."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"


def write_checkpoint(checkpoint: Checkpoint, key: VerifierKey, sign: Sign) -> bytes:
    """Return the signed note of a checkpoint, with the log's signature and its cosignature."""
    text = checkpoint.text().encode("utf-8")
    stamped = checkpoint.time.to_bytes(8, "big") + sign(_stamped(checkpoint.time, text))
    lines = (_line(key, ED25519, sign(text)), _line(key, COSIGNATURE, stamped))
    return text + b"\n" + b"".join(lines)


def _stamped(time: int, text: bytes) -> bytes:
    """Return what a cosignature signs."""
    return b"cosignature/v1\ntime %d\n" % time + text


def _line(key: VerifierKey, kind: bytes, signature: bytes) -> bytes:
    return f"\u2014 {key.name} {base64.b64encode(key.id_of(kind) + signature).decode('ascii')}\n".encode()


def read_checkpoint(data: bytes, key: VerifierKey) -> Checkpoint:
    """Verify a checkpoint of the log with that key and return it. Signatures of others are passed over.

    Raises:
        IntegrityError: `checkpoint-malformed`; `checkpoint-unsigned`, a signature of the log is missing;
            `checkpoint-wrong`, one is not that of the key.
    """
    text, signatures = _split(data)
    body = text.decode("utf-8")
    time = _verified(text, list(signatures), key)
    lines = body.split("\n")
    if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
        raise _malformed("it has no three lines")
    origin, size, root = lines[0], lines[1], _decoded(lines[2])
    if origin != key.name:
        raise IntegrityError("checkpoint-wrong", f"the checkpoint is that of {origin[:200]!r}, not of {key.name}")
    if not _DECIMAL.fullmatch(size) or int(size) > _MAX_SIZE or len(root) != 32:
        raise _malformed("its size or root is none")
    return Checkpoint(origin, int(size), root, time)


def _split(data: bytes) -> tuple[bytes, Iterator[tuple[str, bytes]]]:
    """Return the text of a note and its signatures: names, and key id with signature."""
    if len(data) > MAX_NOTE:
        raise _malformed(f"it is longer than {MAX_NOTE} bytes")
    text, blank, rest = data.rpartition(b"\n\n")
    if not blank or not rest.endswith(b"\n") or any(byte < 0x20 and byte != 0x0A for byte in data):
        raise _malformed("it is no signed note")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("it is not UTF-8") from error
    lines = rest.decode("utf-8").split("\n")[:-1]
    if len(lines) > _MAX_SIGNATURES:
        raise _malformed("it has too many signatures")
    return text + b"\n", (_signature(line) for line in lines)


def _signature(line: str) -> tuple[str, bytes]:
    match = _LINE.fullmatch(line)
    data = _decoded(match[2]) if match else b""
    if match is None or len(data) < 5:
        raise _malformed("it has a malformed signature")
    return match[1], data


def _verified(text: bytes, signatures: list[tuple[str, bytes]], key: VerifierKey) -> int:
    """Verify every signature that claims to be the key's; return the newest time."""
    plain, times = False, []
    for name, data in signatures:
        if name == key.name and data[:4] == key.id_of(ED25519):
            _verify(key, data[4:], text)
            plain = True
        elif name == key.name and data[:4] == key.id_of(COSIGNATURE):
            time = int.from_bytes(data[4:12], "big")
            _verify(key, data[12:], _stamped(time, text))
            times.append(time)
    if not plain or not times or max(times) > _MAX_SIZE:
        raise IntegrityError("checkpoint-unsigned", f"the checkpoint bears no signature or no time of {key.name}")
    return max(times)


def _verify(key: VerifierKey, signature: bytes, message: bytes) -> None:
    try:
        Ed25519Verifier().verify("ed25519:" + key.public.hex(), signature.hex(), message)
    except IntegrityError as error:
        message_ = f"the checkpoint's signature is not that of {key.name}: {error.message}"
        raise IntegrityError(
            "checkpoint-wrong", message_, hint="do not use this registry until its operator explains"
        ) from error


def _decoded(text: str) -> bytes:
    """Decode base64, of which each value has one spelling; nothing for another."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
    return data if base64.b64encode(data).decode("ascii") == text else b""


def _malformed(why: str) -> IntegrityError:
    return IntegrityError("checkpoint-malformed", f"the checkpoint is malformed: {why}")
