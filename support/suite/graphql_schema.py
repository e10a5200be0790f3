"""`python -m support.suite.graphql_schema [--write] [FILE]`: compare the schema of GraphQL with what is served.

It prints the difference between the file and the schema that the product makes of it, as the library would write it,
and names resolvers of fields that the schema does not have. `--write` writes the file anew in that form.
"""

import argparse
import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLObjectType, GraphQLSchema, print_schema

from marketplace.server.graph.resolvers import RESOLVERS
from marketplace.server.graph.schema import SDL, made

COMMAND = "python -m support.suite.graphql_schema"


def canonical(schema: GraphQLSchema) -> str:
    """Return a schema as the library writes it."""
    return f"{print_schema(schema)}\n"


def difference(served: str, file: Path = SDL) -> str:
    """Return how a file differs from what is served, empty when it does not."""
    kept = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(difflib.unified_diff(kept, served.splitlines(keepends=True), file.name, "what is served", n=1))


def lost(schema: GraphQLSchema) -> Iterator[str]:
    """Yield the fields that have a resolver and are not in the schema."""
    for name, fields in RESOLVERS.items():
        kind = schema.type_map.get(name)
        known = kind.fields if isinstance(kind, GraphQLObjectType) else {}
        yield from (f"{name}.{field}" for field in fields if field not in known)


def main(arguments: list[str]) -> int:
    """Compare, or write; return the exit code."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Compare the schema of GraphQL with what is served.")
    parser.add_argument("--write", action="store_true", help="write the file as the library would")
    parser.add_argument("file", nargs="?", type=Path, default=SDL, help=f"instead of {SDL.name} of the product")
    given = parser.parse_args(arguments)
    schema = made()
    if given.write:
        given.file.write_text(canonical(schema), encoding="utf-8")
    problems = [f"a resolver answers {field}, which {SDL.name} does not have\n" for field in lost(schema)]
    if wrong := difference(canonical(schema), given.file):
        problems.append(f"{wrong}{given.file} is not what is served; `{COMMAND} --write` renews it\n")
    sys.stdout.write("".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
