"""The registries that the home names, opened for a session when the setting asks for more than the one in this home."""

from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.registries import LOCAL, Known, Member, known, order_of, scheme_of, unknown

if TYPE_CHECKING:
    from marketplace.cli.session import Session
    from marketplace.http.base import Transport
    from marketplace.http.client import Client, Mode
    from marketplace.http.credentials import Credentials
    from marketplace.registry.base import Registry
    from marketplace.registry.centralized import CentralizedRegistry
    from marketplace.registry.log_check import LogCheck
    from marketplace.registry.log_state import LogState

_IN_HOME = (LOCAL, "p2p")


def open_registry(session: "Session") -> "Registry":
    """Open the registry or the registries that the setting names; see `Session.registry`."""
    there = known(session.settings)
    order = order_of(str(session.settings.value("registry")))
    for name, _ in order:
        if name not in there and name not in _IN_HOME:
            raise unknown(name, there)
    if len(order) == 1 and not any(registry.namespaces for registry in there.values()):
        return _open(session, there, order, order[0].name)
    from marketplace.registry.chain import ChainRegistry

    return ChainRegistry(order, there, lambda name: _open(session, there, order, name), notify=session.out.warn)


def _open(session: "Session", there: dict[str, Known], order: tuple[Member, ...], name: str) -> "Registry":
    if name in _IN_HOME:
        return session.local if name == session.local.name else session.open_local(name)
    return open_remote(session, there[name], alone=len(order) == 1 and order[0].name == name)


def open_remote(session: "Session", registry: Known, *, alone: bool) -> "CentralizedRegistry":
    """Open a registry at its address. GGEN_TOKEN is sent to it only when it is `alone`: all that the setting names."""
    from marketplace.clock import system_clock
    from marketplace.http.breaker import Breaker
    from marketplace.http.cache import Cache
    from marketplace.http.client import Client
    from marketplace.http.retry import Policy
    from marketplace.registry.centralized import CentralizedRegistry

    folder = cache_folder(session, registry)
    client = Client(
        registry.name, registry.url, transport=_transport(session, registry, alone=alone), policy=Policy(),
        cache=Cache(folder, notify=session.out.warn), breaker=Breaker(folder, system_clock), mode=_mode(session),
        notify=session.out.warn,
    )  # fmt: skip
    return CentralizedRegistry(
        client, folder, trust=lambda: session.trust, store=lambda: session.store,
        log=lambda: _log_check(session, registry, client), notify=session.out.warn, clock=session.now,
    )  # fmt: skip


def _transport(session: "Session", registry: Known, *, alone: bool) -> "Transport":
    """Return what carries requests to a registry: HTTP, or the plugin that brings the scheme of its address."""
    if scheme := scheme_of(registry.url):
        from marketplace.registry.plugged import Plugged

        return Plugged(session.plugins, scheme, registry.url)
    from marketplace.http.connections import Connections
    from marketplace.http.credentials import token_source
    from marketplace.http.redirects import Redirecting, origin_of

    given = session.environ.get("GGEN_TOKEN") if alone else None
    tokens = token_source(credentials(session), given, origin_of(registry.url))
    return Redirecting(Connections(session.environ), tokens)


def _log_check(session: "Session", registry: Known, client: "Client") -> "LogCheck":
    from marketplace.config import SETTINGS
    from marketplace.registry.log_check import LogCheck

    name = "checkpoint_max_age"
    days = int(str(session.settings.value(name)))
    if session.settings.origin(name).kind == "project":
        days = min(days, int(str(SETTINGS[name].default)))  # a cloned project may ask for more care, not for less
    return LogCheck(client, log_state(session, registry), max_age=days, notify=session.out.note)


def log_state(session: "Session", registry: Known) -> "LogState":
    """Return what this home knows of a registry's log."""
    from marketplace.registry.log_state import LogState, state_path

    path = state_path(session.home, registry.name, registry.url)
    return LogState(path, lock_timeout=session.lock_timeout)


def cache_folder(session: "Session", registry: Known) -> Path:
    """Return where what is kept of a registry lies: by its address too, so a name that moves brings nothing along."""
    from hashlib import sha256

    address = sha256(registry.url.encode()).hexdigest()[:16]
    return session.home / "cache" / "registries" / f"{registry.name}-{address}"


def credentials(session: "Session") -> "Credentials":
    """Return the tokens of this home."""
    from marketplace.http.credentials import Credentials

    return Credentials(session.home / "credentials.json", lock_timeout=session.lock_timeout)


def _mode(session: "Session") -> "Mode":
    from marketplace.http.client import Mode

    if session.offline:
        return Mode.OFFLINE
    return Mode.PREFER_OFFLINE if session.settings.value("prefer_offline") is True else Mode.ONLINE
