"""Questions that are too much, or none, by the words of the scenarios; and what must be answered to them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import get_introspection_query

from marketplace.server.graph import limits
from support.centralized import graph
from support.centralized.exchange import Answer
from support.centralized.servers import Server

_GOOD = "{ registry { name } }"
_DEPENDENTS = "edges { node { dependents(first: 100) { edges { node { id title } } } } }"


def _aliased(count: int) -> str:
    return "{" + " ".join(f's{number}: search(query: "core") {{ totalCount }}' for number in range(count)) + "}"


def _doubling(times: int) -> str:
    parts = [f"fragment F{n} on Registry {{ ...F{n + 1} ...F{n + 1} }}" for n in range(times)]
    return " ".join(["{ registry { ...F0 } }", *parts, f"fragment F{times} on Registry {{ name }}"])


def _nested(depth: int) -> str:
    """Return fields that are nested so deep, the last one without a set."""
    inner = "latest { package { " * (depth // 2)
    return '{ package(id: "io.ggen.rust.core") { ' + inner + "id" + " }" * (depth // 2 * 2 + 2)


def _many(count: int) -> str:
    """Return 30 fields and more of a package, none more than so often in one place."""
    return 'package(id: "a") { ' + "latest { package { id title } } " * count + "}"


def _types(depth: int) -> str:
    return "{ __schema { types { " + "fields { type { " * depth + "name" + " } }" * depth + " } } }"


_DOCUMENTS: Mapping[str, str] = {
    "a search under 21 other names": _aliased(21),
    "a search under 80 other names": _aliased(80),
    "a search under 500 other names": _aliased(500),
    "a fragment with a search, used 30 times":
        "{" + " ".join("...S" for _ in range(30)) + '} fragment S on Query { s: search(query: "core") { totalCount } }',
    "fragments that double nine times": _doubling(9),
    "fragments that use each other":
        "{ registry { ...A } } fragment A on Registry { name ...B } fragment B on Registry { version ...A }",
    "a fragment that uses itself": "{ registry { ...A } } fragment A on Registry { name ...A }",
    "fields nested 16 deep": _nested(16),
    "fields nested 900 deep": "{" + "a{" * 900 + "b" + "}" * 901,
    "a list nested 900 deep": "{ packages(ids: " + "[" * 900 + "]" * 900 + ") { id } }",
    "inline fragments nested 30 deep": "{" + "... on Query {" * 30 + "registry { name }" + "}" * 31,
    "one field 11 times in one place": "{ registry {" + " name" * 11 + "} }",
    "one field 11 times by fragments":
        "{ registry { ...A ...B } } "
        + "".join(f"fragment {name} on Registry {{ {'name ' * 6} }} " for name in "AB"),
    "301 fields in many places": "{" + " ".join(_many(8) for _ in range(10)) + "}",
    "31 fragments": "{ registry { ...F0 } }" + "".join(f"fragment F{n} on Registry {{ name }}" for n in range(31)),
    "1,001 tokens": "{ registry {" + " name" * 996 + "} }",
    "a search of 100 with 100 dependents each": f'{{ search(query: "", first: 100) {{ {_DEPENDENTS} }} }}',
    "the same in an inline fragment": f'{{ ... on Query {{ search(query: "", first: 100) {{ {_DEPENDENTS} }} }} }}',
    "a fragment that is not there": "{ registry { ...A } }",
    "40 recommendations of each kind for 100 packages":
        "{ packages(ids: [" + '"io.ggen.rust.core"' * 100 + "]) { recommendations(first: 40) { reason } } }",
    "statistics of 366 days of 100 packages":
        "{ packages(ids: [" + '"io.ggen.rust.core"' * 100 + "]) { stats(days: 366) { days { day downloads } } } }",
    "half a document": "{ registry {",
    "a field that is not there": "{ registry { colour } }",
    "a subscription without a stream": "subscription { released { version } }",
    "an introspection of types within types": _types(4),
}  # fmt: skip
_BY_VARIABLES = f'query($n: Int!?) {{ search(query: "", first: $n) {{ {_DEPENDENTS.replace("100", "$n")} }} }}'
_REQUESTS: Mapping[str, Any] = {
    "a search of 100 with 100 dependents each, by variables": {
        "query": _BY_VARIABLES.replace("?", ""), "variables": {"n": 100},
    },
    "the same by variables that are 100.0": {"query": _BY_VARIABLES.replace("?", ""), "variables": {"n": 100.0}},
    "the same by the defaults of variables": {"query": _BY_VARIABLES.replace("?", " = 100"), "variables": {}},
    "a search of as many as usual, by a variable that is left out": {
        "query": f'query($n: Int) {{ search(first: $n) {{ {_DEPENDENTS.replace("title", "title license")} }} }}',
    },
    "the second of two operations, which is too costly": {
        "query": f'query A {_GOOD} query B {{ search(query: "", first: 100) {{ {_DEPENDENTS} }} }}',
        "operationName": "B",
    },
    "a batch of 11": [{"query": _GOOD}] * 11,
    "a batch of none": [],
    "no document": {"variables": {}},
    "a request that is a number": 7,
    "variables that are a list": {"query": _GOOD, "variables": []},
    "a field of no name": {"query": _GOOD, "colour": "green"},
    "a variable of another type": {
        "query": "query($first: Int!) { search(first: $first) { totalCount } }", "variables": {"first": "many"},
    },
    "an operation that is not there": {"query": f"query A {_GOOD}", "operationName": "B"},
}  # fmt: skip


def send(server: Server, what: str) -> Answer:
    """Send what the scenario names."""
    return graph.send(server, {"query": _DOCUMENTS[what]} if what in _DOCUMENTS else _REQUESTS[what])


def check_refused(answer: Answer, code: str) -> None:
    """Check that nothing was executed, and why."""
    found = answer.json()
    assert answer.status == 200 and "data" not in found and code in graph.codes(found), answer
    assert all(error["message"] for error in found["errors"]), found


def check_alive(server: Server) -> None:
    """Check that the server answers."""
    assert graph.data(server, _GOOD)["registry"]["name"]


_BODIES: Mapping[str, tuple[str, str, bytes]] = {
    "a form": ("POST", "application/x-www-form-urlencoded", b"query=%7Bregistry%7Bname%7D%7D"),
    "a text": ("POST", "text/plain", json.dumps({"query": _GOOD}).encode()),
    "a megabyte and more": ("POST", "application/json", b" " * 1_048_577),
    "half of JSON": ("POST", "application/json", b'{"query": '),
    "a key twice": ("POST", "application/json", b'{"query": "{a}", "query": "{b}"}'),
    "a GET": ("GET", "application/json", b""),
}


def check_bodies(server: Server, rows: Sequence[Mapping[str, str]]) -> None:
    """Send bodies that are no requests."""
    for row in rows:
        method, kind, body = _BODIES[row["what"]]
        answer = server.ask("/graphql", method, body, content_type=kind)
        assert (answer.status, answer.code) == (int(row["status"]), row["code"]), (row["what"], answer)


def check_statuses(server: Server, kind: str, good: int, bad: int) -> None:
    """Check the statuses of a good and of a bad request for those who accept that type."""
    found = [graph.send(server, {"query": query}, accept=kind) for query in (_GOOD, "{ colour }")]
    assert [answer.status for answer in found] == [good, bad], found
    assert {answer.headers["content-type"] for answer in found} == {kind}, found


def check_batch(server: Server) -> None:
    """Send ten requests, of which the third and the eighth are wrong."""
    wrong = {2: "graphql-invalid", 7: "graphql-syntax"}
    texts = dict.fromkeys(range(10), "{ registry { packages } }") | {2: "{ colour }", 7: "{"}
    found = graph.send(server, [{"query": texts[number]} for number in range(10)]).json()
    assert len(found) == 10, found
    for number, answer in enumerate(found):
        assert graph.codes(answer) == ([wrong[number]] if number in wrong else []), (number, answer)
        assert number in wrong or answer["data"] == {"registry": {"packages": 1}}, (number, answer)


def check_introspection(server: Server) -> None:
    """Send the reference implementation's own query."""
    found = graph.data(server, get_introspection_query(descriptions=True))
    assert {kind["name"] for kind in found["__schema"]["types"]} >= {"Query", "Package", "Release"}, found


def told_limits() -> dict[str, str]:
    """Return the limits as the page of the documentation must have them, by their codes."""
    return {
        "graphql-too-many-tokens": f"{limits.MAX_TOKENS:,}", "graphql-too-deep": str(limits.MAX_DEPTH),
        "graphql-too-many-aliases": str(limits.MAX_ALIASES), "graphql-too-large": str(limits.MAX_FIELDS),
        "graphql-too-costly": f"{limits.MAX_COST:,}", "graphql-batch-too-large": str(limits.MAX_BATCH),
    }  # fmt: skip
