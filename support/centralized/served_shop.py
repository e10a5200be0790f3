"""A served registry behind a fault proxy, and what a publisher sends to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from marketplace.http.redirects import origin_of
from marketplace.model.tree import digest_of
from marketplace.storage.fetched import FetchedStore
from support.centralized.backends import name_it
from support.centralized.servers import Server
from support.centralized.shops import noise
from support.cleanroom.proxy.running import FaultProxy
from support.market.packages import local_registry
from support.market.world import World

_NAMESPACE = "io.acme"


class ServedShop:
    """`ggen market serve` of a home of its own; the scenario's home knows the proxy before it, and has a token."""

    def __init__(self, world: World, name: str, options: str = "") -> None:
        self._world = world
        self._name, self._home = name, world.root / "served"
        with self._at_home():
            self._server = server = Server.start(world, options=options)
            token = server.token(_NAMESPACE)
        folder = world.root / f"proxy-{name}"
        folder.mkdir()
        self.proxy = FaultProxy(folder, origin_of(server.url).partition("//")[2])
        world.defer(self.proxy.close)
        name_it(world, f"{self.proxy.url}/", token, name)
        world.environ["GGEN_REGISTRY"] = name

    @contextmanager
    def _at_home(self) -> Iterator[None]:
        """Work as the operator of the registry."""
        home, self._world.home = self._world.home, self._home
        try:
            yield
        finally:
            self._world.home = home

    def kill_and_start(self) -> None:
        """Kill the server and start it again at its port."""
        port = urlsplit(self._server.url).port
        self._server.kill()
        with self._at_home():
            self._server = Server.start(self._world, options=f"--port {port}")

    def check_log(self, entries: int) -> None:
        """Check that the index is sound, and how many entries its log has."""
        with self._at_home():
            outcome = self._world.run("ggen market index verify")
        assert f"Sound: {entries} log entries" in outcome.stdout, outcome

    def take_token(self, namespace: str) -> None:
        """Keep another token for the registry, one for a namespace."""
        with self._at_home():
            token = self._server.token(namespace)
        file = self._world.root / "other-token.txt"
        file.write_text(token, encoding="utf-8")
        self._world.run(f"ggen market registry login {self._name} --token-file {file}")

    def write_package(self, id_: str, version: str, files: str) -> None:
        """Write a package whose files are `name size, name size`."""
        folder = self._world.root / "packages" / id_ / version
        folder.mkdir(parents=True)
        lines = f'[package]\nid = "{id_}"\nversion = "{version}"\ndescription = "A package"\nlicense = "MIT"\n'
        (folder / "package.toml").write_text(lines, encoding="utf-8")
        for part in files.split(", "):
            name, _, size = part.partition(" ")
            (folder / name).write_bytes(noise(int(size), part))

    def batches(self) -> list[int]:
        """Return the bytes that were sent for each batch."""
        rows = self.proxy.received(["path", "bytes"])
        return [int(size) for path, size in rows if path.endswith("/batch")]

    def _digest(self, path: str, spec: str) -> str:
        return digest_of((self._world.root / "packages" / spec.replace("@", "/") / path).read_bytes())

    def lose_file(self, path: str, spec: str) -> None:
        """Remove the blob of a package's file from the served home's store."""
        local_registry(self._home).store.path_of(self._digest(path, spec)).unlink()

    def lose_copy(self, path: str, spec: str) -> None:
        """Remove the copy of a package's file that was fetched into the user's cache."""
        FetchedStore(self._world.home / "cache" / "store").path_of(self._digest(path, spec)).unlink()

    def forge_signature(self, id_: str) -> None:
        """Keep the package's document on the user's machine as if the registry had sent it with another signature."""
        self._world.run(f"ggen market versions {id_}")
        (file,) = (path for path in (self._world.home / "cache").rglob("answers/*") if _is_about(path, id_))
        head, _, body = file.read_bytes().partition(b"\n")
        document = json.loads(body)
        release = document["releases"][0]["release"]
        old = release["signature"]
        release["signature"] = old[:10] + ("1" if old[10] == "0" else "0") + old[11:]
        changed = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        fields = {**json.loads(head), "length": len(changed), "sha256": _sha256(changed)}
        file.write_bytes(json.dumps(fields).encode() + b"\n" + changed)


def _is_about(path: Path, id_: str) -> bool:
    return f"packages/{id_}.json".encode() in path.read_bytes()[:1000]


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()
