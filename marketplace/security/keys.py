"""Signing keys on disk: `keys/<name>.key`, readable by their owner alone."""

import os
import re
import stat
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from marketplace.clock import timestamp
from marketplace.errors import ConflictError, IntegrityError, InvalidInputError, NotFoundError
from marketplace.storage.files import staged_name, sync_folder

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_FORMAT = "ggen-market-key-v1"
_LINES = 4
_MAX_FILE = 4096


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A signing key's name, public half and time of creation (UTC)."""

    name: str
    public: str
    created: str


@dataclass(frozen=True, slots=True)
class Signer:
    """A signing key in memory. Its repr does not show the secret half."""

    name: str
    public: str
    _seed: bytes = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> "Signer":
        """Build the key of a 32-byte seed (RFC 8032 section 5.1.5)."""
        from nacl.signing import SigningKey

        return cls(name, "ed25519:" + SigningKey(seed).verify_key.encode().hex(), seed)

    def secret(self) -> bytes:
        """Return the 32-byte seed, for a library that keeps the key in its own way."""
        return self._seed

    def sign(self, message: bytes) -> str:
        """Return the signature over `message` as 128 hexadecimal digits."""
        from nacl.signing import SigningKey

        return SigningKey(self._seed).sign(message).signature.hex()


class KeyRing:
    """The signing keys in one folder.

    A key file has four lines: the format's name, the public key, the time of creation, and the seed in hexadecimal.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, name: str) -> Path:
        """Return the file of the key `name`.

        Raises:
            InvalidInputError: `invalid-key-name`.
        """
        if not _NAME.fullmatch(name):
            hint = "use letters, digits, - and _"
            raise InvalidInputError("invalid-key-name", f"{name[:80]!r} is not a name for a key", hint=hint)
        return self._folder / f"{name}.key"

    def create(self, name: str, now: datetime, seed: bytes | None = None) -> Signer:
        """Make a key and store it; `seed` (32 bytes) fixes it, otherwise the system's randomness does.

        Raises:
            ConflictError: `key-exists`; a key is never overwritten.
            InvalidInputError: `invalid-key-name`.
        """
        path = self.path_of(name)
        signer = Signer.from_seed(name, seed if seed is not None else os.urandom(32))
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = f"{_FORMAT}\n{signer.public}\n{timestamp(now)}\n{signer._seed.hex()}\n"
        staged = self._folder / staged_name()
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(handle)
            os.link(staged, path, follow_symlinks=False)  # never replaces, and a crash leaves no half-written key
        except FileExistsError:
            hint = "choose another name, or move the old key's file away first"
            raise ConflictError("key-exists", f"there is a key named {name!r} already", hint=hint) from None
        finally:
            staged.unlink()
        sync_folder(self._folder)
        return signer

    def load(self, name: str | None = None) -> Signer:
        """Return the key `name`, or the only one there is.

        Raises:
            NotFoundError: `key-not-found` or `no-signing-key`.
            InvalidInputError: `key-ambiguous` when there are several and none is named.
            IntegrityError: `key-file-unsafe`, `key-folder-unsafe` or `key-file-malformed`.
        """
        info, seed = self._read(name or self._only())
        return Signer(info.name, info.public, seed)

    def _only(self) -> str:
        names = self._names()
        if not names:
            hint = "make one: ggen market key new"
            raise NotFoundError("no-signing-key", "there is no signing key in this home", hint=hint)
        if len(names) > 1:
            hint = f"choose one with --key ({', '.join(names)}), or set it: ggen market config key {names[0]}"
            raise InvalidInputError("key-ambiguous", f"there are {len(names)} signing keys", hint=hint, keys=names)
        return names[0]

    def _names(self) -> list[str]:
        found = (path.stem for path in self._folder.glob("*.key")) if self._folder.is_dir() else ()
        return sorted(name for name in found if _NAME.fullmatch(name))

    def list(self) -> tuple[KeyInfo, ...]:
        """Return all keys, sorted by name.

        Raises:
            IntegrityError: `key-file-unsafe`, `key-folder-unsafe` or `key-file-malformed`.
        """
        return tuple(self._read(name)[0] for name in self._names())

    def export(self, name: str) -> str:
        """Return the public half of the key `name`.

        Raises:
            NotFoundError: `key-not-found`.
        """
        return self._read(name)[0].public

    def _read(self, name: str) -> tuple[KeyInfo, bytes]:
        path = self.path_of(name)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            names = ", ".join(self._names()) or "none yet"
            raise NotFoundError(
                "key-not-found", f"there is no key named {name!r}", hint=f"there are: {names}"
            ) from None
        except OSError as error:
            raise _unsafe(path, "is a link or cannot be opened") from error
        try:
            _check_folder(self._folder)
            _check_owner(path, os.fstat(handle))
            data = os.read(handle, _MAX_FILE)
        finally:
            os.close(handle)
        return _parse(name, path, data.decode("ascii", "replace"))


def _check_folder(folder: Path) -> None:
    if folder.stat().st_mode & 0o022:
        hint = f"look whether the keys in it are yours, then: chmod 700 {folder}"
        message = f"the key folder {folder} can be written by others"
        raise IntegrityError("key-folder-unsafe", message, hint=hint, path=str(folder))


def _check_owner(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _unsafe(path, "is no regular file")
    if found.st_mode & 0o077:
        raise _unsafe(path, "can be read or written by others")
    if found.st_uid != os.geteuid():
        raise _unsafe(path, "belongs to another user")


def _unsafe(path: Path, why: str) -> IntegrityError:
    hint = f"if nobody else can have read it: chmod 600 {path}; otherwise make a new key"
    return IntegrityError("key-file-unsafe", f"the key file {path} {why}", hint=hint, path=str(path))


def _parse(name: str, path: Path, text: str) -> tuple[KeyInfo, bytes]:
    lines = text.split("\n")
    if len(lines) == _LINES + 1 and lines[0] == _FORMAT and re.fullmatch(r"[0-9a-f]{64}", lines[3]):
        seed = bytes.fromhex(lines[3])
        if Signer.from_seed(name, seed).public == lines[1]:
            return KeyInfo(name, lines[1], lines[2]), seed
    hint = "restore it from a backup, or make a new key"
    raise IntegrityError("key-file-malformed", f"{path} is not a key file of this program", hint=hint, path=str(path))
