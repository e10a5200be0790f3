"""Who was heard on the local network: a table that nobody can fill, whatever he says, and for how long it holds."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from marketplace.p2p.library import PeerInfo
from marketplace.p2p.limits import LOCAL_LONGEST_TTL, LOCAL_MESSAGES, LOCAL_NAMES, LOCAL_SOURCES
from marketplace.p2p.local_messages import Told, peer_at


@dataclass(slots=True)
class _Source:
    """What one address of the network has said: names with their peers, each until when; and how much, since when."""

    names: dict[str, tuple[PeerInfo, float]] = field(default_factory=dict)
    since: float = 0.0
    messages: int = 0


class LocalTable:
    """Who was heard, by the address that said so. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._forget_at = 0.0

    def listens_to(self, source: str, now: float) -> bool:
        """Tell whether another message of a source is read; each has so many in a second, and there are so many."""
        found = self._sources.get(source)
        if found is None:
            self._forget(now)
            if len(self._sources) >= LOCAL_SOURCES:
                return False
            found = self._sources[source] = _Source()
        if now - found.since >= 1.0:
            found.since, found.messages = now, 0
        found.messages += 1
        return found.messages <= LOCAL_MESSAGES

    def _forget(self, now: float) -> None:
        """Once a second, forget the sources that have said nothing for as long and of whom no name is left."""
        if now >= self._forget_at:
            self._forget_at = now + 1.0
            left = {source: found for source, found in self._sources.items() if self._names(found, now)}
            self._sources = left | {source: found for source, found in self._sources.items() if now - found.since < 1.0}

    def _names(self, found: _Source, now: float) -> Mapping[str, tuple[PeerInfo, float]]:
        found.names = {name: (info, until) for name, (info, until) in found.names.items() if until > now}
        return found.names

    def hear(self, source: str, told: Told, now: float) -> None:
        """Note what a source tells of a name, or that it has gone. Of one source the last few names count."""
        names = self._sources[source].names
        info = peer_at(told.addresses, source)
        if not told.ttl:
            names.pop(told.name, None)
        elif info:
            names[told.name] = (info, now + min(told.ttl, LOCAL_LONGEST_TTL))
            while len(names) > LOCAL_NAMES:
                del names[next(iter(names))]

    def names(self, now: float) -> list[str]:
        """Return the names that count."""
        return [name for found in self._sources.values() for name in self._names(found, now)]

    def some(self, most: int, rand: random.Random, now: float) -> list[PeerInfo]:
        """Return some of the peers, drawn by chance."""
        infos = [info for found in self._sources.values() for info, _ in self._names(found, now).values()]
        return rand.sample(infos, min(most, len(infos)))
