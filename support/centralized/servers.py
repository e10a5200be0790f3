"""Registry servers for scenarios: the real `ggen market serve`, or the application under uvicorn, as processes."""

import contextlib
import json
import re
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from support.centralized.exchange import Answer, ask
from support.cleanroom import measuring
from support.cleanroom.deadline import Deadline
from support.market.world import World

_START, _STOP = 60.0, 60.0
_ENDING = 5.0
CERTIFICATE = Path(__file__).parents[2] / "features" / "centralized" / "data" / "localhost.pem"
"""A certificate for localhost and its key in one file, for the suite alone."""


@dataclass(slots=True)
class Server:
    """A server process of a scenario's home, its log and its address."""

    world: World
    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""
    certificate: Path | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def start(cls, world: World, kind: str = "ggen", options: str = "") -> "Server":
        """Start a server of the kind `ggen` or `uvicorn`; return when it answers."""
        commands = {
            "ggen": f"ggen market serve --host localhost --port 0 --json {options}",
            "uvicorn": "uvicorn --factory marketplace.server.environment:application --port 0 --no-server-header",
        }
        args, environ = world.command(commands[kind])
        log = world.root / f"server-{len(list(world.root.glob('server-*.log')))}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                args, cwd=world.root, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
        server = cls(world, process, log)
        world.defer(server.close)
        server.certificate = CERTIFICATE if "--tls-cert" in options else None
        server.url = server._address(kind)
        return server

    def _address(self, kind: str) -> str:
        pattern = r'"url": "([^"]+)"' if kind == "ggen" else r"running on (http://\S+)"

        def look() -> str | None:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}: {self.logged()}")
            found = re.search(pattern, self.logged())
            return found[1].removesuffix("/") + "/" if found else None

        address = Deadline.after(_START).poll(look)
        assert address, f"the server did not tell its address: {self.logged()}"
        return address

    def logged(self) -> str:
        """Return what the server has written."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def ask(self, path: str, method: str = "GET", body: bytes = b"", /, **headers: str) -> Answer:
        """Send one request; underscores in names of headers are hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.url, path, method, headers=given, body=body, certificate=self.certificate)

    def body(self, path: str) -> bytes:
        """Return the body of a file that must be there; `path` is relative to the registry."""
        answer = self.ask(f"/{path}")
        assert answer.status == 200, (path, answer)
        return answer.body

    def document(self, path: str) -> object:
        """Return a JSON document that must be there."""
        answer = self.ask(path)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def token(self, namespace: str) -> str:
        """Return the text of a token for a namespace, made with the real command when it is first wanted."""
        if namespace not in self.tokens:
            made = self.world.run(f"ggen market token new --namespace {namespace} --name for-{namespace} --json")
            self.tokens[namespace] = made.json()["token"]
        return self.tokens[namespace]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(_STOP)

    def close(self) -> None:
        """End the process, however; in order when the run measures what has run in it."""
        if measuring.on() and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_ENDING)
        self.kill()

    def kill(self) -> None:
        """End the process and what it started, however."""
        children = descendants(self.process.pid)
        self.process.kill()
        self.process.wait(_STOP)
        gone = Deadline.after(_STOP).poll(lambda: not any(map(_alive, children)))
        assert gone, f"workers of a killed server live on: {[pid for pid in children if _alive(pid)]}"


def descendants(process: int) -> list[int]:
    """Return the processes that a process has started and that live."""
    import psutil

    try:
        return [child.pid for child in psutil.Process(process).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")
