"""The command as a cold process, beside other package managers' smallest commands."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import peers, servers
from benchmarks.homes import searchable
from benchmarks.measuring import Contestant, Row, Stage, attempt, contest, medians
from benchmarks.packages import as_npm_tarball, make, npm_document
from benchmarks.processes import Product, environment, product, run
from marketplace.cli.verbs import MARKET_VERBS

_QUERY = "kora"
_FLOOR = "import click, sqlite3, tantivy"


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    installed = product(stage)
    sizes = [1_000, 20_000] if stage.quick else [1_000, 20_000, 100_000]
    searches = [_search(installed, searchable(stage, size), size) for size in sizes]
    rounds = stage.pick(15, 3)
    with ExitStack() as stack:
        others = [
            _python(installed, stage, "floor: python importing click, sqlite3 and tantivy", _FLOOR),
            _python(installed, stage, "python -c pass", "pass"),
            attempt("npm --version", lambda: _npm_version(stage, 0.35), 0.35),
            attempt("npm search on Verdaccio", lambda: _npm_search(stage, stack)),
            attempt("pip --version", lambda: _python_peer(stage, "pip")),
            attempt("uv --version", lambda: _python_peer(stage, "uv")),
        ]
        yield from contest("cold search, 1,000 packages", searches[0], others, rounds)
    for size, search in list(zip(sizes, searches, strict=True))[1:]:
        small = Contestant(searches[0].name, searches[0].act, goal=1.3)
        yield from contest(f"cold search, {size:,} packages", search, [small], rounds)
    slowest = _slowest_help(installed, stage)
    npm = attempt("npm --version", lambda: _npm_version(stage, 0.35), 0.35)
    yield from contest(f"slowest help: {slowest.name}", slowest, [npm], rounds)


def _search(installed: Product, home: Path, size: int) -> Contestant:
    env = installed.environment(home)
    command = [installed.ggen, "market", "search", _QUERY]
    found = json.loads(run([*command, "--json"], env))
    assert found["total"] and not found["degraded"], found
    return Contestant(f"ggen market search, {size:,} packages", lambda: run(command, env))


def _python(installed: Product, stage: Stage, name: str, code: str) -> Contestant:
    env = environment(stage.scratch)
    return Contestant(name, lambda: run([installed.python, "-c", code], env))


def _npm_version(stage: Stage, goal: float) -> Contestant:
    npm = peers.tool("npm")
    env = environment(stage.scratch, npm_config_update_notifier="false")
    return Contestant("npm --version", lambda: run([npm, "--version"], env), goal=goal)


def _npm_search(stage: Stage, stack: ExitStack) -> Contestant:
    registry = stack.enter_context(servers.verdaccio(stage))
    for number in range(stage.pick(1_000, 20)):
        package = make(f"kora-{number}", files=1)
        registry.put(npm_document(package), as_npm_tarball(package))
    env = registry.environment(stage.scratch / "npm-cache")
    command = [registry.npm, "search", _QUERY, "--json", "--prefer-online"]
    assert json.loads(run(command, env)), "npm search found nothing on Verdaccio"
    return Contestant("npm search on Verdaccio", lambda: run(command, env))


def _python_peer(stage: Stage, name: str) -> Contestant:
    program, env = peers.python_peers(stage.kept) / name, environment(stage.scratch)
    return Contestant(f"{name} --version", lambda: run([program, "--version"], env))


def _slowest_help(installed: Product, stage: Stage) -> Contestant:
    env = installed.environment(stage.scratch)
    helps = [_help(installed, verb, env) for verb in MARKET_VERBS]
    found = medians(helps, stage.pick(5, 1))
    return max(helps, key=lambda contestant: found[contestant.name])


def _help(installed: Product, verb: str, env: dict[str, str]) -> Contestant:
    return Contestant(f"ggen market {verb} --help", lambda: run([installed.ggen, "market", verb, "--help"], env))
