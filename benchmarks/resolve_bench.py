"""Resolving 200 roots of the real dependency graph beside one bare pass over the closure, and plain resolvelib.

Wants the real catalog beside the project (`../shared/catalog` or GGEN_SHARED_CATALOG). What packages need but the graph
does not list is taken for a package without dependencies.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import peers
from benchmarks.homes import fill, memory_folder, new_home
from benchmarks.measuring import Contestant, Row, Stage, attempt, contest
from benchmarks.packages import Package, as_wheel
from benchmarks.processes import environment, product, run
from marketplace.index.local import LocalIndex
from marketplace.model.ids import PackageId
from marketplace.model.package import ListedRelease
from marketplace.model.release import Release
from marketplace.model.requirement import Requirement
from marketplace.project.backtracking import search
from marketplace.project.candidates import Candidates, Demand, Releases
from marketplace.project.resolver import resolve
from support.market.catalogs.catalog import id_of, read_graph, shared_catalog
from support.market.laws.universe import Universe

_ROOTS = 200
_FEW = 10
_ANY = Requirement.parse("*")
_GOAL = 3.0


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    catalog = shared_catalog()
    what = f"resolve {_ROOTS} real roots"
    if catalog is None:
        why = "the real catalog is not beside the project"
        yield Row(what, None, "floor: one pass over the closure", None, _GOAL, why=why)
        return
    graph = read_graph(catalog)
    roots = random.Random(1).sample(sorted(graph), _ROOTS)
    closure = _closure(roots, graph)
    universe = _universe(closure, graph)
    yield from _in_process(f"{what} ({len(closure):,} packages), in memory", roots, universe, stage.pick(9, 3))
    yield from _against_resolvelib(roots[:_FEW], universe, stage.pick(3, 1))
    with memory_folder() as fast:
        home = new_home(fast / "home")
        fill(home, (_manifest(item.release) for (item,) in universe.packages.values()))
        index = _Index(LocalIndex(home / "registry" / "index.sqlite"))
        yield from _in_process(f"{what}, from the local index", roots, index, stage.pick(9, 2))
        yield from _processes(stage, home, roots, {name: graph.get(name, ()) for name in closure})


def _closure(roots: Sequence[str], graph: Mapping[str, Sequence[str]]) -> list[str]:
    found, waiting = set(roots), list(roots)
    while waiting:
        new = set(graph.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return sorted(found)


def _universe(names: Sequence[str], graph: Mapping[str, Sequence[str]]) -> Universe:
    universe = Universe()
    for name in names:
        universe.add(id_of(name, "deb"), "1.0.0", {id_of(need, "deb"): "*" for need in graph.get(name, ())})
    return universe


class _Index:
    """A local index as the resolver asks it."""

    def __init__(self, index: LocalIndex) -> None:
        self._index = index

    def prefetch(self, ids: Sequence[PackageId]) -> None:
        """Do nothing: all is here."""

    def list_versions(self, id_: PackageId) -> Sequence[ListedRelease]:
        """Return the releases of a package."""
        return self._index.releases(id_)


def _in_process(what: str, names: Sequence[str], releases: Releases, rounds: int) -> list[Row]:
    ids = [PackageId.parse(id_of(name, "deb")) for name in names]
    requirements = dict.fromkeys(ids, _ANY)
    assert len(resolve(requirements, releases).releases) == _pass(ids, releases)
    floor = Contestant("floor: one pass over the closure", lambda: _pass(ids, releases), goal=_GOAL)
    return contest(what, Contestant("resolve", lambda: resolve(requirements, releases)), [floor], rounds)


def _against_resolvelib(names: Sequence[str], universe: Universe, rounds: int) -> list[Row]:
    """Compare on few roots: on 200 resolvelib takes a minute."""
    ids = sorted(PackageId.parse(id_of(name, "deb")) for name in names)
    demands = [Demand(id_.text, _ANY) for id_ in ids]
    ours = Contestant("resolve", lambda: resolve(dict.fromkeys(ids, _ANY), universe))
    plain = Contestant("resolvelib alone", lambda: search(demands, Candidates(universe, {}, prereleases=False)))
    return contest(f"resolve {len(ids)} real roots ({_pass(ids, universe)} packages)", ours, [plain], rounds)


def _pass(ids: Sequence[PackageId], releases: Releases) -> int:
    """Visit the newest version of everything reachable; return how many."""
    found, waiting = set(ids), list(ids)
    while waiting:
        new = {id_ for id_, _ in releases.list_versions(waiting.pop())[0].release.dependencies} - found
        found |= new
        waiting += new
    return len(found)


def _manifest(release: Release) -> bytes:
    lines = "".join(f'"{need}" = "{requirement}"\n' for need, requirement in release.dependencies)
    return (
        f'[package]\nid = "{release.id}"\nversion = "{release.version}"\ndescription = "A package of the graph"\n'
        f"[dependencies]\n{lines}"
    ).encode()


def _processes(stage: Stage, home: Path, roots: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[Row]:
    installed, project = product(stage), stage.scratch / "project"
    project.mkdir()
    lines = "".join(f'"{id_of(name, "deb")}" = "*"\n' for name in roots)
    (project / "ggen.toml").write_text(f"[dependencies]\n{lines}")
    command = [installed.ggen, "market", "outdated", "--quiet"]
    ours = Contestant("ggen market outdated", lambda: run(command, installed.environment(home), project))
    uv = attempt("uv pip compile, cache warm", lambda: _uv(stage, roots, needs))
    return contest(f"resolve {_ROOTS} real roots, process", ours, [uv], stage.pick(7, 1))


def _uv(stage: Stage, roots: Sequence[str], needs: Mapping[str, Sequence[str]]) -> Contestant:
    """Give uv the same closure as wheels without files, under names that Python allows."""
    uv, folder = peers.python_peers(stage.kept) / "uv", stage.scratch / "uv"
    (folder / "wheels").mkdir(parents=True)
    names = {name: f"package-{number}" for number, name in enumerate(needs)}
    for name, needed in needs.items():
        as_wheel(Package(names[name], needs=tuple(names[need] for need in needed)), folder / "wheels")
    (folder / "roots.in").write_text("\n".join(names[name] for name in roots) + "\n")
    env = environment(stage.scratch, UV_CACHE_DIR=str(folder / "cache"), UV_NO_CONFIG="1")
    python = product(stage).python
    command = [uv, "pip", "compile", "roots.in", "--no-index", "--find-links", "wheels", "--python", python, "-q"]
    assert run(command, env, folder).count("==") == len(needs)
    return Contestant("uv pip compile, cache warm", lambda: run(command, env, folder))
