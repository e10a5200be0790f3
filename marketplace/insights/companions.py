"""What is used together with packages: packages that the same others require.

The measure is the conditional probability of Deshpande and Karypis ("Item-based top-N recommendation algorithms", ACM
TOIS 22, 2004): how often b is required where a is, by how often a is, damped by how common b is anyway. To it come a
shrinkage, so that one common dependent proves little, and their weight of baskets, so that one that requires fifty
packages tells less of each pair than one that requires two.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

SHRINKAGE = 2.0
"""What is added to the number of those who require a package: of one in one that gives a third."""
COMMONNESS = 0.2
"""Exponent of how many require the suggested package: 0 suggests what everybody has, 1 what nobody else has. Of the
values tried on a real graph (`python -m benchmarks recommend`) this one costs less than a hundredth of the recall."""


class Basket(NamedTuple):
    """What one package requires. Its owner is who can publish as many as they like, such as a namespace."""

    owner: str
    items: Collection[str]


class Companion(NamedTuple):
    """A package that is used together with others.

    `score` is greater than 0, higher is better; `beside` is the one of those asked about that speaks most for it, which
    `owners` owners require, and `both` of them this one too: namespaces, or projects where it is `in_projects`.
    """

    id: str
    score: float
    beside: str
    both: int
    owners: int
    in_projects: bool = False


def companions(asked: Iterable[str], baskets: Iterable[Basket], commonness: Mapping[str, int]) -> list[Companion]:
    """Return what is used together with the packages `asked` about, best first; not these themselves.

    `baskets` are those that hold any of them; `commonness` tells how many packages require each of what is in them.
    """
    wanted = frozenset(asked)
    owners: dict[str, set[str]] = {item: set() for item in wanted}
    pairs: dict[tuple[str, str], dict[str, float]] = {}
    for basket in baskets:
        _count(basket, wanted, owners, pairs)
    return ranked(
        Companion(other, _score(sum(weights.values()), len(owners[item]), commonness.get(other, 1)), item, len(weights),
                  len(owners[item]))
        for (item, other), weights in pairs.items()
    )  # fmt: skip


def chosen_together(
    asked: Iterable[str], beside: Mapping[str, Mapping[str, int]], chosen: Mapping[str, int]
) -> list[Companion]:
    """Return what projects have chosen beside the packages `asked` about; not these themselves.

    `beside` tells how often which were chosen beside each, `chosen` how often each was at all.
    """
    wanted = frozenset(asked)
    found = []
    for item in wanted:
        of = max(chosen.get(item, 0), 1)
        for other, count in beside.get(item, {}).items():
            if other not in wanted:
                both = min(count, of)  # what is taken back and chosen again beside it is counted again
                score = _score(both, of, chosen.get(other, 1))
                found.append(Companion(other, score, item, both, of, in_projects=True))
    return found


def ranked(found: Iterable[Companion]) -> list[Companion]:
    """Return companions best first, each package once: what speaks for it is added up, in any order."""
    best: dict[str, Companion] = {}
    for one in sorted(found, key=lambda one: (one.score, one.beside), reverse=True):
        best[one.id] = _added(best[one.id], one) if one.id in best else one
    return sorted(best.values(), key=lambda one: (-one.score, one.id))


def _score(both: float, of: int, commonness: int) -> float:
    return float(both / (of + SHRINKAGE) / max(commonness, 1) ** COMMONNESS)


def _count(
    basket: Basket, wanted: frozenset[str], owners: dict[str, set[str]], pairs: dict[tuple[str, str], dict[str, float]]
) -> None:
    """Count a basket's pairs. An owner counts once for each, whatever they publish: else a thousand packages of one
    publisher would put theirs beside every other."""
    for item in wanted.intersection(basket.items):
        owners[item].add(basket.owner)
        for other in basket.items:
            if other not in wanted:
                weights = pairs.setdefault((item, other), {})
                weight = 1 / math.sqrt(len(basket.items) - 1)
                weights[basket.owner] = max(weight, weights.get(basket.owner, 0.0))


def _added(one: Companion, other: Companion) -> Companion:
    """Return both as one: their scores added, told by the one that speaks more for it."""
    more = max(one, other, key=lambda found: (found.score, found.beside))
    return more._replace(score=one.score + other.score)
