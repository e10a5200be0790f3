"""What is repeated, after how long, and when it is given up. The table is data; clock, sleep and chance are passed in.

Delay before retry n: drawn from [floor, floor + min(cap, base * 2^(n - 1))], where the floor is what the server asked
for (Retry-After), which is never cut short (the algorithm of Nix). urllib3's Retry cannot follow it: docs/adr/0140.
"""

import email.utils
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from marketplace.clock import Clock, system_clock
from marketplace.http.base import Failure, Outcome

_T = TypeVar("_T")

ATTEMPTS = 4
CAP = 10.0
"""Most seconds that are added to what the server asked for."""
BUDGET = 60.0
"""Seconds for one operation with all its requests and waits."""
LONGEST_WAIT = 86_400.0
"""A Retry-After beyond a day is taken for a mistake and ignored."""


class Rule(NamedTuple):
    """A row of the table: what happened, whether it is tried again, the base of the delay in seconds, and what it says.

    `what` is a status code, a class of them (`5xx`), or a name.
    """

    what: str
    retried: bool
    base: float
    outcome: Outcome
    why: str


def _rules(*rows: tuple[str, float, Outcome, str]) -> dict[str, Rule]:
    return {w: Rule(w, base > 0, base, outcome, why) for what, base, outcome, why in rows for w in what.split()}


RULES = _rules(
    ("408", 0.5, Outcome.UNAVAILABLE, "it waited too long for the request"),
    ("429", 5.0, Outcome.UNAVAILABLE, "it has too many requests"),
    ("503", 5.0, Outcome.UNAVAILABLE, "it is overloaded or about to stop"),
    ("501 505", 0.0, Outcome.UNAVAILABLE, "it cannot do this, and will not learn it in a minute"),
    ("511", 0.0, Outcome.UNAVAILABLE, "the network asks for a login first"),
    ("5xx", 0.5, Outcome.UNAVAILABLE, "it has a trouble of its own"),
    ("401 403 451", 0.0, Outcome.DENIED, "it refuses this to this user"),
    ("404 410", 0.0, Outcome.ABSENT, "it does not have it"),
    ("407", 0.0, Outcome.UNAVAILABLE, "the proxy on the way asks for a login"),
    ("4xx", 0.0, Outcome.UNAVAILABLE, "it does not accept the request"),
    ("3xx", 0.0, Outcome.UNAVAILABLE, "it points elsewhere, or to something that was never cached"),
    ("2xx", 0.0, Outcome.UNAVAILABLE, "it answers something else than was asked"),
    ("1xx", 0.0, Outcome.UNAVAILABLE, "it ends with an interim answer"),
    ("connect", 0.5, Outcome.UNAVAILABLE, "no connection: refused, no route, no such host"),
    ("read", 0.5, Outcome.UNAVAILABLE, "the connection broke, was silent too long, or carried no HTTP"),
    ("truncated", 0.5, Outcome.UNAVAILABLE, "the body ended early"),
    ("slow", 0.0, Outcome.UNAVAILABLE, "the body trickles"),
    ("overlong", 0.0, Outcome.UNAVAILABLE, "more bytes came than were promised"),
    ("too-long", 0.0, Outcome.INVALID, "the body is longer than such a body may be"),
    ("encoding", 0.0, Outcome.UNAVAILABLE, "the body cannot be decoded"),
    ("portal", 0.0, Outcome.UNAVAILABLE, "a login page of the network came instead"),
    ("range", 0.0, Outcome.UNAVAILABLE, "another part came than was asked for"),
    ("certificate", 0.0, Outcome.UNAVAILABLE, "the certificate is not good"),
    ("tls", 0.0, Outcome.UNAVAILABLE, "no secure connection can be agreed on"),
    ("proxy", 0.0, Outcome.UNAVAILABLE, "the proxy on the way does not let it through"),
    ("url", 0.0, Outcome.UNAVAILABLE, "the address is none"),
    ("redirect", 0.0, Outcome.UNAVAILABLE, "redirected in a circle, or to another server"),
    ("plugin", 0.0, Outcome.UNAVAILABLE, "the plugin that brings the scheme of the address fails, or is not there"),
    ("breaker", 0.0, Outcome.UNAVAILABLE, "it failed so often that it is left alone for a while"),
    ("digest", 0.0, Outcome.INVALID, "the bytes are not those of the digest: one more try, from another source"),
)
"""Every way in which a request fails, by name."""


def rule_of(what: str) -> Rule:
    """Return the row for a status code or a name."""
    return RULES.get(what) or RULES[f"{what[0]}xx"]


def printed() -> Iterator[str]:
    """Yield the table as people read it, a row a line."""
    for rule in RULES.values():
        again = f"again after {rule.base:g} s" if rule.retried else "not again"
        yield f"{rule.what:<12} {again:<16} {rule.outcome.value:<12} {rule.why}"


def retry_after(header: str | None, now: datetime) -> float:
    """Return how many seconds a Retry-After header (seconds, or an HTTP date) asks to wait.

    0 for none, and for what is past, negative, no number or date, or beyond a day.
    """
    if header is None:
        return 0.0
    text = header.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:12])
    else:
        try:
            moment = email.utils.parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return 0.0
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return seconds if 0 < seconds <= LONGEST_WAIT else 0.0


@dataclass(frozen=True)
class Policy:
    """How requests are repeated.

    Args:
        clock: the time of day, which HTTP dates are compared with.
        monotonic: seconds that only grow, in which the budget is counted.
        sleep: waits so many seconds.
        draw: returns a number between its two arguments.
        attempts, budget: most attempts of a request; seconds of an operation.
    """

    clock: Clock = system_clock
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[float, float], float] = random.uniform
    attempts: int = ATTEMPTS
    budget: float = BUDGET


class GivenUp(Exception):  # noqa: N818 - no error of the product yet: the client turns it into one that names the registry
    """The last failure, after so many attempts; `wait` is what the server asked for when that is beyond the budget."""

    def __init__(self, failure: Failure, attempts: int, wait: float = 0.0) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.attempts = attempts
        self.wait = wait


@dataclass
class Operation:
    """One thing a user asked for, with all its requests: they share one budget.

    Args:
        notify: told of each wait: what happened, the seconds, the number of the attempt that follows.
    """

    policy: Policy
    notify: Callable[[str, float, int], None] = lambda _why, _seconds, _attempt: None
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin the budget anew: a large transfer that gets on is no failing one."""
        self._deadline = self.policy.monotonic() + self.policy.budget

    def run(self, attempt: Callable[[], _T], *, idempotent: bool = True) -> _T:
        """Call `attempt` until it returns, as often as the table, the attempts and the budget allow.

        Raises:
            GivenUp: it failed, and is not tried again.
        """
        for number in range(1, self.policy.attempts + 1):
            try:
                return attempt()
            except Failure as failure:
                rule = rule_of(failure.what)
                if not idempotent or not rule.retried or number == self.policy.attempts:
                    raise GivenUp(failure, number) from failure
                self._wait(failure, rule, number)
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _wait(self, failure: Failure, rule: Rule, number: int) -> None:
        """Wait before the retry with that number; a delay ends with the budget, but never before what was asked for."""
        floor = retry_after(failure.retry_after, self.policy.clock())
        left = self._deadline - self.policy.monotonic()
        if floor > left or left <= 0:
            raise GivenUp(failure, number, floor) from failure
        drawn = self.policy.draw(floor, floor + min(CAP, rule.base * 2 ** (number - 1)))
        seconds = min(drawn, left)
        self.notify(failure.why, seconds, number + 1)
        self.policy.sleep(seconds)
