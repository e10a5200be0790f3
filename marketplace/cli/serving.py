"""serve, mirror, token: the operator's verbs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marketplace.cli import render
from marketplace.cli.app import FamilyGroup
from marketplace.cli.options import with_session
from marketplace.cli.session import Session

if TYPE_CHECKING:
    from marketplace.server.tokens import TokenStore

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port; 0 for any.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer.")
@click.option("--tls-cert", type=_FILE, default=None, help="Serve HTTPS with this certificate chain (PEM).")
@click.option("--tls-key", type=_FILE, default=None, help="The certificate's private key (PEM).")
@click.option("--name", default=None, help="The log's name, once and for all; such as registry.acme.example.")
@click.option(
    "--rate",
    type=click.FloatRange(0),
    default=100,
    show_default=True,
    help="Requests a second to the interface, for each client; 0 for any number.",
)
@click.option(
    "--in-flight",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    help="Requests that each worker answers at once; more are told to come again.",
)
@click.option(
    "--idle",
    type=click.FloatRange(0.1),
    default=15,
    show_default=True,
    help="Seconds in which the next bytes of a request must come.",
)
@click.option(
    "--drain",
    type=click.FloatRange(0),
    default=30,
    show_default=True,
    help="Seconds that requests in flight get when it is stopped.",
)
@click.option(
    "--minimum-grade",
    type=click.Choice(("A", "B", "C", "D", "F")),
    default=None,
    help="Refuse releases of a lower grade of quality; else the setting minimum_grade.",
)
@click.option("--log/--no-log", default=True, help="Write a line of JSON for each request to stderr.")
@with_session("minimum_grade")
def serve_command(
    session: Session, *, host: str, port: int, workers: int, tls_cert: Path | None, tls_key: Path | None, **limits: Any
) -> None:
    """Serve this home's registry over HTTP until it is stopped.

    The address is printed once requests are answered.

    Example: ggen market serve --port 0 --json
    """
    from marketplace.server.options import Options
    from marketplace.server.serving import Listening, serve

    options = Options(folder=session.home / "registry", open_registry=session.open_local, **limits)
    serve(options, Listening(host, port, workers, tls_cert, tls_key), lambda address: _ready(session, address))


def _ready(session: Session, address: str) -> None:
    import os

    session.out.result({"url": address, "pid": os.getpid()}, lambda: [
        f"{render.good('Serving')} {session.home / 'registry'} at {render.bold(address)}",
    ])  # fmt: skip


@click.command("mirror")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--archives", is_flag=True, help="Write an archive of each release too.")
@click.option("--name", default=None, help="The log's name, once and for all; such as registry.acme.example.")
@with_session()
def mirror_command(session: Session, folder: Path, archives: bool, name: str | None) -> None:
    """Write this home's registry to FOLDER as files that any static file server can serve.

    A second run writes what changed.

    Example: ggen market mirror ./public --archives
    """
    from marketplace.server.content import Content
    from marketplace.server.log import log_key
    from marketplace.server.mirror import Mirror
    from marketplace.server.options import LOG_KEY

    key = log_key(session.home / "registry" / LOG_KEY, name)
    target = session.folder / folder
    with session.out.progress("mirroring") as advance:
        mirror = Mirror(Content(session.open_local(), key, None), key, target, archives=archives, advance=advance)
        done = mirror.run(lock_timeout=session.lock_timeout)
    document = {
        "path": str(target), "packages": done.packages, "releases": done.releases, "written": done.written,
        "unchanged": done.unchanged, "bytes": done.bytes, "log_size": done.log_size, "key": str(key.verifier),
    }  # fmt: skip
    session.out.result(document, lambda: [
        f"{render.good('Mirrored')} {render.plural(done.packages, 'package')} to {render.bold(str(target))}",
        *render.fields([
            ("written", f"{render.plural(done.written, 'file')}, {render.size(done.bytes)}"),
            ("unchanged", render.plural(done.unchanged, "file")),
            ("log", f"{done.log_size:,} entries, key {key.verifier}"),
        ]),
    ])  # fmt: skip


@click.group("token", cls=FamilyGroup)
def token_command() -> None:
    """Make, list and revoke publishers' tokens of this home's registry.

    Example: ggen market token list
    """


def _tokens(session: Session) -> "TokenStore":
    from marketplace.server.tokens import TokenStore

    return TokenStore(session.home / "registry" / "tokens.json", lock_timeout=session.lock_timeout)


@token_command.command("new")
@click.option("--namespace", "namespaces", multiple=True, required=True, help="What may be published; repeatable.")
@click.option("--name", default="default", show_default=True, help="What to call the token.")
@click.option("--quota-mb", type=click.IntRange(1), default=None, help="Most MB in all releases of the namespaces.")
@with_session()
def new_command(session: Session, namespaces: tuple[str, ...], name: str, quota_mb: int | None) -> None:
    """Make a token for a publisher and print it, this once.

    Example: ggen market token new --namespace io.acme --name ci
    """
    from marketplace.clock import timestamp

    quota = None if quota_mb is None else quota_mb * 10**6
    text = _tokens(session).create(name, namespaces, timestamp(session.now()), quota=quota)
    document = {"name": name, "namespaces": sorted(set(namespaces)), "quota": quota, "token": text}
    session.out.result(document, lambda: [
        f"{render.good('Made')} the token {render.bold(name)} for {', '.join(sorted(set(namespaces)))}",
        text,
        render.dim("it is shown this once: only its hash is kept"),
    ])  # fmt: skip


@token_command.command("list")
@with_session()
def list_command(session: Session) -> None:
    """List the tokens and what each may publish.

    Example: ggen market token list --json
    """
    tokens = _tokens(session).list()
    rows = [(token.name, token.created, ", ".join(token.namespaces)) for token in tokens]
    document = {
        "tokens": [{"name": t.name, "created": t.created, "namespaces": t.namespaces, "quota": t.quota} for t in tokens]
    }
    session.out.result(document, lambda: (
        render.table(("NAME", "CREATED", "NAMESPACES"), rows) if rows
        else ["No token yet; `ggen market token new` makes one."]
    ))  # fmt: skip


@token_command.command("revoke")
@click.argument("name")
@with_session()
def revoke_command(session: Session, name: str) -> None:
    """Refuse a token from now on.

    Example: ggen market token revoke ci
    """
    _tokens(session).revoke(name)
    session.out.result({"name": name}, lambda: [f"{render.good('Revoked')} the token {render.bold(name)}"])
