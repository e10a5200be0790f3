"""What a node thinks of its peers: counted from what they really did, by peer id, with a half-life.

A peer's score survives its connections and this process, so leaving and returning washes nothing. Pure: the clock is
passed in, `to_json` and `from_json` are for the one who keeps it. The numbers are those of docs/p2p.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

HALF_LIFE = 3600.0
"""Seconds in which a score, good or bad, halves."""

CHUNK_REWARD = 1.0
MAX_REWARD_AN_HOUR = 100.0
"""What good chunks can earn in an hour: a peer cannot buy much forgiveness with easy deliveries."""

PREFER_ABOVE = 10.0
AVOID_BELOW = -25.0
BAN_BELOW = -250.0
STRANGERS = 1
"""Of the providers asked at once (three slots), how many may be peers without any score."""

SLOTS = 3
_FORGOTTEN = 0.01
MAX_PEERS = 10_000
"""Peers remembered; those nearest to zero are forgotten first, sticky ones never."""


class Offence(StrEnum):
    """What a peer pays for, by the name it has in `node peers`."""

    STALL = "stall"
    """It promised bytes and did not send them in time."""
    PROTOCOL = "protocol"
    """It broke a protocol: garbage, a frame too long, a stream too many."""
    INVALID_MESSAGE = "invalid-message"
    """It sent gossip that no honest peer forwards."""
    FLOOD = "flood"
    """It sent more than any honest peer needs."""
    WRONG_BYTES = "wrong-bytes"
    FORGED = "forged"
    """It sent an entry whose signature is not its author's."""


PENALTIES: Mapping[Offence, float] = {
    Offence.STALL: -10.0,
    Offence.PROTOCOL: -25.0,
    Offence.INVALID_MESSAGE: -25.0,
    Offence.FLOOD: -10.0,
    Offence.WRONG_BYTES: -100.0,
    Offence.FORGED: -1000.0,
}

STICKY = frozenset({Offence.FORGED})
"""Offences that never happen by accident: such a peer stays banned until the operator lifts it."""


class Standing(StrEnum):
    """What follows from a score."""

    PREFERRED = "preferred"
    NEUTRAL = "neutral"
    AVOIDED = "avoided"
    BANNED = "banned"


@dataclass(slots=True)
class Record:
    """What is known of one peer. `score` was right at `at`, in seconds of the clock passed in."""

    score: float = 0.0
    at: float = 0.0
    earned: float = 0.0
    earned_since: float = 0.0
    sticky: bool = False
    operator: bool = False
    offences: dict[str, int] = field(default_factory=dict)
    chunks: int = 0


