"""A marketplace in a room: the installed `ggen` in containers, a registry on a volume, the sample catalog published."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from support.cleanroom.containers import GenericContainer
from support.cleanroom.engine.base import ExecResult, Volume
from support.cleanroom.images.python import PythonProject, pinned
from support.market.demo import releases

if TYPE_CHECKING:
    from support.cleanroom import Cleanroom

ROOT = Path(__file__).resolve().parents[2]
HOME = "/home/user"  # GGEN_HOME: a scratch folder of each container, with the shared registry's volume inside
PROJECT = "/tmp/project"  # noqa: S108 - inside a container
_PACKAGES = "/srv/packages"
HOME_SIZE = 64 * 1024**2
_KEY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from marketplace.security.keys import KeyRing
home, epoch, seed = sys.argv[1:]
KeyRing(Path(home) / "keys").create("default", datetime.fromtimestamp(int(epoch), UTC), bytes.fromhex(seed))
"""
# `ggen market publish` for each folder, in one process: its start would cost more than what it does.
_PUBLISH = """
import sys
from marketplace.cli.main import run_cli
sys.exit(next(filter(None, (run_cli(["market", "publish", folder]) for folder in sys.argv[1:])), 0))
"""
IN_PROJECT = 'mkdir -p "$0" && cd "$0" && exec "$@"'


def ggen_image() -> PythonProject:
    """Return the recipe of the image that has `ggen`, and coverage to measure what runs inside."""
    return PythonProject("ggen", ROOT, ("marketplace",), ROOT / "constraints.txt", pinned(["coverage"]))


@dataclass(frozen=True, slots=True)
class MarketplaceRoom:
    """A room with a published registry; `publisher` is the container that published it."""

    room: "Cleanroom"
    registry: Volume
    publisher: GenericContainer

    def user(self, name: str = "user") -> GenericContainer:
        """Start a container for a user with a home of its own, who shares the registry."""
        return _start(self.room, name, self.registry, {})

    def add_key(self, user: GenericContainer) -> None:
        """Give a user the key of the publisher, which the room's seed gives."""
        epoch = str(int(self.room.clock().timestamp()))
        user.run("python", "-c", _KEY, HOME, epoch, self.room.seeded.key("publisher").hex())

    def run(self, user: GenericContainer, argv: Sequence[str]) -> ExecResult:
        """Run a command in a user's project folder."""
        return user.exec(["sh", "-c", IN_PROJECT, PROJECT, *argv])

    def at_once(self, users: Sequence[GenericContainer], argv: Sequence[str]) -> list[ExecResult]:
        """Run a command in the project folders of several users at the same time."""
        with ThreadPoolExecutor(len(users)) as pool:
            return list(pool.map(lambda user: self.run(user, argv), users))


def set_up(room: "Cleanroom", folders: Sequence[Path] | None = None) -> MarketplaceRoom:
    """Publish package folders, by default the sample catalog, signed with the key that the room's seed gives."""
    registry, packages = room.volume("registry"), room.volume("packages")
    chosen = list(folders) if folders is not None else releases()
    places = []
    for number, folder in enumerate(chosen):
        for file in filter(Path.is_file, sorted(folder.rglob("*"))):
            room.inject(packages, f"{number}/{file.relative_to(folder).as_posix()}", file.read_bytes())
        places.append(f"{_PACKAGES}/{number}")
    publisher = _start(room, "publisher", registry, {_PACKAGES: packages})
    marketplace = MarketplaceRoom(room, registry, publisher)
    marketplace.add_key(publisher)
    publisher.run("python", "-c", _PUBLISH, *places)
    return marketplace


def _start(room: "Cleanroom", name: str, registry: Volume, more: dict[str, Volume]) -> GenericContainer:
    return room.start_generic(
        name=name, image=ggen_image(), mounts={f"{HOME}/registry": registry, **more},
        scratch={HOME: HOME_SIZE}, environment={"GGEN_HOME": HOME},
    )  # fmt: skip
