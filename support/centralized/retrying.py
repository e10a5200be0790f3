"""What the retry table says, and what became of every status code."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from marketplace.clock import system_clock
from marketplace.errors import MarketError
from marketplace.http.base import Body, Request, Response
from marketplace.http.breaker import Breaker
from marketplace.http.cache import Cache
from marketplace.http.client import Client, Wanted
from marketplace.http.retry import RULES, Policy, retry_after
from support.centralized.asking import DOCUMENT, WANTED, Asking, sound, spans
from support.cleanroom.proxy.schedules import Schedule

_ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (?:yes|no) \|", re.MULTILINE)
_ENDS: Mapping[str, str] = {
    "registry-unavailable": "unavailable", "denied": "denied", "not-found": "absent", "conflict": "conflict",
    "request-refused": "refused",
}  # fmt: skip


def table() -> list[tuple[str, ...]]:
    """Return the product's table."""
    return [
        (rule.what, "yes" if rule.retried else "no", f"{rule.base:g}" if rule.retried else "-", rule.outcome.value)
        for rule in RULES.values()
    ]


def documented() -> list[str]:
    """Return the first column of the table in the documentation."""
    return _ROW.findall(Path("docs/registries.md").read_text(encoding="utf-8"))


def asked(header: str, moment: str) -> float:
    """Return how many seconds a Retry-After header asks for at a moment."""
    return retry_after(header, datetime.fromisoformat(moment))


def walk(asking: Asking, first: int, last: int) -> set[tuple[str, str, str]]:
    """Ask for a document that is answered with each status; return attempts, end and the statuses of each kind.

    The breaker is not asked: each status is another registry's.
    """
    schedule = Schedule()
    for status in range(first, last + 1):
        asking.shelf.documents[f"/{status}.json"] = b'{"protocol":1,"text":"x"}'
        if status != 200:
            schedule = schedule.always(f"GET /{status}.json", str(status))
    asking.proxy.follow(schedule)
    ends = {status: _end(asking, status) for status in range(first, last + 1)}
    attempts = dict.fromkeys(ends, 0)
    for exchange in asking.proxy.exchanges():
        attempts[int(exchange["target"].strip("/").removesuffix(".json"))] += 1
    kinds = {(attempts[status], ends[status]) for status in ends}
    return {
        (str(number), end, spans([s for s in ends if (attempts[s], ends[s]) == (number, end)])) for number, end in kinds
    }


def _end(asking: Asking, status: int) -> str:
    with contextlib.suppress(FileNotFoundError):
        (asking.folder / "cache" / "breaker.json").unlink()
    try:
        asking.client().document(Wanted(f"{status}.json", "it", "it"), sound)
    except MarketError as error:
        return _ENDS[error.code]
    return "found"


class _Scripted:
    """A `Transport` that answers one status, and counts."""

    def __init__(self, status: int) -> None:
        self.status, self.headers, self.sent = status, {"content-length": "0"}, 0

    def send(self, _request: Request) -> Response:
        """Answer."""
        self.sent += 1
        return self

    def pieces(self) -> Iterator[bytes]:
        """Return no body."""
        return iter(())

    def close(self) -> None:
        """Close nothing."""


def scripted(folder: Path, statuses: Iterable[int]) -> set[tuple[int, str]]:
    """Answer each status by a transport without a wire; return attempts and codes."""
    found = set()
    for status in statuses:
        transport = _Scripted(status)
        cache, breaker = Cache(folder / str(status)), Breaker(folder / str(status), system_clock)
        policy = Policy(sleep=lambda _seconds: None)
        client = Client(
            "corp", "http://x/", transport=transport, cache=cache, breaker=breaker, policy=policy
        )  # fmt: skip
        try:
            client.document(WANTED, sound)
        except MarketError as error:
            found.add((transport.sent, error.code))
    return found


def send_once(asking: Asking) -> None:
    """Send a request that must not be repeated."""
    client = asking.client()
    with contextlib.suppress(MarketError):
        client.call("POST", DOCUMENT, idempotent=False)


def send(asking: Asking) -> str:
    """Send a request with a body that may be repeated; return the code of the error."""
    try:
        asking.client().call("POST", DOCUMENT, Body.of(b"a release"))
    except MarketError as error:
        asking.error = error
        return error.code
    return "it is taken"
