"""What the steps about databases and peers ask for."""

import re
from typing import Any

from support.cleanroom import STORAGE_NETWORK, Cleanroom
from support.cleanroom.containers import GenericContainer
from support.cleanroom.engine.base import ExecTimeoutError
from support.cleanroom.images import debian_packages
from support.cleanroom.images.services import DebianImage, redis_image
from support.cleanroom.peers import PeerNetwork, SmallPeer
from support.cleanroom.rooms import required_engines
from support.cleanroom.services import ForPostgres, ForRedis, PostgresContainer, RedisContainer
from support.cleanroom.waiting import Wait

_PEER = SmallPeer()
# Prints the user of each process inside, and the outcome of a write into the root.
_WHO = "stat -c %u /proc/[0-9]*; touch /opt/x || echo refused"


def lacks(context: Any, image: DebianImage) -> bool:
    """Skip a scenario whose image cannot be made here; where engines are demanded, the build tells why it cannot."""
    reason = debian_packages.lacking(image.debian)
    if not reason or required_engines():
        return False
    context.scenario.skip(reason)
    return True


def ready(database: GenericContainer) -> Wait:
    """Return when a database is ready."""
    return ForRedis() if isinstance(database, RedisContainer) else ForPostgres()


def restart(database: GenericContainer) -> None:
    """Kill a database, start it again, and wait until it is ready."""
    database.kill()
    database.restart()
    database.wait(ready(database))


def connection(database: GenericContainer) -> str:
    """Return the URL by which this machine reaches a database, which answers there, without host and port."""
    assert isinstance(database, RedisContainer | PostgresContainer)
    url = database.url if isinstance(database, RedisContainer) else database.dsn
    host, port = database.endpoint(database.port)
    assert f"{host}:{port}" in url, url
    return url.replace(f"{host}:{port}", "HOST:PORT")


def users(database: GenericContainer) -> list[str]:
    """Return the users of a database's own processes; the engine's init and our question are not among them."""
    done = database.exec(["sh", "-c", _WHO])
    if "refused" not in done.text:
        raise AssertionError(f"the root could be written: {done}")
    return re.findall(r"^\d+$", done.text, re.MULTILINE)


def client(room: Cleanroom) -> GenericContainer:
    """Start a container with `redis-cli` in the databases' network of a room."""
    return room.start_generic(name="client", image=redis_image(), networks=(STORAGE_NETWORK,))


def seen(client: GenericContainer, address: str, key: str, seconds: float) -> str:
    """Return what a client gets for a key from a Redis server at an address; nothing when there is no answer."""
    try:
        done = client.exec(["redis-cli", "-e", "-h", address, "GET", key], seconds)
    except ExecTimeoutError:
        return ""
    return done.text.strip() if done.exit_code == 0 else ""


def bootstraps(network: PeerNetwork) -> dict[str, str]:
    """Return the bootstrap that each node was started with."""
    commands = {name: node.engine_container.spec.command for name, node in network.nodes.items()}
    return {name: command[2] if "--bootstrap" in command else "" for name, command in commands.items()}


def peer_ready(network: PeerNetwork, name: str) -> None:
    """Wait until a peer answers."""
    network.nodes[name].wait(_PEER.wait)


def apart(network: PeerNetwork, one: set[str], seconds: float) -> None:
    """Assert that the nodes of each of two sides come to be answered by those of their own side alone."""
    sides = [one, set(network.nodes) - one]
    wanted = {name: side - {name} for side in sides for name in side}
    found = _PEER.come_to_reach(network, wanted, seconds)
    assert found == wanted, found


def together(network: PeerNetwork, names: set[str], seconds: float) -> None:
    """Assert that nodes come to be answered by one another, and by no other node."""
    wanted = {name: names - {name} for name in names}
    found = _PEER.come_to_reach(network, wanted, seconds)
    assert found == wanted, found
