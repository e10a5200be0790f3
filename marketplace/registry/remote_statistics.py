"""What a registry over HTTP has counted, by its own word; asked anew each time."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from marketplace.errors import NotFoundError
from marketplace.http.client import Client, Mode, offline_miss
from marketplace.insights.statistics import Statistics
from marketplace.protocol.strict import read_object

if TYPE_CHECKING:
    from marketplace.model.ids import PackageId

_MAX = 4 * 1024 * 1024


def ask(
    client: Client, api: str | None, id_: "PackageId | None", days: int,
    unknown: "Callable[[PackageId, NotFoundError], NotFoundError]",
) -> Statistics:  # fmt: skip
    """Ask the registry of `client`, whose interface is at `api`.

    Raises:
        NotFoundError: `statistics-none`, it counts nothing; or what `unknown` returns for a package that it lacks.
        UnavailableError, DeniedError, IntegrityError: it cannot answer now, refuses, or answers what is wrong.
    """
    if api is None:
        raise none_there(f"{client.name} is files alone: nobody counts there")
    if client.mode is Mode.OFFLINE:
        raise offline_miss(client.name, "the statistics", "ggen market stats")
    query = urlencode({"days": days, **({"id": str(id_)} if id_ else {})})
    try:
        reply = client.call("GET", f"{api}stats?{query}", limit=_MAX)
    except NotFoundError as error:
        if id_ and error.code == "package-not-found":
            raise unknown(id_, error) from error
        raise none_there(f"{client.name} is of a version that does not count") from error
    return Statistics.of_json(read_object(reply.body, limit=_MAX, what="statistics"), str(id_) if id_ else None)


def none_there(message: str) -> NotFoundError:
    """Return the error for a registry that has no statistics."""
    hint = "ask a registry that serves and counts: ggen market stats --registry NAME"
    return NotFoundError("statistics-none", message, hint=hint)
