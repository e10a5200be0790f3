"""A reputation on a clock of the scenario's own."""

import json
from collections.abc import Sequence

from marketplace.p2p.reputation import Offence, Record, Reputation, Standing

HOUR = 3600.0


class Scores:
    """The scores of one node, and the time."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.reputation = Reputation(lambda: self.now)

    def do(self, peer: str, deed: str, times: int = 1) -> None:
        """Let a peer do something."""
        if deed == "chunk":
            self.reputation.delivered(peer, times)
        else:
            for _ in range(times):
                self.reputation.blame(peer, Offence(deed))

    def have(self, peer: str, score: float) -> None:
        """Let a peer have a score."""
        self.reputation._records[peer] = Record(score=score, at=self.now, earned_since=self.now)

    def pass_hours(self, count: float) -> None:
        """Let time pass."""
        self.now += count * HOUR

    def reread(self) -> None:
        """Write the scores and read them, as a node does that starts again."""
        document = json.loads(json.dumps(self.reputation.to_json()))
        self.reputation = Reputation.from_json(document, lambda: self.now)

    def seen(self, peer: str) -> tuple[float, Standing]:
        """Return a peer's score and standing."""
        return round(self.reputation.score(peer), 6), self.reputation.standing(peer)


def chosen(providers: str) -> Sequence[str]:
    """Return who is asked of providers written as `name=score`, or `name` for a stranger."""
    scores = Scores()
    names = []
    for word in providers.split():
        name, _, score = word.partition("=")
        names.append(name)
        if score:
            scores.have(name, float(score))
    return scores.reputation.choose(reversed(names))


def is_refused(text: str) -> bool:
    """Tell whether a text is refused as a list of scores."""
    try:
        Reputation.from_json(json.loads(text), lambda: 0.0)
    except ValueError:
        return True
    return False
