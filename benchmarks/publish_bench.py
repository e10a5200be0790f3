"""Publishing beside npm to Verdaccio and uv to pypiserver: one process, many packages in one, eight publishers at once.

Each package has 12 small files. Ours is read, checked, signed, synced to the disk and found by the next search; npm
packs and sends; uv sends a wheel that was built before, and pypiserver neither signs nor syncs.
"""

import itertools
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import peers, servers
from benchmarks.homes import new_home
from benchmarks.measuring import Contestant, MissingPeerError, Row, Stage, attempt, contest
from benchmarks.packages import Package, as_folder, as_npm_folder, as_wheel, make
from benchmarks.processes import environment, product, run
from benchmarks.publisher import new_log, publish_all, score_all, start_and_finish, waiting
from support.market.plugins import SILENT, write

_PUBLISHERS = 8
_ROOT = Path(__file__).resolve().parents[1]
_IMPORTS = "import click, sqlite3, nacl.signing"
_SCORING = 0.25
"""The largest share of publishing that scoring may take."""
_LOG_RATIO = 740 / 500
"""GOALS: 500 packages a second where the bare log takes 740 rows."""


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    with ExitStack() as stack:
        npm = _npm(stage, stack)
        uv = _uv(stage, stack)
        yield from _one_process(stage, npm, uv)
        yield from _many_in_one(stage, uv)
        yield from _scoring(stage)
        yield from _with_plugin(stage)
        yield from _eight_at_once(stage, npm, uv)


