"""Tokens for registries: one per scheme, host and port, in a file that only this user can read."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from marketplace.errors import IntegrityError
from marketplace.storage.files import disk_error, write_atomic
from marketplace.storage.locks import FileLock
from marketplace.storage.own_files import read_private

_FORMAT = 1


class Credentials:
    """The tokens in the file `path`, shared by all processes of a home."""

    def __init__(self, path: Path, *, lock_timeout: float = 30.0) -> None:
        self._path = path
        self._lock_timeout = lock_timeout

    def token(self, origin: str) -> str | None:
        """Return the token for an origin (see `origin_of`).

        Raises:
            IntegrityError: `credentials-unsafe` or `credentials-damaged`.
        """
        return self._load().get(origin)

    def keep(self, origin: str, token: str) -> None:
        """Keep a token.

        Raises:
            UnavailableError: `lock-timeout`, `disk-full` or `store-unwritable`.
            IntegrityError: as `token`.
        """
        with self._changing() as tokens:
            self._save({**tokens, origin: token})

    def forget(self, origin: str) -> bool:
        """Forget the token of an origin; return whether there was one."""
        with self._changing() as tokens:
            if origin in tokens:
                self._save({name: token for name, token in tokens.items() if name != origin})
            return origin in tokens

    @contextmanager
    def _changing(self) -> Iterator[Mapping[str, str]]:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = self._path.with_suffix(".lock")
            with FileLock(lock, purpose="changing the tokens", timeout=self._lock_timeout):
                yield self._load()
        except OSError as error:
            raise disk_error(error, str(self._path)) from error

    def _save(self, tokens: Mapping[str, str]) -> None:
        document = {"format": _FORMAT, "tokens": dict(tokens)}
        write_atomic(self._path, json.dumps(document, indent=1).encode() + b"\n", mode=0o600)

    def _load(self) -> Mapping[str, str]:
        try:
            hint = "if somebody may have read it, ask for new tokens; then"
            document = json.loads(read_private(self._path, "credentials-unsafe", hint=hint))
            tokens = document["tokens"]
            if document["format"] != _FORMAT or not all(isinstance(text, str) for text in tokens.values()):
                raise ValueError("it has another format")
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            hint = "remove it, and log in again"
            raise IntegrityError("credentials-damaged", f"{self._path} cannot be read: {error}", hint=hint) from error
        return dict(tokens)


def token_source(kept: Credentials, given: str | None, origin: str) -> Callable[[str], str | None]:
    """Return what knows the token of an origin: `given` (GGEN_TOKEN) is for `origin` alone, others are kept ones."""

    def token_of(asked: str) -> str | None:
        return given if given and asked == origin else kept.token(asked)

    return token_of
