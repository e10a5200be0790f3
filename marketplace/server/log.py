"""The registry's log as others verify it: its key, and checkpoints signed with it."""

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from marketplace.errors import ConflictError, IntegrityError, InvalidInputError
from marketplace.index.local import LocalIndex
from marketplace.protocol.notes import Checkpoint, VerifierKey, is_name, read_checkpoint, write_checkpoint
from marketplace.security.keys import Signer
from marketplace.storage.files import disk_error, staged_name, sync_folder, write_atomic
from marketplace.storage.own_files import read_private

REFRESH = 60
"""Seconds after which an unchanged log is signed again, so that readers see that its head is not an old one."""

_FORMAT = "ggen-market-log-key-v1"
_SEED = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key that signs a log's checkpoints."""

    verifier: VerifierKey
    _signer: Signer

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message."""
        return bytes.fromhex(self._signer.sign(message))


def log_key(path: Path, name: str | None = None, *, draw: Callable[[int], bytes] = os.urandom) -> LogKey:
    """Return the key in the file `path`, made when there is none. `name` becomes the log's origin, for ever.

    Raises:
        ConflictError: `log-name-fixed`, the log has another name.
        InvalidInputError: `invalid-log-name`.
        IntegrityError: `log-key-unsafe` or `log-key-damaged`.
        UnavailableError: `disk-full` or `store-unwritable`.
    """
    if name is not None and not is_name(name):
        hint = "write it like the registry's address without its scheme: registry.acme.example"
        raise InvalidInputError("invalid-log-name", f"{name[:80]!r} is no name for a log", hint=hint)
    try:
        if not path.exists():
            _make(path, name, draw(32))
        key = _read(path)
    except OSError as error:
        raise disk_error(error, str(path)) from error
    if name is not None and key.verifier.name != name:
        hint = f"leave --name out, or give {key.verifier.name}"
        raise ConflictError("log-name-fixed", f"the log is named {key.verifier.name}, not {name}", hint=hint)
    return key


def _make(path: Path, name: str | None, seed: bytes) -> None:
    """Write a new key beside its place and link it there: of two that do so at once one wins."""
    signer = Signer.from_seed("log", seed)
    origin = name or f"ggen.local/{signer.public[8:24]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(staged_name())
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{_FORMAT}\n{origin}\n{seed.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(staged, path)
        sync_folder(path.parent)
    finally:
        staged.unlink(missing_ok=True)


def _read(path: Path) -> LogKey:
    hint = "if somebody else can have read it, tell all who use the registry; then"
    lines = read_private(path, "log-key-unsafe", hint=hint).decode("ascii", "replace").split("\n")
    if len(lines) != 4 or lines[0] != _FORMAT or not is_name(lines[1]) or not _SEED.fullmatch(lines[2]) or lines[3]:
        hint = "restore it from a backup: readers of this registry know the log by this key"
        raise IntegrityError("log-key-damaged", f"{path} is not a log's key", hint=hint)
    signer = Signer.from_seed("log", bytes.fromhex(lines[2]))
    return LogKey(VerifierKey(lines[1], bytes.fromhex(signer.public.removeprefix("ed25519:"))), signer)


class Checkpoints:
    """Signs the head of a log. The newest checkpoint is kept in a file, so that all processes show the same.

    Args:
        path: that file.
        clock: the time in Unix seconds.
    """

    def __init__(self, path: Path, key: LogKey, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._key = key
        self._clock = clock

    def current(self, index: LocalIndex) -> bytes:
        """Return a checkpoint of the log as it is now, at most REFRESH seconds old.

        Raises:
            IntegrityError: `log-shrunk`: a longer log was signed before, which no log may take back.
        """
        kept = self._kept()  # before the log: never longer than it is
        head, now = index.head(), int(self._clock())
        if kept is not None:
            data, last = kept
            if last.size > head.size or (last.size == head.size and last.root.hex() != head.root):
                raise _shrunk(last, head.size)
            if last.size == head.size and 0 <= now - last.time < REFRESH:
                return data
        checkpoint = Checkpoint(self._key.verifier.name, head.size, bytes.fromhex(head.root), now)
        data = write_checkpoint(checkpoint, self._key.verifier, self._key.sign)
        with suppress(OSError):  # a full or read-only disk: it is signed again for the next reader
            write_atomic(self._path, data)
        return data

    def _kept(self) -> tuple[bytes, Checkpoint] | None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        return data, read_checkpoint(data, self._key.verifier)


def _shrunk(last: Checkpoint, size: int) -> IntegrityError:
    hint = "an older index was put in its place: restore the newest, or publish what is lost under a log with a new key"
    message = f"a log of {last.size} entries was signed at {last.time}, and the index now has {size}, or others"
    return IntegrityError("log-shrunk", message, hint=hint, signed=last.size, size=size)