class _Publisher:
    """A program that publishes; for each turn it gets packages that nobody has published yet, made in advance.

    Args:
        write: writes a package in the program's form below a folder; returns what the command gets.
        command: returns the command that publishes these.
        missing: why there is none.
    """

    def __init__(
        self, name: str, root: Path, write: Callable[[Package, Path], Path],
        command: Callable[[Sequence[Path]], Sequence[object]], *, env: dict[str, str], missing: str = "",
    ) -> None:  # fmt: skip
        self.name = name
        self._root = root
        self._write = write
        self._command = command
        self.env = env
        self._missing = missing
        self._numbers = itertools.count()
        self.ready: list[Path] = []

    def make_ready(self, count: int) -> None:
        """Make new packages."""
        self.ready = [self._made(next(self._numbers)) for _ in range(count)]

    def _made(self, number: int) -> Path:
        folder = self._root / f"turn-{number:05}"
        folder.mkdir(parents=True)
        return self._write(make(folder.name), folder)

    def one(self, goal: float | None = None) -> Contestant:
        """Publish one package in one process."""
        return self._contestant(self.name, lambda: run(self._command(self.ready), self.env), 1, goal)

    def many(self, count: int, goal: float | None = None) -> Contestant:
        """Publish several packages in one process."""
        name = f"{self.name}, {count} in one process"
        return self._contestant(name, lambda: run(self._command(self.ready), self.env), count, goal)

    def at_once(self, goal: float | None = None) -> Contestant:
        """Publish with several processes at once, a package each."""
        name = f"{self.name}, {_PUBLISHERS} processes"
        return self._contestant(name, self._together, _PUBLISHERS, goal)

    def _contestant(self, name: str, act: Callable[[], object], count: int, goal: float | None) -> Contestant:
        if self._missing:
            raise MissingPeerError(self._missing)
        return Contestant(name, act, lambda: self.make_ready(count), count, goal)

    def _together(self) -> None:
        commands = [[str(part) for part in self._command([path])] for path in self.ready]
        running = [
            subprocess.Popen(command, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for command in commands
        ]
        failed = [process.args for process in running if process.wait()]
        if failed:
            raise RuntimeError(f"{len(failed)} of {_PUBLISHERS} publishers failed: {failed[0]!r}")


def _ours(stage: Stage, name: str, called: str = "ggen market publish", **environ: str) -> _Publisher:
    installed, home = product(stage), new_home(stage.scratch / name)
    folder, env = stage.scratch / f"{name}-packages", installed.environment(home) | environ
    command = [installed.ggen, "market", "publish"]
    return _Publisher(called, folder, as_folder, lambda paths: [*command, *paths], env=env)


def _npm(stage: Stage, stack: ExitStack) -> _Publisher:
    name, folder = "npm publish to Verdaccio", stage.scratch / "npm-packages"
    try:
        registry = stack.enter_context(servers.verdaccio(stage))
    except MissingPeerError as error:
        return _Publisher(name, folder, as_npm_folder, list, env={}, missing=str(error))
    env = registry.environment(stage.scratch / "npm-cache")
    return _Publisher(name, folder, as_npm_folder, lambda paths: [registry.npm, "publish", *paths], env=env)


def _uv(stage: Stage, stack: ExitStack) -> _Publisher:
    name, folder = "uv publish to pypiserver", stage.scratch / "uv-packages"
    try:
        url = stack.enter_context(servers.pypiserver(stage))
        uv = peers.python_peers(stage.kept) / "uv"
    except MissingPeerError as error:
        return _Publisher(name, folder, as_wheel, list, env={}, missing=str(error))
    env = environment(stage.scratch, UV_CACHE_DIR=str(stage.scratch / "uv-cache"), UV_NO_CONFIG="1")
    command = [uv, "publish", "--publish-url", url, "--username", "bench", "--password", "bench"]
    return _Publisher(name, folder, as_wheel, lambda paths: [*command, *paths], env=env)


def _one_process(stage: Stage, npm: _Publisher, uv: _Publisher) -> list[Row]:
    python, env = product(stage).python, environment(stage.scratch)
    others = [
        Contestant("floor: python importing click, sqlite3, nacl", lambda: run([python, "-c", _IMPORTS], env)),
        attempt(npm.name, lambda: npm.one(0.10), 0.10),
        attempt(uv.name, lambda: uv.one(3.0), 3.0),
    ]
    return contest("publish, one process", _ours(stage, "one").one(), others, stage.pick(11, 2))


def _many_in_one(stage: Stage, uv: _Publisher) -> list[Row]:
    count, packages, home = stage.pick(100, 10), _ours(stage, "many"), stage.scratch / "many"
    floor = _SyncedFiles(stage.scratch / "floor")
    ours = Contestant(
        "publish in process", lambda: publish_all(home, packages.ready, together=True),
        lambda: packages.make_ready(count), count,
    )  # fmt: skip
    others = [
        Contestant("floor: synced files and one synced log row", lambda: floor.store(count), per=count),
        attempt(uv.name, lambda: uv.one(0.1), 0.1),
        attempt(f"{uv.name}, in one process", lambda: uv.many(count)),
    ]
    return contest("publish, a package of many", ours, others, stage.pick(7, 2))


def _scoring(stage: Stage) -> list[Row]:
    """Measure what scoring takes of publishing: the same packages, read and scored alone, and published one by one."""
    count, home = stage.pick(100, 10), new_home(stage.scratch / "scored")
    packages = _Publisher("scoring", stage.scratch / "scored-packages", as_folder, list, env={})
    publish_all(home, _made_ready(packages, count))  # there is an index to ask

    def prepare() -> None:
        packages.make_ready(count)

    alone = Contestant("scoring alone", lambda: score_all(home, packages.ready), prepare, count)
    whole = Contestant("publish in process, one by one", lambda: publish_all(home, packages.ready), prepare, count,
                       _SCORING)  # fmt: skip
    return contest("publish, the scoring in it", alone, [whole], stage.pick(7, 2))


def _with_plugin(stage: Stage) -> list[Row]:
    """Measure what a plugin that finds nothing costs: not trusted, in a process of its own, and trusted."""
    place, python = stage.scratch / "plugins", product(stage).python
    place.mkdir()
    write(place, "silent", ["validate_package"], SILENT, version="1.0.0", distribution="ggen-silent")
    ours = _ours(stage, "plugged", "with a plugin", PYTHONPATH=str(place))
    trusted = _ours(stage, "trusting", "with a trusted plugin", PYTHONPATH=str(place))
    run([product(stage).ggen, "market", "plugins", "trust", "silent"], trusted.env)
    env = environment(stage.scratch, PYTHONPATH=str(place))
    others = [
        _ours(stage, "plain", "without a plugin").one(),
        trusted.one(),
        Contestant("floor: python importing the plugin", lambda: run([python, "-c", "import ggen_silent_silent"], env)),
    ]
    return contest("publish, one process, with a plugin", ours.one(), others, stage.pick(11, 2))


def _made_ready(packages: _Publisher, count: int) -> Sequence[Path]:
    packages.make_ready(count)
    return packages.ready


class _SyncedFiles:
    """The least that publishing durably takes: a package's files written and synced, their folder, and a log row."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._texts = [text.encode() for text in make("floor").files.values()]
        self._numbers = itertools.count()
        self._log = sqlite3.connect(new_log(folder / "log.sqlite"), isolation_level=None)

    def store(self, count: int) -> None:
        """Store so many packages."""
        for _ in range(count):
            self._store_one(self._folder / str(next(self._numbers)))
            self._log.execute("INSERT INTO log (record) VALUES (zeroblob(600))")

    def _store_one(self, folder: Path) -> None:
        folder.mkdir()
        for number, text in enumerate(self._texts):
            with (folder / str(number)).open("wb", buffering=0) as file:
                file.write(text)
                os.fsync(file.fileno())
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _eight_at_once(stage: Stage, npm: _Publisher, uv: _Publisher) -> list[Row]:
    each, packages = stage.pick(25, 4), _ours(stage, "eight")
    count = each * _PUBLISHERS
    log = new_log(stage.scratch / "race.sqlite")
    with (
        _Racers(stage, "publish", stage.scratch / "eight", stage.scratch / "eight-packages", each) as ours,
        _Racers(stage, "log", log, stage.scratch, each) as floor,
    ):

        def prepare() -> None:
            packages.make_ready(count)
            ours.line_up()

        others = [
            Contestant("floor: eight processes appending to a bare log", floor.go, floor.line_up, count, _LOG_RATIO),
            attempt(npm.name, npm.at_once),
            attempt(uv.name, uv.at_once),
        ]
        eight = Contestant("eight publishers", ours.go, prepare, count)
        return contest("publish, eight publishers at once", eight, others, stage.pick(5, 1))


class _Racers:
    """Eight publishers that wait at the start line, anew for each turn."""

    def __init__(self, stage: Stage, mode: str, home: Path, folder: Path, each: int) -> None:
        self._env = environment(stage.scratch)
        self._command = [sys.executable, "-m", "benchmarks.publisher", str(home), str(folder), mode]
        self._each = each
        self._first = 0
        self._stack = ExitStack()
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> "_Racers":
        """Return self."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop whoever still waits."""
        self._stack.close()

    def line_up(self) -> None:
        """Start new publishers, each with the next share of the packages."""
        self._stack.close()
        places = [self._first + number * self._each for number in range(_PUBLISHERS)]
        self._first += _PUBLISHERS * self._each
        commands = [[*self._command, str(place), str(self._each)] for place in places]
        self._running = self._stack.enter_context(waiting(commands, self._env, _ROOT))

    def go(self) -> None:
        """Let them all publish."""
        start_and_finish(self._running)