class Reputation:
    """The scores of all peers that did something.

    Args:
        now: returns seconds since 1970: scores outlive the process, so the clock must too.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._records: dict[str, Record] = {}

    def score(self, peer: str) -> float:
        """Return a peer's score, decayed to now; 0 for one that is not known."""
        record = self._records.get(peer)
        return self._decayed(record) if record else 0.0

    def _decayed(self, record: Record) -> float:
        age = max(0.0, self._now() - record.at)
        return float(record.score * 0.5 ** (age / HALF_LIFE))

    def standing(self, peer: str) -> Standing:
        """Return what follows from a peer's score and from the operator's word."""
        record = self._records.get(peer)
        if record is None:
            return Standing.NEUTRAL
        if record.operator or record.sticky:
            return Standing.BANNED
        score = self._decayed(record)
        if score < BAN_BELOW:
            return Standing.BANNED
        if score < AVOID_BELOW:
            return Standing.AVOIDED
        return Standing.PREFERRED if score > PREFER_ABOVE else Standing.NEUTRAL

    def delivered(self, peer: str, chunks: int = 1) -> None:
        """Reward verified chunks, up to `MAX_REWARD_AN_HOUR`."""
        record = self._touch(peer)
        record.chunks += chunks
        if self._now() - record.earned_since >= 3600.0:
            record.earned, record.earned_since = 0.0, self._now()
        reward = min(chunks * CHUNK_REWARD, MAX_REWARD_AN_HOUR - record.earned)
        record.earned += reward
        record.score += reward

    def blame(self, peer: str, offence: Offence) -> Standing:
        """Let a peer pay; return its standing after that."""
        record = self._touch(peer)
        record.score += PENALTIES[offence]
        record.offences[offence] = record.offences.get(offence, 0) + 1
        record.sticky = record.sticky or offence in STICKY
        return self.standing(peer)

    def ban(self, peer: str) -> None:
        """Ban a peer by the operator's word, until `unban`."""
        self._touch(peer).operator = True

    def unban(self, peer: str) -> None:
        """Lift a ban, whatever its cause, and let the peer start anew."""
        self._records.pop(peer, None)

    def _touch(self, peer: str) -> Record:
        """Return a peer's record with its score decayed to now."""
        if peer not in self._records and len(self._records) >= MAX_PEERS:
            self._forget_one()
        record = self._records.setdefault(peer, Record(at=self._now(), earned_since=self._now()))
        record.score, record.at = self._decayed(record), self._now()
        return record

    def _forget_one(self) -> None:
        loose = [peer for peer, record in self._records.items() if not (record.sticky or record.operator)]
        if loose:
            del self._records[min(loose, key=lambda peer: abs(self.score(peer)))]

    def choose(self, providers: Iterable[str], slots: int = SLOTS) -> list[str]:
        """Return whom to ask, the best first: no banned peer, at most `STRANGERS` without a score, the avoided last.

        Avoided peers are asked only when there is nobody else; when there are only strangers they fill all slots.
        """
        ranked = sorted(set(providers), key=lambda peer: (-self.score(peer), peer))
        fair = [peer for peer in ranked if self.standing(peer) in (Standing.PREFERRED, Standing.NEUTRAL)]
        known = [peer for peer in fair if peer in self._records]
        strangers = [peer for peer in fair if peer not in self._records]
        room = slots if not known else STRANGERS
        chosen = [*known[: slots - min(len(strangers), room)], *strangers[:room]]
        avoided = [peer for peer in ranked if self.standing(peer) is Standing.AVOIDED]
        return (chosen or avoided)[:slots]

    def partners(self, peers: Iterable[str]) -> list[str]:
        """Return whom to sync with: those that are avoided only when there is nobody else."""
        given = list(peers)
        fair = [peer for peer in given if self.standing(peer) in (Standing.PREFERRED, Standing.NEUTRAL)]
        return fair or given

    def known(self) -> dict[str, Record]:
        """Return the records of all peers."""
        return dict(self._records)

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads. Peers whose score has faded and that nobody banned are left out."""
        kept = {peer: record for peer, record in self._records.items() if _counts(record, self._decayed(record))}
        names = ("score", "at", "earned", "earned_since", "sticky", "operator", "offences", "chunks")
        return {"format": 1, "peers": {p: {name: getattr(r, name) for name in names} for p, r in kept.items()}}

    @classmethod
    def from_json(cls, document: object, now: Callable[[], float]) -> "Reputation":
        """Read what `to_json` gave.

        Raises:
            ValueError: it is not that.
        """
        found = cls(now)
        try:
            if document["format"] != 1:  # type: ignore[index]
                raise ValueError("its format is not known to this version")
            for peer, fields in document["peers"].items():  # type: ignore[index]
                found._records[str(peer)] = _record(fields)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"it is no list of scores: {error}") from error
        return found


def _counts(record: Record, score: float) -> bool:
    return record.sticky or record.operator or abs(score) > _FORGOTTEN


def _record(fields: dict[str, object]) -> Record:
    record = Record(**fields)  # type: ignore[arg-type]
    numbers = (record.score, record.at, record.earned, record.earned_since)
    if not all(isinstance(number, int | float) for number in numbers) or not isinstance(record.offences, dict):
        raise TypeError("a field has the wrong type")
    return record
