"""What a request may ask for: how deep, how often under other names, and how much may come of it.

The limits are looked at before the rules of GraphQL are, some of which take time that grows with the square of what is
asked. So nothing here relies on the document being valid but the cost, which is looked at after them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from marketplace.errors import InvalidInputError

MAX_TOKENS = 1000
"""Words and signs of a document."""

MAX_DEPTH = 15
"""Fields within fields: the query by which tools ask for the whole schema needs that; fragments as often again."""

MAX_ALIASES = 20
"""Fields that are asked for under another name."""

MAX_FIELDS = 300
"""Fields of a document, those of a fragment counted wherever it is used."""

MAX_SAME = 10
"""Times that one name of an answer is asked for in one place: GraphQL's rules compare each with each."""

MAX_FRAGMENTS = 30
"""Fragments of a document, which are compared with each other too."""

MAX_COST = 10_000
"""What may come of a document: a point for each value, and what is below times the entries of a page."""

MAX_BATCH = 10
"""Requests in one body."""

_WEIGHTS = {
    "search": 50, "recommendations": 50, "dependents": 20, "stats": 20, "categories": 20, "publish": 500, "yank": 100,
}  # fmt: skip
"""Points beyond one for fields that cost more than reading a value."""

_LENGTHS = {
    "dependencies": 10, "points": 35, "categories": 50, "category": 10, "license": 10, "author": 10, "tag": 10,
    "search": 20, "releases": 20, "dependents": 20, "recommendations": 10, "stats": 30, "types": 10, "fields": 10,
}  # fmt: skip
"""Entries that a list is taken to have where the request does not say how many."""

_TIMES = {"recommendations": 2}
"""How often a list may have so many: what is recommended is of two kinds, near ones or those that stand in."""

_SAYING = ("first", "days")
_ALL = 1_000_000


@dataclass(slots=True)
class _Sum:
    """What was found so far of a document."""

    aliases: int = 0
    fields: int = 0
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)


def check_shape(document: DocumentNode) -> None:
    """Check depth, aliases and the number of fields of each operation.

    Raises:
        InvalidInputError: `graphql-too-deep`, `graphql-too-many-aliases` or `graphql-too-large`.
    """
    found = _Sum(fragments=_fragments(document))
    if sum(1 for _ in _named(document)) > MAX_FRAGMENTS:
        raise _refused("graphql-too-large", f"there are more than {MAX_FRAGMENTS} fragments", MAX_FRAGMENTS)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            _walk(definition.selection_set, found, _Place(1, 1, (), Counter()))


class _Place(NamedTuple):
    """Where the walk is: so many fields and sets deep, within these fragments, and how often each name was there."""

    depth: int
    sets: int
    within: tuple[str, ...]
    names: Counter[str]


def _walk(selections: SelectionSetNode, found: _Sum, place: _Place) -> None:
    if place.depth > MAX_DEPTH or place.sets > 2 * MAX_DEPTH:
        raise _refused("graphql-too-deep", f"fields are nested deeper than {MAX_DEPTH}", MAX_DEPTH)
    deeper = place._replace(sets=place.sets + 1)
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            _count(selection, found, place)
            if selection.selection_set:
                _walk(selection.selection_set, found, deeper._replace(depth=place.depth + 1, names=Counter()))
        elif isinstance(selection, InlineFragmentNode):
            _walk(selection.selection_set, found, deeper)
        elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in place.within:
            fragment = found.fragments.get(selection.name.value)
            if fragment:
                within = (*place.within, selection.name.value)
                _walk(fragment.selection_set, found, deeper._replace(within=within))


def _count(selection: FieldNode, found: _Sum, place: _Place) -> None:
    found.fields += 1
    name = selection.alias.value if selection.alias else selection.name.value
    place.names[name] += 1
    if place.names[name] > MAX_SAME:
        message = f"{name[:80]} is asked for more than {MAX_SAME} times in one place"
        raise _refused("graphql-too-large", message, MAX_SAME)
    found.aliases += selection.alias is not None
    if found.aliases > MAX_ALIASES:
        message = f"more than {MAX_ALIASES} fields are asked for under other names"
        raise _refused("graphql-too-many-aliases", message, MAX_ALIASES)
    if found.fields > MAX_FIELDS:
        raise _refused("graphql-too-large", f"more than {MAX_FIELDS} fields are asked for", MAX_FIELDS)


def check_cost(document: DocumentNode, operation: str | None, variables: Mapping[str, Any]) -> int:
    """Return what may come of an operation, whose shape is good; it is valid: no fragment is missing or within itself.

    Raises:
        InvalidInputError: `graphql-too-costly`.
    """
    fragments = _fragments(document)
    wanted = (
        definition
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
        and operation in (None, definition.name.value if definition.name else None)
    )
    cost = max((_cost(one.selection_set, fragments, _given(one, variables)) for one in wanted), default=0)
    if cost > MAX_COST:
        message = f"up to {min(cost, _ALL):,} values may come of it, and at most {MAX_COST:,} may be asked for at once"
        raise _refused("graphql-too-costly", message, MAX_COST)
    return cost


def _cost(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
) -> int:
    total = 0
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            below = _cost(selection.selection_set, fragments, variables) if selection.selection_set else 0
            total += 1 + _WEIGHTS.get(selection.name.value, 0) + _length(selection, variables) * below
        elif isinstance(selection, FragmentSpreadNode):
            total += _cost(fragments[selection.name.value].selection_set, fragments, variables)
        else:
            total += _cost(cast("InlineFragmentNode", selection).selection_set, fragments, variables)
    return min(total, _ALL)


def _length(selection: FieldNode, variables: Mapping[str, Any]) -> int:
    """Return how many entries a field may have."""
    name = selection.name.value
    said = [found for argument in selection.arguments or () if (found := _said(argument, variables)) is not None]
    return _TIMES.get(name, 1) * (said[0] if said else _LENGTHS.get(name, 1))


def _said(argument: ArgumentNode, variables: Mapping[str, Any]) -> int | None:
    """Return how many entries an argument asks for, None when it says nothing of that or was left out."""
    value: object = argument.value
    if isinstance(value, VariableNode):
        value = variables.get(value.name.value)
    if argument.name.value in _SAYING:
        return _number(value)
    if argument.name.value == "ids":
        several = value.values if isinstance(value, ListValueNode) else value
        return len(several) if isinstance(several, Sequence) and not isinstance(several, str) else 1
    return None


def _number(value: object) -> int | None:
    if isinstance(value, IntValueNode):
        return int(value.value[:10])
    return max(int(value), 1) if isinstance(value, int | float) else None  # GraphQL takes 100.0 for 100


def _given(definition: OperationDefinitionNode, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of an operation's variables: those that were sent, else what it says itself."""
    return {item.variable.name.value: item.default_value for item in definition.variable_definitions or ()} | {
        **variables
    }


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {node.name.value: node for node in _named(document)}


def _named(document: DocumentNode) -> Iterator[FragmentDefinitionNode]:
    return (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))


def _refused(code: str, message: str, limit: int) -> InvalidInputError:
    return InvalidInputError(code, message, hint="ask for less at once", limit=limit)
