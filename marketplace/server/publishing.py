"""Publishing over HTTP: what arrived is checked as if it had been made here."""

from dataclasses import dataclass
from typing import BinaryIO

from marketplace.errors import ConflictError, DeniedError, NotFoundError
from marketplace.index import published
from marketplace.model.manifest import MAX_BYTES, Manifest
from marketplace.model.release import Release, YankRecord
from marketplace.model.tree import Tree
from marketplace.registry.local import LocalRegistry
from marketplace.registry.scoring import decoded
from marketplace.server.tokens import Token
from marketplace.source import check_tree, read_manifest
from marketplace.storage.base import BlobSource, read_tree


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A package whose files are in a store already; a `PackageSource`."""

    store: BlobSource
    tree: Tree
    manifest: Manifest

    @classmethod
    def read(cls, store: BlobSource, content_id: str) -> "StoredSource":
        """Read the tree and the manifest, and hold them to the rules for packages.

        Raises:
            ConflictError: `blobs-missing`, with the digests in `missing`.
            IntegrityError or InvalidInputError: what `check_tree` and `read_manifest` raise.
        """
        if not store.has(content_id):
            raise _missing([content_id])
        tree = read_tree(store, content_id)
        check_tree(tree)
        missing = sorted({entry.digest for entry in tree if not store.has(entry.digest)})
        if missing:
            raise _missing(missing)
        return cls(store, tree, read_manifest(tree, lambda entry: store.read(entry.digest, MAX_BYTES)))

    def open(self, path: str) -> BinaryIO:
        """Open a file by its path; reading it to the end verifies it."""
        entry = self.tree.get(path)
        if entry is None:
            raise NotFoundError("file-missing", f"there is no {path} in the package", entry=path)
        return self.store.open(entry.digest)


def _missing(digests: list[str]) -> ConflictError:
    hint = "send them first (POST api/v1/blobs), then the release again"
    return ConflictError(
        "blobs-missing", f"{len(digests)} blobs of the release are not here", hint=hint, missing=digests
    )


def publish(registry: LocalRegistry, record: bytes, token: Token) -> tuple[bool, dict[str, object]]:
    """Publish a signed release whose blobs are all here; return whether it is new, and its receipt.

    Raises:
        DeniedError: `namespace-denied` or `quota-exceeded`.
        ConflictError: `version-exists`, or `blobs-missing`.
        IntegrityError: what `Release.decode` and `LocalRegistry.publish` raise.
    """
    release = Release.decode(record)
    token.check(release.id)
    if (position := _position(registry, release, record)) is not None:
        return False, receipt(registry, release, position)
    _check_quota(registry, release, token)
    try:
        done = registry.publish(StoredSource.read(registry.store, release.content_id), release)
    except ConflictError as error:
        position = _position(registry, release, record) if error.code == "version-exists" else None
        if position is None:
            raise
        return False, receipt(registry, release, position)  # the same request was at work at the same time
    return True, receipt(registry, release, done.position)


def _check_quota(registry: LocalRegistry, release: Release, token: Token) -> None:
    if token.quota is None:
        return
    used = published.bytes_in(registry.index, token.namespaces)
    if used + release.size > token.quota:
        message = f"the releases of {', '.join(token.namespaces)} have {used:,} of {token.quota:,} bytes"
        hint = "ask the registry's operator for more"
        raise DeniedError("quota-exceeded", message, hint=hint, used=used, quota=token.quota)


def _position(registry: LocalRegistry, release: Release, record: bytes) -> int | None:
    """Return the place in the log of exactly this record, if it is there."""
    rows = published.releases_of(registry.index, release.id)
    return next((row.position for row in rows if row.record == record), None)


def receipt(registry: LocalRegistry, release: Release, position: int) -> dict[str, object]:
    """Return what a publisher is told."""
    kept = registry.index.score(release)
    return {
        "id": str(release.id),
        "version": str(release.version),
        "content_id": release.content_id,
        "registry": registry.name,
        "key": release.key,
        "position": position,
        "quality": decoded(kept.report).summary() if kept else None,
    }


def yank(registry: LocalRegistry, data: bytes, token: Token) -> tuple[bool, dict[str, object]]:
    """Append a signed yank or unyank; return whether it is new, and what was done.

    Raises:
        DeniedError: `namespace-denied`.
        NotFoundError: `package-not-found` or `version-not-found`.
        ConflictError: `already-yanked` or `not-yanked`, by another record than this.
        IntegrityError: what `YankRecord.decode` and `LocalRegistry.yank` raise.
    """
    record = YankRecord.decode(data)
    token.check(record.id)
    done: dict[str, object] = {"action": record.action, "id": str(record.id), "version": str(record.version)}
    try:
        registry.yank(record) if record.action == "yank" else registry.unyank(record)
    except ConflictError:
        if published.last_yank(registry.index, record.id, record.version) != data:
            raise
        return False, done
    return True, done
