"""A registry's documents and its interface as a client sees them: the cache above, retries and the breaker below.

An answer is read (and so verified) before it is kept. What the user should know, such as an old answer, is told.
"""

import http
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeVar

from marketplace.errors import IntegrityError, MarketError, NotFoundError, UnavailableError
from marketplace.http.base import MAX_DOCUMENT, Body, Failure, Limits, Outcome, Request, Response, Transport, read_body
from marketplace.http.breaker import Breaker
from marketplace.http.cache import Cache, Entry
from marketplace.http.retry import GivenUp, Operation, Policy, rule_of
from marketplace.protocol.problems import MAX_PROBLEM, MEDIA_TYPE, error_of

_T = TypeVar("_T")

_FOUND = 200
_UNCHANGED = 304


class Mode(Enum):
    """Whether the network may be asked: always, only for what is not here, or never."""

    ONLINE = "online"
    PREFER_OFFLINE = "prefer-offline"
    OFFLINE = "offline"


class Wanted(NamedTuple):
    """A document: its path below the registry's address, what it holds in words, and the command that fetches it.

    The words are for errors; `limit` is the most bytes of it that are read.
    """

    path: str
    what: str
    command: str
    limit: int = MAX_DOCUMENT


class Reply(NamedTuple):
    """An answer of the interface, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _News:
    """What asking for a document brought: a new body, or (None) that the kept one holds."""

    etag: str
    body: bytes | None


class Client:
    """Asks one registry.

    Args:
        name: the registry's name, for messages.
        base: its address, with a slash at the end.
        notify: told what the user should know: waits, and old answers.
    """

    def __init__(
        self, name: str, base: str, *, transport: Transport, cache: Cache, breaker: Breaker, policy: Policy,
        mode: Mode = Mode.ONLINE, notify: Callable[[str], None] = lambda _text: None,
    ) -> None:  # fmt: skip
        self.name = name
        self.base = base
        self.mode = mode
        self.cache = cache
        self.oldest: float | None = None
        """Seconds since the oldest of the kept answers was right that stood in for one that could not be had."""
        self._transport = transport
        self._breaker = breaker
        self._policy = policy
        self._notify = notify

    def operation(self) -> Operation:
        """Begin an operation: its requests share one budget of time."""
        return Operation(self._policy, self._tell_wait)

    def _tell_wait(self, why: str, seconds: float, attempt: int) -> None:
        self._notify(f"{self.name}: {why}; attempt {attempt} of {self._policy.attempts} follows in {seconds:.1f} s")

    # --- documents ---------------------------------------------------------------------------------------------------

    def document(
        self, wanted: Wanted, read: Callable[[bytes], _T], operation: Operation | None = None, *,
        succeed: Callable[[_T, _T], None] = lambda _old, _new: None,
    ) -> _T:  # fmt: skip
        """Return what `read` makes of a document, from the cache or the registry.

        `read` parses and verifies a body; it raises IntegrityError for one that is no good, which is then not kept.
        `succeed` does so for one that cannot have come after the one that is kept.

        Raises:
            NotFoundError: the registry does not have it.
            DeniedError, UnavailableError, IntegrityError: it refuses, cannot answer now, or answers what is wrong.
        """
        url = self.base + wanted.path
        kept = self.at_hand(wanted, read)
        if kept is not None:
            return kept
        if self.mode is Mode.OFFLINE:
            raise offline_miss(self.name, wanted.what, wanted.command)
        self._refuse_absent(url, wanted)
        with self.cache.alone(url):
            known = self._known(url, read)
            if known and self.cache.is_fresh(known[0]):
                return known[1]  # somebody else has asked while this one waited
            self._refuse_absent(url, wanted)
            return self._asked(wanted, read, known, operation or self.operation(), succeed)

    def at_hand(self, wanted: Wanted, read: Callable[[bytes], _T]) -> _T | None:
        """Return what is kept of a document if it may be used without asking; None when it may not."""
        known = self._known(self.base + wanted.path, read)
        if known and (self.mode is not Mode.ONLINE or self.cache.is_fresh(known[0])):
            return self._kept(*known)
        return None

    def kept(self, wanted: Wanted, read: Callable[[bytes], _T]) -> _T | None:
        """Return what is kept of a document, however old, without asking; None when nothing is."""
        known = self._known(self.base + wanted.path, read)
        return known[1] if known else None

    def _known(self, url: str, read: Callable[[bytes], _T]) -> tuple[Entry, _T] | None:
        entry = self.cache.load(url)
        if entry is None or entry.status != _FOUND:
            return None
        try:
            return entry, read(entry.body)
        except IntegrityError:
            return None  # it was right once: another version of this program reads it otherwise, or somebody changed it

    def _kept(self, entry: Entry, value: _T) -> _T:
        if not self.cache.is_fresh(entry):
            age = entry.age(self.cache.now())
            self._notify(f"{self.mode.value}: what {self.name} said {ago(age)} is used")
        return value

    def _refuse_absent(self, url: str, wanted: Wanted) -> None:
        entry = self.cache.load(url)
        if entry and entry.status != _FOUND and self.cache.is_fresh(entry):
            raise _absent(self.name, wanted, entry.body)

    def _asked(
        self, wanted: Wanted, read: Callable[[bytes], _T], known: tuple[Entry, _T] | None, operation: Operation,
        succeed: Callable[[_T, _T], None],
    ) -> _T:  # fmt: skip
        url, era = self.base + wanted.path, self.cache.era()
        entry = known[0] if known else None
        try:
            news = self._guarded(operation, lambda: self._ask(url, entry, wanted.limit))
        except GivenUp as given_up:
            outcome = rule_of(given_up.failure.what).outcome
            if outcome is Outcome.ABSENT:
                said = given_up.failure.body if given_up.failure.media_type.startswith(MEDIA_TYPE) else b""
                self.cache.store(Entry(url, http.HTTPStatus.NOT_FOUND, "", self.cache.now(), era, said))
                raise _absent(self.name, wanted, said) from given_up
            if outcome is not Outcome.UNAVAILABLE or known is None or not self.cache.may_stand_in(known[0]):
                raise error_from(self.name, given_up) from given_up
            return self._instead(known, given_up)
        if known and news.body is None:
            self.cache.confirm(known[0], era)
            return known[1]
        body = news.body or b""
        value = read(body)
        if known:
            succeed(known[1], value)
        self.cache.store(Entry(url, _FOUND, news.etag, self.cache.now(), era, body))
        return value

    def _instead(self, known: tuple[Entry, _T], given_up: GivenUp) -> _T:
        age = known[0].age(self.cache.now())
        self.oldest = max(age, self.oldest or 0.0)
        self._notify(f"{self.name} did not answer ({given_up.failure.why}): what it said {ago(age)} is used")
        return known[1]

    def _ask(self, url: str, entry: Entry | None, limit: int) -> _News:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        if entry and entry.etag:
            headers["If-None-Match"] = entry.etag
        response = self._transport.send(Request("GET", url, headers))
        if response.status == _UNCHANGED and "If-None-Match" in headers:
            response.close()
            return _News("", None)
        if response.status != _FOUND:
            raise refused(response)
        refuse_portal(response)
        return _News(response.headers.get("etag", ""), read_body(response, limit))

    # --- the interface -----------------------------------------------------------------------------------------------

    def call(
        self, method: str, path: str, body: Body | None = None, *, headers: Mapping[str, str] | None = None,
        limit: int = MAX_DOCUMENT, idempotent: bool = True, past_breaker: bool = False,
    ) -> Reply:  # fmt: skip
        """Ask the interface and return its answer, whose status is one of 200 to 299.

        A request that is not idempotent is sent once. `past_breaker` asks although the breaker is open.

        Raises:
            MarketError: what the registry answers instead, or UnavailableError when it does not.
        """
        request = Request(method, self.base + path, {"Accept": "application/json", **(headers or {})}, body)

        def attempt() -> Reply:
            response = self.open(request)
            refuse_portal(response)
            return Reply(response.status, response.headers, read_body(response, limit))

        if past_breaker:
            self._breaker.leave(answered=True)
        return self.attempt(attempt, idempotent=idempotent)

    def bytes_of(self, path: str, limit: int) -> bytes:
        """Return a file of at most `limit` bytes that never changes, as it was sent; it is not kept here.

        Raises:
            MarketError: as `call`.
        """
        request = Request("GET", self.base + path, {"Accept-Encoding": "identity"})

        def attempt() -> bytes:
            response = self.open(request)
            refuse_portal(response)
            return read_body(response, limit)

        return self.attempt(attempt)

    def attempt(self, attempt: Callable[[], _T], *, idempotent: bool = True) -> _T:
        """Call `attempt` as often as the policy allows.

        Raises:
            MarketError: what it failed with.
        """
        try:
            return self._guarded(self.operation(), attempt, idempotent=idempotent)
        except GivenUp as given_up:
            raise error_from(self.name, given_up) from given_up

    def open(self, request: Request) -> Response:
        """Send a request once and return an answer whose status is one of 200 to 299.

        Raises:
            Failure: any other.
        """
        response = self._transport.send(request)
        if not 200 <= response.status < 300:
            raise refused(response)
        return response

    def _guarded(self, operation: Operation, attempt: Callable[[], _T], *, idempotent: bool = True) -> _T:
        try:
            self._breaker.enter()
        except Failure as failure:
            raise GivenUp(failure, 0) from failure
        answered = False
        try:
            value = operation.run(attempt, idempotent=idempotent)
            answered = True
        except GivenUp as given_up:
            answered = _is_answer(given_up.failure)
            raise
        except MarketError:
            answered = True  # it did answer, if only what is no good
            raise
        finally:
            self._breaker.leave(answered=answered)
        return value


BLOBS = Limits(total=60.0, rate=1_000.0)
"""Limits of a transfer: it may take as long as it likes while it gets on at a kilobyte a second."""


def refused(response: Response) -> Failure:
    """Read what came with a status that is no success and return it as a failure."""
    media_type, after = response.headers.get("content-type", ""), response.headers.get("retry-after")
    try:
        body = read_body(response, MAX_PROBLEM)
    except Failure:
        body = b""  # the status is the answer; its explanation is welcome, not needed
    status = response.status
    said = next((f" {code.phrase}" for code in http.HTTPStatus if code == status), "")
    return Failure(str(status), f"it answered {status}{said}", retry_after=after, media_type=media_type, body=body)


def refuse_portal(response: Response) -> None:
    """Raise Failure `portal` for a page where a document was asked for: what networks send before one has logged in."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        response.close()
        raise Failure("portal", "a web page came instead of its answer")


