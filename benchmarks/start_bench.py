"""The command as a cold process, beside other package managers' smallest commands."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks import peers, servers
from benchmarks.homes import searchable
from benchmarks.measuring import Contestant, Row, Stage, attempt, contest, cpu_time, medians
from benchmarks.packages import as_npm_tarball, make, npm_document
from benchmarks.processes import Product, environment, product, run
from marketplace.cli.verbs import MARKET_VERBS

_QUERY = "kora"
_NPM = "npm --version"
_GOAL = 0.35


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    installed, rounds = product(stage), stage.pick(15, 3)
    homes = {size: searchable(stage, size) for size in ([1_000, 20_000] if stage.quick else [1_000, 20_000, 100_000])}
    small, *larger = (_search(installed, home, size) for size, home in homes.items())
    npm = attempt(_NPM, lambda: _npm_version(stage), _GOAL)
    python = _python(installed, stage, "python -c pass", "pass")
    with ExitStack() as stack:
        others = [
            _python(installed, stage, "floor: python importing sqlite3 and tantivy", "import sqlite3, tantivy"),
            python,
            npm,
            attempt("npm search on Verdaccio", lambda: _npm_search(stage, stack)),
            attempt("pip --version", lambda: _python_peer(stage, "pip")),
            attempt("uv --version", lambda: _python_peer(stage, "uv")),
        ]
        yield from contest("cold search, 1,000 packages", small, others, rounds)
    yield from contest("cold search, 1,000, processor time", small, [npm, python], rounds, cpu_time)
    for search in larger:
        yield from contest(f"cold {search.name}", search, [replace(small, goal=1.3)], rounds)
    slowest = _slowest_help(installed, stage)
    yield from contest(f"slowest help, processor time: {slowest.name}", slowest, [npm], rounds, cpu_time)
    for what, command in {
        "search without the shortcut": [installed.python, "-m", "marketplace.cli", "market", "search", _QUERY],
        "categories": [installed.ggen, "market", "categories"],
    }.items():
        verb = Contestant(what, lambda c=command: run(c, installed.environment(homes[1_000])))  # type: ignore[misc]
        yield from contest(f"cold {what}, processor time", verb, [replace(npm, goal=None)], rounds, cpu_time)


def _search(installed: Product, home: Path, size: int) -> Contestant:
    env = installed.environment(home)
    command = [installed.ggen, "market", "search", _QUERY]
    found = json.loads(run([*command, "--json"], env))
    assert found["total"] and not found["degraded"], found
    return Contestant(f"search, {size:,} packages", lambda: run(command, env))


def _python(installed: Product, stage: Stage, name: str, code: str) -> Contestant:
    env = environment(stage.scratch)
    return Contestant(name, lambda: run([installed.python, "-c", code], env))


def _npm_version(stage: Stage) -> Contestant:
    npm = peers.tool("npm")
    env = environment(stage.scratch, npm_config_update_notifier="false")
    return Contestant(_NPM, lambda: run([npm, "--version"], env), goal=_GOAL)


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
    found = medians(helps, stage.pick(5, 1), cpu_time)
    return max(helps, key=lambda contestant: found[contestant.name])


def _help(installed: Product, verb: str, env: dict[str, str]) -> Contestant:
    return Contestant(f"ggen market {verb} --help", lambda: run([installed.ggen, "market", verb, "--help"], env))
