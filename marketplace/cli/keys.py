"""key new, list, export, trust, revoke: signing keys and pins."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from marketplace.cli import render
from marketplace.cli.app import FamilyGroup
from marketplace.cli.options import with_session
from marketplace.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marketplace.security.keys import KeyInfo


@click.group("key", cls=FamilyGroup)
def key_command() -> None:
    """Make, list, export, trust and revoke keys.

    Example: ggen market key list
    """


@key_command.command("new")
@click.option("--name", default="default", show_default=True, help="What to call the key on this machine.")
@with_session()
def new_command(session: Session, name: str) -> None:
    """Make a signing key and print its public half.

    Example: ggen market key new --name work
    """
    signer = session.keys.create(name, session.now())
    path = session.keys.path_of(name)
    session.out.result({"name": signer.name, "key": signer.public, "path": str(path)}, lambda: [
        f"{render.good('Made')} the key {render.bold(signer.name)}",
        *render.fields([("public", signer.public), ("file", str(path))]),
        render.dim("keep the file secret and back it up: who has it publishes in your name"),
    ])  # fmt: skip


@key_command.command("list")
@with_session()
def list_command(session: Session) -> None:
    """List the signing keys of this home and the namespaces it has pinned.

    Example: ggen market key list --json
    """
    keys, pins, revoked = session.keys.list(), session.trust.pins(), session.trust.revoked()
    document = {
        "keys": [{"name": key.name, "key": key.public, "created": key.created} for key in keys],
        "pins": [{"namespace": namespace, "key": key} for namespace, key in sorted(pins.items())],
        "revoked": [{"key": key, "reason": reason} for key, reason in sorted(revoked.items())],
    }
    session.out.result(document, lambda: _list_text(keys, pins, revoked))


def _list_text(keys: "tuple[KeyInfo, ...]", pins: "Mapping[str, str]", revoked: "Mapping[str, str]") -> Iterator[str]:
    if keys:
        yield from render.table(("NAME", "CREATED", "PUBLIC KEY"), [(k.name, k.created, k.public) for k in keys])
    else:
        yield "No signing key yet; `ggen market key new` makes one."
    if pins:
        yield ""
        yield from render.table(("NAMESPACE", "PINNED TO"), sorted(pins.items()))
    if revoked:
        yield ""
        yield from render.table(("REVOKED KEY", "REASON"), sorted(revoked.items()))


@key_command.command("export")
@click.argument("name", default="default")
@with_session()
def export_command(session: Session, name: str) -> None:
    """Print the public half of a key, to give to those who will trust it.

    Example: ggen market key export work
    """
    public = session.keys.export(name)
    session.out.result({"name": name, "key": public}, lambda: [public])


@key_command.command("trust")
@click.argument("namespace")
@click.argument("key")
@click.option("--keep", is_flag=True, help="What the key pinned before has signed stays good.")
@with_session()
def trust_command(session: Session, namespace: str, key: str, keep: bool) -> None:
    """Pin NAMESPACE to the publisher key KEY, replacing the pin that is there.

    Compare the key with its owner over another channel first.

    Example: ggen market key trust io.acme "$(ggen market key export work)"
    """
    before = session.trust.pin_of(namespace)
    session.trust.trust(namespace, key, keep=keep)
    session.out.result({"namespace": namespace, "key": key, "replaced": before}, lambda: [
        f"{render.good('Trusted')} {key} for {render.bold(namespace)}",
        *([render.dim(f"before: {before}")] if before and before != key else []),
    ])  # fmt: skip


@key_command.command("revoke")
@click.argument("key")
@click.option("--reason", required=True, help="Why, in a sentence that users of this home will see.")
@with_session()
def revoke_command(session: Session, key: str, reason: str) -> None:
    """Refuse everything that KEY has signed, on this machine, from now on.

    Example: ggen market key revoke "$(ggen market key export work)" --reason 'stolen laptop'
    """
    session.trust.revoke(key, reason)
    session.out.result({"key": key, "reason": reason}, lambda: [f"{render.good('Revoked')} {key}"])
