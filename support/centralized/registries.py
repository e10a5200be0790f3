"""Registries for scenarios, with packages of the sample catalog, and what a publisher sends over the wire."""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from marketplace.model.package import PackageSource
from marketplace.model.release import Release
from marketplace.protocol import bundle
from marketplace.security.keys import KeyRing
from marketplace.source import FolderSource, build_release
from marketplace.storage.base import NewBlob
from support.centralized.exchange import Answer
from support.centralized.servers import Server
from support.market.packages import local_registry
from support.market.signing import signer_of
from support.market.world import World

EXAMPLES = Path(__file__).parents[2] / "examples"


def publish_examples(world: World, specs: Iterable[str]) -> None:
    """Publish packages of the sample catalog into the scenario's home, signed by its key."""
    ring = KeyRing(world.home / "keys")
    signer = ring.create("default", world.now) if not ring.list() else ring.load(None)
    registry = local_registry(world.home)
    for spec in specs:
        source = FolderSource.read(EXAMPLES / spec.replace("@", "/"))
        registry.publish(source, build_release(source, signer, world.now))
    registry.index.close()


_MANIFEST = """[package]
id = "{id}"
version = "{version}"
title = "Made for a scenario"
description = "What a publisher sends"
license = "MIT"
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """A package that somebody wants to publish over the wire, and the signed release of it."""

    source: PackageSource
    release: Release

    @classmethod
    def make(
        cls, world: World, spec: str, person: str = "Alice", files: Iterable[tuple[str, bytes]] = (), *, more: str = ""
    ) -> "Offer":
        """Write a package `ID@VERSION` with these files, signed by that person; `more` ends its manifest."""
        id_, _, version = spec.partition("@")
        folder = world.root / "offers" / f"{spec}-{len(list((world.root / 'offers').glob('*')))}"
        folder.mkdir(parents=True)
        manifest = _MANIFEST.format(id=id_, version=version) + more
        (folder / "package.toml").write_text(manifest, encoding="utf-8")
        (folder / "README.md").write_text(f"# {spec}\n", encoding="utf-8")
        for name, data in files:
            (folder / name).write_bytes(data)
        source = FolderSource.read(folder)
        return cls(source, build_release(source, signer_of(person), world.now))

    def blobs(self) -> list[NewBlob]:
        """Return the tree and the files."""
        tree = self.source.tree
        encoded = tree.encoded
        files = {e.digest: NewBlob(e.digest, e.size, partial(self.source.open, e.path)) for e in tree}
        return [NewBlob(tree.content_id, len(encoded), partial(io.BytesIO, encoded)), *files.values()]

    def bundle(self) -> bytes:
        """Return the bundle of all blobs."""
        return b"".join(bundle.write(self.blobs()))

    def altered(self, **fields: object) -> "Offer":
        """Return the same package with another release record, whose signature is as it was."""
        return Offer(self.source, replace(self.release, **fields))  # type: ignore[arg-type]


def publish_here(world: World, spec: str, more: str = "") -> Offer:
    """Publish a package of Alice's in the scenario's home, in this process; `more` ends its manifest."""
    offer = Offer.make(world, spec, more=more)
    registry = local_registry(world.home)
    registry.publish(offer.source, offer.release)
    registry.index.close()
    return offer


def bearer(server: Server, namespace: str) -> dict[str, str]:
    """Return the header that shows a token for a namespace."""
    return {"authorization": f"Bearer {server.token(namespace)}"}


def send_blobs(server: Server, offer: Offer, token: dict[str, str]) -> Answer:
    """Ask which blobs are missing, and send these; return the answer that was last, or the refusal."""
    digests = json.dumps({"digests": [blob.digest for blob in offer.blobs()]}).encode()
    answer = server.ask("/api/v1/missing", "POST", digests, **token)
    if answer.status != 200:
        return answer
    lacking = set(answer.json()["missing"])
    body = b"".join(bundle.write(blob for blob in offer.blobs() if blob.digest in lacking))
    return server.ask("/api/v1/blobs", "POST", body, **token)


def send_release(server: Server, offer: Offer, token: dict[str, str]) -> Answer:
    """Send the release record."""
    return server.ask("/api/v1/releases", "POST", offer.release.encode(), **token)
