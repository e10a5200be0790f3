"""A registry in a room: the server, its publishers and its users, each in a container of its own, over HTTP alone."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.centralized.shops import noise
from support.cleanroom.containers import GenericContainer, HttpContainer
from support.cleanroom.faults.vocabulary import Faults
from support.cleanroom.waiting import ForHttp
from support.market.marketplace_room import HOME, HOME_SIZE, IN_PROJECT, PROJECT, ggen_image

if TYPE_CHECKING:
    from support.cleanroom import Cleanroom
    from support.cleanroom.engine.base import ExecResult, Volume

NAMESPACE = "io.acme"
PACKAGES = "/tmp/packages"  # noqa: S108 - inside a container
_SERVE = ("ggen", "market", "serve", "--home", "/data", "--host", "0.0.0.0", "--port", str(HttpContainer.port))  # noqa: S104
# Several command lines in one process: the start of each would cost more than what it does.
_TOGETHER = """
import sys
from marketplace.cli.main import run_cli
sys.exit(next(filter(None, (run_cli(["market", *line.split()]) for line in sys.argv[1:])), 0))
"""

_WRITE = 'mkdir -p "$0" && echo "$1" >"$0/package.toml" && echo "$2" >"$0/README.md"'


@dataclass(slots=True)
class Person:
    """Somebody in a container, whose home knows one registry, by the name `corp`."""

    container: GenericContainer

    def attempt(self, command: str, seconds: float = 60.0) -> "ExecResult":
        """Run `ggen market` with a command line in the project's folder."""
        argv = ["sh", "-c", IN_PROJECT, PROJECT, "ggen", "market", *shlex.split(command)]
        return self.container.exec(argv, seconds)

    def run(self, command: str) -> Any:
        """Run a command line that must succeed, and return its JSON document."""
        done = self.attempt(f"{command} --json")
        assert done.exit_code == 0, f"{command} gave {done.exit_code}: {done.stderr.decode()[-2000:]}"
        return json.loads(done.stdout)

    def forget(self, *what: str) -> None:
        """Remove folders, such as the project's packages or the cache."""
        self.container.run("rm", "-rf", *what)

    def write_package(self, id_: str, version: str, needs: str = "", size: int = 0) -> str:
        """Write the folder of a package, with a file of so many bytes of noise; return its place."""
        lines = [
            "[package]", f'id = "{id_}"', f'version = "{version}"', f'title = "{id_}"', 'description = "A package"',
            'license = "MIT"', *(["[dependencies]", f'"{needs}" = "^1"'] if needs else []),
        ]  # fmt: skip
        folder = f"{PACKAGES}/{id_}/{version}"
        self.container.run("sh", "-c", _WRITE, folder, "\n".join(lines), f"# {id_} {version}")
        if size:
            self.container.copy_in(noise(size, id_), f"{folder}/data.bin")
        return folder

    def transmitted(self) -> int:
        """Return how many bytes the container has sent to its networks."""
        told = self.container.run("cat", "/proc/net/dev")
        rows = [line.partition(":") for line in told.splitlines() if ":" in line]
        return sum(int(numbers.split()[8]) for name, _, numbers in rows if name.strip() != "lo")


@dataclass(slots=True)
class RegistryRoom:
    """A room in which `ggen market serve` runs in a container, with its home on a volume."""

    room: "Cleanroom"
    home: "Volume"
    server: HttpContainer
    faults: Faults
    nodes: dict[str, GenericContainer]

    def url_of(self, server: HttpContainer) -> str:
        """Return the address by which the room's containers reach a server."""
        return f"http://{server.address(self.room.network())}:{server.port}/"

    def person(self, name: str, server: HttpContainer | None = None) -> Person:
        """Start a container for somebody who knows the registry at a server, by default the real one."""
        found = Person(self._start(name, {"GGEN_REGISTRY": "corp"}, {}))
        found.run(f"registry add corp {self.url_of(server or self.server)}")
        self.nodes[name] = found.container
        return found

    def publisher(self, name: str = "publisher") -> Person:
        """Start a container for somebody who may publish: with a key, and a token that the operator has made."""
        made = self.server.run(
            "ggen", "market", "token", "new", "--home", "/data", "--namespace", NAMESPACE, "--name", name, "--json"
        )
        found = self.person(name)
        found.container.copy_in(json.loads(made)["token"].encode(), "/tmp/token", 0o600)  # noqa: S108
        found.run("registry login corp --token-file /tmp/token")
        found.run("key new")
        return found

    def operator(self) -> Person:
        """Start a container for the operator: with the served home, and the volume `mirror` at /mirror."""
        mounts = {"/data": self.home, "/mirror": self.room.volume("mirror")}
        return Person(self._start("operator", {"GGEN_HOME": "/data"}, mounts))

    def stock(self, operator: Person, packages: Mapping[str, str]) -> None:
        """Let the operator publish packages in the served home, each with one that it needs, or none."""
        folders = [operator.write_package(id_, "1.0.0", needs) for id_, needs in packages.items()]
        operator.container.run("python", "-c", _TOGETHER, "key new", *(f"publish {folder}" for folder in folders))

    def ready(self) -> None:
        """Wait until the server answers."""
        self.server.wait(ForHttp(self.server.port, "/readyz"))

    def _start(self, name: str, environment: Mapping[str, str], mounts: Mapping[str, "Volume"]) -> GenericContainer:
        return self.room.start_generic(
            name=name, image=ggen_image(), mounts=mounts, scratch={HOME: HOME_SIZE},
            environment={"GGEN_HOME": HOME, **environment},
        )  # fmt: skip


def set_up(room: "Cleanroom") -> RegistryRoom:
    """Start the server of a registry that is empty."""
    home = room.volume("registry-home")
    server = room.start_http(command=_SERVE, name="registry", image=ggen_image(), content=home, path="/readyz")
    nodes: dict[str, GenericContainer] = {"registry": server}
    return RegistryRoom(room, home, server, Faults(room, room.network(), nodes, room.seeded.seed), nodes)
