"""Publishing into the local registry: verify, store, then append, for one release or for several at once."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from marketplace.clock import Clock
from marketplace.errors import ConflictError, IntegrityError, MarketError, UnavailableError
from marketplace.index.local import LocalIndex
from marketplace.index.scores import Score
from marketplace.insights.facts import Facts
from marketplace.insights.quality import Report, refuse_below
from marketplace.model.manifest import FILE_NAME, MAX_BYTES, Manifest
from marketplace.model.package import PackageSource
from marketplace.model.release import Release, check_length
from marketplace.model.tree import digest_of
from marketplace.registry.base import Receipt
from marketplace.registry.scoring import Scoring, facts_of
from marketplace.security.trust import TrustStore
from marketplace.source import check_tree
from marketplace.storage.base import NewBlob
from marketplace.storage.filesystem import FilesystemStore


@dataclass(slots=True)
class _Offer:
    """A release to publish, and what came of it so far; with an `error` it goes no further."""

    source: PackageSource
    release: Release
    described: tuple[Manifest, bytes] | None = None
    facts: Facts | None = None
    report: Report | None = None
    error: MarketError | None = None
    mending: bool = False
    position: int = 0

    def attempt(self, step: "Callable[[_Offer], object]") -> None:
        """Take a step unless an earlier one failed. That nothing can be written concerns all, so it is raised."""
        if self.error is None:
            try:
                step(self)
            except UnavailableError:
                raise
            except MarketError as error:
                self.error = error


class Publishing:
    """The way of releases into `store` and `index`, checked by `trust`.

    Args:
        name: the registry's, for receipts.
        clock: by which it is told when a release was taken.
        minimum: the least grade of quality that is taken, None for any.
    """

    def __init__(
        self, store: FilesystemStore, index: LocalIndex, trust: TrustStore, name: str, *, clock: Clock,
        minimum: str | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._index = index
        self._trust = trust
        self._name = name
        self._minimum = minimum
        self._scoring = Scoring(index, clock)

    def publish_many(self, packages: Sequence[tuple[PackageSource, Release]]) -> list[Receipt | MarketError]:
        """Publish releases, each by itself; see `Registry`. All content is durable before the append names it."""
        offers = [_Offer(source, release) for source, release in packages]
        for offer in offers:
            offer.attempt(self._verify)
        what = f"{offers[0].release}" if len(offers) == 1 else f"{len(offers)} packages"
        with self._store.writing(f"publishing {what}"):
            self._index.refuse_unwritable()
            for offer in offers:
                offer.attempt(self._refuse_existing)
                offer.attempt(self._refuse_poor)
            stored = self._keep([offer for offer in offers if offer.error is None or offer.mending])
            for offer in offers:
                offer.attempt(lambda offer: self._trust.check_release(offer.release))
            self._append([offer for offer in offers if offer.error is None])
        return [offer.error or self._receipt(offer, stored) for offer in offers]

    def estimate(self, source: PackageSource, release: Release) -> Report:
        """Check a release as publishing does, and measure it.

        Raises:
            IntegrityError, ConflictError, DeniedError: as `publish_many` would return.
        """
        self._trust.check_release(release, pin=False)
        checked(source, release)
        self._index.refuse_existing(release)
        report = self._scoring.report(release, facts_of(source))
        if self._minimum:
            refuse_below(report, self._minimum, release)
        return report

    def _verify(self, offer: _Offer) -> None:
        self._trust.check_release(offer.release, pin=False)
        offer.described = checked(offer.source, offer.release)
        offer.facts = facts_of(offer.source)

    def _refuse_existing(self, offer: _Offer) -> None:
        try:
            self._index.refuse_existing(offer.release)
        except ConflictError as error:
            offer.mending = error.details.get("identical") is True
            raise

    def _refuse_poor(self, offer: _Offer) -> None:
        """Where there is a minimum, measure before anything of it is stored."""
        if self._minimum and offer.facts:
            refuse_below(self._scoring.report(offer.release, offer.facts), self._minimum, offer.release)

    def _keep(self, offers: Sequence[_Offer]) -> dict[str, int]:
        """Store the content of all together; where that is refused, of each by itself, to find whose it is."""
        try:
            return self._store.put_many(blob for offer in offers for blob in blobs_of(offer.source))
        except IntegrityError as error:
            if len(offers) == 1:
                offers[0].error = error
                return {}
        stored: dict[str, int] = {}
        for offer in offers:
            stored |= self._keep([offer])
        return stored

    def _append(self, offers: Sequence[_Offer]) -> None:
        rows = [(offer.release, *offer.described) for offer in offers if offer.described]
        by_release = {id(offer.release): offer for offer in offers}

        def measure(release: Release, place: int) -> tuple[Score, tuple[int, ...]]:
            return self._measured(by_release[id(release)], place)

        for offer, outcome in zip(offers, self._index.append_releases(rows, measure), strict=True):
            if isinstance(outcome, ConflictError):
                offer.error = outcome
            else:
                offer.position = outcome

    def _measured(self, offer: _Offer, place: int) -> tuple[Score, tuple[int, ...]]:
        assert offer.facts is not None  # noqa: S101 - whatever is appended was read
        offer.report = self._scoring.report(offer.release, offer.facts, place)
        return self._scoring.taken(offer.report, offer.facts), offer.facts.prose.marks

    def _receipt(self, offer: _Offer, stored: dict[str, int]) -> Receipt:
        """Return the receipt; a blob that two releases brought is counted for the first."""
        new = {
            blob.digest: size for blob in blobs_of(offer.source) if (size := stored.pop(blob.digest, None)) is not None
        }
        return Receipt(
            offer.release,
            self._name,
            offer.position,
            len(new),
            sum(new.values()),
            quality=offer.report.summary() if offer.report else None,
        )


def blobs_of(source: PackageSource) -> Iterator[NewBlob]:
    """Yield the blobs of a package: its files and then its tree."""
    for entry in source.tree:
        yield NewBlob(entry.digest, entry.size, partial(source.open, entry.path))
    encoded = source.tree.encoded
    yield NewBlob(source.tree.content_id, len(encoded), partial(io.BytesIO, encoded))


def checked(source: PackageSource, release: Release) -> tuple[Manifest, bytes]:
    """Check that a release binds exactly this content; return the manifest as the release binds it.

    Raises:
        IntegrityError: `release-mismatch`, `record-too-long`, or what `check_tree` and the manifest's parsing raise.
    """
    check_length(release)
    tree = source.tree
    check_tree(tree)
    with source.open(FILE_NAME) as file:
        data = file.read(MAX_BYTES + 1)
    manifest = Manifest.parse(data)
    bound = (release.content_id, release.size, release.files, release.manifest, release.id, release.version)
    found = (tree.content_id, tree.size, len(tree), digest_of(data), manifest.id, manifest.version)
    if bound != found or release.dependencies != manifest.dependencies:
        hint = "build and sign the release again from the same files"
        raise IntegrityError("release-mismatch", f"the release {release} is not of this content", hint=hint)
    return manifest, data
