"""Who is trusted: the keys pinned per namespace and the keys revoked. Every registry asks here."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.model.ids import PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.security.verifier import Ed25519Verifier, public_bytes
from marketplace.storage.files import write_atomic
from marketplace.storage.locks import FileLock

_FORMAT = 1
_LOCK_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class _State:
    pins: Mapping[str, str]
    revoked: Mapping[str, str]


class TrustStore:
    """Pins and revocations in one JSON file, shared by all processes of a home.

    A file that cannot be read is an error and never taken for "nothing is pinned".
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._verifier = Ed25519Verifier()
        self._seen: tuple[int, int, _State] | None = None

    def check_release(self, release: Release, *, pin: bool = True) -> bool:
        """Verify a release's signature, then that its key is not revoked, then the namespace's pin.

        Returns True when this call pinned the namespace's key (first use; with `pin` False nothing is pinned and True
        says that it would be).

        Raises:
            IntegrityError: a signature or key code of `Ed25519Verifier`, `key-revoked` or `key-changed`.
        """
        self._verifier.verify(release.key, release.signature, release.statement())
        return self._check_key(release.id.namespace, release.key, pin=pin)

    def check_yank(self, record: YankRecord, publisher: str) -> None:
        """Verify a yank: its signature, and that its key is the publisher's or the namespace's pinned one.

        Raises:
            IntegrityError: as `check_release`, or `yank-key-wrong`.
        """
        self._verifier.verify(record.key, record.signature, record.statement())
        if record.key not in (publisher, self.pin_of(record.id.namespace)):
            hint = "yank with the key that published it (--key)"
            raise IntegrityError(
                "yank-key-wrong", f"{record.key} has not published {record.id}@{record.version}", hint=hint
            )
        self._check_key(record.id.namespace, record.key, pin=False)

    def _check_key(self, namespace: str, key: str, *, pin: bool) -> bool:
        state = self._load()
        if key in state.revoked:
            raise IntegrityError(
                "key-revoked", f"the key {key} was revoked here: {state.revoked[key]}", key=key,
                hint="do not use what it signed; a newer release may be signed by another key",
            )  # fmt: skip
        known = state.pins.get(namespace)
        if known is None and pin:
            known = self._pin_first(namespace, key)
            return known == key or self._changed(namespace, known, key)
        return known is None or (known != key and self._changed(namespace, known, key))

    def _changed(self, namespace: str, known: str, key: str) -> bool:
        raise IntegrityError(
            "key-changed", f"{namespace} is pinned to {known}, but this is signed by {key}",
            hint=f"ask its owner over another channel; if the change is right: ggen market key trust {namespace} {key}",
            namespace=namespace, pinned=known, offered=key,
        )  # fmt: skip

    def _pin_first(self, namespace: str, key: str) -> str:
        """Pin unless somebody else was faster; return the key that is pinned now."""
        with self._changing() as state:
            if namespace not in state.pins:
                self._save(replace(state, pins={**state.pins, namespace: key}))
                return key
            return state.pins[namespace]

    def pin_of(self, namespace: str) -> str | None:
        """Return the key pinned for `namespace`, or None."""
        return self._load().pins.get(namespace)

    def pins(self) -> Mapping[str, str]:
        """Return all pins: namespace to key."""
        return self._load().pins

    def revoked(self) -> Mapping[str, str]:
        """Return all revoked keys with the reasons."""
        return self._load().revoked

    def trust(self, namespace: str, key: str) -> None:
        """Pin `namespace` to `key`, replacing an older pin.

        Raises:
            IntegrityError: `key-malformed`, `key-not-canonical`, `key-small-order` or `key-revoked`.
            InvalidInputError: `invalid-namespace`.
        """
        public_bytes(key)
        try:
            PackageId.parse(f"{namespace}.x")
        except InvalidInputError as error:
            hint = "a namespace is a package id without its last segment, such as io.ggen.rust"
            raise InvalidInputError("invalid-namespace", f"{namespace[:80]!r} is not a namespace", hint=hint) from error
        with self._changing() as state:
            if key in state.revoked:
                hint = "a revocation is final: pin another key"
                raise IntegrityError("key-revoked", f"the key {key} was revoked: {state.revoked[key]}", hint=hint)
            self._save(replace(state, pins={**state.pins, namespace: key}))

    def revoke(self, key: str, reason: str) -> None:
        """Refuse `key` from now on, whatever is pinned.

        Raises:
            IntegrityError: `key-malformed`, `key-not-canonical` or `key-small-order`.
        """
        public_bytes(key)
        with self._changing() as state:
            self._save(replace(state, revoked={**state.revoked, key: reason}))

    @contextmanager
    def _changing(self) -> Iterator[_State]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self._path.with_suffix(".lock")
        with FileLock(lock, purpose="changing the pins", timeout=_LOCK_TIMEOUT):
            self._seen = None
            yield self._load()

    def _save(self, state: _State) -> None:
        document = {"format": _FORMAT, "pins": dict(state.pins), "revoked": dict(state.revoked)}
        write_atomic(self._path, json.dumps(document, indent=1, sort_keys=True).encode() + b"\n", mode=0o600)
        self._seen = None

    def _load(self) -> _State:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return _State({}, {})
        if self._seen and self._seen[:2] == (found.st_mtime_ns, found.st_ino):
            return self._seen[2]
        state = _parse(self._path)
        self._seen = (found.st_mtime_ns, found.st_ino, state)
        return state


def _parse(path: Path) -> _State:
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != _FORMAT:
            raise ValueError(f"format {document['format']!r} is not known to this version")
        pins, revoked = document["pins"], document["revoked"]
        for key in [*pins.values(), *revoked]:
            public_bytes(key)
        if not all(isinstance(text, str) for text in [*pins, *revoked.values()]):
            raise ValueError("a namespace or reason is not a text")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, IntegrityError) as error:
        hint = "restore it from a backup; to start anew, move it away and pin the namespaces again (key trust)"
        raise IntegrityError("trust-store-damaged", f"{path} cannot be read: {error}", hint=hint) from error
    return _State(pins, revoked)
