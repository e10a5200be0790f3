"""The client of a registry before a fault proxy, with its clock, its sleep and its dice in the scenario's hands."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from marketplace.clock import system_clock
from marketplace.errors import IntegrityError, MarketError
from marketplace.http.breaker import Breaker
from marketplace.http.cache import Cache
from marketplace.http.client import Client, Mode, Wanted
from marketplace.http.connections import Connections
from marketplace.http.redirects import Redirecting
from marketplace.http.retry import Policy
from support.centralized.shelf import Shelf
from support.cleanroom.proxy.running import FaultProxy
from support.cleanroom.proxy.schedules import Schedule

DOCUMENT = "packages/io.acme.web.json"
WANTED = Wanted(DOCUMENT, "the document of io.acme.web", "ggen market versions io.acme.web")
_WORDS = {"online": Mode.ONLINE, "prefer-offline": Mode.PREFER_OFFLINE, "offline": Mode.OFFLINE}


@dataclass
class Time:
    """A clock that moves only when somebody sleeps or the scenario says so."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def clock(self) -> datetime:
        """Return the time of day."""
        return self.now

    def monotonic(self) -> float:
        """Return it in seconds."""
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Sleep without waiting."""
        self.slept.append(round(seconds, 3))
        self.now += timedelta(seconds=seconds)


def sound(body: bytes) -> str:
    """Read a document of a scenario: `{"protocol":1, …}`."""
    if not body.startswith(b'{"protocol":1'):
        raise IntegrityError("document-malformed", "the document is none of ours")
    return body.decode()


class Asking:
    """A shelf of documents, a fault proxy before it, and clients that ask through it."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self.folder = folder
        self.time = Time()
        self.seed = seed
        self.notes: list[str] = []
        self.oldest: float | None = None
        self.error: MarketError
        self.shelf = Shelf()
        self.shelf.documents[f"/{DOCUMENT}"] = document("first")
        try:
            self.proxy = FaultProxy(folder, self.shelf.netloc)
        except BaseException:
            self.shelf.close()
            raise
        self._connections: list[Connections] = []

    def close(self) -> None:
        """End everything."""
        for connections in self._connections:
            connections.close()
        self.proxy.close()
        self.shelf.close()

    def client(self, mode: str = "online", *, token: str | None = None) -> Client:
        """Return a client of the registry `corp`, as another command would make it: what it shares is on disk."""
        connections = Connections({})
        self._connections.append(connections)
        policy = Policy(self.time.clock, self.time.monotonic, self.time.sleep, random.Random(self.seed).uniform)
        tokens = {self.proxy.url: token}
        return Client(
            "corp", f"{self.proxy.url}/", transport=Redirecting(connections, tokens.get), policy=policy,
            cache=Cache(self.folder / "cache", clock=self.time.clock, notify=self.notes.append),
            breaker=Breaker(self.folder / "cache", self.time.clock), mode=_WORDS[mode], notify=self.notes.append,
        )  # fmt: skip

    def ask(self, mode: str = "online", wanted: Wanted = WANTED, token: str | None = None) -> str:
        """Ask for a document as a new command; return what came, or the code of the error."""
        client = self.client(mode, token=token)
        try:
            return brief(client.document(wanted, sound))
        except MarketError as error:
            self.error = error
            return error.code
        finally:
            self.oldest = client.oldest

    def meet(self, *faults: str, pattern: str = "*") -> None:
        """Give the next requests these faults."""
        self.proxy.follow(Schedule().on(pattern, *faults))

    def fail_always(self, fault: str) -> None:
        """Give every request a fault."""
        self.proxy.follow(Schedule().always("*", fault))

    def refuse(self) -> None:
        """Let nothing listen at the registry's address."""
        self.proxy.follow(Schedule().refusing())

    def shelve(self, path: str) -> None:
        """Put a document on the shelf whose text is the name in its path."""
        self.shelf.documents[path] = document(path.strip("/").removesuffix(".json"))

    def heal(self) -> None:
        """Let every request pass."""
        self.proxy.follow(Schedule())

    def publish(self, text: str) -> None:
        """Put another text into the document."""
        self.shelf.documents[f"/{DOCUMENT}"] = document(text)

    def requests(self) -> int:
        """Return how many requests the proxy has received so far."""
        return len(self.proxy.exchanges())


def plain_client(url: str, cache: Path) -> Client:
    """Return a client as a command makes it, with the machine's own clock."""
    return Client(
        "corp", f"{url}/", transport=Redirecting(Connections({})), policy=Policy(), cache=Cache(cache),
        breaker=Breaker(cache, system_clock),
    )  # fmt: skip


def document(text: str) -> bytes:
    """Return a document with a text."""
    return f'{{"protocol":1,"text":"{text}"}}'.encode()


def brief(body: str) -> str:
    """Return the text of a document."""
    found = re.search(r'"text":"([^"]*)"', body)
    assert found, body
    return found[1]


def seconds(text: str) -> float:
    """Read `4 min 59 s`, `47 h`, `15 s`."""
    units = {"h": 3600.0, "min": 60.0, "s": 1.0}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) (h|min|s)\b", text))


def walk(statuses: Sequence[int], ask: Callable[[int], str]) -> dict[str, list[int]]:
    """Ask for each status; return the statuses by what came of them."""
    found: dict[str, list[int]] = {}
    for status in statuses:
        found.setdefault(ask(status), []).append(status)
    return found


def spans(numbers: Sequence[int]) -> str:
    """Return `400, 402, 405-407` for sorted numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
