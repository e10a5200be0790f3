"""Publishers for scenarios: what they send over the wire, right or spoilt, and what the server then holds."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from marketplace.model.ids import PackageId
from marketplace.model.release import YankRecord
from marketplace.model.tree import Tree, TreeEntry
from marketplace.model.version import Version
from marketplace.protocol import bundle, documents
from marketplace.storage.base import NewBlob
from support.centralized.batches import batch
from support.centralized.exchange import Answer
from support.centralized.registries import Offer, bearer, publish_here, send_blobs, send_release
from support.centralized.servers import Server
from support.market.signing import release_by, signer_of
from support.market.stores import made_up

_HTTP_AT = "2026-01-01T00:00:00Z"


@dataclass(slots=True)
class Publishers:
    """People who send packages to one server; `answer` is the last answer, `offers` what was sent by whom."""

    server: Server
    offers: dict[str, Offer] = field(default_factory=dict)
    answer: Answer | None = None
    record: bytes = b""
    content_id: str = ""

    def last(self) -> Answer:
        """Return the last answer."""
        assert self.answer is not None, "nothing was sent"
        return self.answer

    def token(self, words: str) -> dict[str, str]:
        """Return the header of `a token for "NAMESPACE"` and of the odd ones."""
        namespace = words.partition('"')[2].partition('"')[0]
        match words:
            case "no token":
                return {}
            case "a token that nobody made":
                return {"authorization": "Bearer ggen_" + "A" * 43}
            case "the token as a password":
                return {"authorization": bearer(self.server, "io.acme")["authorization"].replace("Bearer", "Basic")}
        header = bearer(self.server, namespace)
        if words.endswith("that was revoked"):
            self.server.world.run(f"ggen market token revoke for-{namespace}")
        return header

    def offer(self, person: str, spec: str, *, fresh: bool = False) -> Offer:
        """Return what a person publishes as `ID@VERSION`; the same each time unless another is wanted."""
        if fresh or (person + spec) not in self.offers:
            files = [(f"file-{number}.txt", f"{person} {spec} {number} {fresh}\n".encode()) for number in range(4)]
            self.offers[person + spec] = Offer.make(self.server.world, spec, person, files)
        return self.offers[person + spec]

    def publish(self, person: str, spec: str, token: str, *, fresh: bool = False) -> None:
        """Send blobs and release."""
        offer, header = self.offer(person, spec, fresh=fresh), self.token(token)
        self.answer = send_blobs(self.server, offer, header)
        if self.answer.status == 200:
            self.answer = send_release(self.server, offer, header)

    def send_release_alone(self, spec: str) -> None:
        """Send the release and no blob."""
        self.answer = send_release(self.server, self.offer("Alice", spec), bearer(self.server, "io.acme"))

    def missing(self, spec: str) -> list[str]:
        """Ask which blobs of a package the server lacks."""
        digests = json.dumps({"digests": [blob.digest for blob in self.offer("Alice", spec).blobs()]}).encode()
        found = self.server.ask("/api/v1/missing", "POST", digests, **bearer(self.server, "io.acme"))
        return list(found.json()["missing"])

    def send_wrong_blob(self, spec: str) -> Answer:
        """Send a bundle in which a byte was altered."""
        body = self.offer("Alice", spec).bundle()
        body = body[:-2] + bytes([body[-2] ^ 1]) + body[-1:]
        return self.server.ask("/api/v1/blobs", "POST", body, **bearer(self.server, "io.acme"))

    def send_tree_alone(self, spec: str) -> None:
        """Send the tree and the release, and no file."""
        offer, header = self.offer("Alice", spec), bearer(self.server, "io.acme")
        body = b"".join(bundle.write(offer.blobs()[:1]))
        assert self.server.ask("/api/v1/blobs", "POST", body, **header).status == 200
        self.answer = send_release(self.server, offer, header)

    def publish_sized(self, specs: list[str], size: int, namespace: str) -> list[Answer]:
        """Publish packages of so many bytes each; return the answers to their releases."""
        header, answers = bearer(self.server, namespace), []
        for spec in specs:
            offer = Offer.make(self.server.world, spec, files=[("big.bin", made_up(size))])
            assert send_blobs(self.server, offer, header).status == 200
            answers.append(send_release(self.server, offer, header))
        return answers

    def send_spoilt(self, spec: str, what: str) -> None:
        """Send blobs and a release with something wrong."""
        offer, header = self.offer("Alice", spec), bearer(self.server, "io.acme")
        blobs, record = _SPOILT[what](offer)
        self.content_id = blobs[0].digest
        body = b"".join(bundle.write(blobs))
        assert self.server.ask("/api/v1/blobs", "POST", body, **header).status == 200
        self.answer = self.server.ask("/api/v1/releases", "POST", record, **header)

    def yank(
        self, person: str, action: str, spec: str, *, reason: str = "it is broken", token: str | None = None
    ) -> None:
        """Send a yank or unyank record."""
        id_, _, version = spec.partition("@")
        signer = signer_of(person)
        record = YankRecord(
            "yank" if action == "yank" else "unyank", PackageId(id_), Version.parse(version), reason, _HTTP_AT,
            signer.public,
        )  # fmt: skip
        self.record = record.signed(signer.sign(record.statement())).encode()
        self.answer = self.server.ask(
            "/api/v1/yanks", "POST", self.record, **self.token(token or 'a token for "io.acme"')
        )

    def send_record(self) -> None:
        """Send the last yank record once more."""
        self.answer = self.server.ask("/api/v1/yanks", "POST", self.record, **bearer(self.server, "io.acme"))

    def check_visible(self, person: str, spec: str) -> None:
        """Check that searching, the package document and a batch have a release at once."""
        offer = self.offers[person + spec]
        id_ = offer.release.id
        found = self.server.ask(f"/api/v1/search?q={id_}").json()
        assert found["results"][0]["id"] == str(id_), found
        listed = documents.decode_package(self.server.ask(f"/packages/{id_}.json").body, id_)
        assert offer.release in [entry.release for entry in listed.entries], listed
        assert self.server.ask(f"/releases/{id_}/{offer.release.version}.json").body == offer.release.encode()
        assert set(batch(self.server, want=[offer.release.content_id])) == {blob.digest for blob in offer.blobs()}

    def check_yanked(self, spec: str, *, yanked: bool) -> None:
        """Check what the list of yanks and the package document say of a version."""
        id_ = PackageId(spec.partition("@")[0])
        yanks, bad = documents.decode_yanked(self.server.ask("/yanked.json").body)
        (entry,) = documents.decode_package(self.server.ask(f"/packages/{id_}.json").body, id_).entries
        expected = [spec] if yanked else []
        assert [f"{record.id}@{record.version}" for record in yanks] == expected, (yanks, bad)
        assert (entry.yank in yanks) is yanked, entry

    def check_cut_and_resumed(self, spec: str) -> None:
        """Break the line in the last file; send the rest."""
        offer, header = self.offer("Alice", spec), bearer(self.server, "io.acme")
        body = offer.bundle()
        for part in (b"", body[:-5]):
            answer = self.server.ask("/api/v1/blobs", "POST", part, **header)
            assert (answer.status, answer.code) == (422, "bundle-cut"), answer
        digests = [blob.digest for blob in offer.blobs()]
        assert self.missing(spec) == digests[-1:]
        assert send_blobs(self.server, offer, header).json()["stored"] == 1
        assert send_release(self.server, offer, header).status == 201


def _record(change: Callable[[Offer], bytes]) -> Callable[[Offer], tuple[list[NewBlob], bytes]]:
    return lambda offer: (offer.blobs(), change(offer))


def _other_files(offer: Offer) -> bytes:
    """Return a record that is well signed, for the same tree, with another number of files."""
    signer = signer_of("Alice")
    release = replace(offer.release, files=offer.release.files + 1)
    return release.signed(signer.sign(release.statement())).encode()


def _with_tree(entries: Callable[[Tree], list[TreeEntry]]) -> Callable[[Offer], tuple[list[NewBlob], bytes]]:
    """Return what sends another tree of the same files, well signed."""

    def spoil(offer: Offer) -> tuple[list[NewBlob], bytes]:
        tree = Tree.of(entries(offer.source.tree))
        signer = signer_of("Alice")
        release = replace(offer.release, content_id=tree.content_id, size=tree.size, files=len(tree))
        blob = NewBlob(tree.content_id, len(tree.encoded), partial(io.BytesIO, tree.encoded))
        return [blob, *offer.blobs()[1:]], release.signed(signer.sign(release.statement())).encode()

    return spoil


_SPOILT: Mapping[str, Callable[[Offer], tuple[list[NewBlob], bytes]]] = {
    "another size in its record": _record(lambda offer: offer.altered(size=offer.release.size + 1).release.encode()),
    "no signature": _record(lambda offer: offer.altered(signature="").release.encode()),
    "the signature of another version": _record(
        lambda offer: offer.altered(signature=release_by("Alice", "io.acme.web@2.0.0").signature).release.encode()
    ),
    "a record signed for other files": _record(_other_files),
    "a record that is not canonical": _record(lambda offer: offer.release.encode() + b"\n"),
    "a record of 100,000 bytes": _record(lambda _offer: b"{" * 100_000),
    "a tree with a path upwards": _with_tree(lambda tree: [replace(tree.entries[0], path="../up"), *tree.entries[1:]]),
    "a tree without a manifest": _with_tree(lambda tree: [e for e in tree if e.path != "package.toml"]),
}


def publish_in_turn(server: Server, id_: str, count: int) -> tuple[list[int], list[str]]:
    """Publish so many releases here, in this process, and ask for the document after each, twice.

    Returns how many releases each document listed, and the tags of the two answers that differed.
    """
    listed, differing = [], []
    for number in range(count):
        publish_here(server.world, f"{id_}@1.{number}.0")
        one, two = server.ask(f"/packages/{id_}.json"), server.ask(f"/packages/{id_}.json")
        listed.append(len(documents.decode_package(one.body, PackageId(id_)).entries))
        differing += [two.headers["etag"]] if one.headers["etag"] != two.headers["etag"] else []
    return listed, differing
