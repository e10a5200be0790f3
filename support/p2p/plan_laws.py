"""What must hold of a plan whatever happens to its providers: courses of events drawn by a seed, without a network."""

import random
from dataclasses import dataclass, field

from marketplace.p2p.exchange import Piece, Plan
from marketplace.p2p.limits import CHUNK

MOST = 8


@dataclass
class Course:
    """One course of events: blobs, providers of which one is honest, and what each holds now.

    A list is made of what a provider says of each chunk: the honest one "right", a liar its own name for some.
    """

    rng: random.Random
    plan: Plan
    sizes: dict[str, int]
    lists: dict[str, dict[str, tuple[str, ...]]]
    held: dict[str, list[Piece]] = field(default_factory=dict)
    given: dict[str, set[str]] = field(default_factory=dict)

    def run(self) -> None:
        """Let providers list, take, deliver, break off and leave; then let the honest one finish.

        Raises:
            AssertionError: a law does not hold.
        """
        providers = sorted(self.lists)
        for _ in range(60):
            if providers:
                self._do(self.rng.choice(providers), providers)
        for provider in providers:
            self._leave(provider)
        self._list("honest")
        while self._take("honest"):
            self._deliver("honest")
        assert self.plan.finished, (self.plan.waiting(), self.plan.unlisted("honest"))

    def _do(self, provider: str, providers: list[str]) -> None:
        deed = self.rng.choice(["list", "take", "deliver", "deliver", "break off", "miss", "leave"])
        if deed == "list":
            self._list(provider)
        elif deed == "take" and not self.held.get(provider):
            self._take(provider)
        elif deed == "deliver":
            self._deliver(provider)
        elif deed == "break off":
            self.plan.give_back(provider, self.held.pop(provider, []))
        elif deed == "miss" and provider != "honest":
            self._miss(provider)
        elif deed == "leave" and provider != "honest" and self.rng.random() < 0.3:
            self._leave(provider)
            providers.remove(provider)

    def _list(self, provider: str) -> None:
        for digest in self.plan.unlisted(provider):
            self.plan.listed(provider, digest, self.lists[provider][digest])
            self.given.setdefault(digest, set()).add(provider)

    def _leave(self, provider: str) -> None:
        self.plan.leave(provider)
        for digest in self.given:
            self.given[digest].discard(provider)
        self.plan.give_back(provider, self.held.pop(provider, []))

    def _miss(self, provider: str) -> None:
        """Say that what was asked for is not here; before that is noted another one may be asked for the same."""
        pieces = self.held.pop(provider, [])
        for piece in pieces:
            self.plan.refuse(provider, piece.blob)
            self.given.get(piece.blob, set()).discard(provider)
        if not self.held.get("honest"):
            self._take("honest")
        self.plan.give_back(provider, pieces)

    def _take(self, provider: str) -> bool:
        pieces = self.plan.take(provider, MOST)
        flying = [piece for some in self.held.values() for piece in some]
        assert not set(pieces) & set(flying), "a chunk is asked for twice at once"
        assert len(pieces) <= MOST and sum(piece.size for piece in pieces) <= CHUNK
        large = [piece for piece in pieces if self.plan.is_large(piece.blob)]
        assert len(large) in (0, len(pieces)) and len(large) <= 1, "a chunk of a large blob is asked for with others"
        assert all(self.lists[provider][piece.blob][piece.index] == piece.sha for piece in large), "it has another list"
        self.held[provider] = pieces
        return bool(pieces)

    def _deliver(self, provider: str) -> None:
        for piece in self.held.pop(provider, []):
            self.plan.came(piece)
        for digest in self.plan.complete():
            right = self.lists["honest"][digest]
            if self.plan.chunks_of(digest) == right:
                liars = {name for name in self.given[digest] if self.lists[name][digest] != right}
                assert set(self.plan.proved_right(digest)) == liars, "a list that proved wrong is not told"
            else:
                liars = set(self.plan.proved_wrong(digest))
                assert liars and "honest" not in liars, "the liars are not those whose list was used"
                self.given[digest] -= liars


def course(seed: int) -> Course:
    """Return a course of events: some small blobs, some large ones with a short last chunk, and up to four liars."""
    rng = random.Random(seed)
    small = {f"sha256:small-{number}": rng.randrange(1, CHUNK // 2) for number in range(rng.choice([0, 1, 3, 12]))}
    large = {f"sha256:large-{number}": rng.randrange(1, 4) * CHUNK + 10 for number in range(rng.randrange(1, 3))}
    lists: dict[str, dict[str, tuple[str, ...]]] = {}
    for provider in ("honest", *(f"liar-{number}" for number in range(rng.randrange(5)))):
        lists[provider] = {digest: _list(rng, digest, size, provider) for digest, size in large.items()}
    return Course(rng, Plan({**small, **large}), {**small, **large}, lists)


def _list(rng: random.Random, digest: str, size: int, provider: str) -> tuple[str, ...]:
    lies = provider != "honest" and rng.random() < 0.7
    return tuple(
        f"{provider if lies and rng.random() < 0.5 else 'right'}-{digest}-{index}" for index in range(-(-size // CHUNK))
    )


def check(count: int) -> None:
    """Hold that a plan keeps its laws.

    Raises:
        AssertionError: it does not.
    """
    for seed in range(count):
        course(seed).run()
