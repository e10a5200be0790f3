"""Documents that were read, held to the limits and to the schema, and kept: most requests send one that came before."""

from typing import NamedTuple

from graphql import DocumentNode, GraphQLError, GraphQLSchema, GraphQLSyntaxError, parse, validate
from moka_py import Moka

from marketplace.errors import InvalidInputError
from marketplace.server.graph.limits import MAX_TOKENS, check_shape

_CAPACITY = 8 * 1024 * 1024
_PER_CHARACTER = 40
"""Bytes that a character of a document takes when it has been read, about."""

_MOST_ERRORS = 5


class Prepared(NamedTuple):
    """A document, or why it is not good."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()


class Documents:
    """The documents of one schema, by their text."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: Moka[str, Prepared] = Moka(_CAPACITY, weigher=lambda text, _kept: 500 + _PER_CHARACTER * len(text))
        self.prepared = 0
        """How many documents were read and checked."""

    def kept(self, text: str) -> Prepared | None:
        """Return a document that was good before."""
        return self._kept.get(text)

    def prepare(self, text: str) -> Prepared:
        """Return a document that is good, and keep it, or the errors that say where it is not.

        It takes some milliseconds at least: it is for a thread of its own.

        Raises:
            InvalidInputError: `graphql-syntax`, or a limit.
        """
        found = self._prepared(text)
        if found.document:
            self._kept.set(text, found)
        return found

    def _prepared(self, text: str) -> Prepared:
        self.prepared += 1
        document = _read(text)
        check_shape(document)
        errors = validate(self._schema, document, max_errors=_MOST_ERRORS)
        return Prepared(None, tuple(errors)) if errors else Prepared(document)


def _read(text: str) -> DocumentNode:
    try:
        return parse(text, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        raise _unreadable(error) from error
    except RecursionError as error:
        raise _too_deep() from error


def _unreadable(error: GraphQLSyntaxError) -> InvalidInputError:
    """Return the error for a document that the parser refuses: its own limits have messages and no codes."""
    if f"more than {MAX_TOKENS} tokens" in error.message:
        message = f"the document has more than {MAX_TOKENS:,} words and signs"
        return InvalidInputError("graphql-too-many-tokens", message, hint="ask for less at once", limit=MAX_TOKENS)
    if "nested too deeply" in error.message:
        return _too_deep()
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    return InvalidInputError("graphql-syntax", error.message[:300], hint="correct the document", locations=places)


def _too_deep() -> InvalidInputError:
    message = "the document is nested too deeply to be read"
    return InvalidInputError("graphql-too-deep", message, hint="ask for less at once")
