"""How well what is used together is found: one requirement of each package of a real graph is hidden and asked for.

Wants the real catalog beside the project (`../shared/catalog` or GGEN_SHARED_CATALOG).
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from benchmarks.measuring import Row, Stage
from marketplace.insights.companions import Basket, companions
from support.market.catalogs.catalog import read_graph, shared_catalog

_SEED = 7
_TOP = 10
_PACKAGES = 2_000
_POPULAR = 300
Finder = Callable[[str, Sequence[str]], Collection[str]]


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the row; values are the shares of hidden requirements that are among the first ten."""
    what = f"hidden requirement in the first {_TOP}"
    folder = shared_catalog()
    if folder is None:
        yield Row(what, None, "the most popular ones", None, why="the real catalog is not beside the project")
        return
    graph = {name: sorted(requires) for name, requires in read_graph(folder).items()}
    chance = random.Random(_SEED)
    hidden = {name: chance.choice(requires) for name, requires in sorted(graph.items()) if len(requires) > 1}
    asked = chance.sample(sorted(hidden), min(len(hidden), stage.pick(_PACKAGES, 200)))
    left = {name: [other for other in requires if hidden.get(name) != other] for name, requires in graph.items()}
    counts = Counter(other for requires in left.values() for other in requires)
    shares = [_share(find, asked, hidden, left) for find in (_ours(left, counts), _popular(counts))]
    yield Row(f"{what}, {len(asked):,} packages", shares[0], "the most popular ones", shares[1], 1.5, "share",
              "ratio at least")  # fmt: skip


def _share(find: Finder, asked: Sequence[str], hidden: Mapping[str, str], left: Mapping[str, Sequence[str]]) -> float:
    return sum(hidden[name] in find(name, left[name]) for name in asked) / len(asked)


def _ours(left: Mapping[str, Sequence[str]], counts: Counter[str]) -> Finder:
    dependents: dict[str, list[str]] = {}
    for name, requires in left.items():
        for other in requires:
            dependents.setdefault(other, []).append(name)

    def find(name: str, have: Sequence[str]) -> Collection[str]:
        near = {other for item in have for other in dependents[item]}
        ranked = companions(have, (Basket(other, left[other]) for other in sorted(near)), counts)
        return [one.id for one in ranked if one.id != name][:_TOP]

    return find


def _popular(counts: Counter[str]) -> Finder:
    popular = [name for name, _ in counts.most_common(_POPULAR)]
    return lambda name, have: [one for one in popular if one != name and one not in have][:_TOP]
