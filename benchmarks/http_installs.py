"""Installing 50 packages (105 with what they need) over HTTP, whole processes: cold, and warm and locked.

Ours from the batch endpoint of `ggen market serve` and from a static mirror on nginx; npm from Verdaccio; uv from a
simple index on nginx, with each wheel's metadata beside it, so that it need not look into the wheels.
"""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import servers
from benchmarks.homes import new_home
from benchmarks.installers import Npm, Ours, Uv, with_packages
from benchmarks.measuring import MissingPeerError, Row, Stage, attempt, contest, cpu_time
from benchmarks.packages import as_wheel, fifty_and_what_they_need
from benchmarks.processes import product, run

_GOALS = {"the batch endpoint": {"cold": 1.0, "warm": 0.85}, "a static mirror": {"cold": 1.5, "warm": 0.85}}
"""The time by that of uv that is good enough."""
_NPM = {"cold": 0.15, "warm": None}


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    roots, dependencies = fifty_and_what_they_need()
    with ExitStack() as stack:
        publisher = with_packages(stage, "publisher")
        served = stack.enter_context(servers.ours(stage, publisher))
        ours = {"the batch endpoint": Ours(stage, "batch", new_home(stage.scratch / "batch"), served.url)}
        mirror = _mirror(stage, publisher)
        uv, npm = _uv(stage, stack), Npm(stage, stack)
        why = ""
        try:
            url = stack.enter_context(servers.nginx(stage, mirror, "registry.json"))
            ours["a static mirror"] = Ours(stage, "static", new_home(stage.scratch / "static"), url)
        except MissingPeerError as error:
            why = str(error)
        for peer in (uv, npm):
            if not peer.missing:
                peer.offer(roots, dependencies)
        for state in ("cold", "warm"):
            for source, one in ours.items():
                yield from _contest(stage, source, state, one, (uv, npm))
        if why:
            yield Row("install over HTTP from a static mirror", None, "uv", None, why=why)


def _contest(stage: Stage, source: str, state: str, ours: Ours, peers: tuple[Uv, Npm]) -> Iterator[Row]:
    uv, npm = peers
    what = f"install over HTTP from {source}, {state}"
    goal, rounds = _GOALS[source][state], stage.pick(7, 2)
    against_uv = attempt(f"uv, {state}", lambda: uv.contestant(state, goal), goal)
    against_npm = attempt(f"npm, {state}", lambda: npm.contestant(state, _NPM[state]), _NPM[state])
    yield from contest(what, ours.contestant(state), [against_uv, against_npm], rounds)
    yield from contest(f"{what}, processor time", ours.contestant(state), [against_uv], rounds, cpu_time)


def _mirror(stage: Stage, home: Path) -> Path:
    installed, folder = product(stage), stage.scratch / "install-mirror"
    run([installed.ggen, "market", "mirror", folder, "--archives"], installed.environment(home))
    return folder


def _uv(stage: Stage, stack: ExitStack) -> Uv:
    root = stage.scratch / "index"
    simple_index(root)
    try:
        return Uv(stage, "uv-http", stack.enter_context(servers.nginx(stage, root, "simple/index.html")))
    except MissingPeerError as error:
        uv = Uv(stage, "uv-http")
        uv.missing = str(error)
        return uv


def simple_index(root: Path) -> None:
    """Write the packages as a simple index (PEP 503) with hashes and metadata (PEP 658) for a static server."""
    roots, dependencies = fifty_and_what_they_need()
    (root / "wheels").mkdir(parents=True)
    names = []
    for package in [*roots, *dependencies]:
        wheel = as_wheel(package, root / "wheels")
        with zipfile.ZipFile(wheel) as file:
            metadata = file.read(next(name for name in file.namelist() if name.endswith("/METADATA")))
        wheel.with_name(f"{wheel.name}.metadata").write_bytes(metadata)
        link = f"/wheels/{wheel.name}#sha256={hashlib.sha256(wheel.read_bytes()).hexdigest()}"
        known = f'data-core-metadata="sha256={hashlib.sha256(metadata).hexdigest()}"'
        _page(root / "simple" / package.name, f'<a href="{link}" {known}>{wheel.name}</a>')
        names.append(package.name)
    _page(root / "simple", "".join(f'<a href="/simple/{name}/">{name}</a>\n' for name in names))


def _page(folder: Path, body: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{body}</body></html>")
