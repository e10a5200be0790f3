"""What a Docker engine has by label, listed anew only when it says that something came or went.

The leak gate looks after each step. Four lists cost an engine 10 to 70 ms, most of it for images, by the number of
their layers; what happened since the last look costs 2 ms.
"""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import docker

from support.cleanroom.engine.base import Leftover

_REMEMBERED = 256
"""Events that an engine can tell of afterwards: `eventsLimit` in moby's `daemon/events`."""

_TELLING = {
    "container": {"create", "destroy", "rename", "commit"},
    "network": {"create", "destroy", "remove"},
    "volume": {"create", "destroy"},
}
"""Events after which a list may differ, by type; of images all are."""


class DockerListing:
    """The containers, networks, volumes and images of an engine that carry a label.

    Args:
        clock: this machine's time, in seconds since the epoch; an engine reached by a socket has the same.
    """

    def __init__(self, client: "docker.APIClient", clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._clock = clock
        self._same_clock = urlsplit(client.base_url).scheme in ("http+docker", "http+unix")
        self._known: dict[str, tuple[float, list[Leftover]]] = {}

    def labelled(self, filter_: str) -> list[Leftover]:
        """Return what carries a label; `filter_` is `label` or `label=value`."""
        now = self._clock()
        if filter_ in self._known and self._quiet(self._known[filter_][0], now):
            found = self._known[filter_][1]
        else:
            found = self._list(filter_)
        self._known[filter_] = (now, found)
        return list(found)

    def _quiet(self, since: float, until: float) -> bool:
        """Tell whether nothing came or went, so far as the engine remembers all that happened."""
        if not self._same_clock:
            return False
        told = list(self._client.events(since=f"{since:.9f}", until=f"{until:.9f}", decode=True))
        return len(told) < _REMEMBERED // 2 and not any(
            event["Type"] == "image" or event["Action"] in _TELLING.get(event["Type"], ()) for event in told
        )

    def _list(self, filter_: str) -> list[Leftover]:
        filters = {"label": filter_}
        found = [
            Leftover("container", item["Id"], item["Names"][0].lstrip("/") if item["Names"] else "", item["Labels"])
            for item in self._client.containers(all=True, filters=filters)
        ]
        for item in self._client.networks(filters=filters):
            found.append(Leftover("network", item["Id"], item["Name"], item["Labels"]))
        for item in self._client.volumes(filters=filters)["Volumes"] or []:
            found.append(Leftover("volume", item["Name"], item["Name"], item["Labels"]))
        for item in self._client.images(filters=filters):
            tags = [tag for tag in item["RepoTags"] or () if not tag.startswith("<none>")]
            name = tags[0] if tags else item["Id"]
            found.append(Leftover("image", item["Id"], name, item["Labels"]))
        return found
