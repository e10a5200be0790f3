"""Registries over HTTP for the commands of a scenario: one that a server answers for, or a mirror of files.

The verbs that ask a registry ask `corp`, which the home has learnt of without the scenario's doing.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from marketplace.config import Settings
from marketplace.http.credentials import Credentials
from marketplace.http.redirects import origin_of
from marketplace.registries import Known, add
from support.centralized.servers import Server
from support.centralized.shelf import Shelf
from support.centralized.static_tree import files_of
from support.market.world import World, verified_log

NAMESPACES = ("com", "example", "io", "many", "org")
"""What the suite publishes into."""

WRITES = ("publish", "yank", "unyank", "import")
_OPERATES = ("index", "cache")
READS = (
    "search",
    "info",
    "versions",
    "categories",
    "stats",
    "recommend",
    "add",
    "remove",
    "install",
    "update",
    "outdated",
    "verify",
)


def verb_of(args: Sequence[str]) -> str:
    """Return the verb of a command line, empty for one that is not `ggen market …`."""
    return args[2] if Path(args[0]).name == "ggen" and args[1:2] == ["market"] and len(args) > 2 else ""


def name_it(world: World, url: str, token: str | None = None, name: str = "corp") -> None:
    """Let the home know a registry by a name, with a token for it."""
    settings = Settings.load(folder=world.root, environ={"GGEN_HOME": str(world.home)}, flags={})
    add(settings, Known(name, url))
    if token:
        Credentials(world.home / "credentials.json").keep(origin_of(url), token)


class Served:
    """A registry that `ggen market serve` answers for; publishing goes over the wire."""

    def __init__(self) -> None:
        self._server: Server | None = None

    def environ(self, world: World, args: Sequence[str]) -> Mapping[str, str]:
        """Return what makes a command ask the server, which is started when it is first needed.

        The operator's verbs work in the home that is served.
        """
        if verb_of(args) in _OPERATES:
            return {"GGEN_HOME": str(world.root / "served")}
        if verb_of(args) not in (*WRITES, *READS):
            return {}
        if self._server is None:
            home, world.home = world.home, world.root / "served"
            try:
                self._server = Server.start(world)
                options = " ".join(f"--namespace {namespace}" for namespace in NAMESPACES)
                token = world.run(f"ggen market token new {options} --json").json()["token"]
            finally:
                world.home = home
            name_it(world, self._server.url, token)
        return {"GGEN_REGISTRY": "corp"}

    def log_size(self, world: World) -> int:
        """Return how many entries the log in the home that is served has."""
        return verified_log(world)


class Mirrored:
    """The files of the home's registry on a plain file server; publishing goes into the home."""

    def __init__(self) -> None:
        self._shelf: Shelf | None = None

    def environ(self, world: World, args: Sequence[str]) -> Mapping[str, str]:
        """Return what makes a command ask the mirror; before one that reads it is brought up to date."""
        if verb_of(args) not in READS:
            return {}
        if self._shelf is None:
            self._shelf = Shelf()
            world.defer(self._shelf.close)
            name_it(world, f"http://{self._shelf.netloc}/")
        files = {f"/{path}": data for path, data in files_of(world.home).items()}
        if files != self._shelf.documents:
            self._shelf.documents.clear()
            self._shelf.documents |= files
            for kept in (world.home / "cache" / "registries").glob("*/answers"):
                shutil.rmtree(kept)  # else what was published a moment ago would be seen in five minutes
        return {"GGEN_REGISTRY": "corp"}

    def log_size(self, world: World) -> int:
        """Return how many entries the log in the home that is mirrored has."""
        return verified_log(world)
