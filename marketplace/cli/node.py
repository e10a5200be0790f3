"""node run, status, peers, ban, unban: the peer node of this home."""

import importlib.util
from collections.abc import Iterator, Mapping
from typing import Any

import click

from marketplace.cli import render
from marketplace.cli.app import FamilyGroup
from marketplace.cli.options import with_session
from marketplace.cli.session import Session
from marketplace.errors import UnavailableError

DEFAULT_LISTEN = "/ip4/0.0.0.0/tcp/4701"


@click.group("node", cls=FamilyGroup)
def node_command() -> None:
    """Run the peer node, and look at its peers.

    Example: ggen market node status
    """


@node_command.command("run")
@click.option(
    "--listen", multiple=True, default=(DEFAULT_LISTEN,), show_default=True, help="Listen here; port 0 for any."
)
@click.option("--bootstrap", metavar="ADDRESS", multiple=True, help="Join by this peer, and stay connected to it.")
@click.option("--announce", metavar="ADDRESS", multiple=True, help="Tell others this address, as from behind a router.")
@click.option("--light", is_flag=True, help="Keep no index of the network: only ask for what is wanted.")
@click.option("--discover/--no-discover", default=True, help="Look for further peers than the bootstrap ones.")
@click.option("--mdns", is_flag=True, help="Find the nodes of the local network, and be found by them.")
@with_session()
def run_command(session: Session, **options: Any) -> None:
    """Run the node of this home until it is stopped. Prints its address when it is ready.

    Example: ggen market node run --listen /ip4/127.0.0.1/tcp/0
    """
    if importlib.util.find_spec("libp2p") is None:
        hint = "install it: pip install 'ggen-marketplace[p2p]'"
        raise UnavailableError("p2p-not-installed", "the peer node needs the extra p2p, which is not here", hint=hint)
    from marketplace.p2p.node import Options
    from marketplace.p2p.program import run

    def ready(id_: str, addresses: list[str]) -> None:
        session.out.result({"id": id_, "addresses": addresses}, lambda: [
            f"{render.good('Running')} as {render.bold(id_)}",
            *(f"  {address}" for address in addresses),
        ])  # fmt: skip

    run(session.home, Options(**options), ready)


@node_command.command("status")
@with_session()
def status_command(session: Session) -> None:
    """Show the node: address, peers, what it knows and what it provides.

    Example: ggen market node status --json
    """
    status = session.node.ask("status")
    session.out.result(status, lambda: _status_text(status))


def _status_text(status: Mapping[str, Any]) -> Iterator[str]:
    yield render.bold(status["id"]) + (" (light)" if status["light"] else "")
    yield from render.fields([
        ("addresses", ", ".join(status["addresses"])),
        ("peers", f"{status['peers']}, {status['mesh']} in the mesh"),
        ("local network", "" if status["local"] is None else f"{render.plural(status['local'], 'node')} heard"),
        ("releases", f"{status['releases']}, of {render.plural(status['publishers'], 'publisher')}"),
        ("awaited", str(status["awaited"] or "")),
    ])  # fmt: skip
    yield from _provided_text(status["provided"])
    for namespace, keys in status["contested"].items():
        yield render.bad(f"{namespace} is claimed by {len(keys)} keys: ggen market key trust {namespace} KEY")
    for what in status["quarantined"]:
        yield render.bad(f"quarantined: {what['what']}, {what['why']}")


def _provided_text(provided: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each content that other nodes keep a record of."""
    rows = [
        (", ".join(item["packages"]) or item["content_id"], str(item["records"]),
         *(_minute(item[name]) for name in ("since", "refreshed", "expires")))
        for item in provided
    ]  # fmt: skip
    if rows:
        yield from render.table(("PROVIDED", "RECORDS", "SINCE", "REFRESHED", "EXPIRES (UTC)"), sorted(rows))


def _minute(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "minutes")[:16]


@node_command.command("peers")
@with_session()
def peers_command(session: Session) -> None:
    """List the peers that are connected or remembered, with their scores.

    Example: ggen market node peers
    """
    answer = session.node.ask("peers")
    session.out.result(answer, lambda: _peers_text(answer["peers"]))


def _peers_text(peers: list[dict[str, Any]]) -> Iterator[str]:
    if not peers:
        yield "No peer yet; `ggen market node run --bootstrap ADDRESS` joins by one, --mdns finds those nearby."
        return
    rows = [
        (peer["id"], _link(peer), f"{peer['score']:g}", peer["standing"],
         ", ".join(f"{count} {name}" for name, count in sorted(peer["offences"].items())))
        for peer in peers
    ]  # fmt: skip
    yield from render.table(("PEER", "", "SCORE", "STANDING", "OFFENCES"), rows)


def _link(peer: Mapping[str, Any]) -> str:
    """Return whether a peer is connected, and whether it is one that keeps an index too."""
    return "away" if not peer["connected"] else "connected" if peer["syncs"] else "connected, no sync"


@node_command.command("ban")
@click.argument("peer", metavar="ID")
@with_session()
def ban_command(session: Session, peer: str) -> None:
    """Have nothing to do with a peer until it is unbanned.

    Example: ggen market node ban
    12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB
    """
    answer = session.node.ask("ban", id=peer)
    session.out.result(answer, lambda: [f"{render.good('Banned')} {answer['id']}"])


@node_command.command("unban")
@click.argument("peer", metavar="ID")
@with_session()
def unban_command(session: Session, peer: str) -> None:
    """Lift a ban, whatever its cause; the peer starts anew.

    Example: ggen market node unban
    12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB
    """
    answer = session.node.ask("unban", id=peer)
    session.out.result(answer, lambda: [f"{render.good('Unbanned')} {answer['id']}"])
