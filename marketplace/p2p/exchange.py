"""Fetching blobs from several providers at once: who is asked for which chunk, and who pays for a wrong one. No I/O.

A blob of at most `CHUNK` bytes is one chunk, checked by its own digest. A longer one is fetched in chunks against the
list of chunk digests that its providers give: a chunk that differs from the sender's own list, or a list that does not
make the blob, is its giver's lie, whoever else has served the rest.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.p2p.limits import CHUNK, MAX_CHUNKS
from marketplace.p2p.messages import ProtocolError

_HEX = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk to fetch: the blob's digest, the chunk's place in it, its size in bytes, and its SHA-256 as hexadecimal.

    `digest` and `sha` are the same for a blob of one chunk.
    """

    blob: str
    index: int
    size: int
    sha: str

    def is_right(self, data: bytes) -> bool:
        """Tell whether `data` is this chunk."""
        return len(data) == self.size and hashlib.sha256(data).hexdigest() == self.sha


def chunk_sizes(size: int) -> list[int]:
    """Return the sizes of the chunks of a blob of `size` bytes; one, of 0 bytes, for an empty blob."""
    full, rest = divmod(size, CHUNK)
    return [CHUNK] * full + ([rest] if rest or not full else [])


def read_list(message: Mapping[str, Any], size: int) -> tuple[str, ...]:
    """Return the chunk digests from a provider's answer about a blob of `size` bytes.

    Raises:
        ProtocolError: it is no list for such a blob.
    """
    found = message.get("chunks")
    count = len(chunk_sizes(size))
    if count > MAX_CHUNKS or not isinstance(found, list) or len(found) != count:
        raise ProtocolError("a list of chunks of another length")
    if not all(isinstance(item, str) and len(item) == _HEX for item in found):
        raise ProtocolError("a chunk digest that is none")
    return tuple(found)


@dataclass(slots=True)
class _Blob:
    """A blob of several chunks: the list in use, and what every provider has said."""

    size: int
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    got: set[int] = field(default_factory=set)
    made: bool = False


