"""One disturbed run of a command, in a process of its own, and the look at what it left."""

import contextlib
import importlib
import io
import json
import os
import pickle
import pkgutil
import shutil
import socket
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import marketplace
from marketplace.cli import main
from marketplace.errors import MarketError
from marketplace.model.ids import PackageId
from marketplace.model.version import Version
from marketplace.registry.upkeep import Upkeep
from marketplace.search.base import SearchQuery
from marketplace.storage.files import STAGED_PREFIX
from support.market.packages import local_registry
from support.market.troubles import tracing

_OTHERS = (
    "difflib",
    "encodings.idna",
    "nacl.signing",
    "resolvelib",
    "semver",
    "sqlite3",
    "tantivy",
    "tomlkit",
    "tomllib",
)
"""What the verbs import of others when they need it."""

SUBJECT, SUBJECT_VERSION = "io.ggen.rust.axum", "0.1.0"
"""The package that the commands under test publish, yank or install."""

_HOUR = 3600
LOG = "trace"
"""The tracer's log in the folder of a try."""

_MOST_SAID = 100_000
_KNOWN_CODES = {
    "disk-full",
    "store-unwritable",
    "index-unwritable",
    "file-access",
    "index-unreadable",
    "index-busy",
    "project-unwritable",
    "statistics-unwritable",
}


@dataclass(frozen=True, slots=True)
class Point:
    """A try: copy the folders in `before` to `folder`, run `argv` there, and disturb it by the tracer's `rules`."""

    before: Path
    folder: Path
    argv: tuple[str, ...]
    epoch: int
    kind: str
    rules: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Tried:
    """The operation at which a command was disturbed, how the command ended, and what was wrong afterwards."""

    operation: str
    exit_code: int
    wrong: tuple[str, ...]


def disturb(point: Point) -> Tried:
    """Run the disturbed command, look at what it left, try again, and look again."""
    code, said = _run(point)
    if not point.rules:
        return Tried(point.text, code, (said,) if code else ())
    wrong = _Left(point).problems(code, said)
    if not wrong:
        shutil.rmtree(point.folder)
    return Tried(point.text, code, tuple(wrong))


def _run(point: Point) -> tuple[int, str]:
    """Run the command in a child; return its exit code and what it wrote to stderr."""
    shutil.copytree(point.before, point.folder, symlinks=True)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        code = tracing.run_traced(lambda: _command(point, theirs), point.folder / LOG, *point.rules)
        theirs.close()
        return code, ours.recv(_MOST_SAID).decode("utf-8")


def _command(point: Point, channel: socket.socket) -> int:
    """Run the command here. It is heard through a socket, since writing to a file may be what is made to fail."""
    _enter(point)
    err = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        code = main.run_cli(point.argv)
    channel.sendall(err.getvalue().encode())
    return code


def _enter(point: Point) -> None:
    os.chdir(point.folder / "project")
    os.environ["GGEN_HOME"] = str(point.folder / "home")
    os.environ["SOURCE_DATE_EPOCH"] = str(point.epoch)


def temporary(folder: Path) -> list[Path]:
    """Return the temporary entries below `folder`."""
    return sorted(folder.rglob(f"{STAGED_PREFIX}*"))


