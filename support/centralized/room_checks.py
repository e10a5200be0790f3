"""What must hold of a registry in a room: what its users got, what its mirror gives, what a killed server leaves."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.centralized.registry_room import Person, RegistryRoom
from support.cleanroom.containers import HttpContainer
from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import ExecResult
from support.market.marketplace_room import HOME, PROJECT

_SECONDS = 60.0


def check_installed(person: Person, wanted: Mapping[str, str]) -> None:
    """Hold that the project has just these packages, by id and version, and that each is as it was signed."""
    found = {item["id"]: (item["version"], item["ok"]) for item in person.run("verify")["packages"]}
    assert found == {id_: (version, True) for id_, version in wanted.items()}, found
    for id_ in wanted:
        shown = person.container.run("cat", f"{PROJECT}/.ggen/packages/{id_}/README.md")
        assert shown == f"# {id_} {wanted[id_]}\n", shown


def install_again(person: Person, *, offline: bool = False) -> None:
    """Remove the installed packages and install what the lock file says; the cache goes too unless `offline`."""
    person.forget(f"{PROJECT}/.ggen", *(() if offline else (f"{HOME}/cache",)))
    person.run(f"install{' --offline' if offline else ''}")


def check_same_archives(mirror: Path, served: HttpContainer, server: HttpContainer, count: int) -> None:
    """Hold that a web server gives each archive of a mirror as the registry's server does, byte for byte."""
    places = sorted(file.relative_to(mirror).as_posix() for file in (mirror / "archives").rglob("*.gpack"))
    assert len(places) == count, places
    for place in places:
        found, wanted = served.get(f"/{place}"), server.get(f"/{place}")
        assert found == wanted and found[0] == 200, (place, found[0], wanted[0])


@dataclass(frozen=True, slots=True)
class Killed:
    """What came of a publish whose server was killed: how it ended, and how many bytes of its file had come."""

    done: ExecResult
    received: int


def kill_in_upload(registry: RegistryRoom, person: Person, command: str, least: int) -> Killed:
    """Run a publisher's command, and kill the server when that has received at least so many bytes of a large file.

    New connections fail at once from then on: to the address of a container that has gone they would take
    forty seconds to fail.
    """
    uploads = registry.home.path / "registry" / "uploads"

    def received() -> int:
        return sum(file.stat().st_size for file in uploads.rglob("*") if file.is_file())

    done: list[ExecResult] = []
    thread = threading.Thread(target=lambda: done.append(person.attempt(command, _SECONDS)))
    thread.start()
    try:
        came = Deadline.after(_SECONDS).poll(lambda: received() >= least or not thread.is_alive())
        with registry.faults.no_route("publisher", "registry"):
            registry.server.kill()
            thread.join(2 * _SECONDS)
    finally:
        thread.join(2 * _SECONDS)
    assert came and done, f"the server received {received()} bytes"
    return Killed(done[0], received())


def check_absent(operator: Person, user: Person, id_: str) -> None:
    """Hold that index and store are sound, and that a user finds no trace of a package."""
    operator.run("index verify")
    operator.run("cache verify")
    found = user.run(f"search {id_.rpartition('.')[2]}")["results"]
    assert found == [], found


def publish_the_rest(person: Person, command: str) -> int:
    """Run a command that must succeed; return how many bytes the container sent for it."""
    before = person.transmitted()
    person.run(command)
    return person.transmitted() - before
