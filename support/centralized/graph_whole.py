"""The whole of the schema: its documentation, its canonical form, and which of it was answered."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    build_client_schema,
    build_schema,
    get_introspection_query,
    get_named_type,
    is_enum_type,
    parse,
)
from graphql.language.ast import EnumValueNode, ListValueNode, SelectionSetNode

from marketplace.server.graph.schema import SDL
from support.centralized import graph, graph_changes
from support.centralized.graph_limits import told_limits
from support.centralized.registries import Offer
from support.centralized.servers import Server
from support.suite import graphql_schema

_PAGE = Path(__file__).parents[2] / "docs" / "graphql.md"
_BLOCK = re.compile(r"^```(graphql|json variables|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def check_page(server: Server, least: int) -> None:
    """Ask what the page asks, and compare with what stands behind it."""
    asked = 0
    query = ""
    variables: dict[str, Any] = {}
    for kind, text in _BLOCK.findall(_PAGE.read_text(encoding="utf-8")):
        if kind == "graphql":
            query, variables = text, {}
        elif kind == "json variables":
            variables = json.loads(text)
        else:
            found = graph.data(server, query, variables)
            assert found == json.loads(text), json.dumps(found, indent=2)
            asked += 1
    assert asked >= least, asked


def check_schema(server: Server) -> None:
    """Compare the schema that is served with the file, and the file with what the library would write."""
    served = build_client_schema(graph.data(server, get_introspection_query(descriptions=True)))  # type: ignore[arg-type]
    wrong = graphql_schema.difference(graphql_schema.canonical(served))
    assert not wrong, wrong


def check_limits() -> None:
    """Compare the limits of the page with those of the product."""
    text = _PAGE.read_text(encoding="utf-8")
    for code, limit in told_limits().items():
        assert re.search(rf"\| {re.escape(limit)} \| `{code}` \|", text), (code, limit)


# --- what is used ----------------------------------------------------------------------------------------------------


class Usage:
    """Which fields, arguments and values of enumerations were asked for and answered."""

    def __init__(self) -> None:
        self.schema: GraphQLSchema = build_schema(SDL.read_text(encoding="utf-8"))
        self.used: set[str] = set()

    def ask(self, server: Server, query: str, variables: Mapping[str, Any] | None = None, **headers: str) -> Any:
        """Ask, note what was answered, and return it."""
        found = graph.data(server, query, variables, **headers)
        self.note(query, found)
        return found

    def note(self, query: str, data: Mapping[str, Any]) -> None:
        """Note what is in an answer."""
        document = parse(query)
        fragments = {
            node.name.value: node.selection_set
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                kind = self.schema.get_root_type(node.operation)
                assert kind
                self._walk(kind, node.selection_set, data, fragments)

    def _walk(
        self,
        kind: GraphQLObjectType,
        selections: SelectionSetNode,
        data: Any,
        fragments: Mapping[str, SelectionSetNode],
    ) -> None:
        for selection in selections.selections:
            if isinstance(selection, FragmentSpreadNode):
                self._walk(kind, fragments[selection.name.value], data, fragments)
            elif isinstance(selection, FieldNode):
                self._field(kind, selection, data, fragments)

    def _field(
        self, kind: GraphQLObjectType, selection: FieldNode, data: Any, fragments: Mapping[str, SelectionSetNode]
    ) -> None:
        name = selection.name.value
        value = data[selection.alias.value if selection.alias else name]
        self.used.add(f"{kind.name}.{name}")
        for argument in selection.arguments or ():
            self.used.add(f"{kind.name}.{name}({argument.name.value})")
            given = argument.value.values if isinstance(argument.value, ListValueNode) else (argument.value,)
            of = get_named_type(kind.fields[name].args[argument.name.value].type)
            self.used |= {f"{of}.{one.value}" for one in given if isinstance(one, EnumValueNode)}
        if selection.selection_set:
            below = get_named_type(kind.fields[name].type)
            assert isinstance(below, GraphQLObjectType), below
            for item in _items(value):
                self._walk(below, selection.selection_set, item, fragments)

    def everything(self) -> set[str]:
        """Return all that there is."""
        found: set[str] = set()
        for kind in self.schema.type_map.values():
            if kind.name.startswith("__"):
                continue
            if is_enum_type(kind):
                found |= {f"{kind.name}.{value}" for value in kind.values}
            if isinstance(kind, GraphQLObjectType):
                for name, field in kind.fields.items():
                    found |= {f"{kind.name}.{name}", *(f"{kind.name}.{name}({argument})" for argument in field.args)}
        return found


def _items(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return [inner for item in value for inner in _items(item)] if isinstance(value, list) else [value]


_QUERIES = (
    "{ registry { name protocol version packages releases logSize logRoot } categories { value count } }",
    """
    {
      stats(days: 2) { since totals { ...All } days { day ...EachDay } }
      release(id: "io.ggen.rust.axum", version: "1.1.0") { ...Whole }
      packages(ids: ["io.ggen.rust.core", "io.acme.nothing"]) { id }
    }
    fragment All on RegistryCounts { downloads installs versions publishers searches misses }
    fragment EachDay on RegistryDay { downloads installs versions publishers searches misses }
    fragment Whole on Release {
      package { id } version yanked contentId size files publishedAt key signature position
      dependencies { id requirement package { title } }
      quality { score grade measuredAt points { name dimension points earned state evidence } }
    }
    """,
    """
    {
      package(id: "io.ggen.rust.core") {
        id title description category tags keywords license authors homepage repository downloads
        latest { version }
        releases(first: 1, after: "YXQ6MA==") {
          totalCount edges { cursor node { version } }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
        dependents(first: 1) { totalCount edges { cursor requirement node { id } } pageInfo { endCursor } }
        again: dependents(after: "YXQ6MA==") { totalCount }
        quality { score }
        stats(days: 1) {
          since
          totals { downloads installs versions publishers }
          days { day downloads installs versions publishers }
        }
        recommendations(kinds: [TOGETHER, SIMILAR, TRENDING, POPULAR], first: 2) { kind package { id } reason }
      }
      recommendations(basedOn: ["io.ggen.rust.axum"], kinds: [POPULAR], first: 1) {
        kind score reason package { id title latest { version } } because { id }
      }
    }
    """,
    """
    {
      search(query: "rust", category: "rust", keyword: "crate", tag: "rust", author: "The ggen marketplace authors",
             license: "MIT", minDownloads: 0, sort: RELEVANCE, first: 1, after: null) {
        totalCount
        edges { cursor score node { id } }
        pageInfo { hasNextPage }
        facets { category { value count } license { value } author { value } tag { value } }
        notes
      }
      a: search(sort: DOWNLOADS) { totalCount } b: search(sort: NAME) { totalCount }
      c: search(sort: UPDATED) { totalCount } d: search(sort: QUALITY) { totalCount }
    }
    """,
)


def ask_everything(server: Server, usage: Usage) -> None:
    """Ask for all that can be read."""
    for query in _QUERIES:
        usage.ask(server, query)


def change_everything(server: Server, usage: Usage, offer: Offer, header: Mapping[str, str]) -> None:
    """Publish and yank a release, while somebody waits for it."""
    listener = graph_changes.Listener(server, "io.acme")
    record = offer.release.encode().decode()
    usage.ask(server, graph_changes.PUBLISH, {"record": record}, **header)
    kind, said = listener.event()
    assert kind == "next", said
    usage.note(graph_changes.LISTEN, said["data"])
    yank = graph_changes.yank_record(f"{offer.release.id}@{offer.release.version}", "broken")
    usage.ask(server, graph_changes.YANK, {"record": yank}, **header)


def check_told(server: Server) -> None:
    """Compare what is told of a package with what REST tells."""
    id_ = "io.ggen.rust.core"
    found = graph.data(server, f"""{{ package(id: "{id_}") {{
        downloads quality {{ score grade measuredAt points {{ name earned state evidence }} }}
        stats(days: 3) {{ since totals {{ downloads versions publishers }} days {{ day versions }} }}
        releases {{ edges {{ node {{ version contentId signature key publishedAt size files yanked position }} }} }}
    }} registry {{ name protocol packages releases logSize logRoot }} categories {{ value count }} }}""")  # fmt: skip
    package = found["package"]
    assert package["downloads"] == server.document(f"/downloads/{id_}.json")["downloads"]  # type: ignore[index]
    quality: Any = server.document(f"/quality/{id_}/1.1.0.json")
    report = quality["quality"]
    checks = [check for dimension in report["dimensions"] for check in dimension["checks"]]
    assert (package["quality"]["score"], package["quality"]["grade"]) == (report["score"], report["grade"])
    assert [point["name"] for point in package["quality"]["points"]] == [check["name"] for check in checks]
    stats: Any = server.document(f"/api/v1/stats?id={id_}&days=3")
    assert package["stats"]["totals"].items() <= stats["totals"].items(), (package["stats"], stats)
    assert [day["day"] for day in package["stats"]["days"]] == [day["day"] for day in stats["days"]]
    for edge in package["releases"]["edges"]:
        node = edge["node"]
        record: Any = server.document(f"/releases/{id_}/{node['version']}.json")
        told = {"contentId": "content_id", "signature": "signature", "key": "key", "publishedAt": "published_at",
                "size": "size", "files": "files"}  # fmt: skip
        assert {node[name] for name in told} == {record[name] for name in told.values()}, (node, record)
    facts: Any = server.document("/api/v1/metadata")
    names = {"name": "name", "protocol": "protocol", "packages": "packages", "releases": "releases",
             "logSize": "log_size", "logRoot": "log_root"}  # fmt: skip
    assert found["registry"] == {name: facts[rest] for name, rest in names.items()}, (found["registry"], facts)
    categories: Any = server.document("/categories.json")
    assert {item["value"]: item["count"] for item in found["categories"]} == categories["categories"]


def check_pages(server: Server) -> None:
    """Read lists in pages of one, and as a whole."""
    for within, field, chosen in (
        ("", 'search(query: "rust"', "id"), ("", 'search(query: "", sort: NAME', "id"),
        ('package(id: "io.ggen.rust.core")', "releases(", "version"),
        ('package(id: "io.ggen.rust.core")', "dependents(", "id"),
    ):  # fmt: skip
        whole = _entries(server, within, field, chosen, 100)
        assert whole and _entries(server, within, field, chosen, 1) == whole, (field, whole)


def _entries(server: Server, within: str, field: str, chosen: str, first: int) -> list[str]:
    """Return the entries of a list, page after page, each with its cursor."""
    entries: list[str] = []
    after: str | None = None
    while True:
        comma = "" if field.endswith("(") else ", "
        asked = f"{field}{comma}first: {first}, after: $after) {{ totalCount edges {{ cursor node {{ {chosen} }} }} "
        asked += "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
        query = f"query($after: String) {{ {f'{within} {{ {asked} }}' if within else asked} }}"
        found = graph.data(server, query, {"after": after})
        page = found["package" if within else "search"]
        page = page[field[:-1]] if within else page
        info = page["pageInfo"]
        assert info["hasPreviousPage"] == bool(entries), (info, entries)
        cursors = [edge["cursor"] for edge in page["edges"]]
        assert (info["startCursor"], info["endCursor"]) == (cursors[0], cursors[-1]), page
        entries += [f"{edge['cursor']} {edge['node'][chosen]}" for edge in page["edges"]]
        assert info["hasNextPage"] == (len(entries) < page["totalCount"]), page
        if not info["hasNextPage"]:
            return entries
        after = info["endCursor"]


def check_refusals(server: Server, rows: Sequence[Mapping[str, str]]) -> None:
    """Ask what must be refused, and compare codes."""
    for row in rows:
        found = graph.ask(server, row["asked"])
        assert graph.codes(found) == [row["code"]], (dict(row), found)
    many = ", ".join('"io.acme.a"' for _ in range(101))
    assert graph.codes(graph.ask(server, f"{{ packages(ids: [{many}]) {{ id }} }}")) == ["graphql-page-invalid"]
