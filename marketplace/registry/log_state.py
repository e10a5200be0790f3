"""What this home knows of a registry's log: its pinned key and the last checkpoint, in a file that outlives the cache.

A file that cannot be read is an error and never taken for "nothing is pinned".
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.protocol.notes import MAX_NOTE, VerifierKey, read_checkpoint
from marketplace.storage.files import disk_error, write_atomic
from marketplace.storage.locks import FileLock

FORMAT = 1
_MAX_FILE = 2 * MAX_NOTE


@dataclass(frozen=True, slots=True)
class KnownLog:
    """The pinned key, and the last checkpoint as it was signed (empty before the first)."""

    key: VerifierKey
    checkpoint: bytes = b""


def state_path(home: Path, name: str, url: str) -> Path:
    """Return the file about the log of a registry, by its address too: a name that moves brings nothing along."""
    return home / "logs" / f"{name}-{sha256(url.encode()).hexdigest()[:16]}.json"


class LogState:
    """The file `path`. Changes happen while `alone` is held."""

    def __init__(self, path: Path, *, lock_timeout: float = 30.0) -> None:
        self.path = path
        self._lock_timeout = lock_timeout

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time compare and change.

        Raises:
            UnavailableError: `lock-timeout`, `disk-full` or `store-unwritable`.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self.path.with_suffix(".lock"), purpose="checking a log", timeout=self._lock_timeout)
            lock.__enter__()
        except OSError as error:
            raise disk_error(error, str(self.path)) from error
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def load(self) -> KnownLog | None:
        """Return what is known; None before the first use.

        Raises:
            IntegrityError: `log-state-damaged`.
            InvalidInputError: `log-state-newer`.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._damaged(error.strerror or str(error)) from error
        try:
            found = json.loads(data) if len(data) <= _MAX_FILE else None
            version = found["format"] if isinstance(found, dict) else None
            if isinstance(version, int) and version > FORMAT:
                hint = "update this program"
                raise InvalidInputError("log-state-newer", f"{self.path} has format {version}", hint=hint)
            if not isinstance(found, dict) or version != FORMAT:
                raise self._damaged(f"it is not of format {FORMAT}")
            known = KnownLog(VerifierKey.parse(found["key"]), found["checkpoint"].encode())
            read_checkpoint(known.checkpoint, known.key)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise self._damaged(str(error)[:100]) from error
        except IntegrityError as error:
            raise error if error.code == "log-state-damaged" else self._damaged(error.message) from error
        return known

    def save(self, known: KnownLog) -> None:
        """Replace what is known.

        Raises:
            UnavailableError: `disk-full` or `store-unwritable`.
        """
        document = {"checkpoint": known.checkpoint.decode("utf-8"), "format": FORMAT, "key": str(known.key)}
        self._write(self.path, json.dumps(document, sort_keys=True).encode() + b"\n")

    def keep_evidence(self, data: bytes) -> Path:
        """Write a proof beside the state and return its file: the same proof has the same name."""
        path = self.path.with_name(f"{self.path.stem}-proof-{sha256(data).hexdigest()[:12]}.json")
        self._write(path, data)
        return path

    def forget(self) -> bool:
        """Forget the pin and the checkpoint; proofs stay. Tell whether there was one."""
        had = self.path.exists()
        self.path.unlink(missing_ok=True)
        return had

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_atomic(path, data, mode=0o600)
        except OSError as error:
            raise disk_error(error, str(path)) from error

    def _damaged(self, why: str) -> IntegrityError:
        hint = "restore it from a backup; or remove it to trust the log that the registry shows now"
        return IntegrityError("log-state-damaged", f"{self.path} is damaged: {why}", hint=hint)
