"""Many processes on one home: publishers, readers, and those who look after it."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from marketplace.errors import MarketError
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import SearchQuery
from marketplace.security.trust import TrustStore
from marketplace.storage.base import read_tree
from support.market.world import World

_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class Publishing:
    """What came of it: the publishers' exit codes, what readers or others saw wrong, how often they looked."""

    codes: tuple[int, ...]
    wrong: tuple[str, ...] = ()
    looks: int = 0
    backups: tuple[Path, ...] = ()


def _publishers(world: World, count: int) -> list["subprocess.Popen[str]"]:
    """Start processes that each publish a package of their own and search for it at once."""
    for number in range(count):
        world.run(f"ggen market init many/p{number} --id io.ggen.many.p{number} --title 'Word{number} package'")
    args, environ = world.command("ggen market")
    ggen = " ".join(args)
    started = []
    for number in range(count):
        look = f'{ggen} search io.ggen.many.p{number} --json | grep -q \'"id": *"io.ggen.many.p{number}"\''
        script = f"read -r _go; {ggen} publish many/p{number} && {look}"
        started.append(subprocess.Popen(
            ["sh", "-c", script], cwd=world.project, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        ))  # fmt: skip
    return started


def _go(processes: Sequence["subprocess.Popen[str]"]) -> None:
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()


def _codes(processes: Sequence["subprocess.Popen[str]"]) -> tuple[int, ...]:
    for process in processes:
        process.communicate(timeout=_TIMEOUT)
    return tuple(process.returncode for process in processes)


def publish_and_back_up(world: World, count: int, times: int) -> Publishing:
    """Let publishers go and back the index up meanwhile."""
    publishers = _publishers(world, count)
    backups = tuple(world.project / f"backup{number}.sqlite" for number in range(times))
    _go(publishers)
    for path in backups:
        world.run(f"ggen market index backup {path}")
    return Publishing(_codes(publishers), backups=backups)


def restore_each(world: World, backups: Sequence[Path]) -> list[int]:
    """Restore and verify each backup in turn; return how many log entries each had."""
    sizes = []
    for path in backups:
        world.run(f"ggen market index restore {path} --force")
        sizes.append(int(world.run("ggen market index verify --json").json()["log_size"]))
    return sizes


def publish_while(world: World, count: int, command: str) -> Publishing:
    """Let publishers go and run `command` again and again until they are done.

    All but three wait for their turns, one before each run: each run has somebody beside it, however long it takes.
    """
    publishers = _publishers(world, count)
    _go(publishers[:3])
    waiting = publishers[3:]
    runs, wrong = 0, []
    while any(process.poll() is None for process in publishers):
        _go(waiting[:1])
        del waiting[:1]
        outcome = world.attempt(command)
        runs += 1
        if world.exit_code():
            wrong.append(outcome.stderr)
    codes = _codes(publishers)
    for check in ("ggen market index verify", "ggen market cache verify"):
        outcome = world.attempt(check)
        if world.exit_code():
            wrong.append(outcome.stderr)
    return Publishing(codes, tuple(wrong), runs)


def publish_while_reading(world: World, count: int, readers: int) -> Publishing:
    """Let publishers go while readers look at everything that a search shows them, until they are told to stop."""
    command = [sys.executable, "-m", "support.market.concurrency", str(world.home), str(count)]
    looking = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(readers)
    ]
    publishers = _publishers(world, count)
    try:
        _go([*looking, *publishers])
        codes = _codes(publishers)
        seen = [process.communicate(timeout=_TIMEOUT)[0].splitlines() for process in looking]
    finally:
        for process in [*looking, *publishers]:
            process.kill()
            process.wait()
    assert all(lines for lines in seen), "a reader died"
    wrong = [line for lines in seen for line in lines[:-1]]
    return Publishing(codes, tuple(wrong), sum(int(lines[-1]) for lines in seen))


def _read_until(home: Path, total: int) -> None:
    """Search again and again until all are there; fetch and verify every hit, and note whatever is half there."""
    sys.stdin.readline()
    looks, found, deadline = 0, 0, time.monotonic() + _TIMEOUT / 2
    while found < total and time.monotonic() < deadline:
        registry = LocalRegistry(home / "registry", trust=lambda: TrustStore(home / "keys" / "trust.json"))
        try:
            hits = registry.search(SearchQuery("", limit=100)).hits
            if len(hits) < found:
                sys.stdout.write(f"{found} packages were there, then {len(hits)}\n")
            for hit in hits:
                _fetch(registry, hit.document.id)
                looks += 1
            found = len(hits)
        except MarketError as error:
            sys.stdout.write(f"{error.code}: {error.message}\n")
        finally:
            registry.index.close()
    sys.stdout.write(f"{looks}\n")


def _fetch(registry: LocalRegistry, id_: str) -> None:
    from marketplace.model.ids import PackageId

    release = registry.get_package(PackageId.parse(id_)).latest.release
    registry.manifest(release)
    for entry in read_tree(registry.store, release.content_id):
        assert len(registry.store.read(entry.digest, entry.size)) == entry.size


if __name__ == "__main__":
    _read_until(Path(sys.argv[1]), int(sys.argv[2]))
