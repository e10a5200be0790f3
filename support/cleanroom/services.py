"""Databases of a room: PostgreSQL and Redis, ready when they answer in their own protocol, with what clients need."""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from support.cleanroom.containers import GenericContainer
from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import Container, Recipe
from support.cleanroom.images.services import postgres_image, redis_image
from support.cleanroom.waiting import Sight, Wait, receive, seconds_left

DATA = "/data"  # a volume: what was written outlives the server's process
_PROTOCOL = 196608  # 3.0 (PostgreSQL documentation, "Message Formats": StartupMessage)
_HEADER = struct.Struct(">cI")  # the kind of a message, and its length with these four bytes
_READY = b"Z"  # ReadyForQuery: the role is known, the database open
C = TypeVar("C", bound=GenericContainer)
_USER = "room"  # both the role and the database
# Shared memory lies in files: /dev/shm is closed under strict isolation. It is small enough for a room's limits.
_POSTGRES_COMMAND = f"""
if [ ! -s {DATA}/cluster/PG_VERSION ]; then
  cp -r /opt/postgres/template {DATA}/new && chmod 700 {DATA}/new && mv {DATA}/new {DATA}/cluster || exit
fi
rm -f {DATA}/cluster/postmaster.pid
exec /opt/postgres/bin/postgres -D {DATA}/cluster -k /tmp -c listen_addresses='*' -c shared_buffers=16MB \\
  -c dynamic_shared_memory_type=mmap -c max_connections=30 -c jit=off
"""
_REDIS_COMMAND = (
    "redis-server", "--bind", "0.0.0.0", "--port", "6379", "--protected-mode", "no", "--dir", DATA,  # noqa: S104
    "--appendonly", "yes", "--appendfsync", "always", "--save", "",
)  # fmt: skip


class RedisContainer(GenericContainer):
    """A Redis server that writes each change to its volume before it answers; any client of its room may connect."""

    port = 6379

    @property
    def url(self) -> str:
        """The URL by which this machine reaches it."""
        host, port = self.endpoint(self.port)
        return f"redis://{host}:{port}/0"

    def command(self, *words: str) -> str:
        """Run a command by `redis-cli`, without a line's end; raise EngineError when it fails."""
        return self.run("redis-cli", "-e", *words).rstrip("\n")


class PostgresContainer(GenericContainer):
    """A PostgreSQL server with a database `room` of a role `room`; its room is its only fence: there is no password."""

    port = 5432
    user = database = _USER

    @property
    def dsn(self) -> str:
        """The connection string by which this machine reaches it."""
        host, port = self.endpoint(self.port)
        return f"postgresql://{self.user}@{host}:{port}/{self.database}"

    def query(self, sql: str) -> list[list[str]]:
        """Run a statement by `psql` over TCP; return its rows as text. Raises EngineError when it fails."""
        told = self.run(
            "/opt/postgres/bin/psql", "--host=127.0.0.1", f"--username={self.user}", f"--dbname={self.database}",
            "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", f"--command={sql}",
        )  # fmt: skip
        return [line.split("|") for line in told.splitlines()]


@dataclass(frozen=True, slots=True)
class ForRedis:
    """Redis answers PING: it has read its data and takes commands."""

    ends: bool = False

    def look(self, container: Container, deadline: Deadline) -> Sight:
        """Ask once, in the form of a line."""
        answer = _asked(container, RedisContainer.port, b"PING\r\n", lambda link: receive(link, 7), deadline)
        return Sight(answer == b"+PONG\r\n", f"{answer!r}")

    def __str__(self) -> str:
        return "Redis to answer PING"


@dataclass(frozen=True, slots=True)
class ForPostgres:
    """PostgreSQL lets the role `room` into its database: a server that still starts or recovers refuses."""

    ends: bool = False

    def look(self, container: Container, deadline: Deadline) -> Sight:
        """Send a start-up message once."""
        body = struct.pack(">I", _PROTOCOL) + f"user\0{_USER}\0database\0{_USER}\0\0".encode()
        message = struct.pack(">I", len(body) + 4) + body
        answer = _asked(container, PostgresContainer.port, message, _session, deadline)
        return Sight(answer == _READY, f"{answer!r}")

    def __str__(self) -> str:
        return "PostgreSQL to accept a session"


@dataclass(frozen=True, slots=True)
class Service(Generic[C]):
    """How a room starts a service whose data lie on a volume at `DATA`."""

    kind: type[C]
    name: str
    image: Recipe
    command: tuple[str, ...]
    wait: Wait


POSTGRES = Service(PostgresContainer, "postgres", postgres_image(), ("sh", "-c", _POSTGRES_COMMAND), ForPostgres())
REDIS = Service(RedisContainer, "redis", redis_image(), _REDIS_COMMAND, ForRedis())


def _asked(
    container: Container, port: int, question: bytes, answer: Callable[[socket.socket], bytes], deadline: Deadline
) -> bytes:
    """Return what `answer` reads after a question, or why there is no answer."""
    try:
        with container.dial(port, seconds_left(deadline)) as connection:
            connection.settimeout(seconds_left(deadline))
            connection.sendall(question)
            return answer(connection)
    except OSError as error:
        return str(error).encode()


def _session(connection: socket.socket) -> bytes:
    """Return the kind of the message that ends PostgreSQL's answer, or the error that it tells."""
    while header := receive(connection, _HEADER.size):
        kind, length = _HEADER.unpack(header.ljust(_HEADER.size, b"\0"))
        body = receive(connection, max(length - 4, 0))
        if kind in (_READY, b"E"):
            return kind if kind == _READY else body
    return b"the connection ended"