_HINTS = {
    "portal": "open a web page in a browser and log in to the network, then run the command again",
    "511": "open a web page in a browser and log in to the network, then run the command again",
    "407": "the proxy wants a name and a password: http://NAME:PASSWORD@HOST:PORT in https_proxy",
    "certificate": "SSL_CERT_FILE names the certificate authority of a private registry, whose server must send the"
    " whole chain; never turn the check off",
    "tls": "`ggen market registry list` shows the address; should it begin with http, or with https?",
    "proxy": "no_proxy names the hosts that are asked without the proxy",
    "redirect": "`ggen market registry list` shows the address; add the registry again if it has moved",
    "url": "`ggen market registry list` shows the address; correct it",
    "plugin": "`ggen market plugins list` shows what is installed; an address with the scheme zip needs the plugin zip",
    "breaker": "`ggen market registry ping` tries it at once; --offline uses what is on this machine",
}
_HINT = "check the network and `ggen market registry ping`; --offline uses what is on this machine"


def error_from(name: str, given_up: GivenUp) -> MarketError:
    """Return the error that a user meets for a request that was given up."""
    failure = given_up.failure
    rule = rule_of(failure.what)
    facts = {"registry": name, "reason": failure.what, "attempts": given_up.attempts}
    if failure.what.isdigit() and _is_answer(failure):
        return _told(error_of(int(failure.what), failure.media_type, failure.body), name, facts)
    if rule.outcome is Outcome.INVALID:
        return IntegrityError("registry-answer-invalid", f"{name}: {failure.why}", hint="tell its operator", **facts)
    asked = f"; it asks to be left alone for {given_up.wait:.0f} s" if given_up.wait else ""
    times = f", {given_up.attempts} times" if given_up.attempts > 1 else ""
    if given_up.wait:
        facts["retry_after"] = round(given_up.wait)
    hint = failure.hint or _HINTS.get(failure.what, _HINT)
    return UnavailableError("registry-unavailable", f"{name}: {failure.why}{times}{asked}", hint=hint, **facts)


