"""Requests a second for files at 16 connections: our server, nginx with the same bytes, Verdaccio and pypiserver.

nginx serves our own files. Verdaccio and pypiserver serve their document of a package of the same size of content, and
the same blobs as a tarball and a wheel. One worker each, no log of requests.
"""

import http.client
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import servers
from benchmarks.homes import registry_of
from benchmarks.installers import with_packages
from benchmarks.measuring import MissingPeerError, Row, Stage
from benchmarks.packages import as_npm_tarball, as_wheel, make, npm_document
from benchmarks.processes import product, run
from benchmarks.wrk import Load, compared, load

_MB = 1_000_000
_ID = "io.bench.root-00"
GOALS = {
    "package document": 0.45, "package document, unchanged (304)": 0.35, "blob of 1 MB": 0.8, "blob of 64 MB": 0.8,
}  # fmt: skip
"""What is asked for, and the share of nginx's rate that is good enough."""
_VERDACCIO = 20.0


@dataclass(frozen=True, slots=True)
class Site:
    """A server and where it has each of the things that are asked for; `document` is its document of a package."""

    name: str
    url: str
    document: str
    small: str
    large: str

    def path(self, what: str) -> str:
        """Return the path of one of the things in GOALS."""
        return {"blob of 1 MB": self.small, "blob of 64 MB": self.large}.get(what, self.document)

    def headers(self, what: str) -> dict[str, str]:
        """Return the headers of the request."""
        return {"If-None-Match": _etag(self.url, self.document)} if "304" in what else {}


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    with ExitStack() as stack:
        ours, others = _ours(stage, stack)
        missing: dict[str, str] = {}
        for name, make_site in (("Verdaccio", _verdaccio), ("pypiserver", _pypiserver)):
            try:
                others.append(make_site(stage, stack))
            except MissingPeerError as error:
                missing[name] = str(error)
        for what in GOALS:
            yield from _compare(stage, what, ours, others)
            yield from (Row(f"{what}, 16 connections", None, name, None, why=why) for name, why in missing.items())


def _compare(stage: Stage, what: str, ours: Site, others: list[Site]) -> Iterator[Row]:
    found: dict[str, list[Load]] = {}
    seconds = stage.pick(3, 1) * (2 if "64" in what else 1)
    for _ in range(stage.pick(5, 1)):
        for site in (ours, *others):
            one = load(stage, site.url, [site.path(what)], seconds=seconds, headers=site.headers(what))
            assert not one.refused, f"{site.name} refused {what}: {one}"
            found.setdefault(site.name, []).append(one)
    best = {name: compared(loads) for name, loads in found.items()}
    for site in others:
        goal = {"nginx": GOALS[what], "Verdaccio": _VERDACCIO}.get(site.name)
        goal = None if site.name == "Verdaccio" and "blob" in what else goal
        mine, theirs = best[ours.name], best[site.name]
        values = (mine.megabytes, theirs.megabytes) if "blob" in what else (mine.rate, theirs.rate)
        unit = "MB/s" if "blob" in what else "per s"
        yield Row(f"{what}, 16 connections", values[0], site.name, values[1], goal, unit, "ratio at least")


def _ours(stage: Stage, stack: ExitStack) -> tuple[Site, list[Site]]:
    """Serve a registry of 105 packages and two blobs, and its mirror with nginx."""
    home = with_packages(stage, "served")
    registry = registry_of(home)
    blobs = [f"/blobs/sha256/{registry.store.put_bytes(blob)[7:]}" for blob in (_bytes(_MB), _bytes(64 * _MB))]
    for blob in blobs:
        target = stage.scratch / f"mirror{blob}"
        target.parent.mkdir(parents=True, exist_ok=True)
    registry.index.close()
    mirror = stage.scratch / "mirrored"
    installed = product(stage)
    run([installed.ggen, "market", "mirror", mirror, "--archives"], installed.environment(home))
    for blob in blobs:
        digest = f"sha256:{blob.rpartition('/')[2]}"
        (mirror / blob.lstrip("/")).write_bytes(registry.store.path_of(digest).read_bytes())
    served = stack.enter_context(servers.ours(stage, home))
    document = f"/packages/{_ID}.json"
    ours = Site("ggen market serve", served.url, document, *blobs)
    try:
        url = stack.enter_context(servers.nginx(stage, mirror, "registry.json"))
    except MissingPeerError:
        return ours, []
    return ours, [Site("nginx", url, document, *blobs)]


def _verdaccio(stage: Stage, stack: ExitStack) -> Site:
    """Publish a package as npm does, and put the blobs into the storage as tarballs of packages of their own."""
    registry = stack.enter_context(servers.verdaccio(stage))
    root = make("root-00")
    for name, data in (("root-00", as_npm_tarball(root)), ("small", b"x"), ("large", b"x")):
        registry.put({**npm_document(root), "name": name}, data)
    for name, size in (("small", _MB), ("large", 64 * _MB)):
        (registry.folder / "storage" / name / f"{name}-1.0.0.tgz").write_bytes(_bytes(size))
    return Site("Verdaccio", registry.url, "/root-00", "/small/-/small-1.0.0.tgz", "/large/-/large-1.0.0.tgz")


def _pypiserver(stage: Stage, stack: ExitStack) -> Site:
    url = stack.enter_context(servers.pypiserver(stage))
    folder = stage.scratch / "pypiserver"
    as_wheel(make("root-00"), folder)
    files = [("small", _MB), ("large", 64 * _MB)]
    names = [_put(folder / f"{name}-1.0.0-py3-none-any.whl", size) for name, size in files]
    return Site("pypiserver", url, "/simple/root-00/", *(f"/packages/{name}" for name in names))


def _put(path: Path, size: int) -> str:
    path.write_bytes(_bytes(size))
    return path.name


def _bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def _etag(url: str, path: str) -> str:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.headers.get("ETag", '"none"')
    finally:
        connection.close()
