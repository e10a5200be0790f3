"""What a batch request asks for: trees and the files they need, less what the asker has already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from marketplace.errors import IntegrityError, InvalidInputError, NotFoundError
from marketplace.model.tree import DIGEST
from marketplace.storage.base import NewBlob, read_tree
from marketplace.storage.filesystem import FilesystemStore

MAX_TREES = 2000
"""Most trees wanted, and most that the asker has: ten times the packages of a large project."""

MAX_BLOBS = 100_000
"""Most digests in one request: ten packages of the largest number of files."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """Content ids that are wanted, content ids that are there already, and single blobs."""

    want: tuple[str, ...]
    have: tuple[str, ...]
    blobs: tuple[str, ...]

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "BatchRequest":
        """Read the request.

        Raises:
            InvalidInputError: `request-malformed`.
        """
        return cls(
            digests(fields, "want", MAX_TREES), digests(fields, "have", MAX_TREES), digests(fields, "blobs", MAX_BLOBS)
        )


def digests(fields: Mapping[str, Any], name: str, most: int) -> tuple[str, ...]:
    """Return the list of digests under `name`, each once; none when it is missing.

    Raises:
        InvalidInputError: `request-malformed`.
    """
    found = fields.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, str) and DIGEST.fullmatch(item) for item in found):
        raise InvalidInputError("request-malformed", f"{name} is not a list of sha256 digests", field=name)
    if len(found) > most:
        raise InvalidInputError("request-malformed", f"{name} has more than {most:,} digests", field=name)
    return tuple(dict.fromkeys(found))


def blobs_of(store: FilesystemStore, request: BatchRequest) -> list[NewBlob]:
    """Return the blobs that answer a request: the trees, then the files, then the single blobs.

    Raises:
        NotFoundError: `blob-missing`, with all that are `missing`.
        IntegrityError: a tree is damaged.
    """
    trees = {digest: store.path_of(digest) for digest in request.want if digest not in request.have}
    absent = [digest for digest in (*trees, *request.blobs) if not store.has(digest)]
    if absent:
        raise _missing(absent)
    sizes = {digest: path.stat().st_size for digest, path in trees.items()}
    had = {digest for tree in request.have if store.has(tree) for digest, _ in _files(store, [tree])}
    files = {digest: size for digest, size in _files(store, list(trees)) if digest not in had and digest not in sizes}
    single = {d: store.path_of(d).stat().st_size for d in request.blobs if d not in files and d not in sizes}
    wanted = {**sizes, **files, **single}
    return [NewBlob(digest, size, partial(store.open, digest)) for digest, size in wanted.items()]


def _files(store: FilesystemStore, trees: Sequence[str]) -> Iterator[tuple[str, int]]:
    for tree in trees:
        try:
            entries = read_tree(store, tree)
        except IntegrityError as error:
            if error.code == "tree-malformed":
                hint = "ask for it among the single blobs"
                raise InvalidInputError("request-malformed", f"{tree} is no tree", hint=hint, field="want") from error
            raise
        yield from ((entry.digest, entry.size) for entry in entries)


def _missing(absent: list[str]) -> NotFoundError:
    message = f"{len(absent)} of what was asked for are not here"
    return NotFoundError("blob-missing", message, missing=absent)
