"""The real dependency graph as a registry, and what a choice in it must be."""

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

from marketplace.errors import InvalidInputError
from marketplace.model.ids import MAX_SEGMENT, PackageId
from support.market.catalogs.catalog import id_of, name_of, read_graph, read_public_packages
from support.market.laws.universe import Universe

ROOT = "deb"
_SEED = 20_000


def names(folder: Path) -> dict[str, set[str]]:
    """Return every real name by the first segment of its id: packages, and all that the graph has or leads to."""
    graph = read_graph(folder)
    return {
        "npm": {row.name for row in read_public_packages(folder)},
        ROOT: set(graph) | {need for needs in graph.values() for need in needs},
    }


def check_ids(known: Mapping[str, Iterable[str]]) -> None:
    """Hold that each name has a valid id, and that no two share one."""
    for root, group in known.items():
        ids: dict[str, str] = {}
        for name in group:
            id_ = id_of(name, root)
            try:
                PackageId.parse(id_)
            except InvalidInputError as error:
                raise AssertionError(f"{name}: {error}") from error
            assert ids.setdefault(id_, name) == name, (id_, name, ids[id_])


def check_names(known: Mapping[str, Iterable[str]]) -> None:
    """Hold that each name is found again, but for those that were cut at the length of a segment."""
    for root, group in known.items():
        for name in group:
            id_ = id_of(name, root)
            assert max(map(len, id_.split("."))) == MAX_SEGMENT or name_of(id_) == name, (name, id_)


def universe_of_graph(folder: Path) -> Universe:
    """Return a registry with one version of each package of the graph, what only others need included."""
    graph, universe = read_graph(folder), Universe()
    for name in sorted(set(graph) | {need for needs in graph.values() for need in needs}):
        universe.add(id_of(name, ROOT), "1.0.0", {id_of(need, ROOT): "^1" for need in graph.get(name, ())})
    return universe


def roots_of(universe: Universe, count: int) -> list[str]:
    """Draw `count` packages, always the same."""
    return random.Random(_SEED).sample(sorted(universe.packages), count)


def closure(folder: Path, roots: Iterable[str]) -> set[str]:
    """Return the ids that `roots` lead to, found in the graph itself."""
    needs = {id_of(name, ROOT): [id_of(need, ROOT) for need in found] for name, found in read_graph(folder).items()}
    reached, waiting = set(roots), list(roots)
    while waiting:
        for id_ in needs.get(waiting.pop(), ()):
            if id_ not in reached:
                reached.add(id_)
                waiting.append(id_)
    return reached
