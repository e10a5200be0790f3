"""registry: named registries, their order, and the tokens for them."""

import sys
from collections.abc import Iterator
from typing import IO, Any

import click

from marketplace.cli import render
from marketplace.cli.app import FamilyGroup
from marketplace.cli.options import with_session
from marketplace.cli.remote import credentials, log_state, open_remote
from marketplace.cli.session import Session
from marketplace.errors import InvalidInputError, MarketError
from marketplace.registries import (
    Known,
    add,
    checked_name,
    checked_namespace,
    checked_url,
    known,
    remove,
    scheme_of,
    unknown,
)


@click.group("registry", cls=FamilyGroup)
def registry_command() -> None:
    """Name registries, bind namespaces to them, and try whether they answer.

    Example: ggen market registry list
    """


@registry_command.command("add")
@click.argument("name")
@click.argument("url")
@click.option("--namespace", "namespaces", multiple=True, help="Ask no other registry for its packages; repeatable.")
@with_session()
def add_command(session: Session, name: str, url: str, namespaces: tuple[str, ...]) -> None:
    """Give the registry at URL a NAME, or bind other namespaces to it.

    The address begins with http, https, or a scheme that a plugin brings.

    Example: ggen market registry add corp https://registry.acme.example --namespace io.acme
    """
    new = Known(checked_name(name), checked_url(url), tuple(sorted(set(map(checked_namespace, namespaces)))))
    _refuse_unknown_scheme(session, new.url)
    path = add(session.settings, new)
    if url.startswith("http:") and not _is_loopback(new.url):
        session.out.note(f"{new.url} is not encrypted: whoever is on the way sees what is asked, and tokens")
    session.out.result({**_json(new), "path": str(path)}, lambda: [
        f"{render.good('Added')} {render.bold(new.name)} at {new.url}",
        render.dim(f"ask it: --registry {new.name}, or always: ggen market config registry {new.name}"),
    ])  # fmt: skip


def _refuse_unknown_scheme(session: Session, url: str) -> None:
    scheme = scheme_of(url)
    if scheme and not session.plugins.brings(scheme):
        why = session.plugins.failure_of(scheme)
        hint = f"install the plugin {scheme}; `ggen market plugins list` shows those there are"
        message = f"{url} has a scheme that the plugin {scheme} would bring: {why}"
        raise InvalidInputError("registry-scheme-unknown", message, hint=hint, scheme=scheme)


def _is_loopback(url: str) -> bool:
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _json(registry: Known) -> dict[str, object]:
    return {"name": registry.name, "url": registry.url, "namespaces": list(registry.namespaces)}


@registry_command.command("list")
@with_session()
def list_command(session: Session) -> None:
    """List the registries, their namespaces, and the order in which they are asked.

    Example: ggen market registry list --json
    """
    registries = list(known(session.settings).values())
    order = str(session.settings.value("registry"))
    document = {"order": order, "registries": [_json(registry) for registry in registries]}
    session.out.result(document, lambda: _list_text(order, registries))


def _list_text(order: str, registries: list[Known]) -> Iterator[str]:
    rows = [("local", "in this home", ""), *((r.name, r.url, ", ".join(r.namespaces)) for r in registries)]
    yield from render.table(("NAME", "ADDRESS", "NAMESPACES"), rows)
    yield render.dim(f"asked: {order}")


@registry_command.command("remove")
@click.argument("name")
@with_session()
def remove_command(session: Session, name: str) -> None:
    """Forget a registry; its namespaces are bound no more, and its log's key is pinned no more.

    Example: ggen market registry remove corp
    """
    there = known(session.settings)
    path = remove(session.settings, name)
    if name in there:
        log_state(session, there[name]).forget()
    session.out.result({"name": name, "path": str(path)}, lambda: [f"{render.good('Removed')} {render.bold(name)}"])


@registry_command.command("ping")
@click.argument("name", required=False)
@with_session()
def ping_command(session: Session, name: str | None) -> int:
    """Ask registries whether they answer, now, whatever is kept: NAME, or all. Exit code 6 when one does not.

    Example: ggen market registry ping
    """
    there = known(session.settings)
    if name is not None and name not in there:
        raise unknown(name, there)
    chosen = [there[name]] if name else list(there.values())
    rows = [_pinged(session, registry) for registry in chosen]
    failed = [row for row in rows if not row["ok"]]
    session.out.result({"ok": not failed, "registries": rows}, lambda: _ping_text(rows))
    return int(failed[0]["exit"]) if failed else 0


