"""How each field of the schema is answered. What is not named here is an attribute or a key of what its parent is."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLResolveInfo

from marketplace import __version__
from marketplace.errors import InvalidInputError
from marketplace.insights import suggestions
from marketplace.insights.statistics import MAX_DAYS, Statistics
from marketplace.insights.suggestions import Suggestion
from marketplace.model.ids import PackageId
from marketplace.protocol.documents import PROTOCOL
from marketplace.search.base import FACETS, SearchQuery
from marketplace.server.graph import nodes
from marketplace.server.graph.asking import Asking
from marketplace.server.graph.loading import Asked
from marketplace.server.graph.nodes import PackageNode, ReleaseNode
from marketplace.server.graph.pages import checked_first, page, page_of, place_after
from marketplace.server.graph.releases import Subscription
from marketplace.server.tokens import check_namespace

_MOST_IDS = 100
Info = GraphQLResolveInfo[Asking]

_FILTERS = ("category", "keyword", "tag", "author", "license", "min_downloads")


def _id(text: str) -> str:
    """Return a package id that is one.

    Raises:
        InvalidInputError: `invalid-package-id`.
    """
    return str(PackageId.parse(text))


def _days(days: int) -> int:
    if not 1 <= days <= MAX_DAYS:
        message = f"days is {days}, not a number from 1 to {MAX_DAYS}"
        raise InvalidInputError("parameter-invalid", message, hint="leave it out for 30", parameter="days")
    return days


# --- Query -----------------------------------------------------------------------------------------------------------


async def _registry(_root: None, info: Info) -> dict[str, Any]:
    asking = info.context
    found = await asking.pool.read(lambda content: content.registry.metadata())
    return {
        "name": asking.name, "protocol": PROTOCOL, "version": __version__, "packages": found.packages,
        "releases": found.releases, "log_size": found.log_size, "log_root": found.log_root,
    }  # fmt: skip


async def _package(_root: None, info: Info, id: str) -> PackageNode | None:  # noqa: A002 - its name in the schema
    return await nodes.package_of(info.context.loaders, _id(id))


def _packages(_root: None, info: Info, ids: list[str]) -> list[Any]:
    if len(ids) > _MOST_IDS:
        message = f"{len(ids)} ids are asked for at once, and at most {_MOST_IDS} may be"
        raise InvalidInputError("graphql-page-invalid", message, hint="ask for the rest in another request")
    return [nodes.package_of(info.context.loaders, _id(id_)) for id_ in ids]


async def _release(_root: None, info: Info, id: str, version: str) -> ReleaseNode | None:  # noqa: A002 - its name in the schema
    return await nodes.release_of(info.context.loaders, _id(id), version)


async def _search(_root: None, info: Info, **given: Any) -> dict[str, Any]:
    asking, start = info.context, place_after(given.get("after"))
    filters = {name: given[name] for name in _FILTERS if name in given}
    query = SearchQuery(
        given["query"], **filters, sort=given["sort"].lower(), limit=checked_first(given["first"]), offset=start,
        highlight=False,
    )  # fmt: skip
    found = (await asking.parts.searches.get(query)).page
    if not start:
        asking.counting.searched(found=found.total > 0)
    edges = [{"node": PackageNode(hit.document.id, hit.document), "score": round(hit.score, 4)} for hit in found.hits]
    return {**page(edges, start, found.total), "facets": found.facets, "notes": found.notes}


def _facet(name: str) -> Callable[[Mapping[str, Mapping[str, int]], Info], Any]:
    return lambda facets, _info: _facets(facets.get(name, {}))


def _facets(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"value": value, "count": count} for value, count in counts.items()]


async def _categories(_root: None, info: Info) -> list[dict[str, Any]]:
    counts = await info.context.pool.read(lambda content: content.registry.categories())
    return _facets(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))


async def _stats(_root: None, info: Info, days: int) -> dict[str, Any]:
    return _told(await info.context.counting.statistics(None, _days(days)))


async def _recommendations(
    _root: None, info: Info, based_on: list[str], kinds: list[str], first: int
) -> Sequence[Suggestion]:
    asked, wanted = [PackageId.parse(id_) for id_ in dict.fromkeys(based_on)], _kinds(kinds)
    return await info.context.pool.read(
        lambda content: content.registry.recommend_to_others(asked, first, kinds=wanted)
    )


def _kinds(names: list[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _told(found: Statistics) -> dict[str, Any]:
    days = [{"day": day, **counts} for day, counts in found.days.items()]
    return {"since": found.since, "totals": found.totals, "days": days}


# --- Package ---------------------------------------------------------------------------------------------------------


def _described(name: str) -> Callable[[PackageNode, Info], Any]:
    """Return the resolver of a field that a search document has, else the manifest of the newest release."""

    def resolve(node: PackageNode, info: Info) -> Any:
        return getattr(node.document, name) if node.document else _in_manifest(name)(node, info)

    return resolve


def _in_manifest(name: str) -> Callable[[PackageNode, Info], Any]:
    async def resolve(node: PackageNode, info: Info) -> Any:
        return getattr(await nodes.manifest_of(info.context.loaders, node.id), name)

    return resolve


def _downloads(node: PackageNode, info: Info) -> Any:
    # What is at hand is no coroutine: one in a list makes a task of each of its entries.
    return node.document.downloads if node.document else _counted_downloads(node, info)


async def _counted_downloads(node: PackageNode, info: Info) -> int:
    found = await info.context.loaders.stats.get((node.id, 1))
    return found.totals["downloads"] if found else 0


async def _latest(node: PackageNode, info: Info) -> ReleaseNode:
    return await nodes.latest_of(info.context.loaders, node.id)


async def _releases(node: PackageNode, info: Info, first: int, after: str | None = None) -> Any:
    found = await nodes.releases_of(info.context.loaders, node.id)
    return page_of([{"node": release} for release in found], first, after)


async def _dependents(node: PackageNode, info: Info, first: int, after: str | None = None) -> Any:
    found = await info.context.loaders.dependents.get(node.id) or ()
    edges = [{"node": PackageNode(id_), "requirement": requirement} for id_, requirement in found]
    found_page = page_of(edges, first, after)
    for edge in found_page["edges"]:
        edge["node"] = nodes.package_of(info.context.loaders, edge["node"].id)
    return found_page


async def _package_quality(node: PackageNode, info: Info) -> Any:
    loaders = info.context.loaders
    version = node.document.version if node.document else (await nodes.latest_of(loaders, node.id)).version
    return await nodes.quality_of(loaders, node.id, version)


async def _package_stats(node: PackageNode, info: Info, days: int) -> dict[str, Any] | None:
    found = await info.context.loaders.stats.get((node.id, _days(days)))
    return _told(found) if found else None


async def _package_recommendations(node: PackageNode, info: Info, kinds: list[str], first: int) -> Sequence[Suggestion]:
    suggestions.check(1, first)
    return await info.context.loaders.recommended.get(Asked(node.id, _kinds(kinds), first)) or ()


# --- Recommendation --------------------------------------------------------------------------------------------------


async def _recommended(item: Suggestion, info: Info) -> PackageNode | None:
    return await nodes.package_of(info.context.loaders, item.id)


async def _because(item: Suggestion, info: Info) -> PackageNode | None:
    return await nodes.package_of(info.context.loaders, item.because) if item.because else None


# --- Release ---------------------------------------------------------------------------------------------------------


async def _release_quality(node: ReleaseNode, info: Info) -> Any:
    return await nodes.quality_of(info.context.loaders, node.id, node.version)


def _dependencies(node: ReleaseNode, _info: Info) -> list[dict[str, str]]:
    return [{"id": str(id_), "requirement": str(need)} for id_, need in node.placed.listed.release.dependencies]


async def _required_package(dependency: Mapping[str, str], info: Info) -> PackageNode | None:
    return await nodes.package_of(info.context.loaders, dependency["id"])


async def _package_of_release(node: ReleaseNode, info: Info) -> PackageNode | None:
    return await nodes.package_of(info.context.loaders, node.id)


def _of_record(name: str) -> Callable[[ReleaseNode, Info], Any]:
    return lambda node, _info: getattr(node.placed.listed.release, name)


# --- Mutation --------------------------------------------------------------------------------------------------------


async def _publish(_root: None, info: Info, record: str) -> dict[str, Any]:
    new, receipt = await info.context.publish(record)
    return await _payload(info.context, new=new, done=receipt)


async def _yank(_root: None, info: Info, record: str) -> dict[str, Any]:
    new, done = await info.context.yank(record)
    return {**await _payload(info.context, new=new, done=done), "action": done["action"]}


async def _payload(asking: Asking, *, new: bool, done: Mapping[str, object]) -> dict[str, Any]:
    """Return what a change did; what was read before it is read anew."""
    asking.forget()
    return {"new": new, "release": await nodes.release_of(asking.loaders, str(done["id"]), str(done["version"]))}


# --- Subscription ----------------------------------------------------------------------------------------------------


async def released(_root: None, info: Info, namespace: str | None = None) -> AsyncIterator[ReleaseNode]:
    """Return what yields each new release of a namespace and those below it, or of all.

    Raises:
        InvalidInputError: `invalid-namespace`.
        UnavailableError: `graphql-too-many-subscriptions`.
    """
    if namespace is not None:
        check_namespace(namespace)
    return _in_namespace(await info.context.parts.releases.subscribe(), namespace, info.context)


async def _in_namespace(new: Subscription, namespace: str | None, asking: Asking) -> AsyncIterator[ReleaseNode]:
    try:
        async for placed in new:
            node = ReleaseNode(placed)
            if namespace is None or node.id.startswith(f"{namespace}."):
                asking.forget()
                yield node
    finally:
        asking.parts.releases.forget(new)


RESOLVERS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "Query": {
        "registry": _registry, "package": _package, "packages": _packages, "release": _release, "search": _search,
        "categories": _categories, "stats": _stats, "recommendations": _recommendations,
    },
    "Facets": {name: _facet(name) for name in FACETS},
    "Package": {
        **{
            name: _described(name)
            for name in ("title", "description", "category", "tags", "keywords", "license", "authors")
        },
        "homepage": _in_manifest("homepage"), "repository": _in_manifest("repository"), "downloads": _downloads,
        "latest": _latest, "releases": _releases, "dependents": _dependents, "quality": _package_quality,
        "stats": _package_stats, "recommendations": _package_recommendations,
    },
    "Recommendation": {
        "kind": lambda item, _info: item.kind.upper(), "score": lambda item, _info: round(item.score, 4),
        "package": _recommended, "because": _because,
    },
    "Release": {
        "package": _package_of_release, "yanked": lambda node, _info: node.placed.listed.yanked,
        "position": lambda node, _info: node.placed.position, "dependencies": _dependencies,
        "quality": _release_quality, "contentId": _of_record("content_id"), "size": _of_record("size"),
        "files": _of_record("files"), "publishedAt": _of_record("published_at"), "key": _of_record("key"),
        "signature": _of_record("signature"),
    },
    "Dependency": {"package": _required_package},
    "Mutation": {"publish": _publish, "yank": _yank},
}  # fmt: skip
"""Resolvers by type and field."""
