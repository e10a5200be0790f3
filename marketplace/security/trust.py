"""Who is trusted: the keys pinned per namespace and the keys revoked. Every registry asks here."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.model.ids import PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.security.verifier import Ed25519Verifier, public_bytes
from marketplace.storage.files import write_atomic
from marketplace.storage.locks import FileLock
from marketplace.storage.own_files import read_own

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class _State:
    """`pins` are the keys by namespace; `kept` are earlier keys whose signatures stay good; `revoked` has reasons."""

    pins: Mapping[str, str]
    kept: Mapping[str, tuple[str, ...]]
    revoked: Mapping[str, str]

    def keys_of(self, namespace: str) -> tuple[str, ...]:
        pin = self.pins.get(namespace)
        return (pin, *self.kept.get(namespace, ())) if pin else ()


class TrustStore:
    """Pins and revocations in one JSON file, shared by all processes of a home.

    A file that cannot be read is an error and never taken for "nothing is pinned".

    Args:
        path: the file.
        lock_timeout: seconds to wait for another process that changes the pins.
    """

    def __init__(self, path: Path, *, lock_timeout: float = 30.0) -> None:
        self._path = path
        self._lock_timeout = lock_timeout
        self._verifier = Ed25519Verifier()
        self._seen: tuple[tuple[int, int], _State] | None = None

    def check_release(self, release: Release, *, pin: bool = True) -> bool:
        """Verify a release's signature, then that its key is not revoked, then the namespace's pin.

        Returns True when this call pinned the namespace's key (first use; with `pin` False nothing is pinned and True
        says that it would be).

        Raises:
            IntegrityError: a signature or key code of `Ed25519Verifier`, `key-revoked` or `key-changed`.
        """
        self._verifier.verify(release.key, release.signature, release.statement())
        return self._check_key(release.id.namespace, release.key, pin=pin)

    def pin(self, release: Release) -> bool:
        """Pin the key of a release that was checked before, if its namespace has no pin; tell whether this call did.

        Raises:
            IntegrityError: `key-revoked` or `key-changed`.
        """
        return self._check_key(release.id.namespace, release.key, pin=True)

    def check_yank(self, record: YankRecord, publisher: str) -> None:
        """Verify a yank: its signature, and that its key is the publisher's or one trusted for the namespace.

        So the owner of a new key can yank what an old, stolen one has signed.

        Raises:
            IntegrityError: a signature or key code of `Ed25519Verifier`, `yank-key-wrong` or `key-revoked`.
        """
        self._verifier.verify(record.key, record.signature, record.statement())
        if record.key not in (publisher, *self._load().keys_of(record.id.namespace)):
            hint = "yank with the key that published it (--key)"
            raise IntegrityError(
                "yank-key-wrong", f"{record.key} has not published {record.id}@{record.version}", hint=hint
            )
        self._check_revoked(record.key)

    def _check_key(self, namespace: str, key: str, *, pin: bool) -> bool:
        self._check_revoked(key)
        state = self._load()
        if namespace not in state.pins:
            return not pin or self._pin_first(namespace, key)
        if key not in state.keys_of(namespace):
            raise _changed(namespace, state.pins[namespace], key)
        return False

    def _check_revoked(self, key: str) -> None:
        reason = self._load().revoked.get(key)
        if reason is not None:
            hint = "do not use what it signed; a newer release may be signed by another key"
            raise IntegrityError("key-revoked", f"the key {key} was revoked here: {reason}", hint=hint, key=key)

    def _pin_first(self, namespace: str, key: str) -> bool:
        """Pin unless another process was faster; tell whether this call did."""
        with self._changing() as state:
            if namespace not in state.pins:
                self._save(replace(state, pins={**state.pins, namespace: key}))
                return True
        if key not in state.keys_of(namespace):
            raise _changed(namespace, state.pins[namespace], key)
        return False

    def pin_of(self, namespace: str) -> str | None:
        """Return the key pinned for `namespace`, or None."""
        return self._load().pins.get(namespace)

    def pins(self) -> Mapping[str, str]:
        """Return all pins: namespace to key."""
        return self._load().pins

    def keys_of(self, namespace: str) -> tuple[str, ...]:
        """Return the keys whose signatures are good for `namespace`, the pinned one first; none without a pin."""
        return self._load().keys_of(namespace)

    def revoked(self) -> Mapping[str, str]:
        """Return all revoked keys with the reasons."""
        return self._load().revoked

    def trust(self, namespace: str, key: str, *, keep: bool = False) -> None:
        """Pin `namespace` to `key`. What an older pin's key has signed is refused from now on, unless `keep`.

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
            earlier = tuple(old for old in state.keys_of(namespace) if old != key) if keep else ()
            pins, kept = {**state.pins, namespace: key}, {**state.kept, namespace: earlier}
            self._save(replace(state, pins=pins, kept={name: keys for name, keys in kept.items() if keys}))

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
        with FileLock(lock, purpose="changing the pins", timeout=self._lock_timeout):
            self._seen = None
            yield self._load()

    def _save(self, state: _State) -> None:
        document = {"format": _FORMAT, "pins": state.pins, "kept": state.kept, "revoked": state.revoked}
        write_atomic(self._path, json.dumps(document, indent=1, sort_keys=True).encode() + b"\n", mode=0o600)
        self._seen = None

    def stamp(self) -> tuple[int, int] | None:
        """Return what tells the present state of the file from another; None while there is no file."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _load(self) -> _State:
        stamp = self.stamp()
        if stamp is None:
            return _State({}, {}, {})
        if self._seen is None or self._seen[0] != stamp:
            self._seen = (stamp, _parse(self._path))
        return self._seen[1]


def _changed(namespace: str, pinned: str, offered: str) -> IntegrityError:
    hint = (
        "ask its owner over another channel which key is right, and compare all of it; "
        f"if the new one is: ggen market key trust {namespace} {offered} "
        "(with --keep, if what the old key signed stays good)"
    )
    message = f"{namespace} is pinned to {pinned}, but this is signed by {offered}"
    return IntegrityError("key-changed", message, hint=hint, namespace=namespace, pinned=pinned, offered=offered)


def _parse(path: Path) -> _State:
    hint = "look whether its pins are yours (ggen market key list), then"
    data = read_own(path, "trust-store-unsafe", hint=hint)
    try:
        document = json.loads(data, object_pairs_hook=_once)
        if document["format"] != _FORMAT:
            raise ValueError(f"format {document['format']!r} is not known to this version")
        pins, revoked = document["pins"], document["revoked"]
        kept = {namespace: tuple(keys) for namespace, keys in document["kept"].items()}
        for key in [*pins.values(), *revoked, *(key for keys in kept.values() for key in keys)]:
            public_bytes(key)
        if not all(isinstance(text, str) for text in revoked.values()):
            raise ValueError("a reason is not a text")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, IntegrityError) as error:
        hint = "restore it from a backup; to start anew, move it away and pin the namespaces again (key trust)"
        raise IntegrityError("trust-store-damaged", f"{path} cannot be read: {error}", hint=hint) from error
    return _State(pins, kept, revoked)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found
