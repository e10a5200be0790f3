"""The schema: the document beside this module, with a resolver for each field."""

import operator
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
)

from marketplace.server.graph.resolvers import RESOLVERS, released

SDL = Path(__file__).with_name("schema.graphql")
"""The schema as its readers have it."""

_MOST = 2**53 - 1


def made() -> GraphQLSchema:
    """Return the schema, ready to be asked."""
    schema = build_schema(SDL.read_text(encoding="utf-8"), no_location=True)
    cast(GraphQLScalarType, schema.type_map["Whole"]).serialize = _whole  # type: ignore[method-assign]
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__") and name != "Subscription":
            for field_name, field in kind.fields.items():
                _answer(field, field_name, RESOLVERS.get(name, {}).get(field_name))
    stream = cast(GraphQLObjectType, schema.subscription_type).fields["released"]
    stream.subscribe, stream.resolve = released, lambda node, _info, **_given: node
    return schema


def _answer(field: GraphQLField, name: str, resolver: Callable[..., Any] | None) -> None:
    field.resolve = resolver or _attribute(snake(name))
    for argument_name, argument in field.args.items():
        argument.out_name = snake(argument_name)


def snake(name: str) -> str:
    """Return `pageInfo` as `page_info`."""
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)


def _attribute(name: str) -> Callable[..., Any]:
    get = operator.attrgetter(name)

    def resolve(source: Any, _info: GraphQLResolveInfo[Any]) -> Any:
        return source[name] if isinstance(source, dict) else get(source)

    return resolve


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise GraphQLError(f"{value!r} is no whole number from 0 to 2^53 - 1")
    return value