class Plan:
    """What is still to be fetched, and from whom.

    Args:
        blobs: size in bytes by `sha256:` digest.
    """

    def __init__(self, blobs: Mapping[str, int]) -> None:
        self._open: deque[Piece] = deque()
        self._large = {digest: _Blob(size) for digest, size in blobs.items() if size > CHUNK}
        self._flying: dict[Piece, str] = {}
        self._refused: dict[str, set[str]] = {}
        self._fresh: list[str] = []
        small = ((digest, size) for digest, size in sorted(blobs.items()) if size <= CHUNK)
        self._open.extend(Piece(digest, 0, size, digest.removeprefix("sha256:")) for digest, size in small)

    @property
    def finished(self) -> bool:
        """Whether nothing is missing."""
        return not self._open and not self._flying and all(blob.made for blob in self._large.values())

    def is_large(self, digest: str) -> bool:
        """Tell whether a blob has several chunks."""
        return digest in self._large

    @staticmethod
    def _is_full(blob: _Blob) -> bool:
        return bool(blob.chosen) and len(blob.got) == len(blob.chosen)

    def unlisted(self, provider: str) -> list[str]:
        """Return the blobs of which `provider` is still to be asked for its list."""
        return [
            digest for digest, blob in self._large.items()
            if provider not in blob.lists and provider not in self._refused.get(digest, ()) and not self._is_full(blob)
        ]  # fmt: skip

    def listed(self, provider: str, digest: str, chunks: tuple[str, ...]) -> None:
        """Take a provider's list of a blob; the first one is used until it proves wrong."""
        blob = self._large[digest]
        blob.lists[provider] = chunks
        if not blob.chosen:
            self._use(digest, chunks)

    def _use(self, digest: str, chunks: tuple[str, ...]) -> None:
        blob = self._large[digest]
        blob.chosen, blob.got = chunks, set()
        sizes = chunk_sizes(blob.size)
        self._open.extend(Piece(digest, i, sizes[i], sha) for i, sha in enumerate(chunks))
        self._fresh.append(digest)

    def _use_another(self, digest: str) -> None:
        """Drop the list in use of a blob for the next one, if a provider has given one; else wait for one."""
        blob = self._large[digest]
        self._open = deque(piece for piece in self._open if piece.blob != digest)
        self._flying = {piece: provider for piece, provider in self._flying.items() if piece.blob != digest}
        blob.chosen, blob.got = (), set()
        if blob.lists:
            self._use(digest, next(iter(blob.lists.values())))

    def fresh(self) -> list[str]:
        """Return the blobs of which another list is in use than at the last call."""
        found, self._fresh = self._fresh, []
        return found

    def take(self, provider: str, most: int) -> list[Piece]:
        """Hand out chunks for a provider: small ones up to `most` and a mebibyte together, or one of a large blob."""
        taken: list[Piece] = []
        for piece in list(self._open):
            if not self._may_serve(provider, piece):
                continue
            total = piece.size + sum(other.size for other in taken)
            if taken and (len(taken) == most or total > CHUNK or piece.blob in self._large):
                break
            taken.append(piece)
            if piece.blob in self._large:
                break
        for piece in taken:
            self._open.remove(piece)
            self._flying[piece] = provider
        return taken

    def _may_serve(self, provider: str, piece: Piece) -> bool:
        if provider in self._refused.get(piece.blob, ()):
            return False
        blob = self._large.get(piece.blob)
        return blob is None or blob.lists.get(provider) == blob.chosen

    def awaits(self, provider: str, piece: Piece) -> bool:
        """Tell whether a provider is asked for a chunk: no more when the list in use was dropped since."""
        return self._flying.get(piece) == provider

    def came(self, piece: Piece) -> None:
        """Take note that a chunk is here and right."""
        del self._flying[piece]
        if blob := self._large.get(piece.blob):
            blob.got.add(piece.index)

    def had(self, piece: Piece) -> None:
        """Take note that a chunk was here already, from an earlier try."""
        self._open.remove(piece)
        if blob := self._large.get(piece.blob):
            blob.got.add(piece.index)

    def waiting(self) -> Sequence[Piece]:
        """Return the chunks that nobody has been asked for."""
        return tuple(self._open)

    def give_back(self, provider: str, pieces: Iterable[Piece]) -> None:
        """Put chunks back that `provider` was asked for and that did not come.

        Another one may have been asked for the same since, when the list in use was dropped.
        """
        for piece in pieces:
            if self._flying.get(piece) == provider:
                del self._flying[piece]
                self._open.appendleft(piece)

    def refuse(self, provider: str, digest: str) -> bool:
        """Do not ask a provider for a blob again: it does not have it, or was wrong about it.

        Returns whether that is new.
        """
        refused = self._refused.setdefault(digest, set())
        if provider in refused:
            return False
        refused.add(provider)
        if digest in self._large:
            self._drop_list(provider, digest)
        return True

    def leave(self, provider: str) -> None:
        """Take note that a provider serves no more: a list that nobody else has given is of no use without it."""
        for digest in self._large:
            self._drop_list(provider, digest)

    def _drop_list(self, provider: str, digest: str) -> None:
        blob = self._large[digest]
        if self._is_full(blob) or blob.made:
            return  # the list will prove right or wrong, and its giver is known then
        blob.lists.pop(provider, None)
        if blob.chosen and blob.chosen not in blob.lists.values():
            self._use_another(digest)

    def proved_wrong(self, digest: str) -> list[str]:
        """Drop the list in use of a blob, which its chunks do not make; return the providers that gave it.

        The next list, if another provider gave one, is used from now on.
        """
        blob = self._large[digest]
        liars = sorted(provider for provider, chunks in blob.lists.items() if chunks == blob.chosen)
        for liar in liars:
            del blob.lists[liar]
            self._refused.setdefault(digest, set()).add(liar)
        self._use_another(digest)
        return liars

    def proved_right(self, digest: str) -> list[str]:
        """Take note that a blob is whole; return the providers whose list differs from the one that has made it."""
        blob = self._large[digest]
        blob.made = True
        return sorted(provider for provider, chunks in blob.lists.items() if chunks != blob.chosen)

    def complete(self) -> list[str]:
        """Return the large blobs whose chunks are all here and that are not yet made."""
        return [digest for digest, blob in self._large.items() if self._is_full(blob) and not blob.made]

    def chunks_of(self, digest: str) -> tuple[str, ...]:
        """Return the list in use of a large blob."""
        return self._large[digest].chosen