class _Left:
    """What a disturbed command left in its folder."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._home = point.folder / "home"
        self._verb = " ".join(point.argv[1:3]) if point.argv[1] in ("index", "cache") else point.argv[1]

    def problems(self, code: int, said: str) -> list[str]:
        """Return everything that is not as it must be."""
        _enter(self._point)
        wrong: list[str] = []
        try:
            wrong += self._verdict_on(code, said)
            before = self._state()
            wrong += self._half(before)
            wrong += self._again(before)
            after = self._state()
            wrong += [f"after the next try {name} is {after[name]}, not {value}" for name, value in
                      _WANTED[self._verb].items() if after[name] != value]  # fmt: skip
            wrong += self._garbage()
        except (MarketError, OSError, ValueError, KeyError) as error:
            wrong.append(f"{type(error).__name__}: {error}")
        return wrong

    def _verdict_on(self, code: int, said: str) -> list[str]:
        """A command that met an error says so with exit code 6 and a next step, or it is done all the same."""
        if code == 0 or (self._point.kind == "killed" and code < 0):
            return []
        named = any(f"[{name}]" in said for name in _KNOWN_CODES)
        return [] if code == 6 and named and "hint: " in said else [f"it ended with {code} and said: {said}"]

    def _state(self) -> dict[str, Any]:
        """Look at the home and the project as the next user would."""
        registry = local_registry(self._home)
        registry.index.verify()
        damage = [f"{item.kind} {item.digest}" for item in Upkeep(registry).verify_store()]
        id_ = PackageId.parse(SUBJECT)
        there = registry.exists(id_, Version.parse(SUBJECT_VERSION))
        counted = dict(registry.statistics(None, 1).totals) if self._verb == "stats" else {}
        hits = [hit.document.id for hit in registry.search(SearchQuery(SUBJECT)).hits]
        listed = registry.get_release(id_, Version.parse(SUBJECT_VERSION)) if there else None
        state = {
            "damage": damage, "published": there, "found": SUBJECT in hits, "log": registry.index.head().size,
            "yanked": listed is not None and listed.yanked is not None, **counted,
        }  # fmt: skip
        if (self._point.folder / "project" / "ggen.toml").exists():
            state["installed"] = self._installed()
        registry.index.close()
        return state

    def _installed(self) -> str:
        """Tell whether all locked packages are installed and sound, or none is there at all."""
        verdicts = _json("market", "verify", "--json")["packages"]
        kinds = {
            "sound" if not package["problems"] else
            "absent" if all(problem["kind"] == "missing" for problem in package["problems"]) else "half"
            for package in verdicts
        }  # fmt: skip
        return kinds.pop() if len(kinds) == 1 else "half"

    def _half(self, state: Mapping[str, Any]) -> list[str]:
        """The release is wholly visible or not at all."""
        wrong = []
        if state["damage"]:
            wrong.append(f"the store is damaged: {state['damage']}")
        if state["found"] != (state["published"] and not state["yanked"]):
            wrong.append(f"half a state: {state}")
        if state.get("installed") == "half":
            wrong.append("half of the packages are installed")
        return wrong

    def _again(self, before: Mapping[str, Any]) -> list[str]:
        """The next try does it, or says that it is done already."""
        code, said = _cli(*self._point.argv, "--json")
        done_before = {"publish": before["published"], "yank": before["yanked"]}.get(self._verb, False)
        if done_before:
            error = json.loads(said)["error"]
            fine = code == 5 and (error["code"] == "already-yanked" or error.get("identical") is True)
            return [] if fine else [f"the next try gave {code} though it was done: {said}"]
        return [] if code == 0 else [f"the next try gave {code}: {said}"]

    def _garbage(self) -> list[str]:
        """What was left is collected after an hour, and then the store holds just what the releases need."""
        for path in temporary(self._home):
            old = path.lstat().st_mtime - 2 * _HOUR
            os.utime(path, (old, old), follow_symlinks=False)
        code, said = _cli("market", "cache", "gc", "--json")
        rest = [str(path.relative_to(self._home)) for path in temporary(self._home)]
        wrong = [f"temporary entries remain: {rest}"] if rest else []
        left = json.loads(_cli("market", "cache", "gc", "--dry-run", "--json")[1])["blobs"]
        verified = _cli("market", "cache", "verify", "--json")[0]
        return wrong if (code, left, verified) == (0, 0, 0) else [*wrong, f"gc gave {code}, {said}, {left}, {verified}"]


_PUBLISHED = {"published": True, "found": True, "yanked": False, "damage": []}
_COUNTED = {"searches": 4, "misses": 1, "installs": 1, "downloads": 1, "versions": 1, "publishers": 1}
"""What is counted of three searches, one of them in vain, an install, and the search of the first look."""

_WANTED: Mapping[str, Mapping[str, object]] = {
    "publish": _PUBLISHED,
    "yank": {**_PUBLISHED, "found": False, "yanked": True},
    "install": {**_PUBLISHED, "installed": "sound"},
    "cache gc": _PUBLISHED,
    "index repair": _PUBLISHED,
    "index restore": _PUBLISHED,
    "stats": {**_PUBLISHED, **_COUNTED},
}


def _cli(*argv: str) -> tuple[int, str]:
    """Run a command in this process; return its exit code and what it said, where it says it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main.run_cli(argv)
    return code, err.getvalue() if code else out.getvalue()


def _json(*argv: str) -> Any:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        main.run_cli(argv)
    return json.loads(out.getvalue())


def serve(points: Sequence[Point], workers: int) -> list[Tried]:
    """Disturb at every point, each in a process forked from this one, `workers` at a time."""
    running: dict[int, int] = {}
    for place, point in enumerate(points):
        if len(running) == workers:
            _reap(running)
        child = os.fork()
        if child == 0:
            _answer(point)
        running[child] = place
    while running:
        _reap(running)
    return [pickle.loads(_result(point).read_bytes()) for point in points]  # noqa: S301 - made by our own children


def _result(point: Point) -> Path:
    return point.folder.with_suffix(".result")


def _answer(point: Point) -> None:
    """Write what came of a point beside its folder; never return."""
    code = 1
    try:
        _result(point).write_bytes(pickle.dumps(disturb(point)))
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, it must not run on into the parent's work
        traceback.print_exc()
    finally:
        os._exit(code)


def _reap(running: dict[int, int]) -> None:
    child, status = os.wait()
    place = running.pop(child)
    if status:
        raise RuntimeError(f"try {place} broke off")


def answer_requests() -> None:
    """Read points from standard input and write what came of them to standard output."""
    this = importlib.import_module(
        "support.market.troubles.crash_point"
    )  # what is pickled here must not be named __main__
    points = pickle.load(sys.stdin.buffer)  # noqa: S301 - made by our own parent
    _load()
    sys.stdout.buffer.write(pickle.dumps(this.serve(points, int(sys.argv[1]))))


def _load() -> None:
    """Load what the verbs import when they need it, once, in the process that all tries are forked from."""
    product = [module.name for module in pkgutil.walk_packages(marketplace.__path__, "marketplace.")]
    for name in (*product, *_OTHERS):
        if not name.startswith("marketplace.p2p.") or find_spec("libp2p"):
            importlib.import_module(name)


if __name__ == "__main__":
    answer_requests()