def _is_answer(failure: Failure) -> bool:
    """Tell whether a registry has answered, if only to refuse: what is wrong with a request is no trouble of its."""
    rule = rule_of(failure.what)
    return rule.outcome is not Outcome.UNAVAILABLE or (failure.what.startswith("4") and rule.what == "4xx")


def _told(error: MarketError, name: str, facts: Mapping[str, object]) -> MarketError:
    error.message = f"{name}: {error.message}"
    error.args = (error.message,)
    error.details = {**error.details, **facts}
    return error


def _absent(name: str, wanted: Wanted, said: bytes) -> NotFoundError:
    """Return the error for what a registry does not have; `said` is its problem document, which may suggest others."""
    given = error_of(http.HTTPStatus.NOT_FOUND, MEDIA_TYPE, said).details.get("suggestions")
    suggestions = [str(item)[:200] for item in given[:5]] if isinstance(given, list) else []
    message = f"{name} does not have {wanted.what}"
    return NotFoundError("not-found", message, registry=name, suggestions=suggestions)


def offline_miss(name: str, what: str, command: str) -> UnavailableError:
    """Return the error for what is not on this machine and must not be fetched; `command` would fetch it."""
    message = f"{what} of {name} is not on this machine, and --offline forbids to ask for it"
    hint = f"`{command}` without --offline (setting offline) fetches it"
    return UnavailableError("offline-miss", message, hint=hint, registry=name, artefact=what)


def ago(seconds: float) -> str:
    """Return an age as people say it, rounded down."""
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return f"{int(seconds)} s ago"
