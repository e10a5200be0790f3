"""What goes wrong with which request: exact schedules, and seeded ones whose draws depend on nothing but the request.

A draw is a keyed hash of the seed, the request (method and target) and the number of its attempt. So the outcome of a
request is the same whether it came over one connection or over twenty, first or last. Faults are written as short
texts, the same in Python, in a schedule's file and in a feature: `pass`, `503`, `429 retry-after=2`, `stall after=9`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

# Each kind with the parameters it takes, their defaults, and so their types. Units: bytes, and bytes a second.
KINDS: Mapping[str, Mapping[str, int | str]] = {
    "pass": {},
    "status": {"code": 503, "retry-after": ""},  # an answer of the proxy's own; the registry is not asked
    "reset": {"after": -1},  # reset after that many bytes of the body; -1: before the head
    "hangup": {},  # the connection is closed in order, without a byte of an answer
    "cut-upload": {"after": 0},  # reset after that many bytes of the request's body
    "lose": {},  # the registry is asked and acts; its answer is lost by a reset
    "truncate": {"after": 0},  # the head promises the whole, that many bytes come, the connection is closed
    "truncate-chunked": {"after": 0},  # the same with chunked encoding: the last chunk never comes
    "overlong": {"by": 1},  # that many bytes more than the head promises
    "length": {"by": 1},  # Content-Length wrong by that many bytes, the body as it is
    "corrupt": {"at": 0},  # one bit of the body's byte at that place is flipped
    "garbage": {"size": 256},  # bytes that are no HTTP
    "garbage-body": {"size": 256},  # a sound head and bytes that are no answer
    "endless": {},  # a body that never ends, until the client goes away
    "stall": {"after": 0},  # that many bytes, then nothing, until the client goes away
    "slow": {"rate": 1000},  # the body at that many bytes a second
    "not-modified": {},  # 304, whatever was asked
    "redirect": {"to": "https://elsewhere.invalid/", "code": 302},
    "portal": {},  # a captive portal: 200 and a page that asks to log in
    "content-range": {"by": 1},  # a part's place wrong by that many bytes
    "whole": {},  # the range that was asked for is ignored: 200 and everything
}
_STATUS = re.compile(r"[1-5][0-9][0-9]")
Mode = Literal["sequence", "rate", "fails"]


class ScheduleError(ValueError):
    """A fault or a schedule that cannot be read; the text names the part."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one answer."""

    kind: str = "pass"
    values: tuple[tuple[str, int | str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read `KIND name=value …`; a bare status code is `status code=…`.

        Raises:
            ScheduleError: an unknown kind or parameter, or a value that is no number where one is needed.
        """
        first, *rest = text.split() or [""]
        if _STATUS.fullmatch(first):
            first, rest = "status", [f"code={first}", *rest]
        if first not in KINDS:
            raise ScheduleError(f"no fault is called {first!r}; there are {', '.join(KINDS)}")
        found = dict(part.partition("=")[::2] for part in rest)
        return cls(first, tuple((name, _value(first, name, value)) for name, value in found.items()))

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        values = dict(self.values)
        start = str(values.pop("code")) if self.kind == "status" and "code" in values else self.kind
        return " ".join([start, *(f"{name}={value}" for name, value in values.items())])

    def number(self, name: str) -> int:
        """Return a parameter that is a number."""
        return int(dict(self.values).get(name, KINDS[self.kind][name]))

    def text(self, name: str) -> str:
        """Return a parameter as text; empty when it was not given and has no default."""
        return str(dict(self.values).get(name, KINDS[self.kind][name]))


PASS = Fault()


def _value(kind: str, name: str, value: str) -> int | str:
    default = KINDS[kind].get(name)
    if default is None:
        raise ScheduleError(f"{kind} takes {', '.join(KINDS[kind]) or 'no parameter'}, not {name!r}")
    if isinstance(default, str):
        return value
    try:
        return int(value)
    except ValueError as error:
        raise ScheduleError(f"{kind}: {name} must be a number, not {value!r}") from error


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to the requests that match `on`: patterns for the method and the target, `GET /blobs/*`.

    `sequence`: the n-th request of one method and target gets the n-th fault, later ones none. `rate`: each request
    fails with this probability, by one of the faults. `fails`: each method and target fails so many times as is drawn
    for it from `counts`, and then answers.
    """

    on: str
    faults: tuple[str, ...]
    mode: Mode = "sequence"
    rate: float = 1.0
    counts: tuple[int, ...] = ()

    def matches(self, method: str, target: str) -> bool:
        """Say whether the rule is about such a request."""
        return _matches(self.on, method, target)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast requests that match `on` are answered: milliseconds before the head, bytes a second for the body.

    With `slow_start` the body begins at that many bytes a second and doubles every 100 ms up to `bandwidth`.
    """

    on: str
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    bandwidth: int = 0
    slow_start: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done to one exchange: seconds of delay, the pace of the body, and the fault."""

    fault: Fault = PASS
    delay: float = 0.0
    bandwidth: int = 0
    slow_start: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """An immutable plan for a whole run; `with_…` and `on` return a new one. The first rule that matches counts."""

    seed: int = 0
    rules: tuple[Rule, ...] = ()
    paces: tuple[Pace, ...] = ()
    refuse: bool = False
    serial: int = field(default=0)

    def on(self, pattern: str, *faults: str) -> "Schedule":
        """Give the first, second, … request of one target these faults; then it answers."""
        return self._and(Rule(pattern, faults))

    def always(self, pattern: str, fault: str) -> "Schedule":
        """Give every matching request this fault."""
        return self._and(Rule(pattern, (fault,), "rate", 1.0))

    def with_failure_rate(self, rate: float, *faults: str, pattern: str = "* *") -> "Schedule":
        """Let each request fail with a probability, by one of the faults (503 unless told): for soak runs."""
        return self._and(Rule(pattern, faults or ("503",), "rate", rate))

    def with_failures(self, *counts: int, faults: Iterable[str] = ("503",), pattern: str = "* *") -> "Schedule":
        """Let each target fail one of these numbers of times, drawn by the seed, and then answer."""
        return self._and(Rule(pattern, tuple(faults), "fails", 1.0, counts))

    def with_latency(self, ms: float, jitter: float = 0.0, pattern: str = "* *") -> "Schedule":
        """Delay each answer by `ms` ± `jitter` milliseconds."""
        return replace(self, paces=(*self.paces, Pace(pattern, latency_ms=ms, jitter_ms=jitter)))

    def with_bandwidth(self, rate: int, slow_start: int = 0, pattern: str = "* *") -> "Schedule":
        """Send bodies at `rate` bytes a second, beginning at `slow_start` if one is given."""
        return replace(self, paces=(*self.paces, Pace(pattern, bandwidth=rate, slow_start=slow_start)))

    def with_seed(self, seed: int) -> "Schedule":
        """Draw by another seed."""
        return replace(self, seed=seed)

    def refusing(self, refuse: bool = True) -> "Schedule":
        """Refuse connections: nothing listens at the address while such a schedule is in force."""
        return replace(self, refuse=refuse)

    def plan(self, method: str, target: str, attempt: int) -> Plan:
        """Return what is done to the request number `attempt` (from 0) of this method and target."""
        key = f"{method} {target}"
        rule = next((rule for rule in self.rules if rule.matches(method, target)), None)
        fault = self._fault(rule, key, attempt) if rule else PASS
        paces = [pace for pace in self.paces if _matches(pace.on, method, target)]
        late = sum(p.latency_ms + p.jitter_ms * (2 * self.draw("jitter", key, attempt) - 1) for p in paces)
        rates = [pace for pace in paces if pace.bandwidth]
        narrow = min(rates, key=lambda pace: pace.bandwidth) if rates else Pace("")
        return Plan(fault, max(0.0, late / 1000), narrow.bandwidth, narrow.slow_start)

    def draw(self, purpose: str, key: str, attempt: int) -> float:
        """Return a number in [0, 1) that depends on the seed and the arguments alone (BLAKE2b, keyed by the seed)."""
        text = f"{purpose}\0{key}\0{attempt}".encode()
        digest = hashlib.blake2b(text, digest_size=7, key=str(self.seed).encode()).digest()
        return int.from_bytes(digest) / 2**56

    def dumps(self) -> str:
        """Return the schedule's file."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def loads(cls, text: str) -> "Schedule":
        """Read a schedule's file.

        Raises:
            ScheduleError: it is no JSON, has an unknown part, or a fault that cannot be read.
        """
        try:
            found = json.loads(text)
            rules = tuple(Rule(**_tuples(rule)) for rule in found.pop("rules", []))
            paces = tuple(Pace(**pace) for pace in found.pop("paces", []))
            schedule = cls(rules=rules, paces=paces, **found)
        except (ValueError, TypeError, AttributeError) as error:
            raise ScheduleError(f"no schedule: {error}") from error
        return schedule._checked()

    def _and(self, rule: Rule) -> "Schedule":
        return replace(self, rules=(*self.rules, rule))._checked()

    def _checked(self) -> "Schedule":
        for rule in self.rules:
            _ = [Fault.parse(text) for text in rule.faults]
            if not rule.faults or not 0 <= rule.rate <= 1 or (rule.mode == "fails" and not rule.counts):
                raise ScheduleError(f"the rule on {rule.on!r} needs faults, a rate from 0 to 1, and counts for `fails`")
        return self

    def _fault(self, rule: Rule, key: str, attempt: int) -> Fault:
        choice = rule.faults[int(self.draw("fault", key, attempt) * len(rule.faults))]
        if rule.mode == "sequence":
            choice = rule.faults[attempt] if attempt < len(rule.faults) else "pass"
        elif rule.mode == "rate":
            choice = choice if self.draw("rate", key, attempt) < rule.rate else "pass"
        elif attempt >= rule.counts[int(self.draw("fails", key, 0) * len(rule.counts))]:
            choice = "pass"
        return Fault.parse(choice)


def _matches(pattern: str, method: str, target: str) -> bool:
    """Match `METHOD TARGET` patterns; one word alone is about the target."""
    left, _, right = pattern.rpartition(" ")
    return fnmatchcase(method, left or "*") and fnmatchcase(target, right)


def _tuples(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in rule.items()}