def _pinged(session: Session, registry: Known) -> dict[str, Any]:
    import time

    start = time.perf_counter()
    try:
        facts = open_remote(session, registry, alone=len(known(session.settings)) == 1).ping()
    except MarketError as error:
        return {"name": registry.name, "ok": False, "exit": error.exit_code, **error.to_json()}
    took = round((time.perf_counter() - start) * 1000, 1)
    return {"name": registry.name, "ok": True, "took_ms": took, **facts}


def _ping_text(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "No registry has a name yet; `ggen market registry add NAME URL` adds one."
    for row in rows:
        if row["ok"]:
            kind = "with its interface" if row["interface"] else "files alone"
            yield f"{render.good('ok')}  {row['name']}: {kind}, {row['took_ms']} ms"
        else:
            yield f"{render.bad('!!')}  {render.printable(row['message'])}"


@registry_command.command("proof")
@click.argument("file", type=click.File("rb"))
@with_session()
def proof_command(session: Session, file: IO[bytes]) -> None:
    """Check a FILE that is to prove that a registry's log broke its promise. Nothing else is asked.

    Example: ggen market registry proof corp-proof.json
    """
    from marketplace.registry import log_evidence

    verdict = log_evidence.checked(file.read(log_evidence.MAX_EVIDENCE + 1))
    heads = [{"size": head.size, "root": head.root.hex(), "time": head.time} for head in verdict[2:]]
    document = {"proves": verdict.proves, "key": str(verdict.key), "earlier": heads[0], "later": heads[1]}
    session.out.result(document, lambda: [
        f"{render.good('Right')}: it proves {verdict.proves} of the log with the key {verdict.key}",
        render.dim("compare the key with the one that the registry's operator has published"),
    ])  # fmt: skip


@registry_command.command("login")
@click.argument("name")
@click.option("--token-file", type=click.File(), help="Read the token from this file, `-` for standard input.")
@with_session()
def login_command(session: Session, name: str, token_file: IO[str] | None) -> None:
    """Keep a token for the registry NAME. It is sent to this scheme, host and port alone.

    Example: ggen market registry login corp --token-file token.txt
    """
    from marketplace.http.redirects import origin_of

    there = known(session.settings)
    if name not in there:
        raise unknown(name, there)
    if scheme_of(there[name].url):
        hint = "nothing is to be done: what a plugin reads has no tokens"
        raise InvalidInputError(
            "registry-read-only", f"{name} is files alone, without tokens", hint=hint, registry=name
        )
    token = _checked_token(_given_token(token_file).strip())
    origin = origin_of(there[name].url)
    credentials(session).keep(origin, token)
    session.out.result({"name": name, "origin": origin}, lambda: [f"{render.good('Kept')} the token for {origin}"])


def _given_token(token_file: IO[str] | None) -> str:
    """Return the token: a line of the file or of a pipe, else what is typed at the terminal, unseen."""
    if token_file or not sys.stdin.isatty():
        return (token_file or sys.stdin).readline()
    return str(click.prompt("Token", hide_input=True, err=True))


def _checked_token(token: str) -> str:
    if not token or len(token) > 1000 or not token.isascii() or not token.isprintable() or " " in token:
        hint = "the registry's operator makes one: ggen market token new"
        raise InvalidInputError("token-invalid", "what was given is no token", hint=hint)
    return token


@registry_command.command("logout")
@click.argument("name")
@with_session()
def logout_command(session: Session, name: str) -> None:
    """Forget the token for the registry NAME.

    Example: ggen market registry logout corp
    """
    from marketplace.http.redirects import origin_of

    there = known(session.settings)
    if name not in there:
        raise unknown(name, there)
    origin = origin_of(there[name].url)
    had = credentials(session).forget(origin)
    word = "Forgot the token" if had else "There was no token"
    session.out.result({"name": name, "origin": origin, "forgotten": had}, lambda: [f"{word} for {origin}"])
