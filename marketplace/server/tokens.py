"""Publishers' tokens: bound to namespaces, kept as hashes in the registry's folder."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from marketplace.errors import ConflictError, DeniedError, IntegrityError, InvalidInputError, NotFoundError
from marketplace.model.ids import PackageId
from marketplace.storage.files import disk_error, write_atomic
from marketplace.storage.locks import FileLock
from marketplace.storage.own_files import read_private

PREFIX = "ggen_"
"""Begins every token, so that scanners of leaked secrets know one."""

_BYTES = 32
_TOKEN = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{43}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token: `hash` is the SHA-256 of its text. 256 random bits need no slow hash.

    `quota` is the most bytes that the releases in its namespaces may have together; None for any number.
    """

    name: str
    hash: str
    namespaces: tuple[str, ...]
    created: str
    quota: int | None = None

    def check(self, id_: PackageId) -> None:
        """Return when the token may publish that package: in one of its namespaces or below.

        Raises:
            DeniedError: `namespace-denied`.
        """
        if not any(f"{id_.namespace}.".startswith(f"{namespace}.") for namespace in self.namespaces):
            allowed = ", ".join(self.namespaces)
            message = f"the token {self.name} is not for {id_.namespace}"
            raise DeniedError(
                "namespace-denied", message, hint=f"it is for {allowed}", namespaces=list(self.namespaces)
            )


class TokenStore:
    """The tokens of a registry, in one JSON file that only its owner can read; shared by all its processes."""

    def __init__(self, path: Path, *, lock_timeout: float = 30.0) -> None:
        self._path = path
        self._lock_timeout = lock_timeout
        self._seen: tuple[tuple[int, int, int], Mapping[str, Token]] | None = None

    def create(
        self,
        name: str,
        namespaces: tuple[str, ...],
        created: str,
        *,
        quota: int | None = None,
        draw: Callable[[int], bytes] = secrets.token_bytes,
    ) -> str:
        """Make a token and return its text, which is kept nowhere.

        Raises:
            InvalidInputError: `invalid-token-name` or `invalid-namespace`.
            ConflictError: `token-exists`.
            IntegrityError: as `list`.
        """
        if not _NAME.fullmatch(name):
            raise InvalidInputError("invalid-token-name", f"{name[:80]!r} is no name for a token",
                                    hint="use letters, digits, and - _ . inside")  # fmt: skip
        for namespace in namespaces:
            check_namespace(namespace)
        text = PREFIX + base64.urlsafe_b64encode(draw(_BYTES)).decode("ascii").rstrip("=")
        with self._changing() as tokens:
            if any(token.name == name for token in tokens.values()):
                hint = "choose another name, or revoke that one first"
                raise ConflictError("token-exists", f"there is a token named {name}", hint=hint)
            token = Token(name, _hash(text), tuple(sorted(set(namespaces))), created, quota)
            self._save([*tokens.values(), token])
        return text

    def revoke(self, name: str) -> None:
        """Forget a token: from now on it is unknown.

        Raises:
            NotFoundError: `token-not-found`.
        """
        with self._changing() as tokens:
            left = [token for token in tokens.values() if token.name != name]
            if len(left) == len(tokens):
                names = ", ".join(sorted(token.name for token in tokens.values())) or "none"
                raise NotFoundError(
                    "token-not-found", f"there is no token named {name[:80]!r}", hint=f"there are: {names}"
                )
            self._save(left)

    def list(self) -> tuple[Token, ...]:
        """Return all tokens, sorted by name.

        Raises:
            IntegrityError: `token-store-damaged`, or `token-store-unsafe` when others can read or write the file.
        """
        return tuple(sorted(self._load().values(), key=lambda token: token.name))

    def authenticate(self, authorization: str | None) -> Token:
        """Return the token that an `Authorization` header bears.

        Raises:
            DeniedError: `token-missing` or `token-unknown`.
        """
        if authorization is None:
            hint = "the operator of the registry makes one: ggen market token new"
            raise DeniedError("token-missing", "this needs a token", hint=hint)
        scheme, _, text = authorization.partition(" ")
        found = (
            self._load().get(_hash(text.strip()))
            if scheme.lower() == "bearer" and _TOKEN.fullmatch(text.strip())
            else None
        )
        if found is None:
            raise DeniedError(
                "token-unknown", "the token is not known here", hint="it may have been revoked: ask for another"
            )
        return found

    @contextmanager
    def _changing(self) -> Iterator[Mapping[str, Token]]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path.with_suffix(".lock"), purpose="changing the tokens", timeout=self._lock_timeout):
                self._seen = None
                yield self._load()
        except OSError as error:
            raise disk_error(error, str(self._path)) from error

    def _save(self, tokens: Sequence[Token]) -> None:
        document = {"format": _FORMAT, "tokens": [asdict(token) for token in tokens]}
        write_atomic(self._path, json.dumps(document, indent=1).encode() + b"\n", mode=0o600)
        self._seen = None

    def _load(self) -> Mapping[str, Token]:
        """Return the tokens by their hashes; the file is read again only when it has changed."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return {}
        facts = (found.st_mtime_ns, found.st_ino, found.st_size)
        if self._seen is None or self._seen[0] != facts:
            self._seen = (facts, _parse(self._path))
        return self._seen[1]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def check_namespace(namespace: str) -> None:
    """Return when a text is a namespace.

    Raises:
        InvalidInputError: `invalid-namespace`.
    """
    try:
        PackageId.parse(f"{namespace}.x")
    except InvalidInputError as error:
        hint = "a namespace is a package id without its last segment, such as io.ggen.rust"
        raise InvalidInputError("invalid-namespace", f"{namespace[:80]!r} is not a namespace", hint=hint) from error


def _parse(path: Path) -> Mapping[str, Token]:
    try:
        hint = "revoke the tokens if somebody can have changed it, then"
        document = json.loads(read_private(path, "token-store-unsafe", hint=hint))
        if document["format"] != _FORMAT:
            raise ValueError(f"format {document['format']!r} is not known to this version")
        tokens = [_token(item) for item in document["tokens"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "restore it from a backup, or remove it and make the tokens again"
        raise IntegrityError("token-store-damaged", f"{path} cannot be read: {error}", hint=hint) from error
    return {token.hash: token for token in tokens}


def _token(item: Any) -> Token:
    token = Token(item["name"], item["hash"], tuple(item["namespaces"]), item["created"], item.get("quota"))
    if not all(isinstance(text, str) for text in (token.name, token.hash, token.created, *token.namespaces)):
        raise ValueError("a field of a token is no text")
    if token.quota is not None and (type(token.quota) is not int or token.quota < 0):
        raise ValueError("a quota is no number of bytes")
    return token
