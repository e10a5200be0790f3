"""Two requests that publish at the same moment: the second has its turn when the first has looked already."""

from dataclasses import dataclass

from marketplace.errors import MarketError
from marketplace.model.package import PackageSource
from marketplace.model.release import Release
from marketplace.registry.base import Receipt
from marketplace.registry.local import LocalRegistry
from marketplace.security.trust import TrustStore
from marketplace.server import publishing
from marketplace.server.tokens import Token
from support.centralized.registries import Offer
from support.market.packages import local_registry
from support.market.world import World


class _Late(LocalRegistry):
    """A registry into which `other` publishes `faster` whenever something is to be published."""

    faster: Offer
    other: LocalRegistry

    def publish(self, source: PackageSource, release: Release) -> Receipt:
        """Let the other be first."""
        self.other.publish(self.faster.source, self.faster.release)
        return super().publish(source, release)


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What the slower request was answered, or the code of its refusal, and the receipt of the faster one."""

    answer: tuple[bool, dict[str, object]] | None
    code: str
    receipt: dict[str, object]

    @classmethod
    def by(cls, world: World, spec: str, *, same: bool) -> "Overtaken":
        """Send the release of a package while the same one, or another, is published by another request."""
        offer = Offer.make(world, spec)
        faster = offer if same else Offer.make(world, spec, files=[("other.txt", b"other")])
        trust = TrustStore(world.home / "keys" / "trust.json")
        registry = _Late(world.home / "registry", trust=lambda: trust)
        registry.faster, registry.other = faster, local_registry(world.home)
        registry.store.put_many(offer.blobs())
        token = Token("ci", "", (str(offer.release.id.namespace),), "")
        answer, code = None, ""
        try:
            answer = publishing.publish(registry, offer.release.encode(), token)
        except MarketError as error:
            code = error.code
        registry.index.close()
        return cls(answer, code, _receipt(registry.other, faster.release))


def _receipt(registry: LocalRegistry, release: Release) -> dict[str, object]:
    (position,) = (place for place, record in registry.index.entries() if record == release)
    found = publishing.receipt(registry, release, position)
    registry.index.close()
    return found
