"""Peers' servers on a free port of the loopback interface, stopped at the end."""

import base64
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers
from benchmarks.measuring import MissingPeerError, Stage
from benchmarks.processes import environment, product

_READY_WITHIN = 60.0
_NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    types {{ text/html html; application/json json; }} default_type application/octet-stream;
    server {{ listen 127.0.0.1:{port}; root {root}; index index.html; }}
}}
"""
_CONFIG = """
storage: {folder}/storage
auth: {{htpasswd: {{file: {folder}/htpasswd, max_users: 10}}}}
security: {{api: {{legacy: false, jwt: {{sign: {{expiresIn: 7d}}}}}}}}
packages: {{"**": {{access: $all, publish: $authenticated}}}}
max_body_size: 200mb
publish: {{allow_offline: true}}
log: {{type: stdout, format: json, level: fatal}}
"""
"""JSON Web Tokens, since a legacy token costs Verdaccio a bcrypt at each request."""


@dataclass(frozen=True, slots=True)
class Verdaccio:
    """A running Verdaccio, its client and a user's token."""

    port: int
    npm: Path
    folder: Path
    token: str

    @property
    def url(self) -> str:
        """The registry's address."""
        return f"http://127.0.0.1:{self.port}/"

    def environment(self, cache: Path) -> dict[str, str]:
        """Return npm's environment: this registry, that cache, nothing that phones elsewhere."""
        (self.folder / "npmrc").write_text(f"//127.0.0.1:{self.port}/:_authToken={self.token}\n")
        return environment(
            self.folder, npm_config_registry=self.url, npm_config_cache=str(cache), npm_config_audit="false",
            npm_config_userconfig=str(self.folder / "npmrc"), npm_config_fund="false",
            npm_config_update_notifier="false",
        )  # fmt: skip

    def put(self, document: dict[str, object], tarball: bytes) -> None:
        """Publish a package as npm does; the document is its package.json."""
        name, version = str(document["name"]), str(document["version"])
        file = f"{name}-{version}.tgz"
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
        dist = {
            "integrity": integrity, "shasum": hashlib.sha1(tarball, usedforsecurity=False).hexdigest(),
            "tarball": f"{self.url}{name}/-/{file}",
        }  # fmt: skip
        data = base64.b64encode(tarball).decode()
        attachment = {"content_type": "application/octet-stream", "data": data, "length": len(tarball)}
        body = {
            "_id": name, "name": name, "dist-tags": {"latest": version}, "_attachments": {file: attachment},
            "versions": {version: {**document, "_id": f"{name}@{version}", "dist": dist}},
        }  # fmt: skip
        _request(self.port, "PUT", f"/{name}", body, self.token)


@contextmanager
def verdaccio(stage: Stage) -> Iterator[Verdaccio]:
    """Run Verdaccio with an empty storage.

    Raises:
        MissingPeerError: it or npm cannot be had.
    """
    npm, modules = peers.tool("npm"), peers.node_peers(stage.kept)
    folder, port = Path(tempfile.mkdtemp(prefix="verdaccio-", dir=stage.scratch)), free_port()
    (folder / "config.yaml").write_text(_CONFIG.format(folder=folder))
    program = [modules / "node" / "bin" / "node", modules / "verdaccio" / "bin" / "verdaccio"]
    command = [*program, "--config", folder / "config.yaml", "--listen", f"127.0.0.1:{port}"]
    with _running(command, folder, port, "/-/ping"):
        user = {"name": "bench", "password": "bench-bench-bench"}
        found = _request(port, "PUT", "/-/user/org.couchdb.user:bench", user)
        yield Verdaccio(port, npm, folder, str(json.loads(found)["token"]))


@contextmanager
def pypiserver(stage: Stage) -> Iterator[str]:
    """Run pypiserver with an empty folder and no accounts; yield its address.

    Raises:
        MissingPeerError: it cannot be had.
    """
    program, port = peers.python_peers(stage.kept) / "pypi-server", free_port()
    folder = stage.scratch / "pypiserver"
    folder.mkdir()
    command = [program, "run", "-i", "127.0.0.1", "-p", str(port), "-P", ".", "-a", ".", folder]
    with _running(command, folder, port, "/"):
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def nginx(stage: Stage, root: Path, there: str) -> Iterator[str]:
    """Serve a folder's files with nginx, one worker; yield its address. `there` is the path of one of its files.

    Raises:
        MissingPeerError: it cannot be had.
    """
    program, port = peers.debian_peers(stage.kept) / "usr" / "sbin" / "nginx", free_port()
    folder = Path(tempfile.mkdtemp(prefix="nginx-", dir=stage.scratch))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, user=user, root=root, port=port))
    with _running([program, "-p", folder, "-c", folder / "nginx.conf"], folder, port, f"/{there}"):
        yield f"http://127.0.0.1:{port}/"


@dataclass(frozen=True, slots=True)
class Ours:
    """A running `ggen market serve`: its address and the process that all of its others descend from."""

    url: str
    pid: int

    def memory(self) -> float:
        """Return the memory of all its processes in megabytes, what they share counted once."""
        return sum(map(_proportional_kib, [self.pid, *_children(self.pid)])) / 1000


@contextmanager
def ours(stage: Stage, home: Path, *options: str) -> Iterator[Ours]:
    """Serve a home's registry with one worker, no limit of rates and no log of requests, as the peers do."""
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="serve-", dir=stage.scratch))
    installed = product(stage)
    command = [installed.ggen, "market", "serve", "--port", port, "--no-log", "--rate", 0, *options]
    with _running(command, folder, port, "/healthz", installed.environment(home)) as pid:
        yield Ours(f"http://127.0.0.1:{port}/", pid)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [descendant for child in map(int, found) for descendant in (child, *_children(child))]


def _proportional_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def free_port() -> int:
    """Return a port that nobody listens on, for servers that cannot tell which one they took."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@contextmanager
def _running(
    command: Sequence[object], folder: Path, port: int, path: str, env: Mapping[str, str] | None = None
) -> Iterator[int]:
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(part) for part in command], env=env or environment(folder), cwd=folder, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(server, port, path, folder)
            yield server.pid
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def _wait(server: "subprocess.Popen[bytes]", port: int, path: str, folder: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            _request(port, "GET", path)
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)  # the pause between two looks; the deadline ends it
        else:
            return
    raise MissingPeerError(f"{folder.name} did not start: {(folder / 'log').read_text(errors='replace')[-300:]}")


def _request(port: int, method: str, path: str, body: object = None, token: str = "") -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        data = answer.read()
    finally:
        connection.close()
    if answer.status >= 400:
        raise RuntimeError(f"{method} {path} answered {answer.status}: {data[:300]!r}")
    return data
