"""A publisher in a process of its own: `python -m benchmarks.publisher HOME PACKAGES_FOLDER MODE FIRST COUNT`.

It says `ready`, waits for a line, publishes its packages, and says `done`. MODE is `publish`, which ends with a search
that must find the last package, or `log`: the floor, which only appends synced rows to a bare SQLite log.
"""

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

from benchmarks.homes import publish, publish_many, registry_of, signer_of
from marketplace.clock import system_clock
from marketplace.registry.scoring import Scoring, facts_of
from marketplace.search.base import SearchQuery
from marketplace.source import FolderSource, build_release

_RECORD = b"x" * 600
"""About the length of a signed release."""


_TOGETHER = 64
"""As many as an import publishes at once."""


def publish_all(home: Path, folders: Sequence[Path], *, together: bool = False) -> None:
    """Publish the folders, one after the other or as an import does; the next search finds the last."""
    registry, signer = registry_of(home), signer_of(home)
    if together:
        for start in range(0, len(folders), _TOGETHER):
            publish_many(registry, signer, folders[start : start + _TOGETHER])
    else:
        for folder in folders:
            publish(registry, signer, folder)
    found = [hit.document.id for hit in registry.search(SearchQuery(folders[-1].name)).hits]
    assert any(id_.endswith(folders[-1].name) for id_ in found), f"{folders[-1].name} was not found: {found}"
    registry.index.close()


def score_all(home: Path, folders: Sequence[Path]) -> None:
    """Read and score the folders as publishing does, and publish none; reading and hashing each is part of it."""
    registry, signer = registry_of(home), signer_of(home)
    scoring, now = Scoring(registry.index, system_clock), system_clock()
    for folder in folders:
        source = FolderSource.read(folder)
        facts = facts_of(source)
        scoring.taken(scoring.report(build_release(source, signer, now), facts), facts)
    registry.index.close()


def append_all(path: Path, count: int) -> None:
    """Append `count` rows to a bare log, each in a transaction of its own, synced as the product's is."""
    database = sqlite3.connect(path, timeout=30, isolation_level=None)
    for _ in range(count):
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO log (record) VALUES (?)", (_RECORD,))
        database.execute("COMMIT")
    database.close()


def new_log(path: Path) -> Path:
    """Make an empty log in WAL mode."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE log (seq INTEGER PRIMARY KEY, record BLOB NOT NULL)")
    database.close()
    return path


@contextmanager
def waiting(commands: Sequence[Sequence[str]], env: dict[str, str], cwd: Path) -> "Iterator[list[Popen[str]]]":
    """Start publishers that wait at the start line; they are gone at the end."""
    started: list[Popen[str]] = []
    try:
        for command in commands:
            started.append(Popen(command, env=env, cwd=cwd, stdin=PIPE, stdout=PIPE, text=True))
        for publisher in started:
            _expect(publisher, "ready")
        yield started
    finally:
        for publisher in started:
            publisher.kill()
            publisher.communicate()


def start_and_finish(publishers: "Sequence[Popen[str]]") -> None:
    """Let all go at once and wait until the last is done."""
    for publisher in publishers:
        assert publisher.stdin
        publisher.stdin.write("go\n")
        publisher.stdin.flush()
    for publisher in publishers:
        _expect(publisher, "done")


def _expect(publisher: "Popen[str]", word: str) -> None:
    assert publisher.stdout
    said = publisher.stdout.readline().strip()
    if said != word:
        raise RuntimeError(f"a publisher said {said!r} instead of {word!r}")


def main(arguments: Sequence[str]) -> None:
    """Publish as the arguments say."""
    home, folder, mode, first, count = Path(arguments[0]), Path(arguments[1]), arguments[2], *map(int, arguments[3:])
    folders = sorted(folder.iterdir())[first : first + count] if mode == "publish" else []
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    publish_all(home, folders) if mode == "publish" else append_all(home, count)
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main(sys.argv[1:])
