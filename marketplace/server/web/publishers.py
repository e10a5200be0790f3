"""Who publishes: a namespace with its packages, and what the registry thinks of the keys that sign there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from marketplace.errors import NotFoundError
from marketplace.index import namespaces
from marketplace.index.namespaces import Counts, Signer
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import SearchDocument
from marketplace.security.trust import TrustStore
from marketplace.server.tokens import check_namespace

_SHOWN = 50
"""Packages, and namespaces below, on a page."""
_PINNED = 20
"""Other namespaces that are named beside a key."""

_TOLD = {
    "pinned": "The key of this namespace: new releases must be signed with it.",
    "kept": "An earlier key of this namespace: what it signed stays good.",
    "replaced": "Not trusted any more: another key took its place.",
    "revoked": "Revoked: nothing that it signed should be used.",
    "unpinned": "Nobody has pinned a key for this namespace here.",
}


class KeyState(NamedTuple):
    """What the registry thinks of a key in a namespace: `state` is one of those that `told` explains."""

    key: str
    state: str
    reason: str

    @property
    def told(self) -> str:
        """What people are told of it."""
        return _TOLD[self.state]

    @property
    def is_good(self) -> bool:
        """Whether what it signed may be used."""
        return self.state in ("pinned", "kept")


def state_of(trust: TrustStore, namespace: str, key: str) -> KeyState:
    """Return what the registry thinks of a key in a namespace.

    Raises:
        IntegrityError: `trust-store-damaged`.
    """
    if (reason := trust.revoked().get(key)) is not None:
        return KeyState(key, "revoked", reason)
    good = trust.keys_of(namespace)
    if key in good:
        return KeyState(key, "pinned" if key == good[0] else "kept", "")
    return KeyState(key, "replaced" if good else "unpinned", "")


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key on the page of a namespace; `signer` is None when it signed nothing that is here."""

    state: KeyState
    signer: Signer | None
    elsewhere: Sequence[str]


@dataclass(frozen=True, slots=True)
class NamespaceView:
    """The page of a namespace; `withdrawn` are packages of which every version is yanked."""

    name: str
    counts: Counts
    packages: Sequence[SearchDocument]
    withdrawn: Sequence[str]
    keys: Sequence[KeyView]
    below: Sequence[str]
    before: str
    after: str


def namespace(registry: LocalRegistry, name: str, offset: int) -> NamespaceView:
    """Read the page of a namespace, its packages from the one at `offset` on.

    Raises:
        InvalidInputError: `invalid-namespace`.
        NotFoundError: `namespace-not-found`, there is nothing in it or below it.
        IntegrityError: `trust-store-damaged`.
    """
    check_namespace(name)
    index = registry.index
    counts, below = namespaces.counts(index, name), namespaces.below(index, name, _SHOWN)
    if not counts.packages and not below:
        message = f"there is no package in the namespace {name}"
        raise NotFoundError("namespace-not-found", message, hint="search for a package, and follow its namespace")
    ids = namespaces.packages(index, name, limit=_SHOWN, offset=offset)
    found = index.lookup(ids)
    return NamespaceView(
        name, counts, [found[id_] for id_ in ids if id_ in found], [id_ for id_ in ids if id_ not in found],
        _keys(registry, name), [f"{name}.{segment}" for segment in below],
        _address(name, max(0, offset - _SHOWN)) if offset else "",
        _address(name, offset + _SHOWN) if offset + _SHOWN < counts.packages else "",
    )  # fmt: skip


def _address(name: str, offset: int) -> str:
    return f"/n/{name}?offset={offset}" if offset else f"/n/{name}"


def _keys(registry: LocalRegistry, name: str) -> list[KeyView]:
    """Return the keys that signed something here, and before them the one that would have to."""
    trust = registry.trust
    signed = {signer.key: signer for signer in namespaces.signers(registry.index, name)}
    pins = trust.pins()
    found = []
    for key in dict.fromkeys([*trust.keys_of(name)[:1], *signed]):
        elsewhere = _pinned_elsewhere(registry, pins, key, name)
        found.append(KeyView(state_of(trust, name, key), signed.get(key), elsewhere))
    return found


def _pinned_elsewhere(registry: LocalRegistry, pins: Mapping[str, str], key: str, name: str) -> list[str]:
    others = sorted(other for other, pinned in pins.items() if pinned == key and other != name)
    return namespaces.populated(registry.index, others[:_PINNED])
